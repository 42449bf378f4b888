"""What is said before the first step of settings that leave nothing to be learned."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training.opened_run import opening_remarks
from app.training.position import TrainingPosition


def said(recipe: Recipe, samples: int = 1438) -> dict[str, str]:
    project = replace(load("mlp_digits"), recipe=recipe)
    net = compile_net(project)
    run = SimpleNamespace(
        net=net,
        model=net.model(),
        position=TrainingPosition(),
        recipe=recipe,
        device=torch.device("cpu"),
        learn=torch.arange(samples),
        fewer_threads="",
        remarks=(),
        crowded=(),
    )
    return {each.code: each.sentence for each in opening_remarks(run)}


def test_an_average_that_does_not_get_away_from_the_first_weights_is_told() -> None:
    """Fails if a mean of the weights that stays at chance is given in silence: 45 steps of 0.999 leave 96 % of what the
    weights were before the first one."""
    sentence = said(Recipe(epochs=1, average=0.999))["average"]
    steps = 45
    mean, weights = 1.0, 0.0  # of the first weights, which count 1
    for _ in range(steps):
        mean = 0.999 * mean + 0.001 * weights
    assert f"{100 * mean:.0f} %" in sentence
    assert "45 steps" in sentence
    assert "0.9 follows" in sentence


@pytest.mark.parametrize(
    "recipe",
    [
        Recipe(),
        Recipe(epochs=60, average=0.999),
        Recipe(epochs=1, average=0.9),
        Recipe(epochs=1, accumulate=45),
        Recipe(folds=5, fold=2),
        Recipe(epochs=10, warmup=9),
    ],
)
def test_settings_that_fit_are_not_spoken_of(recipe: Recipe) -> None:
    """Fails if a warning comes where nothing is wrong."""
    assert not said(recipe)


def test_other_settings_that_change_less_than_they_seem_to() -> None:
    """Fails if gradients of more batches than there are, a single fold, a fold of none, or a rate that is never reached
    are taken in silence."""
    assert "so it changes nothing" in said(Recipe(fold=2))["folds"]
    assert "never gets to 0.05" in said(Recipe(epochs=10, warmup=10, lr=0.05))["warmup"]
    assert "each epoch is one single step" in said(Recipe(accumulate=46))["accumulate"]
    assert "at least 2 folds" in said(Recipe(folds=1))["folds"]
