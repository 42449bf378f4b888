"""Counts which layer follows which in the shipped templates, and writes resources/suggestion_counts.json.

Run it after templates have changed: python -m tools.suggestion_counts
"""

from __future__ import annotations

import json
from collections import Counter

from app.core import suggestions
from app.core.graph.model import MAIN
from app.core.storage import templates
from nodes.api.registry import find

TARGET = suggestions.COUNTS


def count() -> dict[str, dict[str, int]]:
    """Layer types joined by a wire, by the first, with the number of templates that hold such a pair; blocks count too.

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
    found: dict[str, dict[str, int]] = {}
    for pair in sorted(counted, key=lambda pair: (pair[0], -counted[pair], pair[1])):
        found.setdefault(pair[0], {})[pair[1]] = counted[pair]
    return found


def text() -> str:
    """The file that holds the counts: a line for each layer."""
    rows = ",\n".join(f"{json.dumps(first)}: {json.dumps(counts)}" for first, counts in count().items())
    return f"{{\n{rows}\n}}\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    print(f"{TARGET}: {sum(map(len, count().values()))} pairs")
