"""One name, one thing: whoever reads the name of a class knows which one is meant."""

from __future__ import annotations

import ast
import builtins
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
OF_LIBRARIES = {"DistError"}  # of torch


def test_no_two_public_classes_have_the_same_name() -> None:
    """Fails if a class is named like one of another file, so that a reader has to look up which it is."""
    where: defaultdict[str, list[str]] = defaultdict(list)
    for folder in ("app", "nodes"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    where[node.name].append(str(path.relative_to(ROOT)))
    assert len(where) > 1000
    assert {name: files for name, files in where.items() if len(files) > 1} == {}


def test_errors_that_docstrings_name_exist() -> None:
    """Fails if the class of an error is called otherwise, and a docstring goes on with the old name."""
    texts = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
        for folder in ("app", "nodes")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    there = {name for text in texts.values() for name in re.findall(r"^ *class (\w+)", text, re.MULTILINE)}
    there |= set(dir(builtins)) | OF_LIBRARIES
    named = [
        (path, name)
        for path, text in texts.items()
        for part in re.findall(r"\n *Raises:\n(.*?)(?:\n\n|\"\"\")", text, re.DOTALL)
        for name in re.findall(r"^ +([A-Z]\w+): ", part, re.MULTILINE)
    ]
    assert len(named) > 200
    assert [each for each in named if each[1] not in there] == []
