"""Runs that are thrown away: into the bin of the system, after a question, and nothing besides them."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QFile, QStandardPaths
from PySide6.QtWidgets import QMessageBox, QWidget

from app.ui.canvas.node_words import plural
from app.ui.dialogs import ask
from app.ui.training import runs
from app.ui.training.run_names import NamedRun

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_ROLE = QMessageBox.ButtonRole


class Bin:
    """Throws runs away for a list of them. ``say`` shows a sentence there, ``refresh`` what is left."""

    def __init__(
        self, window: BaseWindow, parent: QWidget, say: Callable[[str], object], refresh: Callable[[], object]
    ) -> None:
        self._window = window
        self._parent = parent
        self._say = say
        self._refresh = refresh

    def ask(self, chosen: Sequence[NamedRun]) -> None:
        """Ask whether these runs are to go, or say why one of them stays."""
        used = [run for run in chosen if self._in_use(run)]
        if used:
            self._say(f"{used[0].drawing}, {used[0].when}, is shown or trained now, so it stays.")
            return
        if not chosen:
            return
        for run in chosen:
            if others := runs.other_files(run.past.folder):
                where = runs.shown(run.past.folder)
                self._say(f"{where} also holds {others[0]}, which is no part of the run. Delete it there.")
                return
        what = chosen[0].line if len(chosen) == 1 else plural(len(chosen), "run")
        ask(
            self._parent,
            "Throw away runs",
            f"Put {'this run' if len(chosen) == 1 else plural(len(chosen), 'run')} into the bin?",
            f"{what}: weights, curves, and the drawing as it was trained. Files of drawings stay.",
            [
                ("Into the bin", _ROLE.DestructiveRole, lambda: self._delete(chosen)),
                ("Keep", _ROLE.RejectRole, None),
            ],
        )

    def _in_use(self, run: NamedRun) -> bool:
        shown = (w.session.run for w in self._window.windows.all)
        return run.past.about.training or any(r is not None and r.folder == run.past.folder for r in shown)

    def _delete(self, chosen: Sequence[NamedRun]) -> None:
        left = [run for run in chosen if not _into_bin(run.past.folder)]
        self._refresh()
        if left:
            ask(
                self._parent,
                "No bin",
                f"Delete {plural(len(left), 'run')} for good?",
                "This system has no bin that takes them. They cannot be brought back.",
                [  # Enter keeps them: this cannot be taken back
                    ("Keep", _ROLE.RejectRole, None),
                    ("Delete", _ROLE.DestructiveRole, lambda: self._destroy(left)),
                ],
            )

    def _destroy(self, left: Sequence[NamedRun]) -> None:
        for run in left:
            shutil.rmtree(run.past.folder, ignore_errors=True)
        self._refresh()


def _into_bin(folder: Path) -> bool:
    # Where the folder around the bin is missing, as in the home of a new account, Qt 6.11 finds no bin at all on Linux.
    around = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericDataLocation)
    if sys.platform == "linux" and around:
        with contextlib.suppress(OSError):
            Path(around).mkdir(mode=0o700, parents=True, exist_ok=True)
    answer: Any = QFile.moveToTrash(str(folder))
    return bool(answer[0] if isinstance(answer, tuple) else answer)
