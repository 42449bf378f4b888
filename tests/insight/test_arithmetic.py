"""How numbers were made, worked out again from what is shown and compared with what torch gives."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import PlannedStep
from app.core.graph.model import Block, Graph, Node, Project
from app.core.storage.templates import load
from app.insight.arithmetic.layers.normalization import ResponseNorm
from app.insight.arithmetic.net_arithmetic import NetArithmetic, strongest
from app.insight.arithmetic.notation import lines, short
from app.insight.arithmetic.number import Number, NumberPlace
from app.insight.arithmetic.pictures import pictures
from app.insight.arithmetic.registry import arithmetics
from app.insight.arithmetic.stage import GivenStage
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.view import Look, Subject
from app.insight.views import views
from nodes.api import Layer, Shape, ShapeError
from nodes.api.registry import layers
from tests.insight.conftest import Trained
from tests.nodes.alone import drawing, samples
from tests.nodes.strategies import cases_of
from tests.support.drawings import chain, node

TAKEN_APART = [layer for layer in layers().values() if layer.id in arithmetics()]
MOST_WEIGHTS = 200_000  # more take long to fill and show nothing that fewer do not
NUMBERS = 20  # of each case


def close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-5 * (1 + max(abs(one), abs(other)))


def again(number: Number) -> float:
    """The result, from the terms alone where these say it all."""
    made = number.made
    if made.how == "sum":
        products = (t.value * (1 if t.factor is None else t.factor) for t in made.terms)
        return made.share * (sum(products) + sum(t.value for t in made.more))
    if made.how == "product":
        return math.prod(t.value for t in made.terms)
    if made.how == "largest":
        return max(t.value for t in made.terms)
    if made.how == "moved":
        return made.terms[0].value
    return made.result


def checked(following: NetArithmetic, number: Number) -> None:
    """The shown arithmetic gives the shown number, and its terms are what really stands at their places."""
    if math.isfinite(number.value):
        assert close(again(number), number.value), (number.place, number.value, again(number))
        assert close(number.made.result, number.value), (number.place, number.value, number.made.result)
    for term in (*number.made.terms, *number.made.more):
        for value, place in ((term.value, term.place), (term.factor, term.factor_place)):
            if place is not None and value is not None and math.isfinite(value):
                assert close(float(following.values(place.node, place.what)[place.index]), value), place
    assert lines(number)[0].startswith(number.place.name)


def some_places(following: NetArithmetic, name: str, count: int, chance: random.Random) -> Iterator[NumberPlace]:
    parts = following.parts(name)
    for _ in range(count):
        what = chance.choice(parts)
        sizes = following.values(name, what).shape
        if 0 not in sizes:
            yield NumberPlace(name, what, tuple(chance.randrange(size) for size in sizes))


@pytest.mark.parametrize("layer", TAKEN_APART, ids=lambda layer: layer.id)
@given(data=st.data())
@settings(max_examples=2, suppress_health_check=list(HealthCheck), phases=[Phase.generate], deadline=None)
def test_shown_numbers_are_those_of_torch(layer: Layer, data: st.DataObject) -> None:
    """Fails if a number of this layer, or an inner value of it, is not what its window, weights and sum give; if a
    term is told with another place than it stands at; or if the shown output is not that of the model."""
    inputs, chosen = data.draw(cases_of(layer))
    if isinstance(chosen.get("init"), str):
        chosen = {**chosen, "init": "torch"}  # others may be of any size, and sums of huge numbers have few digits
    try:
        built = layer.build(inputs, chosen)
    except ShapeError:
        assume(False)
        raise
    assume(built.weight_count < MOST_WEIGHTS and sum(s.values for s in built.outputs.values()) < 50_000)
    net = compile_net(drawing(layer, inputs, chosen))
    model = net.model(seed=0).eval()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        for weight in (*model.parameters(), *(b for n, b in model.named_buffers() if n.endswith(("mean", "var")))):
            weight.add_(0.3 * torch.rand_like(weight))  # fresh norms are 0 and 1, which would hide a mistake
        batch = samples(inputs, 1, "cpu")
        outputs = net.outputs(model(*batch))
    following = NetArithmetic(net, model, batch)
    chance = random.Random(2)
    for port in built.outputs:
        np.testing.assert_allclose(
            following.values("it", port), outputs[f"it.{port}"].detach()[0], rtol=1e-5, atol=1e-6
        )
    for place in some_places(following, "it", NUMBERS, chance):
        checked(following, following.number(place))
    first = following.first("it")
    place = NumberPlace("it", first, strongest(following.values("it", first)))
    checked(following, following.number(place))


def walk(following: NetArithmetic, place: NumberPlace, chance: random.Random) -> list[NumberPlace]:
    """Back from a number to the data, by one of its terms each time."""
    way = [place]
    while True:
        number = following.number(way[-1])
        checked(following, number)
        ends = [term.place for term in number.made.terms if term.place is not None]
        if not ends:
            return way
        way.append(chance.choice(ends))


def test_every_number_of_a_net_leads_back_to_the_data(lenet: Trained) -> None:
    """Fails if a term cannot be walked on to, so that the way back ends somewhere inside the net."""
    chance = random.Random(0)
    following = NetArithmetic(lenet.net, lenet.model, lenet.images[:1])
    for unit in range(10):
        way = walk(following, NumberPlace("fc3", "output", (unit,)), chance)
        assert way[-1].node == "digits"
        assert [each.node for each in way[:4]] == ["fc3", "relu4", "fc2", "relu3"]


def test_a_convolution_shows_its_window(lenet: Trained) -> None:
    """Fails if the window lies at another place than plain slicing says, or kernel and window are not in one order."""
    following = NetArithmetic(lenet.net, lenet.model, lenet.images[:1])
    number = following.number(NumberPlace("conv2", "output", (3, 4, 6)))
    made = number.made
    assert made.window == (6, 5, 5)
    pool = lenet.net.capture(lenet.model, [lenet.images[:1]])["pool1"][0]
    np.testing.assert_allclose([term.value for term in made.terms], pool[:, 4:9, 6:11].reshape(-1), atol=1e-6)
    weight = lenet.model.get_submodule("conv2").weight[3]  # type: ignore[index]
    np.testing.assert_allclose([t.factor for t in made.terms], weight.detach().reshape(-1), atol=1e-6)
    assert made.terms[7].place == NumberPlace("pool1", "output", (0, 5, 8))
    assert made.terms[7].factor_place == NumberPlace("conv2", "weight", (3, 0, 1, 2))
    text = lines(number)
    assert text[0] == f"conv2[3, 4, 6] = {short(number.value)}"
    assert "more:" in text[2]
    assert text[2].endswith(f"= {short(number.made.result)}")


def test_numbers_of_blocks_repeated_and_muted_layers() -> None:
    """Fails if the way back does not go into a block and out of it again, follows another copy of a repeated layer
    than the last, or stops at a muted one."""
    inner = Graph.of([node("x", "In"), node("fc", "Linear", out_features=4), node("y", "Out")], chain("x", "fc", "y"))
    nodes = [
        node("x", "Input", shape=(4,)),
        Node("b", "block:one"),
        node("bend", "Tanh"),
        Node("off", "Dropout", bypassed=True),
        Node("thrice", "Linear", {"out_features": 4}, repeat=3),
        Node("twice", "block:one", repeat=2),
        node("out", "Output"),
    ]
    wires = [*chain("x", "b"), *chain("b.y", "bend", "off", "thrice", "twice"), *chain("twice.y", "out")]
    net = compile_net(Project("Ways", graph=Graph.of(nodes, wires), blocks={"one": Block(inner)}))
    model = net.model(0)
    following = NetArithmetic(net, model, torch.randn(1, 4, generator=torch.Generator().manual_seed(3)))
    chance = random.Random(4)
    way = walk(following, NumberPlace("twice", "y", (2,)), chance)
    assert way[:3] == [NumberPlace("twice", "y", (2,)), NumberPlace("twice/fc", "output", (2,)), way[2]]
    assert way[-1].node == "twice/x"
    assert "copy before" in following.number(way[-1]).made.rule
    names = [each.name.partition("[")[0] for each in walk(following, NumberPlace("thrice", "output", (1,)), chance)]
    assert names == ["thrice", "thrice.copy 2", "thrice.copy 1", "bend", "b.y", "b/fc", "b/x", "x"]
    assert following.number(NumberPlace("off", "output", (0,))).made.terms[0].place == NumberPlace(
        "bend", "output", (0,)
    )
    weight = following.number(NumberPlace("thrice", "2.weight", (1, 0)))
    assert weight.value == pytest.approx(model.thrice[2].weight[1, 0].item())  # type: ignore[index]


def test_the_sigmoid_circuit_number_by_number() -> None:
    """Fails if elementary layers are told with another notation, or a constant with a way back."""
    net = compile_net(load("sigmoid_circuit"))
    following = NetArithmetic(net, net.model(0), {})
    said = {
        name: lines(following.number(NumberPlace(name)))
        for name in ("w1_x1", "exp", "inverse", "one", "w0", "plus_one")
    }
    assert said["w1_x1"][2] == "(−3) × (−2) = 6"
    assert said["exp"][2] == "exp(−1) = 0.3679"
    assert said["plus_one"][2] == "0.3679 + 1 = 1.368"
    assert said["inverse"][2] == "1 / 1.368 = 0.7311"
    assert "never changes" in said["one"][1]
    assert following.number(NumberPlace("w0")).made.terms[0].place == NumberPlace("w0", "value", ())


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (NumberPlace("conv9"), "no layer conv9"),
        (NumberPlace("conv1", "output", (0, 1)), "named by 3 numbers"),
        (NumberPlace("conv1", "output", (6, 0, 0)), "6 is too far: count from 0 to 5"),
        (NumberPlace("conv1", "output", (-1, 0, 0)), "count"),
        (NumberPlace("conv1", "gate", (0,)), "has no value 'gate'"),
        (NumberPlace("conv1/x", "output", (0,)), "no layer conv1/x"),
        (NumberPlace("loss", "output", ()), "compares with digits.label"),
    ],
)
def test_places_that_are_not_there(lenet: Trained, place: NumberPlace, sentence: str) -> None:
    """Fails if a place that does not exist ends in an error instead of a sentence."""
    following = NetArithmetic(lenet.net, lenet.model, lenet.images[:1])
    with pytest.raises(NoPicture, match=sentence):
        following.number(place)


def test_a_layer_of_ones_own_says_that_its_arithmetic_is_not_known(
    lenet: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a layer without an arithmetic ends in an error."""
    without = {id: work for id, work in arithmetics().items() if id != "Conv2d"}
    monkeypatch.setattr("app.insight.arithmetic.net_arithmetic.arithmetics", lambda: without)
    following = NetArithmetic(lenet.net, lenet.model, lenet.images[:1])
    with pytest.raises(NoPicture, match=r"conv2: how .* is not known here, as it is a layer of your own"):
        following.number(NumberPlace("conv2", "output", (0, 0, 0)))
    assert following.parts("conv2") == ("output", "weight", "bias")


def test_the_view_takes_places_as_they_are_typed(lenet: Trained) -> None:
    """Fails if a part of a place does not find the strongest number there, or nonsense ends in an error."""
    project = lenet.net.project
    assert project is not None
    look = Look(Subject(lenet.net, lenet.model, load_samples(lenet.net, project.recipe)), "conv2")
    view = views()["numbers"]
    values = NetArithmetic(lenet.net, lenet.model, look.batch).values("conv2", "output")
    for typed, begin in (("", ()), ("3", (3,)), ("[3, 4]", (3, 4)), ("3,4,6", (3, 4, 6))):
        number = view.pictures(look, {"unit": typed})[0].number
        assert number is not None
        assert number.place.index[: len(begin)] == begin
        assert abs(number.value) == pytest.approx(float(np.abs(values[begin]).max()), rel=1e-6)
    for typed in ("a,b", "-1", "3.5", "99"):
        with pytest.raises(NoPicture):
            view.pictures(look, {"unit": typed})


@pytest.mark.parametrize("name", ["char_transformer", "variational_autoencoder", "memory_network", "gan_points"])
def test_the_strongest_number_of_every_layer_of_a_template(name: str) -> None:
    """Fails if a layer inside a net that ships cannot say how its strongest number was made, or says another one."""
    project = load(name)
    net = compile_net(project)
    following = NetArithmetic(net, net.model(0), load_samples(net, project.recipe).one(0))
    for step in net.plan.graph.running:
        what = following.first(step.name)
        place = NumberPlace(step.name, what, strongest(following.values(step.name, what)))
        number = following.number(place)
        checked(following, number)
        assert pictures(number)[0].number is number


@pytest.mark.parametrize(
    "name",
    ["char_transformer", "transformer", "video_cnn_lstm", "caption", "translate_dates", "echo", "detect", "speech_ctc"],
)
def test_ways_from_any_number_of_a_template_are_right_at_every_turn(name: str) -> None:
    """Fails if a number of a copy of a repeated layer leads to that of another copy, or one of a block that runs over
    time ends in an error, or is told of another step."""
    project = load(name)
    net = compile_net(project)
    following = NetArithmetic(net, net.model(0), load_samples(net, project.recipe).one(0))
    chance = random.Random(5)
    for step in net.plan.graph.running:
        for place in some_places(following, step.name, 4, chance):
            walk(following, place, chance)


def test_the_last_step_of_a_block_over_time_is_followed_inside() -> None:
    """Fails if a number of the last step does not lead into the block, or one of an earlier step is said to stand
    where the last one does."""
    project = load("video_cnn_lstm")
    net = compile_net(project)
    following = NetArithmetic(net, net.model(0), load_samples(net, project.recipe).one(0))
    steps = len(following.values("seen", "seen"))
    last = following.number(NumberPlace("seen", "seen", (steps - 1, 3)))
    (term,) = last.made.terms
    assert term.place is not None
    assert term.place.node.startswith("seen/")
    assert term.place.index == (3,)
    early = following.number(NumberPlace("seen", "seen", (2, 3)))
    assert not early.made.terms
    assert early.made.rule == f"The block gave it at step 3 of {steps}; inside, the last step is followed."
    read = next(entry.name for entry in _step_of(net, "seen").loop if entry.over_time == "step by step")
    sizes = following.values(f"seen/{read}", "output").shape
    entered = following.number(NumberPlace(f"seen/{read}", "output", tuple(size // 2 for size in sizes)))
    assert entered.made.terms[0].place is not None
    assert entered.made.terms[0].place.index[0] == steps - 1


def _step_of(net: CompiledNet, name: str) -> PlannedStep:
    return next(step for step in net.plan.graph.running if step.name == name)


PADDED = ["LSTM", "GRU", "RNN", "MultiheadAttention", "TransformerEncoderLayer", "TransformerDecoderLayer"]
PADDED += ["MeanOverTime", "AdditiveAttention", "ScaledDotProductAttention"]


@pytest.mark.parametrize("name", PADDED)
@pytest.mark.parametrize("keep", [(1, 0, 1, 1, 0, 1, 0), (0,) * 7, (1,) * 7])
def test_padded_steps_are_left_out_of_the_arithmetic_too(name: str, keep: tuple[int, ...]) -> None:
    """Fails if the way from step to step goes over a padded one, or a padded step is told as one that counts."""
    layer = layers()[name]
    ports = [port.name for port in layer.inputs]
    sizes = dict.fromkeys(("x", "query", "key", "value", "memory"), (7, 4)) | {"keep": (7,), "memory_keep": (7,)}
    inputs = {port: [Shape(sizes[port])] for port in ports if port in sizes}
    settings_ = {"bidirectional": True, "num_layers": 2, "hidden_size": 3, "nhead": 2, "num_heads": 2}
    settings_ |= {"dim_feedforward": 5, "units": 4, "causal": True}
    chosen = layer.settings({key: value for key, value in settings_.items() if layer.param(key) is not None})
    net = compile_net(drawing(layer, inputs, chosen))
    model = net.model(seed=0).eval()
    batch = samples(inputs, 1, "cpu")
    batch[list(inputs).index("keep")] = torch.tensor([keep], dtype=torch.float32)
    if "memory_keep" in inputs:
        batch[list(inputs).index("memory_keep")] = torch.tensor([keep[::-1]], dtype=torch.float32)
    following = NetArithmetic(net, model, batch)
    weights = {name for name, _ in model.get_submodule("it").named_parameters()} if list(model.parameters()) else set()
    for part in set(following.parts("it")) - weights:
        values = following.values("it", part)
        for index in list(np.ndindex(*values.shape))[:: max(1, values.size // 12)]:
            checked(following, following.number(NumberPlace("it", part, tuple(int(each) for each in index))))


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_all_numbers_of_a_response_norm_are_those_of_torch(size: int) -> None:
    """Fails if the channels that count, their mean or the power differ where the whole map is asked for."""
    norm = torch.nn.LocalResponseNorm(size, alpha=0.3, beta=0.7, k=1.5)
    x = torch.randn(6, 3, 4, generator=torch.Generator().manual_seed(size))
    stage = ResponseNorm(GivenStage(x.numpy(), "x", "output"), norm)
    np.testing.assert_allclose(stage.values, norm(x[None])[0].numpy(), rtol=1e-5)
    assert stage.made((2, 1, 3)).result == pytest.approx(float(stage.values[2, 1, 3]))
