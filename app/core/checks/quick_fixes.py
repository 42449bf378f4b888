"""Fixes for a layer that refuses what arrives, beyond those it offers itself: what no layer can know of the others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from app.core.graph.model import BLOCK_PREFIX, Node, Project
from nodes.api import MAIN_ONLY, BadSetting, Fix, InsertBefore, Layer, Shape, ShapeError, UseInstead
from nodes.api.registry import find, layers

_COLOURS = (1, 3, 4)  # channels of a picture as it comes out of a file


def fixes_of(layer: Layer, node: Node, inputs: Mapping[str, Sequence[Shape]], error: ShapeError) -> tuple[Fix, ...]:
    """What would help ``node``, which refused ``inputs``: its own fixes first."""
    found = [*error.fixes, *_channels_last(layer, node, inputs), *_other_dimensions(layer, inputs)]
    return tuple(dict.fromkeys(found))


def _channels_last(layer: Layer, node: Node, inputs: Mapping[str, Sequence[Shape]]) -> list[Fix]:
    """A Permute, if what arrives looks like a picture with its channels last and would fit the other way round."""
    for port, shapes in inputs.items():
        x = shapes[0]
        if len(shapes) > 1 or x.rank != 3 or x.dtype != "float":
            continue
        height, width, channels = x.sizes
        if channels in _COLOURS and min(height, width) > max(_COLOURS):
            if _fits(layer, {**inputs, port: [Shape((channels, height, width))]}, node.params):
                return [InsertBefore("Permute", port, (("dims", (3, 1, 2)),))]
    return []


def _other_dimensions(layer: Layer, inputs: Mapping[str, Sequence[Shape]]) -> list[Fix]:
    """The same layer for sequences, images or volumes, if that one reads what arrives: Conv1d for Conv2d."""
    stem = re.sub(r"[123]d$", "", layer.id)
    if stem == layer.id:
        stem_of_all = [f"{stem}{count}d" for count in (1, 2, 3)]
    else:
        stem_of_all = [stem, *(f"{stem}{count}d" for count in (1, 2, 3))]
    for type_id in stem_of_all:
        other = find(type_id)
        if other is None or other is layer or [p.name for p in other.inputs] != [p.name for p in layer.inputs]:
            continue
        if _fits(other, inputs, {}):
            return [UseInstead(type_id)]
    return []


def _fits(layer: Layer, inputs: Mapping[str, Sequence[Shape]], params: Mapping[str, object]) -> bool:
    try:
        layer.build(inputs, layer.settings(params))
    except (ShapeError, BadSetting):
        return False
    return True


def similar_types(project: Project, type_id: str, inside_block: bool) -> tuple[UseInstead, ...]:
    """Types that are spelt nearly as one that does not exist, the nearest first."""
    barred = MAIN_ONLY if inside_block else ("block_in", "block_out")
    known = {layer.id.lower(): layer.id for layer in layers().values() if layer.role not in barred}
    known |= {(BLOCK_PREFIX + name).lower(): BLOCK_PREFIX + name for name in project.blocks}
    close = get_close_matches(type_id.lower(), known, n=2, cutoff=0.75)
    return tuple(UseInstead(known[name]) for name in close)
