"""How a training goes, in numbers and in words. Fed with events; knows nothing of widgets."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import isfinite
from pathlib import Path
from types import MappingProxyType

from app.core.live_settings import change_words
from app.training.events import BatchDone, Cancelled, Changed, Diagnosed, Edited, EpochDone, Failed, Finished, Started
from app.training.numbers import by_loss, first_metric, short, word_of
from nodes.api import declared
from nodes.api.words import figure

# The speed is that of the last moments: at first torch warms up, and a picture or two may have been made.
_WINDOW = 4.0
IMPORTED = "Weights from a file; nothing was trained here."
WELCOME = "Press Train (F5). While it learns, the curves of the loss and of what is measured grow here."


@dataclass(eq=False)
class RunCurves:
    """One run so far. ``steps`` and ``losses`` are equally long: every batch is kept, and there may be millions."""

    steps: array[float] = field(default_factory=lambda: array("d"))  # in epochs: 2.5 is the middle of the third
    losses: array[float] = field(default_factory=lambda: array("d"))
    done: list[EpochDone] = field(default_factory=list)
    findings: list[Diagnosed] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    edits: list[Edited] = field(default_factory=list)
    started: Started | None = None
    position: float = 0.0  # in epochs
    ending: Finished | Cancelled | Failed | None = None
    spoiled: bool = False  # a run that ended earlier, of which it is known
    folder: Path | None = None  # where it lies, if that is known
    left: int | None = None  # the epoch at which it has left another run
    before: list[float] = field(default_factory=list)  # seconds of the epochs before that
    clock: Callable[[], float] = time.monotonic
    _batch: BatchDone | None = None  # the last one of an epoch that is not complete
    _worked: float = 0.0  # seconds without pauses
    _since: float | None = None  # when it last began to run
    _marks: list[tuple[float, float]] = field(default_factory=list)  # (seconds of work, position)
    imported: bool = False  # its weights came from a file, and nothing was trained on them here

    def hear(self, event: object) -> None:
        """Take in one event of the training."""
        match event:
            case Started():
                self.started = event
                self.position = max(self.position, float(event.resumed_epoch))
                self.run()
            case BatchDone():
                self.position = event.epoch - 1 + event.batch / event.batches
                self.steps.append(self.position)
                self.losses.append(event.loss)
                self._batch = event
                self._mark()
            case EpochDone():
                self.position = float(event.epoch)
                self.done.append(event)
                self._batch = None
                self._mark()
            case Diagnosed():
                self.findings.append(event)
            case Changed():
                self.changes.append(event)
            case Edited() if not event.refused:
                self.edits.append(event)
                if self.started is not None:
                    self.started = replace(
                        self.started, batches=event.batches, epochs=event.epochs, parameters=event.parameters
                    )
                self._batch = None
            case Finished() | Cancelled() | Failed():
                self.rest()
                self.ending = event

    def marks(self) -> list[tuple[float, str]]:
        """Where settings were changed, in epochs, with what was changed in words."""
        batches = self._batches()

        def place(each: Changed | Edited) -> float:
            return each.epoch - 1 + min(1.0, (each.batch - 1) / batches)

        told = [(place(each), change_words(each.setting, each.before, each.value)) for each in self.changes]
        return [*told, *((place(each), f"The drawing was edited. {each.sentence}") for each in self.edits)]

    def batch_of(self, index: int) -> tuple[int, int]:
        """Epoch and batch, both from 1, of a step. An epoch may have been cut into other batches than those before."""
        step, neighbours = self.steps[index], self.steps[max(0, index - 1) : index + 2]
        gaps = [after - before for before, after in pairwise(neighbours)]
        batches = max(1, round(1 / gaps[0])) if gaps and gaps[0] > 0 else self._batches()
        if abs(step * batches - round(step * batches)) > 0.01:  # some batches were left out
            batches = self._batches()
        number = max(1, round(step * batches))
        return (number - 1) // batches + 1, (number - 1) % batches + 1

    def _batches(self) -> int:
        """Batches of an epoch, as far as it is known."""
        if self._batch is not None:
            return max(1, self._batch.batches)
        return max(1, self.started.batches if self.started is not None else 1)

    @property
    def bare(self) -> bool:
        """Whether it is over and there is nothing to draw."""
        return self.ending is not None and not self.done and not any(isfinite(loss) for loss in self.losses)

    @property
    def useless(self) -> bool:
        """Whether it ended so that going on from what is kept would end in the same way."""
        return self.spoiled or (isinstance(self.ending, Failed) and self.ending.useless)

    @classmethod
    def recalled(
        cls,
        epochs: Sequence[EpochDone],
        total: int,
        failure: Failed | None = None,
        useless: bool = False,
        rule: str = "",
        best: int = 0,
    ) -> RunCurves:
        """The story of a run of which only the numbers of its complete epochs are left, why it failed, if so, and
        whether going on from what is kept would end in the same way. ``rule`` is the stop rule that ended it, and
        ``best`` the epoch whose weights that has kept."""
        done = epochs[-1].epoch if epochs else 0
        ending: Finished | Cancelled | Failed = Finished(done) if done >= total else Cancelled(done)
        if rule:
            ending = Finished(done, rule, {"epoch": best} if best else {})
        if failure is not None:
            ending = failure
        started = Started("", 0, 0, 0, total, 0, resumed_epoch=done)
        return cls(done=list(epochs), started=started, position=float(done), ending=ending, spoiled=useless)

    def leave(self, parent: Sequence[EpochDone], epoch: int, before: Sequence[float] = ()) -> None:
        """Begin where it leaves its parent, with the last number that both have; what comes before is told there.
        ``before`` are the seconds of epochs that the parent has from a run that it left itself."""
        self.left = epoch
        self.before = [*before, *(each.seconds for each in parent if each.epoch < epoch)]
        self.done = [*(each for each in parent if each.epoch == epoch), *(d for d in self.done if d.epoch > epoch)]

    def take_over(self, before: RunCurves, epochs: int, names: Mapping[str, str] | None = None) -> None:
        """Begin with the curves of an earlier part of the same run, as far as it counts: its first ``epochs``, and the
        batches after them, which are not done again. ``names`` are those of losses that are called otherwise now."""
        self.steps, self.losses = before.steps[:], before.losses[:]
        self.changes = [each for each in before.changes if each.epoch <= before.position + 1]
        self.edits = [each for each in before.edits if each.epoch <= before.position + 1]
        self.done = [done for done in before.done if done.epoch <= epochs]
        if names:
            self.done = [replace(d, metrics=MappingProxyType(by_loss(d.metrics, names))) for d in self.done]
        self.position = max(before.position, float(epochs))
        self._worked = before.worked

    def run(self) -> None:
        """The training works from now on."""
        if self._since is None:
            self._since = self.clock()

    def rest(self) -> None:
        """The training rests; this time does not count."""
        self._worked = self.worked
        self._since = None

    @property
    def worked(self) -> float:
        """Seconds of training so far, without pauses."""
        return self._worked + (self.clock() - self._since if self._since is not None else 0.0)

    def _mark(self) -> None:
        self._marks.append((self.worked, self.position))
        while len(self._marks) > 2 and self._marks[-1][0] - self._marks[0][0] > _WINDOW:
            self._marks.pop(0)

    @property
    def share(self) -> float:
        """How much of the run is done, from 0 to 1."""
        return min(self.position / self.started.epochs, 1.0) if self.started is not None else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it will still take, None while that cannot be said."""
        if self.started is None or len(self._marks) < 2:
            return None
        (before, there), (now, here) = self._marks[0], self._marks[-1]
        if here <= there or now - before < 0.2:
            return None
        return (self.started.epochs - here) * (now - before) / (here - there)

    def words(self, state: str) -> str:
        """Where it stands: ``Epoch 3 of 20 · loss 0.21 · validation accuracy 96.1 % · about 4 s left``.

        Of a training that rests also the batch, so that each single step can be seen: ``batch 7 of 45, loss 0.34``.
        """
        if self.started is None:
            return ""
        epoch = min(int(self.position) + 1, self.started.epochs)
        parts, batch = [f"Epoch {epoch} of {self.started.epochs}", *self._numbers()], self._batch
        if state == "running":
            left = self.seconds_left
            if left is not None:
                parts.append(f"{duration(left)} left")
        elif state == "paused":
            if batch is not None:
                numbers = [part for part in parts[1:] if not part.startswith("loss")]
                at = f"batch {batch.batch:,} of {batch.batches:,}, loss {_short(batch.loss)}"
                parts = [f"Epoch {batch.epoch} of {self.started.epochs}", at, *numbers]
            parts.insert(0, "Paused")
        elif state == "stopping":
            parts.insert(0, "Stopping after this batch")
        return " · ".join(parts)

    def _numbers(self) -> list[str]:
        if not self.done:
            return [f"loss {_short(self.losses[-1])}"] if self.losses else []
        return numbers_of(self.done[-1])

    def last_words(self) -> str:
        """How it ended."""
        match self.ending:
            case Finished(epoch=epoch, reason=reason) if reason != "done":
                best = self.ending.metrics.get("epoch")
                kept = f"; the weights are those of epoch {best}" if best and best != epoch else ""
                rule = declared.stop_rules().get(reason)
                why = f", {rule.because}" if rule is not None else ""
                numbers = [part for each in self.done if each.epoch == best for part in numbers_of(each)]
                return " · ".join([f"Stopped early after {_epochs(epoch)}{why}{kept}", *numbers])
            case Finished(epoch=epoch):
                # As the panel Runs counts: what is saved and looked at between the epochs is no training.
                each = [*self.before, *(done.seconds for done in self.done)]
                seconds = sum(each) if len(each) == epoch else self.worked
                took = f" in {duration(seconds, about=False)}" if self._marks else ""
                return " · ".join([f"Trained for {_epochs(epoch)}{took}", *self._numbers()])
            case Cancelled(epoch=epoch):
                if not self.losses and not self.done:
                    return IMPORTED if self.imported else "Stopped before the first batch."
                whole = self.position == int(self.position)
                when = f"after {_epochs(epoch)}" if whole else f"in epoch {int(self.position) + 1}"
                return " · ".join([f"Stopped {when}; what was learned is kept", *self._numbers()])
            case Failed():
                return words_of(self.ending)
        return ""


def numbers_of(done: EpochDone) -> list[str]:
    """The numbers of an epoch that say most: the loss, and a number of the validation data."""
    parts = [f"loss {_short(done.train_loss)}"]
    validation, seen = (first_metric(done.metrics, part) for part in ("val", "train"))
    if validation is not None:
        parts.append(f"validation {word_of(validation)} {short(validation, done.metrics[f'val_{validation}'])}")
    elif done.val_loss is not None:
        parts.append(f"validation loss {_short(done.val_loss)}")
    elif seen is not None:
        parts.append(f"{word_of(seen)} {short(seen, done.metrics[f'train_{seen}'])}")
    return parts


def words_of(failure: Failed) -> str:
    """Where it failed, and why."""
    node, sentence = failure.node, failure.sentence
    return sentence if node is None or sentence.startswith(node) else f"{node}: {sentence}"


def duration(seconds: float, about: bool = True) -> str:
    """A time as people say it: ``about 40 s``, ``about 3 min``, ``about 2 h``."""
    word = "about " if about else ""
    if seconds < 1:
        return "less than 1 s" if about else f"{seconds:.1f} s"
    if seconds < 10 and not about:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{word}{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{word}{seconds / 60:.0f} min"
    return f"{word}{seconds / 3600:.1f} h"


def _short(loss: float) -> str:
    return "below 0.001" if 0 < loss < 0.001 else figure(loss)


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count:,} epochs"


def welcome(failed: bool, state: str) -> str:
    """What stands in the place of curves that are not there yet."""
    if failed:
        return "Press Train again once that is mended."
    return WELCOME if state == "idle" else "The curves begin with the first batch."
