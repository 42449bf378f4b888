"""Samples with noise added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Example, Float, Settings, Sheet, Switch, augmentation
from nodes.api.shapes import floats
from nodes.augmentation._pictures import WAVE, curves

if TYPE_CHECKING:
    from torch import Generator, Tensor


def _drawn(sheet: Sheet, settings: Settings) -> str:
    curves(sheet, [height + (0.18 if place % 2 else -0.14) for place, height in enumerate(WAVE)])
    return "A small random number is added to every value, another one each time."


@augmentation(
    id="RandomNoise",
    name="Random noise",
    reads=floats,
    picture=_drawn,
    params=[
        Float(
            "std",
            0.05,
            low=0.0,
            high=1e6,
            step=0.01,
            card=True,
            label="deviation",
            help="The standard deviation of what is added: the larger, the stronger the noise.",
        ),
        Switch(
            "relative",
            False,
            label="relative to each sample",
            help="Counts in deviations of the sample's own values, for sounds and curves that are loud or faint.",
        ),
    ],
    examples=[
        Example(inputs=[(1, 8, 8)], output=(1, 8, 8)),
        Example(inputs=[(20, 3)], params={"relative": True}, output=(20, 3)),
        Example(inputs=[(5,)], output=(5,)),
    ],
    words=["augment", "jitter", "gaussian", "normal", "sound"],
)
def random_noise(values: Tensor, generator: Generator, *, std: float, relative: bool) -> Tensor:
    """Adds normal noise to every value of a sample, other noise each time, while training. For pictures, sounds, time
    series and rows of numbers alike. The check, the pictures and the exported model see the samples as they are."""
    import torch

    noise = torch.randn(values.shape, generator=generator).to(values) * std
    if relative:
        own = values.flatten(1).std(1, correction=0)
        noise = noise * own.view(-1, *[1] * (values.dim() - 1))
    return values + noise
