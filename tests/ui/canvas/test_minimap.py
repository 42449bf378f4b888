"""The minimap on a real canvas: real mouse and wheel, then the camera is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage, QRegion, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.core.commands.frames import AddFrames
from app.core.graph.frames import Frame
from app.core.graph.model import Graph, Project
from app.ui import theme
from app.ui.canvas.view import CanvasView
from tests.support.drawings import node
from tests.support.patience import move_mouse
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import LEFT, NONE, Hand
from tests.ui.canvas.test_autopan import move_held


@pytest.fixture
def near(qtbot: QtBot, canvas: CanvasView) -> CanvasView:
    """A canvas that shows the left part of the drawing only, with its minimap."""
    canvas.camera.scale = 2.0
    canvas.camera.x, canvas.camera.y = -40.0, -100.0
    canvas.update()
    qtbot.waitUntil(canvas.minimap.isVisible)
    return canvas


def map_place(canvas: CanvasView, name: str) -> QPoint:
    """Where a node is in the minimap."""
    return canvas.minimap._into().map(canvas.scene.nodes[name].rect.center()).toPoint()


def image(canvas: CanvasView) -> QImage:
    """The minimap without what lies below it."""
    picture = QImage(canvas.minimap.size(), QImage.Format.Format_ARGB32_Premultiplied)
    picture.fill(Qt.GlobalColor.transparent)
    canvas.minimap.render(picture, QPoint(), QRegion(), QWidget.RenderFlag(0))
    return picture


def test_it_is_there_only_while_something_is_out_of_view(qtbot: QtBot, canvas: CanvasView) -> None:
    """Would fail if it covered a drawing that is seen whole, or were missing when a part is not."""
    QTest.qWait(200)
    assert not canvas.minimap.isVisible()
    canvas.zoom_by(2.0)
    qtbot.waitUntil(canvas.minimap.isVisible)
    canvas.frame_all()
    qtbot.waitUntil(lambda: not canvas.minimap.isVisible())


def test_it_can_be_switched_off(qtbot: QtBot, near: CanvasView) -> None:
    """Would fail if it came back with the next move of the view."""
    near.minimap.wanted = False
    assert not near.minimap.isVisible()
    near.pan_by(50, 0)
    QTest.qWait(250)
    assert not near.minimap.isVisible()
    near.minimap.wanted = True
    assert near.minimap.isVisible()


def test_a_click_brings_that_place_into_the_middle(near: CanvasView) -> None:
    """Would fail if the minimap had another scale than its picture, or the click zoomed."""
    QTest.mouseClick(near.minimap, LEFT, NONE, map_place(near, "loss"))
    away = near.middle() - near.scene.nodes["loss"].rect.center()
    assert abs(away.x()) < 12
    assert abs(away.y()) < 12
    assert near.camera.scale == 2.0
    assert near.tool is None


def test_the_frame_is_dragged_without_a_jump(near: CanvasView) -> None:
    """Would fail if a press inside of the frame moved the view at once, or the drag lost its distance."""
    minimap = near.minimap
    inside = minimap.frame().center().toPoint() + QPoint(6, 3)
    before = near.camera.place
    QTest.mousePress(minimap, LEFT, NONE, inside)
    assert near.camera.place == pytest.approx(before, abs=1e-6)
    move_mouse(minimap, inside + QPoint(20, 0))
    moved = near.camera.x - before[0]
    assert moved == pytest.approx(20 / minimap._scale(), rel=0.1)
    assert near.camera.y == pytest.approx(before[1], abs=1e-6)
    QTest.mouseRelease(minimap, LEFT, NONE, inside + QPoint(20, 0))
    assert near.tool is None


def test_escape_takes_a_drag_in_it_back(near: CanvasView, hand: Hand) -> None:
    """Would fail if Escape did not bring the view back, or the mouse still moved it afterwards."""
    minimap = near.minimap
    before = near.camera.place
    QTest.mousePress(minimap, LEFT, NONE, map_place(near, "fc1"))
    assert near.camera.place != before
    hand.key(Qt.Key.Key_Escape)
    assert near.camera.place == before
    move_mouse(minimap, map_place(near, "loss"))
    QTest.mouseRelease(minimap, LEFT, NONE, map_place(near, "loss"))
    assert near.camera.place == before


def test_the_wheel_zooms_around_what_is_seen(near: CanvasView) -> None:
    """Would fail if the wheel did nothing, or zoomed at a point that the pointer is not at."""
    minimap = near.minimap
    at = QPointF(10, 10)
    middle = near.middle()
    wheel = QWheelEvent(
        at, minimap.mapToGlobal(at), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(minimap, wheel)
    assert near.camera.scale > 2.5
    assert (near.middle() - middle).manhattanLength() < 0.01


def test_it_leaves_the_keys_to_the_canvas(near: CanvasView, hand: Hand) -> None:
    """Would fail if a click in the minimap took the focus, so that Delete did nothing afterwards."""
    near.select(["conv1"])
    QTest.mouseClick(near.minimap, LEFT, NONE, map_place(near, "fc1"))
    assert QApplication.focusWidget() is near
    assert near.selected == ("conv1",)
    hand.key(Qt.Key.Key_Delete)
    assert "conv1" not in near.qdocument.project.graph.nodes
    assert near.minimap.accessibleName()


def test_nodes_have_the_colours_of_their_families_and_problems_are_marked(qtbot: QtBot, near: CanvasView) -> None:
    """Would fail if all boxes were of one colour, or a problem were not seen from here."""
    place = map_place(near, "conv1")
    near.minimap.wanted = True
    assert image(near).pixelColor(map_place(near, "fc1")) == theme.family("dense")
    badge = theme.color("badge")

    def marks() -> int:
        picture = near.minimap._picture
        assert picture is not None
        seen = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
        return seen.count(badge)

    assert near.minimap.rect().contains(place)
    assert marks() == 0
    near.select(["flatten1"])
    near.delete_selection()
    qtbot.waitUntil(lambda: marks() > 0)


def test_a_new_node_appears_in_the_picture(qtbot: QtBot, near: CanvasView) -> None:
    """Would fail if the picture were made only once."""
    picture = near.minimap._picture
    near.add_layer("Dropout", QPointF(500, 900))
    qtbot.waitUntil(lambda: near.minimap._picture is not picture)


def test_the_theme_changes_its_picture(qtbot: QtBot, qapp: QApplication, near: CanvasView) -> None:
    """Would fail if the minimap kept the colours of the theme before."""
    before = image(near).pixelColor(30, 4)
    theme.apply(qapp, "light")
    try:
        assert image(near).pixelColor(30, 4) != before
        assert image(near).pixelColor(map_place(near, "fc1")) == theme.family("dense")
    finally:
        theme.apply(qapp, "dark")


def test_it_steps_back_from_what_is_dragged_to_it(qtbot: QtBot, near: CanvasView, hand: Hand) -> None:
    """Would fail if the corner below it could not be seen while a node is dragged there."""
    start = hand.middle("conv1")
    shown = image(near)
    hand.hold(start, start + QPointF(60, 60))
    move_held(near, near.minimap.geometry().center().toPointF())
    faint = image(near)
    spot = QPoint(4, near.minimap.height() // 2)
    assert faint.pixelColor(spot).alpha() < 0.4 * shown.pixelColor(spot).alpha()
    hand.key(Qt.Key.Key_Escape)
    assert image(near).pixelColor(spot).alpha() == shown.pixelColor(spot).alpha()


def test_it_moves_to_a_corner_without_layers_when_the_view_rests(qtbot: QtBot, near: CanvasView) -> None:
    """Would fail if it lay on the layers one works on while there is room elsewhere, or never came back."""
    minimap = near.minimap
    figure = near.scene.nodes["conv1"]
    near.camera.scale = 1.0
    near.camera.x, near.camera.y = figure.x + 120 - near.width(), figure.y + 60 - near.height()
    near.update()
    below = near.camera.rect_to_view(figure.rect).toRect()
    qtbot.waitUntil(lambda: minimap.isVisible() and not minimap.geometry().intersects(below))
    assert near.rect().contains(minimap.geometry())
    near.pan_by(0, -400)
    qtbot.waitUntil(lambda: minimap.geometry().right() > near.width() - 40)
    assert minimap.geometry().bottom() > near.height() - 40


def test_it_leaves_its_corner_to_the_find_bar(qtbot: QtBot, near: CanvasView, hand: Hand) -> None:
    """Would fail if the bar lay on the minimap."""
    figure = near.scene.nodes["relu1"]
    near.camera.scale = 1.0
    near.camera.x, near.camera.y = figure.x + 120 - near.width(), figure.y + 60 - near.height()
    near.resize(500, 400)  # the layers in the row cover both corners below
    near.camera.x, near.camera.y = figure.x - 300, figure.y - 330
    near.update()
    qtbot.waitUntil(lambda: near.minimap.isVisible() and near.minimap.y() < 50)
    hand.key(Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: not near.minimap.geometry().intersects(near.find_bar.geometry()))


def test_frames_are_in_it(qtbot: QtBot, near: CanvasView) -> None:
    """Would fail if a frame around layers were missing in the minimap, or did not go with undo."""
    tint = theme.color("frame.blue")

    def has_frame() -> bool:
        picture = near.minimap._picture
        assert picture is not None
        return any(picture.pixelColor(x, y) == tint for x in range(picture.width()) for y in range(picture.height()))

    assert not has_frame()
    near.do_step(AddFrames(near.where, (Frame("f", "Eyes", position=(200.0, -60.0), size=(600.0, 260.0)),)))
    qtbot.waitUntil(has_frame)
    near.qdocument.undo()
    qtbot.waitUntil(lambda: not has_frame())


def test_a_small_canvas_has_none(qtbot: QtBot, near: CanvasView) -> None:
    """Would fail if it covered half of a narrow canvas."""
    near.resize(380, 240)
    qtbot.waitUntil(lambda: not near.minimap.isVisible())


def test_ten_thousand_nodes_cost_one_picture(qtbot: QtBot, open_canvas: Open) -> None:
    """Would fail if every frame of a pan made the picture anew."""
    nodes = [replace(node(f"r{i}", "ReLU"), position=((i % 100) * 240.0, (i // 100) * 130.0)) for i in range(10_000)]
    canvas = open_canvas(Project(graph=Graph.of(nodes, [])))
    qtbot.waitUntil(canvas.minimap.isVisible)
    picture = canvas.minimap._picture
    for _ in range(20):
        canvas.pan_by(-30, -10)
        canvas.repaint()
    QTest.qWait(200)
    assert canvas.minimap._picture is picture


def test_its_first_picture_in_a_drag_is_of_the_present_drawing(qtbot: QtBot, near: CanvasView, hand: Hand) -> None:
    """Would fail if it came up with the drawing of long ago when a layer is dragged out of a view that showed all."""
    red = theme.family("losses")
    assert image(near).pixelColor(map_place(near, "loss")) == red
    near.frame_all()
    qtbot.waitUntil(lambda: not near.minimap.isVisible())
    near.select(["loss"])
    near.delete_selection()
    QTest.qWait(200)
    start = hand.middle("conv1")
    hand.hold(start, start + QPointF(0, 60))
    near.pan_by(0, -900)
    qtbot.waitUntil(near.minimap.isVisible)
    shown = image(near)
    colours = {shown.pixelColor(x, y).name() for x in range(shown.width()) for y in range(shown.height())}
    assert theme.family("dense").name() in colours
    assert red.name() not in colours
    hand.key(Qt.Key.Key_Escape)


def test_it_leaves_a_selected_layer_free(qtbot: QtBot, near: CanvasView) -> None:
    """Would fail if it stayed on the layer that was just selected while another corner covers only others."""
    minimap = near.minimap
    near.resize(560, 330)
    near.camera.scale = 1.0
    near.camera.x, near.camera.y = 200.0, -200.0  # the row runs through the corners below
    near.update()
    for name in ("relu1", "conv1", "relu1"):
        near.select([name])
        box = near.camera.rect_to_view(near.scene.nodes[name].rect).toRect()
        qtbot.waitUntil(lambda box=box: minimap.isVisible() and not minimap.geometry().intersects(box))  # type: ignore[misc]
