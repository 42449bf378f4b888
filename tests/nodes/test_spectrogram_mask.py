"""Masks of time and frequency inside the net, looked at cell by cell."""

from __future__ import annotations

import pytest
import torch

from nodes.modules.spectrogram_mask import SpectrogramMask


@pytest.mark.parametrize("sizes", [(1, 12, 30), (2, 30, 9)])
def test_whole_rows_and_columns_are_hidden(sizes: tuple[int, ...]) -> None:
    """Fails if something else than neighbouring frames and bands is hidden, more than was said, channels are hidden
    apart, or something else than the mean stands there."""
    torch.manual_seed(0)
    before = torch.rand(200, *sizes)
    after = SpectrogramMask(4, 3)(before)
    widths: tuple[set[int], set[int]] = set(), set()
    for one, masked in zip(before, after, strict=True):
        hidden = (one != masked)[0]
        assert torch.equal(one != masked, hidden.expand(sizes))
        assert torch.allclose(masked[:, hidden], one.mean().expand(sizes[0], int(hidden.sum())))
        columns, rows = hidden.all(0), hidden.all(1)
        assert torch.equal(hidden, columns[None] | rows[:, None])
        for seen, lines in zip(widths, (columns, rows), strict=True):
            places = lines.nonzero().flatten()
            seen.add(len(places))
            assert not len(places) or len(places) == places[-1] - places[0] + 1
    assert widths == ({0, 1, 2, 3, 4}, {0, 1, 2, 3})


def test_half_of_it_stays() -> None:
    """Fails if a mask that is longer than the spectrogram hides all of it, or one row alone makes it stop."""
    torch.manual_seed(0)
    before = torch.rand(300, 1, 6, 10)
    hidden = (SpectrogramMask(1000, 0)(before) != before)[:, 0, 0].sum(1)
    assert hidden.max() == 5
    assert SpectrogramMask(1000, 1000)(before[:, :, :1, :1]).equal(before[:, :, :1, :1])


def test_a_trained_net_sees_all() -> None:
    """Fails if something is hidden when the network is used."""
    before = torch.rand(8, 1, 6, 10)
    assert torch.equal(SpectrogramMask(5, 3).eval()(before), before)
    assert torch.equal(SpectrogramMask(0, 0)(before), before)
