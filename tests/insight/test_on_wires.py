"""What is written on the wires of the canvas."""

from __future__ import annotations

import numpy as np

from app.insight.on_wires import lines_of, short
from app.insight.wire_values import WireValue


def test_small_values_are_written_out_and_large_ones_have_their_norm() -> None:
    """Fails if numbers come in another order, or a wire of thousands is written out."""
    few = WireValue(np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([[0.1, 0.2], [0.3, -0.4]]))
    assert lines_of(few) == (("1", "−2", "0.5", "0"), ("0.1", "0.2", "0.3", "−0.4"))
    many = WireValue(np.full((3, 3), 2.0))
    assert lines_of(many) == (("‖6‖",), ())
    assert lines_of(WireValue(np.array(7.0), np.array(-1.0))) == (("7",), ("−1",))


def test_numbers_are_short() -> None:
    """Fails if a wire has more letters than room."""
    numbers = (0.0, 1.0, -0.12345, 12.345, 1234.5, -123456.0, 0.00001234, float("nan"), float("-inf"))
    assert list(map(short, numbers)) == ["0", "1", "−0.123", "12.3", "1234", "−1.2e5", "1.2e−5", "NaN", "−∞"]
