"""The start page goes on where somebody left off: with the last drawing, its state, and what it has learned."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt

import main
from app.core.commands import SetSetting
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.core.storage.files import save_project
from app.training.loop import train
from app.training.run_description import noting
from app.ui.settings import Settings
from app.ui.startpage.page import StartPage
from app.ui.training import runs
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import Open, press

ROOT = Path(main.__file__).parent
LEFT = Qt.MouseButton.LeftButton
MLP = replace(templates.load("mlp_digits"), recipe=Recipe(epochs=2, batch_size=256, validation=0.2, device="cpu"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.netloom"
    save_project(MLP, path)
    return path


def a_run(file: Path | None) -> Path:
    folder = runs.home() / "mlp-20260131-140502"
    list(noting(train(compile_net(MLP), MLP.recipe, out=folder), folder, file))
    return folder


@pytest.fixture
def started(open_window: Open, qtbot: Any) -> Iterator[Any]:
    """Opens a window as a start without a file does, with the start page over it."""
    made: list[MainWindow] = []

    def make() -> StartPage:
        window = open_window()
        made.append(window)
        window.start.show()
        page = window.start.page
        assert page is not None
        qtbot.waitUntil(lambda: page._painted and not page._idle.isActive())
        return page

    yield make
    for window in made:
        for other in window.windows.others(window):
            other._may_close = True
            other.close()


def result(folder: Path) -> str:
    last = json.loads((folder / "metrics.jsonl").read_text().splitlines()[-1])
    return f"{100 * last['val_accuracy']:.1f} %"


def test_it_goes_on_with_the_last_file_and_its_training(
    started: Any, settings: Settings, file: Path, tmp_path: Path, qtbot: Any
) -> None:
    """Fails if the last drawing is not named with what it reached, or choosing it leaves the training behind."""
    folder = a_run(file)
    settings.add_recent(tmp_path / "before.netloom")
    settings.add_recent(file)
    page = started()
    assert page.go_on.title == "Go on with mine.netloom"
    assert page.go_on.words == f"{result(folder)} (2 epochs)"
    assert page.go_on.second.startswith("Changed today at")
    assert page.go_on.hasFocus()
    assert page.recent[0].second.startswith(f"{result(folder)} · Changed today at")  # the result is never cut off
    qtbot.keyClick(page.go_on, Qt.Key.Key_Return)
    window = page._window
    assert window.qdocument.document.path == file
    qtbot.waitUntil(lambda: window.session.trained is not None)
    assert window.session.trained.run == folder
    assert not window.start.shown
    assert not window.runs.notice.isVisible()


def test_it_goes_on_with_a_training_that_was_never_saved(started: Any, settings: Settings, qtbot: Any) -> None:
    """Fails if a drawing without a file is lost to whoever closed the window, though it was trained."""
    folder = a_run(None)
    settings.change(last=str(folder))
    page = started()
    assert page.go_on.title == "Go on with MLP on digits"
    qtbot.mouseClick(page.go_on, LEFT)
    window = page._window
    assert window.qdocument.project.title == "MLP on digits"
    assert window.session.trained.run == folder
    assert window.qdocument.document.path is None


def test_a_training_without_a_file_is_what_was_worked_on_last(open_window: Open, qtbot: Any) -> None:
    """Fails if the next start does not know of it."""
    window = open_window("mlp_digits")
    window.train()
    qtbot.waitUntil(lambda: window.session.state == "running")
    window.stop()
    qtbot.waitUntil(lambda: not window.session.busy)
    assert window.settings.values.last == str(window.session.run.folder)


def test_what_is_gone_gives_way_to_what_is_there(started: Any, settings: Settings, file: Path, qtbot: Any) -> None:
    """Fails if the page offers a file or a run that was deleted."""
    settings.add_recent(file)
    settings.change(last=str(file.parent / "gone"))
    page = started()
    assert page.go_on.title == "Go on with mine.netloom"
    file.unlink()
    qtbot.mouseClick(page.go_on, LEFT)
    window = page._window
    assert window.start.shown  # not another drawing than the one that was read there
    assert page.go_on.title == f"Go on with {window.files.name}"
    qtbot.mouseClick(page.go_on, LEFT)
    assert not window.start.shown


def test_a_run_that_is_gone_leaves_the_file(started: Any, settings: Settings, file: Path, qtbot: Any) -> None:
    """Fails if a drawing is not offered, or promised as trained, where its run was removed."""
    shutil.rmtree(a_run(file))
    settings.add_recent(file)
    page = started()
    assert page.go_on.title == "Go on with mine.netloom"
    assert "epochs" not in page.go_on.words
    qtbot.mouseClick(page.go_on, LEFT)
    assert page._window.qdocument.document.path == file


def test_a_drawing_that_was_changed_since_promises_nothing(started: Any, settings: Settings, file: Path) -> None:
    """Fails if the result of another version is said of the drawing as it is now."""
    folder = a_run(file)
    save_project(SetSetting("", ("fc1",), "out_features", 40).apply(MLP), file)
    settings.add_recent(file)
    page = started()
    assert page.go_on.words == f"Changed since {result(folder)} (2 epochs)"
    assert "%" not in page.recent[0].second


def test_once_something_is_begun_it_goes_on_with_that(started: Any, settings: Settings, file: Path, qtbot: Any) -> None:
    """Fails if the page leads away from the drawing in which somebody works."""
    settings.add_recent(file)
    page = started()
    window = page._window
    qtbot.mouseClick(page.new, LEFT)
    press(qtbot, window, "Alt+Home")
    qtbot.waitUntil(lambda: not page._idle.isActive())
    assert page.go_on.title == "Go on with mine.netloom"  # an empty drawing is nothing to go on with
    qtbot.mouseClick(page.go_on, LEFT)
    press(qtbot, window, "Alt+Home")
    assert page.go_on.title == "Go on with mine.netloom"
    assert "open behind this page" in page.go_on.words


def test_what_another_window_shows_is_not_offered(started: Any, settings: Settings, file: Path) -> None:
    """Fails if going on in a new window only brings the other one to the front."""
    page = started()
    window = page._window
    window.files.load(file)
    other = window.windows.open("", window, start_page=True)
    assert other.start.page is not None
    settle()
    assert other.start.page.go_on.isHidden()


@pytest.mark.parametrize("width", [1366, 683])
def test_its_words_are_seen(width: int, started: Any, settings: Settings, file: Path, qtbot: Any) -> None:
    """Fails if the third line has no room, in half of a small screen too."""
    a_run(file)
    settings.add_recent(file)
    page = started()
    page._window.resize(width, 736)
    qtbot.waitUntil(lambda: page.width() == width)
    row = page.go_on
    assert row.height() >= 3 * row.fontMetrics().lineSpacing()
    room = row.width() - row.picture_size().width() - 30
    for text in (row.words, row.second):
        assert row.fontMetrics().horizontalAdvance(text) <= room, text


SAYS = """
import sys
from PySide6.QtWidgets import QApplication
import main
from app.ui.window import MainWindow

def after(window):
    print("page" if window.start.shown else "drawing", window.qdocument.project.title, flush=True)
    QApplication.exit(0)

MainWindow.after_first_paint = after
sys.exit(main.main(sys.argv[1:]))
"""


@pytest.mark.real_window
@pytest.mark.parametrize("what", [[], ["lenet_digits"], ["mine.netloom"]])
def test_every_start_without_a_file_shows_it(display: str | None, file: Path, what: list[str], tmp_path: Path) -> None:
    """Fails if only the first start shows the page, or one with a file, or a template's name, does."""
    home = tmp_path / "starts"
    home.mkdir()
    Settings(home / "window.json").add_recent(file)
    what = [str(file) if word == "mine.netloom" else word for word in what]
    done = subprocess.run(
        [sys.executable, "-c", SAYS, *what],
        cwd=ROOT,
        env={**os.environ, "NETLOOM_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split()[0] == ("drawing" if what else "page")
