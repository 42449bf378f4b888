"""Notices that another program has written, moved or deleted the file of the drawing, and offers what can be done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QFileSystemWatcher, QObject

from app.core.document import Change
from app.core.storage.files import MOST_BYTES, UnreadableDrawing, open_project
from app.core.storage.recovery import stamp_of
from app.ui.pace import later
from app.ui.training.notice import Notice

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

SETTLE_MS = 400  # many programs write a file in several steps, or delete it and write it anew
TRIES = 4  # so often a file that is gone or half written is looked at again before it is told


class OutsideChanges(QObject):
    """Follows the file of one window. ``notice`` stands above its canvas until somebody has decided.

    A file is looked at when the system tells of a change, and when the window is used again: drives of a network tell
    nothing.
    """

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._qdocument = window.qdocument
        self.notice = Notice(
            "Load it",
            "Show the drawing as it stands in the file",
            "Decide later: Save asks again",
            "ChangedOutside",
            icon="warning",
        )
        self.notice.taken.connect(self._act)
        self.notice.second.connect(self.keep)
        self.notice.closed.connect(self.notice.hide)
        self._watcher: QFileSystemWatcher | None = None  # made for the first drawing that has a file
        self._path: Path | None = None
        self._content = b""  # a digest of what the file held when it was opened or saved here
        self._told = b""  # and of what was told last; a notice that was closed does not come again for the same
        self._tries = 0
        self._gone = False
        self._soon = later(self, self.look, SETTLE_MS)
        self._qdocument.changed.connect(self._changed)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Somebody comes back to the window."""
        if event.type() == QEvent.Type.WindowActivate and watched is self._window:
            self._look_soon()
        return False

    def _changed(self, change: Change) -> None:
        if not (change.opened or change.title == "Save"):
            return
        self._path = self._qdocument.document.path
        self._content = self._told = digest(self._path)
        self._gone = False
        self.notice.hide()
        self._watch()

    def _watch(self) -> None:
        """Watch the file that is there now: one that was written anew is another one for the system."""
        if self._watcher is None:
            if self._path is None:
                return
            self._watcher = QFileSystemWatcher(self)
            self._watcher.fileChanged.connect(self._look_soon)
        watched, path = self._watcher.files(), str(self._path) if self._path is not None else ""
        if old := [each for each in watched if each != path]:
            self._watcher.removePaths(old)
        if path and path not in watched and stamp_of(self._path) is not None:
            self._watcher.addPath(path)

    def _look_soon(self) -> None:
        self._tries = 0
        if self._path is not None:
            self._soon.start()

    def look(self) -> None:
        """Compare the file with what was opened or saved here, and tell what differs."""
        path = self._path
        if path is None:
            return
        self._watch()
        if stamp_of(path) is None:
            self._tell_gone(path)
            return
        if self._gone:  # it is back
            self._gone = False
            self.notice.hide()
        elif not self._window.autosave.overtaken:
            return
        now = digest(path)
        if now == self._content:  # only touched, or changed back
            self._window.autosave.accept_file()
            self._told = now
            self.notice.hide()
        elif now != self._told:
            self._tell_changed(path, now)

    def _again(self) -> bool:
        """Whether it is looked at once more before anything is told."""
        self._tries += 1
        if self._tries < TRIES:
            self._soon.start()
        return self._tries < TRIES

    def _tell_gone(self, path: Path) -> None:
        if self._gone or self._again():
            return
        self._gone = True
        self._qdocument.document.mark_unsaved()  # else the only copy would be closed without a question
        self._offer(
            f"{path.name} was moved or deleted by another program. The drawing is still open here.",
            ("Save it again", f"Write this drawing to {path}"),
            ("", ""),
        )

    def _tell_changed(self, path: Path, now: bytes) -> None:
        keep = ("Keep this one", "This drawing stays; Save writes it over what the other program wrote")
        try:
            open_project(path)
        except UnreadableDrawing as reason:
            if self._again():
                return
            sentence = f"{path.name} was changed by another program and cannot be opened any more: {reason}"
            self._offer(sentence, ("", ""), keep)
        else:
            load = ("Load it", "Show the drawing as the file has it now; Undo brings this one back")
            self._offer(f"{path.name} was changed by another program.", load, keep)
        self._told = now

    def _offer(self, sentence: str, first: tuple[str, str], second: tuple[str, str]) -> None:
        self.notice.name_action(*first)
        self.notice.offer(sentence, *second)

    def _act(self) -> None:
        if self._gone:
            self._window.files.save()
        else:
            self.load()

    def load(self) -> None:
        """Show the drawing as the file has it now, as one step to be undone."""
        path = self._path
        assert path is not None, "else nothing was offered"
        try:
            self._qdocument.reload()
        except UnreadableDrawing as reason:
            self._window.files.cannot_open(str(reason))
            return
        self._content = self._told = digest(path)
        self._window.autosave.accept_file()
        self.notice.hide()
        self._window.canvas.frame_all()
        self._window.files.tell_complaints()
        self._window.say(f"{path.name} is shown as the other program wrote it. Undo brings back what was here.")

    def keep(self) -> None:
        """What is here counts, and is not saved yet. Saving does not ask once more."""
        self._content = self._told = digest(self._path)
        self._window.autosave.accept_file()
        self._qdocument.document.mark_unsaved()
        self.notice.hide()
        self._window.say("This drawing stays. Save writes it over what the other program wrote.")

    def close(self) -> None:
        """The window closes: its file is nobody's business here any more."""
        self._path = None
        self._soon.stop()
        self._watch()


def digest(path: Path | None) -> bytes:
    """What a file holds, in few bytes; none if it cannot be read."""
    if path is None:
        return b""
    try:
        if not path.is_file():  # a pipe may never end
            return b""
        size = path.stat().st_size
        from hashlib import blake2b  # wanted for few windows, and not by their first paint

        return str(size).encode() if size > MOST_BYTES else blake2b(path.read_bytes(), digest_size=16).digest()
    except (OSError, ValueError):
        return b""
