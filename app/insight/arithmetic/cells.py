"""Where the numbers of a picture stand in the net, so that somebody can point at one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.insight.arithmetic.number import NumberPlace


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of maps ``(n, h, w)``, counted through, as places in the value ``what`` of a node, which has these
    ``sizes``. ``flat`` says which of its numbers each cell shows; in order, if it is None. With ``listed`` each cell
    has a place of its own, or none."""

    node: str = ""
    what: str = "output"
    sizes: tuple[int, ...] = ()
    flat: np.ndarray | None = None
    listed: Sequence[NumberPlace | None] | None = None

    def place(self, cell: int) -> NumberPlace | None:
        """What the cell shows; None if that stands nowhere."""
        if self.listed is not None:
            return self.listed[cell] if 0 <= cell < len(self.listed) else None
        at = cell if self.flat is None else int(self.flat.reshape(-1)[cell])
        if not 0 <= at < int(np.prod(self.sizes)):
            return None
        index = np.unravel_index(at, self.sizes) if self.sizes else ()
        return NumberPlace(self.node, self.what, tuple(int(each) for each in index))
