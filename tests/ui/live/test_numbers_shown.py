"""From a number in a picture back to the data, with mouse and keys."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.insight.arithmetic.number import NumberPlace
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from app.ui.insight.activations import ActivationsPanel
from app.ui.insight.filters import FiltersPanel
from app.ui.insight.tilesview import TilesView
from app.ui.insight.viewpanel import ViewPanel
from app.ui.insight.wires import WiresOf
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
        panel, other = panels
        other.pointed.connect(panel.show_number)
        return here, panel, other

    return it


def point_of(view: TilesView, place: NumberPlace) -> QPoint:
    """Where a number is drawn."""
    for y in range(0, view.height(), 2):
        for x in range(0, view.width(), 2):
            if view.place_at(x, y) == place:
                return QPoint(x, y)
    raise AssertionError(f"{place} is not shown")


def click(view: TilesView, place: NumberPlace) -> None:
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=point_of(view, place))


def test_a_click_in_the_activations_leads_back_number_by_number(
    shown: Callable[[type], tuple[Desk, ViewPanel, ActivationsPanel]],
) -> None:
    """Fails if a click tells another number than the one below the pointer, a term cannot be walked on to, the way
    back is lost, or choosing another layer goes on showing the old number."""
    here, panel, activations = shown(ActivationsPanel)
    activations.set_node("conv2")
    here.until(lambda: activations.view.tiles is not None and activations.view.tiles.title.startswith("conv2"))
    activations.grab()  # places are known once it is painted
    click(activations.view, NumberPlace("conv2", "output", (7, 4, 4)))
    here.until(lambda: panel.told.number is not None)
    assert panel.choice.currentText() == NUMBERS
    number = panel.told.number
    assert number is not None
    assert number.place == NumberPlace("conv2", "output", (7, 4, 4))
    window = panel.pictures.first.tiles
    assert window is not None
    assert window.maps.shape == (6, 5, 5)
    kernel, products = panel.pictures.shown[1].tiles, panel.pictures.shown[2].tiles
    assert kernel is not None
    assert products is not None
    np.testing.assert_allclose(products.maps, window.maps * kernel.maps, atol=1e-6)
    assert products.maps.sum() + number.made.more[0].value == pytest.approx(number.value, abs=1e-5)
    panel.grab()
    click(panel.pictures.first, NumberPlace("pool1", "output", (2, 5, 6)))
    here.until(lambda: panel.told.number is not None and panel.told.number.place.node == "pool1")
    assert panel.what.text() == "pool1"
    assert "conv2[7, 4, 4]" in panel.told.toPlainText()
    largest = max(panel.told.number.made.terms, key=lambda term: term.value)  # type: ignore[union-attr]
    assert largest.place is not None
    panel.grab()
    click(panel.pictures.first, largest.place)
    here.until(lambda: panel.told.number is not None and panel.told.number.place == largest.place)
    panel.told.setFocus()
    QTest.keyClick(panel.told, Qt.Key.Key_Backspace)
    here.until(lambda: panel.told.number is not None and panel.told.number.place.node == "pool1")
    panel.set_node("fc3")
    here.until(lambda: panel.told.number is not None and panel.told.number.place.node == "fc3")
    assert len(panel.told.number.made.terms) == 84  # type: ignore[union-attr]
    assert "conv2" not in panel.told.toPlainText()


def test_a_click_on_a_weight_tells_that_weight(
    shown: Callable[[type], tuple[Desk, ViewPanel, FiltersPanel]],
) -> None:
    """Fails if a kernel's cell is told as another weight, or the words do not follow a number that is typed."""
    here, panel, filters = shown(FiltersPanel)
    filters.set_node("conv2")
    here.until(lambda: filters.view.tiles is not None and filters.view.tiles.title.startswith("conv2"))
    filters.resize(1366, 700)
    filters.grab()
    click(filters.view, NumberPlace("conv2", "weight", (4, 1, 2, 3)))
    here.until(lambda: panel.told.number is not None)
    assert panel.told.number is not None
    assert panel.told.number.place == NumberPlace("conv2", "weight", (4, 1, 2, 3))
    tiles = filters.view.tiles
    assert tiles is not None
    assert tiles.cells is not None
    shown_there = [
        float(value)
        for cell, value in enumerate(tiles.maps.reshape(-1))
        if tiles.cells.place(cell) == panel.told.number.place
    ]
    assert shown_there == [pytest.approx(panel.told.number.value, abs=1e-6)]
    panel._changed("unit", "4,1,2,4")
    here.until(lambda: panel.told.number is not None and panel.told.number.place.index == (4, 1, 2, 4))


def test_numbers_that_are_not_there_are_sentences(
    shown: Callable[[type], tuple[Desk, ViewPanel, ActivationsPanel]],
) -> None:
    """Fails if an index beyond the value, or a name that the layer lacks, ends in an error or shows the old number."""
    here, panel, _ = shown(ActivationsPanel)
    panel.show_number(NumberPlace("fc3", "output", (10,)))
    here.until(lambda: "10" in panel.pictures.first.sentence)
    assert panel.told.isHidden()
    panel.show_number(NumberPlace("fc3", "gate", (0,)))
    here.until(lambda: "no value 'gate'" in panel.pictures.first.sentence)


def test_backpropagation_goes_step_by_step(qtbot: QtBot, desk: Make) -> None:
    """Fails if Next and Page down do not go on, the node at work is not told, or the words are of another step."""
    here = desk(load("sigmoid_circuit"))
    here.load_torch()
    panel = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(*SIZE)
    panel.show()
    settle()
    worked: list[str] = []
    panel.at_work_on.connect(worked.append)
    panel.choose("backpropagation")
    here.until(lambda: panel.pictures.first.tiles is not None and panel.pictures.first.tiles.step == (31, 31))
    assert "0.39" in panel.told.toPlainText()
    QTest.mouseClick(panel.next, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.pictures.first.tiles is not None and panel.pictures.first.tiles.step == (1, 31))
    panel.activateWindow()
    here.until(panel.isActiveWindow)
    panel.next.setFocus()
    for wanted in range(2, 4):
        QTest.keyClick(panel.next, Qt.Key.Key_PageDown)
        here.until(lambda n=wanted: panel.pictures.first.tiles.step == (n, 31))  # type: ignore[misc, union-attr]
    assert worked == [panel.pictures.first.tiles.labels[2 + place] for place in range(3)]  # type: ignore[union-attr]
    QTest.mouseClick(panel.back, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.pictures.first.tiles.step == (2, 31))  # type: ignore[union-attr]
    assert worked[-1] == worked[1]
    assert worked[1] in panel.told.toPlainText()


def test_a_pinned_sample_stays_while_another_is_chosen(qtbot: QtBot, desk: Make) -> None:
    """Fails if the pinned sample or layer follows what is chosen later, so that it is compared with itself."""
    here = desk(load("lenet_digits"))
    here.load_torch()
    panel = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(*SIZE)
    panel.show()
    settle()
    panel.choose("compare")
    panel.set_node("relu1")
    here.until(lambda: len(panel.pictures.shown) == 3)
    assert panel.pictures.shown[2].tiles.title.startswith("sample 1")  # type: ignore[union-attr]
    QTest.mouseClick(panel.pin, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.pictures.shown[1].tiles.note == "They are equal.")  # type: ignore[union-attr]
    here.session.choose_sample(4)
    panel.set_node("fc1")
    here.until(lambda: panel.pictures.shown[1].tiles.note.startswith("Norm of the difference"))  # type: ignore[union-attr]
    here.until(lambda: panel.pictures.first.tiles.title.startswith("sample 4"))  # type: ignore[union-attr]
    assert panel.pictures.shown[2].tiles.title.startswith("sample 0")  # type: ignore[union-attr]
    assert panel.pictures.first.tiles.maps.shape == (6, 28, 28)  # type: ignore[union-attr]


def test_wires_show_what_a_walk_has_reached() -> None:
    """Fails if a wire shows a number that the walk has not come to, or the way back does not begin at the answer."""
    net = compile_net(load("sigmoid_circuit"))
    subject = Subject(net, net.model(0), Samples({}, ()))
    (early,) = views()["backpropagation"].pictures(Look(subject), {"step": 2})
    assert early.reached is not None
    said = WiresOf(0, None, reached=early.reached).look(subject).said
    assert {wire.source for wire in said} == set(early.reached[0])
    assert len(said) == 2
    assert not any(gradient for _, gradient in said.values())
    (later,) = views()["backpropagation"].pictures(Look(subject), {"step": 16})
    assert later.reached is not None
    said = WiresOf(0, None, reached=later.reached).look(subject).said
    assert len(said) == 14  # all wires have values by then
    back = {wire.source: gradient for wire, (_, gradient) in said.items() if gradient}
    assert back == {"inverse": ("1",), "plus_one": ("−0.534",), "exp": ("−0.534",), "one": ("−0.534",)}
