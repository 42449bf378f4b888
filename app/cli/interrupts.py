"""What Ctrl+C does to a command: end it while nothing is at stake, stop a training so that it can be continued."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from types import FrameType

from app.cli.out import complain
from app.training.control import Control


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Ctrl+C ends the program while libraries are loaded and nothing is at stake. Python's exception would go through
    their half-loaded modules, where it may be caught and lost."""

    def end(number: int, frame: FrameType | None) -> None:
        complain("Interrupted.")
        os._exit(130)

    with _on_interrupt(end):
        yield


@contextmanager
def stopping_first(control: Control, *, together: bool = False) -> Iterator[None]:
    """The first Ctrl+C asks the run to stop and keep its place; a second one ends the program at once.

    Of processes that train ``together`` each hears of one Ctrl+C twice, from the terminal and from ``torchrun``, which
    ends them by SIGTERM where one of them has ended. Then both only ask.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        if not together:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        control.stop()

    with _on_interrupt(stop), _on_interrupt(stop, signal.SIGTERM) if together else nullcontext():
        yield


@contextmanager
def _on_interrupt(
    handler: Callable[[int, FrameType | None], None], which: signal.Signals = signal.SIGINT
) -> Iterator[None]:
    """Call it on Ctrl+C meanwhile. Python hears of signals in the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(which, handler)
    try:
        yield
    finally:
        signal.signal(which, before)
