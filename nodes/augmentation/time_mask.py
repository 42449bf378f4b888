"""Sounds and series with a stretch of time hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Int, Settings, Sheet, augmentation
from nodes.augmentation._pictures import masked_sound
from nodes.augmentation._series import TIME, series

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    masked_sound(sheet, lambda row, col: col in (2, 3))
    return "A stretch of time is hidden, another one each time."


@augmentation(
    id="TimeMask",
    name="Random time mask",
    reads=series,
    picture=_drawn,
    params=[
        Int(
            "longest",
            4,
            low=0,
            high=10_000_000,
            card=True,
            help="How many steps of time are hidden at most; never more than half of a sample at once.",
        ),
        Int("masks", 1, low=1, high=20, help="How many stretches are hidden."),
        Choice("fill", "zeros", options=("zeros", "mean"), help="What stands there then: 0, or the sample's mean."),
        TIME,
    ],
    examples=[
        Example(inputs=[(20, 3)], output=(20, 3)),
        Example(inputs=[(2, 30)], params={"time": "last", "masks": 3, "fill": "mean"}, output=(2, 30)),
        Example(inputs=[(1, 6, 9)], params={"longest": 100}, output=(1, 6, 9)),
        Example(inputs=[(12,)], output=(12,)),
    ],
    words=["augment", "specaugment", "hide", "cutout", "sound", "audio", "series"],
)
def time_mask(values: Tensor, generator: Generator, *, longest: int, masks: int, fill: str, time: str) -> Tensor:
    """Hides a stretch of time of each sound or series, another one each time, while training, so that the net does not
    rely on one moment. The check, the pictures and the exported model see the samples as they are."""
    import torch

    sound = time == "last" or (time == "auto" and values.dim() == 3 and values.shape[1] <= 2 < values.shape[2])
    turned = values.dim() == 3 and not sound
    along = values.transpose(1, 2) if turned else values
    length = along.shape[-1]
    cells, hidden = torch.arange(length), torch.zeros(len(values), length, dtype=torch.bool)
    for _ in range(masks):
        long = torch.randint(0, min(longest, length // 2) + 1, (len(values), 1), generator=generator)
        first = (torch.rand(len(values), 1, generator=generator) * (length - long + 1)).floor()
        hidden |= (cells >= first) & (cells < first + long)
    hidden = hidden.view(len(values), *[1] * (along.dim() - 2), length).to(values.device)
    mean = values.flatten(1).mean(1).view(-1, *[1] * (along.dim() - 1))
    masked = torch.where(hidden, mean if fill == "mean" else torch.zeros_like(mean), along)
    return masked.transpose(1, 2) if turned else masked
