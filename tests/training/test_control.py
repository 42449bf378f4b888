"""Stop, pause, step, learning rate and requests, from other threads as the window does it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.training.control import Control
from app.training.events import BatchDone, Cancelled, EpochDone, Event, Failed, Finished, Probed, Started
from app.training.loop import train
from app.training.training_view import TrainingView
from tests.training.nets import FAST, compiled, only

ENDLESS = replace(FAST, epochs=100_000)


class Worker:
    """Trains in a thread of its own and keeps what it said."""

    def __init__(self, control: Control) -> None:
        self.events: list[Event] = []
        self._thread = threading.Thread(target=self._run, args=(control,))
        self._thread.start()

    def _run(self, control: Control) -> None:
        for event in train(compiled(), ENDLESS, control=control):
            self.events.append(event)

    def until(self, condition: object) -> None:
        """Wait until ``condition()`` is true."""
        end = time.monotonic() + 60
        while not condition():  # type: ignore[operator]
            assert time.monotonic() < end, f"it never came; the last event is {self.events[-1:]}"
            time.sleep(0.002)

    def batches(self) -> int:
        return len(only(self.events, BatchDone))

    def join(self) -> None:
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def control() -> Iterator[Control]:
    made = Control()
    yield made
    made.stop()


def test_stop(control: Control) -> None:
    """Fails if a stop is not seen, or does not end with Cancelled."""
    worker = Worker(control)
    worker.until(lambda: worker.batches() > 3)
    control.stop()
    worker.join()
    assert isinstance(worker.events[-1], Cancelled)


def test_pause_step_and_resume(control: Control) -> None:
    """Fails if a paused run goes on, a step does none or several batches, or a pause cannot be left."""
    control.pause()
    worker = Worker(control)
    worker.until(lambda: only(worker.events, Started))
    time.sleep(0.05)
    assert worker.batches() == 0
    for expected in (1, 2, 3):
        control.step()
        worker.until(lambda expected=expected: worker.batches() == expected)
        time.sleep(0.02)
        assert worker.batches() == expected
    assert control.paused
    control.resume()
    worker.until(lambda: worker.batches() > 20)
    control.step()  # pressed while it runs: one more batch, then rest
    count = worker.batches()
    assert control.paused
    time.sleep(0.1)
    assert worker.batches() <= count + 2  # the one in hand, and one more
    control.stop()
    worker.join()
    assert isinstance(worker.events[-1], Cancelled)


def test_requests_are_served_while_paused_and_while_running(control: Control) -> None:
    """Fails if the window has to resume to see a picture, or if an answer does not name its request."""
    control.pause()
    worker = Worker(control)

    def weights(view: TrainingView) -> float:
        return float(view.model.get_parameter("fc1.weight").detach().norm())

    control.ask(weights)
    control.ask(weights)  # the same again, before the first was served
    worker.until(lambda: only(worker.events, Probed))
    first = only(worker.events, Probed)[0]
    assert first.request is weights
    assert isinstance(first.picture, float)
    control.resume()
    control.ask(weights)
    worker.until(lambda: len(only(worker.events, Probed)) >= 2)
    control.stop()
    worker.join()
    assert len(only(worker.events, Probed)) in (2, 3)


def test_what_a_request_sees(control: Control) -> None:
    """Fails if a request gets no batch before the first step, mixes training with validation, or the wrong epoch."""
    seen: list[TrainingView] = []
    control.ask(seen.append)
    for event in train(compiled(), FAST, control=control):
        if isinstance(event, EpochDone) and event.epoch == 1:
            control.ask(seen.append)
    first, later = seen
    assert first.epoch == 0
    assert later.epoch == 1
    assert first.batch["digits.image"].shape == (64, 1, 8, 8)
    assert later.batch["digits.image"].shape == (158, 1, 8, 8)
    assert later.validation is not None
    assert later.validation["digits.image"].shape == (359, 1, 8, 8)


def test_requests_of_the_last_batch_are_served(control: Control) -> None:
    """Fails if the window waits for ever for a picture it asked for at the very end."""
    events = []
    for event in train(compiled(), FAST, control=control):
        events.append(event)
        if isinstance(event, EpochDone) and event.epoch == 2:
            control.ask(lambda view: "late")
    assert isinstance(events[-1], Finished)
    assert [event.picture for event in only(events, Probed)] == ["late"]


@pytest.mark.parametrize("error", [ValueError("Nothing to see here."), RuntimeError("bad shape"), KeyError("conv9")])
def test_a_request_that_fails_ends_nothing(control: Control, error: Exception) -> None:
    """Fails if a picture that cannot be made ends the training, or fails without a word."""

    def fail(view: TrainingView) -> None:
        raise error

    control.ask(fail)
    events = list(train(compiled(), FAST, control=control))
    assert isinstance(events[-1], Finished)
    (probed,) = only(events, Probed)
    assert probed.picture is None
    assert str(error.args[0]) in probed.sentence


def test_learning_rate(control: Control) -> None:
    """Fails if a new learning rate is not used from the next batch on, or not told."""
    events = []
    for event in train(compiled(), FAST, control=control):
        events.append(event)
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 1):
            control.set_lr(1e-9)
    assert [event.lr for event in only(events, EpochDone)] == [FAST.lr, 1e-9]


@pytest.mark.parametrize("lr", [0.0, -1.0, float("nan"), float("inf")])
def test_a_learning_rate_must_be_above_zero(control: Control, lr: float) -> None:
    """Fails if a slip of the hand ruins the weights."""
    with pytest.raises(ValueError, match="above 0"):
        control.set_lr(lr)


def test_stop_before_the_first_batch(control: Control, tmp_path: Path) -> None:
    """Fails if a run that was stopped at once leaves a folder that cannot be continued."""
    control.stop()
    events = list(train(compiled(), FAST, out=tmp_path, control=control))
    assert events[-1] == Cancelled(0, str(tmp_path))
    assert not only(events, BatchDone)
    assert isinstance(list(train(compiled(), FAST, resume=tmp_path))[-1], Finished)


def test_stop_is_seen_while_the_held_out_data_is_checked(control: Control, tmp_path: Path) -> None:
    """Fails if a long check cannot be stopped, or if what it interrupted is not continued with the same numbers."""
    net, recipe = compiled(), replace(FAST, batch_size=8, epochs=1)
    model = net.model(0)
    model.register_forward_hook(lambda module, *_: None if module.training else control.stop())
    events = list(train(net, recipe, out=tmp_path, control=control, model=model))
    assert isinstance(events[-1], Cancelled)
    assert not only(events, EpochDone)
    later = only(train(net, recipe, resume=tmp_path), EpochDone)
    whole = only(train(net, recipe), EpochDone)
    assert replace(later[0], seconds=0, samples_per_second=0) == replace(whole[0], seconds=0, samples_per_second=0)


def test_a_failure_in_a_layer_names_it(control: Control) -> None:
    """Fails if the window cannot say in which layer it happened, or if full memory is not explained."""
    net = compiled()
    model = net.model(0)

    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    model.get_submodule("fc1").register_forward_pre_hook(full)
    events = list(train(net, FAST, model=model, control=control))
    assert isinstance(events[-1], Failed)
    assert events[-1].node == "fc1"
    assert "smaller batch" in events[-1].sentence


def test_events_and_control_need_no_torch() -> None:
    """Fails if the window has to wait for torch before it can show itself."""
    code = "import sys, app.training.events, app.training.control; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_request_is_served_after_the_step(control: Control) -> None:
    """Fails if what was asked for together with a step shows the weights from before its batch."""
    control.pause()
    worker = Worker(control)
    worker.until(lambda: only(worker.events, Started))
    for expected in (1, 2, 3):
        with control._condition:  # both before the loop looks
            control.ask(lambda view, expected=expected: expected)
            control.step()
        worker.until(lambda expected=expected: len(only(worker.events, Probed)) == expected)
        kinds = [type(event) for event in worker.events if isinstance(event, Probed | BatchDone)]
        assert kinds == [BatchDone, Probed] * expected
    control.stop()
    worker.join()


def test_a_request_is_served_where_the_step_was_the_last(control: Control) -> None:
    """Fails if an answer is lost because the run ends with the step it waited for."""
    control.pause()
    for _ in range(2000):
        control.step()
    control.ask(lambda view: "seen")
    control.stop()
    orders = control.take()
    assert orders.stop
    assert len(orders.requests) == 1
    control.ask(lambda view: "again")
    assert len(control.take(ending=True).requests) == 1
