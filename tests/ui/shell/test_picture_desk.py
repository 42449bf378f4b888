"""Export picture, print and copy as picture, as a person calls them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication, QPushButton

from app.ui.export.dialog import ExportChoice, ExportDialog
from app.ui.export.render import Style
from app.ui.window import MainWindow
from tests.support.patience import wait_active
from tests.ui.shell.hands import answer, change, file_dialog, press, question, type_file, type_over


def export_dialog(window: MainWindow) -> ExportDialog:
    return next(each for each in window.findChildren(ExportDialog) if each.isVisible())


def test_export_from_the_keyboard_suggests_a_name_and_writes_the_file(
    window: MainWindow, qtbot: Any, tmp_path: Path
) -> None:
    """Fails if the keys lead nowhere, the file has no name or ending, or its content is no picture."""
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+Shift+E")
    dialog = export_dialog(window)
    assert dialog.choice == ExportChoice("whole", "svg", 2.0, Style("", True))
    assert dialog.what.findData("selection") == -1
    qtbot.keyClick(dialog.what, Qt.Key.Key_Return)
    assert [Path(name).name for name in file_dialog(window).selectedFiles()] == ["lenet-5_on_digits.svg"]
    type_file(qtbot, window, tmp_path / "net")
    saved = tmp_path / "net.svg"
    qtbot.waitUntil(saved.exists)
    renderer = QSvgRenderer(str(saved))
    assert renderer.isValid()
    assert "conv1" in saved.read_text()
    assert not window.isWindowModified()


def test_enter_saves_after_the_keys_were_on_cancel(window: MainWindow, qtbot: Any) -> None:
    """Fails if Enter in a field closes the dialog without a picture because Tab had passed over Cancel."""
    window.activateWindow()
    window.pictures.export()
    dialog = export_dialog(window)
    wait_active(dialog)
    cancel = next(each for each in dialog.findChildren(QPushButton) if each.text() == "Cancel")
    passed = []
    for _ in range(20):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        passed.append(QApplication.focusWidget())
        if cancel in passed and passed[-1] is dialog.kind:
            break
    assert dialog.kind.hasFocus()
    assert [dialog.save.isDefault(), cancel.isDefault()] == [True, False]
    qtbot.keyClick(dialog.kind, Qt.Key.Key_Return)
    assert file_dialog(window).isVisible()


def test_escape_makes_no_picture(window: MainWindow, qtbot: Any) -> None:
    """Fails if Escape does not close the dialog, or goes on to ask for a file."""
    window.pictures.export()
    dialog = export_dialog(window)
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    with pytest.raises(StopIteration):
        file_dialog(window)


def test_selection_comes_first_and_a_png_that_is_too_large_cannot_be_saved(window: MainWindow, qtbot: Any) -> None:
    """Fails if a selection must be chosen again, or a size that nobody can paint is only found out after the name."""
    window.canvas.select(["conv1", "relu1"])
    window.pictures.export()
    dialog = export_dialog(window)
    assert dialog.choice.what == "selection"
    assert not dialog.scale.isVisible()
    dialog.what.setCurrentIndex(dialog.what.findData("whole"))
    dialog.kind.setCurrentIndex(dialog.kind.findData("png"))
    assert dialog.scale.isVisible()
    assert dialog.save.isEnabled()
    dialog.scale.setValue(1000)
    assert not dialog.save.isEnabled()
    assert "too many to be painted" in dialog.facts.text()
    dialog.scale.setValue(100)
    assert dialog.save.isEnabled()
    assert "pixels" in dialog.facts.text()
    dialog.reject()


@pytest.mark.parametrize(("typed", "taken"), [("5000", 1000), ("2", 5), ("150", 150)])
def test_a_scale_beyond_the_limits_becomes_the_limit(typed: str, taken: int, window: MainWindow, qtbot: Any) -> None:
    """Fails if 5000 % becomes 500 % because a digit is swallowed."""
    window.pictures.export()
    dialog = export_dialog(window)
    dialog.kind.setCurrentIndex(dialog.kind.findData("png"))
    wait_active(dialog)
    type_over(qtbot, dialog.scale, typed)
    qtbot.keyClick(dialog.scale, Qt.Key.Key_Tab)
    assert dialog.scale.text() == f"{taken} %"
    assert dialog.choice.scale == taken / 100
    dialog.reject()


@pytest.mark.parametrize("name", ["a.png", "a.PDF", "a.svg"])
def test_the_ending_decides(window: MainWindow, tmp_path: Path, name: str) -> None:
    """Fails if a file named .png holds SVG."""
    path = tmp_path / name
    window.pictures.write(path, ExportChoice("whole", "svg", 1.0, Style("light")))
    start = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}[path.suffix.lower()[1:]]
    assert path.read_bytes().startswith(start)


def test_an_export_that_fails_says_so_and_keeps_the_old_file(window: MainWindow, qtbot: Any, tmp_path: Path) -> None:
    """Fails if the reason is silent or a traceback, or a half written file takes the place of a good one."""
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    window.pictures.write(blocked / "x.svg", ExportChoice("whole", "svg", 1.0, Style()))
    assert "could not be saved" in question(window).text()
    answer(qtbot, window, "Close")
    old = tmp_path / "x.png"
    old.write_bytes(b"old")
    window.pictures.write(old, ExportChoice("whole", "png", 40.0, Style()))
    assert old.read_bytes() == b"old"
    assert "too many" in question(window).text()
    answer(qtbot, window, "Close")


def test_copy_as_picture_offers_pixels_and_svg(window: MainWindow, qtbot: Any) -> None:
    """Fails if other programs find nothing to paste, or the text that Paste needs is taken for granted."""
    window.canvas.select(["conv1"])
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+Shift+C")
    data = QGuiApplication.clipboard().mimeData()
    image = data.imageData()
    assert isinstance(image, QImage)
    assert image.width() == 2 * window.pictures.part("selection").size.width()
    svg = bytes(data.data("image/svg+xml").data())
    assert b"conv1" in svg
    assert b"relu1" not in svg
    window.canvas.select(())
    window.pictures.copy()
    assert QGuiApplication.clipboard().mimeData().imageData().width() > image.width()


def test_print_shows_the_pages_first_and_closes(window: MainWindow, qtbot: Any) -> None:
    """Fails if printing blocks the window, or begins without a look at the pages."""
    from PySide6.QtPrintSupport import QPrintPreviewDialog, QPrintPreviewWidget

    change(window)
    window.canvas.setFocus()
    press(qtbot, window, "Ctrl+Alt+P")
    dialog = next(each for each in window.findChildren(QPrintPreviewDialog) if each.isVisible())
    pages = dialog.findChild(QPrintPreviewWidget)
    qtbot.waitUntil(lambda: pages.pageCount() == 1)
    dialog.reject()
    assert not dialog.isVisible()


def test_an_empty_drawing_is_said_and_not_asked_about(window: MainWindow) -> None:
    """Fails if an empty file is offered."""
    window.files.new()
    window.pictures.export()
    window.pictures.print()
    assert not [each for each in window.findChildren(ExportDialog) if each.isVisible()]


def test_what_is_seen_now_follows_the_view(window: MainWindow) -> None:
    """Fails if the visible part is another than that on the screen."""
    canvas = window.canvas
    canvas.zoom_by(2.0)
    part = window.pictures.part("visible")
    assert part.rect.width() == pytest.approx(canvas.width() / canvas.camera.scale)
    assert part.rect.topLeft() == canvas.camera.to_scene(part.rect.topLeft() * 0)
