"""The losses of steps that were taken, until the device is asked for them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from app.training.diagnosis import Diagnosis
from app.training.events import BatchDone
from app.training.metrics import Averages


class WaitingLosses:
    """Those of one training."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, list[Tensor], int]] = []  # batch, losses, samples
        self._asked = 0.0

    def add(self, number: int, losses: Mapping[str, Tensor], samples: int) -> None:
        """The losses of batch ``number``, from 1, of so many samples."""
        self._waiting.append((number, list(losses.values()), samples))

    def due(self, pause: float) -> bool:
        """Whether they were asked for so many seconds ago."""
        return not pause or time.perf_counter() - self._asked >= pause

    def take(
        self, epoch: int, batches: int, names: Sequence[str], averages: Averages, doctor: Diagnosis
    ) -> list[BatchDone]:
        """Ask for those that wait, and hand them on. ``epoch`` counts from 1 and has so many ``batches``; ``names`` are
        those of the losses."""
        if not self._waiting:
            return []
        waiting, self._waiting = self._waiting, []
        if len(waiting) == 1 and len(names) == 1:  # every step of a small net on a CPU, in half the time
            number, (value,), count = waiting[0]
            losses = {names[0]: (loss := value.item())}
            self._asked = time.perf_counter()
            averages.add_losses(losses, count, loss)
            doctor.hear((loss,))
            return [BatchDone(epoch, number, batches, loss, count, losses)]
        tensors = [value for _, values, _ in waiting for value in values]
        numbers = torch.stack(tensors).tolist()
        self._asked = time.perf_counter()
        size = len(names)
        found = []
        for place, (number, _, count) in enumerate(waiting):
            single = numbers[place * size : (place + 1) * size]
            losses, loss = dict(zip(names, single)), sum(single)
            averages.add_losses(losses, count, loss)
            found.append(BatchDone(epoch, number, batches, loss, count, losses))
        doctor.hear([each.loss for each in found])
        return found
