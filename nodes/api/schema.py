"""What is known of data before it is loaded: its fields, how many samples there are, and the parts it brings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from nodes.api.shapes import DType, Shape

PARTS = ("train", "validation", "test")
MOST_SKIPPED = 200  # that are named one by one; the others are counted


class Unreadable(ValueError):
    """Samples that cannot be read. The message is a sentence that names the first one's file, and the row where there
    is one; ``samples`` are such sentences by the samples' numbers, where these are known, ``node`` is the source."""

    def __init__(self, sentence: str, samples: Mapping[int, str] | None = None) -> None:
        super().__init__(sentence)
        self.samples: Mapping[int, str] = dict(samples or {})
        self.node = ""


@dataclass(frozen=True, slots=True)
class Guess:
    """Something that was decided without asking: ``sentence`` says what, ``choices`` are the values (with a label each)
    that the setting ``setting`` of the source can take instead; ``chosen`` is the one that is in force."""

    setting: str
    sentence: str
    choices: tuple[tuple[str, Any], ...]
    chosen: Any


_SUBJECTS = ("it", "its")  # what a reason in small letters begins with that is a whole sentence already


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or row that is no sample, and why: a sentence, or the end of one that the name begins."""

    name: str
    reason: str

    @property
    def sentence(self) -> str:
        """The reason as a whole sentence that may stand behind the name and a colon."""
        reason = self.reason.strip().rstrip(".")
        first = reason.partition(" ")[0]
        if first.isalpha() and first.islower() and first not in _SUBJECTS:
            reason = f"it {reason}"
        return f"{reason}."


@dataclass(frozen=True, slots=True)
class Recognised:
    """A source that can read a file or folder. ``sure`` from 0 to 1 ranks it among others; ``settings`` are those that
    differ from the usual ones."""

    settings: Mapping[str, Any]
    sure: float


class NoData(ValueError):
    """Data cannot be had. The message is a sentence with the remedy; ``node`` is the source, where it is known.
    ``choices`` are settings of the source with which it can be had: a label, the setting and its value."""

    def __init__(self, sentence: str, node: str | None = None, choices: tuple[tuple[str, str, Any], ...] = ()) -> None:
        super().__init__(sentence)
        self.node = node
        self.choices = choices


@dataclass(frozen=True, slots=True)
class Field:
    """One output of a source. ``sizes`` are those of one sample, without the batch.

    Of ints, ``classes`` says that they run from 0 on: as the words for 0, 1, …, or only how many there are. ``counts``
    are the numbers of samples of each class, where they are known. ``names`` are those of the numbers along the last
    side, such as the columns of a table; none where they have no names. ``any_length`` is there if the first side is
    another one in each batch: a name for the length, which fields that are always equally long have in common.
    """

    sizes: tuple[int, ...] = ()
    dtype: DType = "float"
    classes: tuple[str, ...] | int = ()
    counts: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    any_length: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(self.sizes))
        object.__setattr__(self, "counts", tuple(self.counts))
        object.__setattr__(self, "names", tuple(self.names))
        if self.names and (not self.sizes or len(self.names) != self.sizes[-1]):
            raise ValueError(f"There are {len(self.names)} names for the sizes {self.sizes} of one sample.")
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
        shape = Shape(self.sizes, self.dtype, count or None)
        return shape.of_any_length(self.any_length) if self.any_length else shape


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column of a table: what it is for, what it holds, and its first cells. ``role`` and ``kind`` are words that
    the settings ``roles`` and ``kinds`` of the source take. ``missing`` is how many of its cells in the file are empty
    or cannot be read; None where nobody has looked at all rows."""

    name: str
    role: str
    kind: str
    cells: tuple[str, ...] = ()
    missing: int | None = None


@dataclass(frozen=True)
class Schema:
    """What a source offers with certain settings.

    ``fields`` stand by the names of the outputs, ``samples`` is their number, None for data that is drawn anew for
    each batch and has no end. ``parts`` are those that the data itself brings, of PARTS, with their numbers of samples.
    ``noun`` is what one sample and several are called.

    ``guesses`` are what was decided without asking, ``remarks`` sentences on what is odd about the data, ``skipped``
    what is no sample (the first MOST_SKIPPED of ``skipped_count``). ``ordered`` says that samples follow one another
    in time, so that the last ones are held out and never some from the middle; ``overlap`` is how many of the next
    samples hold some of the same values, so that as many are left out between two parts. ``complete`` says that nothing
    else than these samples can ever be asked, as in a truth table, so that none is held out of training. ``recurring``
    says that the same content comes again and again by the nature of the data, also with another class, as the word
    pairs of a text do, so that this is no remark. ``groups``
    names what holds samples together that may not be torn apart, such as ``patient``. ``stamp`` is another one when the
    files have changed. ``columns`` are those of a table, in its order, the first of ``column_count``; ``aims`` are the
    names of those that are to be predicted. ``settled`` are the values that settings came to which were left to the
    data, so that other data can be prepared in the same way; those of the guesses are among them.
    """

    fields: Mapping[str, Field]
    samples: int | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    noun: tuple[str, str] = ("sample", "samples")
    guesses: tuple[Guess, ...] = ()
    remarks: tuple[str, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    skipped_count: int = 0
    ordered: bool = False
    groups: str = ""
    stamp: str = ""
    overlap: int = 0
    complete: bool = False
    recurring: bool = False
    columns: tuple[TableColumn, ...] = ()
    column_count: int = 0
    aims: tuple[str, ...] = ()
    settled: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chosen = {guess.setting: guess.chosen for guess in self.guesses}
        object.__setattr__(self, "settled", MappingProxyType({**chosen, **self.settled}))
        object.__setattr__(self, "column_count", max(self.column_count, len(self.columns)))
        object.__setattr__(self, "skipped_count", max(self.skipped_count, len(self.skipped)))
        object.__setattr__(self, "skipped", tuple(self.skipped)[:MOST_SKIPPED])
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
        """The words for the classes of the first field that has any; one with a class for each sample comes before
        one with many, such as a text."""
        worded = sorted((known for known in self.fields.values() if known.words), key=lambda known: bool(known.sizes))
        return next((known.words for known in worded), ())

    @property
    def about(self) -> str:
        """How much there is, in a few words: ``1,797 samples``, or that each batch is drawn anew."""
        if self.samples is None:
            return "drawn anew for each batch"
        count = f"{self.samples:,} {self.noun[self.samples != 1]}"
        parts = [f"{number:,} for {name}" for name, number in self.parts.items()]
        return f"{count} ({', '.join(parts)})" if parts else count
