"""Counts which layer follows which in the shipped templates, and writes app/core/suggestion_counts.py.

Run it after templates have changed: python -m tools.suggestion_counts
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from app.core.graph.model import MAIN
from app.core.storage import templates
from nodes.api.registry import find

TARGET = Path(__file__).parents[1] / "app" / "core" / "suggestion_counts.py"
_HEAD = '''"""Which layer follows which in how many shipped templates. Written by tools/suggestion_counts.py."""

from __future__ import annotations

from collections.abc import Mapping

COUNTED: Mapping[tuple[str, str], int] = {
'''


def count() -> dict[tuple[str, str], int]:
    """Pairs of layer types joined by a wire, with the number of templates that hold them; blocks are looked into.

    A template counts once however often it repeats a pair: the fifty blocks of one ResNet are one idea. What a source
    gives straight to a loss is a label and says nothing about layers.
    """
    counted: Counter[tuple[str, str]] = Counter()
    for name in templates.names():
        project = templates.load(name)
        pairs = set()
        for where in (MAIN, *project.blocks):
            graph = project.graph_of(where)
            for wire in graph.wires:
                first, second = find(graph.nodes[wire.source].type), find(graph.nodes[wire.target].type)
                if first is None or second is None or "block_" in first.role + second.role:
                    continue
                if (first.role, second.role) != ("source", "loss"):
                    pairs.add((first.id, second.id))
        counted.update(pairs)
    return dict(sorted(counted.items(), key=lambda entry: (entry[0][0], -entry[1], entry[0][1])))


def text() -> str:
    """The module that holds the counts."""
    lines = "".join(f'    ("{first}", "{second}"): {number},\n' for (first, second), number in count().items())
    return f"{_HEAD}{lines}}}\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"{TARGET}: {len(count())} pairs")
