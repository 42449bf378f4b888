"""A layer dragged in from the palette: shown where it would land, inserted if it is dropped on a wire."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from app.core.commands import AddNodes, Command
from app.core.graph.model import Node, Wire
from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas import placing
from app.ui.canvas.node_words import look_of
from app.ui.canvas.snapping import DraggedBox, Snapper
from app.ui.canvas.tools.base import Pointer, Tool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

MIME = "application/x-netloom-layer"
_FAR = 220.0


class DropLayer(Tool):
    """Follows a drag and drop of Qt; ``release`` is the drop."""

    def __init__(self, canvas: GraphView, type_id: str) -> None:
        super().__init__(canvas)
        self.node: Node | None = placing.fresh_node(canvas.situation, type_id)
        self._at: QPointF | None = None
        self._height = placing.height_of(canvas.situation.project, self.node) if self.node is not None else 0.0
        self._wire: Wire | None = None
        self._snapper = Snapper(canvas.scene, self._outline())

    def _outline(self) -> DraggedBox:
        """Box and ports of the new node, as if it stood in the origin of the drawing."""
        if self.node is None:
            return DraggedBox(QRectF())
        look = look_of(self.canvas.situation.project, self.node, None)
        inputs = tuple(g.port_y(index) for index in range(len(look.inputs)))
        outputs = tuple(g.port_y(index) for index in range(len(look.outputs)))
        return DraggedBox(QRectF(0.0, 0.0, g.NODE_WIDTH, self._height), inputs, outputs)

    def press(self, at: Pointer) -> None:
        super().press(at)
        self.dragging = True  # since long before it came here
        self.move(at)

    def move(self, at: Pointer) -> None:
        if self.node is None:
            return
        corner = at.scene - QPointF(g.NODE_WIDTH / 2, g.port_y(0))
        free = at.free or not self.canvas.snaps
        self._at = self._snapper.snapped(corner, self.canvas.camera.scale, free)
        self._wire = placing.wire_below(self.canvas.situation, self.canvas.scene, self.node, at.scene)
        self.canvas.highlight.wire = self._wire
        self.canvas.update()

    def release(self, at: Pointer) -> None:
        self.move(at)
        spot, wire = self._at, self._wire
        self.cancel()
        if self.node is None or spot is None:
            return
        command: Command | None = None
        if wire is not None:
            command = placing.insert_on(self.canvas.situation, self.canvas.scene, self.node, wire, spot)
        if command is None:
            free = placing.free_spot(self.canvas.scene, spot, self._height)
            if (free - spot).manhattanLength() <= _FAR:  # else where the hand let go, even if it covers something
                spot = free
            command = AddNodes(self.canvas.where, (replace(self.node, position=(spot.x(), spot.y())),))
        if self.canvas.do_step(command):
            self.canvas.show_node(self.node.name)

    def cancel(self) -> None:
        self._at = None
        self._wire = None
        self.canvas.highlight.wire = None
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        if self._at is None or self.node is None:
            return
        camera = self.canvas.camera
        if self._wire is None:
            self._snapper.paint(painter, camera)
        box = camera.rect_to_view(QRectF(self._at.x(), self._at.y(), g.NODE_WIDTH, self._height))
        painter.setPen(QPen(theme.color("accent"), 1.5, Qt.PenStyle.DashLine))
        painter.setBrush(theme.faded("accent", 0.16))
        painter.drawRoundedRect(box, g.RADIUS * camera.scale, g.RADIUS * camera.scale)
        painter.setPen(theme.color("node.text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.node.name)
