"""Variants of a drawing: how they are written, and the drawing of each."""

from __future__ import annotations

import math
import re

import pytest

from app.core.storage.templates import load
from app.core.variants.axes import BadVariants, axes, axis, combinations, count_of, drawn
from app.core.variants.drawings import Variant, folder_in_words, variants, with_values
from tests.support.drawings import block_net


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("lr=0.1,0.01", (0.1, 0.01)),
        ("seed=0..3", (0, 1, 2, 3)),
        ("seed=0..3,9", (0, 1, 2, 3, 9)),
        ("p=0..0.5/3", (0, 0.25, 0.5)),
        ("lr=0.001~0.1/3", (0.001, 0.01, 0.1)),
        ("n=16~256", (16, 32, 64, 128, 256)),
        ("k=3x3,5×5", ((3, 3), (5, 5))),
        ("m=on,off", (True, False)),
        ("o=Adam,SGD", ("Adam", "SGD")),
    ],
)
def test_what_is_written_means_these_values(text: str, points: tuple[object, ...]) -> None:
    """Fails if a range lacks an end, is spaced otherwise, or a whole number comes as a fraction."""
    found = axis(text).points()
    assert found == points
    assert [type(each) for each in found] == [type(each) for each in points] or "p=" in text


WRONG = ["lr", "=1", "lr=", "lr=1,", "lr=2..1", "lr=0~1", "seed=0..5000", "lr=0~0", "n=1..9/1"]


@pytest.mark.parametrize("text", WRONG)
def test_what_means_nothing_is_refused_in_a_sentence(text: str) -> None:
    """Fails if such a text is taken, or refused without a word."""
    with pytest.raises(BadVariants, match=r"\.$"):
        axis(text)


def test_a_grid_takes_every_combination_once() -> None:
    """Fails if one is missing, doubled, or in an order that changes."""
    found = list(combinations(axes(["lr=0.1,0.01", "seed=0..2"])))
    assert found == [{"lr": lr, "seed": seed} for lr in (0.1, 0.01) for seed in (0, 1, 2)]
    assert count_of(axes(["lr=0.1,0.01", "seed=0..2"])) == 6


def test_tries_by_chance_lie_in_the_range_and_come_again() -> None:
    """Fails if a draw leaves its range, repeats, is not spread over the powers of ten, or is another next time."""
    every = axes(["lr=0.0001~0.1", "seed=0..99"])
    found = list(drawn(every, 200, seed=3))
    assert found == list(drawn(every, 200, seed=3))
    assert len({tuple(each.values()) for each in found}) == 200
    rates = [each["lr"] for each in found]
    assert all(0.0001 <= rate <= 0.1 for rate in rates)
    decades = [sum(power <= math.log10(rate) < power + 1 for rate in rates) for power in (-4, -3, -2)]
    assert min(decades) > 40  # even on a logarithmic scale: about 67 each


def test_fewer_come_where_there_are_no_more() -> None:
    """Fails if it searches for ever, or gives one twice."""
    assert len(list(drawn(axes(["seed=0..3"]), 50))) == 4


def test_settings_of_recipe_and_layers_are_set() -> None:
    """Fails if a value lands elsewhere, or the drawing that varies is changed."""
    project = load("mlp_digits")
    found = with_values(
        project,
        {"optimizer": "SGD", "momentum": 0.9, "fc1.out_features": 16, "relu1.type": "Tanh", "dropout1.muted": True},
    )
    assert found.recipe.value("SGD.momentum") == 0.9
    assert found.recipe.optimizer == "SGD"
    assert found.graph.nodes["fc1"].params["out_features"] == 16
    assert found.graph.nodes["relu1"].type == "Tanh"
    assert found.graph.nodes["dropout1"].bypassed
    assert project == load("mlp_digits")


@pytest.mark.parametrize(
    "values",
    [
        {"fc9.out_features": 3},
        {"fc1.colour": 3},
        {"fc1.out_features": -1},
        {"speed": 1},
        {"lr": -1},
        {"momentum": 0.5},
        {"relu1.type": "Nothing"},
        {"fc1.muted": 3},
    ],
)
def test_a_setting_that_cannot_be_is_refused_in_a_sentence(values: dict[str, object]) -> None:
    """Fails if a wrong name or value is taken in silence, such as the momentum of an optimizer that is not chosen."""
    with pytest.raises(BadVariants, match=r"\.$"):
        with_values(load("mlp_digits"), values)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("learning_rate", "lr"),
        ("optimzer", "optimizer"),
        ("patence", "patience"),
        ("SGD.momentun", "SGD.momentum"),
        ("fc1.out", "out_features"),
        ("fcc1.out_features", "fc1"),
        ("zzzz", ""),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(name: str, meant: str) -> None:
    """Fails if a slip of the pen, or the title of a setting, is answered with the list of all names alone; or if a name
    that is like none is answered with a guess."""
    with pytest.raises(BadVariants) as refused:
        with_values(load("mlp_digits"), {name: 3})
    said = re.search(r"Did you mean ([\w.]+)\?", str(refused.value))
    assert (said[1] if said else "") == meant


def test_folders_are_told_apart_and_fit_every_system() -> None:
    """Fails if two variants share a folder, or a name has a letter that some system refuses."""
    every = axes(["lr=0.1,0.01", "relu1.type=ReLU,Tanh", "seed=0..3"])
    found = [each.folder for each in variants(load("mlp_digits"), combinations(every))]
    assert len(set(found)) == 16
    assert all(re.fullmatch(r"[\w.,=+-]+", name, re.ASCII) for name in found)
    assert max(map(len, found)) <= 100


@pytest.mark.parametrize(
    ("net", "values", "words"),
    [
        ("mlp_digits", {"lr": 0.1}, "learning rate 0.1"),
        ("mlp_digits", {"lr": 1e-05, "seed": 3}, "learning rate 1e-05, seed 3"),
        ("mlp_digits", {"fc1.out_features": 16, "relu1.type": "Tanh"}, "fc1 outputs 16, relu1 type Tanh"),
        ("mlp_digits", {"fc1.muted": True}, "fc1 muted on"),
        ("lenet_digits", {"conv1.kernel_size": (3, 5)}, "conv1 kernel 3x5"),
        ("blocks", {"first.filters": 3}, "first filters 3"),
        ("blocks", {"first/conv.stride": (2, 2)}, "first/conv stride 2x2"),
        ("mlp_digits", {}, "as drawn"),
    ],
)
def test_a_variant_is_called_by_the_words_beside_its_fields(net: str, values: dict[str, object], words: str) -> None:
    """Fails if a variant is called one thing while it trains and another when its folder is read again."""
    project = block_net() if net == "blocks" else load(net)
    made = Variant(values, with_values(project, values))
    assert made.name == words
    assert folder_in_words(made.folder, made.project) == words


def test_a_long_name_of_a_folder_is_told_as_far_as_it_goes() -> None:
    """Fails if a value that the folder's name has cut off is told as another, or the cut is not shown."""
    names = ("lr", "seed", "epochs", "batch_size", "validation", "weight_decay", "fc1.out_features")
    values = dict(zip(names, (0.012345, 12, 34, 56, 0.25, 0.0001234, 16), strict=True))
    made = Variant(values, with_values(load("mlp_digits"), values))
    words = folder_in_words(made.folder, made.project)
    assert len(made.folder) > 90
    assert words.endswith(", …")
    assert made.name.startswith(words.removesuffix(", …"))
    assert words.startswith("learning rate 0.012345, seed 12, epochs 34, ")


@pytest.mark.parametrize(
    "folder", ["lr=0.2", "first", "lr", "a=b", "lr=0.1,", "fc9.out_features=3", "fc1.=3", "=", ","]
)
def test_a_folder_that_somebody_has_named_is_none_of_a_variant(folder: str) -> None:
    """Fails if a run is called after a value that it does not have, or such a name is an error."""
    project = with_values(load("mlp_digits"), {"lr": 0.1})
    assert folder_in_words(folder, project) == ""
