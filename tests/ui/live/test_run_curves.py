"""How a training is told in words and numbers."""

from __future__ import annotations

from app.training.events import BatchDone, Cancelled, EpochDone, Failed, Finished, Started
from app.ui.training.run_curves import RunCurves, duration
from tests.support import epochs as support

STARTED = Started("cpu", 320, 80, 10, 4, 1000)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def epoch_done(epoch: int, **values: float | None) -> EpochDone:
    known = {"train_loss": 0.5, "train_accuracy": 0.9, "val_loss": 0.4, "val_accuracy": 0.961, **values}
    return support.epoch_done(epoch, 4, **known)


def told(clock: Clock, batches: int, seconds_each: float) -> RunCurves:
    """A story after so many batches."""
    story = RunCurves(clock=clock)
    story.hear(STARTED)
    for number in range(batches):
        clock.now += seconds_each
        story.hear(BatchDone(number // 10 + 1, number % 10 + 1, 10, 0.7, 32))
    return story


def test_time_left_follows_the_speed() -> None:
    """Fails if the time left counts epochs that are done, or batches of one epoch instead of all."""
    story = told(Clock(), 10, 0.1)
    left = story.seconds_left
    assert left is not None
    assert abs(left - 3.0) < 0.01
    assert story.share == 0.25
    assert story.words("running").endswith("about 3 s left")


def test_a_pause_does_not_count() -> None:
    """Fails if a minute of pause makes the rest look ten times as long, or the training slower than it was."""
    clock = Clock()
    story = told(clock, 10, 0.1)
    story.rest()
    clock.now += 60
    story.run()
    clock.now += 0.1
    story.hear(BatchDone(2, 1, 10, 0.7, 32))
    left = story.seconds_left
    assert left is not None
    assert abs(left - 2.9) < 0.01
    assert abs(story.worked - 1.1) < 0.01


def test_nothing_is_promised_too_early() -> None:
    """Fails if the first batch, which is slow, is taken for the speed of all the others."""
    assert told(Clock(), 1, 2.0).seconds_left is None
    assert "left" not in told(Clock(), 1, 2.0).words("running")


def test_words_say_epoch_loss_and_held_out_accuracy() -> None:
    """Fails if the line names the wrong epoch, or leaves out what the training is measured by."""
    story = told(Clock(), 10, 0.1)
    story.hear(epoch_done(1, train_loss=0.2134))
    assert story.words("paused") == "Paused · Epoch 2 of 4 · loss 0.213 · validation accuracy 96.1 %"
    without_classes = RunCurves()
    without_classes.hear(STARTED)
    without_classes.hear(epoch_done(4, train_accuracy=None, val_accuracy=None, val_loss=0.00004))
    assert without_classes.words("running") == "Epoch 4 of 4 · loss 0.5 · validation loss below 0.001"


def test_a_training_took_as_long_as_its_epochs() -> None:
    """Fails if the line under the curves counts what lies between the epochs too, and says another time than the panel
    Runs says of the same run."""
    story = told(Clock(), 40, 0.2)
    for epoch in range(1, 5):
        story.hear(epoch_done(epoch))
    story.hear(Finished(4))
    took = sum(each.seconds for each in story.done)
    assert took < story.worked, "the clock has gone on for longer"
    assert story.last_words().startswith(f"Trained for 4 epochs in {duration(took, about=False)} ·")


def test_a_branch_took_as_long_as_all_its_epochs() -> None:
    """Fails if the epochs of the runs that it has left are counted by Runs, and not under the curves."""
    first, second, third = RunCurves(), told(Clock(), 20, 0.2), told(Clock(), 20, 0.2)
    for epoch in (1, 2, 3):
        first.hear(epoch_done(epoch, seconds=10.0))
    second.leave(first.done, 2)
    second.hear(epoch_done(3, seconds=1.0))
    third.leave(second.done, 3, second.before)
    third.hear(epoch_done(4, seconds=0.5))
    third.hear(Finished(4))
    assert third.last_words().startswith("Trained for 4 epochs in 22 s ·")


def test_last_words() -> None:
    """Fails if the ending is not told, or a stop in the middle of an epoch is told as if the epoch were complete."""
    story = told(Clock(), 40, 0.1)
    story.hear(epoch_done(4))
    story.hear(Finished(4))
    assert story.last_words() == "Trained for 4 epochs in 4.0 s · loss 0.5 · validation accuracy 96.1 %"
    stopped = told(Clock(), 15, 0.1)
    stopped.hear(Cancelled(1))
    assert stopped.last_words().startswith("Stopped in epoch 2; what was learned is kept")
    at_once = RunCurves()
    at_once.hear(Cancelled(0))
    assert at_once.last_words() == "Stopped before the first batch."
    failed = RunCurves()
    failed.hear(Failed("norm1", "Batch norm needs more than one sample."))
    assert failed.last_words() == "norm1: Batch norm needs more than one sample."


def test_a_continued_run_goes_on_with_its_curves() -> None:
    """Fails if Continue forgets the curves of the first part, or keeps an epoch that is trained again."""
    first = told(Clock(), 15, 0.1)
    first.hear(epoch_done(1))
    second = RunCurves()
    second.take_over(first, 1)
    second.hear(BatchDone(2, 6, 10, 0.6, 32))
    assert list(second.steps) == [*first.steps, 1.6]
    assert [done.epoch for done in second.done] == [1]


def test_durations_read_as_people_say_them() -> None:
    """Fails if half an hour is told in seconds."""
    spoken = [duration(0.4), duration(42), duration(200), duration(2 * 3600 + 900), duration(7.6, about=False)]
    assert spoken == ["less than 1 s", "about 42 s", "about 3 min", "about 2.2 h", "7.6 s"]


def test_a_single_step_can_be_seen() -> None:
    """Fails if stepping through the batches changes nothing in the words, or names the loss of another batch."""
    story = told(Clock(), 3, 0.1)
    assert story.words("paused") == "Paused · Epoch 1 of 4 · batch 3 of 10, loss 0.7"
    story = told(Clock(), 10, 0.1)
    assert story.words("paused") == "Paused · Epoch 1 of 4 · batch 10 of 10, loss 0.7"
    story.hear(epoch_done(1))
    assert story.words("paused") == "Paused · Epoch 2 of 4 · loss 0.5 · validation accuracy 96.1 %"
    story.hear(BatchDone(2, 1, 10, 0.25, 32))
    assert story.words("paused") == "Paused · Epoch 2 of 4 · batch 1 of 10, loss 0.25 · validation accuracy 96.1 %"
    assert story.words("running").startswith("Epoch 2 of 4 · loss 0.5 ·")
