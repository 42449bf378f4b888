"""Exports that fail: what was chosen is kept, and another place is one press away."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox

from app.ui.export.dialog import ExportChoice
from app.ui.export.render import Style
from app.ui.insight import filming
from app.ui.window import MainWindow
from tests.ui.shell.hands import Open, answer, file_dialog, press, question, type_file
from tests.ui.shell.test_picture_desk import export_dialog
from tests.ui.shell.test_time_strip import drawing


@pytest.fixture
def blocked(tmp_path: Path) -> Path:
    """A file where a folder should be: nothing can be written below it, whoever asks."""
    made = tmp_path / "blocked"
    made.write_text("in the way")
    return made


def elsewhere(window: MainWindow, qtbot: Any, failed: Path, path: Path) -> None:
    """Be told what failed, and give another place; the name is proposed again."""
    qtbot.waitUntil(lambda: any(box.isVisible() for box in window.findChildren(QMessageBox)))
    assert str(failed) in question(window).text()
    answer(qtbot, window, "Save elsewhere…")
    assert [Path(name).name for name in file_dialog(window).selectedFiles()] == [failed.name]
    type_file(qtbot, window, path)
    qtbot.waitUntil(path.exists)


def test_a_picture_keeps_what_was_chosen(window: MainWindow, qtbot: Any, tmp_path: Path, blocked: Path) -> None:
    """Fails if the second place gets another kind of picture than was chosen for the first, or the dialog that is
    opened once more has forgotten it."""
    window.canvas.select(["conv1"])
    window.pictures.export()
    dialog = export_dialog(window)
    dialog.kind.setCurrentIndex(dialog.kind.findData("png"))
    dialog.scale.setValue(300)
    dialog.ground.setChecked(False)
    qtbot.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    type_file(qtbot, window, blocked / "net.png")
    elsewhere(window, qtbot, blocked / "net.png", tmp_path / "net.png")
    size = window.pictures.part("selection").size
    image = QImage(str(tmp_path / "net.png"))
    assert (image.width(), image.height()) == (3 * size.width(), 3 * size.height())
    assert image.pixelColor(0, 0).alpha() == 0
    window.canvas.select([])
    window.pictures.export()
    assert export_dialog(window).choice == ExportChoice("whole", "png", 3.0, Style("", False))


def test_a_program_is_written_elsewhere(window: MainWindow, qtbot: Any, tmp_path: Path, blocked: Path) -> None:
    """Fails if the text is lost with its place, so that a training script would have to be made once more."""
    window.files.export()
    type_file(qtbot, window, blocked / "net.py")
    elsewhere(window, qtbot, blocked / "net.py", tmp_path / "net.py")
    window.code.refresh()
    assert (tmp_path / "net.py").read_text() == window.code.text


@pytest.fixture
def trained(open_window: Open, qtbot: Any, tmp_path: Path) -> MainWindow:
    """A window in which a small net was trained for four epochs."""
    window = open_window(drawing(tmp_path / "a.netloom", 4)[0])
    window.after_first_paint()
    window.show_panel("filters")
    press(qtbot, window, "F5")
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    qtbot.waitUntil(lambda: window.time.isVisible() and not window.session.looker.waits)
    return window


def test_curves_and_runs_are_written_elsewhere(trained: MainWindow, qtbot: Any, tmp_path: Path, blocked: Path) -> None:
    """Fails if numbers of a training end in a sentence that leaves no way but to begin again."""
    window = trained
    window.show_panel("training")
    qtbot.waitUntil(lambda: window.training.curves is not None and any(window.training.curves.stories))
    assert window.training.curves is not None
    window.training.curves.save_wanted.emit()
    type_file(qtbot, window, blocked / "curves.csv")
    elsewhere(window, qtbot, blocked / "curves.csv", tmp_path / "curves.csv")
    assert len((tmp_path / "curves.csv").read_text().splitlines()) > 4
    window.show_panel("run_list")
    qtbot.waitUntil(lambda: bool(window.run_list.chosen()))
    qtbot.mouseClick(window.run_list.export_button, Qt.MouseButton.LeftButton)
    type_file(qtbot, window, blocked / "runs.csv")
    elsewhere(window, qtbot, blocked / "runs.csv", tmp_path / "runs.csv")
    assert (tmp_path / "runs.csv").read_text().startswith("run,")


def frames_of(path: Path) -> list[np.ndarray]:
    """The frames of a film, as other programs read them."""
    if path.suffix == ".gif":
        with Image.open(path) as film:
            frames = []
            for place in range(film.n_frames):
                film.seek(place)
                frames.append(np.asarray(film.convert("RGB")))
            return frames
    pattern = path.parent / f"{path.stem}-%03d.png"
    order = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), str(pattern)]
    subprocess.run(order, capture_output=True, check=True)
    return [np.asarray(Image.open(each)) for each in sorted(path.parent.glob(f"{path.stem}-*.png"))]


@pytest.mark.parametrize("ending", ["gif", "mp4"])
def test_a_film_that_found_no_place_is_not_made_again(
    trained: MainWindow, qtbot: Any, tmp_path: Path, blocked: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    """Fails if minutes of work are lost with a full disk, if the film that is kept does not open elsewhere, or misses
    an epoch; before the first and after each of the four, one picture each, the last of which stays for a while."""
    window, made = trained, []
    looked = filming.FilmOf._at
    monkeypatch.setattr(filming.FilmOf, "_at", lambda self, epoch: (made.append(epoch), looked(self, epoch))[1])
    window.show_panel("filters")
    qtbot.mouseClick(window.time.film_button, Qt.MouseButton.LeftButton)
    type_file(qtbot, window, blocked / f"film.{ending}")
    place = tmp_path / f"film.{ending}"
    elsewhere(window, qtbot, blocked / f"film.{ending}", place)
    assert made == [0, 1, 2, 3, 4]
    assert window.status.message.full_text == f"The film was saved as film.{ending}."
    frames = frames_of(place)
    assert len(frames) == (5 if ending == "gif" else 5 + 6)
    assert len({frame.shape for frame in frames}) == 1
    first, second = frames[0].astype(int), frames[1].astype(int)
    assert np.abs(first - second).max() > 40, "the weights have moved, and so has the number of the epoch"


def test_a_film_can_be_stopped(
    trained: MainWindow, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a film that takes long cannot be stopped, leaves half a file, or says that it was saved."""
    window = trained
    window.show_panel("filters")
    looked: Callable[..., Any] = filming.FilmOf._at
    begun, pressed = threading.Event(), threading.Event()
    steps = []

    def at(self: filming.FilmOf, epoch: Any) -> Any:
        steps.append(epoch)
        begun.set()
        pressed.wait(60)
        return looked(self, epoch)

    monkeypatch.setattr(filming.FilmOf, "_at", at)
    qtbot.mouseClick(window.time.film_button, Qt.MouseButton.LeftButton)
    type_file(qtbot, window, tmp_path / "film.gif")
    qtbot.waitUntil(begun.is_set)
    assert window.time.film_button.toolTip() == "Stop making the film"
    qtbot.mouseClick(window.time.film_button, Qt.MouseButton.LeftButton)
    pressed.set()
    qtbot.waitUntil(lambda: window.status.message.full_text == "No film was made.")
    assert steps == [0]
    assert not (tmp_path / "film.gif").exists()
    assert window.time.film_button.toolTip().startswith("Save a film")


def test_an_mp4_without_its_package_is_refused_before_the_work(
    trained: MainWindow, qtbot: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if somebody waits for all pictures to be told at the end that nothing here can write them."""
    made: list[Any] = []
    monkeypatch.setitem(__import__("sys").modules, "imageio_ffmpeg", None)
    monkeypatch.setattr(filming.FilmOf, "_at", lambda _self, epoch: made.append(epoch))
    trained.show_panel("filters")
    qtbot.mouseClick(trained.time.film_button, Qt.MouseButton.LeftButton)
    type_file(qtbot, trained, tmp_path / "film.mp4")
    qtbot.waitUntil(lambda: "pip install netloom[film]" in trained.status.message.full_text)
    assert made == []
