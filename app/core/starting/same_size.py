"""Pictures of one's own made as large and as coloured as those that a net was built for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from nodes.api import Layer, Schema, Shape

_COLOURS = {1: "grey", 3: "RGB"}
_SETTLED = ("size", "colour", "fit")  # what is no longer guessed, or no question, of pictures of a given size


@dataclass(frozen=True)
class Prepared:
    """Settings of a source and what its data then is; ``words`` say what is made of the pictures."""

    settings: Mapping[str, Any]
    schema: Schema
    words: str


def as_before(
    layer: Layer, settings: Mapping[str, Any], schema: Schema, before: Mapping[str, Shape]
) -> Prepared | None:
    """The same data in the size and colour of the one picture among the fields ``before``. None where it has them
    already, somebody has chosen others, or the source gives something else than one picture and single values."""
    pictures = [name for name, known in schema.fields.items() if known.shape.kind == "image"]
    wanted = next((shape.sizes for shape in before.values() if shape.kind == "image"), None)
    known = {param.name for param in layer.params}
    rest = [each for name, each in schema.fields.items() if name not in pictures and each.sizes]
    if wanted is None or len(pictures) != 1 or rest or not {"size", "colour"} <= known or wanted[0] not in _COLOURS:
        return None
    now = schema.fields[pictures[0]]
    chosen = {"size": (wanted[1], wanted[2]), "colour": _COLOURS[wanted[0]]}
    free = all(settings.get(name, "auto") in ("auto", value) for name, value in chosen.items())
    if tuple(now.sizes) == wanted or not free:
        return None
    fields = {**schema.fields, pictures[0]: replace(now, sizes=wanted)}
    made = replace(
        schema,
        fields=fields,
        guesses=tuple(each for each in schema.guesses if each.setting not in _SETTLED),
        settled=MappingProxyType({**schema.settled, **chosen}),
    )
    words = f"pictures are made {wanted[1]}×{wanted[2]}, {'in colour' if wanted[0] == 3 else 'grey'}"
    return Prepared({**settings, **chosen}, made, words)
