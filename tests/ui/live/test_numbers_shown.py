"""From a number in a picture back to the data, with mouse and keys."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.storage.templates import load
from app.insight.arithmetic.number import Place
from app.ui.insight.activations import ActivationsPanel
from app.ui.insight.filters import FiltersPanel
from app.ui.insight.tilesview import TilesView
from app.ui.insight.viewpanel import ViewPanel
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk

NUMBERS = "Arithmetic of a number"
SIZE = (1366, 220)


@pytest.fixture
def shown(qtbot: QtBot, desk: Make) -> Callable[[type], tuple[Desk, ViewPanel, ActivationsPanel]]:
    def it(kind: type) -> tuple[Desk, ViewPanel, ActivationsPanel]:
        here = desk(load("lenet_digits"))
        here.load_torch()
        panels = []
        for made in (ViewPanel(here.session, here.qdocument), kind(here.session, here.qdocument)):
            qtbot.addWidget(made)
            made.resize(*SIZE)
            made.show()
            panels.append(made)
        settle()
        views, other = panels
        other.pointed.connect(views.show_number)
        return here, views, other

    return it


def point_of(view: TilesView, place: Place) -> QPoint:
    """Where a number is drawn."""
    for y in range(0, view.height(), 2):
        for x in range(0, view.width(), 2):
            if view.place_at(x, y) == place:
                return QPoint(x, y)
    raise AssertionError(f"{place} is not shown")


def click(view: TilesView, place: Place) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=point_of(view, place))


def test_a_click_in_the_activations_leads_back_number_by_number(
    shown: Callable[[type], tuple[Desk, ViewPanel, ActivationsPanel]],
) -> None:
    """Fails if a click tells another number than the one below the pointer, a term cannot be walked on to, the way
    back is lost, or choosing another layer goes on showing the old number."""
    here, views, activations = shown(ActivationsPanel)
    activations.set_node("conv2")
    here.until(lambda: activations.view.tiles is not None and activations.view.tiles.title.startswith("conv2"))
    activations.grab()  # places are known once it is painted
    click(activations.view, Place("conv2", "output", (7, 4, 4)))
    here.until(lambda: views.told.number is not None)
    assert views.choice.currentText() == NUMBERS
    number = views.told.number
    assert number is not None
    assert number.place == Place("conv2", "output", (7, 4, 4))
    window = views.pictures.first.tiles
    assert window is not None
    assert window.maps.shape == (6, 5, 5)
    kernel, products = views.pictures.shown[1].tiles, views.pictures.shown[2].tiles
    assert kernel is not None
    assert products is not None
    np.testing.assert_allclose(products.maps, window.maps * kernel.maps, atol=1e-6)
    assert products.maps.sum() + number.made.more[0].value == pytest.approx(number.value, abs=1e-5)
    views.grab()
    click(views.pictures.first, Place("pool1", "output", (2, 5, 6)))
    here.until(lambda: views.told.number is not None and views.told.number.place.node == "pool1")
    assert views.what.text() == "pool1"
    assert "conv2[7, 4, 4]" in views.told.toPlainText()
    largest = max(views.told.number.made.terms, key=lambda term: term.value)  # type: ignore[union-attr]
    assert largest.place is not None
    views.grab()
    click(views.pictures.first, largest.place)
    here.until(lambda: views.told.number is not None and views.told.number.place == largest.place)
    views.told.setFocus()
    QTest.keyClick(views.told, Qt.Key.Key_Backspace)
    here.until(lambda: views.told.number is not None and views.told.number.place.node == "pool1")
    views.set_node("fc3")
    here.until(lambda: views.told.number is not None and views.told.number.place.node == "fc3")
    assert len(views.told.number.made.terms) == 84  # type: ignore[union-attr]
    assert "conv2" not in views.told.toPlainText()


def test_a_click_on_a_weight_tells_that_weight(
    shown: Callable[[type], tuple[Desk, ViewPanel, FiltersPanel]],
) -> None:
    """Fails if a kernel's cell is told as another weight, or the words do not follow a number that is typed."""
    here, views, filters = shown(FiltersPanel)
    filters.set_node("conv2")
    here.until(lambda: filters.view.tiles is not None and filters.view.tiles.title.startswith("conv2"))
    filters.resize(1366, 700)
    filters.grab()
    click(filters.view, Place("conv2", "weight", (4, 1, 2, 3)))
    here.until(lambda: views.told.number is not None)
    assert views.told.number is not None
    assert views.told.number.place == Place("conv2", "weight", (4, 1, 2, 3))
    tiles = filters.view.tiles
    assert tiles is not None
    assert tiles.cells is not None
    shown_there = [
        float(value)
        for cell, value in enumerate(tiles.maps.reshape(-1))
        if tiles.cells.place(cell) == views.told.number.place
    ]
    assert shown_there == [pytest.approx(views.told.number.value, abs=1e-6)]
    views._changed("unit", "4,1,2,4")
    here.until(lambda: views.told.number is not None and views.told.number.place.index == (4, 1, 2, 4))


def test_numbers_that_are_not_there_are_sentences(
    shown: Callable[[type], tuple[Desk, ViewPanel, ActivationsPanel]],
) -> None:
    """Fails if an index beyond the value, or a name that the layer lacks, ends in an error or shows the old number."""
    here, views, _ = shown(ActivationsPanel)
    views.show_number(Place("fc3", "output", (10,)))
    here.until(lambda: "10" in views.pictures.first.sentence)
    assert views.told.isHidden()
    views.show_number(Place("fc3", "gate", (0,)))
    here.until(lambda: "no value 'gate'" in views.pictures.first.sentence)


def test_backpropagation_goes_step_by_step(qtbot: QtBot, desk: Make) -> None:
    """Fails if Next and Page down do not go on, the node at work is not told, or the words are of another step."""
    here = desk(load("sigmoid_circuit"))
    here.load_torch()
    views = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(views)
    views.resize(*SIZE)
    views.show()
    settle()
    worked: list[str] = []
    views.at_work_on.connect(worked.append)
    views.choose("backpropagation")
    here.until(lambda: views.pictures.first.tiles is not None and views.pictures.first.tiles.step == (31, 31))
    assert "0.39" in views.told.toPlainText()
    QTest.mouseClick(views.next, Qt.MouseButton.LeftButton)
    here.until(lambda: views.pictures.first.tiles is not None and views.pictures.first.tiles.step == (1, 31))
    views.activateWindow()
    here.until(views.isActiveWindow)
    views.next.setFocus()
    for wanted in range(2, 4):
        QTest.keyClick(views.next, Qt.Key.Key_PageDown)
        here.until(lambda n=wanted: views.pictures.first.tiles.step == (n, 31))  # type: ignore[misc, union-attr]
    assert worked == [views.pictures.first.tiles.labels[2 + place] for place in range(3)]  # type: ignore[union-attr]
    QTest.mouseClick(views.back, Qt.MouseButton.LeftButton)
    here.until(lambda: views.pictures.first.tiles.step == (2, 31))  # type: ignore[union-attr]
    assert worked[-1] == worked[1]
    assert worked[1] in views.told.toPlainText()


def test_a_pinned_sample_stays_while_another_is_chosen(qtbot: QtBot, desk: Make) -> None:
    """Fails if the pinned sample or layer follows what is chosen later, so that it is compared with itself."""
    here = desk(load("lenet_digits"))
    here.load_torch()
    views = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(views)
    views.resize(*SIZE)
    views.show()
    settle()
    views.choose("compare")
    views.set_node("relu1")
    here.until(lambda: len(views.pictures.shown) == 3)
    assert views.pictures.shown[2].tiles.title.startswith("sample 1")  # type: ignore[union-attr]
    QTest.mouseClick(views.pin, Qt.MouseButton.LeftButton)
    here.until(lambda: views.pictures.shown[1].tiles.note == "They are equal.")  # type: ignore[union-attr]
    here.session.choose_sample(4)
    views.set_node("fc1")
    here.until(lambda: views.pictures.shown[1].tiles.note.startswith("Norm of the difference"))  # type: ignore[union-attr]
    here.until(lambda: views.pictures.first.tiles.title.startswith("sample 4"))  # type: ignore[union-attr]
    assert views.pictures.shown[2].tiles.title.startswith("sample 0")  # type: ignore[union-attr]
    assert views.pictures.first.tiles.maps.shape == (6, 28, 28)  # type: ignore[union-attr]
