"""Layers on sequences of any length: one net gives at each length what a net that is made for it gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from app.core.compile.net import compile_net
from nodes.api import Layer, Shape, ShapeError
from nodes.api.lengths import FixedLength
from nodes.api.registry import find, layers
from tests.nodes.alone import drawing, samples

Inputs = dict[str, list[Shape]]
MORE = 4  # steps than in the examples
FIXED = {"LearnedPositionalEncoding"}  # has weights for each step


def cases_of(layer: Layer) -> list[tuple[Inputs, Inputs, dict[str, Any]]]:
    """The examples that read a sequence: with any length, the same a few steps longer, and the settings."""
    found = []
    for example in layer.examples:
        inputs = layer.wired(example)
        every = [shape for shapes in inputs.values() for shape in shapes]
        steps = next((each.sizes[0] for each in every if each.kind in ("sequence", "tokens")), None)
        if steps is None or any(each.rank > 2 for each in every):
            continue

        def made(more: int, any_length: bool, inputs: Inputs = inputs, steps: int = steps) -> Inputs:
            return {
                port: [
                    each
                    if each.sizes[:1] != (steps,)
                    else each.of_any_length("input")
                    if any_length
                    else replace(each, sizes=(steps + more, *each.sizes[1:]))
                    for each in shapes
                ]
                for port, shapes in inputs.items()
            }

        found.append((made(0, True), made(MORE, False), layer.settings(example.params)))
    return found


READING = [layer for layer in layers().values() if layer.role == "layer" and cases_of(layer)]


@pytest.mark.parametrize("layer", READING, ids=lambda layer: layer.id)
def test_one_net_is_the_net_of_every_length(layer: Layer) -> None:
    """Fails if a layer that takes any length gives other numbers at a length than the same layer made for it, or says
    that it needs one length though nothing in it does."""
    refused = 0
    for any_length, longer, settings in cases_of(layer):
        try:
            built = layer.build(any_length, settings)
        except FixedLength:
            refused += 1
            continue
        wanted = layer.build(longer, settings)
        assert built.weights == wanted.weights
        net, made = compile_net(drawing(layer, any_length, settings)), compile_net(drawing(layer, longer, settings))
        model, other = net.model(1).eval(), made.model(2).eval()
        other.load_state_dict(model.state_dict())
        torch.manual_seed(0)
        batch = samples(longer, 3, "cpu")
        for shapes, values in zip((each for each in longer.values() for each in each), batch):
            if shapes.rank == 1 and shapes.dtype == "float":
                values.copy_((values > 0).float())  # what says which steps are real
                values[:, 0] = 1
        found, known = net.outputs(model(*batch)), made.outputs(other(*batch))
        for port, shape in wanted.outputs.items():
            assert tuple(found[f"it.{port}"].shape[1:]) == shape.sizes
            assert torch.equal(found[f"it.{port}"].nan_to_num(), known[f"it.{port}"].nan_to_num())
            differs = [one != other for one, other in zip(built.outputs[port].sizes, shape.sizes)]
            assert [side == "any" for side in built.outputs[port].sides] == differs
    assert bool(refused) == (layer.id in FIXED | {"Reshape"})


def test_lengths_of_two_names_are_not_taken_for_one() -> None:
    """Fails if two sequences that happen to be equally long now may be added, so that the net breaks in training."""
    add = find("Add")
    assert add is not None
    one, other = (Shape((9, 4)).of_any_length(name) for name in ("source", "target"))
    assert str(add.build({"xs": [one, one]}, {}).outputs["output"]) == "any×4"
    with pytest.raises(FixedLength, match="made for one length"):
        add.build({"xs": [one, other]}, {})
    with pytest.raises(ShapeError):
        add.build({"xs": [one, Shape((9, 4))]}, {})


def test_what_was_flattened_is_refused_with_a_remedy() -> None:
    """Fails if a fully connected layer over all steps is given any length, or the sentence helps nobody."""
    flatten, linear = find("Flatten"), find("Linear")
    assert flatten is not None
    assert linear is not None
    x = flatten.build({"x": [Shape((9, 4)).of_any_length("text")]}, {}).outputs["output"]
    assert str(x) == "any"
    with pytest.raises(FixedLength, match="last step only, or a mean over time") as refused:
        linear.build({"x": [x]}, linear.settings({"out_features": 3}))
    assert "36" not in str(refused.value)
