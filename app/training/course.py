"""The epochs of a training so far, with what is lowest and highest in them: a question costs as much late as early."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from app.training.events import EpochDone


@dataclass
class Course:
    """``epochs`` in order; ``checked`` are those with a validation loss, ``answered`` those with a training accuracy.
    Of each list the epoch that is best; of equal ones the first."""

    epochs: list[EpochDone] = field(default_factory=list)
    checked: list[EpochDone] = field(default_factory=list)
    answered: list[EpochDone] = field(default_factory=list)
    lowest: EpochDone | None = None  # by training loss
    best_checked: EpochDone | None = None  # by validation loss
    best_answered: EpochDone | None = None  # by training accuracy
    highest_lr: float = 0.0

    def add(self, done: EpochDone) -> None:
        """One epoch more."""
        self.epochs.append(done)
        self.highest_lr = max(self.highest_lr, done.lr)
        if self.lowest is None or done.train_loss < self.lowest.train_loss:
            self.lowest = done
        value = done.val_loss
        if value is not None:
            self.checked.append(done)
            if self.best_checked is None or value < (self.best_checked.val_loss or 0.0):
                self.best_checked = done
        right = done.train_accuracy
        if right is not None:
            self.answered.append(done)
            if self.best_answered is None or right > (self.best_answered.train_accuracy or 0.0):
                self.best_answered = done

    @property
    def lowest_loss(self) -> float:
        """Of all epochs; infinite before there was one."""
        return self.lowest.train_loss if self.lowest is not None else math.inf
