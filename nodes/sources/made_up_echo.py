"""Random numbers in a row, one of them marked, which is to be told at the end: how far back does a net remember?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Field, Int, Schema, source

if TYPE_CHECKING:
    from torch import Tensor


def describe(*, samples: int, steps: int, seed: int) -> Schema:
    """Sequences of numbers from -1 to 1 that are drawn by a seed, one of which is marked. At the end the net has to
    tell it; back says how many steps ago it came. All numbers behind it are noise, so nothing but memory helps. In
    every other sequence any distance is as likely, in the rest near ones are likelier (the last number as likely as the
    two before it together): a plain RNN learns nothing at all where nearly all of it is out of its reach."""
    back = tuple(str(number) for number in range(min(steps, samples)))
    return Schema(
        {
            "input": Field((steps, 2), names=("number", "mark")),
            "target": Field((1,)),
            "back": Field((), "int", back),
        },
        samples=samples,
        noun=("sequence", "sequences"),
    )


def load(*, samples: int, steps: int, seed: int) -> dict[str, Tensor]:
    """Sequences (n, steps, 2), each of numbers and marks; the marked number (n, 1); and how many steps before the last
    it stands (n,): in every other one evenly spread, in the rest its logarithm is."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    numbers = torch.rand(samples, steps, generator=generator) * 2 - 1
    even = torch.randperm(samples, generator=generator) % steps
    reach = min(steps, samples)  # as many distances as ``describe`` names
    near = ((reach + 1) ** torch.rand(samples, generator=generator) - 1).long().clamp(max=reach - 1)
    back = torch.where(torch.arange(samples) % 2 == 0, even, near)
    place = steps - 1 - back
    marks = torch.zeros(samples, steps)
    marks[torch.arange(samples), place] = 1
    return {
        "input": torch.stack([numbers, marks], 2),
        "target": numbers[torch.arange(samples), place][:, None],
        "back": back,
    }


MADE_UP_ECHO = source(
    id="MadeUpEcho",
    name="Echo of a number",
    params=[
        Int("samples", 3000, low=10, high=1_000_000, help="How many sequences there are."),
        Int("steps", 40, low=1, high=2_000, card=True, help="How many numbers each has."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same numbers."),
    ],
    describe=describe,
    load=load,
    examples=[{"samples": 50, "steps": 7}, {"samples": 10, "steps": 30}],
    words=["memory", "recall", "copy", "vanishing gradient", "rnn", "gru", "lstm", "toy", "data"],
)
