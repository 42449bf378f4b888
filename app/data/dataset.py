"""What a data set is: tensors by field name, one entry along the first axis for each sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from torch import Tensor


class NoData(ValueError):
    """A data set cannot be had. The message is a sentence that names the remedy."""


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set that fits into memory.

    ``fields`` holds CPU tensors of equal length, named like the outputs of the source node. They are shared by
    everyone who loads the same data, so nobody may write into them. ``classes`` are the words for the labels 0, 1, …;
    empty if there are no labels.
    """

    fields: Mapping[str, Tensor]
    classes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lengths = {len(values) for values in self.fields.values()}
        if len(lengths) != 1:
            raise ValueError(f"The fields of a data set must be equally long, but have {sorted(lengths)} samples.")
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))

    def __len__(self) -> int:
        return len(next(iter(self.fields.values())))


@dataclass(frozen=True, slots=True)
class Script:
    """A data set as lines of a training script, which needs nothing of ours.

    ``imports`` are what the lines need besides torch, ``functional`` and ``math``. ``fields`` say for each field the
    expression that gives its tensor after the lines have run. ``package`` is what has to be installed.
    """

    about: str
    lines: tuple[str, ...]
    fields: Mapping[str, str]
    imports: tuple[str, ...] = ()
    package: str = ""
