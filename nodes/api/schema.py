"""What is known of data before it is loaded: its fields, how many samples there are, and the parts it brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nodes.api.shapes import DType, Shape

PARTS = ("train", "validation", "test")


class NoData(ValueError):
    """Data cannot be had. The message is a sentence with the remedy; ``node`` is the source, where it is known."""

    def __init__(self, sentence: str, node: str | None = None) -> None:
        super().__init__(sentence)
        self.node = node


@dataclass(frozen=True, slots=True)
class Field:
    """One output of a source. ``sizes`` are those of one sample, without the batch.

    Of ints, ``classes`` says that they run from 0 on: as the words for 0, 1, …, or only how many there are.
    """

    sizes: tuple[int, ...] = ()
    dtype: DType = "float"
    classes: tuple[str, ...] | int = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(self.sizes))
        if not all(isinstance(side, int) and side > 0 for side in self.sizes):
            raise ValueError(f"The sizes of one sample must be whole numbers above 0, but they are {self.sizes}.")

    @property
    def words(self) -> tuple[str, ...]:
        """The words for the classes; none where only their number is known."""
        return self.classes if isinstance(self.classes, tuple) else ()

    @property
    def shape(self) -> Shape:
        """What travels on a wire from this output."""
        count = len(self.classes) if isinstance(self.classes, tuple) else self.classes
        return Shape(self.sizes, self.dtype, count or None)


@dataclass(frozen=True)
class Schema:
    """What a source offers with certain settings.

    ``fields`` stand by the names of the outputs, ``samples`` is their number, None for data that is drawn anew for
    each batch and has no end. ``parts`` are those that the data itself brings, of PARTS, with their numbers of samples.
    """

    fields: Mapping[str, Field]
    samples: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))
        object.__setattr__(self, "parts", MappingProxyType(dict(self.parts)))
        strange = [name for name in self.parts if name not in PARTS]
        if strange:
            raise ValueError(f"Data has the parts {', '.join(PARTS)}, not {strange[0]}.")

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each field by name."""
        return {name: known.shape for name, known in self.fields.items()}

    @property
    def words(self) -> tuple[str, ...]:
        """The words for the classes of the first field that has any."""
        return next((known.words for known in self.fields.values() if known.words), ())

    @property
    def about(self) -> str:
        """How much there is, in a few words: ``1,797 samples``, or that each batch is drawn anew."""
        if self.samples is None:
            return "drawn anew for each batch"
        count = f"{self.samples:,} sample{'' if self.samples == 1 else 's'}"
        parts = [f"{number:,} for {name}" for name, number in self.parts.items()]
        return f"{count} ({', '.join(parts)})" if parts else count
