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
    the source in the drawing is read (lengths, words), to be used in its place. ``note`` says where another path than
    the dropped one is read."""

    path: Path
    best: UnderstoodSource
    others: tuple[UnderstoodSource, ...] = ()
    like: UnderstoodSource | None = None
    note: str = ""

    @property
    def instead(self) -> UnderstoodSource:
        """What stands in the place of a source."""
        return self.like or self.best


def understanding(path: Path, dropped: tuple[Path, ...], drawn: Mapping[str, Any]) -> Iterator[Picture]:
    """The best source for a path, or why there is none; of several that are nothing alone, or a sample or a class each,
    their folder."""
    try:
        known = candidates(path)
        yield from (Picture(FIRST, first_sentence(each)) for each in known[:1])
        found = _best(path, known, drawn)
        found = _together(found, dropped, drawn) or found
    except NoData as reason:
        if not _in_one_folder(dropped):
            yield Picture("data", str(reason))
            return
        try:
            found = _best(path.parent, candidates(path.parent), drawn)
        except NoData:
            yield Picture("data", str(reason))
            return
    yield Picture("data", found)


def _in_one_folder(dropped: tuple[Path, ...]) -> bool:
    return len(dropped) > 1 and len({each.parent for each in dropped}) == 1


def _together(found: FoundData, dropped: tuple[Path, ...], drawn: Mapping[str, Any]) -> FoundData | None:
    """Of several pictures, or folders of one class each, what the folder is that holds them; None if they are no parts
    of anything. A source reads a folder as it stands, so what else lies there comes along, and is said."""
    alone = found.best.schema
    if alone is None or not _in_one_folder(dropped):
        return None
    classes = all(each.is_dir() for each in dropped)
    if (alone.samples != 1 or not all(each.is_file() for each in dropped)) and (not classes or "label" in alone.fields):
        return None
    folder = dropped[0].parent
    try:
        whole = _best(folder, candidates(folder), drawn)
    except NoData:
        return None
    schema = whole.best.schema
    if schema is None or whole.best.layer.id != found.best.layer.id:
        return None
    there = schema.samples or 0
    if classes:
        label = schema.fields.get("label")
        known = label.classes if label is not None else ()
        if not isinstance(known, tuple) or not {each.name for each in dropped} <= set(known):
            return None
        there = len(known)
    if there <= len(dropped):
        return whole
    which = f"the {len(dropped):,} folders" if classes else f"the {len(dropped):,} files"
    return replace(
        whole,
        note=f"The folder {folder.name} is read as a whole: it holds more than {which} that were dropped. "
        "To have only those, put them into a folder of their own.",
    )


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
