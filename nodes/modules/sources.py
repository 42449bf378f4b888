"""The source of our torch modules as text, so that a generated file can hold it. Loads no torch."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def class_names() -> frozenset[str]:
    """The names of all classes here, which no class of a drawing may have."""
    texts = (path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py"))
    return frozenset(name for text in texts for name in re.findall(r"^class (\w+)", text, re.MULTILINE))


@cache
def source_of(name: str) -> str:
    """The class or function ``name`` of a file in this folder, and what else the file defines, without docstring and
    imports.

    A file here imports copy, math, random, time, torch and torch.nn alone, and its classes need nothing from elsewhere.

    Raises:
        KeyError: if no file here defines it.
    """
    text = (Path(__file__).parent / f"{file_of(name)}.py").read_text(encoding="utf-8")
    start = re.search(r"^(class|def|@)", text, re.MULTILINE)
    assert start is not None
    return text[start.start() :].rstrip()


@cache
def file_of(name: str) -> str:
    """The name of the file in this folder, without its ending, that defines the class or function ``name``.

    Raises:
        KeyError: if none does.
    """
    for path in sorted(Path(__file__).parent.glob("*.py")):
        text = path.read_text(encoding="utf-8")
        if path.name != Path(__file__).name and re.search(rf"^(class|def) {re.escape(name)}\b", text, re.MULTILINE):
            return path.stem
    raise KeyError(f"No module named {name} is printed along.")
