"""Notes that are made up, as classes in windows, each with what follows a value later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Field, Int, Schema, Script, source
from nodes.reading.made_up import printed
from nodes.reading.mu_law import mu_law, tones

if TYPE_CHECKING:
    from torch import Tensor


def describe(*, samples: int, window: int, rate: int, levels: int, seed: int) -> Schema:
    """Five notes of a pentatonic scale with overtones, of any loudness and phase, drawn by a seed. sound is each value
    as one of a few levels, closer together where it is quiet (mu-law); next is the same one value later, which a net
    learns to tell. A sound of your own is read by Sound to continue."""
    return Schema(
        {"sound": Field((window,), "int", levels), "next": Field((window,), "int", levels)},
        samples=samples,
        noun=("tone", "tones"),
        settled={"rate": rate, "mu_law": levels},
    )


def load(*, samples: int, window: int, rate: int, levels: int, seed: int) -> dict[str, Tensor]:
    """Levels (n, window), and those one value later (n, window)."""
    import torch

    numbers = torch.from_numpy(mu_law(tones(samples, window + 1, rate, seed), levels))
    return {"sound": numbers[:, :-1].contiguous(), "next": numbers[:, 1:].contiguous()}


def script(*, samples: int, window: int, rate: int, levels: int, seed: int) -> Script:
    """The functions that make tones up and turn values into levels."""
    lines = printed(tones, mu_law)
    lines += [f"numbers = torch.from_numpy(mu_law(tones({samples}, {window + 1}, {rate}, {seed}), {levels}))"]
    return Script(tuple(lines), {"sound": "numbers[:, :-1].contiguous()", "next": "numbers[:, 1:].contiguous()"})


MADE_UP_TONES = source(
    id="MadeUpTones",
    name="Made-up tones",
    params=[
        Int("samples", 1000, low=2, high=100_000, card=True, help="How many tones there are."),
        Int("window", 256, low=4, high=65_536, card=True, help="How many values of each are read at once."),
        Int("rate", 4000, low=1000, high=48_000, label="values a second", help="How fine the sound is in time."),
        Int("levels", 64, low=4, high=65_536, card=True, help="How many different values there are."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same tones."),
    ],
    fields=["sound", "next"],
    describe=describe,
    load=load,
    script=script,
    examples=[{"samples": 20, "window": 30}, {"samples": 12, "window": 16, "levels": 256, "rate": 8000}],
    words=["audio", "sound", "music", "wavenet", "mu-law", "sine", "autoregressive", "toy", "data"],
)
