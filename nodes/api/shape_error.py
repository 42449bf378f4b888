"""A layer's refusal: a sentence for a beginner, and the changes that would help."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SetParam:
    """Fix: give a setting of the layer that complained another value."""

    param: str
    value: Any


@dataclass(frozen=True, slots=True)
class SetUpstream:
    """Fix: change a setting of the nearest layer before this one that has it.

    A loss knows that ten scores are needed, but not which layer produces them.
    """

    param: str
    value: Any
    port: str


@dataclass(frozen=True, slots=True)
class InsertBefore:
    """Fix: put a layer of type ``type`` on the wire that enters ``port``.

    Of the wires at a port that takes many, ``place`` says which is meant, counted from 0.
    """

    type: str
    port: str = "x"
    params: tuple[tuple[str, Any], ...] = field(default=())
    place: int = 0


@dataclass(frozen=True, slots=True)
class UseInstead:
    """Fix: put a layer of another type in the place of the one that complained, on the same wires."""

    type: str
    params: tuple[tuple[str, Any], ...] = field(default=())


Fix = SetParam | SetUpstream | InsertBefore | UseInstead


class ShapeError(ValueError):
    """What arrives cannot be used by a layer with these settings.

    ``sentence`` says what arrived, what is needed and what would help; it does not name the
    node, because whoever shows it knows where it happened. ``port`` is where the culprit arrives, if the others
    that arrive have no part in it and the fixes do not say it already.
    """

    def __init__(self, sentence: str, fixes: Sequence[Fix] = (), port: str = "") -> None:
        super().__init__(sentence)
        self.port = port
        self.sentence = sentence
        self.fixes = tuple(fixes)
