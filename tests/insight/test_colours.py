"""Colour tables and scales."""

from __future__ import annotations

import numpy as np
import pytest

from app.insight.colours import colormap, coloured, tile_colours
from app.insight.tiles import NoPicture, Tiles, finite, rising_scale, signed_scale


def luminance(table: np.ndarray) -> np.ndarray:
    """How bright a grey projector shows each colour."""
    share = table / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", ["viridis", "gray"])
def test_a_larger_value_is_never_darker(name: str) -> None:
    """Fails if a control point breaks the order, so that a strong answer looks weaker than a middling one."""
    bright = luminance(colormap(name))  # type: ignore[arg-type]
    assert (np.diff(bright) >= 0).all()
    assert (np.diff(bright[::8]) > 0).all()


def test_weights_are_white_at_zero_and_equally_strong_on_both_sides() -> None:
    """Fails if zero is tinted, or if −0.3 looks heavier than +0.3."""
    table = colormap("diverging")
    assert table[127:129].min() > 240
    bright = luminance(table)
    assert (np.diff(bright[:128:4]) > 0).all()
    assert (np.diff(bright[128::4]) < 0).all()
    assert np.abs(bright - bright[::-1]).max() < 0.05
    assert table[0, 2] > 2 * table[0, 0], "low is blue"
    assert table[-1, 0] > 2 * table[-1, 2], "high is red"


@pytest.mark.parametrize("name", ["viridis", "diverging"])
def test_tables_are_smooth(name: str) -> None:
    """Fails if two control points lie so far apart that an edge appears where the data has none."""
    table = colormap(name).astype(int)  # type: ignore[arg-type]
    assert np.abs(np.diff(table, axis=0)).max() <= 7


def test_ends_of_the_scale_get_the_ends_of_the_table() -> None:
    """Fails if values at or beyond an end wrap around or run out of the table."""
    table = colormap("viridis")
    seen = coloured(np.array([-9.0, 0.0, 1.0, 9.0]), 0.0, 1.0, "viridis")
    assert np.array_equal(seen, table[[0, 0, 255, 255]])


@pytest.mark.parametrize("value", [0.0, 3.5, -2.0, 1e-30, 1e30])
def test_a_constant_map_has_a_scale(value: float) -> None:
    """Fails if low equals high, which would divide by zero."""
    values = np.full((1, 4, 4), value, np.float32)
    for low, high in (rising_scale(values), signed_scale(values)):
        assert low < high
        assert low <= value <= high
        colours = tile_colours(Tiles(values, low, high, "viridis", "constant"))
        assert len(np.unique(colours.reshape(-1, 3), axis=0)) == 1


def test_a_scale_that_nearly_begins_at_zero_begins_there() -> None:
    """Fails if the darkest colour means 0.001 in one picture and nothing in the next."""
    assert rising_scale(np.array([0.001, 5.0])) == (0.0, 5.0)
    assert rising_scale(np.array([-1.0, 5.0])) == (-1.0, 5.0)
    assert rising_scale(np.array([4.0, 5.0])) == (4.0, 5.0)


def test_what_is_not_a_number_is_refused_with_its_reason() -> None:
    """Fails if NaN reaches the window as a colour."""
    with pytest.raises(NoPicture, match=r"run away.*smaller learning rate"):
        finite(np.array([1.0, np.nan]), "weight of conv1")


def test_tiles_refuse_a_scale_that_does_not_rise() -> None:
    """Fails if a mistake in a caller shows as a blank picture instead of an error."""
    with pytest.raises(ValueError, match="must rise"):
        Tiles(np.zeros((1, 2, 2), np.float32), 1.0, 1.0, "gray", "flat")
