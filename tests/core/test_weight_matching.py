"""Which weights of a file belong to which layers of a drawing, and which layers are frozen then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.storage.templates import load
from app.core.weights.freezing import freezable_at, freeze
from app.core.weights.matching import COUNTER, Matching, Sizes, certain_pairs, match
from tests.support import zoo
from tests.support.drawings import block_net

FILES = {
    "alexnet": zoo.alexnet(),
    "vgg16": zoo.vgg16(),
    "googlenet": zoo.googlenet(),
    "resnet18": zoo.resnet(18),
    "resnet50": zoo.resnet(50),
    "resnet152": zoo.resnet(152),
}


@cache
def sizes_of(name: str) -> dict[str, Sizes]:
    """Names and sizes of a template's weights."""
    return sizes(load(name))


def sizes(project: Project) -> dict[str, Sizes]:
    """Names and sizes of a drawing's weights and buffers."""
    with torch.device("meta"):
        return {name: tuple(value.shape) for name, value in compile_net(project).model().state_dict().items()}


@pytest.mark.parametrize("name", FILES)
def test_public_files_fit_completely_and_in_order(name: str) -> None:
    """Fails if a weight of a public file goes nowhere, or to a layer of equal shape at another place."""
    found = match(sizes_of(name), FILES[name])
    assert not found.missing
    assert [pair.name for pair in found.pairs] == list(sizes_of(name))
    origins = [pair.source for pair in found.pairs]
    assert origins == [key for key in FILES[name] if not key.startswith("aux")]
    assert {key for key, _ in found.unused} == {
        key for key in FILES[name] if key.startswith("aux") and not key.endswith("num_batches_tracked")
    }
    assert all(a.rsplit(".")[-1] == b.rsplit(".")[-1] for a, b in zip(sizes_of(name), origins, strict=True))


def test_names_count_where_they_can() -> None:
    """Fails if layers whose names say where they belong are found by chance of their shapes."""
    assert {pair.how for pair in match(sizes_of("googlenet"), FILES["googlenet"]).pairs} == {"name"}
    assert {pair.how for pair in match(sizes_of("resnet18"), FILES["resnet18"]).pairs} == {"name"}
    assert {pair.how for pair in match(sizes_of("vgg16"), FILES["vgg16"]).pairs} == {"order"}


@pytest.mark.parametrize("name", ["vgg16", "resnet50"])
def test_another_last_layer_alone_stays_as_it_is(name: str) -> None:
    """Fails if a net for ten classes gets nothing from a file for a thousand, or says nothing of the last layer."""
    project = load(name)
    last = next(node for node in reversed(project.graph.nodes.values()) if node.type == "Linear")
    project = replace(project, graph=project.graph.with_nodes(last.with_param("out_features", 10)))
    found = match(sizes(project), FILES[name])
    assert [miss.name for miss in found.missing] == [f"{last.name}.weight", f"{last.name}.bias"]
    assert len(found.unused) == 2
    assert found.missing[0].there == (FILES[name]["fc.weight"] if name == "resnet50" else None)
    assert len(found.pairs) == len(FILES[name]) - 2


def test_old_files_without_counters_are_whole() -> None:
    """Fails if files from before num_batches_tracked count as incomplete."""
    old = {key: shape for key, shape in FILES["resnet18"].items() if not key.endswith("num_batches_tracked")}
    found = match(sizes_of("resnet18"), old)
    assert not found.missing
    assert len(found.pairs) == len(old)


def test_a_layer_is_loaded_whole_or_not_at_all() -> None:
    """Fails if a bias is taken from a layer whose weight does not fit."""
    wanted = {"fc.weight": (10, 64), "fc.bias": (10,)}
    found = match(wanted, {"fc.weight": (10, 65), "fc.bias": (10,)})
    assert not found.pairs
    assert [(miss.name, miss.there) for miss in found.missing] == [("fc.weight", (10, 65)), ("fc.bias", (10,))]


def test_a_layer_between_two_known_ones_stays_between_them() -> None:
    """Fails if order is searched for without regard to the layers that are certain."""
    wanted = {"a.weight": (4, 4), "x.weight": (3, 3), "b.weight": (5, 5), "y.weight": (3, 3)}
    found = match(wanted, {"0.weight": (4, 4), "1.weight": (5, 5), "2.weight": (3, 3)})
    assert {pair.name: pair.source for pair in found.pairs} == {
        "a.weight": "0.weight",
        "b.weight": "1.weight",
        "y.weight": "2.weight",
    }


def test_names_that_differ_in_dots_alone_must_leave_no_doubt() -> None:
    """Fails if one of two candidates is taken by chance."""
    found = match({"a_b.weight": (2,)}, {"a.b.weight": (3,), "a_b.weight": (2,)})
    assert [pair.source for pair in found.pairs] == ["a_b.weight"]
    doubtful = match({"a_b.c.weight": (2,)}, {"a.b.c.weight": (3,), "a.b_c.weight": (2,)})
    assert [(pair.source, pair.how) for pair in doubtful.pairs] == [("a.b_c.weight", "name")]


LAYERS = st.lists(st.sampled_from([(1,), (2,), (2, 2), (3,)]), max_size=6)


@given(ours=LAYERS, theirs=LAYERS)
def test_order_gives_what_every_longest_common_row_gives(ours: list[Sizes], theirs: list[Sizes]) -> None:
    """Fails if one of several possibilities is taken, or what a search through all of them finds sure is not."""
    every = longest(ours, theirs)
    assert list(certain_pairs(ours, theirs)) == sorted(set.intersection(*every))


def longest(a: list[Sizes], b: list[Sizes]) -> list[set[tuple[int, int]]]:
    """All longest common subsequences, as places in both, found the slow way."""
    best: list[set[tuple[int, int]]] = [set()]
    size = min(len(a), len(b))
    for count in range(size, 0, -1):
        found = [
            set(zip(left, right, strict=True))
            for left in combinations(range(len(a)), count)
            for right in combinations(range(len(b)), count)
            if all(a[i] == b[j] for i, j in zip(left, right, strict=True))
        ]
        if found:
            return found
    return best


def row(names: Iterable[str], size: int = 16) -> dict[str, Sizes]:
    """Equal fully connected layers of these names."""
    return {f"{name}.{part}": shape for name in names for part, shape in (("weight", (size, size)), ("bias", (size,)))}


def sources(found: Matching) -> dict[str, str]:
    """Which layer of the file went to which of the drawing."""
    return {pair.name.rpartition(".")[0]: pair.source.rpartition(".")[0] for pair in found.pairs}


@pytest.mark.parametrize("prefix", ["", "layers.", "module.net."])
def test_numbers_are_an_order_and_the_alphabet_is_none(prefix: str) -> None:
    """Fails if layer 10 is taken before layer 2, as a sorted file has it, or one of two orders of a file matters."""
    ours = [f"linear{number}" for number in range(1, 14)]
    right = {name: f"{prefix}{number}" for number, name in enumerate(ours)}
    assert sources(match(row(ours), row(right.values()))) == right
    assert sources(match(row(ours), row(sorted(right.values())))) == right
    assert sources(match(row(ours), row(reversed(right.values())))) == right


@pytest.mark.parametrize("name", FILES)
def test_public_files_that_were_sorted_arrive_at_the_same_places(name: str) -> None:
    """Fails if safetensors' order of names changes what is loaded: all of a public net, each at its place."""
    found = match(sizes_of(name), dict(sorted(FILES[name].items())))
    assert found.pairs == match(sizes_of(name), FILES[name]).pairs
    assert not found.missing
    assert not found.doubts


PREFIXES = ["", "module.", "_orig_mod.", "model.", "net.backbone.", "module._orig_mod.", "model.net.backbone."]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("order", [("second", "first", "last"), ("first", "last", "second")])
def test_names_count_behind_what_stands_before_all_of_them(prefix: str, order: tuple[str, ...]) -> None:
    """Fails if a prefix hides names and layers of equal shape are swapped."""
    wanted = row(["first", "second"]) | {"last.weight": (10, 16), "last.bias": (10,)}
    found = match(
        wanted, {f"{prefix}{key}.{part}": wanted[f"{key}.{part}"] for key in order for part in ("weight", "bias")}
    )
    assert sources(found) == {name: f"{prefix}{name}" for name in ("first", "second", "last")}
    assert {pair.how for pair in found.pairs} == {"name"}


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "googlenet"])
def test_public_names_count_behind_a_prefix(name: str) -> None:
    """Fails if a wrapper around a public net moves a layer."""
    found = match(sizes_of(name), {f"module.backbone.{key}": sizes for key, sizes in sorted(FILES[name].items())})
    expected = match(sizes_of(name), FILES[name])
    assert [(p.name, p.source.removeprefix("module.backbone.")) for p in found.pairs] == [
        (p.name, p.source) for p in expected.pairs
    ]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (["first", "second"], ["a", "b"]),  # the order in which layers were made is not that in which they work
        (["first", "second"], ["features.0", "classifier.0"]),
        (["a", "b", "c"], ["0", "1"]),  # which one is left out?
        (["a", "b"], ["0", "1", "2"]),
        (["fc2", "fc1"], ["0", "1"]),  # the numbers of the drawing go against its order
        (["left.fc", "right.fc"], ["one.fc", "two.fc"]),
        (["first", "second"], ["g.first", "g.second", "d.first", "d.second"]),
    ],
)
def test_of_several_possibilities_none_is_taken(ours: list[str], theirs: list[str]) -> None:
    """Fails if one of several places of equal shape is taken, or the layers in doubt are not told."""
    found = match(row(ours), row(theirs))
    assert not found.pairs
    assert [(doubt.layers, doubt.candidates) for doubt in found.doubts] == [(tuple(ours), tuple(theirs))]


def test_doubt_about_some_leaves_the_others() -> None:
    """Fails if layers that are certain are not loaded because others are in doubt."""
    wanted = row(["first", "second"]) | row(["only"], 7) | row(["known"])
    found = match(wanted, row(["x", "y"]) | row(["z"], 7) | row(["known"]))
    assert sources(found) == {"only": "z", "known": "known"}
    assert [doubt.layers for doubt in found.doubts] == [("first", "second")]


def test_numbers_that_go_against_the_drawing_are_no_order() -> None:
    """Fails if numbers order layers of one shape although they contradict the order of the drawing elsewhere."""
    wanted = row(["a"]) | row(["b"], 7) | row(["c"])
    found = match(wanted, row(["0", "1"]) | row(["2"], 7))
    assert sources(found) == {"b": "2"}


def test_an_average_beside_the_weights_gives_way() -> None:
    """Fails if two copies under two prefixes lead to nothing, or to the average."""
    theirs = row(["model_ema.first", "model_ema.second", "model.first", "model.second"])
    assert sources(match(row(["first", "second"]), theirs)) == {"first": "model.first", "second": "model.second"}


def test_a_renamed_drawing_gets_its_own_weights_by_place() -> None:
    """Fails if a file that keeps the order of its layers is not read by it, or it wins where names contradict it."""
    old = row(["first", "second", "third"]) | row(["last"], 7)
    assert sources(match(row(["a", "b", "c"]) | row(["d"], 7), old, in_order=True)) == {
        "a": "first",
        "b": "second",
        "c": "third",
        "d": "last",
    }
    partly = row(["first", "middle", "third"]) | row(["end"], 7)
    assert sources(match(partly, old, in_order=True))["middle"] == "second"
    # "first" is the name of another layer now: name and place say different things
    torn = match(row(["begin", "first", "third"]) | row(["last"], 7), old, in_order=True)
    assert sources(torn) == {"last": "last"}
    assert torn.doubts[0].layers == ("begin", "first", "third")


@pytest.mark.parametrize("parts", [{"bias": (64,)}, {"bias": (64,), "weight_g": (64, 1), "weight_q": (64, 64)}])
def test_a_bias_alone_is_not_half_a_layer(parts: dict[str, Sizes]) -> None:
    """Fails if a layer gets a bias and keeps random weights."""
    found = match({"fc.weight": (64, 64), "fc.bias": (64,)}, {f"fc.{part}": sizes for part, sizes in parts.items()})
    assert not found.pairs
    assert {miss.name for miss in found.missing} == {"fc.weight", "fc.bias"}


def test_freezing_reaches_layers_in_blocks_when_all_uses_are_loaded() -> None:
    """Fails if a layer inside a block is frozen for uses that were not loaded, or one that was loaded stays free."""
    project = block_net()
    weights = [name for name in sizes(project) if not name.endswith(COUNTER)]
    assert freezable_at(project, "third.1.conv.weight") == ("unit", "conv")
    assert freezable_at(project, "picture.weight") is None
    assert freezable_at(project, "nobody.weight") is None
    done = freeze(project, sizes(project), weights)
    assert done.layers == (("unit", "conv"), ("unit", "norm"))
    assert done.kept_free == ()
    model = compile_net(done.project).model()
    assert not any(parameter.requires_grad for parameter in model.parameters())
    partly = freeze(project, sizes(project), [name for name in weights if not name.startswith("third.2")])
    assert partly.layers == ()
    assert partly.kept_free == (("unit", "conv"), ("unit", "norm"))
    assert partly.project == project


def test_freezing_leaves_the_new_last_layer_free() -> None:
    """Fails if transfer learning would have nothing to train, or would change what was loaded."""
    found = match(sizes_of("resnet18"), {k: v for k, v in FILES["resnet18"].items() if not k.startswith("fc.")})
    done = freeze(load("resnet18"), sizes_of("resnet18"), found.loaded)
    with torch.device("meta"):
        free = {name for name, value in compile_net(done.project).model().named_parameters() if value.requires_grad}
    assert free == {"fc.weight", "fc.bias"}
