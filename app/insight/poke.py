"""What somebody does to a copy of a net, as values: a unit, channel or head switched off, scaled or held; one weight
set; the smallest weights pruned. Written as the command line takes it. Standard library only."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

_UNIT = re.compile(r"(?P<node>[^:=\s]+?)(?::(?P<at>[^:=\s]*))?")
_HEAD = re.compile(r"(?P<kind>head|cross)(?P<number>\d+)", re.IGNORECASE)


class BadPoke(ValueError):
    """What was asked for cannot be read. The message is a sentence with an example."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Values of a node are made ``factor`` times themselves plus ``added``.

    ``node`` may name an output (``lstm.hidden``). ``at`` is empty for all values; else the channel of maps, the unit of
    a list, the feature of a sequence, and behind that row and column, or the step, where only one value is meant.
    """

    node: str
    at: tuple[int, ...] = ()
    factor: float = 0.0
    added: float = 0.0

    @property
    def place(self) -> str:
        """The values as they are written: ``conv1:3``."""
        return f"{self.node}:{','.join(map(str, self.at))}" if self.at else self.node

    @property
    def said(self) -> str:
        """What is done, for the list."""
        return f"{self.place} {_done(self.factor, self.added)}"


@dataclass(frozen=True, slots=True)
class HeadEdit:
    """What one head of an attention finds is made ``factor`` times itself plus ``added``, before the heads are mixed.
    ``cross``: of the attention to another sequence, in a decoder layer. ``copy`` is one of several repeated layers."""

    node: str
    head: int
    factor: float = 0.0
    added: float = 0.0
    cross: bool = False
    copy: int | None = None

    @property
    def place(self) -> str:
        """The head as it is written: ``attention:head2``."""
        copy = f"{self.copy}." if self.copy is not None else ""
        return f"{self.node}:{copy}{'cross' if self.cross else 'head'}{self.head}"

    @property
    def said(self) -> str:
        """What is done, for the list."""
        return f"{self.place} {_done(self.factor, self.added)}"


@dataclass(frozen=True, slots=True)
class Weight:
    """One number among the weights of a layer: ``name`` is torch's, such as ``weight``."""

    node: str
    name: str
    at: tuple[int, ...]
    value: float

    @property
    def place(self) -> str:
        """The weight as it is written: ``conv1.weight:3,0,2,2``."""
        return f"{self.node}.{self.name}:{','.join(map(str, self.at))}"

    @property
    def said(self) -> str:
        """What is done, for the list."""
        return f"{self.place} = {_number(self.value)}"


@dataclass(frozen=True, slots=True)
class Prune:
    """So many per cent of the weights, those nearest to 0, become 0: of one layer, or of all together."""

    percent: float
    node: str = ""

    @property
    def place(self) -> str:
        """What is pruned: the layer, or empty for all."""
        return self.node

    @property
    def said(self) -> str:
        """What is done, for the list."""
        return f"smallest {_number(self.percent)} % of the weights{f' of {self.node}' if self.node else ''} pruned"


Poke = Unit | HeadEdit | Weight | Prune


def _number(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def _done(factor: float, added: float) -> str:
    if factor == 0:
        return f"held at {_number(added)}" if added else "off"
    return f"× {_number(factor)}"


def read_pokes(off: str = "", scale: str = "", hold: str = "", weights: str = "", prune: str = "") -> tuple[Poke, ...]:
    """What texts stand for, each a list with blanks between: ``off="conv1:3 attention:head2"``, ``scale="conv1:0=2"``,
    ``hold="fc1:2=0.5"``, ``weights="conv1.weight:3,0,2,2=0.5"``, ``prune="30 fc1=50"``. Weights are set after pruning.

    Raises:
        BadPoke: for what cannot be read, with an example.
    """
    made: list[Poke] = []
    for word in prune.split():
        node, given, number = word.rpartition("=")
        percent = _value(number, "prune", "30 or fc1=50")
        if not 0 <= percent <= 100 or bool(given) != bool(node):
            raise BadPoke(f"prune {word}: write a number from 0 to 100, such as 30, or with a layer: fc1=50.")
        made.append(Prune(percent, node))
    for word in weights.split():
        place, value = _assigned(word, "weights", "conv1.weight:3,0,2,2=0.5")
        owner, found, at = place.partition(":")
        node, dot, name = owner.partition(".")
        if not (found and dot and node and name):
            raise BadPoke(f"weights {word}: write layer, weight, place and value, such as conv1.weight:3,0,2,2=0.5.")
        made.append(Weight(node, name, _numbers(at, "weights", word), value))
    made += [target(word, "off", "conv1:3 or attention:head2") for word in off.split()]
    for word in scale.split():
        place, value = _assigned(word, "scale", "conv1:3=2")
        made.append(target(place, "scale", "conv1:3=2", value, 0.0))
    for word in hold.split():
        place, value = _assigned(word, "hold", "fc1:2=0.5")
        made.append(target(place, "hold", "fc1:2=0.5", 0.0, value))
    return tuple(made)


def target(text: str, option: str, example: str, factor: float = 0.0, added: float = 0.0) -> Unit | HeadEdit:
    """The values that ``conv1``, ``conv1:3``, ``conv1:3,4,5``, ``attention:head2`` or ``encoder:1.head2`` name.

    Raises:
        BadPoke: for anything else.
    """
    found = _UNIT.fullmatch(text)
    if found is None:
        raise BadPoke(f"{option} {text}: name a layer and what is meant of it, such as {example}.")
    node, at = found["node"], found["at"]
    if at is None:
        return Unit(node, (), factor, added)
    copy, dot, name = at.rpartition(".")
    head = _HEAD.fullmatch(name)
    if head is not None and (not dot or copy.isdecimal()):
        cross = head["kind"].lower() == "cross"
        return HeadEdit(node, int(head["number"]), factor, added, cross, int(copy) if dot else None)
    return Unit(node, _numbers(at, option, text), factor, added)


def _assigned(word: str, option: str, example: str) -> tuple[str, float]:
    place, given, number = word.rpartition("=")
    if not given or not place:
        raise BadPoke(f"{option} {word}: write place=value, such as {example}.")
    return place, _value(number, option, example)


def _value(text: str, option: str, example: str) -> float:
    try:
        value = float(text.replace("−", "-"))
    except ValueError:
        raise BadPoke(f"{option}: {text!r} is no number. Write for example {example}.") from None
    if not math.isfinite(value):
        raise BadPoke(f"{option}: {text} is no finite number. Write for example {example}.")
    return value


def _numbers(text: str, option: str, word: str) -> tuple[int, ...]:
    parts = text.split(",")
    if not all(part.isdecimal() and part.isascii() for part in parts):
        raise BadPoke(f"{option} {word}: places are whole numbers from 0 on with commas between, such as conv1:3,4,5.")
    return tuple(int(part) for part in parts)


def words_of(pokes: Iterable[Poke], most: int = 4) -> str:
    """All of it in a line."""
    said = [poke.said for poke in pokes]
    more = f" and {len(said) - most} more" if len(said) > most else ""
    return "; ".join(said[:most]) + more
