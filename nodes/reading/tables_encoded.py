"""Features of very many rows: numbers as they are, and words as codes that become columns when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from nodes.reading.tables_large import Spread, spreads_of

if TYPE_CHECKING:
    import polars as pl
    from torch import Tensor

AT_ONCE = 8_192  # rows that are put side by side at once, while they are in the processor's cache
FEW = 1_024  # rows that are taken from columns once


class EncodedFeatures:
    """Numbers as float32, and words as codes.

    The numbers are columns at first, as they were read: that is all that a first batch, or a look at the ranges, needs.
    Whoever asks again will ask for all of them, and then they are put side by side once, in place of the columns: from
    there a sample is one piece of memory, and not as many as there are columns.
    """

    in_memory = True  # nothing has to be read for a look at all of it

    def __init__(
        self, width: int, numbers: pl.DataFrame, at: list[int], codes: list[tuple[int, Tensor]],
        known: Mapping[int, Spread] | None = None,
    ) -> None:  # fmt: skip
        """``numbers`` are columns of float32 without gaps, ``at`` where among the ``width`` features each of them
        stands. ``codes`` (n,) of words begin at a place each; the code of a word that nobody knows is -1. ``known``
        says of some columns of numbers how they lie."""
        self._width = width
        self._length = len(numbers)
        self._columns: pl.DataFrame | None = numbers
        self._numbers: Tensor | None = None  # the same (n, numbers), in memory of their own
        self._asked = False
        self._codes = codes
        self._known = known or {}
        self._at = at
        starts = sorted([*at, *(first for first, _ in codes), width])
        self._several = [starts[starts.index(first) + 1] - first for first, _ in codes]
        # Places side by side are copied as one: a list of places takes five times as long.
        starts = [first for first, place in enumerate(at) if not first or place != at[first - 1] + 1]
        self._runs = [(at[first], first, end - first) for first, end in pairwise([*starts, len(at)])]

    def __len__(self) -> int:
        return self._length

    def apart(self, index: Tensor | None) -> tuple[Mapping[str, Tensor], list[int], list[tuple[int, int, Tensor]]]:
        """How these samples lie, without a column for each word: ``low``, ``high``, ``mean`` and ``std`` (k,) of the
        numbers and their k places, and for each list of codes (n,) the place of its first word and how many it has.
        ``index`` is in ascending order; None means all samples."""
        import polars as pl
        import torch

        columns, numbers = self._columns, self._numbers
        if columns is None:
            assert numbers is not None
            columns = pl.DataFrame(numbers.numpy(), schema=[str(each) for each in range(len(self._at))])
        codes = [codes for _, codes in self._codes]
        if index is not None:
            columns = columns[index.numpy()]
            codes = [each.index_select(0, index) for each in codes]
        known = self._known if index is None else {}
        rest = [each for each in range(len(self._at)) if each not in known]
        found = dict(zip(rest, spreads_of([columns.to_series(each) for each in rest])))
        spreads = [known.get(each) or found[each] for each in range(len(self._at))]
        places = [(first, several) for (first, _), several in zip(self._codes, self._several)]
        names = ("low", "high", "mean", "std")
        lying = {name: torch.tensor([getattr(each, name) for each in spreads], dtype=torch.float64) for name in names}
        return lying, self._at, [(*place, each) for place, each in zip(places, codes)]

    def at(self, index: Tensor) -> Tensor:
        """The features (n, width) of these samples."""
        import torch

        made = torch.zeros(len(index), self._width)
        numbers = self._taken(index)
        for place, first, count in self._runs:
            made[:, place : place + count] = numbers[:, first : first + count]
        for start, codes in self._codes:
            found = codes.index_select(0, index).long().unsqueeze(1)
            made[:, start:].scatter_(1, found.clamp(min=0), (found >= 0).float())  # a word nobody knows has none
        return made

    def _taken(self, index: Tensor) -> Tensor:
        """The numbers (n, k) of these samples. Two threads that ask at once may both put them side by side: the same
        numbers, so that nobody has to wait for a lock in all the other cases."""
        import torch

        columns, numbers = self._columns, self._numbers
        if numbers is None:
            assert columns is not None
            if not self._asked and len(index) <= FEW:
                self._asked = True
                return torch.from_numpy(columns[index.numpy()].to_numpy(order="c", writable=True))
            numbers = self._numbers = _side_by_side(columns)
            self._columns = None
        return numbers.index_select(0, index)


def _side_by_side(columns: pl.DataFrame) -> Tensor:
    """Columns of float32 as (rows, columns), a few rows at a time: whole columns take twice as long. In memory of
    numpy's, which asks for large pages: random rows of it are found sooner."""
    import numpy
    import torch

    made = numpy.empty(columns.shape, numpy.float32)
    for start in range(0, len(columns) if columns.width else 0, AT_ONCE):
        made[start : start + AT_ONCE] = columns.slice(start, AT_ONCE).to_numpy(order="c")
    return torch.from_numpy(made)
