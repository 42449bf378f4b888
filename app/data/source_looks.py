"""Looks at the files of sources: what there is, or why it cannot be read. Loads neither torch nor the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from app.core.graph.model import Graph, Project
from app.core.graph.roles import role_of
from app.core.graph.seen import key_of, to_look_at
from app.core.graph.seen_schema import Key, SeenSchema
from app.data.answered_guesses import earlier, with_answered
from app.data.refusals import waits
from nodes.api import BadSetting, Field, Layer, NoData, Schema
from nodes.api.corrections import without_corrections
from nodes.api.registry import find

UNKNOWN = "<unk>"  # the word that stands for those that are not known
AS_NUMBERS = "numbers"  # the answer of a source that asks whether targets of 0 or 1 are labels


def schema_of(layer: Layer, settings: Mapping[str, Any]) -> Schema:
    """What a source offers with these checked settings, as its files look now.

    Raises:
        NoData: if that cannot be found out.
    """
    assert layer.source is not None
    for name in layer.source.paths:
        if settings[name] and waits(Path(settings[name])):
            raise NoData(f"{settings[name]} is no ordinary file, but a pipe, a device or the like. Choose a file.")
    try:
        return layer.source.describe(**without_corrections(settings))
    except Exception as error:
        raise no_data(error, layer, settings) from error


def as_before(settings: Mapping[str, Any], schema: Schema | None) -> dict[str, Any]:
    """Settings for other data, so that it is prepared as that of ``schema`` was: what was left to the data is what it
    came to there."""
    settled = schema.settled if schema is not None else {}
    return {name: settled.get(name, value) if value == "auto" else value for name, value in settings.items()}


def read_as(layer: Layer, settings: Mapping[str, Any], schema: Schema | None) -> dict[str, Any]:
    """The same where the source takes all those values; what it does not take is left to the data."""
    found = dict(settings)
    for name, value in as_before(settings, schema).items():
        try:
            found = layer.settings({**found, name: value})
        except BadSetting:
            continue
    return found


def as_trained(layer: Layer, settings: Mapping[str, Any], schema: Schema | None) -> Mapping[str, Any]:
    """Settings by which the data of ``schema`` is read as it was, where the version that looked at it guessed in
    another way."""
    made = layer.source.as_trained if layer.source is not None else None
    if made is None or schema is None or not schema.settled:
        return settings
    try:
        return layer.settings(made(schema.settled, settings))
    except BadSetting:  # of a file that somebody has changed
        return settings


def labels_since(before: Schema | None, now: Schema | None) -> bool:
    """Whether several targets of 0 or 1 are labels now that were numbers when an earlier version looked at them."""
    return before is not None and now is not None and dict(numbers_again(before, now)) != dict(now.fields)


def numbers_again(before: Schema, now: Schema) -> Mapping[str, Field]:
    """The fields of ``now``, with labels as the numbers that they were ``before``."""
    fields = dict(now.fields)
    for name, field in now.fields.items():
        then = before.fields.get(name)
        labels = field.dtype == "int" and field.classes == 2 and len(field.sizes) == 1
        if labels and then is not None and then.dtype == "float" and then.sizes == field.sizes:
            fields[name] = replace(field, dtype="float", classes=())
    return MappingProxyType(fields)


def with_numbers(layer: Layer, settings: Mapping[str, Any], now: Schema) -> Mapping[str, Any]:
    """Settings by which labels are read as numbers, which the question about them offers."""
    for guess in now.guesses:
        for label, value in guess.choices:
            if label == AS_NUMBERS and value != guess.chosen:
                changed = layer.settings({**settings, guess.setting: value})
                if labels_since(schema_of(layer, changed), now):
                    return changed
    return settings


def changed_since(settings: Mapping[str, Any], before: Schema | None, now: Schema | None) -> tuple[str, ...]:
    """The settings left to the data that came to something else than before."""
    if before is None or now is None:
        return ()
    return tuple(
        name
        for name, value in settings.items()
        if value == "auto" and name in before.settled and before.settled[name] != now.settled.get(name, value)
    )


def schema_as_before(layer: Layer, settings: Mapping[str, Any], before: Schema | None) -> Schema:
    """What the files look like now to somebody who reads them as those of ``before`` were. What settings came to there
    stays known.

    Raises:
        NoData: as ``schema_of`` does.
    """
    found = schema_of(layer, read_as(layer, settings, before))
    if labels_since(before, found):
        found = schema_of(layer, with_numbers(layer, read_as(layer, settings, before), found))
    return replace(found, settled={**found.settled, **(before.settled if before is not None else {})})


def renumbered(now: Sequence[str], before: Sequence[str]) -> list[int]:
    """The number that each class of other data had in the training; of an unknown word that of unknown words, or -1
    where there is none."""
    places = {word: place for place, word in enumerate(before)}
    return [places.get(word, places.get(UNKNOWN, -1)) for word in now]


def no_data(error: Exception, layer: Layer, settings: Mapping[str, Any]) -> NoData:
    """What a source raised, as a sentence with the remedy."""
    if isinstance(error, NoData):
        return error
    assert layer.source is not None
    named = next((settings[name] for name in layer.source.paths if settings[name]), "")
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and "memory" in str(error)):
        return NoData(
            f"There is not enough memory for the data of {named or layer.name}. Use fewer or smaller samples."
        )
    if isinstance(error, FileNotFoundError):
        return NoData(f"There is no file {named or error.filename}. Find it, or choose another one.")
    if isinstance(error, OSError):
        place = error.filename or named or layer.name
        return NoData(f"{place} cannot be read: {error.strerror or error}. Choose another file.")
    text = " ".join(str(error).split())[:300] or type(error).__name__
    if not text.endswith((".", "!", "?")):
        return NoData(f"{named or layer.name} cannot be read: {text}.")
    tells = not named or Path(named).name in text or Path(named).is_dir()  # of a folder the files in it are named
    return NoData(text if tells else f"{named}: {text}")


def looks(
    project: Project, beside: Path | None = None, only: frozenset[Key] | None = None, as_seen: bool = False
) -> Iterator[tuple[Key, SeenSchema]]:
    """Look at the files of each source of a drawing, or of those with the keys ``only``.

    What was seen before is kept where a file is missing. ``beside`` is the drawing's own file: where data is missing, a
    file of the same name in its folder is offered. ``as_seen`` reads them as they were when they were seen last: what
    settings are left to the data is what it came to then.
    """
    for key, settings in to_look_at(project.graph):
        if only is not None and key not in only:
            continue
        layer = find(key[0])
        assert layer is not None
        try:
            known = project.schemas.get(key, SeenSchema()).schema if as_seen else None
            found = schema_as_before(layer, settings, known)
            seen = project.schemas.get(key, SeenSchema()).schema
            if labels_since(seen, found) and _read_by_layers(project.graph, key, found):
                found = schema_of(layer, with_numbers(layer, settings, found))  # of which a layer takes only numbers
            yield key, SeenSchema(with_answered(layer, settings, found, earlier(project.schemas, key, layer)))
        except NoData as reason:
            before = project.schemas.get(key, SeenSchema())
            yield key, SeenSchema(before.schema, str(reason), _nearby(layer, settings, beside))


def _read_by_layers(graph: Graph, key: Key, schema: Schema) -> bool:
    """Whether labels of a source are led to something else than a loss."""
    labels = {name for name, field in schema.fields.items() if field.dtype == "int" and len(field.sizes) == 1}
    return any(
        wire.source_port in labels and role_of(graph.nodes[wire.target]) != "loss" and key_of(source) == key
        for wire in graph.wires
        if wire.target in graph.nodes and (source := graph.nodes.get(wire.source)) is not None
    )


def looked_at(project: Project, beside: Path | None = None, as_seen: bool = False) -> Project:
    """The project with what its sources' files look like now; ``as_seen`` as in ``looks``."""
    found = dict(looks(project, beside, as_seen=as_seen))
    return replace(project, schemas=MappingProxyType({**project.schemas, **found})) if found else project


def _nearby(layer: Layer, settings: Mapping[str, Any], beside: Path | None) -> str:
    assert layer.source is not None
    if beside is None or not layer.source.paths:
        return ""
    path = Path(settings[layer.source.paths[0]].replace("\\", "/"))
    if path.exists():
        return ""
    for candidate in (beside.parent / path.name, beside.parent / path.parent.name / path.name):
        if candidate.exists():
            return str(candidate.resolve())
    return ""
