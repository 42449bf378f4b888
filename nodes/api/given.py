"""Start weights that somebody has set by hand, as the text that a drawing keeps: ``weight 1×3: 6 2 2; bias 1: -5``.

Names are torch's; the shape may be left out (``weight: 6 2 2``), and so may the name: then the entries stand for the
weights of the layer in their order. Numbers follow each other as in memory, the last axis fastest.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from math import prod

from nodes.api.params import Text
from nodes.api.shapes import times

MOST = 4096  # numbers of a layer: more are no longer set by hand
LONGEST = 100_000
_ENTRY = re.compile(r"(?:(?P<name>[A-Za-z_][\w.]*)\s*)?(?P<shape>\d+(?:\s*[×x]\s*\d+)*)?\s*(?P<colon>:)", re.ASCII)

Tables = Mapping[str, tuple[float, ...]]
Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Given(Text):
    """Weights set by hand, as text."""

    most: int = LONGEST
    example: str = "weight: 6 2 2; bias: -5"


@dataclass(frozen=True, slots=True)
class GivenTensor:
    """The numbers of one tensor as they are written; ``name`` and ``shape`` where they are said."""

    name: str
    shape: tuple[int, ...] | None
    numbers: tuple[float, ...]


class BadGiven(ValueError):
    """The text cannot be read, or does not fit the layer. The message is a sentence; ``whole`` is a text that would
    fit, where there is one."""

    def __init__(self, sentence: str, whole: str = "") -> None:
        super().__init__(sentence)
        self.whole = whole


@lru_cache(maxsize=32)
def entries_of(text: str) -> tuple[GivenTensor, ...]:
    """What stands in a text.

    Raises:
        BadGiven: for what is no number, or a shape that its numbers do not fill.
    """
    found: list[GivenTensor] = []
    for part in (each.strip() for each in text.split(";")):
        if not part:
            continue
        head = _ENTRY.match(part)
        name = head["name"] or "" if head is not None else ""
        sizes = head["shape"] if head is not None else None
        shape = tuple(int(size) for size in re.split(r"\s*[×x]\s*", sizes)) if sizes else None
        numbers = tuple(
            _number(word) for word in re.split(r"[\s,|]+", part[head.end() if head else 0 :].strip()) if word
        )
        if shape is not None and prod(shape) != len(numbers):
            raise BadGiven(
                f"{name or 'An entry'} says {times(shape)}, which is {prod(shape):,} numbers, but {len(numbers):,} "
                f"stand there. Write as many, or leave the shape out."
            )
        if name and any(each.name == name for each in found):
            raise BadGiven(f"{name} stands there twice. Leave one of them out.")
        found.append(GivenTensor(name, shape, numbers))
    return tuple(found)


def _number(word: str) -> float:
    try:
        value = float(word.replace("−", "-"))
    except ValueError:
        raise BadGiven(
            f"{word[:30]!r} is no number. Write numbers with blanks between, such as weight: 6 2 2; bias: -5."
        ) from None
    if not math.isfinite(value) or abs(value) > 1e30:
        raise BadGiven(f"{word[:30]} cannot be calculated with. Write a number such as 0.5.")
    return value


def fitted(text: str, shapes: Shapes) -> tuple[Tables, tuple[str, ...]]:
    """The numbers for weights of these shapes, by name, each in full; and a sentence for each that was given in another
    shape: what fits is kept, from the first number of each axis on, and the rest is 0. What is not given is 0.

    Raises:
        BadGiven: if there are names that the layer does not have, another number of numbers than it needs where no
            shape is said, or more numbers than are set by hand.
    """
    total = sum(map(prod, shapes.values()))
    if total > MOST:
        raise BadGiven(
            f"Weights are given by hand for layers of up to {MOST:,} numbers, and this one has {total:,}. "
            "Choose another start rule."
        )
    names = list(shapes)
    made: dict[str, tuple[float, ...]] = {}
    said: list[str] = []
    wrong = ""
    for place, entry in enumerate(entries_of(text)):
        name = entry.name or (names[place] if place < len(names) else "")
        if name not in shapes:
            has = ", ".join(f"{each} ({times(shape) or 'one number'})" for each, shape in shapes.items())
            raise BadGiven(
                f"There are no weights {name or 'for the ' + str(place + 1) + 'th entry'}. This layer has {has}."
            )
        shape = shapes[name]
        if entry.shape is None and len(entry.numbers) != prod(shape):
            wrong = wrong or (
                f"{name} is {times(shape) or 'one number'}, so it needs {prod(shape):,} numbers, and "
                f"{len(entry.numbers):,} {'is' if len(entry.numbers) == 1 else 'are'} given."
            )
            numbers = (*entry.numbers, *(0.0,) * prod(shape))[: prod(shape)]
        else:
            numbers = resized(entry.numbers, entry.shape or shape, shape)
            if entry.shape not in (None, shape):
                said.append(
                    f"{name} was given as {times(entry.shape or ())} and is {times(shape)} now: what fits is kept, "
                    "the rest is 0."
                )
        made[name] = numbers
    if wrong:
        raise BadGiven(f"{wrong} Write as many, or fill up with 0.", written(made, shapes))
    return {name: made.get(name, (0.0,) * prod(shape)) for name, shape in shapes.items()}, tuple(said)


def resized(numbers: Sequence[float], before: tuple[int, ...], after: tuple[int, ...]) -> tuple[float, ...]:
    """Numbers of one shape in another: each stays at its place along every axis; what is new is 0. With another number
    of axes they keep their order."""
    if before == after:
        return tuple(numbers)
    if len(before) != len(after):
        return (*numbers, *(0.0,) * prod(after))[: prod(after)]
    known = dict(zip(product(*map(range, before)), numbers))
    return tuple(known.get(place, 0.0) for place in product(*map(range, after)))


def written(tables: Tables, shapes: Shapes) -> str:
    """The text of weights by name."""
    return "; ".join(
        f"{name}{' ' + times(shapes[name]) if shapes[name] else ''}: {' '.join(map(spelled, numbers))}"
        for name, numbers in tables.items()
    )


def spelled(value: float) -> str:
    """A number as short as single precision allows."""
    return f"{value:.9g}"


def nested(numbers: Sequence[float], shape: tuple[int, ...]) -> object:
    """The numbers as lists in lists, as torch.tensor takes them."""
    if not shape:
        return numbers[0]
    if len(shape) == 1:
        return list(numbers)
    step = prod(shape[1:])
    return [nested(numbers[first : first + step], shape[1:]) for first in range(0, len(numbers), step)]
