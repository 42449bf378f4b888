"""Hold scale: the colours of a layer mean the same numbers while these change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.commands import MoveNodes, SetSetting
from app.core.storage.templates import load
from app.insight.colours import coloured, tile_colours
from app.insight.tiles import Tiles, held
from app.training.events import BatchDone
from app.ui.insight.activations import ActivationsPanel
from app.ui.insight.filters import FiltersPanel
from app.ui.insight.held_scales import HoldingPanel
from app.ui.insight.subject_cache import SubjectCache, UntrainedNet
from app.ui.insight.views import Scale, ViewOf
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk

Show = Callable[[HoldingPanel], None]


@pytest.fixture
def show(qtbot: QtBot) -> Show:
    """Shows a panel as large as it is at the bottom of a laptop's screen."""

    def it(panel: HoldingPanel) -> None:
        qtbot.addWidget(panel)
        panel.resize(1000, 200)
        panel.show()
        settle()

    return it


def tick(panel: HoldingPanel) -> None:
    """Click on the box."""
    box = panel.view.hold
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(10, box.height() // 2))


def picture(panel: HoldingPanel) -> Tiles:
    assert panel.view.tiles is not None
    return panel.view.tiles


def step(here: Desk, panel: HoldingPanel) -> None:
    """One batch, and its picture."""
    before, done = picture(panel).maps, len(here.of(BatchDone))
    here.session.step()
    here.until(lambda: len(here.of(BatchDone)) > done)
    here.until(lambda: panel.view.tiles is not None and not np.array_equal(panel.view.tiles.maps, before))


@pytest.mark.parametrize("kind", [FiltersPanel, ActivationsPanel])
def test_the_scale_stays_while_the_layer_learns(kind: type[HoldingPanel], desk: Make, show: Show) -> None:
    """Fails if the scale follows the values although it is held, if it does not once it is let go, or if nobody says
    that it is held and how far the values reach now."""
    here = desk("lenet_digits", epochs=LONG, lr=0.5)
    here.load_torch()
    panel = kind(here.session, here.qdocument)
    show(panel)
    panel.set_node("conv1")
    here.until(lambda: panel.view.tiles is not None and panel.view.hold.isEnabled())
    start = (picture(panel).low, picture(panel).high)
    tick(panel)
    here.until(lambda: picture(panel).note.startswith("Scale held"))
    for _ in range(3):
        step(here, panel)
        assert (picture(panel).low, picture(panel).high) == start
        assert panel.view.hold.isChecked()
        colours = panel.view._colours
        assert colours is not None
        by_hand = coloured(picture(panel).maps, *start, picture(panel).colormap)
        assert np.array_equal(colours, by_hand)
    reach = float(np.abs(picture(panel).maps).max())
    assert reach > start[1], "this rate makes weights and answers grow"
    assert "now reach from" in picture(panel).note
    assert "Scale held" in panel.view.accessibleName()
    tick(panel)
    here.until(lambda: not picture(panel).note.startswith("Scale held"))
    assert (
        picture(panel).high == pytest.approx(float(picture(panel).maps.max()), rel=1e-6) or reach == picture(panel).high
    )
    assert not panel.view.hold.isChecked()
    here.session.stop()
    here.until_ended()


def test_each_layer_has_its_own(desk: Make, show: Show) -> None:
    """Fails if one layer's scale is put on another, is lost on the way back, or outlives the drawing."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = FiltersPanel(here.session, here.qdocument)
    show(panel)
    panel.set_node("conv1")
    here.until(lambda: panel.view.hold.isEnabled() and panel.view.tiles is not None)
    tick(panel)
    here.until(lambda: picture(panel).note.startswith("Scale held"))
    first = (picture(panel).low, picture(panel).high)
    panel.set_node("conv2")
    here.until(lambda: panel.view.hold.isEnabled() and picture(panel).title.startswith("conv2"))
    assert not panel.view.hold.isChecked()
    assert picture(panel).high == pytest.approx(float(np.abs(picture(panel).maps).max()))
    here.qdocument.do(SetSetting("", ("conv1",), "init", "normal"))
    panel.set_node("conv1")
    here.until(lambda: panel.view.hold.isChecked() and picture(panel).title.startswith("conv1"))
    assert (picture(panel).low, picture(panel).high) == first
    here.qdocument.new(load("lenet_digits"))
    here.until(lambda: panel.view.tiles is not None)
    assert not panel.view.hold.isChecked()


@pytest.mark.parametrize("kind", [FiltersPanel, ActivationsPanel])
def test_it_can_be_held_when_no_other_picture_comes(kind: type[HoldingPanel], desk: Make, show: Show) -> None:
    """Fails if the box is dead after the layer was selected whose picture is shown already, or after a layer was
    moved, which changes no picture."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = kind(here.session, here.qdocument)
    show(panel)
    here.until(lambda: panel.view.tiles is not None and panel.view.hold.isEnabled())
    assert panel.node == "conv1"
    for happens in (
        lambda: panel.set_node("conv1"),
        lambda: here.qdocument.do(MoveNodes("", {"fc1": (0.0, 900.0)})),
    ):
        happens()
        for on in (True, False):
            tick(panel)
            here.until(lambda on=on: picture(panel).note.startswith("Scale held") is on)


def test_samples_are_compared_on_one_scale(desk: Make, show: Show) -> None:
    """Fails if another digit brings another scale although it is held, for maps and for the bars of class scores."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = ActivationsPanel(here.session, here.qdocument)
    show(panel)
    for node in ("conv2", "fc3"):
        panel.set_node(node)
        here.until(lambda node=node: panel.view.hold.isEnabled() and picture(panel).title.startswith(node))
        tick(panel)
        here.until(lambda: picture(panel).note.startswith("Scale held"))
        start = (picture(panel).low, picture(panel).high)
        before = picture(panel).maps
        here.session.choose_sample(here.session.sample + 5)
        here.until(lambda before=before: not np.array_equal(picture(panel).maps, before))
        assert (picture(panel).low, picture(panel).high) == start


@pytest.mark.parametrize("kind", [("viridis", "grid"), ("diverging", "bars"), ("rgb", "grid")])
def test_a_picture_of_another_kind_is_not_pressed_onto_it(kind: tuple[str, str]) -> None:
    """Fails if the scale of what a layer showed before is put on a picture of another kind."""
    subject = SubjectCache().subject(UntrainedNet(load("mlp_digits")))
    own = ViewOf("filters", "fc1").look(subject)
    shown = ViewOf("filters", "fc1", scale=Scale(-9.0, 9.0, *kind)).look(subject)
    assert not shown.held
    assert (shown.tiles.low, shown.tiles.high) == (own.tiles.low, own.tiles.high)
    assert ViewOf("filters", "fc1", scale=Scale(-9.0, 9.0, "diverging", "grid")).look(subject).tiles.high == 9.0


def test_the_box_is_reached_and_said_by_its_words(desk: Make, show: Show) -> None:
    """Fails if the box can only be clicked, hides the title, or stands there without a picture."""
    here = desk("lenet_digits")
    panel = FiltersPanel(here.session, here.qdocument)
    show(panel)
    assert not panel.view.hold.isVisible()
    here.load_torch()
    here.until(lambda: panel.view.hold.isVisible())
    box = panel.view.hold
    assert box.text() == "Hold scale"
    assert box.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert panel.view.rect().contains(box.geometry())
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Space)
    here.until(lambda: picture(panel).note.startswith("Scale held"))


def test_colour_filters_get_the_colours_of_the_held_scale() -> None:
    """Fails if colours that were worked out on one scale are shown as they are on another."""
    values = np.array([[[[-1.0, 0.0, 0.5]]]])
    own = Tiles(0.5 + 0.5 * values / 1.0, -1.0, 1.0, "rgb", "filters")
    wider = held(own, -2.0, 2.0)
    assert np.array_equal(tile_colours(wider), np.round(255 * (0.5 + 0.5 * values / 2.0)).astype(np.uint8))
    assert wider.note == "Scale held."
    closer = held(own, -0.5, 0.5)
    assert tile_colours(closer).reshape(-1).tolist() == [0, 128, 255]
    assert closer.note == "Scale held; the values now reach from −1.0 to 1.0."
