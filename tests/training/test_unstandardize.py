"""The layer that gives the numbers of a net the unit of the answers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.training import batches
from app.training.script import print_script
from nodes.api.registry import find
from nodes.modules.unstandardize import Unstandardize
from tests.support.drawings import chain, node
from tests.training.nets import same_weights
from tests.training.test_script import by_script, by_us

RECIPE = Recipe(epochs=2, batch_size=64, metrics=("mae", "r2"))


def drawing(*, classes: bool = False) -> Project:
    """Diabetes, whose answers lie around 150; or Iris, which has no numbers to tell."""
    source = "Iris" if classes else "Diabetes"
    found = find(source)
    assert found is not None
    reads, told = found.outputs
    nodes = [
        node("data", source),
        node("before", "Standardize"),
        node("fc", "Linear", out_features=3 if classes else 1),
        node("unit", "Unstandardize"),
        node("loss", "CrossEntropyLoss" if classes else "MSELoss"),
    ]
    wires = [*chain(f"data.{reads}", "before", "fc", "unit", "loss.prediction"), Wire("data", told, "loss", "target")]
    return Project(graph=Graph.of(nodes, wires))


def test_mean_and_deviation_are_those_of_the_answers_for_training() -> None:
    """Fails if what arrives is measured instead, or validation answers are."""
    project = drawing()
    net = compile_net(project)
    data = batches.load(net.plan)
    learn = batches.divide(net.plan, data, RECIPE.validation, RECIPE.seed).training
    target = next(operand.key for loss in net.plan.losses for n, operand in loss.operands.items() if n == "target")
    answers = data[target][learn].double().numpy().reshape(len(learn), -1)
    model, _ = by_us(project, RECIPE)
    assert np.allclose(model.unit.mean.numpy(), answers.mean(0), rtol=1e-6)  # type: ignore[union-attr, operator]
    assert np.allclose(model.unit.std.numpy(), answers.std(0), rtol=1e-6)  # type: ignore[union-attr, operator]


@pytest.mark.parametrize("classes", [False, True])
def test_a_program_of_its_own_learns_the_same(classes: bool) -> None:
    """Fails if the printed program measures something else, or falls over where there are no numbers to tell."""
    project = drawing(classes=classes)
    recipe = RECIPE.with_settings(metrics=("accuracy",)) if classes else RECIPE
    model, _ = by_us(project, recipe)
    assert same_weights(by_script(print_script(compile_net(project), recipe)), model)


def test_gaps_and_equal_answers() -> None:
    """Fails if a missing answer makes every number missing, or equal answers divide by nothing."""
    layer = Unstandardize((2,))
    layer.fit(torch.tensor([[1e5, 3.0], [3e5, 3.0], [float("nan"), 3.0]]))
    assert layer.mean.tolist() == [2e5, 3.0]
    assert layer.std.tolist() == [1e5, 1.0]
    assert layer(torch.tensor([[1.0, -1.0]])).tolist() == [[3e5, 2.0]]
    single = Unstandardize((1,))
    single.fit(torch.tensor([1.0, 3.0]))
    assert (single.mean.item(), single.std.item()) == (2.0, 1.0)
