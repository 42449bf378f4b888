"""The strip that takes all pictures to an epoch of the run, in a real window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from PySide6.QtCore import Qt

from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.storage import templates
from app.core.storage.files import save_project
from app.insight.poke import Weight
from app.insight.time import film as film_module
from app.insight.time.epochs import caption
from app.insight.time.film import FilmMoment
from app.training.checkpoints import load_run, weights_at
from app.training.loop import train
from app.training.position import At, TrainingPosition
from app.training.threads import prepare_threads
from app.ui.insight.slow_views import SlowViewState
from app.ui.window import MainWindow
from tests.ui.shell.hands import Open, press, type_file


def drawing(path: Path, epochs: int) -> tuple[Path, Project]:
    """A file with a small net that is trained for so long."""
    project = templates.load("mlp_digits")
    project = replace(project, recipe=project.recipe.with_settings(epochs=epochs, batch_size=256, device="cpu"))
    save_project(project, path)
    return path, project


def begun(open_window: Open, qtbot: Any, path: Path, panel: str = "filters") -> MainWindow:
    """A window in which F5 was pressed, with a panel in sight."""
    window = open_window(path)
    window.resize(1366, 768)
    window.after_first_paint()
    window.show_panel(panel)
    window.canvas.setFocus()
    press(qtbot, window, "F5")
    return window


def shown(window: MainWindow) -> np.ndarray | None:
    """The weights that the panel of filters shows."""
    tiles = window.filters.view.tiles
    return tiles.maps.reshape(64, -1) if tiles is not None else None


def kept(window: MainWindow, epoch: At) -> np.ndarray:
    """The weights of the first layer at a kept moment, as its file has them."""
    assert window.session.run is not None
    return weights_at(window.session.run.folder, epoch)["fc1.weight"].numpy()


def same(one: np.ndarray | None, other: np.ndarray) -> bool:
    return one is not None and np.array_equal(one, other)


def test_every_picture_follows_the_slider(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the strip does not come with a run, or a panel or the strips on the canvas stay with the newest weights,
    or the way back to them is lost."""
    window = begun(open_window, qtbot, drawing(tmp_path / "a.netloom", 6)[0])
    assert not window.time.isVisible()
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: window.time.isVisible() and not window.session.looker.waits)
    assert window.time.words.text() == "newest weights"
    now, strip = shown(window), window.canvas.scene.nodes["fc2"].strip
    for _ in range(7):
        press(qtbot, window, "Alt+,")
    assert window.session.time.epoch == 0
    assert window.time.words.text() == "0: before the first step"
    qtbot.waitUntil(lambda: same(shown(window), kept(window, 0)))
    qtbot.waitUntil(lambda: window.canvas.scene.nodes["fc2"].strip != strip)
    assert window.filters.view.caption == "at the beginning, before the first step"
    window.time.slider.setFocus()
    qtbot.keyClick(window.time.slider, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: same(shown(window), kept(window, 1)))
    press(qtbot, window, "Alt+End")
    qtbot.waitUntil(lambda: same(shown(window), kept(window, 6)))
    assert now is not None
    assert same(shown(window), now)
    qtbot.waitUntil(lambda: window.canvas.scene.nodes["fc2"].strip == strip)
    window.files.new()
    qtbot.waitUntil(lambda: not window.time.isVisible())


def test_a_long_epoch_can_be_gone_through(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a net that learns all in one epoch has nothing to slide over, or a picture shows another step than the
    strip says, or a pin names another one."""
    path, project = drawing(tmp_path / "long.netloom", 1)
    save_project(replace(project, recipe=project.recipe.with_settings(batch_size=12)), path)
    window = begun(open_window, qtbot, path)
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: window.time.isVisible() and not window.session.looker.waits)
    strip = window.canvas.scene.nodes["fc2"].strip
    press(qtbot, window, "Alt+,")
    assert window.time.words.text() == "epoch 1 of 1"
    for at in reversed(window.session.time.epochs[1:-1]):
        assert isinstance(at, TrainingPosition)
        press(qtbot, window, "Alt+,")
        assert window.time.words.text() == f"epoch 1, step {at.batch}"
        qtbot.waitUntil(lambda at=at: same(shown(window), kept(window, at)))
        assert window.filters.view.caption == f"in epoch 1, step {at.batch}"
    assert window.time.words.text() == "epoch 1, step 1"
    qtbot.waitUntil(lambda: window.canvas.scene.nodes["fc2"].strip != strip)
    window.show_panel("views")
    window.views.choose("compare")
    window.canvas.select(("fc1",))
    qtbot.waitUntil(lambda: window.views.node == "fc1" and len(window.views.pictures.shown) == 3)
    qtbot.mouseClick(window.views.pin, Qt.MouseButton.LeftButton)
    assert window.views.words.text() == "Pinned: epoch 1, step 1"
    window.session.time.choose(None)

    def says_it() -> bool:
        return any(each.tiles and "epoch 1, step 1" in each.tiles.title for each in window.views.pictures.shown)

    qtbot.waitUntil(says_it)


def test_looking_back_while_it_trains_changes_nothing(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if an epoch of a training that is on cannot be looked at, does not stay while the training goes on, or if
    the training ends with other bits than one at which nobody looked."""
    path, project = drawing(tmp_path / "b.netloom", 150)  # enough to be paused in its middle
    window = begun(open_window, qtbot, path)
    qtbot.waitUntil(lambda: len(window.session.time.epochs) >= 3)
    press(qtbot, window, "F6")
    qtbot.waitUntil(lambda: window.session.state == "paused")
    window.session.time.choose(0)
    qtbot.waitUntil(lambda: same(shown(window), kept(window, 0)))
    press(qtbot, window, "F6")
    qtbot.waitUntil(lambda: not window.session.busy)
    assert window.session.time.epoch == 0
    qtbot.waitUntil(lambda: not window.session.looker.waits)
    assert same(shown(window), kept(window, 0))
    net, usual = compile_net(project), torch.get_num_threads()
    prepare_threads(net, project.recipe)  # as the window does: sums of other threads are rounded in another way
    *_, end = train(net, project.recipe, out=tmp_path / "alone")
    torch.set_num_threads(usual)
    assert window.session.run is not None
    mine = load_run(window.session.run.folder).model.state_dict()
    alone = load_run(tmp_path / "alone").model.state_dict()
    assert all(torch.equal(value, alone[name]) for name, value in mine.items()), end


def test_it_plays_every_epoch_and_saves_a_film(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if playing leaves an epoch out or never ends, or the film in the file is another view or misses one."""
    window = begun(open_window, qtbot, drawing(tmp_path / "c.netloom", 5)[0])
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: window.time.isVisible())
    window.time._playing.setInterval(5)
    seen: list[int | None] = []
    window.session.time.moved.connect(lambda: seen.append(window.session.time.epoch))
    press(qtbot, window, "Ctrl+Alt+.")
    qtbot.waitUntil(lambda: bool(seen) and seen[-1] is None)
    assert seen == [0, 1, 2, 3, 4, 5, None]
    qtbot.mouseClick(window.time.film_button, Qt.MouseButton.LeftButton)
    type_file(qtbot, window, tmp_path / "film.gif")
    qtbot.waitUntil(lambda: window.status.message.full_text == "The film was saved as film.gif.")
    with Image.open(tmp_path / "film.gif") as picture:
        assert picture.n_frames == 6  # type: ignore[attr-defined]


def test_a_dream_is_played_and_filmed_over_the_epochs(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if playing leaves epochs out because the dream of one has not come yet, or the film of the panel Dream is
    not the same dream at each epoch."""
    window = begun(open_window, qtbot, drawing(tmp_path / "a.netloom", 2)[0], "dream")
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: len(window.session.time.epochs) == 3)
    dream = window.dream
    dream.steps.setValue(3)
    qtbot.mouseClick(dream.start, Qt.MouseButton.LeftButton)
    seen: list[str] = []

    def came(content: SlowViewState) -> None:
        if content.step == 3:
            seen.append(content.caption)

    show = dream.picture.show_dream
    dream.picture.show_dream = lambda made, title: (came(made), show(made, title))  # type: ignore[method-assign]
    qtbot.waitUntil(lambda: not dream.dreaming and bool(seen))
    window.time.play()
    qtbot.waitUntil(lambda: len(seen) == 5 and not dream.dreaming, timeout=20_000)
    assert seen[1:] == [caption(0), caption(1), caption(2), seen[0]]
    window.time.film()
    type_file(qtbot, window, tmp_path / "film.gif")
    qtbot.waitUntil(lambda: (tmp_path / "film.gif").exists(), timeout=20_000)
    with Image.open(tmp_path / "film.gif") as made:
        assert made.n_frames == 3  # type: ignore[attr-defined]


def test_a_film_of_a_poked_net_is_poked_at_every_epoch(
    open_window: Open, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the film shows the trained net where the window shows a poked copy, or does not say which it shows."""
    window = begun(open_window, qtbot, drawing(tmp_path / "p.netloom", 2)[0])
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: len(window.session.time.epochs) == 3)
    window.session.pokes.put(Weight("fc1", "weight", (2, 5), 7.0))
    filmed: list[FilmMoment] = []
    write = film_module.film
    monkeypatch.setattr(
        film_module, "film", lambda moments, ending: (filmed.extend(moments), write(moments, ending))[1]
    )
    qtbot.mouseClick(window.time.film_button, Qt.MouseButton.LeftButton)
    type_file(qtbot, window, tmp_path / "film.gif")
    said = "The film was saved as film.gif. Each epoch of it is poked: fc1.weight:2,5 = 7."
    qtbot.waitUntil(lambda: window.status.message.full_text == said)
    assert [moment.epoch for moment in filmed] == [0, 1, 2]
    for moment in filmed:
        expected = kept(window, moment.epoch).copy()
        expected[2, 5] = 7.0
        np.testing.assert_array_equal(moment.pictures[0].maps.reshape(64, -1), expected)


def test_a_pin_at_the_newest_weights_stays_with_its_epoch(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if what was pinned moves on with the slider, or, after more training, with the newest weights."""
    window = begun(open_window, qtbot, drawing(tmp_path / "f.netloom", 2)[0], "views")
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: len(window.session.time.epochs) == 3)
    panel = window.views
    panel.choose("compare")
    window.canvas.select(("fc1",))
    qtbot.waitUntil(lambda: panel.node == "fc1" and len(panel.pictures.shown) == 3)
    qtbot.keyClick(panel.form.editors["what"].fields()[0], Qt.Key.Key_End)
    qtbot.mouseClick(panel.pin, Qt.MouseButton.LeftButton)
    assert panel.words.text() == "Pinned: epoch 2"
    pinned = kept(window, 2)

    def sides(epoch: int) -> bool:
        if len(panel.pictures.shown) != 3 or any(each.tiles is None for each in panel.pictures.shown):
            return False
        left, _, right = (each.tiles.maps.reshape(64, -1) for each in panel.pictures.shown if each.tiles is not None)
        return np.array_equal(left, kept(window, epoch)) and np.array_equal(right, pinned)

    qtbot.waitUntil(lambda: sides(2))
    for epoch in (0, 1):
        window.session.time.choose(epoch)
        qtbot.waitUntil(lambda epoch=epoch: sides(epoch))
    window.session.time.choose(None)
    qtbot.waitUntil(lambda: sides(2))


def test_without_epochs_the_keys_say_why(window: MainWindow, qtbot: Any) -> None:
    """Fails if the keys do nothing at all before the first training."""
    for keys in ("Alt+,", "Alt+.", "Ctrl+Alt+."):
        window.status.say("")
        press(qtbot, window, keys)
        assert "fewer than two were kept" in window.status.message.full_text


def test_a_cloud_follows_the_epoch_and_its_lasso_shows_samples(open_window: Open, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a view that was started by hand stays with the epoch that it was started at, if the numbers of another
    start come through, or if what is drawn round is not what the panel Data shows."""
    window = begun(open_window, qtbot, drawing(tmp_path / "d.netloom", 3)[0], "views")
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: window.time.isVisible())
    window.views.choose("embedding")
    qtbot.mouseClick(window.views.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.views.view.tiles is not None and not window.views.at_work)
    newest = window.views.view.tiles
    window.session.time.choose(0)
    qtbot.waitUntil(lambda: window.views.view.caption == caption(0) and not window.views.at_work)
    then = window.views.view.tiles
    assert newest is not None
    assert then is not None
    assert then.plot is not None
    assert not np.array_equal(newest.maps, then.maps)
    view = window.views.view.plot
    assert view is not None
    view.setFocus()
    for _ in range(5):
        qtbot.keyClick(view, Qt.Key.Key_Plus)
    x, y = view.spans
    points = then.plot.points
    inside = (points[:, 0] >= x[0]) & (points[:, 0] <= x[1]) & (points[:, 1] >= y[0]) & (points[:, 1] <= y[1])
    assert 0 < inside.sum() < len(points)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.samples.isVisible())
    wanted = sorted(then.plot.numbers[inside].tolist())
    model = window.samples.samples.model
    qtbot.waitUntil(lambda: model.count == len(wanted))
    assert [model.number(place) for place in range(len(wanted))] == wanted
    assert "from a plot" in window.samples.samples.only.text()
