"""Loading torch beside the open window, in a job, and what only a training needs when one is near."""

from __future__ import annotations

import gc
import linecache
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PySide6 import QtCore, QtGui, QtWidgets
from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core.compile.later import left_out
from app.core.graph.recipe import Recipe
from app.jobs.messages import Picture
from app.training.events import Event

# Beside the names of the devices: the sentence for a recipe that asks for a GPU where there is none.
NO_CUDA = "no cuda"
# How long the window's thread loads at a time, and how long it then does what it is there for.
STEP_SECONDS = 0.004
PAUSE_MS = 8


def load_torch() -> Iterator[Picture]:
    """Imports what the first pictures need, and finds out where can be computed."""
    first = "torch" not in sys.modules
    with forgetful_of_sources(), left_out():
        import torch

        from app.training import threads  # noqa: F401
        from app.training.recipe import device_for
        from app.training.refusal import CannotTrain

    if first:
        # For pictures and dreams; a training chooses for itself (threads.py says why fewer are often faster). It asks
        # what torch would take by itself, so this comes after its import.
        torch.set_num_threads(max(1, torch.get_num_threads() - 1))
    found = device_for(Recipe(device="auto"))
    auto = f"CUDA: {torch.cuda.get_device_name(found)}" if found.type == "cuda" else "CPU"
    devices = {"auto": auto, "cpu": "CPU", "cuda": auto}
    try:
        device_for(Recipe(device="cuda"))
    except CannotTrain as refusal:
        devices |= {"cuda": "no CUDA here", NO_CUDA: str(refusal)}
    yield Picture("devices", devices)
    with forgetful_of_sources():
        import app.core.compile.net  # noqa: F401


def load_for_training() -> Iterator[Event]:
    """Imports what only a training needs."""
    first = "app.training.loop" not in sys.modules
    with forgetful_of_sources():
        import app.training.loop  # noqa: F401
    if first:
        gc.freeze()  # as after torch itself
    yield from ()


class CurvesAhead(QObject):
    """Imports pyqtgraph before the first curves, in the window's own thread, which goes on being usable meanwhile.

    Not in a job: importing it makes Qt's bindings create all of their types, in tables that are not made for two
    threads. Half of the time goes into these types, and they can be created a few at a time.
    """

    ready = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._steps: Iterator[None] | None = None
        self._timer = QTimer(self, interval=PAUSE_MS)
        self._timer.timeout.connect(self._go)

    def start(self) -> None:
        """Begin, unless it has begun already."""
        if self._steps is None:
            self._steps = _curve_steps()
            self._timer.start()

    def stop(self) -> None:
        """Leave the rest undone; who needs it later waits for it then."""
        self._timer.stop()

    @Slot()
    def _go(self) -> None:
        assert self._steps is not None
        end = time.perf_counter() + STEP_SECONDS
        for _ in self._steps:
            if time.perf_counter() > end:
                return
        self._timer.stop()
        self.ready.emit()


def _curve_steps() -> Iterator[None]:
    if "pyqtgraph" not in sys.modules:
        for module in (QtCore, QtGui, QtWidgets):
            for name in dir(module):
                getattr(module, name)
                yield
    import app.ui.training.curves  # noqa: F401


@contextmanager
def forgetful_of_sources() -> Iterator[None]:
    """While it lasts, Python's cache of source lines holds one file.

    torch looks up a few of its own sources while it is imported, and Python keeps all lines of those files for a
    traceback that never comes. Where PySide6 was imported without ``load_bindings``, it looks up every one of them:
    464,000 lines and 40 MB after ``import torch``. Clearing the cache afterwards would not give the room back, because
    other objects have settled between the lines by then.
    """
    kept = linecache.cache
    linecache.cache = _LastOne()
    try:
        yield
    finally:
        linecache.cache = kept


class _LastOne(dict[str, Any]):
    """A dictionary that forgets what it held when something new comes."""

    def __setitem__(self, name: str, entry: Any) -> None:
        self.clear()
        super().__setitem__(name, entry)
