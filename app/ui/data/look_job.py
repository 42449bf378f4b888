"""Looks at data that was dropped, in a job: the best source for it, and the others that can read it too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.data.understanding import UnderstoodSource, as_drawn, candidates, first_sentence, looked_at, understand
from app.jobs.messages import Picture
from nodes.api import NoData

FIRST = "first"  # the key of the sentence that is told before the data has been read


@dataclass(frozen=True)
class FoundData:
    """What a look at a path gave: the best source first, others that can read it too. ``like`` is the best one as
    the source in the drawing is read (lengths, words), to be used in its place."""

    path: Path
    best: UnderstoodSource
    others: tuple[UnderstoodSource, ...] = ()
    like: UnderstoodSource | None = None

    @property
    def instead(self) -> UnderstoodSource:
        """What stands in the place of a source."""
        return self.like or self.best


def understanding(path: Path, dropped: tuple[Path, ...], drawn: Mapping[str, Any]) -> Iterator[Picture]:
    """The best source for a path, or why there is none; of several files that are nothing alone, their folder."""
    try:
        known = candidates(path)
        yield from (Picture(FIRST, first_sentence(each)) for each in known[:1])
        found = _best(path, known, drawn)
    except NoData as reason:
        if len(dropped) < 2 or len({each.parent for each in dropped}) > 1:
            yield Picture("data", str(reason))
            return
        try:
            found = _best(path.parent, candidates(path.parent), drawn)
        except NoData:
            yield Picture("data", str(reason))
            return
    yield Picture("data", found)


def _best(path: Path, known: Sequence[UnderstoodSource], drawn: Mapping[str, Any]) -> FoundData:
    best = None
    for each in understand(path, known):
        if best is None or each.schema is not None:
            best = each
        if each.schema is not None:
            break
    assert best is not None, "where there is no candidate it says so"
    others = tuple(other for other in known if other.layer.id != best.layer.id)
    return FoundData(path, best, others, as_drawn(best, drawn))


def looking(
    path: Path, wanted: UnderstoodSource, others: tuple[UnderstoodSource, ...], drawn: Mapping[str, Any]
) -> Iterator[Picture]:
    """One source looked at with its settings."""
    try:
        best = looked_at(replace(wanted, settings=wanted.layer.settings(wanted.settings)))
    except ValueError as reason:
        best = replace(wanted, schema=None, trouble=str(reason), choices=())
    yield Picture("data", FoundData(path, best, others, as_drawn(best, drawn)))
