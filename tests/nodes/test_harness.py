"""Every registered layer, tested because it exists."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from app.core.compile.net import compile_net
from app.core.inference import infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from nodes.api import (
    Assignments,
    Built,
    Columns,
    File,
    Fix,
    Layer,
    Names,
    Numbers,
    SetParam,
    SetUpstream,
    Several,
    Shape,
    ShapeError,
    Sizes,
    Text,
    UseInstead,
)
from nodes.api.registry import CATEGORIES, find, layers
from tests.nodes.alone import device_for, drawing, samples
from tests.nodes.strategies import cases_of, settings_of, strange_cases_of, value_of

ALL = list(layers().values())
COMPUTING = [layer for layer in ALL if layer.role == "layer"]
LOSSES = [layer for layer in ALL if layer.role == "loss"]
REQUIRED = """Conv2d MaxPool2d AvgPool2d Flatten Linear Dropout ReLU LeakyReLU Sigmoid Tanh Softmax BatchNorm2d LSTM
Add Concat Input Output Digits CrossEntropyLoss MSELoss Conv1d Conv3d ConvTranspose1d ConvTranspose2d SeparableConv2d
LocallyConnected2d MaxPool1d MaxPool3d AvgPool1d AvgPool3d AdaptiveAvgPool2d AdaptiveMaxPool2d GlobalAvgPool Upsample
PixelShuffle Bilinear Maxout Embedding OneHot PositionalEncoding LearnedPositionalEncoding PReLU ELU SELU GELU SiLU
Softplus LogSoftmax HardThreshold BatchNorm1d BatchNorm3d LayerNorm GroupNorm InstanceNorm2d LocalResponseNorm
Standardize Dropout2d AlphaDropout GaussianNoise""".split()
QUICK = settings(max_examples=20, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])

MOST_WEIGHTS = (
    10_000_000  # more than this takes seconds to fill with random numbers, and shows nothing that fewer do not
)


def by_id(layer: Layer) -> str:
    return layer.id


def as_shape(shape: object) -> Shape:
    return shape if isinstance(shape, Shape) else Shape(shape)  # type: ignore[arg-type]


def built_or_skip(layer: Layer, inputs: dict[str, list[Shape]], chosen: dict[str, object]) -> Built:
    """The layer for these shapes; combinations it refuses are not of interest here."""
    try:
        return layer.build(inputs, chosen)
    except ShapeError as error:
        assert error.sentence.endswith("."), "a refusal is a sentence"
        assume(False)
        raise


def test_all_layers_that_were_promised_are_there() -> None:
    """Fails if a layer file is lost or its id is misspelt."""
    assert set(REQUIRED) <= set(layers())


@pytest.mark.parametrize("layer", ALL, ids=by_id)
def test_has_what_a_student_reads(layer: Layer) -> None:
    """Fails if a layer comes without help, category, or a word about a setting."""
    assert layer.help.endswith(".")
    assert layer.category in CATEGORIES
    assert all(param.help.endswith(".") for param in layer.params)
    in_files = layer.source is not None and layer.source.looked_at  # what is in them, nobody knows beforehand
    assert layer.examples or in_files or layer.role in ("block_in", "block_out")


@pytest.mark.parametrize("layer", ALL, ids=by_id)
def test_examples(layer: Layer) -> None:
    """Fails if the rule of a layer gives another output than its own example promises."""
    for example in layer.examples:
        inputs = layer.wired(example)
        assert all(port.optional or port.name in inputs for port in layer.inputs)
        built = layer.build(inputs, layer.settings(example.params))
        wanted = dict(example.outputs) or ({"output": example.output} if example.output is not None else {})
        assert dict(built.outputs) == {port: as_shape(shape) for port, shape in wanted.items()}
        assert tuple(built.outputs) == layer.outputs


@pytest.mark.parametrize("layer", COMPUTING, ids=by_id)
@given(data=st.data())
@QUICK
def test_shape_and_weights_equal_torch(layer: Layer, data: st.DataObject) -> None:
    """Fails if a declared output shape, or the names or sizes of declared weights, are not those torch gives."""
    inputs, chosen = data.draw(cases_of(layer))
    check_against_torch(layer, inputs, chosen, built_or_skip(layer, inputs, chosen))


@pytest.mark.parametrize("layer", COMPUTING, ids=by_id)
def test_examples_equal_torch_and_run_again(layer: Layer) -> None:
    """Fails if a layer's own example has another shape in torch, or its printed file means something else."""
    for example in layer.examples:
        inputs, chosen = layer.wired(example), layer.settings(example.params)
        built = layer.build(inputs, chosen)
        check_against_torch(layer, inputs, chosen, built)
        if built.weight_count < MOST_WEIGHTS:
            check_printed_text(layer, inputs, chosen)


def check_against_torch(layer: Layer, inputs: dict[str, list[Shape]], chosen: dict[str, object], built: Built) -> None:
    """Output shapes and weights are those that torch gives, on the meta device where that is quicker."""
    net = compile_net(drawing(layer, inputs, chosen))
    device = device_for(layer)
    with torch.device(device):
        model = net.model().eval()
    outputs = net.outputs(model(*samples(inputs, 2, device)))
    count = 2 if inputs else 1  # where nothing arrives, nobody says how many samples there are
    for port, shape in built.outputs.items():
        assert tuple(outputs[f"it.{port}"].shape) == (count, *shape.sizes)
    weights = {name.removeprefix("it."): tuple(value.shape) for name, value in model.named_parameters()}
    assert weights == dict(built.weights)
    assert built.weight_count == sum(value.numel() for value in model.parameters())


@pytest.mark.parametrize("layer", COMPUTING, ids=by_id)
@given(data=st.data())
@QUICK
def test_printed_text_run_again_gives_equal_outputs(layer: Layer, data: st.DataObject) -> None:
    """Fails if the printed file does not stand alone, or does not mean what runs."""
    inputs, chosen = data.draw(cases_of(layer))
    built_or_skip(layer, inputs, chosen)
    check_printed_text(layer, inputs, chosen)


def check_printed_text(layer: Layer, inputs: dict[str, list[Shape]], chosen: dict[str, object]) -> None:
    """The text alone gives the same numbers as the running net, and so does the form that hands out every value."""
    net = compile_net(drawing(layer, inputs, chosen))
    names: dict[str, object] = {}
    exec(net.source.text, names)
    again = names[net.plan.class_name]()  # type: ignore[operator]
    model = net.model(seed=0)
    again.load_state_dict(model.state_dict())
    batch = samples(inputs, 3, "cpu")
    with torch.no_grad():
        mine = net.outputs(model.eval()(*batch))
        theirs = net.outputs(again.eval()(*batch))
        probed = net.capture(model, batch)
    for key, value in mine.items():
        torch.testing.assert_close(theirs[key], value, rtol=0, atol=0, equal_nan=True)
        name = "it" if key == "it.output" or len(mine) == 1 else key
        torch.testing.assert_close(probed[name], value, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("layer", LOSSES, ids=by_id)
@given(data=st.data())
@QUICK
def test_losses_give_one_number_that_can_be_differentiated(layer: Layer, data: st.DataObject) -> None:
    """Fails if a loss accepts shapes that torch refuses, or gives more than one number."""
    inputs, chosen = data.draw(cases_of(layer))
    built_or_skip(layer, inputs, chosen)
    net = compile_net(drawing(layer, inputs, chosen))
    losses = net.losses()
    assert losses is not None
    batch = {}
    for count, value in enumerate(samples(inputs, 3, "cpu"), start=1):
        # Numbers from 0 to 1 suit every loss, those that read probabilities among them.
        batch[f"in{count}.output"] = value.sigmoid().requires_grad_() if value.is_floating_point() else value
    for operand in net.plan.losses[0].operands.values():
        if operand.ahead:  # what a net says of the states that arrive there
            batch[operand.read] = torch.rand(3, requires_grad=True)
    if [port.name for port in layer.inputs] == ["score", "at"]:  # the score is made from what the slope is asked at
        score, at = batch.values()
        batch["in1.output"] = score + at.flatten(1).square().sum(1).reshape([-1, *[1] * (score.dim() - 1)])
    result = net.loss_values(losses, (), batch)["it"]
    assert result.shape == ()
    result.backward()
    assert any(value.grad is not None for value in batch.values() if value.is_leaf)


@pytest.mark.parametrize("layer", ALL, ids=by_id)
@given(data=st.data())
@settings(max_examples=15)
def test_settings_survive_a_file(layer: Layer, data: st.DataObject) -> None:
    """Fails if a setting changes when a drawing is saved and opened."""
    chosen = data.draw(settings_of(layer))
    shape = [Shape((2, 4, 4)) for _ in layer.inputs]
    project = drawing(layer, {port.name: [one] for port, one in zip(layer.inputs, shape, strict=True)}, chosen)
    opened = read_text(to_text(project).encode(), "test")
    assert opened.complaints == ()
    assert dict(opened.project.graph.nodes["it"].params) == chosen


@pytest.mark.parametrize("layer", ALL, ids=by_id)
@given(data=st.data())
@settings(max_examples=15)
def test_wrong_settings_are_named(layer: Layer, data: st.DataObject) -> None:
    """Fails if a value of a wrong kind gets past the check, or makes inference raise."""
    if not layer.params:
        return
    param = data.draw(st.sampled_from(layer.params))
    bad = data.draw(
        st.one_of(
            st.just("__import__('os')"),
            st.just(float("nan")),
            st.just(10**30),
            st.just(()),
            st.just((1, 2, 3, 4, 5, 6)),
            st.just("x"),
            st.just(-(10**30)),
            st.just((None,)),
        )
    )
    if isinstance(param, (Assignments, Columns, Names, Numbers)):
        assume(not isinstance(bad, tuple) or bad == (None,))  # a list may well be empty, or hold numbers
    if isinstance(param, Several):
        assume(bad != ())  # nothing chosen is a choice; a source that needs one says so
    if isinstance(param, (File, Text)):
        assume(not isinstance(bad, str))  # a path or a text may be any
    if isinstance(param, Sizes):
        assume(not isinstance(bad, tuple) or bad == (None,) or not param.least <= len(bad) <= param.most)
    inputs = {port.name: [Shape((2, 4, 4))] for port in layer.inputs}
    project = drawing(layer, inputs, {param.name: bad})
    problems = [problem for problem in infer(project).problems if problem.node == "it"]
    if layer.role in ("block_in", "block_out"):
        return
    assert [problem.code for problem in problems] == ["setting"]
    assert param.name in problems[0].sentence
    assert problems[0].fixes


@pytest.mark.parametrize("layer", ALL, ids=by_id)
@given(data=st.data())
@settings(max_examples=10)
def test_strategies_make_values_the_settings_take(layer: Layer, data: st.DataObject) -> None:
    """Fails if a setting's normal form is not a fixed point: checking twice must change nothing."""
    for param in layer.params:
        value = param.check(data.draw(value_of(param)))
        assert param.check(value) == value


@pytest.mark.parametrize("layer", [layer for layer in ALL if layer.inputs and layer.examples], ids=by_id)
@given(data=st.data())
@QUICK
def test_fixes_help(layer: Layer, data: st.DataObject) -> None:
    """Fails if a refusal offers a setting that the layer does not take, or that is refused in the same words, or a
    layer that does not exist or changes nothing."""
    inputs, chosen = data.draw(st.one_of(cases_of(layer), strange_cases_of(layer)))
    try:
        layer.build(inputs, chosen)
    except ShapeError as error:
        for fix in error.fixes:
            check_fix(layer, inputs, chosen, fix, error)


def check_fix(
    layer: Layer, inputs: dict[str, list[Shape]], chosen: dict[str, object], fix: Fix, refusal: ShapeError
) -> None:
    """Carry out one fix; what is refused then must be something else."""
    if isinstance(fix, SetUpstream):
        assert fix.port in inputs
        return
    if isinstance(fix, SetParam):
        param = layer.param(fix.param)
        assert param is not None
        chosen = {**chosen, fix.param: param.check(fix.value)}
    elif isinstance(fix, UseInstead):
        other = find(fix.type)
        assert other is not None, f"there is no {fix.type}"
        other.settings(dict(fix.params))
        assert [port.name for port in other.inputs] == [port.name for port in layer.inputs], "wires would be lost"
        return
    else:
        inserted = find(fix.type)
        assert inserted is not None, f"there is no {fix.type}"
        assert fix.port in inputs
        port, arrived = inserted.inputs[0].name, list(inputs[fix.port])
        try:
            built = inserted.build({port: [arrived[fix.place]]}, inserted.settings(dict(fix.params)))
        except ShapeError as further:
            assert further.fixes, "the inserted layer complains, and nobody knows what would help"
            return
        arrived[fix.place] = built.outputs["output"]
        inputs = {**inputs, fix.port: arrived}
    try:
        layer.build(inputs, chosen)
    except ShapeError as still:
        assert (still.sentence, still.fixes) != (refusal.sentence, refusal.fixes), "the fix changes nothing"
