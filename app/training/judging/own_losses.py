"""The own loss of each training sample over the epochs, as a by-product of the steps that train: samples that stay hard
when all others have become easy often have a wrong label."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from app.core.compile.decision import decision_of
from app.core.compile.net import CompiledNet
from app.core.storage.files import write_atomic
from app.training.folder import OWN_LOSSES
from app.training.judging.answers import reader

MOST_SAMPLES = 20_000  # evenly spread over the training part, where it has more
MOST_EPOCHS = 64  # of more, every second one is dropped, and every second one kept from then on
_BYTES_A_SECOND = 500_000  # that are written while a training is on
_MOST_BYTES = 4 * MOST_SAMPLES * (MOST_EPOCHS + 4) + 10_000


@dataclass(frozen=True, eq=False)
class LossHistory:
    """``losses`` (epochs, n) of the samples with these ``numbers`` (n,), in the epochs ``epochs`` (from 1); not a
    number where a sample was not learned from."""

    numbers: np.ndarray
    epochs: np.ndarray
    losses: np.ndarray

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """(epochs, m) of these samples; not a number for those that nothing is known of."""
        order = np.argsort(self.numbers)
        at = np.searchsorted(self.numbers, numbers, sorter=order).clip(max=max(0, len(order) - 1))
        if not len(order):
            return np.full((len(self.epochs), len(numbers)), np.nan)
        places = order[at]
        known = self.numbers[places] == numbers
        return np.where(known, self.losses[:, places], np.nan)


class OwnLosses:
    """Keeps them for one training. What comes from the device stays there until an epoch is over. Without ``kept``
    nobody could ask for them, and nothing is computed."""

    def __init__(self, net: CompiledNet, learn: Tensor, kept: bool = True) -> None:
        self.kept = kept
        if len(learn) > MOST_SAMPLES:
            learn = learn.sort().values[torch.linspace(0, len(learn) - 1, MOST_SAMPLES).long()]
        self._numbers = learn.cpu().numpy()
        self._map: Tensor | None = None  # the place of each sample, -1 for those that are not kept
        self._learn = learn
        self._of = _own(net)
        self._values: list[tuple[Tensor, Tensor]] = []  # places and losses of this epoch
        self._epochs: list[int] = []
        self._rows: list[np.ndarray] = []
        self._every, self._next = 1, 1  # of the epochs; the one that is on
        self._written = 0.0

    @property
    def wanted(self) -> bool:
        """Whether anything of the epoch that is on is kept."""
        return self._of is not None and self._next % self._every == 0

    def add(self, numbers: Tensor, read: Mapping[str, Tensor]) -> None:
        """What the metrics read of the samples with these numbers, at best of many at once."""
        if self._of is None or not self.wanted or not self.kept:
            return
        found = self._of(read)
        if found is None:
            self._of = None
            return
        if self._map is None:
            self._map = torch.full((int(self._learn.max()) + 1,), -1, dtype=torch.int64)
            self._map[self._learn.cpu()] = torch.arange(len(self._learn))
            self._map = self._map.to(numbers.device)
        self._values.append((self._map.index_select(0, numbers), found))

    def after_epoch(self, epoch: int, folder: Path | None) -> None:
        """An epoch is over, counted from 1. While a training is on, little is written to its folder."""
        self._next = epoch + 1
        values, self._values = self._values, []
        if not values or epoch % self._every:
            return
        row = np.full(len(self._numbers), np.nan, np.float32)
        places = torch.cat([each for each, _ in values]).cpu().numpy()
        losses = torch.cat([each for _, each in values]).float().cpu().numpy()
        row[places[places >= 0]] = losses[places >= 0]
        self._epochs.append(epoch)
        self._rows.append(row)
        if len(self._rows) > MOST_EPOCHS:
            self._every *= 2
            kept = [at for at, epoch in enumerate(self._epochs) if epoch % self._every == 0]
            self._epochs, self._rows = [self._epochs[at] for at in kept], [self._rows[at] for at in kept]
        size = sum(each.nbytes for each in self._rows)
        if folder is not None and time.monotonic() - self._written > max(1.0, size / _BYTES_A_SECOND):
            self.save(folder)

    def history(self) -> LossHistory | None:
        """What is known so far; None for nothing."""
        if not self._rows:
            return None
        return LossHistory(self._numbers, np.array(self._epochs, np.int64), np.stack(self._rows))

    def save(self, folder: Path) -> None:
        """Write it into the folder of the run, if there is anything.

        Raises:
            OSError: if that fails.
        """
        history = self.history()
        if history is None:
            return
        from safetensors.numpy import save

        content = {"numbers": history.numbers, "epochs": history.epochs, "losses": history.losses}
        write_atomic(folder / OWN_LOSSES, save(content))
        self._written = time.monotonic()

    def continue_from(self, folder: Path, epoch: int) -> None:
        """Go on where the run in ``folder`` stood after so many epochs."""
        earlier = read_history(folder)
        if earlier is None or not np.array_equal(earlier.numbers, self._numbers):
            return
        kept = earlier.epochs <= epoch
        self._epochs, self._rows = earlier.epochs[kept].tolist(), list(earlier.losses[kept])
        steps = np.diff([0, *self._epochs])
        self._every = int(steps.min()) if len(steps) else 1
        self._next = epoch + 1


def read_history(folder: Path) -> LossHistory | None:
    """What a run has kept; None if it is nothing, or nothing that this program has written."""
    path = folder / OWN_LOSSES
    try:
        if not path.is_file() or path.stat().st_size > _MOST_BYTES:
            return None
        from safetensors import SafetensorError
        from safetensors.numpy import load

        try:
            content = load(path.read_bytes())
        except (SafetensorError, ValueError, KeyError):
            return None
    except OSError:
        return None
    if content.keys() != {"numbers", "epochs", "losses"}:
        return None
    numbers, epochs, losses = content["numbers"], content["epochs"], content["losses"]
    if losses.ndim != 2 or losses.shape != (len(epochs), len(numbers)) or losses.dtype != np.float32:
        return None
    if numbers.ndim != 1 or epochs.ndim != 1 or numbers.dtype != np.int64 or epochs.dtype != np.int64:
        return None
    if (numbers < 0).any() or (np.diff(epochs) <= 0).any() or (epochs < 1).any():
        return None
    return LossHistory(numbers, epochs, losses)


def _own(net: CompiledNet) -> Callable[[Mapping[str, Tensor]], Tensor | None] | None:
    """What gives the losses of samples from what the metrics read of them: the cross-entropy of classes, the squared
    error of numbers. None where samples have no answer of their own."""
    decision = decision_of(net.plan)
    if decision is not None and decision.soft:  # samples are mixed with others, and so are their labels
        return None
    plain = decision is not None and decision.threshold is None and not decision.channels
    ignored = decision.ignored if decision is not None and decision.ignored is not None else -1

    classify: list[Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]] = []  # made where it is needed

    @torch.no_grad()
    def own(read: Mapping[str, Tensor]) -> Tensor | None:
        if decision is not None and "scores" in read:
            target = read["target"].long()
            if plain and target.ndim == 1:
                right = target.clamp(0, decision.classes - 1)
                known = right == target if ignored < 0 else (right == target) & (target != ignored)
                # The cross-entropy, by hand: torch's own takes four times as long for rows of few classes.
                scores = read["scores"].float()
                highest = scores.amax(1)
                found = (scores - highest.unsqueeze(1)).exp().sum(1).log() + highest
                return torch.where(known, found - scores.gather(1, right.unsqueeze(1)).squeeze(1), torch.nan)
            if not classify:
                classify.append(reader(decision))
            _, probabilities = classify[0](read["scores"].float(), target)
            known = (target >= 0) & (target < decision.classes)
            if decision.ignored is not None:
                known &= target != decision.ignored
            right = target.clamp(0, decision.classes - 1).unsqueeze(-1)
            surprise = -probabilities.gather(-1, right).squeeze(-1).clamp(min=1e-30).log()
            surprise = torch.where(known, surprise, torch.nan).reshape(len(target), -1)
            return surprise.nanmean(1)
        if "prediction" in read:
            return (read["prediction"] - read["truth"]).double().square().reshape(len(read["truth"]), -1).mean(1)
        return None

    return own
