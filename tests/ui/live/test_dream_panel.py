"""The dream panel as it is used: sums, pauses, another wish on the way, dreams without end, films and the gallery."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageSequence
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.core.storage.templates import load
from app.insight.dream import films, gallery
from app.insight.dream.recipes import fingerprint, read_recipe
from app.insight.poke import Prune, Weight
from app.insight.samples import load_samples
from app.insight.tiles import Tiles
from app.insight.time.epochs import run_at
from app.insight.view import Look, Subject
from app.insight.views import views
from app.training.checkpoints import load_run
from app.training.events import BatchDone
from app.ui.canvas.view import CanvasView
from app.ui.insight.dream import DreamPanel
from app.ui.insight.strips import LiveStrips
from app.ui.insight.viewpanel import ViewPanel
from tests.support.drawings import small_net
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk, choose_in_dialog

PanelAt = Callable[[Desk], DreamPanel]
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel_at(qtbot: QtBot) -> PanelAt:
    """The panel of a desk, as large as it is at the bottom of a laptop's screen."""

    def it(here: Desk) -> DreamPanel:
        panel = DreamPanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 260)
        panel.show()
        settle()
        return panel

    return it


@pytest.fixture
def ready(desk: Make, panel_at: PanelAt) -> tuple[Desk, DreamPanel]:
    """A desk with torch, and the panel."""
    here = desk("lenet_digits")
    here.load_torch()
    return here, panel_at(here)


def write(panel: DreamPanel, text: str) -> None:
    """Write an objective with the keys."""
    panel.objective.setFocus()
    panel.objective.selectAll()
    QTest.keyClicks(panel.objective, text)
    QTest.keyClick(panel.objective, Qt.Key.Key_Return)


def dreamt(here: Desk, panel: DreamPanel, steps: int) -> np.ndarray:
    """Press Dream and wait for its end."""
    panel.steps.setValue(steps)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and not panel.dreaming)
    assert panel.picture.dreamt is not None
    return panel.picture.dreamt.image


def test_a_sum_is_written_and_dreamt_of(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if a slip of the pen starts a dream, or is not explained where it is written."""
    here, panel = ready
    write(panel, "conv2:3 - ")
    assert "name of a layer is missing" in panel.fields.hint.text()
    assert panel.fields.hint.isVisibleTo(panel)
    assert not panel.start.isEnabled()
    write(panel, "conv2:3 - 0.5*fc1:7")
    assert not panel.fields.hint.text()
    assert not panel.channel.isEnabled(), "the objective says which channels are meant"
    dreamt(here, panel, 3)
    assert panel.picture._title == "conv2:3 - 0.5*fc1:7"
    write(panel, "conv9:1")
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: not panel.dreaming)
    assert "no layer conv9" in panel.picture.sentence


def test_a_dream_rests_and_goes_on(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if a paused dream makes steps, or does not come to its end afterwards."""
    here, panel = ready
    panel.steps.setValue(400)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and panel.picture.dreamt.step > 3)
    QTest.mouseClick(panel.rest, LEFT)
    assert panel.rest.text() == "Go on"
    assert panel._run is not None
    assert panel._run.paused
    here.qtbot.wait(150)  # what was on its way has come
    assert panel.picture.dreamt is not None
    at = panel.picture.dreamt.step
    here.qtbot.wait(150)
    assert panel.picture.dreamt.step == at < 400
    QTest.mouseClick(panel.rest, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and panel.picture.dreamt.step > at)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: not panel.dreaming)


def test_another_wish_does_not_wake_a_dream_that_rests(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if a paused dream goes on by itself as soon as its channel is changed, or goes on with the old one."""
    here, panel = ready
    panel.steps.setValue(100_000)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and panel.picture.dreamt.step > 3)
    QTest.mouseClick(panel.rest, LEFT)
    panel.channel.setFocus()
    QTest.keyClick(panel.channel, Qt.Key.Key_Up)
    here.qtbot.wait(200)
    assert panel.dreaming
    assert panel.rest.text() == "Go on"
    assert panel.picture._title == "class 0 of fc3"
    QTest.mouseClick(panel.rest, LEFT)
    here.until(lambda: panel.picture._title == "class 1 of fc3")
    assert panel.rest.text() == "Pause"
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: not panel.dreaming)


def test_a_rest_ends_with_the_objective_that_was_typed(
    ready: tuple[Desk, DreamPanel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if an objective that is typed while a dream rests counts only once the field has lost the focus, which
    buttons do not take on every system."""
    here, panel = ready
    panel.rest.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    panel.steps.setValue(100_000)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and panel.picture.dreamt.step > 3)
    QTest.mouseClick(panel.rest, LEFT)
    panel.objective.setFocus()
    QTest.keyClicks(panel.objective, "conv2:3 - 0.5*fc3:7")
    begun: list[Any] = []
    start = here.session.slow.start
    monkeypatch.setattr(here.session.slow, "start", lambda wish, *told: begun.append(wish) or start(wish, *told))
    QTest.mouseClick(panel.rest, LEFT)
    here.until(lambda: bool(begun))
    assert dict(begun[0].settings)["objective"] == "conv2:3 - 0.5*fc3:7"
    assert begun[0].going_on is not None
    here.until(lambda: panel.dreaming)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: not panel.dreaming)


def test_another_wish_on_the_way_goes_on_from_the_picture(
    ready: tuple[Desk, DreamPanel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the picture begins anew, the old wish stays, or the recipe forgets what was before."""
    here, panel = ready
    panel.steps.setValue(3000)
    panel.channel.setValue(3)
    begun: list[Any] = []
    start = here.session.slow.start
    monkeypatch.setattr(here.session.slow, "start", lambda wish, *told: begun.append(wish) or start(wish, *told))
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and panel.picture.dreamt.step > 5)
    panel.steps.setValue(4)
    panel.channel.setFocus()
    QTest.keyClick(panel.channel, Qt.Key.Key_Up)
    here.until(lambda: not panel.dreaming)
    assert [dict(wish.settings)["channel"] for wish in begun] == [3, 4]
    assert begun[1].going_on is not None
    assert begun[1].going_on.std() > 0.01
    assert panel.picture._title == "class 4 of fc3"
    assert panel.save_to(tmp_path / "two.png")
    stages = read_recipe(tmp_path / "two.png").stages
    assert [stage["channel"] for stage in stages] == [3, 4]
    assert 5 < stages[0]["until"] < 3000
    assert "until" not in stages[1]


def test_go_on_begins_with_the_picture_that_is_shown(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if it is thrown away."""
    here, panel = ready
    first = dreamt(here, panel, 30)
    panel.steps.setValue(1)
    assert panel.rest.text() == "Go on"
    QTest.mouseClick(panel.rest, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and panel.picture.dreamt.steps == 1 and not panel.dreaming)
    assert panel.picture.dreamt is not None
    assert np.corrcoef(panel.picture.dreamt.image.ravel(), first.ravel())[0, 1] > 0.9


def test_each_channel_gets_a_picture(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if only the first is seen or saved."""
    here, panel = ready
    panel.set_node("conv1")
    QTest.mouseClick(panel.each, LEFT)
    assert not panel.channel.isEnabled()
    dreamt(here, panel, 2)
    assert panel.picture.dreamt is not None
    assert panel.picture.dreamt.shown.tiles.maps.shape == (6, 32, 32)
    assert panel.picture.thumbnail.width() > 3 * 32


def test_a_dream_is_kept_going_with_the_newest_weights(desk: Make, panel_at: PanelAt) -> None:
    """Fails if it stays with the weights of its beginning, or the node has no picture, or keeps it for ever."""
    here = desk("lenet_digits", epochs=LONG)
    panel = panel_at(here)
    told: list[tuple[str, object, str]] = []
    panel.thumbnail.connect(lambda *what: told.append(what))
    here.session.train()
    here.until(lambda: here.of(BatchDone))
    panel.keep.setChecked(True)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: len({caption for _, image, caption in told if image is not None}) >= 3)
    assert {name for name, _, _ in told} == {"fc3"}
    assert all("weights of epoch" in caption for _, image, caption in told if image is not None)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: not panel.dreaming)
    assert told[-1][1] is None, "the node shows its own picture again"
    here.session.stop()
    here.until_ended()


def test_the_picture_on_the_node_stays_until_it_is_let_go(desk: Make, qtbot: QtBot) -> None:
    """Fails if the next strips put their own picture in its place."""
    here = desk("lenet_digits")
    canvas = CanvasView(here.qdocument)
    qtbot.addWidget(canvas)
    canvas.resize(900, 500)
    canvas.show()
    strips = LiveStrips(here.session, here.qdocument, canvas)
    here.load_torch()
    here.until(lambda: canvas.scene.nodes["fc3"].strip is not None)
    own = QImage(32, 32, QImage.Format.Format_RGB32)
    own.fill(Qt.GlobalColor.red)
    strips.hold("fc3", own, "dream, epoch 3")
    strips.choose("gradients")
    here.until(lambda: canvas.scene.nodes["fc2"].caption.startswith("gradient"))
    assert canvas.scene.nodes["fc3"].caption == "dream, epoch 3"
    strips.hold("fc3", None, "")
    here.until(lambda: canvas.scene.nodes["fc3"].strip is not None)
    assert canvas.scene.nodes["fc3"].caption != "dream, epoch 3"


def test_a_dream_follows_the_epoch_and_a_poke(desk: Make, panel_at: PanelAt) -> None:
    """Fails if another epoch leaves the dream of the one before, begins with another seed, goes on from the picture
    instead of beginning anew, fills the gallery with what nobody asked for, or has a recipe of other weights."""
    here = desk(small_net(), epochs=2, snapshots=10)
    here.load_torch()
    panel = panel_at(here)
    here.session.train()
    here.until_ended()
    time, run = here.session.time, here.session.trained
    assert run is not None
    here.until(lambda: len(time.epochs) == 3)
    here.session.time.choose(1)
    settle()
    assert not panel.dreaming, "nobody has pressed Dream"
    panel.set_node("conv1")
    first = dreamt(here, panel, 5)
    kept = len(gallery.kept())

    def next_one(caption: str) -> np.ndarray:
        here.until(
            lambda: (
                not panel.dreaming
                and panel.picture.dreamt is not None
                and panel.picture.dreamt.step == 5
                and caption in panel.picture.dreamt.caption
            )
        )
        assert panel.picture.dreamt is not None
        return panel.picture.dreamt.image

    time.choose(0)
    beginning = next_one("at the beginning")
    recipe = panel.record.recipe()
    assert len(recipe["stages"]) == 1
    assert recipe["of"] == f"{run.run}@0"
    assert recipe["weights"] == fingerprint(run_at(load_run(run.run), 0).model)
    time.choose(1)
    assert np.array_equal(next_one("at the end of epoch 1"), first)
    assert not np.allclose(beginning, first)
    here.session.pokes.put(Prune(60.0))
    assert not np.allclose(next_one("poked: smallest 60 % of the weights pruned"), first)
    assert panel.record.recipe()["weights"] == "poked"
    here.session.pokes.undo()
    here.until(lambda: panel.picture.dreamt is not None and "poked" not in panel.picture.dreamt.caption)
    assert np.array_equal(next_one("at the end of epoch 1"), first)
    assert len(gallery.kept()) == kept


def test_what_was_made_is_kept_with_its_recipe(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if a dream is lost, its recipe does not come back into the fields, or it is removed without a question."""
    here, panel = ready
    before = len(gallery.kept())
    panel.channel.setValue(7)
    panel.seed.setValue(11)
    dreamt(here, panel, 3)
    panel.channel.setValue(2)
    panel.seed.setValue(0)
    write(panel, "conv1:1")
    QTest.mouseClick(panel.show_gallery, LEFT)
    assert panel.gallery.list.count() == before + 1
    assert "fc3:7" in panel.gallery.list.item(0).toolTip()
    panel.gallery.list.setCurrentRow(0)
    QTest.keyClick(panel.gallery.list, Qt.Key.Key_Return)
    assert (panel.channel.value(), panel.seed.value(), panel.steps.value(), panel.objective.text()) == (7, 11, 3, "")
    assert "press Dream to make it again" in panel.picture.sentence
    assert not panel.picture.thumbnail.isNull()
    QTest.mouseClick(panel.show_gallery, LEFT)
    panel.gallery.list.setCurrentRow(0)
    QTest.keyClick(panel.gallery.list, Qt.Key.Key_Delete)
    box = next(each for each in QApplication.topLevelWidgets() if isinstance(each, QMessageBox) and each.isVisible())
    remove = next(each for each in box.findChildren(QPushButton) if each.text() == "Remove")
    QTest.mouseClick(remove, LEFT)
    here.until(lambda: panel.gallery.list.count() == before)
    assert len(gallery.kept()) == before


def test_a_recipe_of_another_drawing_says_so(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if a picture of a layer that is not here raises, or puts its settings where they mean nothing."""
    here, panel = ready
    dreamt(here, panel, 2)
    place = gallery.kept()[0]
    here.qdocument.new(load("mlp_digits"))
    panel._show_kept(place)
    assert "This drawing has no fc3" in panel.picture.sentence


def test_a_film_goes_into_the_picture(
    ready: tuple[Desk, DreamPanel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if no file is written, it is not told, or a place that cannot be written to raises."""
    here, panel = ready
    monkeypatch.setattr("app.ui.insight.dream_wish.FRAMES", 3)
    assert not panel.film.isEnabled()
    dreamt(here, panel, 2)
    panel.film_to(tmp_path / "a.gif")
    here.until(lambda: "saved as a.gif" in panel.picture._note)
    with Image.open(tmp_path / "a.gif") as film:
        assert film.n_frames == 3
    assert read_recipe(tmp_path / "a.gif").stages[0]["node"] == "fc3"
    (tmp_path / "file").write_text("no folder")
    panel.film_to(tmp_path / "file" / "b.gif")
    here.until(lambda: not here.session.slow.busy)
    assert panel.picture._note == "The film is made, but not saved."
    (told,) = (box for box in panel.findChildren(QMessageBox) if box.isVisible())
    elsewhere = next(each for each in told.buttons() if each.text() == "Save elsewhere…")
    choose_in_dialog(elsewhere, tmp_path / "b.gif")
    here.until(lambda: panel.picture._note == "The film was saved as b.gif.")
    with Image.open(tmp_path / "b.gif") as film:
        assert film.n_frames == 3


def test_a_film_into_the_picture_can_be_stopped(ready: tuple[Desk, DreamPanel], tmp_path: Path) -> None:
    """Fails if sixty pictures must be waited for, or a film that was stopped is said to be saved."""
    here, panel = ready
    dreamt(here, panel, 2)
    panel.film_to(tmp_path / "a.gif")
    assert panel.film.text() == "Stop film"
    QTest.mouseClick(panel.film, Qt.MouseButton.LeftButton)
    here.until(lambda: not here.session.slow.busy)
    assert "saved" not in panel.picture._note
    assert panel.picture._note
    assert panel.film.text() == "Film…"
    assert not (tmp_path / "a.gif").exists()


def test_a_film_of_a_poked_copy_dreams_of_the_copy(
    desk: Make, panel_at: PanelAt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the frames are those of the net as it was trained, the recipe passes for that net, or nothing is said
    of the poke: expected is a film of a net whose weight was changed by hand."""
    monkeypatch.setattr("app.ui.insight.dream_wish.FRAMES", 3)
    here = desk(small_net(), epochs=1)
    here.load_torch()
    here.session.train()
    here.until_ended()
    panel = panel_at(here)
    panel.set_node("conv1")
    here.session.pokes.put(Weight("conv1", "weight", (0, 0, 1, 1), 3.0))
    start = dreamt(here, panel, 4)
    panel.film_to(tmp_path / "a.gif")
    here.until(lambda: "saved as a.gif" in panel.picture._note)
    assert panel.picture._note.endswith("The net in it is poked: conv1.weight:0,0,1,1 = 3.")
    assert here.session.trained is not None

    def film_of(weight: float | None) -> list[np.ndarray]:
        run = load_run(here.session.trained.run)  # type: ignore[union-attr]
        if weight is not None:
            with torch.no_grad():
                run.model.get_parameter("conv1.weight")[0, 0, 1, 1] = weight
        look = Look(Subject(run.net, run.model, load_samples(run.net, run.project.recipe)), "conv1")
        settings = views()["dream"].settings(panel.fields.wished())
        return [films.frame_of(image) for image in films.zoom(look, settings, start, 3, 1.04, 6)]

    written, expected, untouched = read_frames(tmp_path / "a.gif"), film_of(3.0), film_of(None)
    assert len(written) == 3
    grey = [np.asarray(Image.fromarray(frame).convert("L"), float) for frame in expected]
    assert max(float(np.abs(a - b).mean()) for a, b in zip(written, grey, strict=True)) < 2
    other = np.asarray(Image.fromarray(untouched[2]).convert("L"), float)
    assert np.abs(written[2] - other).mean() > 8, "a poke that changes nothing proves nothing"
    assert read_recipe(tmp_path / "a.gif").weights == "poked"


def read_frames(path: Path) -> list[np.ndarray]:
    """The frames of a film as grey levels."""
    with Image.open(path) as film:
        return [np.asarray(each.convert("L"), float) for each in ImageSequence.Iterator(film)]


def test_more_settings_are_taken(ready: tuple[Desk, DreamPanel]) -> None:
    """Fails if a setting that stands under More does nothing."""
    here, panel = ready
    panel.fields.more.setFocus()
    QTest.keyClick(panel.fields.more, Qt.Key.Key_Space)
    form = panel.fields._form
    assert form is not None
    form.editors["octaves"].edited.emit(2)
    assert panel.fields.wished()["octaves"] == 2
    panel.set_node("conv2")
    panel.steps.setValue(4)
    QTest.mouseClick(panel.start, LEFT)
    here.until(lambda: panel.picture.dreamt is not None and not panel.dreaming)
    assert panel.picture.dreamt is not None
    assert "Octave 2 of 2." in panel.picture.dreamt.shown.tiles.note


def looking(here: Desk, qtbot: QtBot, view: str) -> ViewPanel:
    """The panel of all views, in which this one is seen."""
    panel = ViewPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 300)
    panel.show()
    settle()
    panel.choose(view)
    here.until(lambda: panel.pictures.first.tiles is not None)
    return panel


def test_epsilon_is_drawn_with_a_slider(desk: Make, qtbot: QtBot) -> None:
    """Fails if the slider moves and the picture stays, or slider and number say different things."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = looking(here, qtbot, "adversarial")
    slider = panel.form.sliders["epsilon"]  # type: ignore[attr-defined]
    assert slider.value() == 20
    slider.setFocus()
    for _ in range(3):
        QTest.keyClick(slider, Qt.Key.Key_PageUp)
    assert dict(panel.settings())["epsilon"] == pytest.approx(0.4)
    here.until(lambda: panel.pictures.first.tiles is not None and "0.4" in panel.pictures.first.tiles.note)
    editor: QWidget = panel.form.editors["epsilon"]  # type: ignore[attr-defined]
    assert editor.boxes[0].value() == pytest.approx(0.4)  # type: ignore[attr-defined]
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert dict(panel.settings())["epsilon"] > 0, "nothing at all is no change to look at"


def test_two_sliders_walk_through_a_code(desk: Make, qtbot: QtBot) -> None:
    """Fails if a place in the code has no slider, or the picture does not follow both of them."""
    here = desk("variational_autoencoder")
    here.load_torch()
    panel = looking(here, qtbot, "walk")
    for name, key, end in (("x", Qt.Key.Key_End, 6.0), ("y", Qt.Key.Key_Home, -6.0)):
        before = panel.pictures.first.tiles
        slider = panel.form.sliders[name]  # type: ignore[attr-defined]
        slider.setFocus()
        QTest.keyClick(slider, key)
        assert dict(panel.settings())[name] == pytest.approx(end)
        here.until(lambda before=before: _differ(panel.pictures.first.tiles, before))  # type: ignore[misc]


def _differ(one: Tiles | None, other: Tiles | None) -> bool:
    return one is not None and other is not None and not np.allclose(one.maps, other.maps, atol=1e-4)
