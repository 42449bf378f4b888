"""Click and drag frames and notes, and make them larger or smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt

from app.core.commands import PlaceFrames
from app.ui.canvas import geometry as g
from app.ui.canvas.frames.figures import Sides, as_rect, dragged
from app.ui.canvas.tools.base import Pointer, Tool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

CURSORS: dict[Sides, Qt.CursorShape] = {
    "": Qt.CursorShape.SizeAllCursor,
    "n": Qt.CursorShape.SizeVerCursor,
    "s": Qt.CursorShape.SizeVerCursor,
    "w": Qt.CursorShape.SizeHorCursor,
    "e": Qt.CursorShape.SizeHorCursor,
    "nw": Qt.CursorShape.SizeFDiagCursor,
    "se": Qt.CursorShape.SizeFDiagCursor,
    "ne": Qt.CursorShape.SizeBDiagCursor,
    "sw": Qt.CursorShape.SizeBDiagCursor,
}


class MoveFrame(Tool):
    """Moves the pressed frame, and what else is selected, with everything that stands in it. Alt: without the grid;
    Ctrl: they stay, and a copy goes there."""

    cursor = CURSORS[""]

    def __init__(self, canvas: GraphView, name: str) -> None:
        super().__init__(canvas)
        self._name = name

    def press(self, at: Pointer) -> None:
        super().press(at)
        canvas = self.canvas
        self._from = QPointF(at.scene)
        self._before = canvas.selected, canvas.selected_frames
        self._was_selected = self._name in canvas.selected_frames
        if not self._was_selected:
            nodes, frames = self._before if at.adding else ((), ())
            canvas.select(nodes, (*frames, self._name))

    def move(self, at: Pointer) -> None:
        started = self.dragging
        if not self._drags(at):
            return
        scene = self.canvas.scene
        if not started:
            nodes, frames = self.canvas.framing.with_contents
            scene.lift(nodes)
            scene.frames.lift(frames)
        corner = scene.frames[self._name].rect.topLeft()
        self.canvas.setCursor(Qt.CursorShape.DragCopyCursor if at.copying else self.cursor)
        scene.offset = self._on_grid(corner, at.scene - self._from, at.free or not self.canvas.snaps)
        self.canvas.update()

    def _on_grid(self, corner: QPointF, offset: QPointF, free: bool) -> QPointF:
        if free:
            return offset
        target = corner + offset
        return QPointF(round(target.x() / g.SNAP) * g.SNAP, round(target.y() / g.SNAP) * g.SNAP) - corner

    def release(self, at: Pointer) -> None:
        scene = self.canvas.scene
        if not self.dragging:
            self._click(at)
            return
        offset, nodes, frames = scene.offset, tuple(scene.lifted), tuple(scene.frames.lifted)
        self._end()
        if not offset.isNull() and at.copying:
            self.canvas.editing.duplicate_by((name for name in nodes if name in scene.nodes), frames, offset)
        elif not offset.isNull():
            self.canvas.do_step(self.canvas.framing.moved(nodes, frames, offset))

    def _click(self, at: Pointer) -> None:
        """A press without a drag: Shift and Ctrl take a selected frame out, a plain click selects it alone."""
        nodes, frames = self._before
        if self._was_selected and at.adding:
            self.canvas.select(nodes, (name for name in frames if name != self._name))
        elif self._was_selected:
            self.canvas.select((), (self._name,))

    def cancel(self) -> None:
        self._end()
        self.canvas.select(*self._before)

    def _end(self) -> None:
        self.canvas.scene.let_go()
        self.canvas.update()


class ResizeFrame(Tool):
    """Drags some sides of a frame."""

    def __init__(self, canvas: GraphView, name: str, sides: Sides) -> None:
        super().__init__(canvas)
        self._name, self._sides = name, sides
        self.cursor = CURSORS[sides]

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._from = QPointF(at.scene)
        self._rect = QRectF(self.canvas.scene.frames[self._name].rect)
        if self._name not in self.canvas.selected_frames:
            self.canvas.select((), (self._name,))

    def move(self, at: Pointer) -> None:
        if not self._drags(at):
            return
        offset = at.scene - self._from
        if not at.free and self.canvas.snaps:
            offset = self._on_grid(offset)
        self.canvas.scene.frames[self._name].shown = dragged(self._rect, self._sides, offset.x(), offset.y())
        self.canvas.update()

    def _on_grid(self, offset: QPointF) -> QPointF:
        """The sides that move come to lie on the grid."""
        rect, sides = self._rect, self._sides
        x = rect.left() if "w" in sides else rect.right()
        y = rect.top() if "n" in sides else rect.bottom()
        return QPointF(round((x + offset.x()) / g.SNAP) * g.SNAP - x, round((y + offset.y()) / g.SNAP) * g.SNAP - y)

    def release(self, at: Pointer) -> None:
        figure = self.canvas.scene.frames[self._name]
        rect = QRectF(figure.rect)
        self.cancel()
        if self.dragging and rect != self._rect:
            if "s" not in self._sides:
                rect.setBottom(rect.bottom() - figure.overhang)
            self.canvas.do_step(PlaceFrames(self.canvas.where, {self._name: as_rect(rect)}))

    def cancel(self) -> None:
        self.canvas.scene.let_go()
        self.canvas.update()
