"""What a node answers to one sample: one map for each channel, bars for a list, one map for a sequence."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.anatomy import picture_input, pictured_as, probe_name
from app.insight.arithmetic.cells import Cells
from app.insight.capture import Inputs, arguments, array, values_of
from app.insight.numbers import percent
from app.insight.shares import ProbabilityForm, class_scores, shares
from app.insight.tiles import NoPicture, Tiles, rising_scale
from nodes.api.shapes import times

MOST_MAPS = 256
SHORTEST_WAVE = 400  # values in a single row from which on they are a sound
WAVE_SIZE = (64, 256)  # rows and columns of its picture
MOST_BARS = 1024


def activations(
    net: CompiledNet, model: nn.Module, inputs: Inputs, node: str, *, sample: int = 0, labels: Sequence[str] = ()
) -> Tiles:
    """What ``node`` answers to one sample of ``inputs`` (see ``capture.arguments`` for what these may be).

    The picture that was shown stands beside the maps. Any node works: layers, additions, nodes inside blocks, and the
    source itself. ``labels`` are the words for the classes; numbers from 0 if not given.

    Raises:
        NoPicture: if the node has no value in this net, or the inputs do not fit.
    """
    given = arguments(net, model, inputs, sample)
    name = probe_name(net, node)
    value = array(values_of(net, model, given, [name])[name][0], f"The answer of {node}")
    tiles = tiles_of(net, model, node, value, shown_picture(net, given), labels)
    return replace(tiles, cells=_cells(node, name[len(node) + 1 :] or "output", value, tiles))


def _cells(node: str, what: str, value: np.ndarray, tiles: Tiles) -> Cells | None:
    """Where the numbers of its picture stand in a value."""
    size = value.size
    if value.ndim == 2 and tiles.layout == "grid":
        if tiles.size != value.shape[::-1]:
            return None  # a wave, whose columns are many values each
        return Cells(node, what, value.shape, np.arange(size).reshape(value.shape).T)
    return Cells(node, what, value.shape)


def activations_of(
    net: CompiledNet,
    model: nn.Module,
    inputs: Inputs,
    nodes: Collection[str],
    *,
    sample: int = 0,
    labels: Sequence[str] = (),
) -> dict[str, Tiles]:
    """``activations`` of many nodes with one pass through the net. Nodes that have no picture are left out.

    Raises:
        NoPicture: if the inputs do not fit, or the model fails on them.
    """
    given = arguments(net, model, inputs, sample)
    shown = shown_picture(net, given)
    names: dict[str, str] = {}
    for node in nodes:
        with suppress(NoPicture):  # a loss, or a layer that leads nowhere
            names[node] = probe_name(net, node)
    values = values_of(net, model, given, tuple(names.values()))
    found: dict[str, Tiles] = {}
    for node, name in names.items():
        with suppress(NoPicture):  # values that are not numbers
            pixels = array(values[name][0], f"The answer of {node}")
            found[node] = tiles_of(net, model, node, pixels, shown, labels)
    return found


def tiles_of(
    net: CompiledNet,
    model: nn.Module,
    node: str,
    value: np.ndarray,
    shown: np.ndarray | None,
    labels: Sequence[str],
    *,
    plain: bool = False,
) -> Tiles:
    """The picture of one value without its batch. ``plain``: the numbers are no answer, such as a gradient, so nothing
    is read from them as from pixels, sounds or scores."""
    if plain:
        value = value.reshape(-1, *value.shape[2:]) if value.ndim == 4 else value
        if value.ndim == 3 and value.shape[1:] != (1, 1):
            return _maps(node, value, shown)
        if value.ndim == 2:
            return _sequence(node, value, shown)
        return _numbers(net, node, value.reshape(-1), shown, labels)
    if value.ndim == 3 and len(value) in (1, 3) and any(entry.node == node for entry in net.plan.inputs):
        return _input_picture(node, value)
    if value.ndim == 1:
        shape = pictured_as(net, model, node)
        if shape is not None and shape.values == value.size and shape.sizes[0] == 1:
            picture = value.reshape(shape.sizes)
            title = f"{node}: the picture it gives, {times(shape.sizes[1:])}"
            return Tiles(picture, *_unit_scale(picture), "gray", title, source=shown)
    if value.ndim == 4:
        # Volumes are shown slice by slice.
        value = value.reshape(-1, *value.shape[2:])
    if value.ndim == 3 and value.shape[1:] != (1, 1):
        return _maps(node, value, shown)
    if value.ndim == 2:
        return _sequence(node, value, shown)
    return _list(net, node, value.reshape(-1), shown, labels)


def shown_picture(net: CompiledNet, given: Sequence[Tensor]) -> np.ndarray | None:
    """The picture among the model's arguments as ``(h, w)`` or ``(h, w, 3)`` in 0..1; None if there is none."""
    try:
        entry = picture_input(net)
    except NoPicture:
        return None
    if entry.shape.rank != 3 or entry.shape.sizes[0] not in (1, 3):
        return None
    pixels = array(given[net.plan.inputs.index(entry)][0], "The picture")
    return in_unit_range(np.moveaxis(pixels, 0, -1) if len(pixels) == 3 else pixels[0])


def in_unit_range(pixels: np.ndarray) -> np.ndarray:
    """``pixels`` as they are if they lie in 0..1, else moved there; data that was normalised has negative values."""
    low, high = float(pixels.min()), float(pixels.max())
    if low >= 0 and high <= 1:
        return pixels
    return (pixels - low) / (high - low) if high > low else np.zeros_like(pixels)


def _unit_scale(values: np.ndarray) -> tuple[float, float]:
    low, high = float(values.min()), float(values.max())
    return (0.0, 1.0) if low >= 0 and high <= 1 else rising_scale(values)


def _input_picture(node: str, value: np.ndarray) -> Tiles:
    size = times(value.shape[1:])
    if len(value) == 3:
        return Tiles(np.moveaxis(in_unit_range(value), 0, -1)[None], 0.0, 1.0, "rgb", f"{node}: one picture, {size}")
    return Tiles(value, *_unit_scale(value), "gray", f"{node}: one picture, {size}")


def _maps(node: str, value: np.ndarray, shown: np.ndarray | None) -> Tiles:
    """One map for each channel, all on one scale, so that a weak channel looks weak."""
    count = len(value)
    kept = value[:MOST_MAPS]
    # Found once for all that is asked of them: maps of large nets are many megabytes.
    channels = value.reshape(count, -1)
    lowest, highest = channels.min(axis=1), channels.max(axis=1)
    low, high = rising_scale(np.append(lowest[:MOST_MAPS], highest[:MOST_MAPS]))
    title = f"{node}: {count} channel{'s' if count > 1 else ''}, {times(value.shape[1:])}"
    left_out = f"Shown are the first {MOST_MAPS} of {count} channels." if count > MOST_MAPS else ""
    labels = tuple(str(index) for index in range(len(kept)))
    return Tiles(
        kept,
        low,
        high,
        "viridis",
        title,
        labels,
        note=f"{left_out} {_silent(lowest, highest)}".strip(),
        whole=(count,) if left_out else (),
        left_out=left_out,
        source=shown,
    )


def _silent(lowest: np.ndarray, highest: np.ndarray) -> str:
    """Which channels say nothing about this sample, and why their maps are blank; of the ends of each."""
    blank = np.flatnonzero((highest == 0) & (lowest == 0)).tolist()
    if not blank:
        level = float(lowest.min())
        return f"Every value is {level:.3g}." if level == float(highest.max()) else ""
    if len(blank) == len(lowest):
        return "Every value is 0: no channel answers to this picture."
    some = ", ".join(map(str, blank[:12])) + (" and more" if len(blank) > 12 else "")
    if len(blank) == 1:
        return f"Channel {some} is blank because it is 0 everywhere: it finds nothing in this picture."
    return f"Channels {some} are blank because they are 0 everywhere: they find nothing in this picture."


def wave_picture(node: str, wave: np.ndarray) -> Tiles:
    """A sound: time to the right, in each column from its lowest to its highest value, and from the last one before."""
    high, wide = WAVE_SIZE
    columns = np.array_split(wave, min(wide, len(wave)))
    top = float(np.abs(wave).max()) or 1.0
    rows = np.linspace(top, -top, high)[:, None]
    half = top / (high - 1)  # so that a thin line is not lost between two rows
    before = np.array([wave[0], *(column[-1] for column in columns[:-1])])  # so that a short wave is a line, not dots
    lowest = np.minimum([column.min() for column in columns], before) - half
    highest = np.maximum([column.max() for column in columns], before) + half
    picture = ((rows >= lowest) & (rows <= highest)).astype(np.float32)
    title = f"{node}: {len(wave):,} values up to {top:.3g}"
    return Tiles(picture[None], 0.0, 1.0, "viridis", title, x_label="time", y_label="value")


def _sequence(node: str, value: np.ndarray, shown: np.ndarray | None) -> Tiles:
    """Time runs to the right, features downwards."""
    steps, features = value.shape
    if steps == 1 and features >= SHORTEST_WAVE:
        return wave_picture(node, value[0])
    low, high = rising_scale(value)
    title = f"{node}: {features} features over {steps} steps"
    return Tiles(value.T[None], low, high, "viridis", title, x_label="step", y_label="feature", source=shown)


def _numbers(net: CompiledNet, node: str, value: np.ndarray, shown: np.ndarray | None, labels: Sequence[str]) -> Tiles:
    """A bar for each number, with the words of the classes where it is one for each."""
    kept = value[:MOST_BARS]
    left_out = f"Shown are the first {MOST_BARS} of {len(value)} values." if len(value) > MOST_BARS else ""
    words = tuple(labels) if class_scores(net, node) and len(labels) == len(value) else ()
    low, high = rising_scale(np.append(kept, 0.0))
    return Tiles(
        kept.reshape(1, 1, -1), low, high, "viridis", node, words, layout="bars",
        x_label="class" if words else "unit", left_out=left_out, source=shown,
    )  # fmt: skip


def _list(net: CompiledNet, node: str, value: np.ndarray, shown: np.ndarray | None, labels: Sequence[str]) -> Tiles:
    kept = value[:MOST_BARS]
    # Bars begin at zero, so zero belongs to their scale.
    low, high = rising_scale(np.append(kept, 0.0))
    note = f"Shown are the first {MOST_BARS} of {len(value)} values." if len(value) > MOST_BARS else ""
    named = class_scores(net, node)
    read = shares(net, node, torch.from_numpy(value))
    if named or (read is not None and not read[0].words):
        return _scores(node, value, named, read, shown, labels, note)
    if not value.any():
        note = "Every value is 0: nothing here answers to this sample."
    title = f"{node}: {len(value)} value{'s' if len(value) > 1 else ''}"
    return Tiles(
        kept.reshape(1, 1, -1), low, high, "viridis", title, layout="bars", x_label="unit", note=note, source=shown
    )


def _scores(
    node: str,
    value: np.ndarray,
    named: bool,
    read: tuple[ProbabilityForm, tuple[float, ...]] | None,
    shown: np.ndarray | None,
    labels: Sequence[str],
    note: str,
) -> Tiles:
    """A bar for each class, and what it is as per cent, as far as that can be said."""
    how, made = read if read is not None else (None, ())
    plain = how is not None and not how.words
    words = tuple(labels) if named and len(labels) == len(value) else tuple(map(str, range(len(value))))
    what = "probability" if plain else "score"
    title = f"{node}: one {what} for each class"
    if not named:
        title = f"{node}: {len(value)} probabilities that make 100 %"
    kept = value[:MOST_BARS]
    # Bars begin at zero, so zero belongs to their scale.
    low, high = (0.0, 1.0) if plain else rising_scale(np.append(kept, 0.0))
    return Tiles(
        kept.reshape(1, 1, -1),
        low,
        high,
        "viridis",
        title,
        words[: len(kept)],
        layout="bars",
        x_label="class" if named else "unit",
        note=f"{_verdict(value, words, what, how, made)} {note}".strip(),
        percent=plain,
        shares=() if plain else made[: len(kept)],
        shares_from=how.words if how is not None else "",
        source=shown,
    )


def _verdict(
    value: np.ndarray, words: Sequence[str], what: str, how: ProbabilityForm | None, made: tuple[float, ...]
) -> str:
    """Which class wins, and by how much as per cent; and where these come from if they are not the values."""
    order = sorted(range(len(made)), key=lambda index: -made[index])[:3]
    listed = ", ".join(f"{words[index]}: {percent(made[index])}" for index in order)
    if value.max() == value.min():
        said = f"Every {what} is the same: no class is preferred."
    else:
        said = f"The highest {what} belongs to {words[int(value.argmax())]}."
    if made:
        said += f" As per cent{f', by {how.words}' if how is not None and how.words else ''}: {listed}."
    return said.strip()
