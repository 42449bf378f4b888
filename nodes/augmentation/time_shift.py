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
    starts = torch.randint(-steps, steps + 1, (len(along),), generator=generator).tolist()
    # Whole pieces are copied: an index for every value would take far longer for sounds.
    length, moved = along.shape[-1], []
    for one, start in zip(along, starts, strict=True):
        if outside == "wrap":
            moved.append(one.roll(start, -1))
            continue
        start = max(-length, min(length, start))
        edge = one[..., :1] if start > 0 else one[..., -1:]
        rim = (edge if outside == "border" else torch.zeros_like(edge)).expand(*one.shape[:-1], abs(start))
        kept = one[..., max(0, -start) : length - max(0, start)]
        moved.append(torch.cat([rim, kept] if start > 0 else [kept, rim], -1))
    shifted = torch.stack(moved)
    return shifted.transpose(1, 2) if turned else shifted
