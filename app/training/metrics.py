"""Averages over an epoch: of the losses, and what the printed metrics (``metric_sums``, ``metric_values``) need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from app.training.checkpoints import BadRun

# What metrics read is kept until it is so many numbers and then counted together, of a small net once in an epoch: a
# comparison of 32 samples costs almost as much as one of 1,500. Large scores (a class for every pixel) are counted at
# once, to save memory.
TOGETHER = 262_144
LARGE = 65_536

Sums = Callable[..., Mapping[str, Any]]
Read = tuple[Mapping[str, Tensor], Tensor | None]  # of a batch, and the numbers of its samples
Also = Callable[[Tensor, Mapping[str, Tensor]], object]  # of the numbers of samples, and what is read of them


class Averages:
    """Sums over batches. What comes from the device stays there until it is asked for, so no batch waits.

    Args:
        sums: the printed ``metric_sums``, or None if nothing is measured.
        values: the printed ``metric_values``.
        also: is handed the same, where the numbers of the samples are known; not of large scores.
    """

    def __init__(
        self,
        sums: Sums | None = None,
        values: Callable[..., Mapping[str, float]] | None = None,
        also: Also | None = None,
    ) -> None:
        self.loss = 0.0
        self.samples = 0
        self._sums_of, self._values_of, self._also = sums, values, also
        self._losses: dict[str, float] = {}
        self._whole = True  # whether the losses are known one by one
        self._sums: dict[str, Any] = {}
        self._kept: list[Read] = []
        self._numbers = 0  # in what is kept
        self._large = False  # whether a batch of it has many

    def add_losses(self, losses: Mapping[str, float], samples: int, total: float | None = None) -> None:
        """The mean losses of a batch of so many samples, by name; ``total`` is their sum, if that is known."""
        self.loss += (sum(losses.values()) if total is None else total) * samples
        self.samples += samples
        for name, loss in losses.items():
            self._losses[name] = self._losses.get(name, 0.0) + loss * samples

    def add_read(self, read: Mapping[str, Tensor], samples: Tensor | None = None) -> None:
        """What the metrics read of a batch, of the samples with these numbers."""
        if not read or (self._sums_of is None and self._also is None):
            return
        self._kept.append((read, samples))
        for values in read.values():
            size = values.numel()
            self._numbers += size
            if size > LARGE:
                self._large = True
        if self._large or self._numbers >= TOGETHER:
            self._count()

    def _count(self) -> None:
        kept, self._kept = self._kept, []
        large, self._large, self._numbers = self._large, False, 0
        for joined, samples in _joined(kept):
            if samples is not None and self._also is not None and not large:
                self._also(samples, joined)
            for name, value in self._sums_of(**joined).items() if self._sums_of is not None else ():
                before = self._sums.get(name, 0)
                if isinstance(before, Tensor) and isinstance(value, Tensor):
                    if before.shape != value.shape:
                        raise BadRun(f"What the run has measured ({name}) does not belong to it. Train the run again.")
                    before = before.to(value.device)
                self._sums[name] = before + value

    @property
    def mean_loss(self) -> float:
        """Mean over the samples; not a number if there were none."""
        return self.loss / self.samples if self.samples else float("nan")

    def numbers(self, part: str) -> dict[str, float]:
        """All averages by name: ``train_loss``, where there are several losses also ``train_loss.fool`` for each, and
        metrics such as ``train_accuracy``. ``part`` is ``train`` or ``val``. Waits for the device."""
        self._count()
        found = {f"{part}_loss": self.mean_loss}
        if len(self._losses) > 1 and self._whole and self.samples:
            found |= {f"{part}_loss.{name}": total / self.samples for name, total in self._losses.items()}
        if self._sums and self._values_of is not None:
            found |= {f"{part}_{name}": float(value) for name, value in self._values_of(self._sums).items()}
        return found

    def state(self) -> dict[str, Any]:
        """Everything as plain numbers and tensors, for a checkpoint in the middle of an epoch."""
        self._count()
        sums = {n: v.to("cpu", copy=True) if isinstance(v, Tensor) else v for n, v in self._sums.items()}
        return {"loss": self.loss, "samples": self.samples, "losses": dict(self._losses), "sums": sums}

    def restore(self, state: Mapping[str, Any], measured: bool = True) -> None:
        """Continue from a saved state, or from that of a run before there were sums by name. Without ``measured``,
        what it has summed up is of no use to the metrics of now."""
        self.loss, self.samples = float(state["loss"]), int(state["samples"])
        self._losses = dict(state.get("losses", {}))
        self._whole = "losses" in state or not self.samples
        sums = state.get("sums", {"right": state.get("right", 0), "answers": state.get("decisions", 0)})
        self._sums = {}
        if "truths" in sums or "truth_squares" in sums:  # of an R² that put all outputs together
            return
        if measured and sums.get("answers", 1):
            # In older runs the count of right answers was a plain number; the printed metric asks a tensor for it.
            self._sums = {
                n: torch.tensor(v) if n == "right" and not isinstance(v, Tensor) else v for n, v in sums.items()
            }


def _joined(kept: Sequence[Read]) -> Iterator[tuple[dict[str, Tensor], Tensor | None]]:
    """Batches put together as far as they can be, with the numbers of their samples; None where those do not name what
    was read, as where each word of a sentence has a class."""
    if not kept:
        return
    try:  # nearly always all of them, and to look at each one's shape first takes as long as to count them
        yield _one(kept)
    except RuntimeError:
        group: list[Read] = []
        for each in kept:
            if group and _form(each) != _form(group[-1]):
                yield _one(group)
                group = []
            group.append(each)
        yield _one(group)


def _form(kept: Read) -> tuple[object, ...]:
    read, samples = kept
    return samples is None, *[values.shape[1:] for values in read.values()]


def _one(kept: Sequence[Read]) -> tuple[dict[str, Tensor], Tensor | None]:
    if len(kept) == 1:
        ((read, samples),) = kept
        joined = dict(read)
    else:
        joined = {name: torch.cat([read[name] for read, _ in kept]) for name in kept[0][0]}
        numbers = [each for _, each in kept if each is not None]
        samples = torch.cat(numbers) if len(numbers) == len(kept) else None
    first = next(iter(joined.values()))
    return joined, samples if samples is not None and first.shape[:1] == samples.shape else None
