"""Which weights of a file belong to which layers of a drawing, and which layers are frozen then."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.storage.templates import load
from app.core.weights.freezing import freeze, place_of
from app.core.weights.matching import COUNTER, Sizes, match
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
    sources = [pair.source for pair in found.pairs]
    assert sources == [key for key in FILES[name] if not key.startswith("aux")]
    assert {key for key, _ in found.unused} == {
        key for key in FILES[name] if key.startswith("aux") and not key.endswith("num_batches_tracked")
    }
    assert all(a.rsplit(".")[-1] == b.rsplit(".")[-1] for a, b in zip(sizes_of(name), sources, strict=True))


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
    """Fails if order is searched for without regard to the names that are certain."""
    wanted = {"a.weight": (4, 4), "x.weight": (3, 3), "b.weight": (5, 5), "y.weight": (3, 3)}
    found = match(wanted, {"a.weight": (4, 4), "b.weight": (5, 5), "late.weight": (3, 3)})
    assert {pair.name: pair.source for pair in found.pairs} == {
        "a.weight": "a.weight",
        "b.weight": "b.weight",
        "y.weight": "late.weight",
    }


def test_names_that_differ_in_dots_alone_must_leave_no_doubt() -> None:
    """Fails if one of two candidates is taken by chance."""
    found = match({"a_b.weight": (2,)}, {"a.b.weight": (3,), "a_b.weight": (2,)})
    assert [pair.source for pair in found.pairs] == ["a_b.weight"]
    doubtful = match({"a_b.c.weight": (2,)}, {"a.b.c.weight": (3,), "a.b_c.weight": (2,)})
    assert [(pair.source, pair.how) for pair in doubtful.pairs] == [("a.b_c.weight", "order")]


LAYERS = st.lists(st.sampled_from([(1,), (2,), (2, 2), (3,)]), max_size=9)


@given(ours=LAYERS, theirs=LAYERS)
def test_order_finds_as_much_as_there_is(ours: list[Sizes], theirs: list[Sizes]) -> None:
    """Fails if pairs cross, differ in shape, or fewer are found than a search through all possibilities finds."""
    wanted = {f"a{place}.weight": shape for place, shape in enumerate(ours)}
    found = {f"b{place}.weight": shape for place, shape in enumerate(theirs)}
    pairs = match(wanted, found).pairs
    places = [(list(wanted).index(pair.name), list(found).index(pair.source)) for pair in pairs]
    assert all(a < c and b < d for (a, b), (c, d) in pairwise(places))
    assert all(ours[a] == theirs[b] for a, b in places)
    assert len(pairs) == longest(ours, theirs)


def longest(a: list[Sizes], b: list[Sizes]) -> int:
    """Length of a longest common subsequence, found the slow way."""
    if not a or not b:
        return 0
    if a[0] == b[0]:
        return 1 + longest(a[1:], b[1:])
    return max(longest(a[1:], b), longest(a, b[1:]))


def test_freezing_reaches_layers_in_blocks_when_all_uses_are_loaded() -> None:
    """Fails if a layer inside a block is frozen for uses that were not loaded, or one that was loaded stays free."""
    project = block_net()
    weights = [name for name in sizes(project) if not name.endswith(COUNTER)]
    assert place_of(project, "third.1.conv.weight") == ("unit", "conv")
    assert place_of(project, "picture.weight") is None
    assert place_of(project, "nobody.weight") is None
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
