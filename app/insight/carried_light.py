"""Whether sums and differences of codes carry over what they should, in a case whose right answer is known: a picture
is lit from one side, and a − b + c is to light another one from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from app.core.compile.plan import PlannedStep
from app.insight.anatomy import picture_input
from app.insight.generative import as_pictures, codes_of, pictures_of_codes
from app.insight.view import Look

MOST = 20  # samples; each is paired with the five behind it
BEHIND = 5
STRENGTH = 0.5  # how much brighter the one edge becomes, and darker the other
SIDES = 4


@dataclass(frozen=True, slots=True)
class Carried:
    """Of ``tried`` results, how many are nearest to the picture that is lit from the ``right`` one of four sides; and
    how much of the way in which the pictures differ from their mean their copies have, 1 being all of it."""

    right: int
    tried: int
    copied: float

    @property
    def sentence(self) -> str:
        return (
            f"Where the answer is known: of {self.tried} pictures that are given the light of another one (a − b) "
            f"{100 * self.right / self.tried:.0f} % are lit from the right one of four sides, 25 % by chance. Copies "
            f"have {100 * self.copied:.0f} % of what sets these pictures apart from their mean (R²)."
        )


def carried_light(look: Look, code: PlannedStep, known: Tensor) -> Carried | None:
    """``known`` are the codes of the samples held ready. None where the net draws no pictures of the size that it
    reads, with values from 0 to 1."""
    fields = look.subject.samples.several()
    entry = picture_input(look.net)
    key = f"{entry.node}.{entry.port}"
    count = min(len(known), MOST)
    if count < 2 or key not in fields or fields[key].dim() != 4 or fields[key].shape[1] not in (1, 3):
        return None
    few = {name: values[:count] for name, values in fields.items()}
    pixels = few[key].float()
    if float(pixels.min()) < 0 or float(pixels.max()) > 1:
        return None
    copies = pictures_of_codes(look.net, look.model, fields, code, known[:count])
    truth = as_pictures(pixels)
    if copies.shape != truth.shape:
        return None
    lit = [(pixels * ramp).clamp(0, 1) for ramp in _ramps(pixels)]
    codes = torch.stack([_codes(look, few, key, each, code) for each in lit])  # side, sample, width
    right = tried = 0
    goals = np.stack([as_pictures(each) for each in lit])
    for step in range(1, min(BEHIND, count - 1) + 1):
        other = torch.arange(count).roll(-step)
        total = codes - known[:count] + known[other]
        drawn = pictures_of_codes(look.net, look.model, fields, code, total.flatten(0, 1))
        drawn = drawn.reshape(SIDES, count, *drawn.shape[1:])
        axes = tuple(range(3, goals.ndim + 1))
        apart = np.square(drawn[:, None] - goals[None][:, :, other.numpy()]).mean(
            axes
        )  # side, side it is compared with
        right += int((apart.argmin(1) == np.arange(SIDES)[:, None]).sum())
        tried += SIDES * count
    spread = float(np.square(truth - truth.mean(0)).mean())
    return Carried(right, tried, 1 - float(np.square(copies - truth).mean()) / spread) if spread > 0 else None


def _ramps(pixels: Tensor) -> list[Tensor]:
    """Factors for light from the right, the left, below and above."""
    rows, columns = (STRENGTH * torch.linspace(-1, 1, size, device=pixels.device) for size in pixels.shape[2:])
    return [1 + columns[None, :], 1 - columns[None, :], 1 + rows[:, None], 1 - rows[:, None]]


def _codes(look: Look, fields: Mapping[str, Tensor], key: str, pixels: Tensor, code: PlannedStep) -> Tensor:
    return codes_of(look.net, look.model, {**fields, key: pixels}, code)
