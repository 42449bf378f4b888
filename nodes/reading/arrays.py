"""What the sources of arrays share: stored values as fields, labels as classes, several files as one column."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nodes.api import Choice, Field, Guess, cut, times
from nodes.api.schema import Unreadable
from nodes.api.shapes import DType

if TYPE_CHECKING:
    from torch import Tensor

MOST_CLASSES = 10_000
CHANNELS = (1, 3, 4)
PICTURES = ("picture", "pictures")

# What several sources of arrays ask in the same words.
AUTO = "auto"
LAYOUTS = (AUTO, "channels first", "channels last", "grey pictures", "as stored")
SCALES = (AUTO, "0 to 1", "as stored")


def scale_param() -> Choice:
    """The setting that says whether bytes are divided by 255."""
    return Choice("scale", AUTO, options=SCALES, help="Bytes of pictures are divided by 255, so that they lie in 0…1.")


@dataclass(frozen=True)
class ArrayForm:
    """How the stored values of a batch, (n, ...), become a field. ``grey`` puts in an axis of one channel; ``order`` is
    the order of the axes of one batch afterwards; ``scale`` is what values are divided by."""

    dtype: DType = "float"
    grey: bool = False
    order: tuple[int, ...] = ()
    scale: float = 1.0

    def sizes(self, stored: Sequence[int]) -> tuple[int, ...]:
        """Of one sample, from those that are stored."""
        whole = (1, *((1,) if self.grey else ()), *stored)
        return tuple(whole[axis] for axis in self.order)[1:] if self.order else whole[1:]

    def __call__(self, values: Any) -> Tensor:
        import numpy
        import torch

        with numpy.errstate(over="ignore", invalid="ignore"):  # what no float32 holds becomes inf
            made = torch.from_numpy(values.astype("float32" if self.dtype == "float" else "int64"))
        made = made.unsqueeze(1) if self.grey else made
        made = made.permute(self.order) if self.order else made
        return (made / self.scale if self.scale != 1 else made).contiguous()

    def text(self, name: str) -> str:
        """The same as an expression of numpy and torch, for the array called ``name``."""
        text = f'torch.from_numpy({name}.astype("{"float32" if self.dtype == "float" else "int64"}"))'
        text += ".unsqueeze(1)" if self.grey else ""
        text += f".permute({', '.join(map(str, self.order))})" if self.order else ""
        text += f" / {self.scale:g}" if self.scale != 1 else ""
        return f"({text}).contiguous()" if self.order and self.scale != 1 else text


class Pieces:
    """Arrays (n, ...) that follow one another as one column; each may be a map of a file. ``form`` makes of the samples
    of a batch what the schema promises, so that only these are turned into floats. Of a sample with nan, inf or a
    number that no float32 holds, ``name_of`` is said where it is read."""

    def __init__(self, pieces: Sequence[Any], form: ArrayForm, name_of: Callable[[int], str] | None = None) -> None:
        import numpy

        self._pieces = list(pieces)
        self._form = form
        self._name_of = name_of or (lambda number: f"Sample {number + 1:,}")
        self._floats = any(piece.dtype.kind == "f" for piece in self._pieces)
        self._ends = numpy.cumsum([len(piece) for piece in self._pieces])

    def __len__(self) -> int:
        return int(self._ends[-1])

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What it is read from."""
        return tuple(self._pieces)

    def at(self, index: Tensor) -> Tensor:
        made = self._made(index)
        if self._floats and made.is_floating_point() and len(made):
            finite = made.isfinite().flatten(1).all(1) if made.ndim > 1 else made.isfinite()
            if not finite.all():
                raise self._not_finite(index[~finite], made[~finite])
        return made

    def _not_finite(self, index: Tensor, made: Tensor) -> Unreadable:
        said = {}
        for number, values in zip(index.tolist(), made):
            wrong = values[~values.isfinite()].flatten()
            among = f" among its {values.numel():,} values" if values.numel() > 1 else ""
            said[number] = f"{self._name_of(number)} cannot be calculated with: it holds {wrong[0].item()}{among}."
        return Unreadable(next(iter(said.values())), said)

    def _made(self, index: Tensor) -> Tensor:
        import numpy

        numbers = index.numpy()
        which = numpy.searchsorted(self._ends, numbers, side="right") if len(self._pieces) > 1 else numpy.zeros(1, int)
        first = int(which[0]) if len(which) else 0
        if (which == first).all():
            return self._form(self._of(first, numbers))
        values = None
        for piece in numpy.unique(which):
            chosen = which == piece
            read = self._of(int(piece), numbers[chosen])
            if values is None:
                values = numpy.empty((len(numbers), *read.shape[1:]), read.dtype)
            values[chosen] = read
        return self._form(values)

    def _of(self, piece: int, numbers: Any) -> Any:
        import numpy

        start = int(self._ends[piece - 1]) if piece else 0
        return numpy.asarray(self._pieces[piece][numbers - start])


class PartialColumn:
    """A column of which some samples cannot be read: ``lost`` says of these by their numbers why."""

    def __init__(self, column: Pieces, lost: Mapping[int, str]) -> None:
        self._column, self._lost = column, lost

    def __len__(self) -> int:
        return len(self._column)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """What it is read from."""
        return self._column.arrays

    def at(self, index: Tensor) -> Tensor:
        missing = {number: self._lost[number] for number in index.tolist() if number in self._lost}
        if missing:
            raise Unreadable(next(iter(missing.values())), missing)
        return self._column.at(index)


def picture_form(
    stored: Sequence[int], dtype: Any, layout: str = AUTO, scale: str = AUTO, order: tuple[int, ...] = ()
) -> tuple[ArrayForm, tuple[Guess, ...]]:
    """How an array of which one sample is ``stored`` becomes a field of numbers, and what was guessed.

    Raises:
        ValueError: for values that are no numbers.
    """
    if dtype.kind not in "biuf":
        raise ValueError(f"Its values are {dtype.name}, and not real numbers. Store them as numbers.")
    guesses = []
    stored = tuple(stored)
    last = len(stored) == 3 and stored[2] in CHANNELS and (stored[0] not in CHANNELS or stored[1] == stored[0])
    first = len(stored) == 3 and stored[0] in CHANNELS
    square = len(stored) == 2 and (dtype == "uint8" or stored[0] == stored[1]) and min(stored) > 3
    chosen = layout
    if layout == AUTO:
        chosen = "channels last" if last else "channels first" if first else "grey pictures" if square else "as stored"
    if (chosen == "channels last" and len(stored) != 3) or (chosen == "grey pictures" and len(stored) != 2):
        chosen = "as stored"
    if layout == AUTO and (last or square):
        said = {
            "channels last": f"Stored {times(stored)}: the last axis is read as the {_colours(stored)}.",
            "grey pictures": f"Stored {times(stored)}: read as grey pictures with one channel.",
        }[chosen]
        other = "channels last" if last else "grey pictures"
        choices = ((f"read as {other}", other), ("leave the axes as they are", "as stored"))
        guesses.append(Guess("layout", said, choices, chosen))
    grey = chosen == "grey pictures"
    turned = (0, 3, 1, 2) if chosen == "channels last" else order
    bytes_of_pictures = dtype == "uint8" and len(stored) >= 2
    by = 255.0 if scale == "0 to 1" or (scale == AUTO and bytes_of_pictures) else 1.0
    if scale == AUTO and bytes_of_pictures:
        choices = (("divide by 255", "0 to 1"), ("leave them 0 to 255", "as stored"))
        guesses.append(Guess("scale", "Bytes from 0 to 255 are divided by 255.", choices, "0 to 1"))
    return ArrayForm("float", grey, turned, by), tuple(guesses)


def settled_scale(scale: str, dtype: Any, sizes: Sequence[int]) -> dict[str, str]:
    """What the setting ``scale`` came to for pictures of wide whole numbers, such as 16 bits, where it was left to the
    data: they stay as stored and may lie anywhere. Nothing for others."""
    wide = dtype.kind in "iu" and dtype.itemsize > 1 and len(sizes) == 3
    return {"scale": SCALES[2]} if wide and scale == AUTO else {}


def _colours(stored: Sequence[int]) -> str:
    count = stored[-1]
    return "one channel" if count == 1 else f"{count} colour channels"


@dataclass(frozen=True)
class Classes:
    """Labels as classes that run from 0 on. ``values`` are the stored ones in their order, one for each class;
    ``words`` what they are called; ``counts`` how many samples each has."""

    values: tuple[Any, ...]
    words: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def field(self) -> Field:
        """The field of these labels."""
        return Field((), "int", self.words, self.counts)

    @property
    def low(self) -> int | None:
        """The lowest stored value, where they are whole numbers without a gap; else None."""
        first = self.values[0]
        whole = isinstance(first, int) and self.values == tuple(range(first, first + len(self.values)))
        return first if whole else None

    def codes(self, labels: Any) -> Tensor:
        """The class of each stored label, (n,)."""
        import numpy
        import torch

        if self.low is not None:
            return torch.from_numpy(labels.astype("int64") - self.low)
        return torch.from_numpy(numpy.searchsorted(numpy.array(self.values), labels))

    def text(self, name: str) -> str:
        """The same as an expression, for the array called ``name``."""
        if self.low is not None:
            return f'torch.from_numpy({name}.astype("int64"){f" - {self.low}" if self.low else ""})'
        return f"torch.from_numpy(numpy.searchsorted(numpy.array({list(self.values)}), {name}))"


def classes_of(labels: Any, words: Sequence[str] = (), first: int = 0) -> Classes:
    """The classes of stored labels (n,), whole numbers or words. ``words`` are those of a known set, whose first class
    is stored as ``first``; they are taken where no label is outside of them.

    Raises:
        ValueError: if there are more than MOST_CLASSES, or none.
    """
    import numpy

    values, counts = numpy.unique(labels, return_counts=True)
    if not len(values):
        raise ValueError("It holds no label. Choose another file.")
    if len(values) > MOST_CLASSES:
        raise ValueError(f"It has {len(values):,} different labels, which are no classes. Choose another field.")
    found = [value.item() for value in values]
    if values.dtype.kind == "b" or (values.dtype.kind == "f" and all(each == int(each) for each in found)):
        found = [int(each) for each in found]
    if words and isinstance(found[0], int) and first <= found[0] and found[-1] < first + len(words):
        every = numpy.zeros(len(words), int)
        every[[value - first for value in found]] = counts
        return Classes(tuple(range(first, first + len(words))), tuple(words), tuple(int(each) for each in every))
    if isinstance(found[0], int) and found[0] == 0 and found[-1] < 1.5 * len(found) + 1:
        # 0…9 of which one is missing is still ten classes, so that two parts of the data mean the same by 7.
        every = numpy.zeros(found[-1] + 1, int)
        every[found] = counts
        whole = tuple(range(found[-1] + 1))
        return Classes(whole, tuple(str(each) for each in whole), tuple(int(each) for each in every))
    return Classes(tuple(found), _told_apart(found), tuple(int(each) for each in counts))


def _told_apart(values: Sequence[Any]) -> tuple[str, ...]:
    words = [cut(str(value).strip(), 60) or "(empty)" for value in values]
    return tuple(words if len(set(words)) == len(words) else [f"{word} ({at})" for at, word in enumerate(words)])


def parts_of(counts: Sequence[tuple[str, int]]) -> tuple[dict[str, Any], str]:
    """The indices of the parts that follow one another, and the same as an expression. Nothing where there is but
    training data, or data that names no part."""
    import torch

    if {name for name, _ in counts} <= {"", "train"}:
        return {}, ""
    made: dict[str, Any] = {}
    texts: dict[str, str] = {}
    start = 0
    for name, count in counts:
        if name in made:
            made[name] = torch.cat([made[name], torch.arange(start, start + count)])
            texts[name] = f"torch.cat([{texts[name]}, torch.arange({start}, {start + count})])"
        else:
            made[name] = torch.arange(start, start + count)
            texts[name] = f"torch.arange({start}, {start + count})"
        start += count
    return made, "{" + ", ".join(f'"{name}": {text}' for name, text in texts.items()) + "}"


def counts_of(counts: Sequence[tuple[str, int]]) -> dict[str, int]:
    """The number of samples in each part, as a schema gives them."""
    if {name for name, _ in counts} <= {"", "train"}:
        return {}
    made: dict[str, int] = {}
    for name, count in counts:
        made[name] = made.get(name, 0) + count
    return made


def stamp_of(files: Iterable[Path]) -> str:
    """Another text when one of these files has changed."""
    told = []
    for file in files:
        state = file.stat()
        told.append(f"{file.name}:{state.st_size}:{state.st_mtime_ns}")
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def head_of(path: Path, count: int) -> bytes:
    """The first bytes of a file, unpacked where it is gzipped; none where it cannot be read."""
    import gzip
    import zlib

    try:
        with path.open("rb") as file:
            head = file.read(count)
        if head[:2] == b"\x1f\x8b":
            with gzip.open(path) as unpacked:
                return unpacked.read(count)
        return head
    except (OSError, EOFError, zlib.error):
        return b""
