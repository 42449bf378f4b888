"""Finding layers: what answers a search, then the bar on a real canvas."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.core.commands import Rename
from app.core.graph.model import MAIN
from app.ui.canvas.finding import everything, matching
from app.ui.canvas.view import CanvasView
from tests.support.drawings import block_net
from tests.ui.canvas.conftest import Open
from tests.ui.canvas.hand import Hand, net

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def paths(text: str, here: str = MAIN) -> list[str]:
    project = block_net()
    return [entry.path for entry in matching(everything(project, here), text)]


def test_names_types_and_words_are_found() -> None:
    """Would fail if only names counted, or small letters mattered."""
    found = [entry.name for entry in matching(everything(net()), "RELU")]
    assert found == ["relu1"]
    assert [entry.name for entry in matching(everything(net()), "conv2d")] == ["conv1"]
    assert [entry.name for entry in matching(everything(net()), "dense")][:1] == ["fc1"]
    assert matching(everything(net()), "  ") == []
    assert matching(everything(net()), "nothing like it") == []


def test_a_name_comes_before_a_type() -> None:
    """Would fail if the order were that of the drawing only."""
    project = Rename(old="fc1", new="relu_of_old").apply(net())
    assert [entry.name for entry in matching(everything(project), "relu")] == ["relu1", "relu_of_old"]
    project = Rename(old="relu1", new="bend").apply(project)
    assert [entry.name for entry in matching(everything(project), "relu")] == ["relu_of_old", "bend"]


def test_layers_in_blocks_are_found_once_each_by_path() -> None:
    """Would fail if a block used twice gave everything twice, or its content were not found."""
    project = block_net()
    entries = everything(project)
    assert len({(entry.where, entry.name) for entry in entries}) == len(entries)
    inner = [entry for entry in entries if entry.where != MAIN]
    assert inner
    first = inner[0]
    assert first.path.count("/") == 1
    assert first.path in paths(first.path)
    assert first.path in paths(first.path.split("/")[0] + "/")
    assert all("/" in path for path in paths("/"))


def test_the_graph_that_is_shown_comes_first() -> None:
    """Would fail if one had to step through the whole drawing to find what is in front."""
    project = block_net()
    block = next(iter(project.blocks))
    assert everything(project, block)[0].where == block
    assert everything(project)[0].where == MAIN


def typed(canvas: CanvasView, hand: Hand, text: str) -> None:
    """Ctrl+F, then the text, with real keys."""
    hand.key(Qt.Key.Key_F, CTRL)
    assert canvas.find_bar.isVisible()
    assert hand._focused() is canvas.find_bar.edit
    hand.type(text)


def test_enter_goes_from_one_to_the_next_and_around(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Enter stayed, Shift+Enter went on, or the last were the end."""
    typed(canvas, hand, "1")
    bar = canvas.find_bar
    assert bar.count.text() == "4 layers"
    names = [entry.name for entry in bar.found]
    assert set(names) == {"conv1", "relu1", "flatten1", "fc1"}
    assert canvas.selected == ()
    for index, name in enumerate([*names, names[0]]):
        hand.key(Qt.Key.Key_Return)
        assert canvas.selected == (name,)
        assert bar.count.text() == f"{index % 4 + 1} of 4"
    hand.key(Qt.Key.Key_Return, SHIFT)
    assert canvas.selected == (names[-1],)
    hand.key(Qt.Key.Key_Up)
    assert canvas.selected == (names[-2],)
    hand.key(Qt.Key.Key_Down)
    assert canvas.selected == (names[-1],)


def test_a_layer_out_of_view_comes_into_view(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if it were selected where nobody sees it, or lay below the bar."""
    canvas.camera.x = -5000.0
    canvas.update()
    typed(canvas, hand, "loss")
    hand.key(Qt.Key.Key_Return)
    box = canvas.camera.rect_to_view(canvas.scene.nodes["loss"].rect).toRect()
    assert canvas.rect().contains(box)
    assert not canvas.find_bar.geometry().intersects(box)


def test_a_layer_below_the_bar_is_moved_out_from_under_it(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the bar hid what it had found."""
    figure = canvas.scene.nodes["loss"]
    canvas.camera.x, canvas.camera.y = figure.x + 200 - canvas.width(), figure.y - 40
    canvas.update()
    typed(canvas, hand, "loss")
    box = canvas.camera.rect_to_view(figure.rect).toRect()
    assert canvas.find_bar.geometry().intersects(box)
    hand.key(Qt.Key.Key_Return)
    box = canvas.camera.rect_to_view(figure.rect).toRect()
    assert canvas.rect().contains(box)
    assert not canvas.find_bar.geometry().intersects(box)


def test_escape_closes_and_gives_the_focus_back(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the keys stayed with a field that is gone, or the selection were lost."""
    typed(canvas, hand, "conv")
    hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_Escape)
    assert not canvas.find_bar.isVisible()
    assert hand._focused() is canvas
    assert canvas.selected == ("conv1",)


def test_it_goes_into_a_block_and_back(open_canvas: Open) -> None:
    """Would fail if a layer in a block were found but not shown, or the way back were missing."""
    canvas = open_canvas(block_net())
    hand = Hand(canvas)
    inner = next(entry for entry in everything(canvas.qdocument.project) if entry.where != MAIN)
    typed(canvas, hand, inner.path)
    hand.key(Qt.Key.Key_Return)
    assert canvas.where == inner.where
    assert canvas.selected == (inner.name,)
    hand.key(Qt.Key.Key_A, CTRL)
    hand.type("picture")
    hand.key(Qt.Key.Key_Return)
    assert canvas.where == MAIN
    assert canvas.selected == ("picture",)


def test_nothing_found_is_said(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Enter on nothing moved the view or raised."""
    typed(canvas, hand, "zebra")
    place = canvas.camera.place
    hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_Return, SHIFT)
    assert canvas.find_bar.count.text() == "none"
    assert not canvas.find_bar.next_button.isEnabled()
    assert canvas.camera.place == place


def test_keys_in_the_bar_do_not_edit_the_drawing(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if Delete, M or Ctrl+A in the field meant the selected layer."""
    canvas.select(["conv1"])
    before = canvas.qdocument.project
    typed(canvas, hand, "m")
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_Backspace)
    hand.key(Qt.Key.Key_Delete)
    assert canvas.qdocument.project is before
    hand.key(Qt.Key.Key_A, CTRL)
    assert canvas.selected == ("conv1",)


def test_a_click_in_the_list_goes_there(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the list could only be looked at."""
    typed(canvas, hand, "1")
    bar = canvas.find_bar
    item = bar.list.topLevelItem(2)
    assert item is not None
    QTest.mouseClick(bar.list.viewport(), Qt.MouseButton.LeftButton, pos=bar.list.visualItemRect(item).center())
    assert canvas.selected == (item.text(0),)
    assert bar.count.text() == "3 of 4"


def test_an_edit_while_it_is_open_is_followed(canvas: CanvasView, hand: Hand) -> None:
    """Would fail if the bar led to a layer that is gone, or forgot where it was."""
    typed(canvas, hand, "1")
    hand.key(Qt.Key.Key_Return)
    hand.key(Qt.Key.Key_Return)
    bar = canvas.find_bar
    second = canvas.selected[0]
    gone = next(entry.name for entry in bar.found if entry.name != second)
    canvas.select([gone])
    canvas.delete_selection()
    assert gone not in [entry.name for entry in bar.found]
    assert bar.count.text() == "1 of 3" if gone == bar.found[0].name else bar.count.text().endswith("of 3")
    canvas.qdocument.undo()
    assert bar.count.text().endswith("of 4")


@pytest.mark.parametrize("width", [1500, 330])
def test_the_bar_fits_into_the_canvas(canvas: CanvasView, hand: Hand, width: int) -> None:
    """Would fail if it were cut off at the edge of a narrow canvas."""
    typed(canvas, hand, "1")
    canvas.resize(width, 500)
    assert canvas.rect().contains(canvas.find_bar.geometry())
