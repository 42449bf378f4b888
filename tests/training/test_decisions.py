"""Accuracy where one score decides between two classes, or every dot of an image has a class."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from app.core.compile.decision import Decision, decision_of
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanSource
from app.core.graph.model import Graph, Project
from app.core.graph.recipe import Recipe
from app.training.metrics import Averages
from nodes.api import Shape
from tests.support.drawings import chain, node
from tests.training.nets import compiled


def net_of(loss: str, prediction: tuple[int, ...], target: Shape, **settings: object) -> CompiledNet:
    """A network that gives this prediction, and data with this target."""
    graph = Graph.of(
        [
            node("x", "Input", shape=prediction),
            node("same", "Tanh"),
            node("y", "Input", shape=target.sizes, dtype=target.dtype),
            node("loss", loss, **settings),
        ],
        [*chain("x", "same", "loss.prediction"), *chain("y", "loss.target")],
    )
    plan = compiled(Project(graph=graph)).plan
    return CompiledNet(replace(plan, sources=(PlanSource("y", "digits", {}, {"output": target}),)))


def accuracy(net: CompiledNet) -> Callable[[Tensor, Tensor], float]:
    """What the printed metrics say of scores and classes."""

    def of(scores: Tensor, target: Tensor) -> float:
        averages = Averages(net.functions["metric_sums"], net.functions["metric_values"])
        averages.add_read({"scores": scores, "target": target})
        return averages.numbers("val")["val_accuracy"]

    return of


@pytest.mark.parametrize(
    ("loss", "border"), [("BCELoss", 0.5), ("BCEWithLogitsLoss", 0.0), ("HingeLoss", 0.0)], ids=str
)
@pytest.mark.parametrize("sizes", [(), (1,)], ids=["number", "list of one"])
def test_one_score_decides_between_two_classes(loss: str, border: float, sizes: tuple[int, ...]) -> None:
    """Fails if the only score always wins, or probabilities are compared with zero."""
    told = accuracy(net_of(loss, sizes, Shape((), "int", classes=2)))
    scores = (border + torch.tensor([0.2, -0.2, 0.3, -0.1])).reshape(4, *sizes)
    assert told(scores, torch.tensor([1, 0, 0, 0])) == 3 / 4


def test_every_step_may_decide_between_two_classes() -> None:
    """Fails if a sequence of single scores is read as scores of as many classes."""
    told = accuracy(net_of("BCEWithLogitsLoss", (3,), Shape((3,), "int", classes=2)))
    assert told(torch.tensor([[1.0, -1.0, 2.0]]), torch.tensor([[1, 0, 0]])) == 2 / 3


def test_every_dot_of_an_image_has_a_class() -> None:
    """Fails if classes are looked for along the last axis of an image as wide as it has classes."""
    net = net_of("CrossEntropyLoss", (4, 4, 4), Shape((4, 4), "int", classes=4))
    assert decision_of(net.plan) == Decision(0, "y.output", channels=True, classes=4)
    scores = torch.zeros(1, 4, 4, 4)
    scores[:, 2] = 1.0
    assert accuracy(net)(scores, torch.full((1, 4, 4), 2)) == 1.0


def test_the_multi_class_hinge_loss_decides_by_the_highest_score() -> None:
    """Fails if the hinge loss is taken for a decision between two classes only."""
    net = net_of("HingeLoss", (5,), Shape((), "int", classes=5))
    assert decision_of(net.plan) == Decision(0, "y.output", classes=5)


@pytest.mark.parametrize("loss", ["BCEWithLogitsLoss", "MSELoss"])
def test_numbers_are_no_classes(loss: str) -> None:
    """Fails if a target of numbers is counted as right or wrong."""
    net = net_of(loss, (5,), Shape((5,)))
    assert decision_of(net.plan) is None
    assert "metric_sums" not in net.functions


@pytest.mark.parametrize("loss", ["CrossEntropyLoss", "NLLLoss"])
@pytest.mark.parametrize("sizes", [(5, 4), (4, 3, 6), (4,)])
def test_what_is_ignored_counts_nowhere(loss: str, sizes: tuple[int, ...]) -> None:
    """Fails if padding counts in the loss, is taken for a right or a wrong answer, or shifts which scores belong to
    which answer."""
    channels = len(sizes) == 3
    places = sizes[1:] if channels else sizes[:-1]
    target = Shape(places, "int", classes=4)
    names = ("accuracy", "f1", "top_k", "perplexity", "auroc")
    recipe = Recipe(metrics=names)
    net = net_of(loss, sizes, target, ignore_index=0).with_recipe(recipe)
    generator = torch.Generator().manual_seed(3)
    scores = torch.randn(9, *sizes, generator=generator)
    answers = torch.randint(0, 4, (9, *places), generator=generator)
    sums = net.functions["metric_sums"](scores, answers)
    found = net.functions["metric_values"](sums)
    last = scores.movedim(1, -1) if channels else scores
    kept = answers != 0
    flat, right = last[kept], answers[kept]
    assert 0 < len(right) < answers.numel()
    plain = net_of(loss, (4,), Shape((), "int", classes=4)).with_recipe(recipe)
    expected = plain.functions["metric_values"](plain.functions["metric_sums"](flat, right))
    assert found == expected
    assert found["accuracy"] == (flat.argmax(-1) == right).double().mean().item()
    losses = net.losses()
    assert losses is not None
    made = losses.get_submodule("loss")
    assert isinstance(made, nn.CrossEntropyLoss | nn.NLLLoss)
    assert made.ignore_index == 0
