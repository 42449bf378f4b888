"""Files that are dropped on the window, as the system tells the window of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QObject, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from app.core.commands import SetRecipe
from app.core.storage import templates
from app.core.storage.files import save_project
from app.ui.window import MainWindow
from tests.support.patience import settle
from tests.ui.shell.hands import answer, change, out_channels, question

_ACTIONS = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def _closed(window: MainWindow) -> Iterator[None]:
    yield
    for other in window.windows.others(window):
        other._may_close = True
        other.close()


def drop(target: QObject, *paths: Path, at: QPoint | None = None) -> bool:
    """Carry files over ``target`` and let go; whether it took them."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    data.setText("\n".join(str(path) for path in paths))  # file managers give the names as text too
    where = at or QPoint(400, 300)
    entering = QDragEnterEvent(where, _ACTIONS, data, _LEFT, _NONE)
    QApplication.sendEvent(target, entering)
    if not entering.isAccepted():
        return False
    moving = QDragMoveEvent(where, _ACTIONS, data, _LEFT, _NONE)
    QApplication.sendEvent(target, moving)
    dropped = QDropEvent(QPointF(where), _ACTIONS, data, _LEFT, _NONE)
    QApplication.sendEvent(target, dropped)
    return moving.isAccepted() and dropped.isAccepted()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "mlp.netloom"
    save_project(templates.load("mlp_digits"), made)
    return made


def test_a_drawing_opens_and_unsaved_work_is_asked_about(window: MainWindow, qtbot: Any, path: Path) -> None:
    """Fails if a dropped file is ignored, or takes the place of unsaved work without a question."""
    change(window)
    assert drop(window.windowHandle(), path)
    answer(qtbot, window, "Cancel")
    assert out_channels(window) == 9
    assert drop(window.windowHandle(), path)
    answer(qtbot, window, "Do not save")
    assert window.qdocument.document.path == path


@pytest.mark.parametrize("name", ["canvas", "layers", "inspector", "toolbar"])
def test_anywhere_on_the_window(window: MainWindow, path: Path, name: str) -> None:
    """Fails if a part of the window keeps the file for itself."""
    part = getattr(window, name)
    at = part.mapTo(window, part.rect().center())
    assert drop(window.windowHandle(), path, at=at)
    assert window.qdocument.document.path == path


def test_over_a_text_field_it_is_a_file_too(window: MainWindow, path: Path) -> None:
    """Fails if a drop on the search field writes the file's name into it."""
    window.search_layers()
    field = QApplication.focusWidget()
    assert field is not None
    assert drop(window.windowHandle(), path, at=field.mapTo(window, field.rect().center()))
    assert window.qdocument.document.path == path
    assert getattr(field, "text", str)() == ""


def test_several_open_in_windows_of_their_own(window: MainWindow, path: Path, tmp_path: Path) -> None:
    """Fails if only one of several dropped drawings is opened, or all into one window."""
    second = tmp_path / "lenet.netloom"
    save_project(templates.load("lenet_digits"), second)
    assert drop(window.windowHandle(), path, second, tmp_path / "notes.txt")
    (other,) = window.windows.others(window)
    assert window.qdocument.document.path == path
    assert other.qdocument.document.path == second
    assert "notes.txt" in window.status.message.full_text


@pytest.mark.parametrize(
    ("name", "words"),
    [("resnet.pth", "import-weights"), ("w.safetensors", "holds weights")],
)
def test_weights_are_explained(window: MainWindow, qtbot: Any, tmp_path: Path, name: str, words: str) -> None:
    """Fails if weights are dropped without a word, or without the way to use them."""
    file = tmp_path / name
    file.write_bytes(b"x")
    before = window.qdocument.project
    assert drop(window.windowHandle(), file)
    box = question(window)
    assert name in box.text()
    assert words in box.text() + box.informativeText()
    answer(qtbot, window, "Close")
    assert window.qdocument.project is before


def test_what_is_no_drawing_and_a_broken_one(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if these end in a traceback or without a word, or change the drawing."""
    broken, strange = tmp_path / "broken.netloom", tmp_path / "strange.xyz"
    broken.write_text("nothing")
    strange.write_bytes(b"x")
    before = window.qdocument.project
    assert drop(window.windowHandle(), broken)
    assert "broken.netloom" in question(window).text()
    answer(qtbot, window, "Close")
    for file, words in ((tmp_path, f"folder {tmp_path.name}"), (strange, "strange.xyz is nothing that Netloom reads")):
        assert drop(window.windowHandle(), file)
        qtbot.waitUntil(lambda words=words: words in window.data.card.sentence.text())
    assert window.data.card.isVisible()
    assert window.qdocument.project is before


def test_leaving_takes_the_hint_back(window: MainWindow, path: Path) -> None:
    """Fails if the status bar goes on promising to open what was carried away again."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    QApplication.sendEvent(window.windowHandle(), QDragEnterEvent(QPoint(9, 9), _ACTIONS, data, _LEFT, _NONE))
    assert "mlp.netloom" in window.status.message.full_text
    QApplication.sendEvent(window.windowHandle(), QDragLeaveEvent())
    assert window.status.message.full_text == ""


def test_layers_from_the_palette_are_left_alone(window: MainWindow) -> None:
    """Fails if taking files breaks the dragging of layers onto the canvas."""
    from app.ui.canvas.tools.drop import MIME

    data = QMimeData()
    data.setData(MIME, b"ReLU")
    at = window.canvas.rect().center() + QPoint(0, 80)
    for event in (
        QDragEnterEvent(at, _ACTIONS, data, _LEFT, _NONE),
        QDropEvent(QPointF(at), _ACTIONS, data, _LEFT, _NONE),
    ):
        QApplication.sendEvent(window.canvas, event)
    assert len(window.qdocument.project.graph.nodes) == 15


def test_files_over_the_panel_predict_are_for_the_trained_net(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if a picture that is dropped there becomes the data of the drawing, or one that is dropped elsewhere is
    asked about."""
    from PIL import Image

    window.files.open_template("mlp_digits")
    window.session.load_torch()
    qtbot.waitUntil(lambda: window.session.torch_loaded)
    window.qdocument.do_step(SetRecipe(setting="epochs", value=1))
    window.show_panel("predict")
    settle()
    middle = window.predict.mapTo(window, window.predict.rect().center())
    picture = tmp_path / "seven.png"
    Image.new("L", (8, 8), 90).save(picture)
    assert not window.predict.takes(window.mapToGlobal(middle)), "nothing is trained yet"
    window.session.train()
    qtbot.waitUntil(lambda: window.session.trained is not None and not window.session.busy)
    assert drop(window.windowHandle(), picture, at=middle)
    qtbot.waitUntil(lambda: window.predict.title.text().startswith("seven.png"))
    assert not window.data.card.isVisible()
    assert drop(window.windowHandle(), picture, at=window.canvas.mapTo(window, window.canvas.rect().center()))
    qtbot.waitUntil(window.data.card.isVisible)
