"""Embedding."""

import random

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, layer, module
from nodes.api.saves import INPUTS
from nodes.embedding._whole import check_count, check_whole


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.disc(34, 50, 11, "family", "3")
    table = random.Random(4)
    shades = [[table.random() for _ in range(4)] for _ in range(6)]
    sheet.grid(84, 8, 6, 4, 14, lambda row, column: shades[row][column])
    sheet.frame(84, 8 + 3 * 14, 56, 14)
    sheet.arrow((46, 51), (80, 57), "accent")
    sheet.arrow((144, 57), (164, 57), "accent")
    sheet.grid(168, 50, 1, 4, 14, lambda row, column: shades[3][column])
    return "The number of a word picks a row of the table. The rows are learned."


@layer(
    id="Embedding",
    name="Embedding",
    picture=_drawn,
    saves=INPUTS,
    values=RAW,
    learns="weights",
    backward="the rows that were taken get what comes back, the others nothing",
    formula="out[t] = weight[x[t]]",
    params=[
        Int("num_embeddings", 1000, low=1, label="words", card=True, help="How many different words or classes."),
        Int("embedding_dim", 64, low=1, high=65_536, label="features", card=True, help="How many numbers for each."),
    ],
    examples=[
        Example(inputs=[Shape((12,), "int")], output=(12, 64)),
        Example(
            inputs=[Shape((30,), "int", classes=65)],
            params={"num_embeddings": 65, "embedding_dim": 16},
            output=(30, 16),
        ),
        Example(inputs=[Shape((), "int", classes=10)], params={"embedding_dim": 8}, output=(8,)),
    ],
    words=["word vectors", "text", "lookup", "tokens", "characters"],
)
def embedding(x: Shape, *, num_embeddings: int, embedding_dim: int) -> Built:
    """Keeps a list of learned numbers for every word and hands out those of the words that arrive. Words that are used
    alike come to have similar numbers (Bengio et al. 2003)."""
    check_whole(x, "Embedding")
    check_count(x, "num_embeddings", num_embeddings)
    return Built(
        module("nn.Embedding", num_embeddings, embedding_dim),
        output=(*x.sizes, embedding_dim),
        weights={"weight": (num_embeddings, embedding_dim)},
    )
