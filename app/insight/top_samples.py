"""The samples that a unit answers to most strongly, cut to what it saw of them (Zeiler and Fergus 2014)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from app.core.compile.plan import PlanInput
from app.insight.anatomy import picture_input
from app.insight.judgement_pictures import word
from app.insight.numbers import NumberFormat
from app.insight.part_predictions import parts_for
from app.insight.receptive import ReceptiveField, field_of, sides_of, value_shape
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.unit_responses import UnitResponses, ranked, responses
from app.insight.view import Look
from nodes.api import cut

MOST_PATCHES = 576
WORDS = {"highest": "most strongly", "lowest": "most weakly", "median": "as to most samples"}


def top_pictures(look: Look, part: str, which: str, unit: int | str, count: int, whole: bool, most: int | str) -> Tiles:
    """Patches of the samples at the end of the order, or in its middle, ``count`` for each unit, a row for each.

    Raises:
        NoPicture: for a unit that there is not, or a net without data.
    """
    found = responses(look.subject, look.node, part, most)
    units = found.best.shape[1]
    if isinstance(unit, int) and unit >= units:
        raise NoPicture(f"{look.node} has no unit {unit}; it has {units}, numbered from 0 to {units - 1}.")
    shown = [unit] if isinstance(unit, int) else list(range(min(units, max(1, MOST_PATCHES // count))))
    rows = {each: ranked(found, each, which, count) for each in shown}
    count = len(rows[shown[0]])
    entry = _pictured(look)
    said = _said(found, shown, units, which)
    if entry is None:
        return _bars(look, found, rows, which, said)
    patches, kind = _patches(look, found, rows, entry, whole)
    colour = patches.ndim == 4
    low, high = (0.0, 1.0) if colour or _unit(patches) else rising_scale(patches)
    title = f"{look.node}: {kind} that unit {unit} answers to {WORDS[which]}"
    if not isinstance(unit, int):
        title = f"{look.node}: {kind} that each unit answers to {WORDS[which]}"
    picked = f"Of {found.said}. {said}".strip()
    if isinstance(unit, int):
        labels = _labels(found, rows[unit], unit)
        return Tiles(patches, low, high, "rgb" if colour else "gray", title, labels, note=picked)
    fewer = len(shown) < units
    left_out = f"Shown are the units 0 to {len(shown) - 1} of {units}; name a unit to see it." if fewer else ""
    return Tiles(
        patches, low, high, "rgb" if colour else "gray", title, columns=count, x_label="place in the order",
        y_label="unit", note=f"{picked} {left_out}".strip(), whole=(count, units) if fewer else (), left_out=left_out,
    )  # fmt: skip


def _unit(patches: np.ndarray) -> bool:
    return bool(patches.min() >= 0 and patches.max() <= 1)


def _pictured(look: Look) -> PlanInput | None:
    """The input that patches are cut from: a picture, or a sequence of numbers."""
    try:
        entry = picture_input(look.net)
    except NoPicture:
        return None
    if entry.shape.rank == 3 and entry.shape.sizes[0] in (1, 3):
        return entry
    return entry if entry.shape.rank == 2 else None


def _said(found: UnitResponses, shown: Sequence[int], units: int, which: str) -> str:
    """Which units never answer: then the order says nothing."""
    silent = [each for each in range(units) if not found.best[:, each].any()]
    if not silent:
        equal = [each for each in shown if found.best[:, each].min() == found.best[:, each].max()]
        if equal and len(shown) == 1:
            return "It answers the same to every sample, so the order says nothing."
        return ""
    if len(shown) == 1:
        if shown[0] in silent:
            return "This unit is 0 for every one of them: nothing excites it, so the order says nothing."
        return _weak(found, shown[0], which)
    some = ", ".join(map(str, silent[:10])) + (" and more" if len(silent) > 10 else "")
    many = len(silent) > 1
    if many:
        return f"Units {some} are 0 for every one of them: nothing excites them."
    return f"Unit {some} is 0 for every one of them: nothing excites it."


def _weak(found: UnitResponses, unit: int, which: str) -> str:
    zero = int((found.best[:, unit] == 0).sum())
    return f"To {zero:,} samples it answers 0 everywhere." if which == "lowest" and zero else ""


def _labels(found: UnitResponses, rows: np.ndarray, unit: int) -> tuple[str, ...]:
    """How strong each answer is, and the class of the sample where it has one."""
    answers = found.best[rows, unit]
    number = NumberFormat(answers.tolist())
    if found.labels is None:
        return tuple(number(float(answer)) for answer in answers)
    names = [cut(word(found.words, int(found.labels[row])), 14) for row in rows]
    return tuple(f"{number(float(answer))} · {name}" for answer, name in zip(answers, names))


def _bars(look: Look, found: UnitResponses, rows: Mapping[int, np.ndarray], which: str, said: str) -> Tiles:
    """Where samples are no pictures: how strong the answers are, by the names of the samples."""
    unit = next(iter(rows))
    parts = parts_for(look.net)
    names = tuple(cut(parts.name_of(int(found.numbers[row])).removeprefix("sample "), 24) for row in rows[unit])
    answers = found.best[rows[unit], unit].astype(np.float32)
    note = f"Of {found.said}. {said}".strip()
    if len(rows) > 1:
        note += " Name a unit to see another."
    title = f"{look.node}: samples that unit {unit} answers to {WORDS[which]}"
    return Tiles(
        answers.reshape(1, 1, -1), *rising_scale(np.append(answers, 0.0)), "viridis", title, names, layout="bars",
        x_label="sample", note=note,
    )  # fmt: skip


def _patches(
    look: Look, found: UnitResponses, rows: Mapping[int, np.ndarray], entry: PlanInput, whole: bool
) -> tuple[np.ndarray, str]:
    """The patches of all rows one after the other, and what they are."""
    samples = _samples(look, found, np.unique(np.concatenate(list(rows.values()))), entry)
    sees = None if whole else _Fields(look, entry, found.sides)
    kind = "samples" if sees is None or sees.everything else "patches"
    pieces = []
    for unit, order in rows.items():
        for row in order:
            sample = samples[int(found.numbers[row])]
            pieces.append(
                sample if kind == "samples" or sees is None else sees.cut(sample, int(found.where[row, unit]))
            )
    values = torch.stack(pieces).float().nan_to_num()
    if entry.shape.rank == 2:
        return values.transpose(1, 2).numpy(), kind  # time runs to the right
    if values.shape[1] == 1:
        return values[:, 0].numpy(), kind
    low, high = min(0.0, float(values.min())), max(1.0, float(values.max()))
    return ((values - low) / (high - low)).permute(0, 2, 3, 1).numpy(), kind


def _samples(look: Look, found: UnitResponses, rows: np.ndarray, entry: PlanInput) -> dict[int, Tensor]:
    """These samples as the net reads them, by their numbers."""
    key = f"{entry.node}.{entry.port}"
    result: dict[int, Tensor] = {}
    for numbers, batch in parts_for(look.net).read(torch.from_numpy(found.numbers[rows])):
        result |= {int(number): values.cpu() for number, values in zip(numbers, batch[key])}
    return result


class _Fields:
    """Cuts a sample to what a place of a layer sees of it; all pieces have one size, with zeros beyond the edges."""

    def __init__(self, look: Look, entry: PlanInput, sides: tuple[int, ...]) -> None:
        self._look, self._entry, self._sides = look, entry, sides
        self._known: dict[int, ReceptiveField] = {}
        middle = self._field(int(np.ravel_multi_index([side // 2 for side in sides], sides)) if sides else 0)
        self.everything = middle.spans is None or all(size >= side for size, side in zip(middle.size, middle.sides))
        self._size = middle.size

    def _field(self, where: int) -> ReceptiveField:
        if where not in self._known:
            at = [int(each) for each in np.unravel_index(where, self._sides)] if self._sides else []
            if len(at) != len(sides_of(value_shape(self._look.net, self._look.node))):
                at = []
            self._known[where] = field_of(self._look.net, self._look.model, self._look.node, at, self._entry)
        return self._known[where]

    def cut(self, sample: Tensor, where: int) -> Tensor:
        spans = self._field(where).spans
        assert spans is not None, "everything has no spans"
        first_axis = 0 if sample.dim() == 2 else 1
        for axis, ((first, _), size) in enumerate(zip(spans, self._size), first_axis):
            side = sample.shape[axis]
            # As many as the middle place sees, so that the pieces compare; a memory sees more the later it is.
            last = first + size - 1
            inside = sample.narrow(axis, max(first, 0), max(min(last, side - 1) - max(first, 0) + 1, 0))
            before, behind = max(0, -first), size - max(0, -first) - inside.shape[axis]
            shape = list(inside.shape)
            parts = []
            for count, part in ((before, None), (0, inside), (behind, None)):
                shape[axis] = count
                parts.append(part if part is not None else inside.new_zeros(shape))
            sample = torch.cat(parts, axis)
        return sample
