"""Arrow keys: from node to node along the wires, or to the neighbour above and below."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from PySide6.QtCore import Qt

from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.scene import Scene

Direction = Literal["left", "right", "up", "down"]
ARROWS: Mapping[int, tuple[Direction, int, int]] = {
    Qt.Key.Key_Left: ("left", -1, 0),
    Qt.Key.Key_Right: ("right", 1, 0),
    Qt.Key.Key_Up: ("up", 0, -1),
    Qt.Key.Key_Down: ("down", 0, 1),
}


def next_node(scene: Scene, current: str | None, direction: Direction) -> str | None:
    """Where an arrow key leads from ``current``; the first node if none is current, None if there is no way."""
    if not scene.nodes:
        return None
    if current is None or current not in scene.nodes:
        return min(scene.nodes.values(), key=lambda figure: (figure.x, figure.y)).name
    here = scene.nodes[current]
    graph = scene.graph
    if direction == "right":
        return _nearest(here, (scene.nodes[w.target] for w in graph.out_of(current) if w.target in scene.nodes))
    if direction == "left":
        return _nearest(here, (scene.nodes[w.source] for w in graph.into(current) if w.source in scene.nodes))
    below = direction == "down"
    others = [f for f in scene.nodes.values() if (f.y > here.y + 1 if below else f.y < here.y - 1)]
    # Mostly up or down: sideways counts twice.
    best = min(others, key=lambda f: abs(f.y - here.y) + 2 * abs(f.x - here.x), default=None)
    return best.name if best is not None else None


def _nearest(here: NodeFigure, figures: Iterable[NodeFigure]) -> str | None:
    best = min(figures, key=lambda f: (abs(f.y - here.y), abs(f.x - here.x)), default=None)
    return best.name if best is not None else None
