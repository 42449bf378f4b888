"""What check says of a drawing that is sound, but cannot be trained with its data, its batch size or this computer."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.cli import readiness
from app.cli.main import run
from app.core.checks.refusals import refusals
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.inference import infer
from app.core.machine import FreeMemory
from app.core.storage.files import save_project
from app.data import catalog
from app.training import memory_check
from nodes.api import registry
from nodes.sources import digits
from tests.support.drawings import chain, node
from tests.training.nets import FAST, digits_net, linear_net

Capture = pytest.CaptureFixture[str]


def normed(norm: Node | None = None, recipe: Recipe = FAST) -> Project:
    """Digits through a batch norm on lists of numbers."""
    own = norm if norm is not None else node("norm", "BatchNorm1d")
    project = digits_net(("f", "Flatten"), ("norm", "ReLU"), ("fc", "Linear", {"out_features": 10}))
    return replace(project.with_graph("", project.graph.with_nodes(own)), recipe=recipe)


def in_a_block(**settings: object) -> Project:
    inner = Graph.of([node("i", "In"), node("norm", "BatchNorm1d", **settings), node("o", "Out")],
                     chain("i", "norm", "o"))  # fmt: skip
    graph = Graph.of(
        [node("digits", "Digits"), node("f", "Flatten"), Node("unit", "block:unit"),
         node("fc", "Linear", out_features=10), node("loss", "CrossEntropyLoss")],
        [*chain("digits.image", "f", "unit.i"), *chain("unit.o", "fc", "loss.prediction"),
         Wire("digits", "label", "loss", "target")],
    )  # fmt: skip
    return Project("In a block", graph=graph, blocks={"unit": Block(inner)}, recipe=FAST)


def on_images(side: int) -> Project:
    project = digits_net(("conv", "Conv2d", {"kernel_size": (side, side)}), ("norm", "BatchNorm2d"),
                         ("f", "Flatten"), ("fc", "Linear", {"out_features": 10}))  # fmt: skip
    return replace(project, recipe=FAST)


def told(project: Project, tmp_path: Path, capsys: Capture) -> tuple[Mapping[str, Any], str, str | None]:
    """The first problem that check tells, the sentence of train, and the folder that it left."""
    path, out = tmp_path / "it.netloom", tmp_path / "run"
    save_project(replace(project, recipe=replace(project.recipe, epochs=1)), path)
    status = run(["check", str(path), "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is (status == 0)
    trained = run(["train", str(path), "--out", str(out)])
    sentence = capsys.readouterr().err.strip()
    assert (trained == 0) is answer["ok"], (answer, sentence)
    left = str(out) if out.exists() else None
    return (answer["problems"] or [{}])[0], sentence, left


@pytest.mark.parametrize(
    ("project", "where"),
    [
        (lambda: normed(), "norm"),
        (lambda: in_a_block(), "unit/norm"),
        (lambda: on_images(8), "norm"),
        (lambda: on_images(3), ""),
        (lambda: normed(node("norm", "BatchNorm1d", frozen=True)), ""),
        (lambda: in_a_block(frozen=True), ""),
        (lambda: normed(replace(node("norm", "BatchNorm1d"), bypassed=True)), ""),
        (lambda: normed(node("norm", "LayerNorm")), ""),
    ],
)
def test_norms_over_single_samples(project: Callable[[], Project], where: str, tmp_path: Path, capsys: Capture) -> None:
    """Fails if a batch norm that torch refuses passes the check, one that it takes does not, or a run is left."""
    alone = replace(project(), recipe=replace(FAST, batch_size=1, lr=1e-6))
    problem, sentence, left = told(alone, tmp_path, capsys)
    assert (sentence == "") is (where == "")
    assert (left is None) is (where != "")
    if where:
        assert problem["node"] == where
        assert problem["fixes"] == ["Set batch size to 32"]
        assert sentence.splitlines()[0] == f"{where}: {problem['sentence']}"
        fix_applied = replace(alone, recipe=replace(alone.recipe, batch_size=2))
        assert refusals(fix_applied, infer(fix_applied)) == ()


def test_two_norms_are_one_problem() -> None:
    """Fails if the same is said once for each norm of a deep net."""
    project = digits_net(("f", "Flatten"), ("n1", "BatchNorm1d"), ("fc", "Linear", {"out_features": 10}),
                         ("n2", "BatchNorm1d"))  # fmt: skip
    project = replace(project, recipe=replace(FAST, batch_size=1))
    (problem,) = refusals(project, infer(project))
    assert problem.node == "n1"
    assert problem.sentence.endswith("The same holds for n2.")


def test_data_that_is_not_installed(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if check finds nothing wrong with a drawing whose data comes with a package that is not there."""
    for place in (digits, readiness):
        monkeypatch.setattr(place, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    digits._measured.cache_clear()
    monkeypatch.setattr(catalog, "_held", {})
    problem, sentence, left = told(linear_net(), tmp_path, capsys)
    assert sentence == f"digits: {problem['sentence']}"
    assert problem["node"] == "digits"
    assert "pip install scikit-learn" in sentence
    assert left is None


def few(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be so many digits."""
    source = registry.layers()["Digits"].source
    assert source is not None
    schema = replace(source.describe(size="8×8"), samples=count)
    data = {"image": torch.rand(count, 1, 8, 8), "label": torch.arange(count)}
    made = replace(source, describe=lambda *, size: schema, load=lambda *, size: data)
    monkeypatch.setitem(registry.layers()["Digits"].__dict__, "source", made)


@pytest.mark.parametrize(
    ("count", "validation", "norm", "words"),
    [
        (1, 0.2, False, "1 sample cannot be divided"),
        (1, 0.0, False, ""),
        (1, 0.0, True, "there is one sample to train on"),
        (2, 0.2, True, "there is one sample to train on"),
        (2, 0.0, True, ""),
        (3, 0.2, True, ""),
    ],
)
def test_too_few_samples(
    count: int, validation: float, norm: bool, words: str, tmp_path: Path, capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """Fails if check passes a drawing whose data is too little to hold anything out, or to be normed over a batch."""
    few(count, monkeypatch)
    monkeypatch.setattr(catalog, "_held", {})
    project = normed() if norm else linear_net()
    project = replace(project, recipe=replace(FAST, validation=validation))
    problem, sentence, _ = told(project, tmp_path, capsys)
    assert words in sentence
    assert problem.get("sentence", "") in sentence


def test_a_computer_that_is_too_small(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if check promises a training for which there is no memory at all."""
    for place in (memory_check, readiness):
        monkeypatch.setattr(place, "main_memory", lambda: FreeMemory(1000, 2000))
    net = digits_net(("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 2000}), ("fc2", "Linear"))
    problem, sentence, left = told(net, tmp_path, capsys)
    assert sentence == problem["sentence"]
    assert "Even one sample at a time is too much" in sentence
    assert left is None


@pytest.mark.parametrize(
    ("settings", "sizes"), [({}, (8,)), ({"num_groups": 12}, (12, 1, 1)), ({"num_groups": 3}, (1, 3)),
                            ({"num_groups": 1}, (1,)), ({}, (1,))]
)  # fmt: skip
def test_a_group_of_one_number_is_no_group(settings: dict[str, object], sizes: tuple[int, ...]) -> None:
    """Fails if a group norm passes that gives zeros whatever arrives, and that torch refuses for a single sample."""
    nodes = [node("x", "Input", shape=sizes), node("norm", "GroupNorm", **settings), node("out", "Output")]
    project = Project(graph=Graph.of(nodes, chain("x", "norm", "out")))
    (problem,) = infer(project).problems
    assert problem.node == "norm"
    for fix in problem.fixes:
        changed = project.graph.nodes["norm"].with_param(fix.param, fix.value)  # type: ignore[union-attr]
        assert infer(project.with_graph("", project.graph.with_nodes(changed))).problems == ()
