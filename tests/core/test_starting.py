"""The first net for data of every kind, and another source under a net that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch

from app.core.checks.check import check
from app.core.compile.net import compile_net
from app.core.inference import infer
from app.core.starting.exchange import exchange
from app.core.starting.first_net import drawing_for, fitted_net
from app.core.storage import templates
from app.data.splits import divide
from nodes.api import Field, Layer, Schema, registry, source
from nodes.api.registry import find
from tests.support.example_source import among_ours

PICTURE, CLASSES = Field((1, 8, 8)), Field((), "int", ("a", "b", "c"))
KINDS: Mapping[str, Mapping[str, Field]] = {
    "small pictures": {"image": PICTURE, "label": CLASSES},
    "tiny pictures": {"image": Field((1, 4, 4)), "label": CLASSES},
    "flat pictures": {"image": Field((3, 28, 20)), "label": CLASSES},
    "large pictures": {"image": Field((3, 150, 97)), "label": CLASSES},
    "pictures and numbers": {"image": PICTURE, "x": Field((3,)), "label": CLASSES},
    "pictures alone": {"image": PICTURE},
    "large pictures alone": {"image": Field((3, 50, 61))},
    "two classes": {"image": PICTURE, "label": Field((), "int", ("no", "yes"))},
    "a class alone": {"image": PICTURE, "label": Field((), "int", ("no",))},
    "rows and a class": {"x": Field((4,)), "label": CLASSES},
    "rows and a number": {"x": Field((4,)), "y": Field(())},
    "rows and numbers": {"features": Field((9,)), "target": Field((2,))},
    "one number": {"x": Field(()), "y": Field((1,))},
    "an age": {"x": Field((3,)), "age": Field((), "int"), "label": CLASSES},
    "series": {"sequence": Field((20, 2)), "target": Field((5, 2))},
    "series of classes": {"sequence": Field((20, 2)), "label": CLASSES},
    "sound": {"wave": Field((4000, 1)), "label": CLASSES},
    "sound of one channel": {"wave": Field((1, 8000)), "label": CLASSES},
    "next letter": {"text": Field((30,), "int", 65), "next": Field((), "int", 65)},
    "next letters": {"text": Field((30,), "int", 65), "next": Field((30,), "int", 65)},
    "texts": {"text": Field((30,), "int", 500), "label": CLASSES},
    "long texts": {"text": Field((600,), "int", 500), "label": CLASSES},
    "a class for each dot": {"image": Field((3, 16, 12)), "target": Field((16, 12), "int", 4)},
    "pictures of pictures": {"image": Field((3, 16, 12)), "target": Field((3, 16, 12))},
    "volumes": {"volume": Field((1, 8, 8, 8)), "label": CLASSES},
}


def made(fields: Mapping[str, Field]) -> tuple[Layer, Schema]:
    """A source that offers these fields."""
    schema = Schema(fields, 300)

    def describe() -> Schema:
        """Made for a test."""
        return schema

    def load() -> dict[str, Any]:
        return {}

    return source(id="Made", name="Made", describe=describe, load=load), schema


def batch_of(fields: Mapping[str, Field], name: str) -> dict[str, torch.Tensor]:
    """Four samples as the fields say."""
    found = {}
    for port, field in fields.items():
        count = field.shape.classes or 9
        ints = torch.randint(0, count, (4, *field.sizes))
        found[f"{name}.{port}"] = torch.rand(4, *field.sizes) if field.dtype == "float" else ints
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_net_of_every_kind_runs_without_a_word(kind: str) -> None:
    """Fails if the proposed drawing has a problem or a warning, or its loss is no number on such data."""
    layer, schema = made(KINDS[kind])
    with among_ours(layer):
        project = drawing_for(layer, {}, schema).project
        checked = check(project, infer(project))
        assert (checked.problems, checked.notes) == ((), ())
        net = compile_net(project)
        name = next(node.name for node in project.graph.nodes.values() if node.type == "Made")
        batch = batch_of(schema.fields, name)
        losses = net.losses()
        assert losses is not None
        returned = net.model(seed=0)(*net.inputs_from(batch))
        for value in net.loss_values(losses, returned, batch).values():
            assert torch.isfinite(value)
    places = [node.position for node in project.graph.nodes.values()]
    assert len(set(places)) == len(places), "no layer lies on another"


def test_where_nothing_can_be_learned_a_sentence_says_so() -> None:
    """Fails if labels alone make a drawing."""
    layer, schema = made({"label": CLASSES})
    with pytest.raises(ValueError, match=r"no labels|nothing to learn"):
        drawing_for(layer, {}, schema)


def test_groups_of_classes_are_not_read_to_tell_the_classes() -> None:
    """Fails if the coarse label of CIFAR-100, which a picture of one's own has not, goes into the net."""
    layer, schema = made({"image": PICTURE, "label": CLASSES, "coarse": Field((), "int", ("p", "q"))})
    with among_ours(layer):
        first = drawing_for(layer, {}, schema)
        name = next(node.name for node in first.project.graph.nodes.values() if node.type == "Made")
        assert {wire.source_port for wire in first.project.graph.out_of(name)} == {"image", "label"}
    assert "coarse could be learned too" in first.sentence


@pytest.mark.parametrize("kind", ["small pictures", "pictures alone", "large pictures alone"])
def test_pictures_of_wide_numbers_are_standardized_first(kind: str) -> None:
    """Fails if dots of 16 bits reach the first convolution, or the loss, as they are, or usual ones are changed."""
    layer, schema = made(KINDS[kind])
    for settled, wanted in (({"scale": "as stored"}, {"Standardize"}), ({}, set())):
        with among_ours(layer):
            graph = drawing_for(layer, {}, replace(schema, settled=settled)).project.graph
        behind = {graph.nodes[wire.target].type for wire in graph.wires if wire.source_port == "image"}
        assert (behind & {"Standardize"}) == wanted
        assert not wanted or behind == wanted


def test_no_row_of_a_truth_table_is_held_out() -> None:
    """Fails if a net for XOR is kept from one of the four rows, so that it gets that row wrong and is told that it
    learns by heart."""
    layer = registry.layers()["TruthTable"]
    for table in ("XOR", "concert", "own rows"):
        settings = layer.settings(
            {**layer.defaults(), "table": table, "rows": "; ".join(f"{n // 5} {n % 5} -> {n % 2}" for n in range(25))}
        )
        assert layer.source is not None
        recipe = drawing_for(layer, settings, layer.source.describe(**settings)).project.recipe
        assert (recipe.value("validation"), recipe.value("test")) == (0.0, 0.0)


def test_one_sample_is_not_divided() -> None:
    """Fails if the first net for a single picture cannot be trained, because a part is to be held out."""
    layer, schema = made({"image": PICTURE})
    with among_ours(layer):
        recipe = drawing_for(layer, {}, replace(schema, samples=1)).project.recipe
    assert (recipe.validation, recipe.test) == (0, 0)


@pytest.mark.parametrize(("count", "held"), [(49, (0.2, 0.0)), (30, (0.0, 0.0)), (400, (0.2, 0.15))])
def test_a_short_series_holds_out_what_leaves_enough_to_learn_from(count: int, held: tuple[float, float]) -> None:
    """Fails if the first net for a series of few windows cannot be trained, because more of them lie between two parts
    than there are."""
    layer, schema = made({"input": Field((24, 1)), "target": Field((1,))})
    with among_ours(layer):
        series = replace(schema, samples=count, ordered=True, overlap=24)
        recipe = drawing_for(layer, {}, series).project.recipe
    assert (recipe.validation, recipe.test) == held
    train, *_ = divide(count, recipe.validation, recipe.test, 0, ordered=True, overlap=24)
    assert len(train) >= min(count, 10)


@pytest.mark.parametrize("template", ["lenet_digits", "mlp_digits", "logistic_regression", "autoencoder_digits"])
@pytest.mark.parametrize("kind", ["two classes", "flat pictures", "rows and numbers", "rows and a class"])
def test_another_source_fits_in_one_step(template: str, kind: str) -> None:
    """Fails if sizes, the number of outputs or the kind of loss stay as the old data had them, or the sentence hides
    what was changed."""
    layer, schema = made(KINDS[kind])
    with among_ours(layer):
        project = templates.load(template)
        done = exchange(project, "digits", layer, {}, schema)
        after = done.command.apply(project)
        assert infer(after).problems == ()
        assert done.left == ()
        assert done.name in after.graph.nodes
        loss = next(node for node in after.graph.nodes.values() if node.type.endswith("Loss"))
        numbers = kind == "rows and numbers" or template == "autoencoder_digits"
        assert loss.type == ("MSELoss" if numbers else "CrossEntropyLoss")
        if template != "autoencoder_digits":
            wire = next(each for each in after.graph.into(loss.name) if each.target_port == "prediction")
            shape = infer(after).main.shape(wire)
            assert shape is not None
            assert shape.sizes == (2 if kind in ("two classes", "rows and numbers") else 3,)
            last = wire.source
            if kind == "rows and numbers":  # behind the last layer that learns, its numbers get the unit of the answers
                assert after.graph.nodes[last].type == "Unstandardize"
                (before,) = after.graph.into(last)
                last = before.source
            assert f"{last}: outputs" in done.sentence


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_first_net_fits_the_data_that_it_was_made_for(kind: str) -> None:
    """Fails if a drawing that was just made for data is offered to be fitted to the very same data."""
    layer, schema = made(KINDS[kind])
    with among_ours(layer):
        project = drawing_for(layer, {}, schema).project
        (name,) = [node.name for node in project.graph.nodes.values() if node.type == layer.id]
        done = exchange(project, name, layer, {}, schema)
        made_anew = done.command.apply(project)
        types = [sorted(node.type for node in each.graph.nodes.values()) for each in (project, made_anew)]
        assert types[0] == types[1], done.sentence


def test_what_cannot_fit_is_told_beforehand() -> None:
    """Fails if an exchange that leaves a problem says nothing of it."""
    layer, schema = made(KINDS["next letters"])
    with among_ours(layer):
        done = exchange(templates.load("lenet_digits"), "digits", layer, {}, schema)
        assert not done.same_kind
        assert done.left
        assert "What does not fit yet" in done.sentence


def test_another_game_keeps_how_a_net_learns_to_play() -> None:
    """Fails if the recipe of a net that plays were made for samples with numbers to tell: measured by errors that a
    game has not, with some of it held out for a test."""
    layer, net = find("GridWorld"), templates.load("dqn_cartpole")
    assert layer is not None
    assert layer.source is not None
    settings = layer.settings({})
    made_for = fitted_net(net, layer, settings, layer.source.describe(**settings)).project
    assert made_for.recipe == net.recipe
    assert "reward" in made_for.recipe.value("metrics")
    assert not check(made_for, infer(made_for)).problems


def test_a_curve_is_learned_in_larger_steps_than_a_table() -> None:
    """Fails if a curve got the steps of a table, with which a hundred epochs of two hundred samples tell a third."""

    def rate(kind: str) -> object:
        layer, schema = made(KINDS[kind])
        with among_ours(layer):
            return drawing_for(layer, {}, schema).project.recipe.value("lr")

    assert (rate("one number"), rate("rows and numbers")) == (0.01, 0.001)
