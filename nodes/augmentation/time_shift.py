"""Sounds and series moved in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Int, Settings, Sheet, augmentation
from nodes.augmentation._pictures import WAVE, curves
from nodes.augmentation._series import TIME, series

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    curves(sheet, (0.0, 0.0, 0.0, *WAVE[:-3]))
    return "Each sound or series begins a little earlier or later."


@augmentation(
    id="TimeShift",
    name="Random time shift",
    reads=series,
    picture=_drawn,
    params=[
        Int(
            "steps",
            4,
            low=0,
            high=10_000_000,
            card=True,
            help="By how many steps of time a sample is moved at most, to later or to earlier.",
        ),
        Choice(
            "outside",
            "zeros",
            options=("zeros", "border", "wrap"),
            help="What comes in at the end: 0, the last value held, or what has left at the other end.",
        ),
        TIME,
    ],
    examples=[
        Example(inputs=[(20, 3)], output=(20, 3)),
        Example(inputs=[(2, 30)], params={"time": "last", "outside": "wrap", "steps": 50}, output=(2, 30)),
        Example(inputs=[(1, 6, 9)], params={"outside": "border"}, output=(1, 6, 9)),
        Example(inputs=[(12,)], output=(12,)),
    ],
    words=["augment", "translate", "delay", "roll", "sound", "audio", "series"],
)
def time_shift(values: Tensor, generator: Generator, *, steps: int, outside: str, time: str) -> Tensor:
    """Moves each sound or series in time, another way each time, while training. The check, the pictures and the
    exported model see the samples as they are."""
    import torch

    sound = time == "last" or (time == "auto" and values.dim() == 3 and values.shape[1] <= 2 < values.shape[2])
    turned = values.dim() == 3 and not sound
    along = values.transpose(1, 2) if turned else values
    length, between = along.shape[-1], [1] * (along.dim() - 2)
    place = torch.arange(length) - torch.randint(-steps, steps + 1, (len(values), 1), generator=generator)
    inside = ((place >= 0) & (place < length)).view(-1, *between, length)
    place = place % length if outside == "wrap" else place.clamp(0, length - 1)
    moved = along.gather(-1, place.view(-1, *between, length).expand_as(along).to(values.device))
    if outside == "zeros":
        moved = moved.masked_fill(~inside.to(values.device), 0.0)
    return moved.transpose(1, 2) if turned else moved
