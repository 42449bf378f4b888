"""People that are drawn, several pictures of each."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodes.api import Field, Float, Int, Schema, Script, source
from nodes.reading.made_up import printed
from nodes.reading.people_pictures import people_pictures

if TYPE_CHECKING:
    from torch import Tensor


def describe(*, people: int, each: int, side: int, noise: float, seed: int) -> Schema:
    """Several pictures of each of some drawn people, made up with a seed: nobody looks like that. Head, hair, eyes,
    mouth, beard and glasses are those of a person; place, light, background and smile change. Validation and test have
    people of their own, so a net must tell apart whom it has never seen."""
    counts = _counts(people)
    return Schema(
        {"image": Field((3, side, side)), "person": Field((), "int", sum(counts.values()))},
        samples=each * sum(counts.values()),
        parts={name: each * count for name, count in counts.items()},
        noun=("picture", "pictures"),
    )


def load(*, people: int, each: int, side: int, noise: float, seed: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """All of them in memory, and the numbers of those of each part."""
    import torch

    counts = _counts(people)
    images, persons = map(torch.from_numpy, _made(sum(counts.values()), each, side, noise, seed))
    numbers = torch.arange(len(persons)).split([each * count for count in counts.values()])
    return {"image": images, "person": persons}, dict(zip(counts, numbers))


def script(*, people: int, each: int, side: int, noise: float, seed: int) -> Script:
    """The same drawing."""
    counts = _counts(people)
    lines = [
        *printed(people_pictures),
        f"made = people_pictures({sum(counts.values())}, {each}, {side}, {noise}, {seed})",
        f"counts = { {name: each * count for name, count in counts.items()} }",
        "numbers = torch.arange(len(made[1])).split(list(counts.values()))",
    ]
    fields = {"image": "torch.from_numpy(made[0])", "person": "torch.from_numpy(made[1])"}
    return Script(tuple(lines), fields, parts="dict(zip(counts, numbers))")


def _counts(people: int) -> dict[str, int]:
    return {"train": people, "validation": max(people // 4, 2), "test": max(people // 4, 2)}


@lru_cache(maxsize=2)
def _made(people: int, each: int, side: int, noise: float, seed: int) -> tuple[Any, Any]:
    return people_pictures(people, each, side, noise, seed)


MADE_UP_PEOPLE = source(
    id="MadeUpPeople",
    name="Made-up people",
    params=[
        Int(
            "people",
            60,
            low=2,
            high=5000,
            card=True,
            help="How many people there are to learn from; validation and test have a fourth of it each.",
        ),
        Int(
            "each", 12, low=2, high=1000, card=True, label="pictures of each", help="How many pictures of each person."
        ),
        Int("side", 32, low=16, high=256, help="Rows and columns of each picture."),
        Float("noise", 0.03, low=0.0, high=1.0, step=0.01, help="Deviation of the noise on every dot."),
        Int("seed", 0, low=0, high=2**31 - 1, help="The same seed gives the same people."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"people": 6, "each": 3, "side": 16, "noise": 0.1, "seed": 3}],
    words=["faces", "verification", "identity", "triplet", "siamese", "portraits", "toy", "data"],
)
