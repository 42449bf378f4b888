"""The ends of epochs that can be gone back to, of trainings that take their steps as one.

A checkpoint of a small net takes as long as a third of its epoch. So these are held in main memory, the best and the
last ones (``Recipe.keep``), and written with the next checkpoint: most of them never.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from app.training import checkpoints
from app.training.checkpoints import State
from app.training.continuation import judged_by
from app.training.loop import Standing
from app.training.snapshots import keep, lasting

MOST_BYTES = 256 * 1024 * 1024  # that are held, then all are written


class HeldEpochs:
    """Those of all trainings of a group."""

    def __init__(self) -> None:
        self._of: dict[int, dict[int, tuple[Mapping[str, Tensor], State]]] = {}  # by training and epoch
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Whether it is time to write."""
        return self._bytes > MOST_BYTES

    def wants(self, run: Standing) -> bool:
        """Whether the epoch at whose end a training stands may stay: it is the best so far, or one of the last. To be
        asked once an epoch."""
        if run.out is None or not run.recipe.keep:
            return False
        losses, epoch = judged_by(run), run.position.epoch
        stay = lasting(epoch, run.recipe, losses)
        held = self._of.setdefault(id(run), {})
        for each in [each for each in held if each not in stay]:
            self._bytes -= _size(*held.pop(each))
        before = (loss for each, loss in losses.items() if each < epoch and loss == loss)
        best = losses.get(epoch, math.nan) < min(before, default=math.inf)
        if run.recipe.stopping != "never":
            return True
        if epoch == run.recipe.epochs and run.trainer.average is None:
            return False  # its last checkpoint is that of this epoch
        return best or epoch > run.recipe.epochs - run.recipe.keep

    def hold(self, run: Standing, random: Tensor) -> None:
        """Copy where a training stands. ``random`` is torch's random state of it."""
        weights, state = _moment(run)
        self._of[id(run)][run.position.epoch] = held = weights, replace(state, cpu_random=random)
        self._bytes += _size(*held)

    def write(self, run: Standing) -> None:
        """Put those of a training into its folder, which then stands at the last of them.

        Raises:
            OSError: if that fails.
        """
        held = self._of.pop(id(run), {})
        if run.out is None:
            return
        for epoch, (weights, state) in sorted(held.items()):
            self._bytes -= _size(weights, state)
            if all(bool(weights[name].isfinite().all()) for name, _ in run.model.named_parameters()):
                checkpoints.write(run.out, weights, state)
                keep(run.out, epoch, run.recipe, judged_by(run))
                run.saved = None  # another position is to be written again


def _moment(run: Standing) -> tuple[Mapping[str, Tensor], State]:
    """Copies of what ``run.save`` would write now: weights and buffers by name, and the rest."""
    state, raw = run.state(), _copied(run.model.state_dict())
    trainer = replace(
        state.trainer,
        optimizers=[_copied(each) for each in state.trainer.optimizers],
        stopping=_copied(state.trainer.stopping),
    )
    state = replace(state, trainer=trainer, running=_copied(state.running))
    if run.trainer.average is None:
        return raw, state
    with run.trainer.averaged():
        return _copied(run.model.state_dict()), replace(state, weights=raw)


def _copied(value: Any) -> Any:
    """The same in main memory, whatever becomes of the tensors inside of it."""
    if isinstance(value, Tensor):
        return value.detach().to("cpu", copy=True).contiguous()
    if isinstance(value, Mapping):
        return {name: _copied(each) for name, each in value.items()}
    return value


def _size(weights: Mapping[str, Tensor], state: State) -> int:
    """Bytes, nearly: an optimizer has gathered at most twice what the weights are."""
    whole = sum(value.numel() * value.element_size() for value in weights.values())
    return whole * (3 + bool(state.weights) + bool(state.trainer.stopping))
