"""What a way of asking where an answer comes from gives: numbers for each place, and how they are to be read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from app.insight.capture import array
from app.insight.explained import Explained
from app.insight.tiles import Tiles, rising_scale, signed_scale

SPEAKS = "what speaks for {what}"


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


def tiles(explained: Explained, found: PlaceMap) -> Tiles:
    """One map. Colours of one place belong together: what they say is added up, of sizes the largest counts."""
    parts = array(found.values, f"What explains {explained.node}")
    if parts.ndim == 3:
        parts = parts.sum(axis=0, keepdims=True) if found.signed else parts.max(axis=0, keepdims=True)
    else:
        parts = parts.reshape(1, -1, parts.shape[-1])
    what, node = explained.what, explained.node
    note = "" if parts.any() else f"Nothing in this picture changes {what} of {node}: every value is 0. "
    note += f"{found.says} The answer is {explained.said}. {explained.words}"
    scale = signed_scale(parts) if found.signed else rising_scale(np.append(parts, 0.0))
    colours = "diverging" if found.signed else "viridis"
    head = f"{node}: {found.title.format(what=what)}"
    return Tiles(parts, *scale, colours, head, note=note.strip(), source=explained.shown)  # type: ignore[arg-type]
