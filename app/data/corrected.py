"""A feed with what the student has corrected: other classes, and samples that are in no part."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from nodes.api import Feed, Schema, cut
from nodes.api.corrections import Correction, class_words, corrected, corrected_field, spelt_out


class CorrectedColumn:
    """A column some of whose classes are others."""

    def __init__(self, column: Any, numbers: Tensor, classes: Tensor) -> None:
        """``numbers`` of the samples, sorted, and as many ``classes``."""
        self._column = column
        self._numbers = numbers
        self._classes = classes

    def __len__(self) -> int:
        return len(self._column)

    def at(self, index: Tensor) -> Tensor:
        values = self._column.at(index).clone()
        place = torch.searchsorted(self._numbers, index).clamp(max=len(self._numbers) - 1)
        hit = self._numbers[place] == index
        values[hit] = self._classes[place[hit]].to(values.dtype)
        return values


def numbers_of(feed: Feed, names: set[str]) -> dict[str, list[int]]:
    """The numbers of the samples with these names."""
    found: dict[str, list[int]] = {}
    for number in range(feed.length or 0):
        name = feed.name_of(number)
        if name in names:
            found.setdefault(name, []).append(number)
    return found


def with_corrections(feed: Feed, schema: Schema, corrections: Sequence[Correction]) -> Feed:
    """The feed with these corrections. Those of samples or classes that the data has no more are left out, and told in
    its ``remarks``; ``relabelled`` are the numbers and classes of what has another class."""
    made = copy.copy(feed)
    made.schema = corrected(schema, corrections)
    key = corrected_field(schema)
    words = class_words(schema.fields[key]) if key is not None else ()
    places = {word: place for place, word in enumerate(words)}
    entries = spelt_out(corrections)
    numbers = numbers_of(feed, {name for name, _, _ in entries})
    gone = [name for name, _, _ in entries if name not in numbers]
    strange = [now for _, _, now in entries if now is not None and now not in places]
    without = [number for name, _, now in entries if now is None for number in numbers.get(name, ())]
    changed = {n: places[now] for name, _, now in entries if now in places for n in numbers.get(name, ())}
    made.excluded = torch.tensor(sorted(without), dtype=torch.int64)
    if changed and key is not None:
        index = torch.tensor(sorted(changed))
        classes = torch.tensor([changed[number] for number in sorted(changed)])
        column = feed.fields[key]
        if isinstance(column, Tensor):
            column = column.index_put((index,), classes.to(column.dtype))
        else:
            column = CorrectedColumn(column, index, classes)
        made.fields = {**feed.fields, key: column}
        made.relabelled = {key: (index, classes)}
    if gone:
        made.remarks += (
            f"Your corrections name {_few(gone)}, which the data has no more; they were left aside. Look at the data.",
        )
    if strange:
        made.remarks += (f"Your corrections name the class {_few(strange)}, which the data does not have.",)
    return made


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return f"{cut(names[0], 60)}{more}"
