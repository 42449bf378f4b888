"""Click and drag what is selected. A single unwired node dropped on a wire is inserted there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from app.core.graph.model import Wire
from app.ui.canvas import geometry as g
from app.ui.canvas import placing
from app.ui.canvas.snapping import DraggedBox, Snapper
from app.ui.canvas.tools.base import Pointer, Tool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView


class CarryTool(Tool):
    """Drags what is selected, with the one thing that was pressed: ``own``, as names of nodes and of frames.

    Alt keeps it from snapping, Ctrl leaves it and copies. A press without a drag selects.
    """

    def __init__(self, canvas: GraphView, nodes: tuple[str, ...] = (), frames: tuple[str, ...] = ()) -> None:
        super().__init__(canvas)
        self.own = nodes, frames

    @property
    def _own_selected(self) -> bool:
        nodes, frames = self.own
        return {*nodes} <= {*self.canvas.selected} and {*frames} <= {*self.canvas.selected_frames}

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._from = QPointF(at.scene)
        self._before = self.canvas.selected, self.canvas.selected_frames
        self._was_selected = self._own_selected
        if not self._was_selected:
            nodes, frames = self._before if at.adding else ((), ())
            self.canvas.select((*nodes, *self.own[0]), (*frames, *self.own[1]))

    def move(self, at: Pointer) -> None:
        started = self.dragging
        if not self._drags(at):
            return
        scene = self.canvas.scene
        if not started:
            nodes, frames = self.canvas.framing.with_contents if self._own_selected else self.own
            scene.lift(nodes)
            scene.frames.lift(frames)
        scene.offset = self._snapped(at.scene - self._from, at.free or not self.canvas.snaps)
        self.canvas.setCursor(Qt.CursorShape.DragCopyCursor if at.copying else self.cursor)
        self._moved(at)
        self.canvas.update()

    def _snapped(self, offset: QPointF, free: bool) -> QPointF:
        """The offset at which it falls into line; if it is ``free``, the same."""
        raise NotImplementedError

    def _moved(self, at: Pointer) -> None:
        """It lies somewhere else now."""

    def _dropped(self, nodes: tuple[str, ...], frames: tuple[str, ...], offset: QPointF) -> None:
        """It was let go so far from where it stood."""
        self.canvas.do_step(self.canvas.framing.moved(nodes, frames, offset))

    def release(self, at: Pointer) -> None:
        scene, canvas = self.canvas.scene, self.canvas
        if not self.dragging:
            self._click(at)
            return
        offset, frames = scene.offset, tuple(scene.frames.lifted)
        nodes = tuple(name for name in scene.lifted if name in scene.nodes)
        self._end()
        if not offset.isNull() and at.copying:
            canvas.editing.duplicate_by(nodes, frames, offset)
        elif not offset.isNull():
            self._dropped(nodes, frames, offset)

    def _click(self, at: Pointer) -> None:
        """A press without a drag: Shift and Ctrl take out what was selected, a plain click selects it alone."""
        if self._was_selected and at.adding:
            self.canvas.select(
                *([name for name in there if name not in own] for there, own in zip(self._before, self.own))
            )
        elif self._was_selected:
            self.canvas.select(*self.own)

    def cancel(self) -> None:
        self._end()
        self.canvas.select(*self._before)

    def _end(self) -> None:
        self.canvas.scene.let_go()
        self.canvas.update()


class MoveTool(CarryTool):
    """Moves what is selected, or the node that was pressed."""

    def __init__(self, canvas: GraphView, name: str) -> None:
        super().__init__(canvas, (name,))
        self._name = name
        self._wire: Wire | None = None
        self._snapper: Snapper | None = None

    def _snapped(self, offset: QPointF, free: bool) -> QPointF:
        scene = self.canvas.scene
        if self._snapper is None:
            self._snapper = Snapper(scene, DraggedBox.of(scene.nodes[self._name]), scene.lifted)
        return self._snapper.snapped(offset, self.canvas.camera.scale, free)

    def _moved(self, at: Pointer) -> None:
        self._look_for_wire(at.scene, at.copying)

    def _dropped(self, nodes: tuple[str, ...], frames: tuple[str, ...], offset: QPointF) -> None:
        figure = self.canvas.scene.nodes[self._name]
        if self._wire is None:
            super()._dropped(nodes, frames, offset)
            return
        corner = QPointF(figure.x, figure.y) + offset
        command = placing.insert_on(self.canvas.situation, self.canvas.scene, figure.node, self._wire, corner)
        if command is not None:
            self.canvas.do_step(command)

    def paint(self, painter: QPainter) -> None:
        if self._snapper is not None and self._wire is None:
            self._snapper.paint(painter, self.canvas.camera)

    def _end(self) -> None:
        self._snapper = self.canvas.highlight.wire = None
        super()._end()

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
