"""How much room there is below a node for its living picture, and how far a frame has to reach down for those in it.

Pictures come and go by themselves, so they take only what is free: they never cover another node, a note or the title
of a frame. Nothing of this is in the document.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from PySide6.QtCore import QRectF

from app.core.graph.frames import holds
from app.ui.canvas import geometry as g
from app.ui.canvas.frames.figures import FrameFigures

_APART = 10.0  # between a picture's node and what stands below it
_IN_FRAME = 10.0  # between a node with a picture and the lower edge of its frame
_MOST = g.STRIP_MOST + g.PADDING + g.CAPTION


class BoxLike(Protocol):
    """What is read of a ``NodeFigure`` here."""

    @property
    def x(self) -> float: ...
    @property
    def y(self) -> float: ...
    @property
    def width(self) -> float: ...
    @property
    def height(self) -> float: ...
    @property
    def body_height(self) -> float: ...
    @property
    def inside(self) -> object | None: ...


class SceneLike(Protocol):
    """What is read of a ``Scene`` here."""

    version: int

    @property
    def frames(self) -> FrameFigures: ...
    def nodes_in(self, area: QRectF) -> Iterable[BoxLike]: ...


def _bare(figure: BoxLike) -> QRectF:
    """The box without its picture."""
    return QRectF(figure.x, figure.y, figure.width, figure.body_height)


def room_below(scene: SceneLike, figure: BoxLike) -> float:
    """How high the picture of a node and its caption may be; infinite where nothing is near."""
    box = _bare(figure)
    below = QRectF(box.left(), box.bottom(), box.width(), _MOST + 2 * _APART)
    tops = [
        other.y
        for other in scene.nodes_in(below)
        if other is not figure and other.y >= box.bottom() and _beside(below, other.x, other.width)
    ]
    edge = 0.0
    for each in scene.frames:
        left, top, width, _ = each.frame.rect
        if holds(each.frame, g.as_rect(box)):
            edge = _IN_FRAME  # its lower edge comes along
        elif top >= box.bottom() and _beside(below, left, width):
            tops.append(top)
    return min(tops) - box.bottom() - _APART - edge if tops else float("inf")


def _beside(below: QRectF, left: float, width: float) -> bool:
    return left < below.right() and left + width > below.left()


def fit_frames(scene: SceneLike) -> bool:
    """Let each frame reach below the pictures of the nodes in it; True if any is another than before."""
    changed = False
    for each in scene.frames:
        if each.frame.is_note:
            continue
        rect = each.frame.rect
        bottom = rect[1] + rect[3]
        lowest = bottom
        for figure in scene.nodes_in(QRectF(*rect)):
            if figure.height > figure.body_height and figure.inside is None:
                box = _bare(figure)
                if holds(each.frame, g.as_rect(box)) and box.bottom() <= bottom:
                    lowest = max(lowest, box.y() + figure.height + _IN_FRAME)
        if each.overhang != lowest - bottom:
            each.overhang = lowest - bottom
            changed = True
    if changed:
        scene.version += 1
    return changed
