"""The loss around the weights."""

from __future__ import annotations

from collections.abc import Iterator

from app.insight.view import Look, ViewStep, view
from nodes.api.params import Choice, Float, Int


@view(
    "Loss surface",
    "The loss along two directions through the weights, and the way of the training on it.",
    Choice(
        "directions",
        "random",
        options=("random", "path"),
        help="random: as long as each filter is (Li et al. 2018); path: where the kept epochs went, by their "
        "principal components",
    ),
    Int("steps", 33, help="Places along each direction", low=3, high=97),
    Float("reach", 1.0, help="How far random directions go: 1 is as far as each filter is long", low=0.0, high=10.0,
          step=0.25, open_low=True),
    Int("samples", 256, help="The mean loss of so many samples", low=1, high=100_000),
    Choice("part", "train", options=("train", "validation", "test"), help="The samples of which the loss is taken"),
    Int("seed", 0, help="The same seed gives the same directions", low=0, high=2**31 - 1),
    about="net",
    group="How it learns",
)  # fmt: skip
def loss_surface(
    look: Look, directions: str, steps: int, reach: float, samples: int, part: str, seed: int
) -> Iterator[ViewStep]:
    """The surface, coarse at first."""
    from app.insight.space.landscape import landscape

    yield from landscape(look.subject, directions, part, samples, steps, reach, seed)
