"""Gives a trainer back what a checkpoint has kept of optimizers, schedules and stop rule.

A checkpoint may come from a stranger: whatever goes into an object of torch has been compared with what a fresh object
of the same kind keeps, and settings are those of the recipe, never those of the file.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from app.core.compile.objectives import Objective
from app.core.graph.recipe import Recipe
from app.training.checkpoints import BadRun, State, difference, is_plain
from app.training.folder import STATE, is_number
from app.training.trainer import RATES, WARMED, Trainer, behind


def restore(trainer: Trainer, state: State, old: Recipe, *, anew: bool = False) -> None:
    """Bring a fresh trainer to where the state stands. Settings that differ from those of the ``old`` recipe are new
    wishes and win; the others are as they last were, a learning rate that was changed while training among them.
    ``anew`` makes new schedules of the same place, where those of the state belong to other groups of weights.

    Raises:
        BadRun: if it is not the state of this drawing and recipe.
    """
    saved, recipe = state.trainer, trainer.recipe
    wrong = BadRun(f"The optimizer in {STATE} does not belong to this drawing. Train the run again.")
    if len(saved.optimizers) != len(trainer.optimizers):
        raise BadRun("It was trained with other losses than this drawing has. Use the run's own drawing.")
    rates = saved.rates if saved.rates is not None else [_rate(each, wrong) for each in saved.optimizers]
    if len(rates) != len(trainer.optimizers):
        raise wrong
    goes_on = {each.name: _same_rule(each, old, recipe) for each in trainer.objectives}
    same = _same_schedule(trainer, state, old) and all(goes_on.values()) and not anew
    if same and len(saved.schedules) != len(trainer.schedules):
        raise wrong
    if not same:
        trainer.skip(state.position.epoch, state.position.batch)
    for place, objective in enumerate(trainer.objectives):
        optimizer = trainer.optimizers[objective.name]
        fresh = optimizer.state_dict()["param_groups"]
        if same:
            _take_rates(fresh, saved.optimizers[place], wrong)
        if goes_on[objective.name]:  # what one optimizer has gathered is of no use to another
            _load_moments(optimizer, saved.optimizers[place], fresh, wrong)
        wish = objective.lr(recipe)
        if same:
            trainer.rates[objective.name] = rates[place]
            if trainer.schedules:
                _load_schedule(trainer, objective.name, saved.schedules[place], old, wrong)
            changed = "lr" not in objective.own and recipe.lr != old.lr
            if changed:
                trainer.set_own_lr(objective.name, wish)
        elif "lr" not in objective.own and recipe.lr == old.lr:
            trainer.set_own_lr(objective.name, rates[place])
    _load_stop_rule(trainer, saved.stopping, old)
    _load_average(trainer, saved.average)
    _load_scaler(trainer, saved.scaler)
    _load_target(trainer, saved.target, saved.copied)
    trainer.stands_behind(state.position.epoch, state.position.batch)


def _same_rule(objective: Objective, old: Recipe, new: Recipe) -> bool:
    """Whether the same optimizer serves an objective with either recipe."""
    return objective.own.get("optimizer", old.optimizer) == objective.own.get("optimizer", new.optimizer)


def _rate(saved: Mapping[str, Any], wrong: BadRun) -> float:
    """The learning rate of a run from before there were schedules."""
    groups = saved.get("param_groups")
    lr = groups[0].get("lr") if isinstance(groups, list) and groups and isinstance(groups[0], dict) else None
    if not is_number(lr) or not 0 < lr < math.inf:
        raise wrong
    return float(lr)


# Schedules


def _same_schedule(trainer: Trainer, state: State, old: Recipe) -> bool:
    """Whether the schedules go on where they were; else they are new ones, brought to the same place."""
    recipe, rule = trainer.recipe, trainer.recipe.schedule_declared
    if recipe.schedule != old.schedule:
        return False
    if recipe.warmup != old.warmup or (recipe.warmup and recipe.step_size != old.step_size):
        return False
    if rule.when == "never" or rule.watches:
        return True
    before, now = (rule.call(each.settings_of(rule), 1.0, each.scheduled_epochs) for each in (old, recipe))
    return before == now and (rule.when != "batch" or recipe.step_size == old.step_size)


def _load_schedule(trainer: Trainer, name: str, saved: Mapping[str, Any], old: Recipe, wrong: BadRun) -> None:
    schedule, recipe = trainer.schedules[name], trainer.recipe
    if recipe.warmup:
        saved, done = {key: value for key, value in saved.items() if key != WARMED}, saved.get(WARMED)
        if not isinstance(done, int) or isinstance(done, bool) or done < 0:
            raise wrong
        schedule.done, schedule = done, behind(schedule)
        if schedule is None:
            return
    fresh = schedule.state_dict()
    if fresh.keys() != saved.keys() or not all(_alike(value, saved[key]) for key, value in fresh.items()):
        raise wrong
    rule = recipe.schedule_declared
    settings = rule.call(recipe.settings_of(rule), 1.0, recipe.scheduled_epochs).kwargs
    own = {key for key, _ in settings} | {"total_steps", "_schedule_phases", "_anneal_func_type"}
    schedule.load_state_dict({key: fresh[key] if key in own else saved[key] for key in fresh})


def _alike(fresh: object, saved: object) -> bool:
    """Whether a value can stand where a fresh schedule has another: a number for a number, as many in a list."""
    if fresh is None or isinstance(fresh, bool | str):
        # A schedule that has taken no step yet may know less than one that has.
        return type(saved) is type(fresh) or (fresh is None and _is_real(saved))
    if isinstance(fresh, int | float):
        return _is_real(saved)
    if isinstance(fresh, list | tuple):
        return isinstance(saved, list | tuple) and len(saved) == len(fresh) and all(map(_alike, fresh, saved))
    if isinstance(fresh, dict):
        return (
            isinstance(saved, dict) and saved.keys() == fresh.keys() and all(_alike(fresh[k], saved[k]) for k in fresh)
        )
    return False


def _is_real(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and not math.isnan(value)


# Optimizers


def _take_rates(groups: Sequence[dict[str, Any]], saved: Mapping[str, Any], wrong: BadRun) -> None:
    """The learning rates that groups had, the present ones among them."""
    for group, kept in zip(groups, _groups(saved, len(groups), wrong), strict=True):
        for key in RATES:
            if key in group:
                value = kept.get(key)
                if not is_number(value) or not 0 <= value < math.inf:
                    raise wrong
                group[key] = float(value)


def _groups(saved: Mapping[str, Any], count: int, wrong: BadRun) -> list[dict[str, Any]]:
    groups = saved.get("param_groups")
    if not isinstance(groups, list) or len(groups) != count or not all(isinstance(each, dict) for each in groups):
        raise wrong
    return groups


def _load_moments(
    optimizer: Optimizer,
    saved: Mapping[str, Any],
    groups: Sequence[dict[str, Any]],
    wrong: BadRun,
) -> None:
    """What an optimizer has gathered."""
    moments = saved.get("state")
    # Of each parameter, what its optimizer keeps: one that is made of several has a group for each of them.
    parts = getattr(optimizer, "parts", None) or [optimizer] * len(optimizer.param_groups)
    kept_by = [_kept_by(type(part), group) for part, group in zip(parts, optimizer.param_groups, strict=True)]
    parameters = [
        (p, kept) for kept, group in zip(kept_by, optimizer.param_groups, strict=True) for p in group["params"]
    ]
    _groups(saved, len(groups), wrong)
    if not isinstance(moments, dict):
        raise wrong
    loaded: dict[int, dict[str, Any]] = {}
    for index, entry in moments.items():
        if not isinstance(index, int) or not 0 <= index < len(parameters) or not isinstance(entry, dict):
            raise wrong
        parameter, kept = parameters[index]
        if set(entry) - kept.keys() - _KNOWN:
            raise wrong
        if not all(_is_moment(name, value, parameter.shape, kept.get(name)) for name, value in entry.items()):
            raise wrong
        # Copied into the layout of the weights, which the fused kernels take for granted. What the optimizer keeps by
        # settings of now and did not keep before starts at zero, as it would with the first step.
        taken = {name: _laid_out(value, parameter) for name, value in entry.items() if name in kept}
        if entry:
            taken |= {n: torch.zeros_like(parameter, device="cpu") for n in kept if n not in entry and kept[n]}
        loaded[index] = taken
    optimizer.load_state_dict({"state": loaded, "param_groups": list(groups)})


# What optimizers of torch keep by some settings and not by others.
_KNOWN = frozenset({"momentum_buffer", "grad_avg"})


def _kept_by(kind: type[Optimizer], group: Mapping[str, Any]) -> dict[str, bool]:
    """What an optimizer keeps for a weight, by name, and whether it has the weight's form: found by a step of a fresh
    one with the settings of the group."""
    taken = inspect.signature(kind).parameters
    settings = {name: value for name, value in group.items() if name in taken and name != "params"}
    weight = nn.Parameter(torch.ones(2, 3))
    weight.grad = torch.ones(2, 3)
    trial = kind([weight], **settings)
    trial.step()
    return {
        n: isinstance(v, Tensor) and v.shape == weight.shape for n, v in trial.state[weight].items() if v is not None
    }


def _is_moment(name: str, value: object, shape: torch.Size, like_weight: bool | None) -> bool:
    if value is None:
        return name == "momentum_buffer"
    if not is_plain(value, torch.float32) or value.shape != (torch.Size() if like_weight is False else shape):
        return False
    # A mean of squares may overflow; then its weights rest, and the others go on.
    return bool((value >= 0).all() if "sq" in name or name == "sum" else value.isfinite().all())


def _laid_out(value: Tensor | None, like: Tensor) -> Tensor | None:
    if value is None or value.shape != like.shape:
        return value
    return torch.empty_like(like, device="cpu", requires_grad=False).copy_(value)


# Mean of the weights


def _load_average(trainer: Trainer, saved: Mapping[str, Any]) -> None:
    """The mean so far; one that did not exist before begins with the next step."""
    if trainer.average is None or not saved:
        return
    weights = trainer.model.state_dict()
    if difference(saved, weights):
        raise BadRun(f"The averaged weights in {STATE} do not belong to this drawing. Train the run again.")
    trainer.average.average = {name: value.to(weights[name].device).clone() for name, value in saved.items()}


# Slow copy


def _load_target(trainer: Trainer, saved: Mapping[str, Any], copied: int) -> None:
    """The weights of the slow copy; one that did not exist before begins as a copy of the model of now."""
    if trainer.target is None:
        return
    weights = trainer.target.copy.state_dict()
    if saved and difference(saved, weights):
        raise BadRun(f"The slow copy in {STATE} does not belong to this drawing. Train the run again.")
    trainer.target.copy.load_state_dict(saved or trainer.model.state_dict())
    trainer.target.batches = copied


# Scale of gradients in 16 bits


def _load_scaler(trainer: Trainer, saved: Mapping[str, Any]) -> None:
    """The scale that was found to fit; one that did not exist before begins afresh. Its rules are torch's, always."""
    if trainer.scaler is None or not saved or not trainer.scaler.is_enabled():
        return
    fresh, scale = trainer.scaler.state_dict(), saved.get("scale")
    counted = saved.get("_growth_tracker")
    if not is_number(scale) or not 0 < scale < math.inf or not isinstance(counted, int) or counted < 0:
        raise BadRun(f"The scale of the gradients in {STATE} is damaged. Train the run again.")
    trainer.scaler.load_state_dict({**fresh, "scale": float(scale), "_growth_tracker": counted})


# Stop rule


def _load_stop_rule(trainer: Trainer, saved: Mapping[str, Any], old: Recipe) -> None:
    """The memory of the stop rule; its settings are those of the recipe. Another rule starts afresh."""
    rule = trainer.stopping
    if rule is None or trainer.recipe.stopping != old.stopping:
        return
    wrong = BadRun(f"What the stop rule has kept in {STATE} does not belong to this drawing. Train the run again.")
    settings = inspect.signature(type(rule)).parameters
    weights = trainer.model.state_dict()
    for name, fresh in vars(rule).items():
        if name in settings or name.startswith("_"):  # what is its own of this start
            continue
        value = saved.get(name)
        if isinstance(fresh, int | float):
            if not _is_real(value):
                raise wrong
        elif value is not None:
            if not isinstance(value, dict) or not all(isinstance(each, Tensor) for each in value.values()):
                raise wrong
            if difference(value, weights):
                raise wrong
            value = {key: each.to(weights[key].device) for key, each in value.items()}
        setattr(rule, name, value)
