"""A poked copy of a net computes what plain torch computes with weights that were changed by hand."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import prune as torch_prune

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.insight.capture import values_of
from app.insight.poke import BadPoke, read_pokes
from app.insight.poke_effect import effect_of
from app.insight.poked_copy import poked
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.views import views
from tests.insight.conftest import Trained
from tests.support.drawings import node


def net_of(*nodes: Any) -> tuple[CompiledNet, nn.Module]:
    """A chain of layers with an input before and an output behind."""
    every = [*nodes, node("out", "Output")]
    wires = [
        Wire(a.name, "output", b.name, "query" if b.type == "MultiheadAttention" else "x") for a, b in pairwise(every)
    ]
    net = compile_net(Project("Chain", graph=Graph.of(every, wires)))
    return net, net.model(seed=3).eval()


def with_state(model: nn.Module, **changes: Any) -> nn.Module:
    """A copy of a model with other weights: the key with underscores for dots, and what is done to that tensor."""
    other = copy.deepcopy(model)
    state = other.state_dict()
    for key, change in changes.items():
        change(state[key.replace("__", ".")])
    return other.eval()


def put(place: Any, value: float, times: float = 0.0) -> Any:
    """What makes the values at ``place`` so many times themselves plus ``value``."""

    def change(tensor: Tensor) -> None:
        tensor[place] = tensor[place] * times + value

    return change


def ask(net: CompiledNet, model: nn.Module, pokes: Any, x: Tensor) -> Tensor:
    """The answer of a poked copy."""
    _, other = poked(net, model, pokes)
    with torch.no_grad():
        answer: Tensor = other.eval()(x)
    return answer


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ({"off": "conv1:3"}, {"conv1__weight": put(3, 0.0), "conv1__bias": put(3, 0.0)}),
        ({"scale": "conv1:3=2"}, {"conv1__weight": put(3, 0.0, 2.0), "conv1__bias": put(3, 0.0, 2.0)}),
        ({"hold": "fc1:2=0.5"}, {"fc1__weight": put(2, 0.0), "fc1__bias": put(2, 0.5)}),
        ({"off": "fc2"}, {"fc2__weight": put(slice(None), 0.0), "fc2__bias": put(slice(None), 0.0)}),
        ({"weights": "conv1.weight:3,0,2,2=0.5"}, {"conv1__weight": put((3, 0, 2, 2), 0.5)}),
        ({"weights": "fc3.bias:7=-4"}, {"fc3__bias": put(7, -4.0)}),
        (
            {"off": "conv1:1", "hold": "fc1:0=-1", "weights": "fc3.bias:7=2"},
            {
                "conv1__weight": put(1, 0.0),
                "conv1__bias": put(1, 0.0),
                "fc1__weight": put(0, 0.0),
                "fc1__bias": put(0, -1.0),
                "fc3__bias": put(7, 2.0),
            },
        ),
    ],
)
def test_units_and_weights_are_changed_as_if_weights_were_written_by_hand(
    said: dict[str, str], changes: dict[str, Any], lenet: Trained
) -> None:
    """Fails if another unit than the named one changes, or the change reaches the answer in another way."""
    x = lenet.images[:9]
    before = {name: value.clone() for name, value in lenet.model.state_dict().items()}
    with torch.no_grad():
        plain, expected = lenet.model(x), with_state(lenet.model, **changes)(x)
    got = ask(lenet.net, lenet.model, read_pokes(**said), x)
    assert torch.allclose(got, expected, atol=1e-5)
    assert not torch.allclose(got, plain, atol=1e-3)
    assert all(torch.equal(value, before[name]) for name, value in lenet.model.state_dict().items())
    with torch.no_grad():
        assert torch.equal(lenet.model(x), plain)


def test_the_smallest_weights_go_as_those_of_torch_prune(lenet: Trained) -> None:
    """Fails if biases are pruned, too, each layer by itself, or another number of weights."""
    other = copy.deepcopy(lenet.model)
    names = ("conv1", "conv2", "fc1", "fc2", "fc3")
    own = [other.get_submodule(name) for name in names]
    torch_prune.global_unstructured([(each, "weight") for each in own], torch_prune.L1Unstructured, amount=0.37)
    _, got = poked(lenet.net, lenet.model, read_pokes(prune="37"))
    for name, theirs in zip(names, own):
        assert torch.equal(got.get_parameter(f"{name}.weight"), theirs.weight)
        assert torch.equal(got.get_parameter(f"{name}.bias"), lenet.model.get_parameter(f"{name}.bias"))
    one = copy.deepcopy(lenet.model)
    torch_prune.l1_unstructured(one.get_submodule("fc1"), "weight", amount=0.5)
    _, got = poked(lenet.net, lenet.model, read_pokes(prune="fc1=50"))
    assert torch.equal(got.get_parameter("fc1.weight"), one.get_submodule("fc1").weight)
    assert torch.equal(got.get_parameter("fc2.weight"), lenet.model.get_parameter("fc2.weight"))


def test_as_many_go_where_all_are_equally_small() -> None:
    """Fails if a limit takes all weights of one size where only some were to go, or none."""
    net, model = net_of(node("x", "Input", shape=(4,)), node("fc", "Linear", out_features=5))
    nn.init.constant_(model.get_parameter("fc.weight"), 0.25)
    for percent, left in ((0, 20), (30, 14), (100, 0)):
        _, got = poked(net, model, read_pokes(prune=str(percent)))
        assert int((got.get_parameter("fc.weight") != 0).sum()) == left


def attention_by_hand(x: Tensor, layer: nn.MultiheadAttention, changed: int, factor: float, added: float) -> Tensor:
    """Multi-head attention written out, with the answer of one head changed."""
    query, key, value = (x @ layer.in_proj_weight.T + layer.in_proj_bias).chunk(3, -1)
    size = x.shape[-1] // layer.num_heads
    found = []
    for head in range(layer.num_heads):
        own = slice(head * size, (head + 1) * size)
        sure = (query[..., own] @ key[..., own].transpose(-1, -2) / size**0.5).softmax(-1)
        answer = sure @ value[..., own]
        found.append(answer * factor + added if head == changed else answer)
    return torch.cat(found, -1) @ layer.out_proj.weight.T + layer.out_proj.bias


@pytest.mark.parametrize(
    ("option", "word", "factor", "added"),
    [("off", "", 0.0, 0.0), ("scale", "=3", 3.0, 0.0), ("hold", "=0.7", 0.0, 0.7)],
)
def test_heads_are_changed_as_in_an_attention_that_is_written_out(
    option: str, word: str, factor: float, added: float
) -> None:
    """Fails if another head changes, or more than what it hands to the last projection."""
    net, model = net_of(node("x", "Input", shape=(6, 12)), node("att", "MultiheadAttention", num_heads=3))
    x = torch.randn(2, 6, 12, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        expected = attention_by_hand(x, model.get_submodule("att"), 2, factor, added)  # type: ignore[arg-type]
    got = ask(net, model, read_pokes(**{option: f"att:head2{word}"}), x)
    assert torch.allclose(got, expected, atol=1e-5)


def test_heads_inside_repeated_encoder_layers() -> None:
    """Fails if the quick path of torch's encoder goes past the change, or another copy of the layer changes."""
    encoder = replace(node("enc", "TransformerEncoderLayer", nhead=2, dim_feedforward=16), repeat=2)
    net, model = net_of(node("x", "Input", shape=(5, 8)), encoder)
    x = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(1))
    for said, places in (("enc:1.head1", [1]), ("enc:head1", [0, 1])):
        expected = copy.deepcopy(model)
        every = [each for each in expected.modules() if isinstance(each, nn.MultiheadAttention)]
        with torch.no_grad():
            for place in places:
                every[place].out_proj.weight[:, 4:8] = 0
            wanted, plain = expected(x), model(x)
        assert torch.allclose(ask(net, model, read_pokes(off=said), x), wanted, atol=1e-6)
        assert not torch.allclose(plain, wanted, atol=1e-4)


def test_one_feature_of_a_sequence_and_one_step_of_it() -> None:
    """Fails if units of a sequence are taken for steps, or a change reaches an output that nobody named."""
    net, model = net_of(
        node("x", "Input", shape=(7, 3)), node("rnn", "GRU", hidden_size=5), node("fc", "Linear", out_features=2)
    )
    x = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(1))
    rnn, last = model.get_submodule("rnn"), model.get_submodule("fc")
    for said, place in (("rnn:4", (..., 4)), ("rnn:4,2", (slice(None), 2, 4))):
        with torch.no_grad():
            steps = rnn(x)[0]
            steps[place] = 0.25
            expected = last(steps)
        assert torch.allclose(ask(net, model, read_pokes(hold=f"{said}=0.25"), x), expected, atol=1e-6)


def test_every_way_to_ask_a_poked_net_gives_the_same(lenet: Trained) -> None:
    """Fails if pictures of the layers are those of another net than the one that answers."""
    net, model = poked(lenet.net, lenet.model, read_pokes(off="conv1:3", scale="conv2:1=2"))
    x = lenet.images[:3]
    values = values_of(net, model, [x], ["conv1", "conv2", "relu2", "fc3"])
    assert not values["conv1"][:, 3].any()
    assert torch.equal(values["relu2"], values["conv2"].relu())
    with torch.no_grad():
        assert torch.equal(values["fc3"], model(x))
    # The view of another kind sees it, too: no gradient goes through a channel that is switched off.
    given = x[:1].clone().requires_grad_()
    held = net.capture(model, [given], ["conv1", "fc3"], grad=True)
    (slope,) = torch.autograd.grad(held["fc3"][0, 2], held["conv1"])
    assert slope.shape == held["conv1"].shape


def test_nothing_stays_behind_after_errors(lenet: Trained, untouched_random_numbers: None) -> None:
    """Fails if a hook, another mode or a changed weight is left on the trained net by a thousand requests of which some
    fail."""
    model = lenet.model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    good, bad = read_pokes(off="conv1:3", prune="20"), read_pokes(off="conv1:6")
    sample = lenet.images[:1]
    try:
        for number in range(500):
            net, other = poked(lenet.net, model, bad if number % 3 == 0 else good)
            try:
                values_of(net, other, [sample], ["fc3"])
            except NoPicture:
                assert number % 3 == 0
        assert model.training
        assert all(module.training for module in model.modules())
    finally:
        model.eval()
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_what_changed_is_told_by_how_much(lenet: Trained) -> None:
    """Fails if shares, classes or the accuracy are those of another computation than the plain one."""
    x, sample = lenet.images[4:5], {"digits.image": lenet.images[4:5], "digits.label": lenet.labels[4:5]}
    effect = effect_of(lenet.net, lenet.model, read_pokes(off="conv1:3 conv1:0", hold="digits:0,9,9=1"), sample)
    changed = x.clone()
    changed[0, 0, 9, 9] = 1
    other = with_state(lenet.model, conv1__weight=put([0, 3], 0.0), conv1__bias=put([0, 3], 0.0))
    with torch.no_grad():
        old, new = lenet.model(x).double().softmax(-1)[0], other(changed).double().softmax(-1)[0]
        maps = lenet.model.conv1(x).double(), other.conv1(changed).double()  # type: ignore[operator]
    assert effect.classes
    assert torch.allclose(torch.from_numpy(effect.before), old, atol=1e-6)
    assert torch.allclose(torch.from_numpy(effect.after), new, atol=1e-6)
    nodes = {each.node: each for each in effect.nodes}
    share = float((maps[1] - maps[0]).norm() / maps[0].norm())
    assert nodes["conv1"].share == pytest.approx(share, rel=1e-5)
    assert nodes["digits.image"].changed == 1
    assert next(iter(nodes)) == "digits.image"
    assert effect.quality is not None
    # The samples of the validation part, without the pixel that was changed in one sample only.
    from app.insight.part_predictions import parts_for

    index = parts_for(lenet.net).index("validation")
    with torch.no_grad():
        right = [
            float((model(lenet.images[index]).argmax(1) == lenet.labels[index]).double().mean())
            for model in (lenet.model, other)
        ]
    assert (effect.quality.name, effect.quality.count) == ("accuracy", len(index))
    assert [effect.quality.before, effect.quality.after] == pytest.approx(right)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"off": "conv1:6"}, "conv1 has 6 channels, numbered from 0 to 5; there is no 6"),
        ({"off": "conv1:2,99"}, "conv1 has 28 rows"),
        ({"off": "fc1:1,2"}, "fc1 has no value 1,2: one number says a place there"),
        ({"off": "nothing:1"}, "The net has no layer nothing"),
        ({"off": "conv1.hidden:1"}, "conv1 has no output hidden. It has: output"),
        ({"off": "fc1:head0"}, "fc1 has no attention"),
        ({"weights": "relu1.weight:0=1"}, "relu1 has no weights"),
        ({"weights": "conv1.gain:0=1"}, "conv1 has no weights called gain. It has: weight, bias"),
        ({"weights": "conv1.weight:0,0,5,0=1"}, "conv1.weight is 6 × 1 × 5 × 5, so it has no place 0,0,5,0"),
        ({"prune": "relu1=10"}, "relu1 has no weights that could be pruned"),
        ({"off": "digits:1"}, "digits has one of the channels, number 0; there is no 1"),
    ],
)
def test_what_cannot_be_done_to_this_net_is_told(said: dict[str, str], words: str, lenet: Trained) -> None:
    """Fails if a wrong place is passed over, changes another value, or gives an error of torch."""
    sample = {"digits.image": lenet.images[:1], "digits.label": lenet.labels[:1]}
    with pytest.raises(NoPicture, match=words):
        effect_of(lenet.net, lenet.model, read_pokes(**said), sample)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"scale": "conv1:1"}, "write place=value, such as conv1:3=2"),
        ({"scale": "conv1:1=much"}, "'much' is no number"),
        ({"hold": "fc1:2=nan"}, "no finite number"),
        ({"off": "conv1:-1"}, "whole numbers from 0 on"),
        ({"off": "conv1:x"}, "whole numbers from 0 on"),
        ({"weights": "conv1:0=1"}, "write layer, weight, place and value"),
        ({"prune": "101"}, "a number from 0 to 100"),
        ({"prune": "=5"}, "a number from 0 to 100"),
        ({"prune": "fc1"}, "'fc1' is no number"),
    ],
)
def test_what_cannot_be_read_is_told_with_an_example(said: dict[str, str], words: str) -> None:
    """Fails if a slip of the pen is read as something else, or ends in an error of Python."""
    with pytest.raises(BadPoke, match=words):
        read_pokes(**said)


def test_the_view_shows_the_layer_before_now_and_the_difference(lenet: Trained) -> None:
    """Fails if before and now are on different scales, or the difference is of something else."""
    samples = Samples({"digits.image": lenet.images[:3], "digits.label": lenet.labels[:3]}, ("a", "b", "c"))
    look = Look(Subject(lenet.net, lenet.model, samples), "conv2", 1)
    answer, layers, before, now, difference = views()["poke"].pictures(look, {"off": "conv1:3"})
    with torch.no_grad():
        old = lenet.net.capture(lenet.model, [lenet.images[1:2]], ["conv2"])["conv2"][0]
    assert torch.allclose(torch.from_numpy(before.maps), old, atol=1e-6)
    assert torch.allclose(torch.from_numpy(now.maps - before.maps), torch.from_numpy(difference.maps), atol=1e-5)
    assert (before.low, before.high) == (now.low, now.high)
    assert difference.low == -difference.high
    assert "conv1:3 off" in answer.note
    assert layers.labels[0] == "digits.image"
    assert layers.maps.reshape(-1)[0] == 0
    assert layers.maps.reshape(-1)[layers.labels.index("relu2")] > 0
