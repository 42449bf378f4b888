"""The only owner of threads: runs plain generators beside the window and reports each with exactly one ending."""

from __future__ import annotations

import gc
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, QThread, QTimer, Signal, Slot

from app.jobs.gather import BUNDLES_PER_SECOND, Gather
from app.jobs.messages import Bundle, Ended, ending_of, failure

log = logging.getLogger(__name__)

Make = Callable[[], Iterator[Any]]

# How long one thread may hold the interpreter while another waits for it. Python's own 5 ms, taken a few times in a
# row, would already be a visible stutter.
SWITCH_SECONDS = 0.001
# Lets the window go first where both want the same core. Threads that torch starts for a job inherit it.
NICENESS = 5
_SWEEP_MS = 250


class Job:
    """One piece of work. The window steers it with these methods; each may be called from any thread, at any time."""

    def __init__(
        self, number: int, make: Make, paused: bool = False, ask_to_stop: Callable[[], None] | None = None
    ) -> None:
        self.number = number
        self.gather = Gather()
        self._make: Make | None = make
        self._ask_to_stop = ask_to_stop
        self._condition = threading.Condition()
        self._paused = paused
        self._steps = 0
        self._stopped = False

    @property
    def paused(self) -> bool:
        """Whether it rests, or will after the step it is in."""
        return self._paused

    @property
    def stopped(self) -> bool:
        """Whether it was asked to end."""
        return self._stopped

    def pause(self) -> None:
        """Rest before the next event."""
        with self._condition:
            self._paused = True
            self._steps = 0

    def resume(self) -> None:
        """Go on after a pause."""
        with self._condition:
            self._paused = False
            self._condition.notify_all()

    def step(self) -> None:
        """Go on for one event, then rest."""
        with self._condition:
            self._paused = True
            self._steps += 1
            self._condition.notify_all()

    def stop(self) -> None:
        """End before the next event, also from a pause.

        The generator is closed and may tidy up in ``finally``. One that can be asked to stop ends by itself instead,
        with an ending of its own.
        """
        with self._condition:
            self._stopped = True
            self._condition.notify_all()
        if self._ask_to_stop is not None:
            self._ask_to_stop()

    def run(self, tell: Callable[[], None]) -> Ended:
        """Do the work, in the thread that calls. ``tell`` is called when the window should look into ``gather``.

        Whatever happens inside, this returns one ending and raises nothing.
        """
        ended: Ended | None = None
        events: Iterator[Any] | None = None
        try:
            make, self._make = self._make, None
            assert make is not None, "a job runs once"
            events = iter(make())
            del make
            while ended is None:
                if not self._may_go_on():
                    ended = Ended(self.number, "cancelled")
                    break
                try:
                    event = next(events)
                except StopIteration:
                    ended = Ended(self.number, "finished")
                    break
                ended = ending_of(self.number, event)
                if ended is None and self.gather.add(event):
                    tell()
        # Not only Exception: an exit or interrupt inside a job must end that job, not a thread without a word.
        except BaseException as error:
            ended = failure(self.number, error)
        try:
            close = getattr(events, "close", None)
            if close is not None:
                close()
        except BaseException as error:
            if ended.outcome != "failed":
                ended = failure(self.number, error)
        return ended

    def _may_go_on(self) -> bool:
        """Waits while paused; False once stopped."""
        with self._condition:
            while self._paused and self._steps == 0 and not self._stopped:
                self._condition.wait()
            if self._paused and self._steps:
                self._steps -= 1
            return not self._stopped or self._ask_to_stop is not None


class _Thread(QThread):
    """Runs one job. It lives in the window's thread like any other Qt object; only ``run`` does not."""

    told = Signal(int)
    ended = Signal(object)

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.setObjectName(f"job {job.number}")
        self.job = job

    def run(self) -> None:
        _go_second()
        job = self.job
        ended = job.run(lambda: self.told.emit(job.number))
        if ended.details:
            log.warning("Job %d failed.\n%s", job.number, ended.details)
        self.ended.emit(ended)


def _go_second() -> None:
    """Lower the priority of this thread. Qt's own priorities do nothing on Linux; elsewhere they do."""
    if sys.platform.startswith("linux"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        except OSError as error:
            log.debug("The priority of a job could not be lowered: %s", error)


class Runner(QObject):
    """Starts jobs and passes on what they say, in the window's thread. Both signals are safe to connect to anything.

    ``bundle`` carries a ``Bundle``, at most ``BUNDLES_PER_SECOND`` times a second. ``ended`` carries an ``Ended``, once
    for every job, after everything that job had to say.
    """

    bundle = Signal(object)
    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: dict[int, _Thread] = {}  # from start until the system thread is gone
        self._running: dict[int, Job] = {}  # from start until the ending has been told
        self._count = 0
        self._waiting: set[int] = set()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(1000 // BUNDLES_PER_SECOND)
        self._rest.timeout.connect(self._deliver)
        self._sweep = QTimer(self)
        self._sweep.setInterval(_SWEEP_MS)
        self._sweep.timeout.connect(_sweep_garbage)
        application = QCoreApplication.instance()
        if application is not None:
            # A window that is closed calls shutdown() itself; this is for every other way out of the program.
            application.aboutToQuit.connect(self.shutdown)

    @property
    def busy(self) -> bool:
        """Whether a job runs whose ending has not been told."""
        return bool(self._running)

    def start(self, make: Make, *, paused: bool = False, ask_to_stop: Callable[[], None] | None = None) -> Job:
        """Run what ``make`` gives, in a thread of its own. ``make`` is called there too, so it may take its time.

        ``make`` must not hold the last reference to a Qt object: those must never be deleted in another thread.
        ``ask_to_stop`` is for generators that wait inside, and know how to end with an ending of their own.
        """
        self._count += 1
        job = Job(self._count, make, paused, ask_to_stop)
        thread = _Thread(job)
        queued = Qt.ConnectionType.QueuedConnection
        thread.told.connect(self._on_told, queued)
        thread.ended.connect(self._on_ended, queued)
        thread.finished.connect(self._on_finished, queued)
        self._threads[job.number] = thread
        self._running[job.number] = job
        if len(self._threads) == 1:
            _calm.enter()
            self._sweep.start()
        thread.start(QThread.Priority.LowPriority)
        return job

    def shutdown(self) -> None:
        """Stop every job, wait until all have ended and tell their endings. For the closing of the window."""
        for job in self._running.values():
            job.stop()
        for thread in tuple(self._threads.values()):
            thread.wait()
        # What the threads said last is still in the queue; nobody may be there later to ask for it.
        QCoreApplication.sendPostedEvents(self)

    @Slot(int)
    def _on_told(self, number: int) -> None:
        self._waiting.add(number)
        if not self._rest.isActive():
            self._deliver()

    @Slot()
    def _deliver(self) -> None:
        """Pass on what waits, then rest a little."""
        if not self._waiting:
            return
        self._rest.start()
        waiting, self._waiting = self._waiting, set()
        for number in sorted(waiting):
            self._pass_on(number)

    def _pass_on(self, number: int) -> None:
        job = self._running.get(number)
        events = job.gather.take() if job is not None else ()
        if events:
            self.bundle.emit(Bundle(number, events))

    @Slot(object)
    def _on_ended(self, ended: Ended) -> None:
        self._pass_on(ended.job)
        self._waiting.discard(ended.job)
        self._running.pop(ended.job, None)
        self.ended.emit(ended)

    @Slot()
    def _on_finished(self) -> None:
        for number, thread in tuple(self._threads.items()):
            if thread.isFinished() and number not in self._running:
                # isFinished() comes a moment before the system thread is gone; wait() lets it go first.
                thread.wait()
                del self._threads[number]
                thread.deleteLater()
        if not self._threads and self._sweep.isActive():
            self._sweep.stop()
            self._rest.stop()
            _calm.leave()


class _Calm:
    """What changes in the interpreter while jobs run, for all runners together. Used in the window's thread only.

    Python's garbage collector runs in whichever thread happens to cross its threshold, and destroys what it finds
    right there. A Qt object destroyed in a job's thread can bring the program down, and a full collection in a job
    holds the interpreter for as long as it takes. So while a job runs, only the window's thread collects.
    """

    def __init__(self) -> None:
        self._entered = 0
        self._collecting = False
        self._interval = 0.0

    def enter(self) -> None:
        self._entered += 1
        if self._entered == 1:
            self._collecting = gc.isenabled()
            self._interval = sys.getswitchinterval()
            gc.disable()
            sys.setswitchinterval(SWITCH_SECONDS)

    def leave(self) -> None:
        self._entered -= 1
        if self._entered == 0:
            sys.setswitchinterval(self._interval)
            if self._collecting:
                gc.enable()


_calm = _Calm()


def _sweep_garbage() -> None:
    """Collect as often as Python itself would, with its own thresholds, but here."""
    counts, thresholds = gc.get_count(), gc.get_threshold()
    for generation in (2, 1, 0):
        if counts[generation] > thresholds[generation] > 0:
            gc.collect(generation)
            return
