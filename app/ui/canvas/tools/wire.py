"""Draw a wire from an output or an input, or carry the end of one that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.core.commands import Connect, Disconnect, EditAll
from app.core.graph.model import Wire
from app.core.graph.rules import Reason, WireRefusal, why_not
from app.core.graph.topology import downstream, upstream
from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.ink import Detail, level_of
from app.ui.canvas.message import paint_bubble
from app.ui.canvas.scene import PortAt
from app.ui.canvas.tools.base import Pointer, Tool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView


_VEIL = 0.55  # how much of a node without a fitting port is covered


def paint_loose(
    canvas: GraphView, painter: QPainter, fixed: PortAt, loose: QPointF, fits: bool = True, target: PortAt | None = None
) -> None:
    """A wire of which one end hangs at a point of the drawing, or at the port ``target`` that it would be joined to."""
    scene, camera = canvas.scene, canvas.camera
    held = scene.place_of(fixed)
    start, end = (held, loose) if fixed.is_output else (loose, held)
    source = fixed if fixed.is_output else target
    shape = scene.report.shape(Wire(source.node, source.port, "", "")) if source is not None else None
    kind = shape.kind if shape is not None else None
    with camera.in_scene(painter):
        painter.setPen(QPen(canvas.painter.ink.wire_pen(kind, fits, max(2.6, 1.8 / camera.scale))))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(g.curve(start, end))


class DrawWire(Tool):
    """While it is drawn, ports that fit light up, and the one under the pointer says what would happen.

    Dropped in empty space it asks for a new layer to join. A wire that is carried away and dropped there is removed.
    """

    cursor = Qt.CursorShape.CrossCursor

    def __init__(self, canvas: GraphView, port: PortAt) -> None:
        super().__init__(canvas)
        self.fixed = port  # the end that stays
        self.carried: Wire | None = None
        self.target: PortAt | None = None
        self._pressed = port
        self._end = QPointF()
        self._answers: dict[Wire, WireRefusal | None] = {}
        self._blocked: set[str] = set()

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._end = QPointF(at.scene)
        graph = self.canvas.scene.graph
        arriving = graph.arriving(self.fixed.node, self.fixed.port)
        figure = self.canvas.scene.nodes[self.fixed.node]
        port = next((p for p in figure.look.inputs if p.name == self.fixed.port), None)
        if not self.fixed.is_output and arriving and (port is None or not port.variadic):
            self.carried = arriving[-1]
            self.fixed = PortAt(self.carried.source, self.carried.source_port, True)
        reach = upstream if self.fixed.is_output else downstream
        self._blocked = {*reach(graph, [self.fixed.node]), self.fixed.node}

    def move(self, at: Pointer) -> None:
        self._end = QPointF(at.scene)
        if not self._drags(at):
            return
        self.canvas.highlight.hidden_wire = self.carried
        self.target = self._target(at.scene)
        self.canvas.highlight.node = self.target.node if self.target is not None else None
        self.canvas.update()

    def release(self, at: Pointer) -> None:
        dragging, target = self.dragging, self._target(at.scene) if self.dragging else None
        self.cancel()
        if not dragging:
            self.canvas.select((self._pressed.node,))
        elif target is not None:
            self._join(target, at)
        elif (nobody := self._nobody(at.scene)) is not None:
            self.canvas.saying.say(at.view, nobody)
        elif self.canvas.scene.node_at(at.scene) is None:
            if self.carried is not None:
                self.canvas.do_step(Disconnect(self.canvas.where, (self.carried,)))
            else:
                self.canvas.popups.search(at.view, self.fixed, None)

    def cancel(self) -> None:
        self.canvas.highlight.hidden_wire = None
        self.canvas.highlight.node = None
        self.canvas.update()

    def _join(self, target: PortAt, at: Pointer) -> None:
        wire = self.wire_to(target)
        if self.carried is not None and wire == self.carried:
            return
        refusal = self._why_not(wire)
        if refusal is not None and not refusal.allowed:
            self.canvas.saying.say(at.view, refusal.sentence)
            return
        join = Connect(self.canvas.where, (wire,))
        if self.carried is not None:
            away = Disconnect(self.canvas.where, (self.carried,))
            self.canvas.do_step(EditAll(commands=(away, join), text=f"Rewire {wire.target}"))
        else:
            self.canvas.do_step(join)

    def wire_to(self, port: PortAt) -> Wire:
        """The wire that would join the fixed end with ``port``."""
        source, target = (self.fixed, port) if self.fixed.is_output else (port, self.fixed)
        return Wire(source.node, source.port, target.node, target.port)

    def _why_not(self, wire: Wire) -> WireRefusal | None:
        if wire not in self._answers:
            situation = self.canvas.situation
            self._answers[wire] = why_not(
                situation.project, situation.where, wire, situation.report.of(situation.where)
            )
        return self._answers[wire]

    def _target(self, point: QPointF) -> PortAt | None:
        """The port under the pointer, or the best one of the node under it."""
        scene = self.canvas.scene
        port = scene.port_at(point, g.PORT_REACH + 4)
        if port is not None and port.is_output != self.fixed.is_output and port.node != self.fixed.node:
            return port
        figure = scene.node_at(point)
        if figure is None or figure.name == self.fixed.node:
            return None
        return self._best_port(figure, point)

    def _best_port(self, figure: NodeFigure, point: QPointF) -> PortAt | None:
        """Of a node's ports: one that fits and is free, else one that fits, else the nearest."""
        ports = self._ports_of(figure)
        if not ports:
            return None
        graph = self.canvas.scene.graph
        used = {w.target_port for w in graph.into(figure.name)}

        def rank(port: PortAt) -> tuple[bool, bool, float]:
            refused = self._why_not(self.wire_to(port)) is not None
            busy = self.fixed.is_output and port.port in used
            return refused, busy, abs(self.canvas.scene.place_of(port).y() - point.y())

        return min(ports, key=rank)

    def _ports_of(self, figure: NodeFigure) -> list[PortAt]:
        looks = figure.look.inputs if self.fixed.is_output else figure.look.outputs
        return [PortAt(figure.name, look.name, not self.fixed.is_output) for look in looks]

    def paint(self, painter: QPainter) -> None:
        if not self.dragging:
            return
        canvas = self.canvas
        if level_of(canvas.camera.scale) != Detail.FAR:
            self._paint_ports(painter)
        refusal = self._why_not(self.wire_to(self.target)) if self.target is not None else None
        self._paint_wire(painter, refusal)
        nobody = self._nobody(self._end) if self.target is None else None
        if self.target is not None or nobody is not None:
            words, tint = self._words(refusal) if nobody is None else (nobody, theme.color("wire.error"))
            paint_bubble(painter, canvas.size(), canvas.camera.to_view(self._end), words, tint)

    def _nobody(self, point: QPointF) -> str | None:
        """Why the node under a point cannot take the wire at any port; None if it can, or if there is none."""
        figure = self.canvas.scene.node_at(point)
        if figure is None:
            return None
        if figure.name == self.fixed.node:
            return "A layer cannot read its own output." if self.carried is None else None
        if self._ports_of(figure):
            return None
        return f"{figure.name} has no {'input' if self.fixed.is_output else 'output'}."

    def _words(self, refusal: WireRefusal | None) -> tuple[str, QColor]:
        if refusal is None:
            assert self.target is not None
            wire = self.wire_to(self.target)
            shape = self.canvas.scene.report.shape(wire)
            words = f"{wire.source} → {wire.target}" + (f"  ({shape})" if shape is not None else "")
            return words, theme.color("port.fits")
        hint = "\nLet go to join them all the same; the layer then offers a remedy." if refusal.allowed else ""
        return refusal.sentence + hint, theme.color("wire.error")

    def _paint_wire(self, painter: QPainter, refusal: WireRefusal | None) -> None:
        canvas = self.canvas
        loose = canvas.scene.place_of(self.target) if self.target is not None else self._end
        paint_loose(canvas, painter, self.fixed, loose, refusal is None, self.target)

    def _paint_ports(self, painter: QPainter) -> None:
        """Ports in view that fit are lit; a veil lies over nodes without any, and dots around ports that do not fit."""
        canvas = self.canvas
        scene, camera = canvas.scene, canvas.camera
        lit: list[PortAt] = []
        unfit: list[PortAt] = []
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded("canvas", _VEIL))
        for figure in scene.nodes_in(camera.seen(canvas.width(), canvas.height())):
            found = self._answered(figure)
            fitting = [port for port, refusal in found if refusal is None]
            lit.extend(fitting)
            unfit.extend(port for port, refusal in found if refusal is not None and refusal.allowed)
            joined = any(refusal is not None and refusal.reason is Reason.ALREADY for _, refusal in found)
            if not fitting and not joined and figure.name != self.fixed.node:
                painter.drawRoundedRect(
                    camera.rect_to_view(figure.rect), g.RADIUS * camera.scale, g.RADIUS * camera.scale
                )
        for port in unfit:
            self._ring(painter, port, "port.shape_error", Qt.PenStyle.DotLine)
        for port in lit:
            place, radius = camera.to_view(scene.place_of(port)), self._radius()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.faded("port.fits", 0.3))
            painter.drawEllipse(place, radius + 5, radius + 5)
            painter.setBrush(theme.color("port.fits"))
            painter.drawEllipse(place, radius * 0.62, radius * 0.62)
            self._ring(painter, port, "port.fits", Qt.PenStyle.SolidLine)

    def _answered(self, figure: NodeFigure) -> list[tuple[PortAt, WireRefusal | None]]:
        """The ports of a node that may be asked, each with why it does not fit."""
        if figure.name in self._blocked:
            return []
        return [(port, self._why_not(self.wire_to(port))) for port in self._ports_of(figure)]

    def _radius(self) -> float:
        return max(6.0, 8.0 * self.canvas.camera.scale)

    def _ring(self, painter: QPainter, port: PortAt, role: str, style: Qt.PenStyle) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.color(role), 2.8 if port == self.target else 1.8, style))
        painter.drawEllipse(
            self.canvas.camera.to_view(self.canvas.scene.place_of(port)), self._radius(), self._radius()
        )
