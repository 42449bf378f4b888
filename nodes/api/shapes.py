"""Shapes of what travels on a wire. The batch is always left out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import isqrt, prod
from typing import Literal
from zlib import crc32

from nodes.api.shape_error import InsertBefore, ShapeError

DType = Literal["float", "int"]
Kind = Literal["number", "vector", "sequence", "image", "volume", "label", "tokens"]


ANY = "any"  # the word for a size that is another one in each batch


def times(sizes: Iterable[int | str]) -> str:
    """``(3, 5)`` as people write it: ``3×5``."""
    return "×".join(str(size) for size in sizes)


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of one sample, without the batch.

    Images are (channels, height, width), sequences (time, features), text (time,) of ints and a
    class label () of ints. ``classes`` says that the ints run from 0 to ``classes - 1``; of floats, that they are the
    probabilities of so many classes.

    Where the length of a sequence is any, ``sizes`` are those for the length that numbers are counted for, and
    ``variants`` the same for two other lengths. A side is any if it is not the same in all of them, whatever it has
    become on the way: a layer needs no rule of its own for it.
    """

    sizes: tuple[int, ...]
    dtype: DType = "float"
    classes: int | None = None
    variants: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(self.sizes))
        if all(each == self.sizes for each in self.variants):
            object.__setattr__(self, "variants", ())

    @property
    def values(self) -> int:
        """How many numbers one sample holds."""
        return prod(self.sizes)

    @property
    def rank(self) -> int:
        """How many axes one sample has."""
        return len(self.sizes)

    @property
    def kind(self) -> Kind:
        """The word for data of this form; it colours the wire."""
        if self.dtype == "int":
            return "label" if not self.sizes else "tokens"
        kinds: tuple[Kind, ...] = ("number", "vector", "sequence", "image")
        return kinds[self.rank] if self.rank < len(kinds) else "volume"

    def __str__(self) -> str:
        if self.sizes:
            return times(self.sides)
        return "label" if self.dtype == "int" else "number"

    @property
    def sides(self) -> tuple[int | str, ...]:
        """The sizes as they are shown: ANY where one is any."""
        return tuple(
            ANY if any(each[axis] != size for each in self.variants) else size for axis, size in enumerate(self.sizes)
        )

    @property
    def tuple_text(self) -> str:
        """The sizes as torch prints them: ``(3, 32, 32)``, or ``(any, 32)``."""
        sides = ", ".join(map(str, self.sides))
        return f"({sides},)" if self.rank == 1 else f"({sides})"

    def of_any_length(self, name: str) -> Shape:
        """The same with any number of steps. Sequences whose lengths have one ``name`` are always equally long."""
        if not self.sizes:
            return self
        steps, *rest = self.sizes
        more = 3 + crc32(name.encode()) % 997  # so that lengths of two names are never taken for one
        return replace(self, variants=((steps + more, *rest), (2 * steps + 3 * more + 1, *rest)))

    def variant(self, number: int) -> Shape:
        """The same at another length; it still knows that its length is any."""
        return replace(self, sizes=self.variants[number]) if self.variants else self

    def steps_text(self, port: str) -> str:
        """How many steps there are as a line of ``forward`` says it: the number, or where that is any, what has arrived
        at ``port``."""
        return f"{{{port}}}.shape[1]" if self.sides[0] == ANY else str(self.sizes[0])

    @property
    def step(self) -> Shape:
        """What one step of a sequence is."""
        return Shape(self.sizes[1:], self.dtype, self.classes, tuple(each[1:] for each in self.variants))

    def over(self, steps: tuple[int, ...]) -> Shape:
        """A sequence of it: ``steps`` are its length, and those of the variants if that is any."""
        many = max(len(steps) - 1, len(self.variants))
        counts = steps[1:] or steps[:1] * many
        rows = self.variants or (self.sizes,) * many
        variants = tuple((count, *row) for count, row in zip(counts, rows))
        return Shape((steps[0], *self.sizes), self.dtype, self.classes, variants)

    @property
    def lengths(self) -> tuple[int, ...]:
        """How many steps a sequence has, and how many its variants have, if that is any."""
        found = tuple(each[0] for each in self.variants)
        return (self.sizes[0], *found) if any(each != self.sizes[0] for each in found) else self.sizes[:1]


def image(x: Shape) -> tuple[int, int, int]:
    """The (channels, height, width) of ``x``.

    Raises:
        ShapeError: if ``x`` is not an image of floats.
    """
    if x.rank != 3 or x.dtype != "float":
        sentence = f"This layer reads an image (channels, height, width), but {describe(x)} arrives. "
        if x.kind == "sequence":
            raise _reshaped(sentence, (1, *x.sizes), "to read it as an image of one channel")
        if x.kind == "vector":
            side = isqrt(x.values)
            sizes = (1, side, side) if side > 1 and side * side == x.values else (x.values, 1, 1)
            raise _reshaped(sentence, sizes, f"to read it as an image {sizes}")
        raise ShapeError(sentence + "Wire it to an image, or to a layer that gives images.")
    channels, height, width = x.sizes
    return channels, height, width


def volume(x: Shape) -> tuple[int, int, int, int]:
    """The (channels, depth, height, width) of ``x``.

    Raises:
        ShapeError: if ``x`` is not a volume of floats.
    """
    if x.rank != 4 or x.dtype != "float":
        sentence = f"This layer reads a volume (channels, depth, height, width), but {describe(x)} arrives. "
        if x.kind == "image":
            raise _reshaped(sentence, (1, *x.sizes), "to read it as a volume of one channel")
        raise ShapeError(sentence + "Wire it to a volume, or to a layer that gives volumes.")
    channels, depth, height, width = x.sizes
    return channels, depth, height, width


def flat(x: Shape, port: str = "x") -> int:
    """The number of features of ``x``, which arrives at ``port``: the last axis of a vector or sequence of vectors.

    Raises:
        ShapeError: if ``x`` is an image or holds ints.
    """
    if x.dtype == "float" and x.rank in (1, 2):
        return x.sizes[-1]
    sentence = f"This layer reads a flat list of numbers, but {describe(x)} arrives. "
    if x.dtype != "float":
        raise _coded(x, sentence, port)
    fixes = [InsertBefore("Flatten", port)]
    if x.rank > 2 and x.values > x.sizes[0]:
        fixes.append(InsertBefore("GlobalAvgPool", port))
        raise ShapeError(sentence + "Put a Flatten before it, or a global average pooling, which keeps less.", fixes)
    raise ShapeError(sentence + "Put a Flatten before it.", fixes)


def sequence(x: Shape, port: str = "x") -> tuple[int, int]:
    """The (time, features) of ``x``, which arrives at ``port``.

    Raises:
        ShapeError: if ``x`` is not a sequence of vectors.
    """
    if x.rank != 2 or x.dtype != "float":
        sentence = f"This layer reads a sequence (time, features), but {describe(x)} arrives. "
        if x.kind == "tokens" and x.rank == 1:
            raise _coded(x, sentence, port)
        if x.kind == "image" and x.sizes[0] == 1:
            raise _reshaped(sentence, x.sizes[1:], "to read the image row by row", port)
        if x.kind == "vector":
            raise _reshaped(sentence, (x.values, 1), "to read one number at each step", port)
        raise ShapeError(sentence + "Wire it to a sequence, or to a layer that gives one.", port=port)
    time, features = x.sizes
    return time, features


def kept_steps(keep: Shape | None, time: int, port: str = "keep") -> None:
    """Check what says of each step whether it is real.

    Raises:
        ShapeError: if it is not a number for each of ``time`` steps.
    """
    if keep is not None and (keep.dtype != "float" or keep.sizes != (time,)):
        raise ShapeError(
            f"{port} says of each step whether it is real, so it must be a list of {time} numbers, but "
            f"{describe(keep)} arrives. Wire a padding mask of the same text to it.",
            port=port,
        )


def _reshaped(sentence: str, sizes: tuple[int, ...], purpose: str, port: str = "x") -> ShapeError:
    """The refusal of what other sizes would help."""
    fix = InsertBefore("Reshape", port, (("shape", sizes),))
    return ShapeError(f"{sentence}Put a Reshape before it, {purpose}.", fixes=[fix])


def _coded(x: Shape, sentence: str, port: str = "x") -> ShapeError:
    """The refusal of whole numbers where numbers to calculate with are needed."""
    if x.classes is None:
        return ShapeError(f"{sentence}Put an Embedding before it.", fixes=[InsertBefore("Embedding", port)])
    one_hot = InsertBefore("OneHot", port)
    embedding = InsertBefore("Embedding", port, (("num_embeddings", x.classes),))
    return ShapeError(f"{sentence}Put a One-hot or an Embedding before it.", fixes=[one_hot, embedding])


def describe(x: Shape) -> str:
    """``x`` in the middle of a sentence: ``an image (3, 32, 32)``."""
    words = {
        "number": "one number",
        "label": "a class label",
        "vector": "a list of any length" if x.variants else f"a list of {x.values} numbers",
        "tokens": f"text {x.tuple_text} of whole numbers",
        "sequence": f"a sequence {x.tuple_text}",
        "image": f"an image {x.tuple_text}",
        "volume": f"a block {x.tuple_text}",
    }
    return words[x.kind]


def window_size(side: int, window: int, *, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many positions a window takes along one side; zero or less if it does not fit.

    The rule of torch's convolutions and poolings (``floor`` form):
    ``(side + 2·padding − dilation·(window − 1) − 1) // stride + 1``.
    """
    return (side + 2 * padding - dilation * (window - 1) - 1) // stride + 1


def floats(x: Shape, port: str = "x") -> Shape:
    """``x`` itself, which arrives at ``port``, for layers that work on every value alone.

    Raises:
        ShapeError: if ``x`` holds ints, which stand for classes or words and cannot be calculated with.
    """
    if x.dtype != "float":
        raise _coded(x, f"This layer calculates with numbers, but {describe(x)} arrives. ", port)
    return x
