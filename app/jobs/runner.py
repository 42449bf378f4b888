"""The only owner of threads: runs plain generators beside the window and reports each with exactly one ending."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import os
import socket
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, QSocketNotifier, QTimer, Slot

from app.jobs.gather import BUNDLES_PER_SECOND, Gather
from app.jobs.messages import Bundle, Ended, ending_of, failure

log = logging.getLogger(__name__)

Make = Callable[[], Iterator[Any]]
Heard = Callable[[Bundle], object]
Told = Callable[[Ended], object]

# How long one thread may hold the interpreter while another waits for it. Python's own 5 ms, taken a few times in a
# row, would already be a visible stutter.
SWITCH_SECONDS = 0.001
# Lets the window go first where both want the same core. Threads that torch starts for a job inherit it.
NICENESS = 5
_BELOW_NORMAL = -1  # THREAD_PRIORITY_BELOW_NORMAL of Windows
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


class _Post:
    """Says in the window's thread that a job has something to say, without a thing of Qt in the job's thread.

    Qt's bindings look types up in tables that other threads read without holding the interpreter, so a job that touches
    Qt, were it only to emit a signal, can bring the window down. A byte through a socket wakes Qt instead.
    """

    def __init__(self) -> None:
        self._read, self._write = socket.socketpair()
        for end in (self._read, self._write):
            end.setblocking(False)
        self._told: deque[int] = deque()
        self._ended: deque[Ended] = deque()

    def fileno(self) -> int:
        """What becomes readable when something has come."""
        return self._read.fileno()

    def tell(self, number: int) -> None:
        """The window should look what this job has gathered. For any thread, like ``end``."""
        self._told.append(number)
        self._wake()

    def end(self, ended: Ended) -> None:
        """A job has ended."""
        self._ended.append(ended)
        self._wake()

    def _wake(self) -> None:
        with contextlib.suppress(
            BlockingIOError, OSError
        ):  # full: it will wake anyway; closed: nobody is there to hear
            self._write.send(b"\0")

    def take(self) -> tuple[set[int], list[Ended]]:
        """What has come: the jobs that told something, and the endings in order."""
        with contextlib.suppress(OSError):  # nothing more to read
            while self._read.recv(4096):
                pass
        told, ended = set(), []
        while self._ended:
            ended.append(self._ended.popleft())
        while self._told:
            told.add(self._told.popleft())
        return told, ended

    def close(self) -> None:
        """Hear of nothing more."""
        for end in (self._read, self._write):
            end.close()


def go_second() -> None:
    """Lower the priority of this thread, where the system has such a thing for threads."""
    if sys.platform.startswith("linux"):
        try:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        except OSError as error:
            log.debug("The priority of a job could not be lowered: %s", error)
    elif sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.SetThreadPriority(kernel.GetCurrentThread(), _BELOW_NORMAL)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whom a job answers. Kept by the runner and not by the job, whose thread must never hold the last reference to a
    Qt object."""

    heard: Heard | None
    ended: Told | None


class Runner(QObject):
    """Starts jobs and gives what each of them says to whoever started it, in the window's thread."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads: dict[int, threading.Thread] = {}  # from start until the system thread is gone
        self._running: dict[int, Job] = {}  # from start until the ending has been told
        self._asked: dict[int, _Asked] = {}
        self._count = 0
        self._waiting: set[int] = set()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(1000 // BUNDLES_PER_SECOND)
        self._rest.timeout.connect(self._deliver)
        self._sweep = QTimer(self)
        self._sweep.setInterval(_SWEEP_MS)
        self._sweep.timeout.connect(_sweep_garbage)
        self._post = _Post()
        weakref.finalize(self, self._post.close)
        self._notifier = QSocketNotifier(self._post.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)
        application = QCoreApplication.instance()
        if application is not None:
            # A window that is closed calls shutdown() itself; this is for every other way out of the program.
            application.aboutToQuit.connect(self.shutdown)

    @property
    def busy(self) -> bool:
        """Whether a job runs whose ending has not been told."""
        return bool(self._running)

    def start(
        self,
        make: Make,
        *,
        heard: Heard | None = None,
        ended: Told | None = None,
        paused: bool = False,
        ask_to_stop: Callable[[], None] | None = None,
    ) -> Job:
        """Run what ``make`` gives, in a thread of its own. ``make`` is called there too, so it may take its time.

        ``heard`` gets what this job yields, at most ``BUNDLES_PER_SECOND`` times a second; ``ended`` its one ending,
        after everything else. Both are called in the window's thread and never before ``start`` has returned; those
        of an object that Qt has deleted meanwhile are not called any more.

        ``make`` must not hold the last reference to a Qt object: those must never be deleted in another thread.
        ``ask_to_stop`` is for generators that wait inside, and know how to end with an ending of their own.
        """
        self._count += 1
        job = Job(self._count, make, paused, ask_to_stop)
        # A daemon: the program must be able to end whatever a job does.
        thread = threading.Thread(target=_work, args=(job, self._post), name=f"job {job.number}", daemon=True)
        self._threads[job.number] = thread
        self._running[job.number] = job
        self._asked[job.number] = _Asked(heard, ended)
        if len(self._threads) == 1:
            _calm.enter()
            self._sweep.start()
        thread.start()
        return job

    def shutdown(self) -> None:
        """Stop every job, wait until all have ended and tell their endings. For the closing of the window."""
        for job in self._running.values():
            job.stop()
        for thread in tuple(self._threads.values()):
            thread.join()
        self._hear()

    @Slot()
    def _hear(self) -> None:
        told, endings = self._post.take()
        self._waiting |= told
        if self._waiting and not self._rest.isActive():
            self._deliver()
        for ended in endings:
            self._on_ended(ended)

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
            call(self._asked[number].heard, Bundle(number, events))

    def _on_ended(self, ended: Ended) -> None:
        self._pass_on(ended.job)
        self._waiting.discard(ended.job)
        job = self._running.pop(ended.job, None)
        asked = self._asked.pop(ended.job)
        self._threads.pop(ended.job).join()  # the ending was the last that it had to say
        del job  # only now, so that nothing of it is freed in its thread
        if not self._threads and self._sweep.isActive():
            self._sweep.stop()
            self._rest.stop()
            _calm.leave()
        call(asked.ended, ended)


def call(callback: Callable[..., object] | None, *message: object) -> None:
    """Tell somebody, as a signal would: one that Qt has deleted hears nothing, and an error of one stays with it."""
    owner = getattr(callback, "__self__", None)
    if callback is None or (isinstance(owner, QObject) and not shiboken6.isValid(owner)):
        return
    try:
        callback(*message)
    except Exception:
        sys.excepthook(*sys.exc_info())


def _work(job: Job, post: _Post) -> None:
    """What the thread of a job does."""
    go_second()
    ended = job.run(partial(post.tell, job.number))
    if ended.details:
        log.warning("Job %d failed.\n%s", job.number, ended.details)
    post.end(ended)


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
