"""The runner: one ending for every job, whatever goes wrong and wherever; pause, step and stop; calm at the border."""

from __future__ import annotations

import gc
import itertools
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import shiboken6
from PySide6.QtCore import QObject, QThread
from pytestqt.qtbot import QtBot

from app.jobs.gather import BUNDLES_PER_SECOND
from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Make, Runner
from app.training.events import Cancelled, Failed


@dataclass(frozen=True)
class Sample:
    number: int


class Listener:
    """Notes what a runner says, in order, and in which thread."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.heard: list[Bundle | Ended] = []
        self.threads: set[QThread] = set()

    def start(self, make: Make, *, paused: bool = False, ask_to_stop: Callable[[], None] | None = None) -> Job:
        """Start a job that answers here."""
        return self.runner.start(make, heard=self._hear, ended=self._hear, paused=paused, ask_to_stop=ask_to_stop)

    def _hear(self, message: Bundle | Ended) -> None:
        self.heard.append(message)
        self.threads.add(QThread.currentThread())

    @property
    def bundles(self) -> list[Bundle]:
        return [message for message in self.heard if isinstance(message, Bundle)]

    @property
    def events(self) -> list[object]:
        return [event for bundle in self.bundles for event in bundle.events]

    @property
    def endings(self) -> list[Ended]:
        return [message for message in self.heard if isinstance(message, Ended)]


@pytest.fixture
def runner(qapp: object) -> Iterator[Runner]:
    made = Runner()
    yield made
    made.shutdown()


@pytest.fixture
def listener(runner: Runner) -> Listener:
    return Listener(runner)


def numbers(count: int, pause: float = 0.0) -> Iterator[Sample]:
    for number in range(count):
        if pause:
            time.sleep(pause)
        yield Sample(number)


def counted(made: list[int], pause: float = 0.0) -> Iterator[Sample]:
    """Samples without an end; ``made`` tells which ones were begun, however late the window hears of them."""
    for number in itertools.count():
        time.sleep(pause)
        made.append(number)
        yield Sample(number)


def wait_for_ending(qtbot: QtBot, listener: Listener) -> Ended:
    """The ending, after a moment in which a second one would show up."""
    qtbot.waitUntil(lambda: bool(listener.endings))
    qtbot.wait(80)
    assert len(listener.endings) == 1, f"exactly one ending, but there were {listener.endings}"
    return listener.endings[0]


def test_everything_arrives_before_the_ending(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if samples are lost in a fast job, or if those of the last 50 ms come after the ending or never."""
    listener.start(lambda: numbers(5000))
    ended = wait_for_ending(qtbot, listener)
    assert ended.outcome == "finished"
    assert listener.events == [Sample(number) for number in range(5000)]
    assert isinstance(listener.heard[-1], Ended)
    assert not runner.busy


def test_at_most_twenty_bundles_a_second(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if every event is a message of its own: the window would repaint hundreds of times a second."""
    made: list[int] = []
    started = time.monotonic()
    job = listener.start(lambda: counted(made, pause=0.002))
    qtbot.waitUntil(lambda: len(listener.bundles) >= 5 and len(made) > 200)
    job.stop()
    wait_for_ending(qtbot, listener)
    # Qt's timers may come a twentieth early.
    assert len(listener.bundles) <= (time.monotonic() - started) * BUNDLES_PER_SECOND * 1.1 + 2


def test_one_event_does_not_wait_for_the_next(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if events are only sent when another one follows: the last sample before a slow batch would hang."""
    release = threading.Event()

    def slow() -> Iterator[Sample]:
        yield from numbers(3)
        release.wait()
        yield Sample(3)

    listener.start(slow)
    try:
        qtbot.waitUntil(lambda: len(listener.events) == 3)
        assert not listener.endings
    finally:
        release.set()
    wait_for_ending(qtbot, listener)


def test_listeners_are_called_in_the_window_s_thread(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if a bare function connected to the runner runs in the job's thread, where it must not touch a widget."""
    listener.start(lambda: numbers(10))
    wait_for_ending(qtbot, listener)
    assert listener.threads == {QThread.currentThread()}


def _on_creation() -> Iterator[Sample]:
    raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def _on_first_next() -> Iterator[Sample]:
    raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")
    yield Sample(0)


def _in_the_middle() -> Iterator[Sample]:
    yield from numbers(3)
    raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")


def _not_a_generator() -> Iterator[Sample]:
    return None  # type: ignore[return-value]


def _exits() -> Iterator[Sample]:
    yield from numbers(3)
    raise SystemExit(3)


def _stop_iteration() -> Iterator[Sample]:
    yield Sample(0)
    next(iter(()))  # Python turns this into a RuntimeError


@pytest.mark.parametrize(
    "make", [_on_creation, _on_first_next, _in_the_middle, _not_a_generator, _exits, _stop_iteration]
)
def test_an_error_anywhere_is_one_failure_with_a_sentence(
    make: Callable[[], Iterator[Sample]], qtbot: QtBot, runner: Runner, listener: Listener
) -> None:
    """Fails if an error is swallowed (a known runner takes every RuntimeError for "worker deleted") or told twice."""
    listener.start(make)
    ended = wait_for_ending(qtbot, listener)
    assert ended.outcome == "failed"
    assert ended.sentence.endswith(".")
    assert "Traceback" not in ended.sentence
    assert "Traceback" in ended.details
    if make is _in_the_middle:
        assert listener.events == [Sample(0), Sample(1), Sample(2)]


def test_an_error_while_closing_is_told(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if a checkpoint that cannot be written at Stop is reported as an ordinary stop, or not at all."""

    def make() -> Iterator[Sample]:
        try:
            yield from iter(lambda: Sample(0), None)
        finally:
            raise OSError(28, "No space left on device", "runs/1/weights.safetensors")

    job = listener.start(make)
    qtbot.waitUntil(lambda: bool(listener.events))
    job.stop()
    ended = wait_for_ending(qtbot, listener)
    assert ended.outcome == "failed"
    assert "weights.safetensors" in ended.sentence
    assert "No space left" in ended.sentence


def test_a_generator_that_will_not_close_is_told(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if a generator that yields once more while it is closed hangs the thread or hides the ending."""

    def make() -> Iterator[Sample]:
        try:
            yield from numbers(1_000_000, pause=0.001)
        finally:
            yield Sample(-1)

    job = listener.start(make)
    qtbot.waitUntil(lambda: bool(listener.events))
    job.stop()
    assert wait_for_ending(qtbot, listener).outcome == "failed"


def test_the_first_error_is_the_one_that_is_told(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if an error in ``finally`` covers the error that led there."""

    class Twice:
        def __iter__(self) -> Iterator[Sample]:
            return self

        def __next__(self) -> Sample:
            raise ValueError("The first one.")

        def close(self) -> None:
            raise ValueError("The second one.")

    listener.start(lambda: iter(Twice()))
    assert wait_for_ending(qtbot, listener).sentence == "The first one."


def test_the_generator_s_own_ending_is_the_only_one(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if a job that says how it ended is asked for more, or gets a second ending from the runner."""
    asked: list[int] = []

    def make() -> Iterator[object]:
        yield Sample(0)
        yield Failed("conv2", "conv2: the kernel does not fit.")
        asked.append(1)
        yield Cancelled(1, None)

    listener.start(make)
    ended = wait_for_ending(qtbot, listener)
    assert (ended.outcome, ended.node, ended.sentence) == ("failed", "conv2", "conv2: the kernel does not fit.")
    assert listener.events == [Sample(0)]
    assert not asked


def test_pause_step_resume_stop(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if a job started paused runs off, if a step makes more or less than one event, or if it cannot be ended."""
    made: list[int] = []
    job = listener.start(lambda: counted(made, pause=0.001), paused=True)
    qtbot.wait(100)
    assert made == []
    for count in (1, 2, 3):
        job.step()
        qtbot.waitUntil(lambda count=count: len(listener.events) == count)  # type: ignore[misc]
        qtbot.wait(60)
        assert len(made) == count
    job.resume()
    qtbot.waitUntil(lambda: len(listener.events) > 20)
    job.pause()
    count = len(made)
    qtbot.wait(100)
    assert len(made) <= count + 1  # the one in hand
    job.stop()
    assert wait_for_ending(qtbot, listener).outcome == "cancelled"


@pytest.mark.parametrize("paused", [False, True])
def test_stop_is_prompt(paused: bool, qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if Stop waits for a pause to end, or for more than the event in hand."""
    closed = threading.Event()
    made: list[int] = []

    def make() -> Iterator[Sample]:
        try:
            yield from counted(made, pause=0.01)
        finally:
            closed.set()

    job = listener.start(make)
    qtbot.waitUntil(lambda: bool(listener.events))
    if paused:
        job.pause()
    job.stop()
    count = len(made)
    qtbot.waitUntil(lambda: bool(listener.endings))
    assert len(made) <= count + 1
    assert closed.is_set(), "the generator was not closed, so it could not write its checkpoint"
    assert listener.endings[0].outcome == "cancelled"


def test_closing_the_window_waits_and_tells_the_ending(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if the window goes while a thread still runs (Qt aborts the program), or if its ending is never told."""
    closed = threading.Event()

    def make() -> Iterator[Sample]:
        try:
            yield from numbers(1_000_000, pause=0.001)
        finally:
            time.sleep(0.1)  # a checkpoint is written
            closed.set()

    jobs = [listener.start(make), listener.start(make, paused=True)]
    qtbot.waitUntil(lambda: bool(listener.events))
    runner.shutdown()
    assert closed.is_set()
    assert sorted(ended.job for ended in listener.endings) == [job.number for job in jobs]
    assert not runner.busy


def test_two_jobs_do_not_mix(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if a bundle carries events of another job, so that a dream would show up as a loss."""
    first = listener.start(lambda: numbers(300, pause=0.001))
    second = listener.start(lambda: (Picture("dream", number) for number in range(300)))
    qtbot.waitUntil(lambda: len(listener.endings) == 2)
    by_job = {
        job.number: [e for b in listener.bundles if b.job == job.number for e in b.events] for job in (first, second)
    }
    assert by_job[first.number] == [Sample(number) for number in range(300)]
    assert by_job[second.number][-1] == Picture("dream", 299)
    assert all(isinstance(event, Picture) for event in by_job[second.number])


class _Knot:
    """A Qt object that only the garbage collector can free, because it refers to itself."""

    def __init__(self, log: list[QThread]) -> None:
        self.me = self
        self.thing = QObject()
        weakref.finalize(self, lambda: log.append(QThread.currentThread()))


def test_qt_objects_are_never_collected_in_a_job_s_thread(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if the collector may run in a job: a widget destroyed in that thread can bring the program down."""
    died: list[QThread] = []

    def litter() -> Iterator[Sample]:
        for number in range(60):
            kept = [[[]] for _ in range(5000)]  # crosses the collector's thresholds again and again
            time.sleep(0.005)
            yield Sample(number)
            del kept

    listener.start(litter)
    for _ in range(200):
        _Knot(died)
    wait_for_ending(qtbot, listener)
    gc.collect()
    assert len(died) == 200
    assert set(died) == {QThread.currentThread()}


def test_the_interpreter_is_left_as_it_was(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if a job leaves the collector off or the switch interval changed for the rest of the program."""
    before = gc.isenabled(), sys.getswitchinterval()
    listener.start(_in_the_middle)
    wait_for_ending(qtbot, listener)
    qtbot.waitUntil(lambda: (gc.isenabled(), sys.getswitchinterval()) == before)


def test_a_job_is_not_kept_alive_after_its_end(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if the thread or the runner holds on to a job, and with it to the net and its tensors."""
    job: Job | None = listener.start(_in_the_middle)
    weak = weakref.ref(job)
    job = None
    wait_for_ending(qtbot, listener)

    def gone() -> bool:
        gc.collect()
        return weak() is None

    qtbot.waitUntil(gone)


# Whom a job answers


def test_a_job_answers_whoever_started_it_and_nobody_else(qtbot: QtBot, runner: Runner) -> None:
    """Fails if what one job says or its ending reaches somebody who started another one."""
    one, other, silent = Listener(runner), Listener(runner), Listener(runner)
    first = one.start(lambda: numbers(40, pause=0.001))
    second = other.start(lambda: numbers(20, pause=0.001))
    qtbot.waitUntil(lambda: bool(one.endings and other.endings), timeout=10_000)
    assert {message.job for message in one.heard} == {first.number}
    assert {message.job for message in other.heard} == {second.number}
    assert (len(one.events), len(other.events), silent.heard) == (40, 20, [])


def test_nobody_has_to_listen(qtbot: QtBot, runner: Runner) -> None:
    """Fails if a job without callbacks brings the runner down or stays for ever."""
    runner.start(lambda: numbers(20))
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)


def test_a_widget_that_qt_has_deleted_is_told_nothing(qtbot: QtBot, runner: Runner, listener: Listener) -> None:
    """Fails if the ending of a job is given to a dialog that was closed meanwhile, which is an error of Qt's."""
    told: list[object] = []
    gate = threading.Event()

    class Dialog(QObject):
        def hear(self, message: object) -> None:
            told.append(self.objectName())

    def work() -> Iterator[Sample]:
        gate.wait(10)
        yield Sample(1)

    dialog = Dialog()
    runner.start(work, heard=dialog.hear, ended=dialog.hear)
    shiboken6.delete(dialog)
    gate.set()
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)
    assert not told


def test_an_error_of_a_listener_stays_with_it(
    qtbot: QtBot, runner: Runner, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a mistake in one callback swallows the endings that other jobs have to tell."""
    errors: list[BaseException] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, error, trace: errors.append(error))

    def wrong(message: object) -> None:
        raise KeyError(message)

    jobs = [runner.start(lambda: numbers(1), heard=wrong, ended=wrong), listener.start(lambda: numbers(1))]
    qtbot.waitUntil(lambda: not runner.busy, timeout=10_000)
    assert [type(error) for error in errors] == [KeyError, KeyError]
    assert [ended.job for ended in listener.endings] == [jobs[1].number]


def test_what_is_raised_on_purpose_prints_no_traceback() -> None:
    """Fails if a view that has nothing to show writes a traceback into the terminal of whoever started the program, or
    if an error that nobody expected no longer leaves one."""
    from app.insight.tiles import NoPicture
    from app.jobs.messages import failure

    ended = failure(1, NoPicture("There is nothing here."))
    assert (ended.sentence, ended.details) == ("There is nothing here.", "")
    assert "ValueError" in failure(2, ValueError("Something is odd.")).details
