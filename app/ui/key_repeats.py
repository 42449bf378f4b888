"""Keys that are held down: no more repeats than the window can keep up with."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QKeyEvent, QWindow

from app.ui.pace import later


class KeyRepeats(QObject):
    """Leaves out repeats of a held key that arrive before what the last one caused has been shown.

    The keyboard repeats thirty times a second and more. Where one step takes longer, as it may beside a training, the
    rest would pile up: the window would go on for seconds after the key was let go. What is pressed anew always counts.
    """

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._watched: QWindow | None = None
        self._busy = False
        self._skipping = False
        # A timer of no time fires once nothing else waits: no event of the window system, no painting, no message.
        self._rest = later(self, self._rested)

    def watch(self, window: QWindow | None) -> None:
        """Look at the keys of this window of the system."""
        if window is not None and window is not self._watched:
            self._watched = window
            window.installEventFilter(self)

    def _rested(self) -> None:
        self._busy = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Qt asks twice for a key: whether it is a shortcut, and then, if it is none, what to do with it."""
        kind = event.type()
        if kind not in (QEvent.Type.ShortcutOverride, QEvent.Type.KeyPress) or not isinstance(event, QKeyEvent):
            return False
        first = kind == QEvent.Type.ShortcutOverride
        if not event.isAutoRepeat():
            self._skipping = False
            return False
        if first:
            self._skipping = self._busy
            if self._skipping:
                event.accept()  # so that no shortcut takes it, and it comes once more as a key
                return True
            self._begin()
            return False
        if self._skipping:
            self._skipping = False
            return True
        if not self._busy:  # a key that was sent without the question
            self._begin()
        return False

    def _begin(self) -> None:
        self._busy = True
        self._rest.start()
