"""A window that is read through Gaussian filters, next to sums over single pixels and to plain pictures."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from nodes.api import Shape, ShapeError
from nodes.api.registry import find
from nodes.modules.centre_of_mass import CentreOfMass
from nodes.modules.glimpse import Glimpse


def filters(middle: float, share: float, side: int, longer: int, size: int) -> np.ndarray:
    """The filters of one axis (size, side), value by value."""
    apart = longer * share / size
    deviation = max(apart / 2, 0.5)
    found = np.zeros((size, side))
    for step in range(size):
        place = (middle + 1) / 2 * side + (step - (size - 1) / 2) * apart
        for pixel in range(side):
            found[step, pixel] = math.exp(-((pixel + 0.5 - place) ** 2) / (2 * deviation**2))
        found[step] /= found[step].sum()
    return found


@pytest.mark.parametrize("usual", [1.0, 0.4])
def test_values_are_sums_over_the_pixels_of_the_image(usual: float) -> None:
    """Fails if x and y, rows and columns or samples are exchanged, or a filter lies elsewhere or is wider."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(3, 2, 9, 14, generator=generator)
    where = torch.rand(3, 3, generator=generator) * 2 - 1
    read, window = Glimpse(5, usual)(x, where)
    for n, (across, down, z) in enumerate(where.tolist()):
        share = usual * math.exp(z)
        rows, columns = filters(down, share, 9, 14, 5), filters(across, share, 14, 14, 5)
        for channel in range(2):
            assert np.allclose(read[n, channel].numpy(), rows @ x[n, channel].numpy() @ columns.T, atol=1e-5)
        assert window[n].tolist() == pytest.approx([(across + 1) / 2, (down + 1) / 2, share, share * 14 / 9], abs=1e-5)


def test_it_reads_what_is_there() -> None:
    """Fails if a window in the top right corner reads something else than that corner, or the whole is no small copy
    of the image."""
    x = torch.zeros(1, 1, 16, 16)
    x[..., :8, 8:] = 1.0
    corner, _ = Glimpse(4)(x, torch.tensor([[0.5, -0.5, math.log(0.3)]]))
    other, _ = Glimpse(4)(x, torch.tensor([[-0.5, 0.5, math.log(0.3)]]))
    whole, _ = Glimpse(4)(x, torch.zeros(1, 3))
    assert corner.min() > 0.95
    assert other.max() < 0.05
    expected = torch.zeros(4, 4)
    expected[:2, 2:] = 1.0
    assert torch.equal(whole[0, 0].round(), expected)


@pytest.mark.parametrize("where", [(0.0, 0.0, -9.0), (5.0, -7.0, 0.0), (0.0, 0.0, 6.0)])
def test_a_window_that_is_tiny_far_off_or_huge_gives_numbers(where: tuple[float, float, float]) -> None:
    """Fails if a filter finds no pixel and divides by nothing, or reads more than there is."""
    x = torch.rand(1, 1, 10, 10, generator=torch.Generator().manual_seed(1))
    asked = torch.tensor([where], requires_grad=True)
    read, _ = Glimpse(6)(x, asked)
    read.sum().backward()
    assert asked.grad is not None
    assert bool(asked.grad.isfinite().all())
    assert x.min() <= read.min()
    assert read.max() <= x.max()


def test_gradients_lead_the_window_to_what_it_shall_see() -> None:
    """Fails if no gradient reaches where, or that of x and that of y are exchanged: a spot below and to the left of the
    middle of the window draws it there."""
    x = torch.zeros(1, 1, 20, 20)
    x[0, 0, 12:15, 6:9] = 1.0
    middle = torch.zeros(1, 2)
    for _ in range(60):
        asked = middle.clone().requires_grad_()
        read, _ = Glimpse(8)(x, torch.cat([asked, torch.zeros(1, 1)], 1))
        read[0, 0, 3:5, 3:5].mean().backward()
        assert asked.grad is not None
        middle += (0.5 * asked.grad).clamp(-0.03, 0.03)
    assert middle[0].tolist() == pytest.approx([7.5 / 10 - 1, 13.5 / 10 - 1], abs=0.05)


def test_where_is_three_numbers() -> None:
    """Fails if another count ends in an error of torch, or the layer before cannot be mended by a click."""
    layer = find("Glimpse")
    assert layer is not None
    settings = layer.settings({})
    with pytest.raises(ShapeError, match="three numbers") as refused:
        layer.build({"x": [Shape((1, 8, 8))], "where": [Shape((4,))]}, settings)
    assert len(refused.value.fixes) == 1
    with pytest.raises(ShapeError, match="three numbers") as refused:
        layer.build({"x": [Shape((1, 8, 8))], "where": [Shape((1, 8, 8))]}, settings)
    assert not refused.value.fixes
    with pytest.raises(ShapeError, match="image"):
        layer.build({"x": [Shape((64,))], "where": [Shape((3,))]}, settings)


def test_the_centre_of_mass_is_the_mean_of_all_places() -> None:
    """Fails if x and y or channels are exchanged, places are counted from an edge of a pixel, or nothing at all gives
    no numbers."""
    x = torch.rand(2, 3, 4, 7, generator=torch.Generator().manual_seed(2))
    found = CentreOfMass()(x)
    for n, channel in np.ndindex(2, 3):
        weights = x[n, channel].double().numpy()
        across = sum(weights[i, j] * (2 * (j + 0.5) / 7 - 1) for i, j in np.ndindex(4, 7)) / weights.sum()
        down = sum(weights[i, j] * (2 * (i + 0.5) / 4 - 1) for i, j in np.ndindex(4, 7)) / weights.sum()
        assert found[n, 2 * channel : 2 * channel + 2].tolist() == pytest.approx([across, down], abs=1e-6)
    assert torch.equal(CentreOfMass()(torch.zeros(1, 2, 5, 5)), torch.zeros(1, 4))
    one = torch.zeros(1, 1, 6, 6)
    one[0, 0, 0, 5] = 3.0
    assert CentreOfMass()(one)[0].tolist() == pytest.approx([5 / 6, -5 / 6], abs=1e-6)
