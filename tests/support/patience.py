"""Waiting that a slow or busy machine cannot turn into a failure: for something to be so, never for a time."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable
from functools import cache
from typing import Any

from PySide6.QtCore import QAbstractEventDispatcher, QCoreApplication, QEvent, QEventLoop, QPoint
from PySide6.QtGui import QGuiApplication, QResizeEvent, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

# Reached only by what fails: a wait ends as soon as what it waits for is so.
PATIENCE = 60_000  # ms


class PatientBot(QtBot):
    """pytest-qt's bot, whose waits for something to happen never end sooner than ``PATIENCE``."""

    def waitUntil(self, callback: Callable[[], Any], *, timeout: int = PATIENCE) -> None:
        super().waitUntil(callback, timeout=max(timeout, PATIENCE))

    def waitSignal(self, signal: Any, *, timeout: int = PATIENCE, **named: Any) -> Any:
        if named.get("raising") is not False:  # else it waits for what must not happen
            timeout = max(timeout, PATIENCE)
        return super().waitSignal(signal, timeout=timeout, **named)

    def waitSignals(self, signals: Any, *, timeout: int = PATIENCE, **named: Any) -> Any:
        if named.get("raising") is not False:  # else it waits for what must not happen
            timeout = max(timeout, PATIENCE)
        return super().waitSignals(signals, timeout=timeout, **named)

    def waitActive(self, widget: Any, *, timeout: int = PATIENCE) -> Any:
        return super().waitActive(widget, timeout=max(timeout, PATIENCE))

    def waitExposed(self, widget: Any, *, timeout: int = PATIENCE) -> Any:
        return super().waitExposed(widget, timeout=max(timeout, PATIENCE))


class _Echo(QWindow):
    """A window that nobody sees, and what comes back of it from the window system."""

    heard = False

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self.heard = True


@cache
def _echo() -> _Echo:
    """The one that is asked, 10 or 11 pixels wide. To make one for each question takes three times as long."""
    echo = _Echo()
    echo.resize(10, 10)
    echo.create()
    atexit.register(echo.destroy)  # before the application goes
    return echo


def settle() -> None:
    """Let Qt and the window system do all that is to be done now, painting included.

    A single ``processEvents()`` serves only the most urgent events, and says nothing of those that the window system
    has not sent yet. Timers that are not due are not waited for.

    Raises:
        TimeoutError: if the window system does not answer.
    """
    dispatcher = QAbstractEventDispatcher.instance()
    for _ in range(2):  # what was done first may have asked the window system for something again
        _hear_everything(dispatcher)
        for _ in range(1000):  # a timer that is always due must not hold this up for ever
            if not dispatcher.processEvents(QEventLoop.ProcessEventsFlag.AllEvents):
                break
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _hear_everything(dispatcher: QAbstractEventDispatcher) -> None:
    """Take in everything that the window system has sent.

    ``sync()`` alone is not enough: a thread of Qt reads the events, and on a busy machine it comes late. They come in
    order, so when the answer to a question is here, everything from before it is here too.
    """
    if QGuiApplication.platformName() != "xcb":
        QGuiApplication.sync()
        return
    echo = _echo()
    echo.heard = False
    echo.resize(21 - echo.width(), 10)
    end = time.monotonic() + PATIENCE / 1000
    QGuiApplication.sync()
    while not echo.heard:
        if not dispatcher.processEvents(QEventLoop.ProcessEventsFlag.AllEvents):
            time.sleep(0.0005)
        if time.monotonic() > end:
            raise TimeoutError("The window system does not answer.")


def move_mouse(widget: QWidget, place: QPoint) -> None:
    """Move the mouse to a point of the widget, and let it be felt: the window system tells of it a moment later."""
    QTest.mouseMove(widget, place)
    settle()


def wait_active(widget: QWidget) -> None:
    """Wait until a window that was shown has the keys.

    Raises:
        AssertionError: if it does not get them.
    """
    assert QTest.qWaitForWindowActive(widget, PATIENCE), f"{widget} does not become the active window"
    settle()
