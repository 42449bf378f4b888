"""The weights of a layer as pictures: what each filter looks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np
from torch import nn

from app.core.compile.net import CompiledNet
from app.insight.anatomy import LayerPart, behind_flatten, learning_layers, only_input, own_weights, part, reads_colours
from app.insight.arithmetic.cells import Cells
from app.insight.capture import array
from app.insight.tiles import NoPicture, Tiles, rising_scale, signed_scale
from nodes.api.registry import find
from nodes.api.shapes import times

Show = Literal["auto", "kernels", "strength", "mean", "input"]
SHOWS: tuple[Show, ...] = ("auto", "kernels", "strength", "mean", "input")
Order = Literal["number", "norm", "similar"]
ORDERS: tuple[Order, ...] = ("number", "norm", "similar")
# More tiles than this are too small to read on a wall, and slow to paint twenty times a second.
MOST_TILES = 256
MOST_COMPARED = 1024  # rows that are compared with each other


def filters(
    net: CompiledNet,
    model: nn.Module,
    node: str,
    show: Show = "auto",
    most: int = MOST_TILES,
    weight: str = "",
    sort: Order = "number",
) -> Tiles:
    """The weights of ``node``. Nothing is computed with the model, so this is cheap while it trains.

    A convolution that reads one channel gives one map for each filter; one that reads the three colours of the input
    gives colour pictures; a deeper one gives a map for each filter and input channel, as many as ``most`` allows. A
    fully connected layer that reads an image in one row gets its weights folded back into that image; otherwise its
    weights are one map of outputs and inputs.

    Args:
        show: ``kernels`` as above, ``strength`` (one number for each kernel: its length) or ``mean`` (each filter's
            mean over its inputs); ``auto`` chooses. ``input`` shows them in the space of the input, whatever layers
            lie between (``in_input_space``).
        sort: the filters or outputs: by their numbers, by their length, or so that similar ones are neighbours.
        weight: which weight of a layer that has several, by torch's name; empty for the main one.

    Raises:
        NoPicture: if the layer has no weights, or ``show`` does not go with it.
    """
    where = part(net, node)
    weights = own_weights(model, where)
    if not weights:
        raise NoPicture(why_nothing(net, model, where))
    name = weight or _main_weight(weights)
    if name not in weights:
        raise NoPicture(f"{node} has no weight {name}; it has {', '.join(weights)}.")
    values = array(weights[name], f"{name} of {node}")
    if show == "input":
        return _in_input_space(net, model, where, sort, most)
    ordered, ranks, kernels_said = _ordered(where, name, values, sort)
    tiles, note = _made(net, model, where, name, ordered, show, most)
    if ranks is None:
        tiles = replace(tiles, cells=_cells(net, model, where, name, values, show, most, tiles))
    return _numbered(_noted(tiles, f"{note} {kernels_said}".strip()), ranks)


def _cells(
    net: CompiledNet,
    model: nn.Module,
    where: LayerPart,
    name: str,
    values: np.ndarray,
    show: Show,
    most: int,
    tiles: Tiles,
) -> Cells | None:
    """Where the weights of a picture stand: their numbers go the same way into it as they do themselves. None where a
    cell shows something else than one weight."""
    order = np.arange(values.size, dtype=np.float64).reshape(values.shape)
    if tiles.colormap == "rgb":  # of three colours the first
        kernels = _as_kernels(where, order)[0]
        flat = kernels[: tiles.count, 0]
    else:
        flat = _made(net, model, where, name, order, show, most)[0].maps
        if show in ("strength", "mean") or not np.array_equal(values.reshape(-1)[flat.astype(np.int64)], tiles.maps):
            return None
    what = f"0.{name}" if where.step.repeat > 1 else name
    return Cells(where.path, what, values.shape, flat.astype(np.int64))


def _made(
    net: CompiledNet, model: nn.Module, where: LayerPart, name: str, values: np.ndarray, show: Show, most: int
) -> tuple[Tiles, str]:
    """The picture of weights, and what is to be said before its note."""
    node = where.path
    note = f"The first of {where.step.repeat} copies." if where.step.repeat > 1 else ""
    if values.ndim >= 3 and where.type != "Bilinear":
        kernels, part_shown = _as_kernels(where, values)
        tiles = _kernels(net, model, where, kernels, show, most)
        note = f"{note} {part_shown}".strip()
    elif show not in ("auto", "kernels"):
        raise NoPicture(f"{node} has no kernels, so {show} does not apply. Show its weights as they are.")
    elif values.ndim == 3:
        title = (
            f"{node}: how {_many(len(values), 'output')} weigh products of both inputs, {times(values.shape[1:])} each"
        )
        tiles = _one_each(values, title, most)
    elif values.ndim == 2:
        tiles = _rows(net, model, where, name, values, most)
    else:
        tiles = _list(node, name, values.reshape(-1))
    return tiles, note


def _in_input_space(net: CompiledNet, model: nn.Module, where: LayerPart, order: Order, most: int) -> Tiles:
    from app.insight.input_space import in_input_space

    values, size = in_input_space(net, model, where.path, most)
    ranks = None if order == "number" else ranking(values.reshape(len(values), -1), order)
    values = values if ranks is None else values[ranks]
    title = f"{where.path}: {_many(len(values), 'filter')} in the space of the input, {times(size)}"
    note = (
        "What each unit looks for in the input if every activation lets everything through and each maximum is a mean: "
        "the kernels of all layers up to here, one after the other."
    )
    units = where.step.outputs[next(iter(where.step.outputs))].sizes[0]
    whole, left_out = _left_out(units, len(values))
    note = f"{note} {left_out}".strip()
    if values.shape[1] == 3:
        low, high = signed_scale(values)
        colours = np.moveaxis(0.5 + 0.5 * values / high, 1, -1)
        names = _numbers(len(values))
        tiles = Tiles(colours, low, high, "rgb", title, names, note=note, whole=whole, left_out=left_out)
    else:
        tiles = _noted(_one_each(values.mean(1), title, most), note)
    return _numbered(tiles, ranks)


def _ordered(
    where: LayerPart, name: str, values: np.ndarray, order: Order
) -> tuple[np.ndarray, np.ndarray | None, str]:
    """The weights with their filters in this order, which filter stands where, and a sentence about it."""
    if order == "number":
        return values, None, ""
    layer = find(where.type)
    gates = layer.gates if layer is not None else ()
    if values.ndim < 2 or values.ndim == 6 or (gates and name.startswith(("weight_ih_", "weight_hh_"))):
        raise NoPicture(f"{name} of {where.path} has no filters that could be put in order. Sort by number.")
    axis = 1 if where.type.startswith("ConvTranspose") else 0
    turned = np.moveaxis(values, axis, 0)
    ranks = ranking(turned.reshape(len(turned), -1), order)
    some = ", ".join(map(str, ranks[:24])) + (" …" if len(ranks) > 24 else "")
    how = "the longest first" if order == "norm" else "similar ones side by side"
    return np.moveaxis(turned[ranks], 0, axis), ranks, f"In the order {some}: {how}."


def ranking(rows: np.ndarray, order: Order) -> np.ndarray:
    """The order of rows ``(n, values)``: the longest first; or from the longest on always the most similar one of those
    that are left, by the cosine. Of very many rows the longest are put side by side like that, the others behind."""
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
    longest = np.argsort(-lengths, kind="stable")
    if order == "norm":
        return longest
    if len(rows) > MOST_COMPARED:
        kept, rest = np.sort(longest[:MOST_COMPARED]), longest[MOST_COMPARED:]
        return np.concatenate([kept[ranking(rows[kept], order)], rest])
    plain = rows / np.maximum(lengths, 1e-12)[:, None]
    alike = plain @ plain.T
    left = np.ones(len(rows), bool)
    found = [int(lengths.argmax())]
    left[found[0]] = False
    while left.any():
        row = np.where(left, alike[found[-1]], -np.inf)
        found.append(int(row.argmax()))
        left[found[-1]] = False
    return np.array(found)


def _numbered(tiles: Tiles, ranks: np.ndarray | None) -> Tiles:
    """Maps with the numbers of the filters that they are of, where these stand in another order."""
    if ranks is not None:  # along an axis no number says which filter is where
        along = {name: f"{name}, in that order" for name in ("filter", "output")}
        tiles = replace(
            tiles, x_label=along.get(tiles.x_label, tiles.x_label), y_label=along.get(tiles.y_label, tiles.y_label)
        )
    if ranks is None or len(tiles.labels) != tiles.count or tiles.count > len(ranks):
        return tiles
    return replace(tiles, labels=tuple(str(rank) for rank in ranks[: tiles.count]))


def _as_kernels(where: LayerPart, values: np.ndarray) -> tuple[np.ndarray, str]:
    """Weights as ``(filters, inputs, height, width)``, and a word on what is left out for that."""
    if where.type.startswith("ConvTranspose"):
        values = np.swapaxes(values, 0, 1)  # torch keeps the inputs of these first
    if values.ndim == 3:
        return values[:, :, None, :], ""  # kernels for sequences are drawn one pixel high
    if values.ndim == 5:
        return values[:, :, values.shape[2] // 2], "Of each kernel the middle layer is shown."
    if values.ndim == 6:
        row, column = values.shape[0] // 2, values.shape[1] // 2
        note = f"Every place has filters of its own; these are used in the middle, at row {row} and column {column}."
        return values[row, column], note
    return values, ""


def _main_weight(weights: Mapping[str, object]) -> str:
    """``weight`` where there is one; of an LSTM the weights that read the input."""
    return next((name for name in ("weight", "weight_ih_l0") if name in weights), next(iter(weights)))


def why_nothing(net: CompiledNet, model: nn.Module, where: LayerPart) -> str:
    """Why a layer without weights has none, and which layers have some."""
    if where.step.inner is not None:
        inside = ", ".join(f"{where.path}/{step.name}" for step in where.step.inner.steps[:6])
        return f"{where.path} is a block. Choose a layer inside it: {inside}."
    others = learning_layers(net, model)
    such_as = (
        f" Choose a layer that learns, such as {others[0]}." if others else " No layer of this net learns anything."
    )
    kind = f" ({where.type})" if where.type else ""
    return f"{where.path}{kind} has no weights: it always does the same and learns nothing.{such_as}"


def _noted(tiles: Tiles, note: str) -> Tiles:
    if not note:
        return tiles
    return replace(tiles, note=f"{note} {tiles.note}".strip())


def _kernels(net: CompiledNet, model: nn.Module, where: LayerPart, values: np.ndarray, show: Show, most: int) -> Tiles:
    """Weights ``(filters, inputs, height, width)``."""
    count, inputs, height, width = values.shape
    size = times((height, width))
    if show == "strength" or (show == "auto" and (height, width) == (1, 1) and inputs > 1):
        return _matrix_of_kernels(where.path, values)
    if show == "mean" and inputs > 1:
        maps = values.mean(axis=1)
        title = f"{where.path}: {count} filters, {size}, mean over {inputs} inputs"
        return _one_each(maps, title, most)
    if inputs == 1:
        return _one_each(values[:, 0], f"{where.path}: {_many(count, 'filter')}, {size}", most)
    if inputs == 3 and reads_colours(net, model, where):
        kept = values[:most]
        low, high = signed_scale(kept)
        colours = np.moveaxis(0.5 + 0.5 * kept / high, 1, -1)
        title = f"{where.path}: {_many(count, 'colour filter')}, {size}"
        whole, left_out = _left_out(count, most, " filters")
        note = f"Grey is zero; a colour is what the filter likes to see. {left_out}".strip()
        names = _numbers(len(kept))
        return Tiles(colours, low, high, "rgb", title, names, note=note, whole=whole, left_out=left_out)
    title = f"{where.path}: {_many(count, 'filter')} of {inputs} inputs, {size} each"
    return _table(values, title, most, "filter", "input channel", "filters")


def _table(values: np.ndarray, title: str, most: int, first: str, second: str, plural: str) -> Tiles:
    """A map for each pair of the first two axes; the longer of them runs across, because walls are wide."""
    count, inputs = values.shape[:2]
    kept_in = min(inputs, max(1, int(most**0.5)))
    kept_out = min(count, max(1, most // kept_in))
    kept_in = min(inputs, max(kept_in, most // kept_out))
    kept = values[:kept_out, :kept_in]
    note = ""
    whole: tuple[int, ...] = ()
    if (kept_out, kept_in) != (count, inputs):
        whole = (count, inputs)
        note = f"Shown are {plural} 0 to {kept_out - 1} of {count} with inputs 0 to {kept_in - 1} of {inputs}."
    low, high = signed_scale(kept)
    if kept_out < kept_in:
        maps, columns, first, second, whole = kept, kept_in, second, first, whole[::-1]
    else:
        maps, columns = np.swapaxes(kept, 0, 1), kept_out
    return Tiles(
        maps.reshape(-1, *values.shape[2:]),
        low,
        high,
        "diverging",
        title,
        columns=columns,
        x_label=first,
        y_label=second,
        note=note,
        whole=whole,
        left_out=note,
    )


def _matrix_of_kernels(node: str, values: np.ndarray) -> Tiles:
    """One number for each kernel: its weight if it is 1×1, else its length."""
    count, inputs, height, width = values.shape
    if (height, width) == (1, 1):
        maps = values.reshape(1, count, inputs)
        low, high = signed_scale(maps)
        title = f"{node}: {_many(count, 'filter')} of {inputs} inputs, 1×1"
        return Tiles(maps, low, high, "diverging", title, x_label="input channel", y_label="filter")
    maps = np.sqrt((values**2).sum(axis=(2, 3)))[None]
    high = float(maps.max()) or 1.0
    title = f"{node}: how strongly {_many(count, 'filter')} use {_many(inputs, 'input')}"
    note = "Each value is the length of one kernel: the root of the sum of its squared weights."
    return Tiles(maps, 0.0, high, "viridis", title, x_label="input channel", y_label="filter", note=note)


def _rows(net: CompiledNet, model: nn.Module, where: LayerPart, name: str, values: np.ndarray, most: int) -> Tiles:
    """Weights ``(outputs, inputs)`` of a fully connected layer, or of the gates of a recurrent one."""
    outputs, inputs = values.shape
    layer = find(where.type)
    gates = layer.gates if layer is not None else ()
    if gates and name.startswith(("weight_ih_", "weight_hh_")):
        maps = values.reshape(len(gates), outputs // len(gates), inputs)
        low, high = signed_scale(maps)
        read = "its own memory" if "_hh_" in name else "the input"
        title = f"{where.path}: how {outputs // len(gates)} units read {read} ({name})"
        note = "In each map rows are units and columns are what they read."
        return Tiles(maps, low, high, "diverging", title, gates, note=note)
    behind = behind_flatten(net, model, where.graph, only_input(where.step)) if where.type == "Linear" else None
    if behind is not None and behind[1].values == inputs and min(behind[1].sizes[1:]) > 1:
        return _folded(where.path, values, behind[0].node, behind[1].sizes, most)
    low, high = signed_scale(values)
    title = f"{where.path}: weights of {_many(outputs, 'output')} for {_many(inputs, 'input')}"
    return Tiles(values[None], low, high, "diverging", title, x_label="input", y_label="output")


def _folded(node: str, values: np.ndarray, read: str, sizes: tuple[int, ...], most: int) -> Tiles:
    """Weights of a fully connected layer as pictures of the image that it reads in one row."""
    outputs, channels = len(values), sizes[0]
    images = values.reshape(outputs, *sizes)
    size = times(sizes[1:])
    if channels == 1:
        return _one_each(images[:, 0], f"{node}: weights of {_many(outputs, 'output')}, folded to {read} {size}", most)
    title = f"{node}: weights of {_many(outputs, 'output')} for {channels} channels of {read}, {size} each"
    return _table(images, title, most, "output", "channel", "outputs")


def _one_each(maps: np.ndarray, title: str, most: int) -> Tiles:
    kept = maps[:most]
    low, high = signed_scale(kept)
    whole, note = _left_out(len(maps), most)
    return Tiles(kept, low, high, "diverging", title, _numbers(len(kept)), note=note, whole=whole, left_out=note)


def _list(node: str, name: str, values: np.ndarray) -> Tiles:
    low, high = signed_scale(values) if values.min() < 0 else rising_scale(np.append(values, 0.0))
    colours: Literal["diverging", "viridis"] = "diverging" if values.min() < 0 else "viridis"
    title = f"{node}: {name}, {_many(len(values), 'value')}"
    return Tiles(values.reshape(1, 1, -1), low, high, colours, title, layout="bars", x_label="channel")


def _left_out(count: int, most: int, what: str = "") -> tuple[tuple[int, ...], str]:
    """How many there are, and a sentence; nothing if all of them are shown."""
    return ((count,), f"Shown are the first {most} of {count}{what}.") if count > most else ((), "")


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(index) for index in range(count))


def _many(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
