"""Whether what came of two trainings can be compared one to one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.core.commands import Rename, SetSetting
from app.core.graph.model import Graph, Node, Project
from app.core.storage.templates import load
from app.training.comparability import not_one_to_one, sentences
from nodes.api.registry import find

NAMES = ("first", "second")


def with_recipe(**changes: Any) -> Callable[[Project], Project]:
    return lambda project: replace(project, recipe=project.recipe.with_settings(**changes))


def test_other_data_is_named_on_both_sides() -> None:
    """Fails if nothing is said of another source, or one of the two is not named."""
    said = not_one_to_one(load("mlp_digits"), load("moons"), NAMES)
    assert said.startswith(
        "First and second cannot be compared one to one: first learns from Handwritten digits (size 8×8)"
    )
    assert "second from Teaching points" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (SetSetting("", ("points",), "noise", 0.35).apply, ("noise 0.35", "noise 0.")),
        (SetSetting("", ("points",), "shape", "circles").apply, ("circles", "moons")),
        (with_recipe(validation=0.4), ("first is checked on 20 % of the data, second on 40 % of the data",)),
        (with_recipe(validation=0.0), ("second on nothing",)),
        (with_recipe(test=0.1), ("first keeps nothing for the test, second 10 %",)),
        (with_recipe(folds=3, fold=2), ("first is checked on 20 % of the data, second on fold 2 of 3",)),
    ],
)
def test_what_makes_results_unlike_is_said_with_both_values(
    change: Callable[[Project], Project], words: tuple[str, ...]
) -> None:
    """Fails if a setting of the data or the share that is held out differs without a word, or one value is missing."""
    before = load("moons")
    before = replace(before, recipe=before.recipe.with_settings(validation=0.2))
    said = not_one_to_one(before, change(before), NAMES)
    assert "cannot be compared one to one" in said
    for word in words:
        assert word in said, said


@pytest.mark.parametrize(
    "change",
    [
        with_recipe(lr=0.5, optimizer="SGD", batch_size=7, epochs=3, seed=5, metrics=("accuracy", "f1")),
        SetSetting("", ("fc1",), "out_features", 99).apply,
        Rename("", "points", "data").apply,
    ],
)
def test_nothing_is_said_where_only_net_or_recipe_differ(change: Callable[[Project], Project]) -> None:
    """Fails if a race of learning rates or nets is called unlike, or the name of a source counts as data."""
    before = load("moons")
    assert not_one_to_one(before, change(before), NAMES) == ""


def test_a_value_that_is_said_is_like_one_that_is_usual() -> None:
    """Fails if a setting that only stands in one of the files, with its usual value, is told as other data."""
    before = load("moons")
    node = before.graph.nodes["points"]
    short = replace(node, params={name: value for name, value in node.params.items() if name != "noise"})
    layer = find(node.type)
    assert layer is not None
    usual = next(param.default for param in layer.params if param.name == "noise")
    said = SetSetting("", ("points",), "noise", usual).apply(before)
    bare = replace(said, graph=replace(said.graph, nodes={**said.graph.nodes, "points": short}))
    assert not_one_to_one(said, bare, NAMES) == ""


def test_files_of_one_name_are_told_apart() -> None:
    """Fails if two files that are called the same in two folders read as the same data on both sides."""

    def of(path: str) -> Project:
        return Project(graph=Graph(nodes={"table": Node("table", "Table", {"path": path})}))

    said = not_one_to_one(of("/old/data.csv"), of("/new/data.csv"), NAMES)
    assert "/old/data.csv" in said
    assert "/new/data.csv" in said


def test_each_run_is_measured_against_the_first() -> None:
    """Fails if a run that is like the first is accused, or a third one is passed over."""
    digits = load("mlp_digits")
    found = sentences([("a", digits), ("b", load("logistic_regression")), ("c", load("moons"))])
    assert len(found) == 1
    assert found[0].startswith("A and c cannot")
