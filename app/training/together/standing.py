"""Trainings for whoever takes their steps himself."""

from __future__ import annotations

from pathlib import Path

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.training.continuation import continue_from
from app.training.control import Control
from app.training.loop import Standing
from app.training.resume import reading_as


def standing(net: CompiledNet, recipe: Recipe, out: Path | None, control: Control, *, resume: bool = False) -> Standing:
    """A training that stands at its beginning, or with ``resume`` where the run in ``out`` stood, for whoever takes
    its steps himself. torch's random state is then that of the training.

    Raises:
        CannotTrain: if a training would refuse to begin.
        NoData: if a data set cannot be had.
        BadRun: if the run cannot be continued.
    """
    if resume and out is not None:
        run = Standing(reading_as(net, out), recipe, out, control, None)
        continue_from(run, out, out)
    else:
        run = Standing(net, recipe, out, control, None)
        run.start()
    return run
