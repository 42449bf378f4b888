"""What differs between two trainings, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.commands import Command, Connect, InsertOnWire, MoveNodes, RemoveAndJoin, Rename, SetSetting
from app.core.commands.retype import ChangeType
from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from app.core.storage.templates import load
from app.training.comparison import differences, in_short
from app.training.kept_runs import drawing_of
from app.training.loop import train
from app.ui.insight.subject_cache import same_net
from tests.support.drawings import node
from tests.support.edits import STARTS, any_edit


def edited(project: Project, *commands: Command) -> Project:
    for command in commands:
        project = command.apply(project)
    return project


def with_recipe(project: Project, **changes: Any) -> Project:
    return replace(project, recipe=project.recipe.with_settings(**changes))


def test_two_real_runs(tmp_path: Path) -> None:
    """Fails if what was changed between two runs on the disk is not told, with both values, or anything else is."""
    first = with_recipe(load("lenet_digits"), epochs=1, batch_size=512, device="cpu")
    second = edited(with_recipe(first, lr=0.01), SetSetting("", ("conv1",), "out_channels", 16))
    for name, project in (("a", first), ("b", second)):
        list(train(compile_net(project), project.recipe, out=tmp_path / name))
    a, b = drawing_of(tmp_path / "a"), drawing_of(tmp_path / "b")
    assert a is not None
    assert b is not None
    assert differences(a, b) == ("conv1: 6 → 16 filters", "learning rate 0.002 → 0.01")
    assert differences(b, a) == ("conv1: 16 → 6 filters", "learning rate 0.01 → 0.002")
    assert differences(a, a) == ()


CASES: list[tuple[list[Command], tuple[str, ...]]] = [
    ([SetSetting("", ("conv1",), "kernel_size", (3, 3))], ("conv1: kernel 5×5 → 3×3",)),
    ([SetSetting("", ("conv1",), "bias", False)], ("conv1: bias on → off",)),
    ([ChangeType("", "relu1", "Tanh")], ("relu1: ReLU → Tanh",)),
    (
        [ChangeType("", "relu1", "Tanh"), Rename("", "relu1", "tanh1")],
        ("relu1 (ReLU) → tanh1 (Tanh)",),
    ),
    ([Rename("", "conv1", "first")], ("renamed conv1 to first",)),
    (
        [Rename("", "conv1", "first"), SetSetting("", ("first",), "out_channels", 7), Rename("", "relu1", "bend")],
        ("renamed conv1 to first", "renamed relu1 to bend", "first: 6 → 7 filters"),
    ),
    (
        [InsertOnWire("", node("drop1", "Dropout"), Wire("relu3", "output", "fc2", "x"))],
        ("added drop1 (Dropout)",),
    ),
    ([RemoveAndJoin("", ("relu2",))], ("removed relu2 (ReLU)",)),
    ([MoveNodes("", {"conv1": (7.0, 9.0)})], ()),
]


@pytest.mark.parametrize(("commands", "words"), CASES)
def test_edits_of_the_net(commands: list[Command], words: tuple[str, ...]) -> None:
    """Fails if an edit is told in other words than its own: a rename as a removal, or a wire besides its layer."""
    before = load("lenet_digits")
    assert differences(before, edited(before, *commands)) == words


def test_wires_are_named() -> None:
    """Fails if two runs whose layers are the same and whose wires are not are called the same."""
    before = load("lenet_digits")
    wires = [w for w in before.graph.wires if w.target != "fc3"]
    after = replace(before, graph=Graph.of(before.graph.nodes.values(), wires))
    after = edited(after, Connect("", (Wire("relu3", "output", "fc3", "x"),)))
    assert differences(before, after) == ("wired relu3 → fc3", "cut relu4 → fc3")


def test_recipes_tell_what_counts() -> None:
    """Fails if a setting of what is not chosen is told, a choice is not, or a usual value of the new choice is."""
    before = load("mlp_digits")
    assert differences(before, with_recipe(before, optimizer="SGD")) == ("optimizer Adam → SGD",)
    told = differences(before, with_recipe(before, optimizer="SGD", momentum=0.5, epochs=7, metrics=("accuracy", "f1")))
    assert told == (
        "optimizer Adam → SGD",
        "momentum 0.5",
        f"epochs {before.recipe.epochs} → 7",
        "metrics accuracy → accuracy, f1",
    )
    assert differences(before, with_recipe(before, **{"SGD.momentum": 0.1})) == ()


def test_many_differences_are_counted() -> None:
    """Fails if a line grows without end, or says of one that it is more."""
    assert in_short(["a", "b"]) == "a; b"
    assert in_short("abcde", 4) == "a; b; c; d; e"
    assert in_short("abcdef", 4) == "a; b; c; d; and 2 more"


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_edited_is_told(data: st.DataObject) -> None:
    """Fails if two trainings that are not the same are called the same, or the other way round."""
    before = after = data.draw(st.sampled_from(STARTS))()
    for _ in range(data.draw(st.integers(1, 4))):
        try:
            after = data.draw(any_edit(after, infer(after))).apply(after)
        except ValueError:
            continue
    same = same_net(before, after) and dict(settings_of(before)) == dict(settings_of(after))
    assert (differences(before, after) == ()) == same


def settings_of(project: Project) -> dict[str, Any]:
    return {name: project.recipe.value(name) for name, _ in project.recipe.settings()}
