"""From the command line to a painted window."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, QTimer
from PySide6.QtWidgets import QApplication

from app.core.heap import share_one_heap
from app.core.storage.files import UnreadableDrawing
from app.core.storage.templates import open_file_or_template
from app.ui import icons, scale, theme
from app.ui.errors import Errors, start_log
from app.ui.settings import Settings
from app.ui.windows import OpenWindows

PROBE = "NETLOOM_STARTUP_PROBE"
COLLECT_AFTER_MS = 1000
_INTERRUPTED, _TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM  # as a shell tells of a signal


def run_window(what: str | None = None, trusting: bool = False) -> int:
    """Open the window with a file, a template by name, or the start page, and stay until it is closed.

    ``trusting`` runs layers of the user's own without a question.
    """
    if what is not None:
        try:
            open_file_or_template(what)
        except UnreadableDrawing as reason:
            print(f"netloom: {reason}", file=sys.stderr)
            if not os.path.exists(what):
                return 1  # a word that was mistyped, not a file that somebody wants to have explained in a window
    share_one_heap()
    app = QApplication(sys.argv[:1])
    app.setApplicationName("netloom")
    app.setApplicationDisplayName("Netloom")
    app.setDesktopFileName("netloom")
    start_log()
    settings = Settings()
    chosen = settings.values.theme
    theme.apply(app, chosen if chosen in theme.NAMES else theme.system_name())
    scale.apply(settings.values.scale)
    app.setWindowIcon(icons.icon("netloom", "accent"))
    windows = OpenWindows(settings, trusting)
    probed = bool(os.environ.get(PROBE))
    windows.open(what, start_page=what is None, then=(lambda: _tell_times(windows)) if probed else None)
    errors = Errors(app, lambda: windows.current.files.save_as(), lambda: windows.current)
    errors.install()
    signals = QuitSignals(app, windows.quit)
    QTimer.singleShot(COLLECT_AFTER_MS, gc.enable)  # main.py turned it off; a minimized window is never painted
    try:
        return app.exec()
    finally:
        gc.enable()
        signals.remove()
        errors.remove()
        for left in tuple(windows.all):
            left.session.close()


def _tell_times(windows: OpenWindows) -> None:
    print(f"painted {seconds_since_start():.3f}", flush=True)
    windows.current.complete()
    print(f"complete {seconds_since_start():.3f}", flush=True)
    QApplication.exit(0)


def seconds_since_start() -> float:
    """Time since the system made this process; what Python itself needs to start is in it."""
    try:
        with open("/proc/self/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
    except OSError:  # not Linux: since the first line of main.py at least
        return time.monotonic() - float(getattr(sys.modules["__main__"], "STARTED", time.monotonic()))
    return time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")


class QuitSignals(QObject):
    """Lets Ctrl+C in the terminal close all windows as Quit does; a second Ctrl+C does not ask again. A program that
    is terminated (SIGTERM, as when a machine shuts down) asks nothing: nobody may be there to answer. It leaves its
    event loop, trainings end with their checkpoint, and unsaved drawings are kept to be offered at the next start."""

    def __init__(self, parent: QObject, close: Callable[[], object]) -> None:
        super().__init__(parent)
        self._quit = close
        self._asked = self._pending = self._terminated = False
        # Python runs its signal handlers between two lines of Python, and an idle window runs none: the written byte
        # wakes Qt, whose notifier is such a line.
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._wakeup = signal.set_wakeup_fd(self._write.fileno(), warn_on_full_buffer=False)
        self._notifier = QSocketNotifier(self._read.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._woken)
        self._before = {number: signal.signal(number, self._close) for number in (signal.SIGINT, signal.SIGTERM)}

    def _woken(self) -> None:
        self._read.recv(64)
        if self._terminated:
            QApplication.exit(_TERMINATED)
        elif self._pending:
            self._pending = False
            self._quit()

    def _close(self, number: int, frame: FrameType | None) -> None:
        """Only asks the event loop: this may run between any two lines, such as a check and what depends on it."""
        if self._asked:
            QApplication.exit(_INTERRUPTED if number == signal.SIGINT else _TERMINATED)
            return
        self._asked = self._pending = True
        self._terminated = number == signal.SIGTERM
        with contextlib.suppress(BlockingIOError):  # full: it will be woken anyway
            self._write.send(b"\0")

    def remove(self) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup)
        self._notifier.setEnabled(False)
        self._read.close()
        self._write.close()
