"""File > Export picture, File > Print and Edit > Copy as picture of one window."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QMimeData, QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QMessageBox

from app.core.graph.model import MAIN
from app.core.storage.files import write_atomic
from app.ui.dialogs import choose_file, not_saved, tell
from app.ui.files import file_name

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow
    from app.ui.export.dialog import ExportChoice
    from app.ui.export.render import PicturePart

KINDS = {
    "svg": "SVG pictures (*.svg)",
    "pdf": "PDF documents (*.pdf)",
    "png": "PNG pictures (*.png)",
}
_CLIPBOARD_SCALE = 2.0


class PictureDesk(QObject):
    """Nothing here waits: what a dialog was asked comes as a call. What paints is loaded when it is first needed."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._dialogs: list[QDialog] = []
        self._last: ExportChoice | None = None  # a dialog that is opened again begins with it

    # -- what can be put into a picture --------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        """What the drawing, or the block that is open, is called."""
        canvas = self._window.canvas
        return self._window.qdocument.project.title if canvas.where == MAIN else canvas.where

    def part(self, what: str) -> PicturePart:
        """``whole``, ``selection`` or ``visible``."""
        from app.ui.export.render import PicturePart, whole

        canvas = self._window.canvas
        if what == "selection" and self._has_selection:
            return whole(canvas.scene, canvas.selected, canvas.selected_frames)
        if what == "visible":
            return PicturePart(canvas.scene, canvas.camera.seen(canvas.width(), canvas.height()))
        return whole(canvas.scene)

    @property
    def _has_selection(self) -> bool:
        canvas = self._window.canvas
        return bool(canvas.selected or canvas.selected_frames)

    def _drawn(self) -> bool:
        """Whether there is anything to put into a picture; without, say so."""
        scene = self._window.canvas.scene
        if scene.nodes or len(scene.frames):
            return True
        self._window.say("The drawing is empty, so there is no picture of it. Add a layer first.")
        return False

    # -- File > Export picture -----------------------------------------------------------------------------------------

    def export(self) -> None:
        """Ask what the picture should show and be, then for a file."""
        if not self._drawn():
            return
        from app.ui.export.dialog import ExportDialog

        dialog = ExportDialog(self._window, self.part, self._has_selection, self._last)
        dialog.wanted.connect(self._ask_for_file)
        self._keep(dialog)
        dialog.open()

    def _keep(self, dialog: QDialog) -> None:
        self._dialogs.append(dialog)
        dialog.finished.connect(lambda: self._dialogs.remove(dialog) if dialog in self._dialogs else None)

    def _ask_for_file(self, choice: ExportChoice, name: str = "") -> None:
        self._last = choice
        path = self._window.qdocument.document.path
        where = self._window.canvas.where
        stem = path.stem if path is not None and where == MAIN else file_name(self.title)
        choose_file(
            self._window,
            "Save the picture as",
            self._window.files.folder() / (name or f"{stem}.{choice.form}"),
            ";;".join([KINDS[choice.form], "All files (*)"]),
            lambda chosen: self.write(chosen, choice),
            saving=True,
            ending=choice.form,
        )

    def write(self, path: Path, choice: ExportChoice) -> None:
        """Save the picture to ``path``. An ending that is a kind of picture decides which kind it becomes."""
        from app.ui.export.render import to_pdf, to_png, to_svg

        form = path.suffix.lower().removeprefix(".")
        form = form if form in KINDS else choice.form
        part = self.part(choice.what)
        try:
            if form == "svg":
                content = to_svg(part, choice.style, self.title)
            elif form == "pdf":
                content = to_pdf(part, choice.style, self.title)
            else:
                content = to_png(part, choice.scale, choice.style)
        except ValueError as reason:
            role = QMessageBox.ButtonRole
            again = [("Choose again…", role.AcceptRole, self.export), ("Close", role.RejectRole, None)]
            tell(self._window, "No picture was made", str(reason), "", again)
            return
        try:
            write_atomic(path, content)
        except OSError as error:
            not_saved(self._window, "The picture", path, error, partial(self._ask_for_file, choice, path.name))
            return
        self._window.say(f"Saved to {path}")

    # -- Edit > Copy as picture ----------------------------------------------------------------------------------------

    def copy(self) -> None:
        """Put a picture of the selection, or of the whole drawing, on the clipboard: pixels, and SVG beside them."""
        if not self._drawn():
            return
        from app.ui.export.render import Style, most_scale, percent, to_image, to_svg

        part, style = self.part("selection"), Style()
        scale = min(_CLIPBOARD_SCALE, most_scale(part))
        data = QMimeData()
        data.setImageData(to_image(part, scale, style))
        data.setData("image/svg+xml", QByteArray(to_svg(part, style, self.title)))
        QGuiApplication.clipboard().setMimeData(data)
        what = "The selection is" if part.names is not None else "The drawing is"
        small = f", at {percent(scale)} because it is large" if scale < 1 else ""
        self._window.say(f"{what} on the clipboard as a picture{small}.")

    # -- File > Print --------------------------------------------------------------------------------------------------

    def print(self) -> None:
        """Show how the drawing would look on paper; it is printed from there."""
        if not self._drawn():
            return
        from app.ui.export.printing import preview

        dialog = preview(self._window, self.part("whole"), self.title)
        self._keep(dialog)
        dialog.open()
