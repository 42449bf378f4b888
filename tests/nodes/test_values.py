"""What layer files say of values, compared with what torch computes."""

from __future__ import annotations

from math import inf
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from app.core.compile.net import compile_net
from app.core.ranges import _reads
from nodes.api import Layer, Misfit, Shape, Values
from nodes.api.registry import find, layers
from tests.nodes.alone import drawing
from tests.nodes.strategies import cases_of
from tests.nodes.test_losses import drawing as loss_alone
from tests.nodes.test_losses import value_of

ANYTHING = [None, *(Values(kind=kind) for kind in ("", "raw", "centred"))]  # of these nothing can be wrong
WITH_VALUES = [each for each in layers().values() if each.values not in ANYTHING]
LINEAR = [each for each in layers().values() if each.linear]
LOSSES = [each for each in layers().values() if each.role == "loss"]
RANGES = ((0.0, 1.0), (-1.0, 2.0), (-30.0, -0.5), (0.2, 30.0))
ROUNDING = 1e-5


def by_id(layer: Layer) -> str:
    return layer.id


def said(layer: Layer, chosen: dict[str, Any], arriving: list[Values]) -> Values | None:
    """What the file says of the first output."""
    if isinstance(layer.values, Values) or layer.values is None:
        return layer.values
    return layer.values(chosen, *arriving) if _reads(layer.values) != 0 else layer.values(chosen)


def sample(shape: Shape, low: float, high: float) -> Tensor:
    if shape.dtype == "int":
        return torch.randint(0, shape.classes or 1, (4, *shape.sizes))
    return torch.rand(4, *shape.sizes) * (high - low) + low


def run(layer: Layer, chosen: dict[str, Any], inputs: dict[str, list[Shape]], given: list[Tensor]) -> list[Tensor]:
    """The first output in training and afterwards."""
    net = compile_net(drawing(layer, inputs, chosen))
    model, found = net.model(), []
    with torch.no_grad():
        for mode in (True, False):
            model.train(mode)
            outputs = net.outputs(model(*given))
            found.append(outputs[f"it.{layer.outputs[0]}"])
    return found


@pytest.mark.parametrize("layer", WITH_VALUES, ids=by_id)
@given(data=st.data(), limits=st.sampled_from(RANGES))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
def test_values_lie_where_the_file_says(layer: Layer, limits: tuple[float, float], data: st.DataObject) -> None:
    """Fails if a layer promises a range that torch leaves, in training or afterwards, or a kind that it is not."""
    inputs, chosen = data.draw(cases_of(layer))
    try:
        layer.build(inputs, chosen)
    except Misfit:
        return
    shapes = [shape for port in layer.inputs for shape in inputs.get(port.name, [])]
    whole = [Values(*limits) if each.dtype == "float" else Values(0.0, (each.classes or 1) - 1) for each in shapes]
    promised = said(layer, chosen, whole)
    if promised is None:
        return
    for values in run(layer, chosen, inputs, [sample(shape, *limits) for shape in shapes]):
        slack = ROUNDING * max(abs(each) for each in (promised.low, promised.high, 1.0) if abs(each) < inf)
        assert not values.numel() or values.min() >= promised.low - slack
        assert not values.numel() or values.max() <= promised.high + slack
        if promised.kind in ("softmax", "log_softmax") and isinstance(layer.values, Values):
            shares = values.exp() if promised.kind == "log_softmax" else values
            axes = range(1, values.ndim)
            assert any(torch.allclose(shares.sum(axis), torch.ones(())) for axis in axes)


@pytest.mark.parametrize("layer", LINEAR, ids=by_id)
def test_what_is_linear_adds_up(layer: Layer) -> None:
    """Fails if a layer that is said to change nothing between two sums does change something, or one that is said to
    keep the features of a step does not."""
    for example in layer.examples:
        inputs, chosen = layer.wired(example), layer.settings(example.params)
        (shape,) = [each for shapes in inputs.values() for each in shapes]
        if shape.dtype == "int":
            continue
        first, second = sample(shape, -1.0, 1.0), sample(shape, -1.0, 1.0)
        net = compile_net(drawing(layer, inputs, chosen))
        model = net.model().eval()
        with torch.no_grad():
            nothing, one, two, both = (
                net.outputs(model(each))["it.output"] for each in (first * 0, first, second, first + second)
            )
        assert torch.allclose(both + nothing, one + two, atol=1e-5)
        if layer.linear == "sums":
            continue
        assert set(one.flatten().tolist()) <= set(first.flatten().tolist())
        if layer.linear == "features" and shape.rank == 2 and one.shape[-1] == first.shape[-1]:
            rows = {tuple(row) for row in first.flatten(0, -2).tolist()}
            assert {tuple(row) for row in one.flatten(0, -2).tolist()} <= rows


@pytest.mark.parametrize("layer", [each for each in layers().values() if each.role == "layer"], ids=by_id)
def test_layers_that_act_in_training_only_say_so(layer: Layer) -> None:
    """Fails if a layer without weights that is random in training, and the identity afterwards, does not say it, or one
    says it that is not."""
    if layer.category != "regularization":
        assert not layer.training_only
        return
    assert layer.training_only
    for example in layer.examples:
        inputs, chosen = layer.wired(example), layer.settings(example.params)
        given = [sample(shape, -1.0, 1.0) for shapes in inputs.values() for shape in shapes]
        trained, used = run(layer, chosen, inputs, given)
        assert not torch.equal(trained, given[0])
        assert torch.equal(used, given[0])


@pytest.mark.parametrize("layer", LOSSES, ids=by_id)
def test_losses_name_ports_and_losses_that_are_there(layer: Layer) -> None:
    """Fails if a loss says what is read at a port that it has not, or names a loss of scores that is none."""
    assert set(layer.reads) <= {port.name for port in layer.inputs}
    if layer.of_scores:
        other = find(layer.of_scores)
        assert other is not None
        assert other.reads["prediction"] in ("softmax_scores", "sigmoid_scores")
    if layer.decides != "":
        assert layer.inputs[0].name == "prediction"


@pytest.mark.parametrize(("sure", "loss_id"), [(0.5, "BCELoss"), (0.0, "BCEWithLogitsLoss"), (0.0, "HingeLoss")])
def test_the_threshold_is_where_both_answers_cost_the_same(sure: float, loss_id: str) -> None:
    """Fails if a loss counts another score as undecided than its own formula."""
    layer = find(loss_id)
    assert layer is not None
    assert layer.decides == sure
    net = compile_net(loss_alone(loss_id, {}, {"prediction": Shape(()), "target": Shape((), "int", classes=2)}))
    no, yes = (value_of(net, prediction=torch.full((1,), sure), target=torch.tensor([truth])) for truth in (0, 1))
    assert no.item() == pytest.approx(yes.item())
