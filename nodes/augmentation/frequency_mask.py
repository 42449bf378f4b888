"""Spectrograms with some frequencies hidden, series with some features hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Example, Int, Settings, Sheet, augmentation
from nodes.augmentation._pictures import masked_sound
from nodes.augmentation._series import TIME, with_features

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    masked_sound(sheet, lambda row, col: row in (1, 2))
    return "A band of frequencies is hidden, another one each time."


@augmentation(
    id="FrequencyMask",
    name="Random frequency mask",
    reads=with_features,
    picture=_drawn,
    params=[
        Int(
            "widest",
            4,
            low=0,
            high=1_000_000,
            card=True,
            help="How many neighbouring frequencies or features are hidden at most; never more than half of them at "
            "once.",
        ),
        Int("masks", 1, low=1, high=20, help="How many bands are hidden."),
        Choice("fill", "zeros", options=("zeros", "mean"), help="What stands there then: 0, or the sample's mean."),
        TIME,
    ],
    examples=[
        Example(inputs=[(1, 12, 9)], output=(1, 12, 9)),
        Example(inputs=[(20, 6)], params={"masks": 2, "fill": "mean"}, output=(20, 6)),
        Example(inputs=[(6, 20)], params={"time": "last"}, output=(6, 20)),
    ],
    words=["augment", "specaugment", "hide", "spectrogram", "sound", "audio", "band"],
)
def frequency_mask(values: Tensor, generator: Generator, *, widest: int, masks: int, fill: str, time: str) -> Tensor:
    """Hides a band of frequencies of each spectrogram, or some features of each series, others each time, while
    training. Where a layer of the net makes the spectrogram, put a Spectrogram mask behind that instead. The check, the
    pictures and the exported model see the samples as they are."""
    import torch

    sound = time == "last" or (time == "auto" and values.dim() == 3 and values.shape[1] <= 2 < values.shape[2])
    turned = values.dim() == 4 or sound  # the bands lie before the time
    along = values.transpose(-1, -2) if turned else values
    count = along.shape[-1]
    cells, hidden = torch.arange(count), torch.zeros(len(values), count, dtype=torch.bool)
    for _ in range(masks):
        wide = torch.randint(0, min(widest, count // 2) + 1, (len(values), 1), generator=generator)
        first = (torch.rand(len(values), 1, generator=generator) * (count - wide + 1)).floor()
        hidden |= (cells >= first) & (cells < first + wide)
    hidden = hidden.view(len(values), *[1] * (along.dim() - 2), count).to(values.device)
    mean = values.flatten(1).mean(1).view(-1, *[1] * (along.dim() - 1))
    masked = torch.where(hidden, mean if fill == "mean" else torch.zeros_like(mean), along)
    return masked.transpose(-1, -2) if turned else masked
