"""Living pictures, frames and copies keep to the room that is free: real events, then the canvas is asked."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from app.core.graph.frames import Frame
from app.core.graph.model import Graph, Project, Wire
from app.ui.canvas import geometry as g
from app.ui.canvas.view import CanvasView
from tests.support.drawings import node
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, net
from tests.ui.canvas.sameness import screen_of

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


def at(project: Project, **places: tuple[float, float]) -> Project:
    """The drawing with some of its nodes elsewhere."""
    nodes = [replace(n, position=places.get(n.name, n.position)) for n in project.graph.nodes.values()]
    return replace(project, graph=replace(Graph.of(nodes, project.graph.wires), frames=project.graph.frames))


def with_frame(project: Project, frame: Frame) -> Project:
    return replace(project, graph=project.graph.with_frames(frame))


def picture() -> QImage:
    made = QImage(60, 40, QImage.Format.Format_RGB32)
    made.fill(Qt.GlobalColor.darkCyan)
    return made


def covered(canvas: CanvasView) -> list[tuple[str, str]]:
    """Nodes that lie on each other."""
    return [
        (one.name, other.name)
        for one, other in combinations(canvas.scene.nodes.values(), 2)
        if one.rect.intersects(other.rect)
    ]


@pytest.mark.parametrize(("gap", "shows", "caption"), [(120, True, True), (60, True, False), (20, False, False)])
def test_a_picture_takes_no_more_than_is_free_below(open_canvas: Open, gap: float, shows: bool, caption: bool) -> None:
    """Fails if a living picture grows over the layer below, or is left away where there is room."""
    bare = g.body_height(1, True)
    canvas = open_canvas(at(net(), relu1=(300.0, bare + gap)))
    canvas.set_strip("conv1", picture(), "filters")
    figure = canvas.scene.nodes["conv1"]
    assert not covered(canvas)
    assert (figure.shows_strip, figure.shows_caption) == (shows, caption)
    assert (figure.height > bare) == shows


def test_a_layer_that_is_dragged_below_gets_its_room_and_gives_it_back(canvas: CanvasView, hand: Hand) -> None:
    """Fails if room is only measured when a picture comes: a layer that is put there later would be covered."""
    canvas.set_strip("conv1", picture(), "filters")
    full = canvas.scene.nodes["conv1"].height
    bare = canvas.scene.nodes["conv1"].body_height
    start = hand.middle("relu1")
    hand.drag(start, start + QPointF(-240, bare + 30))
    assert canvas.scene.nodes["relu1"].y > bare
    assert not covered(canvas)
    assert canvas.scene.nodes["conv1"].height < full
    hand.key(Qt.Key.Key_Z, CTRL)
    canvas.qdocument.undo()
    assert canvas.scene.nodes["conv1"].height == full


def test_a_frame_reaches_round_the_pictures_in_it(open_canvas: Open, hand: Hand) -> None:
    """Fails if nodes stick out of their frame when their pictures come, or the drawing itself is changed by them."""
    frame = Frame("frame1", "Features", False, "blue", (210.0, -80.0), (490.0, 170.0))
    canvas = open_canvas(with_frame(net(), frame))
    canvas.set_strip("conv1", picture(), "filters")
    assert canvas.scene.frames["frame1"].rect.contains(canvas.scene.nodes["conv1"].rect)
    assert not canvas.qdocument.document.dirty
    Hand(canvas).drag(QPointF(700, 20), QPointF(760, 20))  # its right edge, not selected: takes the frame along
    canvas.qdocument.undo()
    canvas.select((), ("frame1",))
    middle = canvas.scene.frames["frame1"].rect.center().y()
    Hand(canvas).drag(QPointF(700, middle), QPointF(760, middle))
    kept = canvas.qdocument.document.graph().frames["frame1"]
    assert kept.size == (550.0, 170.0)
    canvas.set_strip("conv1", None)
    assert canvas.scene.frames["frame1"].rect.height() == 170.0


def test_the_view_stays_when_pictures_go(canvas: CanvasView, hand: Hand) -> None:
    """Fails if the whole drawing leaps under the hand because a layer that was removed took its pictures along."""
    canvas.resize(900, 260)
    canvas.frame_all()
    for name in canvas.scene.nodes:
        canvas.set_strip(name, picture(), "filters")
    before = canvas.camera.place
    for name in canvas.scene.nodes:
        canvas.set_strip(name, None)
    assert canvas.camera.place == before


def test_a_new_frame_stands_clear_of_the_row_above(open_canvas: Open) -> None:
    """Fails if the title of a frame hides under the layers above it although there is room for both."""
    below = g.body_height(1, True) + 60.0
    canvas = open_canvas(at(net(), relu1=(240.0, below), flatten1=(480.0, below)))
    canvas.camera.y = -100.0
    canvas.select(["relu1", "flatten1"])
    canvas.framing.add_frame()
    title = canvas.scene.frames["frame1"].bar(1.0)
    assert not any(figure.rect.intersects(title) for figure in canvas.scene.nodes.values())


def test_a_handle_of_a_selected_frame_wins_over_a_wire(open_canvas: Open) -> None:
    """Fails if the handle, which is drawn on top, cannot be grasped because a wire runs below it."""
    frame = Frame("frame1", "Features", False, "blue", (210.0, -44.0), (240.0, 180.0))
    canvas = open_canvas(with_frame(net(), frame))
    hand = Hand(canvas)
    middle = canvas.scene.frames["frame1"].rect.center().y()
    wire = canvas.scene.wires[Wire("digits", "image", "conv1", "x")]
    assert abs(wire.start.y() - middle) < 8
    canvas.select((), ("frame1",))
    hand.drag(QPointF(210, middle), QPointF(190, middle))
    assert canvas.qdocument.document.graph().frames["frame1"].position[0] == 190.0
    assert not canvas.highlight.wires


def rows() -> Project:
    """Two rows, close to each other."""
    names = [[f"{letter}{i}" for i in range(4)] for letter in "ab"]
    nodes = [
        replace(node(name, "ReLU"), position=(x * 236.0, y * 110.0))
        for y, row in enumerate(names)
        for x, name in enumerate(row)
    ]
    return Project(graph=Graph.of(nodes, ()))


@pytest.mark.parametrize("chosen", [["a1"], ["a0", "a1"], ["a0", "a1", "b0", "b1"]])
def test_duplicates_cover_nothing(open_canvas: Open, chosen: list[str]) -> None:
    """Fails if a duplicate lies on its original or on the layers beside it."""
    canvas = open_canvas(rows())
    canvas.select(chosen)
    Hand(canvas).key(Qt.Key.Key_D, CTRL)
    canvas.duplicate()
    assert len(canvas.selected) == len(chosen)
    assert not covered(canvas)


def test_what_is_pasted_covers_nothing_however_often(open_canvas: Open) -> None:
    """Fails if a second paste at one place hides the first, or the layers that stand there."""
    canvas = open_canvas(rows())
    canvas.select(["a0", "b1"])
    canvas.copy()
    for _ in range(3):
        canvas.paste()
    assert len(canvas.scene.nodes) == 8 + 6
    assert not covered(canvas)
    graph = canvas.qdocument.project.graph
    first, second = (graph.nodes[name].position for name in canvas.selected)
    assert (second[0] - first[0], second[1] - first[1]) == (236.0, 110.0)


def test_a_note_that_is_pasted_lies_on_no_other(open_canvas: Open) -> None:
    """Fails if copies of notes pile up on each other."""
    note = Frame("note1", "Words", True, "yellow", (300.0, 200.0), (200.0, 100.0))
    canvas = open_canvas(with_frame(net(), note))
    canvas.select((), ("note1",))
    QGuiApplication.clipboard().clear()
    canvas.copy()
    canvas.paste()
    canvas.paste()
    rects = [each.rect for each in canvas.scene.frames]
    assert len(rects) == 3
    assert not any(one.intersects(other) for one, other in combinations(rects, 2))


def test_a_wire_that_finds_another_way_leaves_nothing_behind(open_canvas: Open) -> None:
    """Fails if a wire that no longer has to go around a layer stays painted where it ran before."""
    project = Project(
        graph=Graph.of(
            [
                replace(node("a", "Digits"), position=(0.0, 0.0)),
                replace(node("b", "ReLU"), position=(400.0, 10.0)),
                replace(node("c", "ReLU"), position=(800.0, 0.0)),
            ],
            [Wire("a", "image", "c", "x")],
        )
    )
    canvas = open_canvas(project)
    wire = canvas.scene.wires[Wire("a", "image", "c", "x")]
    assert wire.lane is not None
    canvas.select(["b"])
    screen_of(canvas)
    canvas.editing.nudge(0, 250)  # what the arrow keys do; a mouse that is let go paints everything anyway
    assert wire.lane is None
    seen = screen_of(canvas)
    canvas.update()
    assert screen_of(canvas) == seen


def test_a_wire_in_the_air_is_seen_while_its_search_box_is_open(canvas: CanvasView, hand: Hand) -> None:
    """Fails if the wire vanishes as soon as the mouse is let go: nobody would know what is being asked."""
    port = hand.output("fc1")
    hand.hover(QPointF(1300, 330))
    around = canvas.camera.rect_to_view(canvas.scene.nodes["fc1"].rect).adjusted(0, 40, 60, 120).toRect()
    before = canvas.grab(around).toImage()
    hand.drag(port, QPointF(port.x() + 40, 330))
    assert canvas.popups.is_open
    canvas.popups.box.move(canvas.popups.box.x() + 200, canvas.popups.box.y())
    assert canvas.grab(around).toImage() != before
    QTest.keyClick(canvas.popups.box.edit, Qt.Key.Key_Escape)
    assert not canvas.popups.is_open
    hand.hover(QPointF(1300, 330))
    assert canvas.grab(around).toImage() == before
