"""A series in time that is made up, with a season whose size comes and goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Field, Float, Int, Schema, source

if TYPE_CHECKING:
    from torch import Tensor


def describe(*, steps: int, season: int, window: int, horizon: int, noise: float, seed: int) -> Schema:
    """A series made up by a seed: a season that repeats, grows and shrinks, a slow wave, and noise that lasts a while.
    A window of it goes in, and the next values come out. The end of the time is held out."""
    return Schema(
        {"input": Field((window, 1), names=("value",)), "target": Field((horizon,))},
        samples=max(1, steps - window - horizon + 1),
        noun=("window", "windows"),
        ordered=True,
        overlap=window + horizon - 1,
        aims=("value",),
    )


def load(*, steps: int, season: int, window: int, horizon: int, noise: float, seed: int) -> dict[str, Tensor]:
    """Windows (n, window, 1) and the values behind each (n, horizon); a series that is shorter than both becomes as
    long."""
    import math

    import torch

    count = max(steps, window + horizon)
    generator = torch.Generator().manual_seed(seed)
    turn = 2 * math.pi * torch.arange(count) / season
    size = 1 + 0.6 * torch.sin(turn / 9.7)
    series = size * (torch.sin(turn) + 0.4 * torch.sin(2 * turn + 1)) + 0.5 * torch.sin(turn / 5.3)
    drawn = torch.randn(count, generator=generator)
    lasting = torch.zeros(count)
    for step in range(1, count):
        lasting[step] = 0.8 * lasting[step - 1] + drawn[step]
    series = series + noise * lasting
    windows = series.unfold(0, window + horizon, 1)
    return {"input": windows[:, :window, None].contiguous(), "target": windows[:, window:].contiguous()}


MADE_UP_SERIES = source(
    id="MadeUpSeries",
    name="Made-up series",
    params=[
        Int("steps", 3000, low=20, high=1_000_000, help="How long the series is."),
        Int("season", 24, low=2, high=10_000, card=True, help="After how many steps it repeats."),
        Int("window", 48, low=1, high=10_000, card=True, help="How many values go in."),
        Int("horizon", 12, low=1, high=10_000, card=True, help="How many values are predicted."),
        Float("noise", 0.1, low=0.0, high=10.0, step=0.05, help="How much chance there is, which lasts some steps."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same series."),
    ],
    describe=describe,
    load=load,
    examples=[{"steps": 60, "window": 12, "season": 6, "horizon": 3}, {"steps": 20, "window": 30, "noise": 0.0}],
    words=["forecast", "time series", "season", "lstm", "toy", "data"],
)
