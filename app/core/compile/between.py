"""Prints what happens between the steps of a training: the next learning rate, and whether it is time to stop."""

from __future__ import annotations

from collections.abc import Iterator

from app.core.compile.lines import INDENT, docstring
from app.core.compile.making import Row, plain_rows, stop_call
from app.core.compile.measuring import watched
from app.core.compile.plan import Plan


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
