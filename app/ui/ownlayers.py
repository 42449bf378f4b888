"""Layers of the user's own in the window: the question of trust, what is broken, and the list of files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QAbstractItemView, QDialog, QMessageBox, QTableWidgetItem

from app.core import userlayers
from app.core.userlayers import LayerFile, LoadedUserLayers
from app.ui.dialogs import AROUND, ask, show_list, table_of, tell
from app.ui.labels import TintedLabel, button
from app.ui.layouts import column, row

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_ROLE = QMessageBox.ButtonRole
_KEEP = 1000  # answers that are remembered


class OwnLayers(QObject):
    """Loads trusted files, asks about others once, and tells of broken ones. ``trusting`` asks nobody."""

    def __init__(self, window: BaseWindow, trusting: bool = False) -> None:
        super().__init__(window)
        self._window = window
        self._trusting = trusting or userlayers.trusts_everything()
        self._asked: list[LayerFile] = []
        self._told = False
        self.dialog: LayersDialog | None = None
        self.loaded = LoadedUserLayers()

    # Loading

    def load(self) -> None:
        """Load what is trusted. To be called before the first drawing is opened, which may use it."""
        self.loaded = userlayers.load(self.is_trusted)

    def is_trusted(self, file: LayerFile) -> bool:
        """Whether this content may run."""
        return self._trusting or file.digest in self._window.settings.values.trusted_layers

    def renew(self) -> None:
        """Read the folder again, and let the drawing and every panel know."""
        self.load()
        self._window.qdocument.document.renew()
        self._window.offer_layers()
        for other in self._window.windows.others(self._window):
            other.qdocument.document.renew()
            other.offer_layers()
        self.tell_broken()
        if self.dialog is not None:
            self.dialog.refresh()

    def tell_broken(self) -> None:
        """Say which files cannot be used, above the canvas."""
        broken = self.loaded.broken
        if self._told:
            self._window.banner.clear()
        self._told = bool(broken)
        if not broken:
            return
        lines = [str(each) for each in broken]
        first = broken[0]
        place = f"{first.path.name}, line {first.line}" if first.line is not None else first.path.name
        text = f"Own layers: {place}: {first.sentence}" if len(broken) == 1 else f"{len(broken)} own layers are broken."
        about = "These files in your layer folder cannot be used. Everything else was loaded."
        self._window.banner.say(
            text, "Show all", lambda: show_list(self._window, "Own layers that are broken", about, lines)
        )

    # Trust

    def ask(self) -> None:
        """Ask about each file that nobody has answered for, one after the other."""
        answered = self._window.settings.values.refused_layers
        waiting = [file for file in self.loaded.waiting if file.digest not in answered and file not in self._asked]
        if waiting:
            self._asked.append(waiting[0])
            self.ask_about(waiting[0], self.ask)

    def ask_about(self, file: LayerFile, then: Callable[[], object] = lambda: None) -> QMessageBox:
        """Put the question of trust for one file."""

        def answer(trusted: bool) -> None:
            self.remember(file, trusted)
            if trusted:
                self.renew()
            then()

        return ask(
            self._window,
            "A layer of your own",
            f"May this file be run, so that its layers can be used?\n\n{file.path}",
            "It is a program. It will run with your rights, now and whenever Netloom starts, until it is changed. "
            "Say yes only if you, or somebody you trust, have written it.",
            [
                ("Do not run it", _ROLE.RejectRole, lambda: answer(False)),
                ("Run it", _ROLE.AcceptRole, lambda: answer(True)),
            ],
        )

    def remember(self, file: LayerFile, trusted: bool) -> None:
        """Keep the answer for this content."""
        values = self._window.settings.values
        yes = tuple(each for each in values.trusted_layers if each != file.digest)
        no = tuple(each for each in values.refused_layers if each != file.digest)
        if trusted:
            yes = (*yes, file.digest)[-_KEEP:]
        else:
            no = (*no, file.digest)[-_KEEP:]
        self._window.settings.change(trusted_layers=yes, refused_layers=no)

    # The list

    def show(self) -> None:
        """The files of the layer folder and what became of them."""
        try:
            place = userlayers.made_folder()
        except OSError as error:
            reason = error.strerror or str(error)
            tell(self._window, "No layer folder", f"The folder {userlayers.folder()} cannot be made: {reason}.")
            return
        self.renew()
        self.dialog = LayersDialog(self, self._window, place)
        self.dialog.destroyed.connect(self._closed)
        self.dialog.show()

    def _closed(self) -> None:
        self.dialog = None


class LayersDialog(QDialog):
    """A table of files, and what can be done with them."""

    def __init__(self, own: OwnLayers, window: BaseWindow, place: Path) -> None:
        super().__init__(window)
        self._own = own
        self._place = place
        self._files: list[LayerFile | None] = []
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Your own layers")
        about = TintedLabel(
            f"Python files in {place} declare layers of your own, in the form of Netloom's. "
            "README.md there shows a whole one. A file is a program: it runs only after you have said that it may.",
            "text",
            wrap=True,
        )
        about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.table = table_of("Files in the layer folder", ("file", "state"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.itemSelectionChanged.connect(self._offer)
        self.trust = button("Run it…", "Ask whether the selected file may run", self._trust)
        self.distrust = button("Do not run it", "Take the trust in the selected file back", self._distrust)
        self.again = button("Read again", "Read the folder again, after a file was added or changed", own.renew)
        self.look = button("Open folder", f"Show {place} in the file manager", self._open)
        close = button("Close", "Close this list", self.close)
        buttons = row(self.trust, self.distrust, self.again, self.look, 1, close)
        column(about, (self.table, 1), buttons, of=self, margins=AROUND, spacing=10)
        self.resize(720, 380)
        self.refresh()

    def refresh(self) -> None:
        """Show what is so now."""
        loaded = self._own.loaded
        rows: list[tuple[str, str, LayerFile | None]] = []
        for file, ids in loaded.files:
            rows.append((file.path.name, f"in use: {', '.join(ids)}", file))
        for file in loaded.waiting:
            rows.append((file.path.name, "not run: it waits for your word", file))
        for broken in loaded.broken:
            place = f"line {broken.line}: " if broken.line is not None else ""
            rows.append((broken.path.name, f"broken: {place}{broken.sentence}", None))
        rows.sort(key=lambda each: each[0])
        self.table.setRowCount(len(rows))
        for line, (name, state, _) in enumerate(rows):
            for at, text in enumerate((name, state)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                self.table.setItem(line, at, item)
        self._files = [file for _, _, file in rows]
        self.table.resizeRowsToContents()
        if rows and not self.table.selectedItems():
            self.table.selectRow(0)
        self._offer()

    def _selected(self) -> LayerFile | None:
        line = self.table.currentRow()
        return self._files[line] if 0 <= line < len(self._files) else None

    def _offer(self) -> None:
        file = self._selected()
        waits = file is not None and file in self._own.loaded.waiting
        self.trust.setEnabled(waits)
        self.distrust.setEnabled(file is not None and not waits)

    def _trust(self) -> None:
        file = self._selected()
        if file is not None:
            self._own.ask_about(file)

    def _distrust(self) -> None:
        file = self._selected()
        if file is not None:
            self._own.remember(file, trusted=False)
            self._own.renew()

    def _open(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._place)))
