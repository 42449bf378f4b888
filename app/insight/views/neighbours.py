"""What a layer takes for nearest to a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Neighbours",
    "The samples of the data that lie nearest to this one at a layer: what the net takes for alike.",
    Int("count", 12, help="So many of them", low=1, high=200),
    Choice("metric", "euclidean", options=("euclidean", "cosine"), help="By distance, or by angle"),
    Choice("part", "train", options=("train", "validation", "test"), help="The samples to choose from"),
    Int("samples", 2000, help="At most so many samples to choose from", low=2, high=50_000),
    about="scores",
    sample=True,
    group="Space",
)
def neighbours(look: Look, count: int, metric: str, part: str, samples: int) -> Tiles:
    """Their pictures beside the sample, or bars of their distances."""
    from app.insight.space.neighbours import neighbours_of

    return neighbours_of(look.subject, look.batch, look.node, part, samples, count, metric)
