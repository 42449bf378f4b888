"""What nobody expected: logged, shown in a sentence with details to copy, and never the end of the drawing."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import cast

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget

from app.ui.dialogs import tell
from app.ui.settings import home

_log = logging.getLogger("netloom")
LARGEST_LOG = 1_000_000


def log_file() -> Path:
    """Where warnings and errors are written."""
    return home() / "netloom.log"


def start_log(folder: Path | None = None) -> Path:
    """Write warnings and errors into a file as well; the one of last time is kept beside it once it is large."""
    path = folder / "netloom.log" if folder is not None else log_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST_LOG:
            path.replace(path.with_suffix(".old.log"))
        handler = logging.FileHandler(path, encoding="utf-8", delay=True)
    except OSError:
        return path  # without a file the messages still go to stderr
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)
    return path


def sentence_of(error: BaseException) -> str:
    """What happened, in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__


class Errors(QObject):
    """Stands in for ``sys.excepthook`` and ``threading.excepthook`` while a window is open.

    One message at a time: an error in something that paints comes again with every frame.
    """

    _came = Signal(object)  # from whatever thread it happened in to the one that may show it

    def __init__(
        self, parent: QObject, save_as: Callable[[], object], window: Callable[[], QWidget] | None = None
    ) -> None:
        super().__init__(parent)
        self._window = window if window is not None else lambda: cast(QWidget, parent)
        self._save_as = save_as
        self._box: QMessageBox | None = None
        self._before: tuple[object, object] | None = None
        self._came.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> None:
        """Begin to catch."""
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._hook
        threading.excepthook = self._thread_hook

    def remove(self) -> None:
        """Stop catching."""
        if self._before is not None:
            sys.excepthook, threading.excepthook = self._before  # type: ignore[assignment]
            self._before = None

    def _hook(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            QApplication.closeAllWindows()
            return
        self.report(error, trace)

    def _thread_hook(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
            self.report(arguments.exc_value, arguments.exc_traceback)

    def report(self, error: BaseException, trace: TracebackType | None = None) -> None:
        """Log an error and show it. May be called from any thread."""
        details = "".join(traceback.format_exception(type(error), error, trace or error.__traceback__))
        _log.error("An unexpected error:\n%s", details)
        self._came.emit((sentence_of(error), details))

    def _show(self, what: tuple[str, str]) -> None:
        sentence, details = what
        if self._box is not None:
            return
        role = QMessageBox.ButtonRole
        self._box = tell(
            self._window(),
            "Netloom made a mistake",
            "Netloom made a mistake. The drawing is still there; save it to be on the safe side.",
            f"{sentence}\n\nThe details help to mend it. They are also in the log file.",
            [
                ("Save as…", role.ActionRole, self._save_as),
                ("Copy details", role.ActionRole, lambda: QApplication.clipboard().setText(details)),
                ("Close", role.RejectRole, None),
            ],
        )
        self._box.setDetailedText(details)
        self._box.finished.connect(self._forget)

    def _forget(self) -> None:
        self._box = None
