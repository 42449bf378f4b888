"""The panel that shows any view, used with mouse and keys; its numbers compared with plain torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

import app.insight.views as registry
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.insight.samples import load_samples
from app.ui.insight.viewpanel import ViewPanel
from app.ui.inspector.numbers import WordedEditor
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk, choose_in_dialog

# A view as somebody would add it: one that takes its time, with a setting of every kind that a view has had so far.
OWN = """
from app.insight.view import Look, ViewStep, view
from nodes.api.params import Choice, Float, Int, Switch

@view("Brightness", "How bright a sample is.", Int("times", 3, low=1, high=100_000, help="How often"),
      Float("gain", 1.0, low=0.0, high=9.0, help="Factor"), Switch("invert", False, help="Dark for bright"),
      Choice("tone", "gray", options=("gray", "viridis"), help="Colours"), about="net", sample=True)
def brightness(look, times, gain, invert, tone):
    from app.insight.tiles import Tiles
    pixels = next(values for name, values in look.batch.items() if name.endswith(".image"))[0].numpy() * gain
    for step in range(1, times + 1):
        shown = Tiles(1 - pixels if invert else pixels, 0.0, 1.0, tone, f"Bright, {step}")
        yield ViewStep(step, times, (shown,), float(step))
"""


@pytest.fixture
def panel_at(qtbot: QtBot) -> Callable[[Desk], ViewPanel]:
    """The panel of a desk, as large as it is at the bottom of a laptop's screen."""

    def it(here: Desk) -> ViewPanel:
        panel = ViewPanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 200)
        panel.show()
        settle()
        return panel

    return it


PanelAt = Callable[[Desk], ViewPanel]


@pytest.fixture
def own_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """One file more among the views."""
    (tmp_path / "brightness.py").write_text(OWN)
    monkeypatch.setattr(registry, "__path__", [*registry.__path__, str(tmp_path)])
    registry.views.cache_clear()
    yield tmp_path
    registry.views.cache_clear()


def pick(panel: ViewPanel, title: str) -> None:
    """Choose a view with the arrow keys."""
    panel.choice.setFocus()
    QTest.keyClick(panel.choice, Qt.Key.Key_Home)
    for _ in range(panel.choice.count()):  # the keys leave headings out
        if panel.choice.currentText() != title:
            QTest.keyClick(panel.choice, Qt.Key.Key_Down)
    assert panel.choice.currentText() == title


def select(field: QWidget, text: str) -> None:
    """Choose one of the words of a setting with the keys."""
    QTest.keyClicks(field, text[:3])


def type_number(panel: ViewPanel, name: str, number: str) -> None:
    """Give a setting this number; where it is a word by default, choose a number first."""
    editor = panel.form.editors[name]
    if isinstance(editor, WordedEditor):
        QTest.keyClick(editor.word, Qt.Key.Key_End)
    box = editor.fields()[0]
    box.setFocus()
    box.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(box, number)
    QTest.keyClick(box, Qt.Key.Key_Return)


def net_and_sample(here: Desk, number: int) -> tuple[Any, torch.Tensor]:
    """A model with the weights that the drawing begins with, and the picture of a validation sample."""
    project = here.qdocument.project
    net = compile_net(project)
    picture = load_samples(net, project.recipe).fields["digits.image"][number : number + 1]
    return net.model(project.recipe.seed).eval(), picture


def test_attribution_in_the_window_is_the_gradient_of_the_chosen_sample(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the method that is chosen, the sample that is clicked or the class that is set does not count."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    assert panel.choice.currentText() == "Attribution"
    here.until(lambda: panel.view.tiles is not None and panel.side.samples.names)
    assert "what speaks for class" in panel.view.tiles.title  # type: ignore[union-attr]
    QTest.mouseClick(panel.side.samples, Qt.MouseButton.LeftButton, pos=panel.side.samples.place(6).center())
    select(panel.form.editors["method"].fields()[0], "saliency")
    type_number(panel, "channel", "4")
    model, picture = net_and_sample(here, 6)
    picture.requires_grad_()
    model(picture)[0, 4].backward()
    assert picture.grad is not None
    expected = picture.grad[0].abs().numpy()
    here.until(lambda: panel.view.tiles is not None and "class 4 is sensitive" in panel.view.tiles.title)
    here.until(lambda: np.allclose(panel.view.tiles.maps, expected, rtol=1e-4, atol=1e-7))  # type: ignore[union-attr]


def test_the_selected_layer_is_explained_and_without_one_the_classes(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a view of the class scores does not follow the selection, or one of the whole net does."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    here.until(lambda: panel.view.tiles is not None)
    assert panel.what.text() == "the class scores, or the code"
    panel.set_node("conv2")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.title.startswith("conv2: what speaks"))
    pick(panel, "Adversarial example")
    assert panel.what.text() == "the whole network"
    here.until(lambda: len(panel.pictures.shown) == 3)
    pick(panel, "Filters")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.title.startswith("conv2: 16 filters"))
    assert len(panel.pictures.shown) == 1, "the bars of the view before are still there"
    assert panel.side.isHidden(), "filters show no sample"
    panel.set_node("loss")
    here.until(lambda: "loss" in panel.view.sentence)


def test_an_adversarial_example_is_the_sample_moved_against_its_class(desk: Make, panel_at: PanelAt) -> None:
    """Fails if epsilon does not count, the sign is turned, or the bars belong to another picture."""
    here = desk("lenet_digits")
    here.load_torch()
    here.session.choose_sample(3)
    panel = panel_at(here)
    pick(panel, "Adversarial example")
    here.until(lambda: len(panel.pictures.shown) == 3)
    type_number(panel, "epsilon", "0.25")
    model, picture = net_and_sample(here, 3)
    picture.requires_grad_()
    scores = model(picture)
    torch.nn.functional.cross_entropy(scores, scores.argmax(1)).backward()
    assert picture.grad is not None
    moved = (picture + 0.25 * picture.grad.sign()).clamp(0, 1).detach()
    here.until(lambda: np.allclose(panel.view.tiles.maps[2], moved[0, 0].numpy(), atol=1e-6))  # type: ignore[union-attr]
    with torch.no_grad():
        shares = [model(each).softmax(1)[0].numpy() for each in (picture, moved)]
    for view, expected in zip(panel.pictures.shown[1:], shares, strict=True):
        assert view.tiles is not None
        assert np.allclose(view.tiles.maps.reshape(-1), expected, atol=1e-5)
        assert (view.tiles.low, view.tiles.high) == (0.0, 1.0)


def test_a_hidden_panel_asks_for_nothing_and_comes_back_as_it_was(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a panel behind another tab costs a training its time, or forgets settings and picture."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    here.until(lambda: panel.view.tiles is not None)
    select(panel.form.editors["method"].fields()[0], "saliency")
    here.until(lambda: panel.view.tiles is not None and "is sensitive" in panel.view.tiles.title)
    form, shown = panel.form, panel.view.tiles
    panel.hide()
    assert not here.session.looker._views
    panel.show()
    settle()
    assert here.session.looker._views
    assert panel.form is form
    assert panel.view.tiles is not None
    assert shown is not None
    assert panel.view.tiles.title == shown.title


def test_what_a_setting_cannot_take_is_said_beside_it(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a class that does not exist leaves the picture of another one without a word."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    here.until(lambda: panel.view.tiles is not None)
    type_number(panel, "channel", "99")
    here.until(lambda: "no channel 99; it has 10" in panel.view.sentence)
    assert not panel.save.isEnabled()


def test_attribution_follows_a_training(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the picture stands still while the net learns, or does not show what was learned in the end."""
    here = desk("lenet_digits", epochs=LONG)
    here.load_torch()
    panel = panel_at(here)
    here.session.train()
    here.until(lambda: panel.view.caption.startswith("in epoch") and panel.view.tiles)
    first = panel.view.tiles
    here.until(lambda: panel.view.tiles is not first and panel.view.tiles)
    assert not np.array_equal(first.maps, panel.view.tiles.maps)  # type: ignore[union-attr]
    here.session.stop()
    here.until_ended()
    here.until(lambda: panel.view.caption.startswith("trained"))


def test_a_dream_is_started_watched_and_stopped(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a slow view begins by itself, cannot be stopped, or goes on when another view is chosen."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    pick(panel, "Dream")
    assert panel.view.sentence.startswith("Press Start")
    assert not here.session.slow.busy
    panel.set_node("fc3")
    type_number(panel, "steps", "50000")
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.view.tiles is not None)
    assert panel.start.text().strip() == "Stop"
    here.until(lambda: panel.words.text().startswith("step ") and " of 50,000 · score " in panel.words.text())
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: not here.session.slow.busy)
    assert panel.view.tiles is not None, "the picture of a dream that is stopped stays"
    assert panel.start.text().strip() == "Start"
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    pick(panel, "Filters")
    here.until(lambda: not here.session.slow.busy)
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.title.startswith("fc3"))


def test_one_file_more_is_one_view_more_in_the_window(own_view: Path, desk: Make, panel_at: PanelAt) -> None:
    """Fails if a view has to be named anywhere but in its own file, or a setting of it has no editor."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    pick(panel, "Brightness")
    assert list(panel.form.editors) == ["times", "gain", "invert", "tone"]
    QTest.keyClick(panel.form.editors["invert"].fields()[0], Qt.Key.Key_Space)
    here.until(lambda: panel.side.isVisible())
    QTest.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.title == "Bright, 3")
    _, picture = net_and_sample(here, 0)
    assert np.allclose(panel.view.tiles.maps, 1 - picture[0].numpy())  # type: ignore[union-attr]
    here.until(lambda: panel.words.text() == "step 3 of 3 · score 3")


def test_the_picture_can_be_saved(desk: Make, panel_at: PanelAt, tmp_path: Path) -> None:
    """Fails if the button writes nothing, or only the first of several pictures."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    assert not panel.save.isEnabled()
    here.until(lambda: panel.save.isEnabled())
    choose_in_dialog(panel.save, tmp_path / "one.png")
    here.until(lambda: (tmp_path / "one.png").exists())
    pick(panel, "Adversarial example")
    here.until(lambda: len(panel.pictures.shown) == 3)
    assert panel.save_to(tmp_path / "three")
    with Image.open(tmp_path / "one.png") as one, Image.open(tmp_path / "three.png") as three:
        assert three.height > 2 * one.height
    taken = tmp_path / "folder.png"
    taken.mkdir()
    assert not panel.save_to(taken)
    assert panel.words.text().startswith("Not saved: ")


def test_another_drawing_begins_without_a_picture(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the explanation of the last drawing stands beside the next, or an empty one is a blank panel."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    here.until(lambda: panel.view.tiles is not None)
    here.qdocument.new(Project())
    here.until(lambda: panel.view.tiles is None)
    assert panel.view.sentence.endswith(".")
    assert panel.side.isHidden()
