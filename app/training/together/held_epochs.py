"""The ends of epochs that can be gone back to, of trainings that take their steps as one.

A checkpoint of a small net takes as long as a third of its epoch. So these are held in main memory, the best and the
last ones (``Recipe.keep``), and written with the next checkpoint: most of them never. Of those all over the training
(``Recipe.snapshots``) the weights alone are held, and written at the same time.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import save as weights_to_bytes
from torch import Tensor

from app.training import checkpoints
from app.training.checkpoints import State
from app.training.folder import DRAWING, KEPT, WEIGHTS
from app.training.loop import Standing
from app.training.position import TrainingPosition
from app.training.snapshots import keep, lasting, link, spread, within

MOST_BYTES = 256 * 1024 * 1024  # that are held, then all are written


class HeldEpochs:
    """Those of all trainings of a group."""

    def __init__(self) -> None:
        self._of: dict[int, dict[int, tuple[Mapping[str, Tensor], State]]] = {}  # by training and epoch
        self._weights: dict[int, dict[int, Mapping[str, Tensor]]] = {}  # by training and epoch
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
        epoch = run.position.epoch
        best = run.best_epochs.until(run, epoch)
        stay = lasting(epoch, run.recipe, best)
        held = self._of.setdefault(id(run), {})
        for each in [each for each in held if each not in stay]:
            self._bytes -= _size(*held.pop(each))
        if run.recipe.stopping != "never":
            return True
        if epoch == run.recipe.epochs and run.trainer.average is None:
            return False  # its last checkpoint is that of this epoch
        return best == epoch or epoch > run.recipe.epochs - run.recipe.keep

    def hold(self, run: Standing, random: Tensor) -> None:
        """Copy where a training stands. ``random`` is torch's random state of it."""
        weights, state = _moment(run)
        self._of[id(run)][run.position.epoch] = held = weights, replace(state, cpu_random=random)
        self._bytes += _size(*held)

    def hold_weights(self, run: Standing) -> None:
        """Copy the weights with which a training stands at the end of an epoch, if they are some to look at."""
        if run.out is None or not run.recipe.snapshots:
            return
        epoch, held = run.position.epoch, self._weights.setdefault(id(run), {})
        size = sum(value.nbytes for value in run.model.state_dict().values())
        stay = spread(epoch, run.recipe.snapshots, size)
        for each in [each for each in held if each not in stay]:
            self._bytes -= _bytes_of(held.pop(each))
        if epoch in stay:
            with run.trainer.averaged():
                held[epoch] = _copied(run.model.state_dict())
            self._bytes += _bytes_of(held[epoch])

    def write(self, run: Standing) -> None:
        """Put those of a training into its folder, which then stands at the last of them.

        Raises:
            OSError: if that fails.
        """
        held, looked_at = self._of.pop(id(run), {}), self._weights.pop(id(run), {})
        self._bytes -= sum(map(_bytes_of, looked_at.values()))
        if run.out is None:
            return
        for epoch, weights in looked_at.items():
            if epoch not in held and _finite(run, weights):
                _keep_weights(run.out, weights, epoch)
        for epoch, (weights, state) in sorted(held.items()):
            self._bytes -= _size(weights, state)
            if _finite(run, weights):
                checkpoints.write(run.out, weights, state)
                keep(run.out, epoch, run.recipe, run.best_epochs.until(run, epoch))
                run.saved = None  # another position is to be written again


def _keep_weights(run: Path, weights: Mapping[str, Tensor], epoch: int) -> None:
    """Let these be the weights of the end of an epoch, where nothing of it is kept yet. What cannot be written is not
    kept."""
    folder = run / KEPT / str(epoch)
    raw = weights_to_bytes(dict(weights), checkpoints.metadata(weights, TrainingPosition(epoch)))
    try:
        os.makedirs(folder)
    except OSError:
        return
    try:
        (folder / WEIGHTS).write_bytes(raw)
        link(run / DRAWING, folder / DRAWING)  # last: without it nothing is taken for kept
    except OSError:  # a full disk, say; the run itself goes on
        shutil.rmtree(folder, ignore_errors=True)


def _finite(run: Standing, weights: Mapping[str, Tensor]) -> bool:
    return all(bool(weights[name].isfinite().all()) for name, _ in run.model.named_parameters())


def _bytes_of(weights: Mapping[str, Tensor]) -> int:
    return sum(value.nbytes for value in weights.values())


def steps_within(runs: Iterable[Standing]) -> Mapping[int, Sequence[Standing]]:
    """After which batches of this epoch weights are kept, of which trainings."""
    found: dict[int, list[Standing]] = {}
    for run in runs:
        for batch in within(run.position.epoch, run.batches, run.recipe) if run.out is not None else ():
            found.setdefault(batch, []).append(run)
    return found


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
    return _bytes_of(weights) * (3 + bool(state.weights) + bool(state.trainer.stopping))
