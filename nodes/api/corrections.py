"""What a student has corrected about the samples of a source: other classes, and samples that are left out.

It is kept in the drawing by the samples' names and never written into the student's files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nodes.api.params import Param
from nodes.api.schema import Field, Schema

CORRECTIONS = "corrections"  # the name of the setting, in the settings of a node only where there are any
_MOST = 10_000  # as many as the entry of a drawing's file may have
_LONGEST = 4096

# The sample's name, the class that its data says, and the class it has instead; without that, it is left out.
Correction = tuple[str, str] | tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Corrections(Param):
    """One correction for each sample that has any, sorted by their names."""

    def __post_init__(self) -> None:
        if self.default is None:
            object.__setattr__(self, "default", ())

    def check(self, value: Any) -> tuple[Correction, ...]:
        found: dict[str, Correction] = {}
        if not isinstance(value, (list, tuple)) or len(value) > _MOST:
            raise self._refuse(value, "a list of corrected samples, or empty")
        for entry in value:
            if not isinstance(entry, (list, tuple)) or len(entry) not in (2, 3) or not all(map(_word, entry)):
                raise self._refuse(entry, "a list of corrected samples: name, class, and class instead or nothing")
            if len(entry) == 2:
                found[entry[0]] = (entry[0], entry[1])
            elif entry[1] != entry[2]:
                found[entry[0]] = (entry[0], entry[1], entry[2])
        return tuple(found[name] for name in sorted(found))

    def format(self, value: Any) -> str:
        return f"{len(value):,} corrected" if value else ""


def _word(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST


def spelt_out(corrections: Sequence[Correction]) -> list[tuple[str, str, str | None]]:
    """Name, class, and class instead; None for what is left out."""
    return [(entry[0], entry[1], entry[2] if len(entry) == 3 else None) for entry in corrections]


def without_corrections(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that a source's own functions take."""
    return {name: value for name, value in settings.items() if name != CORRECTIONS}


def corrected_field(schema: Schema) -> str | None:
    """The field whose classes can be corrected: the first with one class for each sample."""
    return next((name for name, field in schema.fields.items() if field.classes and not field.sizes), None)


def class_words(field: Field) -> tuple[str, ...]:
    """What the classes are called; their numbers where there are no words."""
    return field.classes if isinstance(field.classes, tuple) else tuple(map(str, range(field.classes)))


def corrected(schema: Schema, corrections: Sequence[Correction]) -> Schema:
    """What is said of data with these corrections: how many samples each class has then, and how many are left out.
    The number of samples stays what the data has."""
    if not corrections:
        return schema
    entries = spelt_out(corrections)
    out = sum(now is None for _, _, now in entries)
    changed = len(entries) - out
    said = []
    if out:
        said.append(f"{out:,} left out by you")
    if changed:
        said.append(f"{changed:,} with another class by you")
    fields = dict(schema.fields)
    name = corrected_field(schema)
    if name is not None and fields[name].counts:
        places = {word: place for place, word in enumerate(class_words(fields[name]))}
        counts = list(fields[name].counts)
        for _, was, now in entries:
            if was in places:
                counts[places[was]] -= 1
            if now in places:
                counts[places[now]] += 1
        fields[name] = replace(fields[name], counts=tuple(max(0, count) for count in counts))
    return replace(schema, fields=fields, remarks=(*schema.remarks, f"{' and '.join(said)}."))
