"""Align and distribute: the arithmetic of boxes, then keys on a real canvas."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from app.core.commands import MoveNodes
from app.ui.canvas import geometry as g
from app.ui.canvas.aligning import aligned, distributed, overlapping
from app.ui.canvas.view import CanvasView
from tests.ui.canvas.hand import Hand

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier

BOXES = {"a": QRectF(0, 0, 100, 40), "b": QRectF(50, 200, 100, 80), "c": QRectF(300, 90, 100, 60)}
spans = st.tuples(*[st.integers(-2000, 2000)] * 2, *[st.integers(1, 400)] * 2)
boxes_ = st.lists(spans, min_size=3, max_size=8).map(
    lambda found: {f"n{i}": QRectF(*map(float, each)) for i, each in enumerate(found)}
)


@pytest.mark.parametrize(
    ("side", "expected"),
    [
        ("left", [(0, 0), (0, 200), (0, 90)]),
        ("centre", [(150, 0), (150, 200), (150, 90)]),
        ("right", [(300, 0), (300, 200), (300, 90)]),
        ("top", [(0, 0), (50, 0), (300, 0)]),
        ("middle", [(0, 120), (50, 100), (300, 110)]),
        ("bottom", [(0, 240), (50, 200), (300, 220)]),
    ],
)
def test_each_side(side: str, expected: list[tuple[float, float]]) -> None:
    """Would fail if a side were mixed up, heights were forgotten, or the other direction moved too."""
    assert list(aligned(BOXES, side).values()) == expected


def test_distribution_keeps_both_ends_and_makes_gaps_equal() -> None:
    """Would fail if middles instead of gaps were made equal, or an end moved."""
    assert distributed(BOXES, across=True) == {"a": (0, 0), "b": (150, 200), "c": (300, 90)}
    assert distributed(BOXES, across=False) == {"a": (0, 0), "c": (300, 90), "b": (50, 200)}


def test_without_room_the_last_moves_on() -> None:
    """Would fail if boxes that lie on each other were spread to lie on each other still."""
    heap = {name: QRectF(10.0 * i, 0, 100, 40) for i, name in enumerate("abc")}
    places = distributed(heap, across=True)
    assert [x for x, _ in places.values()] == [0, 100 + g.GAP_X, 200 + 2 * g.GAP_X]


@given(boxes_, st.booleans())
def test_distributed_boxes_have_equal_gaps(boxes: dict[str, QRectF], across: bool) -> None:
    """Would fail for sizes that differ, or if the other coordinate changed."""
    places = distributed(boxes, across)
    line = sorted(
        (place[0 if across else 1], boxes[n].width() if across else boxes[n].height()) for n, place in places.items()
    )
    gaps = [second[0] - first[0] - first[1] for first, second in itertools.pairwise(line)]
    assert max(gaps) - min(gaps) < 1e-6
    assert min(gaps) > -1e-6
    for name, (x, y) in places.items():
        assert (y if across else x) == (boxes[name].y() if across else boxes[name].x())


def test_overlapping_names_two_that_lie_on_each_other() -> None:
    """Would fail if touching edges counted, or a wide box were forgotten behind a narrow one."""
    assert overlapping(BOXES) is None
    wide = {"w": QRectF(0, 0, 900, 10), "n": QRectF(10, 50, 20, 20), "far": QRectF(800, 5, 50, 50)}
    assert overlapping(wide) == ("w", "far")


def places(canvas: CanvasView, *names: str) -> list[tuple[float, float]]:
    nodes = canvas.qdocument.project.graph.nodes
    return [nodes[name].position for name in names]


@pytest.fixture
def scattered(canvas: CanvasView) -> CanvasView:
    """Three layers of the net at odd places."""
    spots = {"conv1": (240.0, 13.0), "relu1": (470.0, 160.0), "flatten1": (760.0, 80.0)}
    canvas.do_step(MoveNodes(canvas.where, spots))
    canvas.select(spots)
    return canvas


@pytest.mark.parametrize(
    ("key", "keys", "title"),
    [
        (Qt.Key.Key_Left, CTRL | SHIFT, "Align 3 layers by their left edges"),
        (Qt.Key.Key_X, SHIFT, "Align 3 layers in one column"),
        (Qt.Key.Key_Right, CTRL | SHIFT, "Align 3 layers by their right edges"),
        (Qt.Key.Key_Up, CTRL | SHIFT, "Align 3 layers by their top edges"),
        (Qt.Key.Key_Y, SHIFT, "Align 3 layers in one row"),
        (Qt.Key.Key_Down, CTRL | SHIFT, "Align 3 layers by their bottom edges"),
        (Qt.Key.Key_X, CTRL | SHIFT, "Distribute 3 layers horizontally"),
        (Qt.Key.Key_Y, CTRL | SHIFT, "Distribute 3 layers vertically"),
    ],
)
def test_each_key_is_one_titled_step(
    scattered: CanvasView, hand: Hand, key: Qt.Key, keys: Qt.KeyboardModifier, title: str
) -> None:
    """Would fail if a key did something else, needed two undos, or the menu would not say what it was."""
    before = scattered.qdocument.project
    hand.key(key, keys)
    assert scattered.qdocument.document.undo_title == title
    assert scattered.qdocument.project != before
    assert set(scattered.selected) == {"conv1", "relu1", "flatten1"}
    hand.key(Qt.Key.Key_Z, CTRL)
    assert scattered.qdocument.project == before


def test_in_one_row_and_spread(scattered: CanvasView, hand: Hand) -> None:
    """Would fail if align and distribute did not work together."""
    hand.key(Qt.Key.Key_Up, CTRL | SHIFT)
    hand.key(Qt.Key.Key_X, CTRL | SHIFT)
    assert places(scattered, "conv1", "relu1", "flatten1") == [(240, 13), (500, 13), (760, 13)]


def test_too_few_layers_are_told_so(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the key did nothing without a word."""
    said: list[str] = []
    canvas.status.connect(said.append)
    before = canvas.qdocument.project
    canvas.select(["conv1"])
    hand.key(Qt.Key.Key_Left, CTRL | SHIFT)
    canvas.select(["conv1", "relu1"])
    hand.key(Qt.Key.Key_X, CTRL | SHIFT)
    hand.key(Qt.Key.Key_Up, CTRL | SHIFT)
    assert said == [
        "Select two or more layers, then align them.",
        "Select three or more layers, then distribute them.",
        "They stand so already.",
    ]
    assert canvas.qdocument.project is before


def test_layers_that_end_up_on_each_other_are_named(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a row that is aligned left vanished below one layer without a word."""
    said: list[str] = []
    canvas.status.connect(said.append)
    canvas.select(["conv1", "relu1"])
    hand.key(Qt.Key.Key_Left, CTRL | SHIFT)
    assert said == ["conv1 and relu1 lie on each other now. Ctrl+Z takes that back."]


def test_the_menu_of_several_layers_aligns_them(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if a right click on several layers offered no aligning, or distributing two could be chosen."""
    canvas.select(["conv1", "relu1"])
    start = hand.middle("relu1")
    hand.drag(start, start + QPointF(0, 80))
    canvas.select(["conv1", "relu1"])
    spot = hand.at(hand.middle("conv1"))
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, spot, canvas.mapToGlobal(spot))
    QApplication.sendEvent(canvas, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    arrange = next(action.menu() for action in menu.actions() if action.text() == "Arrange")
    assert isinstance(arrange, QMenu)
    offered = {action.text().partition("\t")[0].replace("&", ""): action for action in arrange.actions()}
    assert not offered["Distribute horizontally"].isEnabled()
    offered["Align left"].trigger()
    menu.close()
    nodes = canvas.qdocument.project.graph.nodes
    assert nodes["conv1"].position[0] == nodes["relu1"].position[0]
    assert canvas.selected == ("conv1", "relu1")
    assert canvas.qdocument.document.undo_title == "Align 2 layers by their left edges"
