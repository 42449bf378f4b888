"""A hand that moves a real mouse over a canvas, and the drawing it mostly works on."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.core.graph.model import Graph, Project, Wire
from app.ui.canvas import geometry as g
from app.ui.canvas.view import CanvasView
from tests.support.drawings import chain, node
from tests.support.patience import move_mouse

NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


def in_a_row(project: Project) -> Project:
    """The drawing with its nodes side by side, in drawing order."""
    nodes = [replace(n, position=(i * 240.0, 0.0)) for i, n in enumerate(project.graph.nodes.values())]
    return replace(project, graph=Graph.of(nodes, project.graph.wires))


def net() -> Project:
    """Digits to loss in one row; fc1 reads a list, so a Flatten stands before it."""
    graph = Graph.of(
        [
            node("digits", "Digits", size="8×8"),
            node("conv1", "Conv2d", out_channels=4, kernel_size=3),
            node("relu1", "ReLU"),
            node("flatten1", "Flatten"),
            node("fc1", "Linear", out_features=10),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("digits.image", "conv1", "relu1", "flatten1", "fc1", "loss.prediction"),
            Wire("digits", "label", "loss", "target"),
        ],
    )
    return in_a_row(Project(graph=graph))


class Hand:
    """Moves a real mouse over a canvas, in units of the drawing, and presses real keys."""

    def __init__(self, canvas: CanvasView) -> None:
        self.canvas = canvas

    def at(self, point: QPointF) -> QPoint:
        """Where a point of the drawing is in the widget; it must be seen."""
        place = self.canvas.camera.to_view(point).toPoint()
        assert self.canvas.rect().contains(place), f"{point} is outside of the canvas"
        return place

    def middle(self, name: str) -> QPointF:
        """A place on a node's header, away from its ports."""
        figure = self.canvas.scene.nodes[name]
        return QPointF(figure.x + 90, figure.y + 14)

    def output(self, name: str, port: str = "output") -> QPointF:
        """An output port."""
        return self.canvas.scene.nodes[name].output_at(port)

    def input(self, name: str, port: str = "x") -> QPointF:
        """An input port."""
        return self.canvas.scene.nodes[name].input_at(port)

    def press(self, point: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(self.canvas, button, keys, self.at(point))

    def move(self, point: QPointF) -> None:
        move_mouse(self.canvas, self.at(point))

    def release(self, point: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseRelease(self.canvas, button, keys, self.at(point))

    def click(self, point: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE) -> None:
        move_mouse(self.canvas, self.at(point))
        QTest.mouseClick(self.canvas, button, keys, self.at(point))

    def drag(
        self, start: QPointF, end: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE
    ) -> None:
        """Press, move in steps, release."""
        self.hold(start, end, button, keys)
        self.release(end, button, keys)

    def hold(
        self, start: QPointF, end: QPointF, button: Qt.MouseButton = LEFT, keys: Qt.KeyboardModifier = NONE
    ) -> None:
        """Press and move in steps; the button stays down."""
        self.press(start, button, keys)
        for share in (0.2, 0.6, 1.0):
            self._move_held(start + (end - start) * share, button, keys)

    def hover(self, point: QPointF) -> None:
        """Rest somewhere with no button down."""
        self._move_held(point, Qt.MouseButton.NoButton, NONE)

    def _move_held(self, point: QPointF, button: Qt.MouseButton, keys: Qt.KeyboardModifier) -> None:
        """A move with the button down; QTest's own move forgets buttons and keys."""
        place = QPointF(self.at(point))
        event = QMouseEvent(
            QEvent.Type.MouseMove, place, self.canvas.mapToGlobal(place), Qt.MouseButton.NoButton, button, keys
        )
        QApplication.sendEvent(self.canvas, event)

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(QApplication.focusWidget() or self.canvas, key, keys)

    def type(self, text: str) -> None:
        QTest.keyClicks(self._focused(), text)

    def _focused(self) -> QWidget:
        """The widget that has the keys. Without a window manager a window may have to ask for them again."""
        if QApplication.focusWidget() is None:
            self.canvas.window().activateWindow()
            for _ in range(1000):
                QTest.qWait(20)
                if QApplication.focusWidget() is not None:
                    break
        return QApplication.focusWidget() or self.canvas


EMPTY_SPOT = QPointF(700, 330)
WIDTH = g.NODE_WIDTH
