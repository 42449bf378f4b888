"""Filters, activations and dreams, used with mouse and keyboard; never an empty panel."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMessageBox, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from app.core.commands import RemoveNodes, SetSetting
from app.core.graph.model import MAIN, Project
from app.core.storage.templates import load
from app.training.events import BatchDone
from app.ui.insight.activations import ActivationsPanel
from app.ui.insight.dream import DreamPanel
from app.ui.insight.filters import FiltersPanel
from app.ui.insight.panel import LookPanel
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, choose_in_dialog

PANELS = (FiltersPanel, ActivationsPanel, DreamPanel)


@pytest.fixture
def show(qtbot: QtBot) -> Callable[[QWidget], None]:
    """Shows a panel as large as it is at the bottom of a laptop's screen."""

    def it(panel: QWidget) -> None:
        qtbot.addWidget(panel)
        panel.resize(1366, 200)
        panel.show()
        settle()

    return it


Show = Callable[[QWidget], None]


def said(panel: LookPanel) -> str:
    """The sentence a panel shows, empty if it shows a picture."""
    return panel.picture.sentence if isinstance(panel, DreamPanel) else panel.view.sentence  # type: ignore[attr-defined]


@pytest.mark.parametrize("kind", PANELS)
def test_never_blank(kind: type[LookPanel], desk: Make, show: Show) -> None:
    """Fails if a panel has neither picture nor sentence: before torch, in an empty drawing, in a broken one."""
    empty = kind(desk(Project()).session, desk(Project()).qdocument)
    show(empty)
    assert said(empty).endswith((".", "appears here."))
    here = desk("lenet_digits")
    panel = kind(here.session, here.qdocument)
    show(panel)
    here.until(lambda: said(panel))
    here.load_torch()
    here.qdocument.do(SetSetting(MAIN, ("conv1",), "kernel_size", (40, 40)))
    if isinstance(panel, DreamPanel):
        QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: "conv1" in said(panel))


def test_the_selected_layer_is_shown(desk: Make, show: Show) -> None:
    """Fails if the panel stays with the first layer, or with one that is no longer selected or no longer there."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = FiltersPanel(here.session, here.qdocument)
    show(panel)
    here.until(lambda: panel.view.tiles)
    assert panel.view.tiles is not None
    assert panel.view.tiles.title.startswith("conv1"), "with nothing selected, the first convolution"
    panel.set_node("fc3")
    here.until(lambda: panel.view.tiles and panel.view.tiles.title.startswith("fc3"))
    panel.set_node("relu1")
    here.until(lambda: "relu1" in panel.view.sentence)
    panel.set_node("fc3")
    here.qdocument.do(RemoveNodes(MAIN, ("fc3",)))
    here.until(lambda: "fc3" not in panel.view.sentence and panel.node == "conv1")


def test_filters_refresh_while_it_trains(desk: Make, show: Show) -> None:
    """Fails if the filters stand still while they are learned."""
    here = desk("lenet_digits", epochs=LONG)
    panel = FiltersPanel(here.session, here.qdocument)
    show(panel)
    here.session.train()
    here.until(lambda: panel.view.caption.startswith("in epoch") and panel.view.tiles)
    first = panel.view.tiles
    here.until(lambda: panel.view.tiles is not first)
    assert first is not None
    assert panel.view.tiles is not None
    assert not np.array_equal(first.maps, panel.view.tiles.maps)
    here.session.stop()
    here.until_ended()
    here.until(lambda: panel.view.caption.startswith("trained"))


def test_a_hidden_panel_asks_for_nothing(desk: Make, show: Show) -> None:
    """Fails if a panel behind another tab goes on costing the training its time."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = FiltersPanel(here.session, here.qdocument)
    show(panel)
    here.until(lambda: panel.view.tiles)
    panel.hide()
    assert not here.session.looker._views
    panel.show()
    assert here.session.looker._views


def test_a_click_on_a_digit_shows_what_the_layer_answers_to_it(desk: Make, show: Show) -> None:
    """Fails if another digit than the clicked one is sent through the net, or the arrow keys do not work."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = ActivationsPanel(here.session, here.qdocument)
    show(panel)
    panel.set_node("digits")
    here.until(lambda: panel.view.tiles is not None and panel.samples.names)
    QTest.mouseClick(panel.samples, Qt.MouseButton.LeftButton, pos=panel.samples.place(6).center())
    assert here.session.sample == 6
    seventh = panel.samples._pictures[6]
    here.until(lambda: panel.view.tiles is not None and _same(panel.view.tiles.maps[0], seventh))
    assert panel.legend.text() == f"Sample 7 of 64: {panel.samples.names[6]}"
    QTest.keyClick(panel.samples, Qt.Key.Key_Right)
    assert here.session.sample == 7
    QTest.keyClick(panel.samples, Qt.Key.Key_Up)
    assert here.session.sample == 3
    QTest.keyClick(panel.samples, Qt.Key.Key_End)
    assert here.session.sample == 63


def _same(values: np.ndarray, picture: object) -> bool:
    height, width = values.shape
    shades = [[picture.pixelColor(x, y).red() for x in range(width)] for y in range(height)]  # type: ignore[attr-defined]
    return bool(np.abs(np.array(shades) - 255 * values).max() <= 1)


def test_the_classifier_s_bars_name_the_digit(desk: Make, show: Show) -> None:
    """Fails if the bars of a trained classifier carry no classes, or the note names another than the highest."""
    here = desk("lenet_digits", epochs=3)
    here.session.train()
    here.until_ended()
    panel = ActivationsPanel(here.session, here.qdocument)
    show(panel)
    panel.set_node("fc3")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.layout == "bars" and panel.samples.names)
    tiles = panel.view.tiles
    assert tiles is not None
    assert tiles.labels == tuple("0123456789")
    best = tiles.labels[int(tiles.maps.argmax())]
    assert f"belongs to {best}" in tiles.note
    assert best == panel.samples.names[0], "after three epochs it knows this digit"


def test_a_dream_by_mouse(desk: Make, show: Show, tmp_path: Path) -> None:
    """Fails if the button does not start, the picture does not grow, or what is saved is not what was seen."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    assert panel.node == "fc3", "with nothing selected, the layer that names the class"
    assert panel.channel_label.text() == "class"
    assert panel.channel.maximum() == 9
    panel.channel.setFocus()
    panel.channel.selectAll()
    QTest.keyClicks(panel.channel, "3")
    panel.steps.setValue(12)
    assert "class 3 of fc3" in panel.picture.sentence
    assert not panel.save.isEnabled()
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert panel.start.text().strip() == "Stop"
    here.until(lambda: not here.session.slow.busy)
    dreamt = panel.picture.dreamt
    assert dreamt is not None
    assert dreamt.step == 12
    assert panel.start.text().strip() == "Dream"
    target = tmp_path / "three.png"
    choose_in_dialog(panel.save, target)
    here.until(target.exists)
    saved = np.asarray(Image.open(target))
    zoom = saved.shape[0] // 32
    assert saved.shape[:2] == (32 * zoom, 32 * zoom)
    middle = saved[zoom // 2 :: zoom, zoom // 2 :: zoom]
    shown = np.round(np.clip(dreamt.image, 0, 1) * 255)
    assert np.array_equal(middle if middle.ndim == 2 else middle[..., 0], shown)


def test_more_steps_than_possible_are_answered_with_the_limit(desk: Make, show: Show) -> None:
    """Fails if 500000 steps become 50000 without a word, or the number that runs is not the one that is shown."""
    here = desk("mlp_digits")
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    assert "100,000" in panel.steps.toolTip()
    for typed, said, taken in (("500000", "At most 100,000", 100_000), ("0", "At least 1", 1)):
        panel.steps.setFocus()
        panel.steps.selectAll()
        QTest.keyClicks(panel.steps, typed)
        assert panel.steps.text() == typed
        assert QToolTip.text().startswith(said)
        QTest.keyClick(panel.steps, Qt.Key.Key_Return)
        assert panel.steps.value() == taken
        assert panel.steps.text() == str(taken)
    panel.steps.selectAll()
    QTest.keyClicks(panel.steps, "64")
    here.until(lambda: not QToolTip.isVisible())
    assert panel.steps.value() == 64


def test_a_dream_that_cannot_be_saved_says_so(
    desk: Make, show: Show, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a folder that cannot be written to raises, or the student believes that the picture was saved."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    panel.steps.setValue(2)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None and not here.session.slow.busy)
    blocked = tmp_path / "a file"
    blocked.write_text("no folder")
    assert not panel.save_to(blocked / "dream.png")
    (told,) = (box for box in panel.findChildren(QMessageBox) if box.isVisible())
    assert f"could not be saved to {blocked / 'dream.png'}" in told.text()
    told.close()
    assert panel.picture._note.startswith("Not saved: ")
    assert panel.save_to(tmp_path / "dream")
    assert (tmp_path / "dream.png").exists()


def test_stop_in_the_middle_of_a_dream(desk: Make, show: Show) -> None:
    """Fails if the second click starts another dream, or throws the picture away."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    panel.steps.setValue(2000)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: not here.session.slow.busy)
    assert panel.picture.dreamt is not None
    assert panel.picture.dreamt.step < 2000
    assert panel.save.isEnabled()


def test_a_dream_begins_with_a_picture(desk: Make, show: Show, tmp_path: Path) -> None:
    """Fails if the chosen picture is ignored, or cannot be given up again."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    pixels = np.zeros((32, 32), np.uint8)
    pixels[:, :16] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")
    choose_in_dialog(panel.choose, tmp_path / "half.png")
    here.until(lambda: panel.begin_label.text() != "noise")
    assert panel.begin_label.text() == "half.png"
    panel.steps.setValue(1)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None and not here.session.slow.busy)
    assert panel.picture.dreamt is not None
    image = panel.picture.dreamt.image
    assert image[:, :14].mean() > image[:, 18:].mean() + 0.3
    QTest.mouseClick(panel.choose, Qt.MouseButton.LeftButton)
    assert panel.begin_label.text() == "noise"


def test_a_dream_while_it_trains(desk: Make, show: Show) -> None:
    """Fails if the dream waits for the end of the training, or stops it."""
    here = desk("lenet_digits", epochs=LONG)
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    here.session.train()
    here.until(lambda: here.of(BatchDone))
    panel.steps.setValue(10)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None and not here.session.slow.busy)
    assert here.session.state == "running"
    here.session.stop()
    here.until_ended()


def test_a_whole_layer_can_be_dreamt_of(desk: Make, show: Show) -> None:
    """Fails if the number that stands for the whole layer is taken for a channel."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    panel.set_node("conv2")
    assert panel.channel_label.text() == "channel"
    assert panel.channel.maximum() == 15
    panel.channel.setValue(panel.channel.minimum())
    assert panel.channel.text() == "whole layer"
    panel.steps.setValue(3)
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None and not here.session.slow.busy)
    assert panel.picture._title == "conv2 as a whole"


def test_a_dream_stays_until_the_next(desk: Make, show: Show) -> None:
    """Fails if a click on another layer throws away what took minutes, or another drawing shows the old one's dream."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    panel.steps.setValue(2)
    panel.set_node("fc1")
    assert panel.channel_label.text() == "unit"
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.picture.dreamt is not None and not here.session.slow.busy)
    panel.set_node("conv1")
    assert panel.picture.dreamt is not None
    assert panel.picture._title == "unit 0 of fc1"
    assert panel.save.isEnabled()
    here.qdocument.new(load("mlp_digits"))
    assert panel.picture.dreamt is None
    assert not panel.save.isEnabled()


def test_in_a_low_panel_the_buttons_stay_in_sight(desk: Make, show: Show) -> None:
    """Fails if large type, or a low window, hides the button that the panel asks to press."""
    here = desk("lenet_digits")
    panel = DreamPanel(here.session, here.qdocument)
    show(panel)
    panel.resize(900, 110)
    settle()
    for each in (panel.start, panel.save):
        assert panel.rect().contains(each.rect().translated(each.mapTo(panel, each.rect().topLeft())))
