"""Fails a test that leaves a thread, a running timer or a window behind, and names the line that started it."""

from __future__ import annotations

import gc
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QThreadPool, QTimer
from PySide6.QtWidgets import QApplication

# Ending takes a moment: a stopped training finishes its batch, a deleted window is deleted by the next event loop. Only
# what is really left behind waits so long.
GRACE_SECONDS = 20.0

# Top-level widgets that Qt makes for itself, keeps and uses again.
_OF_QT = {"QTipLabel", "QComboBoxPrivateContainer", "QWhatsThat", "QShapedPixmapWidget"}

_NOT_OURS = ("/threading.py", "/leaks.py", "/concurrent/futures/thread.py")


def _caller() -> str:
    """The first line outside of the machinery: where a test or the program started something."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.replace("\\", "/").endswith(_NOT_OURS):
        frame = frame.f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno}"


class StartLog:
    """What was started during one test and may still run, with the place that started it."""

    def __init__(self) -> None:
        self.threads: weakref.WeakKeyDictionary[threading.Thread, str] = weakref.WeakKeyDictionary()
        self.qt: weakref.WeakKeyDictionary[QObject, str] = weakref.WeakKeyDictionary()
        self.single_shots: dict[object, str] = {}

    def clear(self) -> None:
        self.threads.clear()
        self.qt.clear()
        self.single_shots.clear()


@contextmanager
def recording_starts() -> Iterator[StartLog]:
    """Notes every start of a thread or timer; wraps once for the whole run, which costs well under a microsecond."""
    log = StartLog()

    def noting(original: Callable[..., Any], starts: Any) -> Callable[..., Any]:
        def start(self: Any, *arguments: Any, **named: Any) -> Any:
            starts[self] = _caller()
            return original(self, *arguments, **named)

        return start

    single_shot = QTimer.singleShot

    def noting_single_shot(*arguments: Any) -> None:
        # With a receiver, Qt drops the call together with it; only a bare function can outlive its test.
        *others, function = arguments
        receiver = getattr(function, "__self__", None)
        if isinstance(function, str) or isinstance(receiver, QObject) or any(isinstance(o, QObject) for o in others):
            single_shot(*arguments)
            return
        key = object()
        log.single_shots[key] = _caller()

        def call() -> None:
            log.single_shots.pop(key, None)
            function()

        single_shot(*others, call)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Thread, "start", noting(threading.Thread.start, log.threads))
        patch.setattr(QThread, "start", noting(QThread.start, log.qt))
        patch.setattr(QTimer, "start", noting(QTimer.start, log.qt))
        patch.setattr(QTimer, "singleShot", staticmethod(noting_single_shot))
        yield log


@contextmanager
def nothing_left_behind(log: StartLog) -> Iterator[None]:
    """Everything started inside has ended a moment after leaving; otherwise the test fails."""
    log.clear()
    # Held, so that no new object can take the identity of one of these.
    threads, windows = set(threading.enumerate()), _windows()
    yield
    deadline = time.monotonic() + GRACE_SECONDS
    leftovers = _leftovers(log, threads, windows)
    if leftovers:
        # Objects in a reference cycle are nobody's any more and no leak. Collected only now because it takes a while.
        gc.collect()
    while leftovers and time.monotonic() < deadline:
        _let_qt_finish()
        time.sleep(0.01)
        leftovers = _leftovers(log, threads, windows)
    if leftovers:
        pytest.fail("left behind:\n  " + "\n  ".join(leftovers), pytrace=False)


def _let_qt_finish() -> None:
    if QCoreApplication.instance() is not None:
        QCoreApplication.processEvents()
        # Outside of an event loop, deleteLater() is served only when asked for.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _windows() -> list[Any]:
    return QApplication.topLevelWidgets() if isinstance(QCoreApplication.instance(), QApplication) else []


def _leftovers(log: StartLog, threads: set[threading.Thread], windows: list[Any]) -> list[str]:
    _let_qt_finish()
    return [*_threads(log, threads), *_qt_objects(log), *_new_windows(windows)]


def _threads(log: StartLog, before: set[threading.Thread]) -> Iterator[str]:
    for thread in threading.enumerate():
        # A dummy stands for a thread that Python did not start, a QThread for example; it stays listed after the end.
        if thread not in before and thread.is_alive() and not isinstance(thread, threading._DummyThread):
            yield f"thread {thread.name!r}, started at {log.threads.get(thread, 'an unknown place')}"


def _qt_objects(log: StartLog) -> Iterator[str]:
    for started, place in list(log.qt.items()):
        if not shiboken6.isValid(started):
            continue
        if isinstance(started, QThread) and started.isRunning():
            yield f"running QThread {started.objectName()!r}, started at {place}"
        if isinstance(started, QTimer) and started.isActive():
            yield f"running QTimer ({started.interval()} ms), started at {place}"
    for place in log.single_shots.values():
        yield f"QTimer.singleShot still to come, set at {place}; give it the object it belongs to as receiver"
    busy = QThreadPool.globalInstance().activeThreadCount()
    if busy:
        yield f"{busy} busy thread(s) of QThreadPool"


def _new_windows(before: list[Any]) -> Iterator[str]:
    known = {id(window) for window in before}
    for window in _windows():
        if id(window) not in known and type(window).__name__ not in _OF_QT:
            title = window.windowTitle() or window.objectName() or "no title"
            yield f"window {type(window).__name__} ({title}); give it to qtbot.addWidget, or close and delete it"
