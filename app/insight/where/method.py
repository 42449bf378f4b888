"""What a way of asking where an answer comes from gives: numbers for each place, and how they are to be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from app.insight.arithmetic.notation import short
from app.insight.capture import array
from app.insight.explanation import Explanation
from app.insight.tiles import Tiles, rising_scale, signed_scale

SPEAKS = "what speaks for {what}"
# Of a large picture a few places often say many times more than all others, which would be as good as white beside
# them: then the scale ends where all but one place of a hundred do.
MANY = 2_000  # places
NEARLY_ALL = 0.99
FARTHER = 2.0  # how much farther the farthest place lies than these


@dataclass(frozen=True, eq=False)
class PlaceMap:
    """``values`` have the shape of the picture without the batch, or one number for each place of it. ``signed``: red
    speaks for the answer, blue against it; else bright places count most. ``says`` tells in a sentence what they are,
    and ``title`` in a few words with ``{what}`` for what is explained.
    """

    values: Tensor
    signed: bool
    says: str
    title: str


def tiles(explained: Explanation, found: PlaceMap) -> Tiles:
    """One map. Colours of one place belong together: what they say is added up, of sizes the largest counts."""
    parts = array(found.values, f"What explains {explained.node}")
    if parts.ndim == 3:
        parts = parts.sum(axis=0, keepdims=True) if found.signed else parts.max(axis=0, keepdims=True)
    else:
        parts = parts.reshape(1, -1, parts.shape[-1])
    what, node = explained.what, explained.node
    note = "" if parts.any() else f"Nothing in this picture changes {what} of {node}: every value is 0. "
    note += f"{found.says} The answer is {explained.said}. {explained.words}"
    shown, cut = _held(parts)
    scale = signed_scale(shown) if found.signed else rising_scale(np.append(shown, 0.0))
    if cut:
        farthest = float(parts.flat[int(np.abs(parts).argmax())])
        note = f"{note.strip()} The colours end where 99 % of the places do; the farthest is {short(farthest)}."
    colours = "diverging" if found.signed else "viridis"
    head = f"{node}: {found.title.format(what=what)}"
    return Tiles(parts, *scale, colours, head, note=note.strip(), source=explained.shown)  # type: ignore[arg-type]


def _held(parts: np.ndarray) -> tuple[np.ndarray, bool]:
    """The values for the ends of the scale, and whether some lie beyond."""
    if parts.size < MANY:
        return parts, False
    end = float(np.quantile(np.abs(parts), NEARLY_ALL))
    if not 0 < end * FARTHER < float(np.abs(parts).max()):
        return parts, False
    return np.clip(parts, -end, end), True
