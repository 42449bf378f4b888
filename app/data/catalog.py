"""Loads what a source of the drawing offers, and sees that it is what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch import Tensor

from app.core.compile.plan import PlanSource
from app.data.corrected import with_corrections
from app.data.file_changes import first_changed, folders_of, has_changed, marks, of_files, with_mapped
from app.data.playing import GameFeed, steps_of_games
from app.data.playing import made as made_object
from app.data.source_looks import as_trained, changed_since, labels_since, no_data, read_as, schema_of, with_numbers
from nodes.api import Call, Drawn, Feed, Layer, NoData, Schema, Shape, times
from nodes.api.corrections import CORRECTIONS, without_corrections
from nodes.api.registry import find, layers


def load(source: PlanSource) -> Feed:
    """The data of a source node, with its schema. As long as somebody holds it, the same source gives the same object.

    Nobody keeps it for later: an open window in which nothing trains would hold all of a data set for a few samples.
    What is slow to read, a source keeps by itself in its smallest form.

    Raises:
        NoData: if there is no such source, its data cannot be read, or is not as its file looked before.
    """
    layer = find(source.type)
    if layer is None or layer.source is None:
        known = ", ".join(each.id for each in layers().values() if each.source is not None)
        raise NoData(f"There is no data {source.type!r} here. Use a source with one of these: {known}.")
    settings = as_trained(layer, without_corrections(source.settings), source.seen)
    corrections = source.settings.get(CORRECTIONS, ())
    found, key = _held_or_loaded(layer, settings)
    if changed_since(settings, source.seen, found.schema):
        # Its files are others now; what was left to them is what it came to when the drawing was checked.
        settings = read_as(layer, settings, source.seen)
        found, key = _held_or_loaded(layer, settings)
    if found.schema is not None and labels_since(source.seen, found.schema):
        found, key = _held_or_loaded(layer, with_numbers(layer, settings, found.schema))
    _check_seen(source, layer, found)
    if corrections:
        plain, whole = found, (*key, corrections)
        corrected = _held.get(whole)
        if corrected is None:
            assert plain.schema is not None, "it was written down when it was loaded"
            corrected = _held[whole] = with_corrections(plain, plain.schema, corrections)
        found = corrected
    _check_fields(source, found)
    return found


_held: WeakValueDictionary[tuple[Any, ...], Feed] = WeakValueDictionary()


def _held_or_loaded(layer: Layer, settings: Mapping[str, Any]) -> tuple[Feed, tuple[Any, ...]]:
    """The data with these settings, and under which key it is held."""
    # The same files with other sizes or times are other data, also for whoever holds them still.
    before = marks(layer, settings)
    key = (layer.id, tuple(sorted(settings.items())), before)
    found = _held.get(key)
    if found is None or first_changed(found.files):  # of files in a folder the key knows names alone
        found = _loaded(layer, settings)
        if marks(layer, settings) != before:
            raise NoData(has_changed(layer, settings, "it began to be read"))
        found.files = with_mapped(of_files(before), found.mapped_files)
        found.folders = folders_of(before)
        _held[key] = found
    return found, key


def _check_seen(source: PlanSource, layer: Layer, feed: Feed) -> None:
    """That the data is what the drawing was checked with.

    Raises:
        NoData: if not.
    """
    seen, now = source.seen, feed.schema
    if seen is None or now is None:
        return
    changed = bool(seen.stamp and now.stamp and seen.stamp != now.stamp)
    for name in source.fields:
        before, after = seen.fields.get(name), now.fields.get(name)
        changed |= before is not None and after is not None and before.classes != after.classes
    if changed:
        raise NoData(has_changed(layer, source.settings, "it was looked at"), source.node)


def _loaded(layer: Layer, settings: Mapping[str, Any]) -> Feed:
    made = layer.source
    assert made is not None
    schema = schema_of(layer, settings)
    feed: Feed
    if made.game is not None:
        feed = GameFeed(partial(steps_of_games, [made.game(**settings)] * min(4, settings["games"])))
    elif made.player is not None:
        feed = GameFeed(partial(_looked_at, made.player(**settings)))
    elif made.draw is not None:
        feed = Drawn(partial(made.draw, **settings))
    else:
        assert made.load is not None
        try:
            given = made.load(**settings)
        except Exception as error:
            raise no_data(error, layer, settings) from error
        feed = given if isinstance(given, Feed) else Feed(*given) if isinstance(given, tuple) else Feed(given)
    feed.schema = schema
    feed.fields = {name: _usual(schema, name, column) for name, column in feed.fields.items()}
    if feed.length != schema.samples:
        raise NoData(
            f"{layer.name} promised {_count(schema.samples)} and gives {_count(feed.length)}. If its file has "
            "changed in the meantime, look at it again."
        )
    return feed


def _looked_at(player: Call, count: int, generator: torch.Generator) -> Mapping[str, Tensor]:
    """Some samples of what plays in its own way, without a net."""
    found: Mapping[str, Tensor] = made_object(player).batch(None, count, generator)
    return found


def _usual(schema: Schema, name: str, column: Any) -> Any:
    """A column that is held as a tensor, in the type that a net calculates with."""
    known = schema.fields.get(name)
    return usual_type(column, known.shape) if isinstance(column, Tensor) and known is not None else column


def usual_type(values: Tensor, shape: Shape) -> Tensor:
    """``values`` as float32 or int64, whichever its shape says; as they are where they are of the other kind."""
    if values.is_floating_point() == (shape.dtype == "float"):
        return values.to(torch.float32 if shape.dtype == "float" else torch.int64)
    return values


def _check_fields(source: PlanSource, feed: Feed) -> None:
    """That the drawing was checked with the shapes that the data really has.

    Raises:
        NoData: if not.
    """
    for name, shape in source.fields.items():
        column = feed.fields.get(name)
        if isinstance(column, Tensor):
            check_values(source.node, name, shape, column)
        elif column is None and feed.length is not None:
            raise NoData(f"Its data has no {name} any more. Look at it again.", source.node)


def check_values(node: str, name: str, shape: Shape, values: Tensor) -> None:
    """That values (n, ...) of a field are as its shape says.

    Raises:
        NoData: if not.
    """
    kind = "float" if values.is_floating_point() else "int"
    if tuple(values.shape[1:]) != shape.sizes or kind != shape.dtype:
        found = f"{times(values.shape[1:]) or 'one value'} of {values.dtype}".replace("torch.", "")
        wanted = f"{times(shape.sizes) or 'one value'} of {'float32' if shape.dtype == 'float' else 'int64'}"
        raise NoData(f"{name} gives {found}, but {wanted} was seen in its data. Look at it again.", node)


def _count(samples: int | None) -> str:
    return "data without an end" if samples is None else f"{samples:,} samples"


def generator_of(seed: int) -> torch.Generator:
    """The generator from which the samples of one batch are drawn and augmented."""
    return torch.Generator().manual_seed(seed)
