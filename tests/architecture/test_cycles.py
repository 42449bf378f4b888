"""No file can be understood alone if it stands in a large circle of imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

ROOT = Path(__file__).parents[2]
MOST = 3  # files in one circle


def _imported(text: str, known: set[str]) -> Iterator[str]:
    """Modules that a file imports anywhere: in functions and under ``TYPE_CHECKING`` too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module


def circles(files: dict[str, str]) -> list[list[str]]:
    """The circles of imports among modules, given as name and text; the largest first."""
    graph = nx.DiGraph()
    for name, text in files.items():
        graph.add_edges_from((name, other) for other in _imported(text, set(files)) if other in files and other != name)
    found = [sorted(each) for each in nx.strongly_connected_components(graph) if len(each) > 1]
    return sorted(found, key=len, reverse=True)


def test_a_circle_is_found_also_where_only_types_are_imported() -> None:
    """Fails if imports under TYPE_CHECKING or inside functions are overlooked."""
    files = {
        "a": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from b import B\n",
        "b": "def f():\n    import c\n",
        "c": "from a import A\n",
        "d": "import a\n",
    }
    assert circles(files) == [["a", "b", "c"]]


def test_no_circle_of_imports_is_larger_than_three_files() -> None:
    """Fails if a helper imports the window or the canvas that makes it, instead of its base class."""
    files = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path.read_text("utf-8")
        for folder in ("app", "nodes")
        for path in (ROOT / folder).glob("**/*.py")
    }
    assert len(files) > 300
    assert [each for each in circles(files) if len(each) > MOST] == []
