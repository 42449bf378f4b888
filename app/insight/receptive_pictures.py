"""The receptive field of a layer as pictures: what it can see of the sample, and what it makes use of."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from app.core.compile.plan import PlanInput
from app.insight.activations import in_unit_range
from app.insight.anatomy import picture_input, probe_name
from app.insight.capture import arguments, array, undisturbed
from app.insight.receptive import ReceptiveField, field_of, sides_of, value_shape
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import Look
from nodes.api.shapes import times
from nodes.api.words import per_cent

MOST_SAMPLES = 16  # that the gradient is the mean of
SHARE = 0.95
DARK = 0.25  # how bright the picture is beside the field


def receptive_pictures(look: Look, place: Sequence[int | str], channel: int | str) -> tuple[Tiles, ...]:
    """The field on the sample, and the mean size of the gradient of that place by the input, over several samples (Luo
    et al. 2016: of what a place can see, it uses the middle). ``place``: row and column, or ``middle``.

    Raises:
        NoPicture: for a place or a channel that the layer does not have, or a layer that does not read the input.
    """
    net, model = look.net, look.model
    entry = _entry(look)
    sides = sides_of(value_shape(net, look.node))
    at = _place(look.node, place, sides)
    field = field_of(net, model, look.node, at, entry)
    title, said = _title(look, field, at, sides)
    pictures = []
    if len(field.sides) == 2:
        pictures.append(_on_sample(look, field, title, said))
    if entry.shape.dtype == "float":
        found = _used(look, entry, at, channel)
        pictures.append(_effective(look.node, found, channel, "" if pictures else title, "" if pictures else said))
    elif not pictures:
        pictures.append(_on_steps(field, title, said))
    return tuple(pictures)


def _entry(look: Look) -> PlanInput:
    try:
        return picture_input(look.net)
    except NoPicture:
        entries = [entry for entry in look.net.plan.inputs if sides_of(entry.shape)]
        if not entries:
            raise NoPicture("What this net reads has no places, so no layer sees a part of it.") from None
        return entries[0]


def _place(node: str, wanted: Sequence[int | str], sides: Sequence[int]) -> tuple[int, ...]:
    found = []
    for axis, (side, each) in enumerate(zip(sides, [*wanted, "middle", "middle"])):
        at = each if isinstance(each, int) else side // 2
        if not 0 <= at < side:
            word = ("row", "column")[axis] if len(sides) == 2 else "step"
            raise NoPicture(f"{node} has no {word} {at}; it has {side}, counted from 0.")
        found.append(at)
    return tuple(found)


def _title(look: Look, field: ReceptiveField, at: Sequence[int], sides: Sequence[int]) -> tuple[str, str]:
    """What the layer sees, and a sentence on which place of it that is."""
    node, whole = look.node, times(field.sides)
    if not sides or field.spans is None:
        return f"{node} sees all of {field.entry.variable}, {whole}", ""
    what = times(field.size) if len(field.size) > 1 else f"{field.size[0]} steps"
    where = ", ".join(map(str, at))
    steps = []
    for axis, side in enumerate(sides):
        if side > 1:
            other = list(at)
            other[axis] += 1 if at[axis] + 1 < side else -1
            spans = field_of(look.net, look.model, node, other, field.entry).spans
            if spans is not None:
                steps.append(abs(spans[axis][0] - field.spans[axis][0]))
    jump = f"; the next one lies {times(sorted(set(steps)))} further" if steps else ""
    return f"{node} sees {what} of {whole}", f"This is its place {where}{jump}. "


def _on_sample(look: Look, field: ReceptiveField, title: str, said: str) -> Tiles:
    """The sample, dark outside of the field."""
    place = look.net.plan.inputs.index(field.entry)
    value = array(arguments(look.net, look.model, look.batch, 0)[place][0], "The picture")
    rows, columns = field.inside
    mask = np.full(value.shape[1:], DARK, np.float32)
    mask[max(rows[0], 0) : rows[1] + 1, max(columns[0], 0) : columns[1] + 1] = 1
    colour = len(value) == 3
    pixels = np.moveaxis(in_unit_range(value), 0, -1) if colour else in_unit_range(value.mean(0))
    shown = pixels * (mask[..., None] if colour else mask)
    inside = f"rows {rows[0]} to {rows[1]} and columns {columns[0]} to {columns[1]}"
    note = f"{said}Bright is what it can see: {inside}."
    if field.spans is not None and field.size != tuple(last - first + 1 for first, last in field.inside):
        note += " The rest of its field lies in the padding."
    if any(last < first for first, last in field.inside):
        note = f"{said}It sees nothing but padding."
    return Tiles(shown[None].astype(np.float32), 0.0, 1.0, "rgb" if colour else "gray", title, note=note)


def _on_steps(field: ReceptiveField, title: str, said: str) -> Tiles:
    """Which steps it can see, where no gradient says how much of them it uses."""
    ((first, last),) = field.inside
    values = np.zeros((1, 1, field.sides[0]), np.float32)
    values[0, 0, max(first, 0) : last + 1] = 1
    note = f"{said}It can see the steps {first} to {last}. Numbers of words or values have no gradient: "
    note += "what it uses is not known."
    return Tiles(values, 0.0, 1.0, "viridis", title, ("can be seen",), layout="lines", x_label="step", note=note)


def _used(look: Look, entry: PlanInput, at: Sequence[int], channel: int | str) -> np.ndarray:
    """The mean size of the gradient of the values at a place by each place of the input: ``(h, w)`` or ``(time,)``."""
    net, model = look.net, look.model
    several = look.subject.samples.several()
    count = min((len(values) for values in several.values()), default=0)
    batch = {name: values[:MOST_SAMPLES] for name, values in several.items()} if count else look.batch
    given = list(arguments(net, model, batch))
    which = net.plan.inputs.index(entry)
    given[which] = given[which].clone().requires_grad_()
    name = probe_name(net, look.node)
    with undisturbed(model, True), torch.backends.cudnn.flags(enabled=False), torch.enable_grad():
        value = net.capture(model, given, [name], grad=True, no_further=True)[name]
        answers = _answers(value, at)
        if isinstance(channel, int):
            if not 0 <= channel < answers.shape[1]:
                last = answers.shape[1] - 1
                raise NoPicture(f"{look.node} has no channel {channel}; they are numbered from 0 to {last}.")
            answers = answers[:, channel]
        total = answers.sum()
        (gradient,) = torch.autograd.grad(total, given[which], allow_unused=True) if total.requires_grad else (None,)
    if gradient is None:
        raise NoPicture(f"{look.node} does not depend on {entry.variable}, so it uses nothing of it.")
    sizes = gradient.abs().double()
    sizes = (
        sizes.sum(tuple(range(1, sizes.dim() - 2))) if sizes.dim() > 3 else sizes.sum(-1) if sizes.dim() == 3 else sizes
    )
    return array(sizes.mean(0), f"The gradient of {look.node}")


def _answers(value: Tensor, at: Sequence[int]) -> Tensor:
    """The values at one place, ``(n, channels)``."""
    if value.dim() == 3 and len(at) == 1:
        return value[:, at[0]]
    if len(at) and value.dim() >= 4:
        places: tuple[slice | int, ...] = (slice(None), slice(None), *at)
        return value[places]
    return value.flatten(1)


def _effective(node: str, found: np.ndarray, channel: int | str, title: str, said: str) -> Tiles:
    whose = f"channel {channel}" if isinstance(channel, int) else "the sum of its channels"
    head = title or f"{node}: what {whose} really uses there"
    spans = [
        middle(found.sum(tuple(other for other in range(found.ndim) if other != axis))) for axis in range(found.ndim)
    ]
    if not found.any():
        note = "Nothing in these samples changes it: every gradient is 0."
    else:
        reach = " and ".join(
            f"{word} {first} to {last}"
            for word, (first, last) in zip(("rows", "columns") if found.ndim == 2 else ("places",), spans)
        )
        note = f"{said}Mean size of the gradient by the input, of {whose}: {per_cent(SHARE)} of it lies in {reach}."
    low, high = rising_scale(np.append(found, 0.0))
    if found.ndim == 1:
        label = "size of the gradient"
        return Tiles(
            found.reshape(1, 1, -1),
            low,
            high,
            "viridis",
            head,
            layout="lines",
            x_label="place",
            y_label=label,
            note=note,
        )
    return Tiles(found[None], low, high, "viridis", head, note=note)


def middle(weights: np.ndarray) -> tuple[int, int]:
    """From where to where the middle 95 % of these weights lie."""
    total = weights.sum()
    if total <= 0:
        return 0, len(weights) - 1
    share = np.cumsum(weights) / total
    first = int(np.searchsorted(share, (1 - SHARE) / 2, side="right"))
    last = int(np.searchsorted(share, 1 - (1 - SHARE) / 2, side="left"))
    return first, min(last, len(weights) - 1)
