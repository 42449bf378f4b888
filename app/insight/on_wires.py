"""What is written on the wires of the canvas: numbers for small values, the norm for large ones."""

from __future__ import annotations

import numpy as np

from app.insight.wire_values import WireValue

MOST_WRITTEN = 6  # numbers of a wire that are written out

Lines = tuple[str, ...]


def lines_of(carried: WireValue) -> tuple[Lines, Lines]:
    """Lines for the value and for the gradient; none for one that does not come back."""
    return _lines(carried.value), () if carried.gradient is None else _lines(carried.gradient)


def _lines(value: np.ndarray) -> Lines:
    flat = np.asarray(value, np.float64).reshape(-1)
    if len(flat) <= MOST_WRITTEN:
        return tuple(map(short, flat.tolist()))
    return (f"‖{short(float(np.linalg.norm(flat)))}‖",)


def short(number: float) -> str:
    """Three digits: ``0.123``, ``−12.3``, ``1.2e−5``."""
    if not np.isfinite(number):
        return "NaN" if np.isnan(number) else "∞" if number > 0 else "−∞"
    if number == 0:
        return "0"
    size = abs(number)
    if 1e-3 <= size < 1e4:
        text = f"{number:.3g}" if size < 1000 else f"{number:.0f}"
    else:
        mantissa, _, power = f"{number:.1e}".partition("e")
        text = f"{mantissa}e{int(power)}"
    return text.replace("-", "−")
