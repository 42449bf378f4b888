"""One name, one thing: whoever reads the name of a class knows which one is meant."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]


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
