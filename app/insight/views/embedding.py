"""Where a layer puts the samples."""

from __future__ import annotations

from collections.abc import Iterator

from app.insight.view import PART, Look, ViewStep, view
from nodes.api.params import Choice, Float, Int


@view(
    "Space",
    "Where a layer puts the samples, spread out over a plane: what it takes for alike lies together.",
    Choice(
        "method",
        "pca",
        options=("pca", "tsne", "umap"),
        help="pca: principal components; tsne, umap: what lies together stays together (pip install netloom[space])",
    ),
    Choice(
        "colour",
        "class",
        options=("class", "error", "answer", "loss"),
        help="By the right class, by right and wrong, by the class that is answered, or by the loss",
    ),
    PART,
    Int("samples", 1000, help="At most so many samples", low=2, high=20_000),
    Float("perplexity", 30.0, help="About how many neighbours count, for tsne and umap", low=2.0, high=500.0, step=5.0),
    Int("seed", 0, help="The same seed gives the same cloud", low=0, high=2**31 - 1),
    Choice("points", "dots", options=("dots", "pictures"), help="Pictures of the samples, or dots until there is room"),
    about="scores",
    group="Space",
)
def embedding(
    look: Look, method: str, colour: str, part: str, samples: int, perplexity: float, seed: int, points: str
) -> Iterator[ViewStep]:
    """PCA at once, then the cloud as it moves."""
    from app.insight.space.embedding import embedding_of

    yield from embedding_of(
        look.subject, look.node, method, colour, part, samples, perplexity, seed, points == "pictures"
    )
