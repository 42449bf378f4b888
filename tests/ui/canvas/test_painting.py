"""What is painted: something at every zoom, in every theme, quickly."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, QObject, QPointF, QRect, QRectF
from PySide6.QtGui import QColor, QImage, QPaintEvent
from PySide6.QtWidgets import QApplication

from app.core.graph.model import Graph, Node, Project, Wire
from app.ui import theme
from app.ui.canvas.ink import Detail, level_of
from app.ui.canvas.view import CanvasView
from tests.support.counting import calls_in
from tests.support.drawings import long_net
from tests.support.patience import settle
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand


def colours(picture: QImage, area: QRectF) -> set[str]:
    box = area.toRect().intersected(picture.rect())
    return {
        picture.pixelColor(x, y).name() for x in range(box.left(), box.right()) for y in range(box.top(), box.bottom())
    }


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("scale", [0.1, 0.35, 1.0, 2.5])
def test_node_shows_its_family_colour_at_every_zoom(
    canvas: CanvasView, qapp: QApplication, name: str, scale: float
) -> None:
    """Would fail if a level of detail painted nothing, or the old theme's colours."""
    theme.apply(qapp, name)
    try:
        canvas.camera.scale = scale
        canvas.camera.look_at(canvas.scene.nodes["conv1"].rect.center(), canvas.width(), canvas.height())
        picture = canvas.grab().toImage()
        box = canvas.camera.rect_to_view(canvas.scene.nodes["conv1"].rect)
        assert theme.family("convolution").name() in colours(picture, box)
        assert theme.color("canvas").name() in colours(picture, QRectF(0, 0, 40, 40))
    finally:
        theme.apply(qapp, "dark")


def test_detail_drops_in_steps() -> None:
    """Would fail if the order of the levels were mixed up."""
    assert [level_of(scale) for scale in (0.1, 0.4, 1.0)] == [Detail.FAR, Detail.MIDDLE, Detail.FULL]


def test_strip_is_painted_inside_the_node(canvas: CanvasView) -> None:
    """Would fail if the live picture were not shown, or not replaced by the next."""
    for ink in ("#ff00ff", "#00ffff"):
        picture = QImage(40, 20, QImage.Format.Format_RGB32)
        picture.fill(QColor(ink))
        canvas.set_strip("conv1", picture, "filters")
        box = canvas.camera.rect_to_view(canvas.scene.nodes["conv1"].rect)
        assert ink in colours(canvas.grab().toImage(), box)


def test_selection_is_outlined_in_the_accent_colour(canvas: CanvasView) -> None:
    """Would fail if the outline were missing."""
    box = canvas.camera.rect_to_view(canvas.scene.nodes["conv1"].rect).adjusted(-4, -4, 4, 4)
    accent = theme.color("node.selected").name()
    assert accent not in colours(canvas.grab().toImage(), box)
    canvas.select(["conv1"])
    assert accent in colours(canvas.grab().toImage(), box)


def test_gestures_paint_at_every_zoom(canvas: CanvasView) -> None:
    """Would fail if a tool's own painting raised at some level of detail."""
    for scale in (1.0, 0.4, 0.15):
        canvas.camera.scale = scale
        canvas.camera.look_at(canvas.scene.bounds().center(), canvas.width(), canvas.height())
        hand = Hand(canvas)
        hand.hold(hand.output("conv1"), hand.input("fc1"))
        canvas.grab()
        canvas.cancel_tool()
        hand.hold(hand.middle("conv1"), hand.middle("conv1") + QPointF(40, 60))
        canvas.grab()
        canvas.cancel_tool()
        hand.hold(QPointF(400, 200), QPointF(700, 260))
        canvas.grab()
        canvas.cancel_tool()


def test_empty_drawing_says_how_to_begin(open_canvas: Open) -> None:
    """Would fail if a new drawing were a blank canvas."""
    picture = open_canvas(Project()).grab().toImage()
    middle = QRectF(picture.width() / 2 - 250, picture.height() / 2 - 100, 500, 180)
    assert theme.color("canvas.hint").name() in colours(picture, middle)


def test_picture_of_an_old_zoom_is_replaced_when_zooming_ends(canvas: CanvasView, qtbot) -> None:  # type: ignore[no-untyped-def]
    """Would fail if stretched pictures stayed blurred after the wheel came to rest."""
    for _ in range(3):
        canvas.zoom_by(1.1)
        canvas.repaint()
    qtbot.waitUntil(lambda: not canvas._quick.isActive())
    canvas.repaint()
    assert canvas.painter.settled


def grid_of(count: int, columns: int) -> Project:
    """A chain of many layers in rows."""
    project = long_net(count)
    nodes = [
        replace(n, position=(i % columns * 236.0, i // columns * 130.0))
        for i, n in enumerate(project.graph.nodes.values())
    ]
    return replace(project, graph=Graph.of(nodes, project.graph.wires))


def test_a_thousand_nodes_are_painted_quickly(open_canvas: Open) -> None:
    """Would fail if painting a whole drawing asked every node for itself."""
    canvas = open_canvas(grid_of(1000, 32))
    canvas.resize(1400, 900)
    canvas.frame_all()
    canvas.repaint()
    assert calls_in(canvas.repaint) < 1000


def test_edit_in_a_large_drawing_paints_only_a_part(open_canvas: Open) -> None:
    """Would fail if each edit painted the whole canvas again."""
    from app.core.commands import SetSetting

    canvas = open_canvas(grid_of(400, 20))
    canvas.camera.scale = 1.0
    first = next(iter(canvas.scene.nodes.values()))
    canvas.camera.look_at(first.rect.center(), canvas.width(), canvas.height())
    canvas.repaint()
    settle()
    areas: list[QRectF] = []
    original = canvas.painter.paint

    def note(painter, size, area, ratio, hurry):  # type: ignore[no-untyped-def]
        areas.append(area)
        original(painter, size, area, ratio, hurry)

    canvas.painter.paint = note  # type: ignore[method-assign]
    name = next(n for n in canvas.scene.nodes if n.startswith("conv2d"))
    canvas.qdocument.do(SetSetting("", (name,), "out_channels", 9))
    settle()
    assert areas
    assert all(area.width() * area.height() < canvas.width() * canvas.height() * 0.6 for area in areas)


def test_long_wire_goes_around_the_nodes_in_its_way(canvas: CanvasView) -> None:
    """Would fail if the label's wire ran hidden behind the whole row."""
    figure = canvas.scene.wires[Wire("digits", "label", "loss", "target")]
    assert figure.lane is not None
    for node in canvas.scene.nodes.values():
        if node.name not in ("digits", "loss"):
            assert not node.rect.top() <= figure.lane.y <= node.rect.bottom()


def test_wires_with_lanes_do_not_lie_on_each_other(open_canvas: Open) -> None:
    """Would fail if two shortcuts over the same nodes were drawn as one line."""
    nodes = [Node(f"n{i}", "ReLU", {}, (i * 240.0, 0.0)) for i in range(6)]
    wires = [Wire(f"n{i}", "output", f"n{i + 1}", "x") for i in range(5)]
    wires += [Wire("n0", "output", "n4", "x"), Wire("n1", "output", "n5", "x")]
    canvas = open_canvas(Project(graph=Graph.of(nodes, wires)))
    lanes = [f.lane.y for f in canvas.scene.wires.values() if f.lane is not None]
    assert len(lanes) == 2
    assert abs(lanes[0] - lanes[1]) > 8


def test_the_hint_of_an_empty_drawing_is_painted_whole(open_canvas: Open, qapp: QApplication) -> None:
    """Would fail if the hint stood only where the last node was, or a rest of it stayed round the first."""
    canvas = open_canvas(Project(graph=Graph.of([Node("a", "ReLU")])))
    painted: list[QRect] = []

    class Witness(QObject):
        def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
            if isinstance(event, QPaintEvent):
                painted.append(event.region().boundingRect())
            return False

    witness = Witness()
    canvas.installEventFilter(witness)
    canvas.select(["a"])
    for edit in (canvas.delete_selection, canvas.qdocument.undo):
        settle()
        painted.clear()
        edit()
        settle()
        assert canvas.rect() in painted


def test_the_window_outlives_a_mistake_in_its_painting(canvas: CanvasView, monkeypatch: pytest.MonkeyPatch) -> None:
    """Would fail if the painter of a paint event that raised stayed at work, with which the program may crash later."""

    def broken(*_: object) -> None:
        raise RuntimeError("no ink")

    with monkeypatch.context() as patch:
        patch.setattr(canvas.painter, "paint", broken)
        with pytest.raises(RuntimeError, match="no ink"):
            canvas.repaint()
    canvas.repaint()
    figure = canvas.camera.rect_to_view(canvas.scene.nodes["conv1"].rect)
    assert theme.family("convolution").name() in colours(canvas.grab().toImage(), figure)
