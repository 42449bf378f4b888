"""Layers of generative nets and of nets on telephones, next to torch and to formulas by hand."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from nodes.modules.fractional_max_pool2d import FractionalMaxPool2d
from nodes.modules.gradient_reversal import GradientReversal
from nodes.modules.reparameterize import Reparameterize
from nodes.modules.spectral_norm import SpectralConv2d, SpectralLinear


@pytest.mark.parametrize(
    ("layer", "x"),
    [(SpectralLinear(12, 5), torch.randn(4, 12)), (SpectralConv2d(3, 6, 3, 2, 1), torch.randn(2, 3, 8, 8))],
)
def test_spectral_norm_divides_by_the_largest_singular_value(layer: nn.Module, x: torch.Tensor) -> None:
    """Fails if the stretch is not that of numpy's singular values, moves in evaluation, or gets no gradient."""
    for _ in range(200):
        layer(x)
    layer.eval()
    weight = layer.weight.detach()
    assert isinstance(weight, torch.Tensor)
    sigma = torch.linalg.svdvals(weight.flatten(1).double())[0].float()
    plain = (
        nn.functional.linear(x, weight / sigma, layer.bias)
        if isinstance(layer, nn.Linear)
        else nn.functional.conv2d(x, weight / sigma, layer.bias, 2, 1)  # type: ignore[arg-type]
    )
    before = [buffer.clone() for buffer in layer.buffers()]
    assert torch.allclose(layer(x), plain, atol=1e-5)
    assert all(torch.equal(old, new) for old, new in zip(before, layer.buffers()))
    layer(x).square().sum().backward()
    gradient = layer.weight.grad
    assert isinstance(gradient, torch.Tensor)
    # σ grows along with the weight, so no gradient points along the weight itself.
    assert float((gradient * weight).sum().abs()) < 1e-4 * float(gradient.norm() * weight.norm())


def test_spectral_norm_is_that_of_torch() -> None:
    """Fails if outputs in evaluation differ from torch's own parametrization after many steps."""
    ours = SpectralLinear(9, 7)
    theirs = nn.utils.parametrizations.spectral_norm(nn.Linear(9, 7), n_power_iterations=200)
    with torch.no_grad():
        theirs.parametrizations.weight.original.copy_(ours.weight)  # type: ignore[union-attr, operator]
        theirs.bias.copy_(ours.bias)
    x = torch.randn(3, 9)
    for _ in range(200):
        ours(x)
    theirs(x)
    assert torch.allclose(ours.eval()(x), theirs.eval()(x), atol=1e-5)


def test_a_draw_has_the_mean_and_variance_it_was_given() -> None:
    """Fails if the deviation is e^v instead of e^(v/2), evaluation draws, or a gradient does not reach both."""
    torch.manual_seed(0)
    mean = torch.full((20_000,), 3.0, requires_grad=True)
    log_variance = torch.full((20_000,), math.log(4.0), requires_grad=True)
    draw = Reparameterize()
    out = draw(mean, log_variance)
    assert out.mean().item() == pytest.approx(3.0, abs=0.06)
    assert out.std().item() == pytest.approx(2.0, abs=0.05)
    out.sum().backward()
    assert mean.grad is not None
    assert torch.equal(mean.grad, torch.ones_like(mean))
    assert log_variance.grad is not None
    assert torch.allclose(log_variance.grad, (out - mean).detach() / 2, atol=1e-5)
    assert torch.equal(draw.eval()(mean, log_variance), mean)


def test_reversed_gradients() -> None:
    """Fails if values change, or the gradient has the old sign or another factor."""
    x = torch.randn(5, requires_grad=True)
    out = GradientReversal(0.5)(x)
    assert torch.equal(out, x)
    out.backward(torch.arange(5.0))
    assert x.grad is not None
    assert torch.equal(x.grad, -0.5 * torch.arange(5.0))


def test_fractional_pooling_is_the_same_each_time_in_evaluation() -> None:
    """Fails if the windows are drawn in evaluation, or are not drawn in training."""
    x = torch.arange(4 * 30 * 30.0).reshape(1, 4, 30, 30)
    pool = FractionalMaxPool2d(2, output_ratio=0.7)
    assert any(not torch.equal(pool(x), pool(x)) for _ in range(8))
    pool.eval()
    assert torch.equal(pool(x), pool(x))
    assert pool(x).shape == (1, 4, 21, 21)
    assert set(pool(x).flatten().tolist()) <= set(x.flatten().tolist())


def test_unpooling_puts_the_largest_back() -> None:
    """Fails if a value does not return to the place of the largest in its window, next to a loop by hand."""
    from nodes.api import Shape
    from nodes.pooling.max_unpool2d import max_unpool2d

    built = max_unpool2d.build(
        {"x": [Shape((2, 2, 3))], "like": [Shape((2, 5, 6))]}, max_unpool2d.settings({"kernel_size": 2})
    )
    (line,) = built.call.forward
    assert isinstance(line, str)
    like, x = torch.randn(3, 2, 5, 6), torch.randn(3, 2, 2, 3)
    scope = {"nn": nn, "x": x, "like": like}
    exec(line.format(output="out", x="x", like="like"), scope)
    expected = torch.zeros_like(like)
    for n in range(3):
        for c in range(2):
            for i in range(2):
                for j in range(3):
                    window = like[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                    place = int(window.argmax())
                    expected[n, c, 2 * i + place // 2, 2 * j + place % 2] = x[n, c, i, j]
    assert torch.equal(scope["out"], expected)  # type: ignore[arg-type]
