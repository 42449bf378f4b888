"""What a sweep tells: frozen values with plain numbers inside. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from app.training.events import Event


@dataclass(frozen=True, slots=True)
class VariantAdded:
    """A variant that is to be trained, or was already. ``number`` counts from 0; ``folder`` is that of its run;
    ``parent`` the number of the variant that it descends from, if it does."""

    number: int
    name: str
    values: Mapping[str, Any]
    folder: str
    done: bool = False
    parent: int | None = None


@dataclass(frozen=True, slots=True)
class SweepPlan:
    """How the variants train, in sentences. ``together`` and ``apart`` count those that share their steps, and those
    with a process of their own."""

    together: int
    apart: int
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VariantEvent:
    """An event of one variant."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class SweepEnded:
    """The last event. ``stopped``: on request, and the same sweep goes on where it was."""

    stopped: bool
    counts: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


SweepEvent = VariantAdded | SweepPlan | VariantEvent | SweepEnded
