"""The memory of a look stays with the process for a while, because another look often follows at once: a knob that is
dragged asks twenty times a second, and the values of all layers of a large net are a hundred megabytes each time."""

from __future__ import annotations

from contextlib import ExitStack

from PySide6.QtCore import QObject, QTimer

from app.core import heap

REST_MS = 3_000  # without a look, after which the system gets back what is free


class HeldMemory(QObject):
    """From ``hold`` on until some seconds after the last ``hold``."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._inside = ExitStack()
        self.held = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self.let_go)

    def hold(self) -> None:
        """A look begins, or goes on."""
        if not self.held:
            self._inside.enter_context(heap.kept())
            self.held = True
        self._rest.start()

    def let_go(self) -> None:
        """The system gets back what is free."""
        self._rest.stop()
        self.held = False
        self._inside.close()
