"""Prints what is made once for a training (optimizers, schedules, stop rule, mean of weights, scale of gradients), and
what happens between its steps: the next learning rate, and whether it is time to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from app.core.compile.filling import call_text
from app.core.compile.lines import INDENT, docstring
from app.core.compile.measuring import watched
from app.core.compile.objectives import Objective, rate_factors
from app.core.compile.plan import Plan
from app.core.compile.playing import player_text, target_call
from app.core.graph.recipe import Recipe
from nodes.api import Call, Code, module

Row = tuple[str, tuple[str, str] | None]  # a line, and the node that stands on it
WARM_UP = module("modules.WarmUp")
RATE_GROUPS = module("modules.RateGroups")
AVERAGED = module("modules.AveragedWeights")
ACCUMULATED = module("modules.Accumulated")
HAS_BFLOAT16 = module("modules.has_bfloat16")


def stop_call(recipe: Recipe) -> Call:
    """The constructor of the stop rule; empty if there is none."""
    rule = recipe.stop_rule
    return rule.call(recipe.settings_of(rule))


def plain_rows(*texts: str) -> Iterator[Row]:
    return ((text, None) for text in texts)


def autocast_row(used: str, scaled: bool) -> str:
    """The line below which layers have 16 bits: float16 on GPUs, bfloat16 where the device of the value ``used`` has
    instructions for it."""
    if scaled:
        return f'{INDENT}with torch.autocast("cuda", torch.float16, enabled={used}.is_cuda):'
    settings = f"{used}.device.type, torch.bfloat16, enabled=has_bfloat16({used}.device)"
    return f"{INDENT}with torch.autocast({settings}):"


class PlanFunctions:
    """The functions of one plan, whose losses are ``served`` so."""

    def __init__(self, plan: Plan, served: tuple[Objective, ...]) -> None:
        self.plan, self.recipe, self.served = plan, plan.recipe, served

    def functions(self) -> tuple[Callable[[], Iterator[Row]], ...]:
        """Each gives the lines of one function; none where it is not needed."""
        made = self._make_optimizers, self._make_schedules, self._make_stopping, self._make_average
        return (*made, self._make_scaler, self._make_target, self._make_player)

    def _make_optimizers(self) -> Iterator[Row]:
        yield from plain_rows(
            "def make_optimizers(model):",
            *docstring("What changes the weights, by what it serves."),
            f"{INDENT}return {{",
        )
        for objective in self.served:
            chosen, settings = objective.optimizer(self.recipe)
            call = chosen.call(settings)
            if self.recipe.precision == "mixed-fp16" and call.constructor == "torch.optim.SGD":
                # If the first step overflows, a fused one skips it, but takes its momentum for begun: what happens
                # to lie in memory. The scaler, which works on a GPU alone, skips a step that is not fused as a whole.
                unless: Any = Code('next(model.parameters()).device.type != "cuda"')
                call = replace(call, kwargs=tuple((k, unless if k == "fused" else value) for k, value in call.kwargs))
            lr = objective.lr(self.recipe)
            weights, factors = self._weights(objective), rate_factors(self.plan, objective)
            if factors:
                by_name = ", ".join(f'"{name}": {factor!r}' for name, factor in factors.items())
                weights = call_text(RATE_GROUPS, "model", weights, repr(lr), f"{{{by_name}}}")
            made = call_text(call, weights, f"lr={lr!r}")
            yield f'{INDENT * 2}"{objective.name}": {made},', None
        yield f"{INDENT}}}", None

    def _weights(self, objective: Objective) -> str:
        """The weights that an objective trains, in the order in which the model has them."""
        steps = [step for step in self.plan.graph.steps if step.owns]
        frozen = any(step.call is not None and step.call.frozen for g in self.plan.graph.walk() for step in g.steps)
        some = "[weight for weight in {} if weight.requires_grad]" if frozen else "{}"
        if objective.updates is None:
            return some.format("model.parameters()")
        trained = [
            s for s in steps if s.attribute in objective.updates and (s.inner or (s.call and s.call.constructor))
        ]
        if len(trained) == 1:
            return some.format(f"model.{trained[0].attribute}.parameters()")
        every = ", ".join(f"*model.{step.attribute}.parameters()" for step in trained)
        return some.format(f"[{every}]")

    def _make_schedules(self) -> Iterator[Row]:
        rule, warmup = self.recipe.schedule_declared, self.recipe.warmup
        if rule.when == "never" and not warmup:
            return
        about = "How the learning rates change. An epoch has so many batches."
        yield from plain_rows("def make_schedules(optimizers, batches):", *docstring(about), f"{INDENT}return {{")
        for objective in self.served:
            lr, epochs = objective.lr(self.recipe), self.recipe.scheduled_epochs
            call = rule.call(self.recipe.settings_of(rule), lr, epochs)
            optimizer = f'optimizers["{objective.name}"]'
            if rate_factors(self.plan, objective):
                call = _by_group(call, lr, optimizer)
            made = [call_text(call, optimizer)] if call.constructor else []
            if warmup:
                made = [call_text(WARM_UP, optimizer, f"{warmup} * batches", *made)]
            yield f'{INDENT * 2}"{objective.name}": {made[0]},', None
        yield f"{INDENT}}}", None

    def _make_stopping(self) -> Iterator[Row]:
        call, rule = stop_call(self.recipe), self.recipe.stop_rule
        if call.constructor:
            if rule.aims:
                _, higher = watched(self.plan, self.recipe.settings_of(rule)["watch"])
                call = replace(call, kwargs=(*call.kwargs, ("higher", higher)))
            about = "When the training ends early, and with which weights."
            yield from plain_rows("def make_stopping():", *docstring(about), f"{INDENT}return {call_text(call)}")

    def _make_average(self) -> Iterator[Row]:
        decay = self.recipe.average
        if decay:
            about = "A mean of the weights over the last steps, which is checked and kept."
            made = call_text(AVERAGED, "model", repr(decay))
            yield from plain_rows("def make_average(model):", *docstring(about), f"{INDENT}return {made}")

    def _make_scaler(self) -> Iterator[Row]:
        if self.recipe.precision == "mixed-fp16":
            about = "Scales losses so that small gradients are not lost in 16 bits; without a GPU it does nothing."
            made = 'torch.amp.GradScaler("cuda", enabled=torch.device(device).type == "cuda")'
            yield from plain_rows("def make_scaler(device):", *docstring(about), f"{INDENT}return {made}")

    def _make_target(self) -> Iterator[Row]:
        call = target_call(self.plan)
        if call.constructor:
            about = "A slow copy of the model, which says what the next state is worth."
            yield from plain_rows(
                "def make_target(model):", *docstring(about), f"{INDENT}return {call_text(call, 'model')}"
            )

    def _make_player(self) -> Iterator[Row]:
        made = player_text(self.plan)
        if made:
            about = "What plays with the present model, and remembers what it is to learn from."
            yield from plain_rows("def make_player():", *docstring(about), f"{INDENT}return {made}")


def _by_group(call: Call, lr: float, optimizer: str) -> Call:
    """A schedule that is told a rate, and would give it to every group, is told the rate of each."""

    def value(name: str, given: Any) -> Any:
        if name not in ("max_lr", "base_lr"):
            return given
        share = "" if given == lr else f"{given / lr!r} * "
        return Code(f'[{share}group["lr"] for group in {optimizer}.param_groups]')

    return replace(call, kwargs=tuple((name, value(name, given)) for name, given in call.kwargs))


def after_rows(plan: Plan) -> Iterator[Row]:
    """The lines of what happens between the steps and after an epoch."""
    recipe = plan.recipe
    rule = recipe.schedule_declared
    stops = bool(stop_call(recipe).constructor)
    steps = f"{INDENT}for schedule in schedules.values():"
    if rule.when == "batch" or recipe.warmup:
        yield from plain_rows("def after_batch(schedules):", *docstring("Sets the learning rates for the next batch."))
        yield from plain_rows(steps, *([f"{INDENT * 2}schedule.warm()"] if recipe.warmup else []))
        yield from plain_rows(*([f"{INDENT * 2}schedule.step()"] if rule.when == "batch" else []))
        yield from plain_rows(*(("", "") if stops or rule.when == "epoch" else ()))
    if rule.when == "epoch" or stops:
        yield from plain_rows("def after_epoch(model, schedules, stopping, metrics):")
        yield from plain_rows(*docstring("Takes in an epoch, whose numbers are the metrics."))
    if rule.when == "epoch":
        name, higher = watched(plan, recipe.settings_of(rule).get("watch", ""))
        sign = "-" if higher else ""
        yield from plain_rows(
            steps, f'{INDENT * 2}schedule.step({f"""{sign}metrics["{name}"]""" if rule.watches else ""})'
        )
    if stops:
        watch = recipe.settings_of(recipe.stop_rule).get("watch")
        name, higher = watched(plan, watch or "")
        value = f'{"-" if higher else ""}metrics["{name}"]'
        yield f"{INDENT}stopping.look(model{f', {value}' if watch else ''})", None
