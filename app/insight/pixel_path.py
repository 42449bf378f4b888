"""The path of a pixel: it is painted over, and every layer shows where and how much that changes its values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from torch import Tensor

from app.core.compile.plan import PlanInput
from app.insight.activations import in_unit_range
from app.insight.anatomy import picture_input, probe_name
from app.insight.calls import layer_at
from app.insight.capture import arguments, array, values_of
from app.insight.numbers import percent
from app.insight.receptive import place_axes
from app.insight.tiles import NoPicture, Tiles, signed_scale
from app.insight.view import Look
from nodes.api import Shape, cut

MOST_NODES = 64
MOST_CHANNELS = 256
MOST_SAID = 8


@dataclass(frozen=True, eq=False)
class NodeChange:
    """What a node gave before and after, without the batch. ``share`` is the norm of the difference by that of what it
    gave before; ``box`` the first and last place that changed along each axis of places, None where none did or where
    there are no places."""

    node: str
    before: np.ndarray
    after: np.ndarray

    @property
    def share(self) -> float:
        before = float(np.linalg.norm(self.before))
        moved = float(np.linalg.norm(self.after - self.before))
        return moved / before if before else float(moved > 0)

    @property
    def places(self) -> np.ndarray | None:
        """The size of the change at each place, over all channels or features."""
        axes = place_axes(Shape(self.before.shape))
        if not axes:
            return None
        others = tuple(axis for axis in range(self.before.ndim) if axis not in axes)
        difference = self.after.astype(np.float64) - self.before
        return np.asarray(np.sqrt((difference**2).sum(others)))

    @property
    def box(self) -> tuple[tuple[int, int], ...] | None:
        places = self.places
        if places is None or not places.any():
            return None
        return tuple((int(each.min()), int(each.max())) for each in np.nonzero(places))


def pixels_of(text: str, sides: Sequence[int]) -> list[tuple[int, ...]]:
    """The places that are named in ``12,14 12,15``: row and column of a picture, or one number of a list; the middle
    one if there is none.

    Raises:
        NoPicture: for what is no place, or one that the sample does not have.
    """
    if not text.strip():
        return [tuple(side // 2 for side in sides)]
    found = []
    for word in re.split(r"[\s;]+", text.strip()):
        numbers = [part.strip() for part in word.split(",")]
        if len(numbers) != len(sides) or not all(re.fullmatch(r"\d{1,6}", number) for number in numbers):
            how = "row,column" if len(sides) == 2 else "its number" if len(sides) == 1 else "one number for each axis"
            raise NoPicture(f"{cut(word, 40)!r} is no pixel. Write each as {how}, with spaces between them.")
        place = tuple(int(number) for number in numbers)
        if any(at >= side for at, side in zip(place, sides)):
            raise NoPicture(f"There is no pixel {word}; there are {'×'.join(map(str, sides))}, counted from 0.")
        found.append(place)
    return found


def painted(value: Tensor, places: Sequence[tuple[int, ...]], size: int, ink: str) -> Tensor:
    """A copy of a sample without its batch, with squares of this size around these places painted over. ``ink``:
    ``bright`` or ``dark`` is the largest or smallest value of the sample, ``opposite`` the one that is further away
    from what was there."""
    low, high = float(value.min()), float(value.max())
    if low == high:
        low, high = low - 0.5, low + 0.5
    axes = place_axes(Shape(tuple(value.shape))) or tuple(range(value.dim()))
    changed = value.clone()
    mask = torch.zeros([value.shape[axis] for axis in axes], dtype=torch.bool)
    before, behind = (size - 1) // 2, size // 2
    for place in places:
        mask[tuple(slice(max(0, at - before), at + behind + 1) for at in place)] = True
    shape = [value.shape[axis] if axis in axes else 1 for axis in range(value.dim())]
    where = mask.reshape(shape).expand(value.shape).to(value.device)
    if ink == "opposite":
        far = torch.where(value - low > high - value, low, high).to(value)
    else:
        far = torch.full_like(value, high if ink == "bright" else low)
    changed[where] = far[where]
    return changed


def changes(look: Look, before: Sequence[Tensor], after: Sequence[Tensor]) -> list[NodeChange]:
    """What every layer of the net gives for both, in its order; without those that give no numbers."""
    net, model = look.net, look.model
    names: dict[str, str] = {}
    for step in net.plan.graph.running:
        names[step.name] = probe_name(net, step.name)
    if look.node not in names and layer_at(net, look.node) is not None:
        names[look.node] = probe_name(net, look.node)
    every = tuple(names.values())
    one, other = values_of(net, model, before, every), values_of(net, model, after, every)
    found = []
    for node, name in names.items():
        if one[name].is_floating_point():
            pair = (array(each[name][0], f"The answer of {node}") for each in (one, other))
            found.append(NodeChange(node, *pair))
    return found


def path_pictures(look: Look, pixels: str, size: int, ink: str) -> tuple[Tiles, ...]:
    """The painted sample; where and how much each layer changes, or each channel of the one that is named; and bars of
    how much.

    Raises:
        NoPicture: for pixels that there are not, or a net that reads no numbers.
    """
    entry, value, places, found = painted_changes(look, pixels, size, ink)
    pictures = [] if entry.shape.rank < 3 else [_sample(entry, value, places)]
    named = next((each for each in found if each.node == look.node), None)
    maps = _channels(named) if named is not None else _layers(found, entry)
    if maps is not None:
        pictures.append(maps)
    pictures.append(_bars(found, entry, places))
    return tuple(pictures)


def painted_changes(
    look: Look, pixels: str, size: int, ink: str
) -> tuple[PlanInput, Tensor, list[tuple[int, ...]], list[NodeChange]]:
    """The input that is painted on, the painted sample, where it is painted, and what every layer makes of that.

    Raises:
        NoPicture: for pixels that there are not, or a net that reads no numbers.
    """
    entry = picture_input(look.net)
    given = list(arguments(look.net, look.model, look.batch))
    which = look.net.plan.inputs.index(entry)
    value = given[which][0]
    axes = (0,) if entry.shape.rank == 2 else place_axes(entry.shape) or tuple(range(entry.shape.rank))
    places = pixels_of(pixels, [value.shape[axis] for axis in axes])
    other = list(given)
    other[which] = painted(value, places, size, ink)[None]
    return entry, other[which][0], places, changes(look, given, other)


def small_picture(change: NodeChange) -> Tiles:
    """Where a layer changes as one map, or how much each of its numbers does as bars; for the strip inside its node."""
    places = change.places
    if places is not None and places.ndim == 2:
        return Tiles(places[None].astype(np.float32), 0.0, float(places.max()) or 1.0, "viridis", change.node)
    difference = np.abs(change.after - change.before)
    values = difference.reshape(len(difference), -1).max(1) if difference.ndim > 1 else difference
    values = values.astype(np.float32).reshape(1, 1, -1)
    return Tiles(values, 0.0, float(values.max()) or 1.0, "viridis", change.node, layout="bars")


def reach_words(change: NodeChange) -> str:
    """How far a change reaches, and how strong it is: ``5×5 change, 4.2 %``."""
    if not change.share:
        return "unchanged"
    box = change.box
    reach = "×".join(str(last - first + 1) for first, last in box) if box else ""
    return f"{reach} change, {percent(change.share)}" if reach else f"changed by {percent(change.share)}"


def _sample(entry: PlanInput, value: Tensor, places: Sequence[tuple[int, ...]]) -> Tiles:
    pixels = array(value, "The sample")
    colour = len(pixels) == 3
    shown = in_unit_range(np.moveaxis(pixels, 0, -1) if colour else pixels.mean(0))
    many = f"{len(places)} places" if len(places) > 1 else f"pixel {','.join(map(str, places[0]))}"
    return Tiles(
        shown[None].astype(np.float32), 0.0, 1.0, "rgb" if colour else "gray", f"{entry.variable}: {many} painted over",
        brush=True,
    )  # fmt: skip


def _enlarged(values: np.ndarray, sides: Sequence[int]) -> np.ndarray:
    """A map in another size, each place repeated: ``(h, w)``."""
    rows, columns = (np.arange(side) * have // side for side, have in zip(sides, values.shape))
    return values[rows][:, columns]


def _layers(found: Sequence[NodeChange], entry: PlanInput) -> Tiles | None:
    """Where each layer with maps changes, in the size of the sample, each on its own scale."""
    maps: list[np.ndarray] = []
    labels: list[str] = []
    for each in found:
        places = each.places
        if places is None or places.ndim != 2 or entry.shape.rank != 3:
            continue
        high = float(places.max())
        maps.append(_enlarged(places / high if high else places, entry.shape.sizes[1:]))
        box = each.box
        reach = "×".join(str(last - first + 1) for first, last in box) if box else "nothing"
        labels.append(f"{each.node}: {reach}")
    if not maps:
        return None
    kept = np.stack(maps[:MOST_NODES]).astype(np.float32)
    left_out = f"Shown are the first {MOST_NODES} of {len(maps)} layers." if len(maps) > MOST_NODES else ""
    note = "Each map on its own scale: bright where its layer changed most, dark where nothing did. Below it, how many "
    note += "places the change reaches."
    return Tiles(
        kept, 0.0, 1.0, "viridis", "Where each layer changes", tuple(labels[:MOST_NODES]),
        note=f"{note} {left_out}".strip(), left_out=left_out, whole=(len(maps),) if left_out else (),
    )  # fmt: skip


def _channels(change: NodeChange) -> Tiles | None:
    """What became of each channel of one layer."""
    if change.before.ndim != 3 or change.before.shape[1:] == (1, 1):
        return None
    difference = (change.after - change.before)[:MOST_CHANNELS]
    box = change.box
    reach = (
        "nothing"
        if box is None
        else " and ".join(f"{word} {first} to {last}" for word, (first, last) in zip(("rows", "columns"), box))
    )
    note = f"Red grew, blue fell. It reaches {reach} of {change.before.shape[1]}×{change.before.shape[2]} places."
    return Tiles(
        difference, *signed_scale(difference), "diverging", f"{change.node}: how each channel changes",
        tuple(map(str, range(len(difference)))), note=note,
    )  # fmt: skip


def _bars(found: Sequence[NodeChange], entry: PlanInput, places: Sequence[tuple[int, ...]]) -> Tiles:
    shares = np.array([each.share for each in found], np.float32)
    said: list[str] = []
    for each in found:
        box = each.box
        if box is not None and len(said) < MOST_SAID:
            count = prod(last - first + 1 for first, last in box)
            every = prod(each.before.shape[axis] for axis in place_axes(Shape(each.before.shape)))
            said.append(f"{each.node} {percent(count / every)}")
    still = [each.node for each in found if not each.share]
    note = "The length of the change, by that of the values before."
    note += f" Of its places it reaches: {', '.join(said)}." if said else ""
    note += f" Nothing changes in {', '.join(still[:MOST_SAID])}." if still else ""
    return Tiles(
        shares.reshape(1, 1, -1), 0.0, max(float(shares.max(initial=0.0)), 1e-9), "viridis",
        "How much each layer changes", tuple(cut(each.node, 24) for each in found), layout="bars", x_label="layer",
        percent=True, note=note,
    )  # fmt: skip
