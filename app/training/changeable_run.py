"""Settings that may change while a training is on: how each becomes another net, recipe and trainer.

The rest of the training then is that of a run which has had the new value from here on: the same is done as when a run
is continued under another recipe, so that what can be continued and what can be changed are one thing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from app.core.compile import later
from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.objectives import samples_of_step
from app.core.graph.recipe import Recipe
from app.core.live_settings import BETWEEN_EPOCHS, DROPPED, drop_rate, is_free, with_change
from app.training import batches, checkpoints
from app.training.checkpoints import State
from app.training.events import Changed, Diagnosed
from app.training.folder import add_change
from app.training.position import TrainingPosition
from app.training.restoring import restore
from app.training.trainer import Trainer
from nodes.api import BadSetting


class ChangeableRun(Protocol):
    """A run that can go on with something else."""

    net: CompiledNet
    recipe: Recipe
    model: nn.Module
    trainer: Trainer
    learn: Tensor
    batches: int  # of an epoch
    out: Path | None
    position: TrainingPosition
    saved: TrainingPosition | None  # that on disk
    rates: list[tuple[TrainingPosition, float]]  # that were set on the way
    later: dict[str, float]  # changes that wait for the end of the epoch

    def state(self) -> State:
        """Everything besides the weights."""

    def save(self) -> None:
        """Write it, if there is a folder."""


def change(run: ChangeableRun, name: str, value: float) -> Iterator[Changed | Diagnosed]:
    """Give a setting another value, from the next batch on, or from the next epoch on where it must be. What cannot be
    changed is said."""
    if name == "lr":
        before = run.trainer.rates[run.trainer.objectives[0].name]
        run.rates.append((run.position, value))
        run.trainer.set_lr(value)
        yield _noted(run, name, before, value)
        return
    layer, _, own = name.rpartition(".")
    try:
        if own == DROPPED:
            yield from _drop(run, layer, value)
            return
        recipe = changed_recipe(run.recipe, name, value)
    except BadSetting as bad:
        yield Diagnosed(None, str(bad), "change")
        return
    name = run.recipe.full_name(name)
    before = run.recipe.value(name)
    run.later.pop(name, None)
    if value == before:
        return
    if name in BETWEEN_EPOCHS and run.position.batch:
        run.later[name] = value
    else:
        _go_on_with(run, run.net.with_recipe(recipe), recipe)
        yield _noted(run, name, before, value)


def changed_recipe(recipe: Recipe, name: str, value: Any) -> Recipe:
    """The recipe with another value of a setting that may change on the way.

    Raises:
        BadSetting: for one that may not, or a value that it cannot take.
    """
    full = recipe.full_name(name)
    if not is_free(recipe, full):
        raise BadSetting(f"{name} cannot change while a training is on. It counts from the next training on.")
    return recipe.with_setting(full, value)


def _drop(run: ChangeableRun, layer: str, value: float) -> Iterator[Changed]:
    """Another drop rate of a layer.

    Raises:
        BadSetting: if the drawing has no such layer, or it drops nothing.
    """
    project = run.net.project
    before = drop_rate(project.graph.nodes.get(layer)) if project is not None else None
    if project is None or before is None:
        raise BadSetting(f"{layer} is no layer that drops values, so its rate cannot change while a training is on.")
    name = f"{layer}.{DROPPED}"
    if value == before:
        return
    net = compile_net(with_change(project, name, value)).with_recipe(run.recipe)
    with later.meta_device():
        fresh = net.model()
    for place, module in fresh.named_modules():
        if isinstance(getattr(module, DROPPED, None), float | int):
            setattr(run.model.get_submodule(place), DROPPED, getattr(module, DROPPED))
    _go_on_with(run, net, run.recipe)
    yield _noted(run, name, before, value)


def _noted(run: ChangeableRun, name: str, before: float, value: float) -> Changed:
    """The event of a change, which also stands in the run's folder."""
    changed = Changed(run.position.epoch + 1, run.position.batch + 1, name, before, value)
    if run.out is not None:
        add_change(run.out, changed)
    return changed


def _go_on_with(run: ChangeableRun, net: CompiledNet, recipe: Recipe) -> None:
    """Train the same model on under another recipe, as a run that is continued does."""
    state, old = run.state(), run.recipe
    run.net, run.recipe = net, recipe
    run.batches = len(batches.cut(run.learn, samples_of_step(net.plan, recipe)))
    trainer = Trainer(net, run.model, run.trainer.losses, run.batches, run.trainer.joint)
    restore(trainer, state, old)
    run.trainer = trainer
    if run.out is not None:
        checkpoints.describe(run.out, net, recipe)
        run.saved = None
        run.save()
