"""What was seen of data in files, in the drawing's own file: by the name of the source, so that a drawing whose data
lies elsewhere opens with all its shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from app.core.graph.model import Graph, Project
from app.core.graph.seen import is_looked_at, key_of, seen_of
from app.core.graph.seen_schema import Key, SeenSchema
from nodes.api import Field, Schema, quoted
from nodes.api.schema import PARTS

_MOST_FIELDS = 100
_MOST_CLASSES = 200_000
_NOUN = Schema({}).noun
_MOST = 2**40  # of anything that is counted


def schemas_to_dict(project: Project) -> dict[str, Any]:
    """The entry ``schemas``; empty where no source reads files."""
    entries = {}
    for name, node in project.graph.nodes.items():
        seen = seen_of(project.schemas, node) if is_looked_at(node) else None
        if seen is not None and seen.schema is not None:
            entries[name] = _to_dict(seen.schema)
    return entries


def _to_dict(schema: Schema) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, known in schema.fields.items():
        classes = list(known.classes) if isinstance(known.classes, tuple) else known.classes
        fields[name] = {"sizes": list(known.sizes), "dtype": known.dtype} | ({"classes": classes} if classes else {})
        if known.names:
            fields[name]["names"] = list(known.names)
        if known.any_length:
            fields[name]["any_length"] = known.any_length
    entry: dict[str, Any] = {"fields": fields}
    if schema.samples is not None:
        entry["samples"] = schema.samples
    if schema.parts:
        entry["parts"] = dict(schema.parts)
    if schema.ordered:
        entry["ordered"] = True
    if schema.overlap:
        entry["overlap"] = schema.overlap
    if schema.groups:
        entry["groups"] = schema.groups
    if schema.settled:
        entry["settled"] = {name: _plain(value) for name, value in schema.settled.items()}
    if schema.noun != _NOUN:
        entry["noun"] = list(schema.noun)
    return entry


def read_schemas(entries: Mapping[str, Any], graph: Graph, say: Callable[[str], None]) -> Mapping[Key, SeenSchema]:
    """What the entry ``schemas`` of a file says of the sources in ``graph``. What cannot be used is left out; a look at
    the data itself brings it back."""
    found: dict[Key, SeenSchema] = {}
    for name, entry in entries.items():
        node = graph.nodes.get(name)
        key = key_of(node) if node is not None else None
        if key is None:
            continue
        schema = _schema(entry)
        if schema is None:
            say(f"What is said of the data of {quoted(name)} cannot be used and was left out.")
        else:
            found[key] = SeenSchema(schema)
    return MappingProxyType(found)


def _schema(entry: Any) -> Schema | None:
    if not isinstance(entry, dict) or not isinstance(entry.get("fields"), dict):
        return None
    fields = {name: _field(value) for name, value in entry["fields"].items()}
    samples, parts = entry.get("samples"), entry.get("parts", {})
    sound = (
        0 < len(fields) <= _MOST_FIELDS
        and (samples is None or _counts(samples))
        and isinstance(parts, dict)
        and all(name in PARTS and _counts(number) for name, number in parts.items())
    )
    known = {name: value for name, value in fields.items() if value is not None and len(name) <= 200}
    if not sound or len(known) != len(fields):
        return None
    groups, noun, overlap = entry.get("groups", ""), entry.get("noun", _NOUN), entry.get("overlap", 0)
    plain = isinstance(noun, list | tuple) and len(noun) == 2 and all(_word(each) for each in noun)
    return Schema(
        known,
        samples,
        parts,
        noun=tuple(noun) if plain else _NOUN,
        ordered=entry.get("ordered") is True,
        overlap=overlap if _counts(overlap) else 0,
        groups=groups if _word(groups) else "",
        settled=_settled(entry.get("settled", {})),
    )


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _settled(entry: Any) -> dict[str, Any]:
    """Values of settings, which those who use them check."""
    if not isinstance(entry, dict) or len(entry) > _MOST_FIELDS:
        return {}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in entry.items()
        if _word(name) and isinstance(value, str | int | float | list)
    }


def _word(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 200


def _field(entry: Any) -> Field | None:
    if not isinstance(entry, dict) or entry.get("dtype") not in ("float", "int"):
        return None
    sizes, classes, length = entry.get("sizes"), entry.get("classes", 0), entry.get("any_length", "")
    if not isinstance(sizes, list) or len(sizes) > 8 or not all(_counts(side) and side for side in sizes):
        return None
    if isinstance(classes, list):
        if len(classes) > _MOST_CLASSES or not all(isinstance(word, str) and len(word) <= 1000 for word in classes):
            return None
        classes = tuple(classes)
    elif _counts(classes):
        classes = classes or ()
    else:
        return None
    names, named = _names(entry.get("names"), sizes), length if _word(length) else ""
    return Field(tuple(sizes), entry["dtype"], classes, names=names, any_length=named)


def _names(names: Any, sizes: list[int]) -> tuple[str, ...]:
    """Names that fit the last side; a look at the data brings back what cannot be used."""
    fit = isinstance(names, list) and sizes and len(names) == sizes[-1]
    return tuple(names) if fit and all(isinstance(name, str) and len(name) <= 1000 for name in names) else ()


def _counts(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST
