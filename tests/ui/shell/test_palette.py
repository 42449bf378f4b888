"""Searching the palette, and the ways from it onto the canvas."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtTest import QTest

from app.ui.palette.panel import MIME, PalettePanel
from app.ui.palette.search import found, usable
from nodes.api.registry import heading_of, layers
from tests.support.patience import move_mouse, wait_active


@pytest.fixture
def palette(qtbot: Any) -> PalettePanel:
    panel = PalettePanel()
    qtbot.addWidget(panel)
    panel.resize(220, 600)
    panel.show()
    panel.activateWindow()
    wait_active(panel)
    return panel


def shown(panel: PalettePanel) -> list[str]:
    return [layer_id for layer_id, item in panel._items.items() if not item.isHidden()]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("conv", "Conv2d"),
        ("MaxPool2d", "MaxPool2d"),
        ("dense", "Linear"),
        ("relu", "ReLU"),
        ("leaky", "LeakyReLU"),
        ("mnist", "MNIST5k"),
        ("handwritten digits", "Digits"),
        ("iris", "Iris"),
        ("softmax", "Softmax"),
        ("max pool", "MaxPool2d"),
        ("pool", "MaxPool2d"),
        ("norm", "BatchNorm2d"),
        ("deconv", "ConvTranspose1d"),
        ("swish", "SiLU"),
        ("deepface", "LocallyConnected2d"),
    ],
)
def test_search_finds_by_name_id_and_words(text: str, first: str | None) -> None:
    """Fails if a word that a student would type does not lead to the layer, or leads elsewhere first."""
    hits = found(layers().values(), text)
    assert (hits[0].id if hits else None) == first


def test_a_block_offers_ports_and_no_data() -> None:
    """Fails if the palette offers what inference refuses at once."""
    outside = {layer.role for layer in usable(layers().values(), in_block=False)}
    inside = {layer.role for layer in usable(layers().values(), in_block=True)}
    assert {"source", "loss"} <= outside
    assert not outside & {"block_in", "block_out"}
    assert inside == {"layer", "block_in", "block_out"}


def test_every_layer_stands_under_its_category(palette: PalettePanel) -> None:
    """Fails if a layer file that exists does not appear, or appears in the wrong group."""
    expected = {layer.id: heading_of(layer) for layer in usable(layers().values(), in_block=False)}
    assert {layer_id: item.parent().text(0) for layer_id, item in palette._items.items()} == expected


def test_data_is_sorted_by_where_it_comes_from(palette: PalettePanel) -> None:
    """Fails if sixty sources stand in one list again, in the order of their files' names."""
    places = {type_id: item.parent().text(0) for type_id, item in palette._items.items()}
    wanted = {"Digits": "Data sets", "Iris": "Data sets", "PackagedNames": "Data sets", "Pictures": "Your own files"}
    wanted |= {"TimeSeries": "Your own files", "TeachingPoints": "Made-up data", "Noise": "Made-up data"}
    wanted |= {"CartPole": "Games", "BoardGame": "Games", "Atari": "Games"}
    assert {each: places[each] for each in wanted} == wanted
    games = palette._items["CartPole"].parent()
    names = [games.child(row).text(0) for row in range(games.childCount())]
    assert names == sorted(names)
    assert palette.tree.topLevelItem(0).text(0) == "Data sets"
    assert palette.tree.topLevelItem(0).child(0) is palette._items["Digits"]


def test_typing_then_enter_adds_the_best(palette: PalettePanel, qtbot: Any) -> None:
    """Fails if the keyboard alone cannot add a layer."""
    palette.search.setFocus()
    qtbot.keyClicks(palette.search, "max pool")
    assert shown(palette)[:2] == ["MaxPool2d", "AdaptiveMaxPool2d"]
    assert {"MaxPool1d", "MaxPool3d", "FractionalMaxPool2d"} <= set(shown(palette))
    with qtbot.waitSignal(palette.add_wanted) as wanted:
        qtbot.keyClick(palette.search, Qt.Key.Key_Return)
    assert wanted.args[0] == "MaxPool2d"


def test_enter_in_an_empty_search_adds_nothing(palette: PalettePanel, qtbot: Any) -> None:
    """Fails if Enter after clearing the search puts in what was found last."""
    qtbot.keyClicks(palette.search, "conv")
    qtbot.keyClick(palette.search, Qt.Key.Key_Escape)
    assert palette.search.text() == ""
    with qtbot.assertNotEmitted(palette.add_wanted):
        qtbot.keyClick(palette.search, Qt.Key.Key_Return)


def test_double_click_adds(palette: PalettePanel, qtbot: Any) -> None:
    """Fails if the mouse way is broken, or a double click on a category adds something."""
    tree = palette.tree
    item = palette._items["Linear"]
    tree.scrollToItem(item)
    with qtbot.waitSignal(palette.add_wanted) as wanted:
        point = tree.visualItemRect(item).center()
        qtbot.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=point)
        qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=point)
    assert wanted.args == ["Linear"]
    tree.scrollToItem(item.parent())
    with qtbot.assertNotEmitted(palette.add_wanted):
        point = tree.visualItemRect(item.parent()).center()
        qtbot.mouseDClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=point)


def test_dragging_carries_the_id(palette: PalettePanel, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if what is dropped on the canvas is not the layer that was dragged."""
    carried = []
    monkeypatch.setattr(QDrag, "exec", lambda self, *_: carried.append(bytes(self.mimeData().data(MIME).data())))
    viewport = palette.tree.viewport()
    palette.tree.scrollToItem(palette._items["Conv2d"])
    point = palette.tree.visualItemRect(palette._items["Conv2d"]).center()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
    move_mouse(viewport, point + QPoint(0, 30))
    move_mouse(viewport, point + QPoint(0, 60))
    QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
    assert carried == [b"Conv2d"]


def test_nothing_found_says_so(palette: PalettePanel, qtbot: Any) -> None:
    """Fails if a search without result leaves an empty grey box."""
    qtbot.keyClicks(palette.search, "qqqq")
    assert palette.nothing.isVisible()
    assert "qqqq" in palette.nothing.text()
    palette.search.clear()
    assert not palette.nothing.isVisible()
    assert palette.tree.isVisible()


def test_search_leaves_closed_categories_closed(palette: PalettePanel, qtbot: Any) -> None:
    """Fails if a search opens everything for good, or hides what it finds in a closed category."""
    group = palette._items["Conv2d"].parent()
    group.setExpanded(False)
    qtbot.keyClicks(palette.search, "conv")
    assert group.isExpanded()
    palette.search.clear()
    assert not group.isExpanded()
