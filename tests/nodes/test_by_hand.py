"""What the harness cannot see: layers compared with the same thing computed by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from nodes.api import Layer, Shape
from nodes.api.registry import layers
from nodes.modules.locally_connected2d import LocallyConnected2d
from nodes.modules.standardize import Standardize
from tests.nodes.alone import drawing


def layer(layer_id: str) -> Layer:
    return layers()[layer_id]


def net(layer_id: str, *sizes: tuple[int, ...] | Shape, **params: Any) -> CompiledNet:
    """A drawing with this layer alone, compiled."""
    one = layer(layer_id)
    shapes = [x if isinstance(x, Shape) else Shape(x) for x in sizes]
    inputs = {port.name: [shape] for port, shape in zip(one.inputs, shapes, strict=False)}
    return compile_net(drawing(one, inputs, one.settings(params)))


def model(layer_id: str, *sizes: tuple[int, ...] | Shape, **params: Any) -> Any:
    return net(layer_id, *sizes, **params).model(seed=0)


def test_locally_connected_equals_a_sum_at_every_place() -> None:
    """Fails if places get each other's weights, or channels and filters are mixed up."""
    made = model("LocallyConnected2d", (2, 5, 4), out_channels=3, kernel_size=(2, 3), stride=(2, 1), padding=(0, 1))
    x = torch.randn(2, 2, 5, 4)
    padded = nn.functional.pad(x, (1, 1))
    weight, bias = made.it.weight, made.it.bias
    out = made(x)
    assert out.shape == (2, 3, 2, 4)
    for row in range(2):
        for column in range(4):
            window = padded[:, :, 2 * row : 2 * row + 2, column : column + 3]
            for o in range(3):
                by_hand = (window * weight[row, column, o]).sum((1, 2, 3)) + bias[o, row, column]
                torch.testing.assert_close(out[:, o, row, column], by_hand)


def test_locally_connected_with_one_kernel_everywhere_is_a_convolution() -> None:
    """Fails if rows and columns are exchanged, or patches are read in another order than torch's convolution does."""
    conv = nn.Conv2d(2, 4, 3, stride=2, padding=1)
    local = LocallyConnected2d(2, 4, 3, image_size=(7, 6), stride=2, padding=1)
    assert conv.bias is not None
    assert local.bias is not None
    with torch.no_grad():
        local.weight.copy_(conv.weight.expand_as(local.weight))
        local.bias.copy_(conv.bias[:, None, None].expand_as(local.bias))
    x = torch.randn(3, 2, 7, 6)
    torch.testing.assert_close(local(x), conv(x), rtol=1e-5, atol=1e-5)


def test_locally_connected_starts_as_wide_as_a_convolution() -> None:
    """Fails if a rule for start weights takes all places for one large kernel."""
    made = model("LocallyConnected2d", (8, 12, 12), kernel_size=5, init="Kaiming normal")
    assert made.it.weight.std().item() == pytest.approx(math.sqrt(2 / (8 * 25)), rel=0.02)
    assert not made.it.bias.any()
    usual = model("LocallyConnected2d", (8, 12, 12), kernel_size=5)
    assert usual.it.weight.abs().max().item() <= 1 / math.sqrt(8 * 25)


@pytest.mark.parametrize(("sizes", "kernel", "reached"), [((16, 63, 63), 9, 55), ((16, 25, 25), 5, 21)])
def test_locally_connected_counts_as_in_deepface(sizes: tuple[int, ...], kernel: int, reached: int) -> None:
    """Fails if weights are counted as if they were shared (L4 and L6 of Taigman et al. 2014)."""
    one = layer("LocallyConnected2d")
    built = one.build({"x": [Shape(sizes)]}, one.settings({"kernel_size": kernel}))
    places = reached * reached
    assert built.outputs["output"].sizes == (16, reached, reached)
    assert built.weight_count == places * 16 * (16 * kernel * kernel + 1)
    assert built.multiply_adds == places * 16 * 16 * kernel * kernel


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("kernel", [1, 2, 3, 4, (2, 5), (3, 4)])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_same_padding_equals_torch(kernel: Any, dilation: int) -> None:
    """Fails if zeros go to another side than torch puts them; torch itself warns where they are uneven."""
    made = model("Conv2d", (2, 9, 11), out_channels=3, kernel_size=kernel, padding="same", dilation=dilation)
    theirs = nn.Conv2d(2, 3, kernel, padding="same", dilation=dilation)
    theirs.load_state_dict(made.it.state_dict())
    x = torch.randn(2, 2, 9, 11)
    torch.testing.assert_close(made(x), theirs(x))


def test_same_padding_does_not_warn() -> None:
    """Fails if a student reads torch's warning about an even kernel; in tests every warning is an error."""
    for layer_id, sizes in [("Conv1d", (9, 2)), ("Conv2d", (2, 9, 9)), ("Conv3d", (2, 5, 5, 5))]:
        made = model(layer_id, sizes, kernel_size=4, padding="same")
        x = torch.randn(1, *sizes)
        assert made(x).numel() == x.numel() // 2 * made.it.out_channels


def test_words_of_padding_are_printed_only_where_needed() -> None:
    """Fails if the code says more than a person would write."""
    assert "nn.Conv2d(1, 32, 3, padding='same')" in net("Conv2d", (1, 8, 8), padding="same").source.text.replace(
        '"', "'"
    )
    assert "nn.Conv2d(1, 32, 3)" in net("Conv2d", (1, 8, 8), padding="valid").source.text


def test_separable_convolution_equals_its_two_convolutions() -> None:
    """Fails if channels mix in the first step, or the second has a window."""
    made = model("SeparableConv2d", (3, 8, 9), out_channels=5, kernel_size=(3, 2), stride=2, padding=1, dilation=1)
    x = torch.randn(2, 3, 8, 9)
    depthwise, pointwise = made.it.depthwise.weight, made.it.pointwise
    alone = [
        nn.functional.conv2d(x[:, c : c + 1], depthwise[c : c + 1], stride=2, padding=1) for c in range(x.shape[1])
    ]
    mixed = torch.einsum("oc,bchw->bohw", pointwise.weight[:, :, 0, 0], torch.cat(alone, 1))
    torch.testing.assert_close(made(x), mixed + pointwise.bias[:, None, None], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("layer_id", "theirs"),
    [
        ("Conv1d", nn.Conv1d(5, 4, 3)),
        ("ConvTranspose1d", nn.ConvTranspose1d(5, 4, 2, stride=2)),
        ("MaxPool1d", nn.MaxPool1d(2)),
        ("AvgPool1d", nn.AvgPool1d(2)),
        ("BatchNorm1d", nn.BatchNorm1d(5)),
        ("GroupNorm", nn.GroupNorm(5, 5)),
        ("PReLU", nn.PReLU(5)),
    ],
)
def test_sequences_have_their_features_last(layer_id: str, theirs: nn.Module) -> None:
    """Fails if steps are taken for features, which torch wants first, where both happen to be equally many."""
    params = {
        "Conv1d": {"out_channels": 4},
        "ConvTranspose1d": {"out_channels": 4},
        "GroupNorm": {"num_groups": 5},
        "PReLU": {"per_channel": True},
    }
    made = model(layer_id, (5, 5), **params.get(layer_id, {}))
    with torch.no_grad():
        for number, value in enumerate(theirs.parameters()):
            value.copy_(torch.linspace(-1, 1 + number, value.numel()).view_as(value))
    made.it.load_state_dict(theirs.state_dict())
    made.train()
    theirs.train()
    x = torch.randn(3, 5, 5)
    torch.testing.assert_close(made(x), theirs(x.transpose(1, 2)).transpose(1, 2))


def test_layer_norm_of_an_image_looks_at_one_pixel_or_at_all() -> None:
    """Fails if the channels of an image are not what is compared at each pixel."""
    x = torch.randn(2, 4, 3, 5) * 3 + 1
    out = model("LayerNorm", (4, 3, 5))(x)
    torch.testing.assert_close(out.mean(1), torch.zeros(2, 3, 5), rtol=0, atol=1e-5)
    whole = model("LayerNorm", (4, 3, 5), normalized_shape="whole sample")(x)
    torch.testing.assert_close(whole, nn.functional.layer_norm(x, (4, 3, 5)))


def test_maxout_keeps_the_largest_of_its_sums() -> None:
    """Fails if sums of different outputs compete."""
    made = model("Maxout", (4,), out_features=3, pieces=2)
    x = torch.randn(5, 4)
    sums = made.it.linear(x)
    by_hand = torch.stack([sums[:, 2 * o : 2 * o + 2].max(1).values for o in range(3)], 1)
    torch.testing.assert_close(made(x), by_hand)


def test_bilinear_multiplies_both_inputs() -> None:
    """Fails if the inputs are exchanged."""
    made = model("Bilinear", (3,), (4,), out_features=2)
    a, b = torch.randn(5, 3), torch.randn(5, 4)
    by_hand = torch.einsum("bi,oij,bj->bo", a, made.it.weight, b) + made.it.bias
    torch.testing.assert_close(made(a, b), by_hand)


def test_one_hot_takes_as_many_places_as_the_data_has_classes() -> None:
    """Fails if a class has another place, or the number of classes is not taken from the data."""
    made = model("OneHot", Shape((3,), "int", classes=4))
    assert made(torch.tensor([[0, 3, 1]])).tolist() == [[[1, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0]]]


@pytest.mark.parametrize("features", [1, 6, 7])
def test_positions_follow_the_formula(features: int) -> None:
    """Fails if a wave has another length than Vaswani et al. (2017) give it, or sine and cosine change places."""
    out = model("PositionalEncoding", (50, features))(torch.zeros(1, 50, features))[0]
    for t in (0, 1, 7, 49):
        for place in range(features):
            angle = t / 10000 ** (place // 2 * 2 / features)
            wanted = math.cos(angle) if place % 2 else math.sin(angle)
            assert out[t, place].item() == pytest.approx(wanted, abs=1e-5)


def test_positions_are_no_weights() -> None:
    """Fails if waves that can be computed are stored in weight files."""
    assert not model("PositionalEncoding", (5, 4)).state_dict()


def test_step_decides_and_hands_back_no_gradient() -> None:
    """Fails if the border belongs to the wrong side, or a loss behind the step cannot be differentiated at all."""
    made = model("HardThreshold", (3,), threshold=0.5)
    x = torch.tensor([[0.4, 0.5, 0.6]], requires_grad=True)
    out = made(x)
    assert out.tolist() == [[0, 0, 1]]
    out.sum().backward()
    assert x.grad is not None
    assert not x.grad.any()


def test_noise_is_there_in_training_only() -> None:
    """Fails if a trained network trembles."""
    made = model("GaussianNoise", (1000,), std=0.5)
    x = torch.zeros(20, 1000)
    assert made.train()(x).std().item() == pytest.approx(0.5, rel=0.05)
    assert torch.equal(made.eval()(x), x)


@pytest.mark.parametrize(
    ("sizes", "statistics", "axes"),
    [
        ((3, 4, 5), "each channel", (0, 2, 3)),
        ((3, 4, 5), "each value", (0,)),
        ((3, 4, 5), "all together", (0, 1, 2, 3)),
        ((6, 4), "each channel", (0, 1)),
        ((4,), "each channel", (0,)),
        ((), "each channel", (0,)),
    ],
)
def test_standardize_measures_what_it_should(sizes: tuple[int, ...], statistics: str, axes: tuple[int, ...]) -> None:
    """Fails if mean and deviation are taken over other axes than the setting says."""
    made = model("Standardize", sizes, statistics=statistics)
    x = torch.randn(40, *sizes, dtype=torch.float32) * 3 + 5
    assert torch.equal(made(x), x)
    made.it.fit(x)
    out = made(x)
    assert out.shape == x.shape
    torch.testing.assert_close(out.mean(axes), torch.zeros_like(out.mean(axes)), rtol=0, atol=1e-4)
    torch.testing.assert_close(out.std(axes, correction=0), torch.ones_like(out.mean(axes)), rtol=0, atol=1e-4)
    again = model("Standardize", sizes, statistics=statistics)
    again.load_state_dict(made.state_dict())
    assert torch.equal(again(x), out)


def test_standardize_only_shifts_what_never_changes() -> None:
    """Fails if a dot that is black in all training images makes a test image explode."""
    made = Standardize((2,))
    made.fit(torch.tensor([[1.0, 0.1], [3.0, 0.1], [5.0, 0.1]]))
    assert made.std[1] == 1
    torch.testing.assert_close(made(torch.tensor([[3.0, 1.1]])), torch.tensor([[0.0, 1.0]]))


def test_global_average_equals_torch() -> None:
    """Fails if steps or places are left out of the mean."""
    image, sequence = torch.randn(2, 3, 4, 5), torch.randn(2, 6, 3)
    pooled: Tensor = nn.functional.adaptive_avg_pool2d(image, 1).flatten(1)
    torch.testing.assert_close(model("GlobalAvgPool", (3, 4, 5))(image), pooled)
    torch.testing.assert_close(model("GlobalAvgPool", (6, 3))(sequence), sequence.mean(1))


def test_multiply_adds_of_convolutions() -> None:
    """Fails if groups, kernel or places are counted twice or not at all; published: AlexNet's first layer."""

    def count(layer_id: str, sizes: tuple[int, ...], **params: Any) -> int:
        one = layer(layer_id)
        return one.build({"x": [Shape(sizes)]}, one.settings(params)).multiply_adds

    assert count("Conv2d", (3, 227, 227), out_channels=96, kernel_size=11, stride=4) == 105_415_200
    assert count("Conv2d", (96, 27, 27), out_channels=256, kernel_size=5, padding=2, groups=2) == 223_948_800
    assert count("Conv1d", (10, 4), out_channels=8, kernel_size=3) == 8 * 8 * 4 * 3
    assert count("ConvTranspose2d", (4, 5, 5), out_channels=2, kernel_size=3) == 4 * 25 * 2 * 9
    assert count("SeparableConv2d", (4, 5, 5), out_channels=2, kernel_size=3) == 9 * 4 * 9 + 9 * 4 * 2
