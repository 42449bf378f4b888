"""A loss below what it can reach, and an accuracy that falls with the loss: told where it is so, and nowhere else."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from app.core.checks.fixes import command_at
from app.core.graph.model import MAIN, Graph, Project, Wire
from app.training.diagnosis import Diagnosis
from app.training.events import Diagnosed
from app.training.loop import train
from app.training.loss_bounds import SampleLosses
from nodes.api import InsertBefore, SetParam, UseInstead
from nodes.api.registry import layers
from tests.support.drawings import chain, node
from tests.support.epochs import epoch_done
from tests.training.nets import FAST, autoencoder, compiled, digits_net, only, two_heads

QUICK = replace(FAST, lr=0.01, epochs=3)


def told(project: Project, code: str = "below") -> list[Diagnosed]:
    return [each for each in only(train(compiled(project), QUICK), Diagnosed) if each.code == code]


def comparing(loss: str, *before_target: Any, **settings: Any) -> Project:
    """64 numbers from a fully connected layer, compared with the pixels behind these layers."""
    nodes = [node(name, kind, **params) for name, kind, params in before_target]
    graph = Graph.of(
        [
            node("digits", "Digits"),
            node("flatten", "Flatten"),
            node("fc1", "Linear", out_features=64),
            node("goal", "Flatten"),
            *nodes,
            node("loss", loss, **settings),
        ],
        [
            *chain("digits.image", "flatten", "fc1", "loss.prediction"),
            *chain("digits.image", "goal", *(each.name for each in nodes), "loss.target"),
        ],
    )
    return Project(graph=graph)


RAW = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}), loss="NLLLoss")
SIGNED = (("scale", "Linear", {"out_features": 64, "init": "constant", "init_value": 3.0, "frozen": True}),)


@pytest.mark.parametrize(
    ("project", "node_", "words", "fix"),
    [
        (RAW, "loss", "fc1 gives raw scores", InsertBefore("LogSoftmax", "prediction")),
        (comparing("KLDivLoss"), "loss", "fc1 gives raw scores", InsertBefore("LogSoftmax", "prediction")),
        (comparing("BCEWithLogitsLoss", *SIGNED), "loss", "from 0 to 1, but scale gives", UseInstead("MSELoss")),
    ],
)
def test_a_loss_below_its_least_is_told_with_the_reason(project: Project, node_: str, words: str, fix: object) -> None:
    """Fails if a loss that falls without end passes for learning, or what is recommended does not end it."""
    (finding,) = told(project)
    assert finding.node == node_
    assert "the least that it can be is 0" in finding.sentence
    assert words in finding.sentence
    assert finding.fixes[0] == fix
    command = command_at(project, MAIN, node_, finding.fixes[0])
    assert command is not None
    assert told(command.apply(project)) == []


def test_one_of_two_losses_is_found_behind_the_other() -> None:
    """Fails if a loss that falls below 0 is not seen because another one is larger, or the wrong one is named."""
    graph = two_heads().graph
    nodes = [
        *(each for name, each in graph.nodes.items() if name not in ("classes", "loss")),
        node("loss", "MSELoss", weight=30.0),
        node("classes", "NLLLoss"),
    ]
    (finding,) = told(Project(graph=Graph.of(nodes, graph.wires)))
    assert finding.node == "classes"


@pytest.mark.parametrize("loss", ["MSELoss", "L1Loss", "HuberLoss", "HalfSquaredError"])
def test_a_loss_that_reaches_zero_is_no_finding(loss: str) -> None:
    """Fails if what is perfectly fine, a loss of 0 that may be rounded, is called below it."""
    project = comparing(loss)
    doctor = Diagnosis(compiled(project).plan, QUICK, 6, project=project, samples=1438)
    doctor.hear([0.5])
    for epoch in range(1, 9):
        done = epoch_done(epoch, 9, train_loss=-1e-7)
        assert list(doctor.after_epoch(done, lambda _: {}, lambda: SampleLosses({"loss": -1e-7}, {}))) == []


def test_each_loss_has_a_least_or_is_known_to_have_none() -> None:
    """Fails if a loss that is added to the library is forgotten here."""
    others = {layer.id: layer.least for layer in layers().values() if layer.role == "loss" and layer.least != 0.0}
    assert others == {"WassersteinLoss": None}  # a mean of scores, which have no bounds


def course(project: Project, numbers: list[tuple[float, float]]) -> list[Diagnosed]:
    """What is said about epochs of (loss, accuracy)."""
    doctor = Diagnosis(compiled(project).plan, QUICK, 6, project=project, samples=1438)
    doctor.hear([2.3])
    found: list[Diagnosed] = []
    for epoch, (loss, accuracy) in enumerate(numbers, start=1):
        done = epoch_done(epoch, 99, train_loss=loss, train_accuracy=accuracy)
        found += doctor.after_epoch(done, lambda _: {}, lambda: SampleLosses({}, {}))
    return found


FALLING = [(2.0, 0.5), (1.8, 0.6), (1.5, 0.7), (1.2, 0.5), (1.0, 0.4), (0.8, 0.3), (0.6, 0.2)]


def test_an_accuracy_that_falls_with_the_loss_is_told_once() -> None:
    """Fails if nobody says that what gets smaller is not what is meant, or if it is said after every epoch."""
    (finding,) = course(digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10})), FALLING)
    assert finding.code == "parted"
    assert finding.node == "loss"
    assert "from 70 % in epoch 3 to 50 %" in finding.sentence


def test_a_loss_that_others_outweigh_is_given_more_weight() -> None:
    """Fails if the finding of a net with two losses does not say which one to strengthen."""
    (finding,) = course(two_heads(), FALLING)
    assert finding.node == "classes"
    assert finding.fixes == (SetParam("weight", 10.0),)


@pytest.mark.parametrize("seed", range(20))
def test_noise_is_no_fall(seed: int) -> None:
    """Fails if an accuracy that rises, or stands, with the noise of small batches is said to fall."""
    noise = random.Random(seed)
    project = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))
    standing = [(2.3 - 0.05 * n, 0.6 + noise.uniform(-0.04, 0.04)) for n in range(20)]
    rising = [(2.3 * 0.9**n, min(1.0, 0.1 + 0.05 * n + noise.uniform(-0.05, 0.05))) for n in range(20)]
    one_bad = [(2.0 - 0.1 * n, 0.2 if n == 9 else 0.8) for n in range(15)]
    for numbers in (standing, rising, one_bad):
        assert course(project, numbers) == []


def test_classes_that_count_more_may_cost_right_answers() -> None:
    """Fails if a net that learns to see the rare class, as it is told to, is called wrong."""
    project = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))
    weighted = node("loss", "CrossEntropyLoss", class_weights=(9.0, *[1.0] * 9))
    others = [each for name, each in project.graph.nodes.items() if name != "loss"]
    assert course(replace(project, graph=Graph.of([*others, weighted], project.graph.wires)), FALLING) == []


def test_a_net_without_classes_is_left_alone() -> None:
    """Fails if a regression, which has no accuracy, trips over it."""
    assert [each.code for each in only(train(compiled(autoencoder()), QUICK), Diagnosed)] == []


def test_the_wires_of_the_drawings_are_as_meant() -> None:
    """Fails if the drawing above does not read the pixels as its target, and so tests nothing."""
    assert Wire("goal", "output", "loss", "target") in comparing("MSELoss").graph.wires
