"""Click and drag nodes. A single unwired node dropped on a wire is inserted there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from app.core.graph.model import Wire
from app.ui.canvas import geometry as g
from app.ui.canvas import placing
from app.ui.canvas.snapping import Dragged, Snapper
from app.ui.canvas.tools.base import Pointer, Tool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView


class MoveNodes(Tool):
    """Moves what is selected, or the node that was pressed. Alt keeps it from snapping, Ctrl leaves it and copies."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, canvas: GraphView, name: str) -> None:
        super().__init__(canvas)
        self._name = name
        self._wire: Wire | None = None
        self._snapper: Snapper | None = None

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._from = QPointF(at.scene)
        self._before = self.canvas.selected
        self._frames_before = self.canvas.selected_frames
        self._was_selected = self._name in self._before
        if not self._was_selected:
            names = (*self._before, self._name) if at.adding else (self._name,)
            self.canvas.select(names, self._frames_before if at.adding else ())

    def move(self, at: Pointer) -> None:
        started = self.dragging
        if not self._drags(at):
            return
        scene = self.canvas.scene
        if not started:
            chosen = self.canvas.framing.with_contents if self._name in self.canvas.selected else ((self._name,), ())
            scene.lift(chosen[0])
            scene.frames.lift(chosen[1])
            self._snapper = Snapper(scene, Dragged.of(scene.nodes[self._name]), scene.lifted)
        assert self._snapper is not None
        free = at.free or not self.canvas.snaps
        scene.offset = self._snapper.snapped(at.scene - self._from, self.canvas.camera.scale, free)
        self.canvas.setCursor(Qt.CursorShape.DragCopyCursor if at.copying else Qt.CursorShape.ArrowCursor)
        self._look_for_wire(at.scene, at.copying)
        self.canvas.update()

    def release(self, at: Pointer) -> None:
        if not self.dragging:
            self._click(at)
            return
        scene, offset, wire = self.canvas.scene, self.canvas.scene.offset, self._wire
        names, frames = tuple(name for name in scene.lifted if name in scene.nodes), tuple(scene.frames.lifted)
        self._end()
        if offset.isNull():
            return
        if at.copying:
            self.canvas.editing.duplicate_by(names, frames, offset)
            return
        if wire is not None:
            self._insert(wire, offset)
            return
        self.canvas.do_step(self.canvas.framing.moved(names, frames, offset))

    def cancel(self) -> None:
        self._end()
        self.canvas.select(self._before, self._frames_before)

    def paint(self, painter: QPainter) -> None:
        if self._snapper is not None and self._wire is None:
            self._snapper.paint(painter, self.canvas.camera)

    def _end(self) -> None:
        self._snapper = None
        self.canvas.scene.let_go()
        self.canvas.highlight.wire = None
        self.canvas.update()

    def _click(self, at: Pointer) -> None:
        """A press without a drag: Shift and Ctrl take a selected node out, a plain click selects it alone."""
        if self._was_selected:
            if at.adding:
                self.canvas.select((name for name in self._before if name != self._name), self._frames_before)
            else:
                self.canvas.select((self._name,))

    def _look_for_wire(self, hand: QPointF, copying: bool) -> None:
        """The wire under the middle of the dragged node, else under the hand, if the node could be inserted there."""
        scene = self.canvas.scene
        self._wire = None
        if len(scene.lifted) == 1 and not copying:
            figure = scene.nodes[self._name]
            middle = QPointF(figure.x + figure.width / 2, figure.y + g.port_y(0)) + scene.offset
            below = (placing.wire_below(self.canvas.situation, scene, figure.node, point) for point in (middle, hand))
            self._wire = next((wire for wire in below if wire is not None), None)
        self.canvas.highlight.wire = self._wire

    def _insert(self, wire: Wire, offset: QPointF) -> None:
        figure = self.canvas.scene.nodes[self._name]
        command = placing.insert_on(
            self.canvas.situation, self.canvas.scene, figure.node, wire, QPointF(figure.x, figure.y) + offset
        )
        if command is not None:
            self.canvas.do_step(command)
