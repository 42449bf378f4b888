"""Where in a picture an attention looks: which places of it the steps of its memory are, and the picture lit there."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph, Ref
from app.insight.anatomy import part, shape_of
from app.insight.generative import as_pictures

CLEAR = 128  # dots that the longer side of a picture has at least, so that places can be told apart
_DARK = 0.15  # of the light of a picture that is left where nobody looks


def places_of(net: CompiledNet, path: str) -> tuple[int, int] | None:
    """The rows and columns of places that an attention looks at, if its memory is made of an image with as many places
    as it has steps: the nearest one on the way back. None if there is none."""
    where = part(net, path)
    port = next((name for name in ("memory", "key") if where.step.inputs.get(name)), "")
    if not port:
        return None
    steps: int | None = None
    waiting: list[tuple[PlannedGraph, tuple[str, ...], Ref]] = [
        (where.graph, tuple(path.split("/")[:-1]), where.step.inputs[port][0])
    ]
    seen: set[tuple[tuple[str, ...], Ref]] = set()
    while waiting:
        graph, outer, ref = waiting.pop(0)
        if (outer, ref) in seen:
            continue
        seen.add((outer, ref))
        made = next((step for step in graph.running if step.name == ref.node), None)
        if made is None and outer:  # it comes into the block
            block = part(net, "/".join(outer))
            waiting += [(block.graph, outer[:-1], each) for each in block.step.inputs.get(ref.node, ())]
            continue
        sizes = _sizes(net, graph, ref)
        if sizes is not None:
            steps = sizes[0] if steps is None and sizes else steps
            if len(sizes) == 3 and sizes[1] * sizes[2] == steps:
                return sizes[1], sizes[2]
        if made is not None:
            waiting += [(graph, outer, each) for refs in made.inputs.values() for each in refs]
    return None


def _sizes(net: CompiledNet, graph: PlannedGraph, ref: Ref) -> tuple[int, ...] | None:
    shape = shape_of(net, graph, ref)
    return shape.sizes if shape is not None else None


def in_colour(values: Tensor) -> np.ndarray:
    """Pictures (n, channels, height, width) as (n, height, width, 3) from 0 to 1, each dot a square of so many that the
    longer side has CLEAR.

    Raises:
        NoPicture: if values are no numbers.
    """
    values = values.float().cpu()
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 1:
        values = (values - low) / ((high - low) or 1.0)
    shown = as_pictures(values)
    shown = np.repeat(shown[..., None], 3, -1) if shown.ndim == 3 else shown
    factor = max(1, -(-CLEAR // max(shown.shape[1:3])))
    return np.ascontiguousarray(shown.repeat(factor, 1).repeat(factor, 2), np.float32)


def lit(picture: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """A picture (height, width, 3) as bright as ``shares`` (rows, columns) of its places are: that with the largest
    share as it is, those with none nearly dark."""
    rows = np.arange(picture.shape[0]) * shares.shape[0] // picture.shape[0]
    columns = np.arange(picture.shape[1]) * shares.shape[1] // picture.shape[1]
    light = shares / max(float(shares.max()), 1e-12)
    # Ground that is black would stay black however much somebody looks at it.
    bright = 0.25 + 0.75 * picture
    return np.asarray(bright * (_DARK + (1 - _DARK) * light[rows][:, columns, None]), np.float32)
