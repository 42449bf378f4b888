"""A walk of values and gradients as a table by node, with what happens in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.insight.backpropagation import WalkMoment
from app.insight.tiles import Tiles, signed_scale
from app.insight.walk_course import WalkCourse

MOST_ROWS = 14  # nodes side by side
AROUND = 8  # of more, so many around the one at work, so that their names can be read
PHASES = {"forward": "values go forward", "backward": "gradients come back", "update": "the update"}


def pictures(walk: WalkCourse, step: int | None) -> tuple[Tiles, ...]:
    """What is known at a step, counted from 1; at the end of the walk for None, or if there are not as many. A column
    for each node: its value and what comes back to it, their norms where they are several numbers."""
    count = len(walk.moments)
    at = min(step, count) if step is not None else count
    now = walk.moments[at - 1]
    whole = step is None
    nodes = list(dict.fromkeys(moment.node for moment in walk.moments if moment.phase != "update"))
    rows = (
        nodes
        if len(nodes) <= MOST_ROWS
        else _around(nodes, None if whole else now.node, MOST_ROWS if whole else AROUND)
    )
    table = np.full((2, len(rows)), np.nan)
    for moment in walk.moments[:at]:
        if moment.phase == "update" or moment.node not in rows:
            continue
        value, gradient = walk.sizes[moment.node]
        table[0, rows.index(moment.node)] = value
        if moment.phase == "backward" and gradient is not None:
            table[1, rows.index(moment.node)] = gradient
    known = table[np.isfinite(table)]
    low, high = signed_scale(known)
    norm = "norm of the " if walk.several else ""
    title = (
        f"Values and gradients of {walk.of or 'one sample'}, {count} steps"
        if whole
        else f"Step {at} of {count}: {PHASES[now.phase]}, {now.node}"
    )
    note = walk.note
    if len(rows) < len(nodes):
        note = f"Shown are {len(rows)} of {len(nodes)} nodes. {note}".strip()
    tiles = Tiles(
        table[None].astype(np.float32),
        low,
        high,
        "diverging",
        title,
        (f"{norm}value", f"{norm}gradient", *(row.rpartition("/")[2] for row in rows)),
        layout="table",
        note=note,
        strong=(rows.index(now.node),) if not whole and now.node in rows else (),
        text=tuple(_all(walk.moments)) if whole else now.lines,
        at_work="" if whole else now.node,
        step=(at, count),
        reached=_reached(walk.moments[:at]),
    )
    return (tiles,)


def _reached(moments: Sequence[WalkMoment]) -> tuple[frozenset[str], frozenset[str]]:
    """The nodes that have given their values, and those that have handed on what came back."""
    forward, backward = (
        frozenset(moment.node for moment in moments if moment.phase == phase) for phase in ("forward", "backward")
    )
    return forward, backward


def _around(nodes: Sequence[str], node: str | None, most: int) -> list[str]:
    """As many nodes as can be read, around one, or the last ones."""
    middle = nodes.index(node) if node in nodes else len(nodes)
    first = max(0, min(middle - most // 2, len(nodes) - most))
    return list(nodes[first : first + most])


def _all(moments: Sequence[WalkMoment]) -> list[str]:
    found = []
    for place, moment in enumerate(moments, 1):
        found += [f"{place}. {PHASES[moment.phase]}: {moment.node}", *(f"   {line}" for line in moment.lines)]
    return found
