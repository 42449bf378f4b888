"""Wires without a mouse: from a layer to its wires, from wire to wire, and on to the layer at the other end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt

from app.core.graph.model import Wire
from app.ui.canvas.describing import of_wire
from app.ui.canvas.figures import WireFigure

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

_EDGE = 60.0  # pixels between a wire that was gone to and the edge of the view


class WireKeys:
    """Keys that select wires of one canvas, and keys while a wire is selected.

    The end from which a wire was reached stays fixed: up and down lead to the others that leave or arrive there.
    """

    def __init__(self, canvas: GraphView) -> None:
        self._canvas = canvas
        self._leaving = True
        self._walked: Wire | None = None

    @property
    def wire(self) -> Wire | None:
        """The selected wire, if it is the only thing that is selected."""
        wires = tuple(self._canvas.highlight.wires)
        return wires[0] if len(wires) == 1 and not self._canvas.selected else None

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        """Do what a key means for wires; False if it means nothing for them."""
        wire = self.wire
        sideways = key in (Qt.Key.Key_Left, Qt.Key.Key_Right)
        if sideways and held == Qt.KeyboardModifier.AltModifier and wire is None:
            return self._from_node(leaving=key == Qt.Key.Key_Right)
        if wire is None or held not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier):
            return False
        if sideways:
            self._canvas.show_node(wire.target if key == Qt.Key.Key_Right else wire.source)
        elif held == Qt.KeyboardModifier.AltModifier:
            return False
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._beside(wire, 1 if key == Qt.Key.Key_Down else -1)
        elif key == Qt.Key.Key_Tab:
            self._canvas.popups.search(self._place(wire), None, wire)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._explain(wire)
        else:
            return False
        return True

    def removed(self) -> None:
        """After a selected wire was removed: back to the layer from which it was reached, so that keys go on there."""
        wire, canvas = self._walked, self._canvas
        self._walked = None
        if wire is not None and wire not in canvas.scene.wires and not canvas.selected and not canvas.highlight.wires:
            self._canvas.show_node(wire.source if self._leaving else wire.target)

    def place(self) -> QPointF | None:
        """Where the selected wire is, in pixels of the widget; None if none is selected."""
        wire = self.wire
        return self._place(wire) if wire is not None else None

    # -- walking ---------------------------------------------------------------------------------------------------

    def _from_node(self, leaving: bool) -> bool:
        canvas = self._canvas
        if not canvas.selected:
            return False
        name = canvas.selected[-1]
        wires = self._at(name, leaving)
        if not wires:
            canvas.status.emit(f"No wire {'leaves' if leaving else 'arrives at'} {name}.")
            return True
        self._leaving = leaving
        self._select(wires[0])
        return True

    def _at(self, name: str, leaving: bool) -> list[Wire]:
        """The wires that leave a node or arrive there, from top to bottom."""
        figures = [
            figure
            for figure in self._canvas.scene.wires_of((name,))
            if (figure.wire.source if leaving else figure.wire.target) == name
        ]

        def height(figure: WireFigure) -> tuple[float, float]:
            near, far = (figure.start, figure.end) if leaving else (figure.end, figure.start)
            return near.y(), far.y()

        return [figure.wire for figure in sorted(figures, key=height)]

    def _beside(self, wire: Wire, step: int) -> None:
        """The next wire at the end that stays; if it has only this one, at the other end."""
        name = wire.source if self._leaving else wire.target
        wires = self._at(name, self._leaving)
        if len(wires) < 2:
            other = self._at(wire.target if self._leaving else wire.source, not self._leaving)
            if len(other) > 1:
                wires, self._leaving = other, not self._leaving
        at = wires.index(wire) + step
        if 0 <= at < len(wires):
            self._select(wires[at])

    def _select(self, wire: Wire) -> None:
        canvas = self._canvas
        if wire not in canvas.highlight.wires or len(canvas.highlight.wires) > 1:
            canvas.select_wire(wire)
        self._walked = wire
        place = self._place(wire)
        dx = max(_EDGE - place.x(), 0.0) or min(canvas.width() - _EDGE - place.x(), 0.0)
        dy = max(_EDGE - place.y(), 0.0) or min(canvas.height() - _EDGE - place.y(), 0.0)
        if dx or dy:
            canvas.pan_by(dx, dy)
        canvas.status.emit(of_wire(canvas.scene, wire))

    def _place(self, wire: Wire) -> QPointF:
        return self._canvas.camera.to_view(self._canvas.scene.wires[wire].path.pointAtPercent(0.5))

    def _explain(self, wire: Wire) -> None:
        canvas = self._canvas
        if canvas.scene.wires[wire].fits:
            canvas.status.emit(of_wire(canvas.scene, wire))
        else:
            canvas.popups.wire_remedy(wire, self._place(wire))
