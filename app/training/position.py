"""How far a training is, and how that is said. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class TrainingPosition:
    """How far a training is: complete epochs, and batches done in the epoch after them."""

    epoch: int = 0
    batch: int = 0


# Where a run can be looked at: an int is the end of that epoch (0 the beginning), a position lies within the epoch
# behind its complete ones.
At = int | TrainingPosition


def position_of(at: At) -> TrainingPosition:
    """The same as a position, by which moments are put in order."""
    return TrainingPosition(at) if isinstance(at, int) else at


def at_words(at: At) -> str:
    """As it is called in a line: ``epoch 12``, and ``epoch 1, step 50`` within the first epoch."""
    return f"epoch {at:,}" if isinstance(at, int) else f"epoch {at.epoch + 1:,}, step {at.batch:,}"


def way_words(first: At, last: At) -> str:
    """From one to the other: ``epochs 0 to 12``."""
    if isinstance(first, int) and isinstance(last, int):
        return f"epochs {first:,} to {last:,}"
    return f"{at_words(first)} to {at_words(last)}"


def at_short(at: At) -> str:
    """As the command line takes it: ``12``, and ``1:50`` within the first epoch."""
    return str(at) if isinstance(at, int) else f"{at.epoch + 1}:{at.batch}"


def at_from(text: str) -> At | None:
    """What ``at_short`` gives, read again; None for anything else."""
    epoch, sign, step = text.partition(":")
    numbers = (epoch, step) if sign else (epoch,)
    if not all(each.isascii() and each.isdigit() and len(each) < 10 for each in numbers):
        return None
    if not sign:
        return int(epoch)
    return TrainingPosition(int(epoch) - 1, int(step)) if int(epoch) and int(step) else None
