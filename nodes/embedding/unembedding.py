"""Scores of words by the table of an embedding."""

from nodes.api import RAW, Built, Example, Int, Settings, Shape, Sheet, layer, module
from nodes.api.saves import INPUTS
from nodes.api.shapes import flat


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(20, 43, 1, 4, 14, 0.5)
    sheet.text(90, 50, "·", "ink", bold=True)
    sheet.grid(102, 8, 6, 4, 14, lambda row, column: (0.2 + 0.13 * row + 0.05 * column) % 1)
    sheet.arrow((164, 50), (184, 50), "accent")
    sheet.grid(190, 8, 6, 1, 14, lambda row, column: 0.9 if row == 3 else 0.25)
    return "A list is compared with the row of each word; the more alike, the larger the word's score."


@layer(
    id="Unembedding",
    name="Embedding as output",
    picture=_drawn,
    saves=INPUTS,
    values=RAW,
    learns="weights",
    shares_with="Embedding",
    stem="scores",
    formula="score[w] = x · weight[w]",
    params=[
        Int("num_embeddings", 1000, low=1, label="words", card=True, help="How many words get a score."),
    ],
    examples=[
        Example(inputs=[(64,)], output=(1000,)),
        Example(inputs=[(7, 16)], params={"num_embeddings": 12}, output=(7, 12)),
    ],
    words=["tied weights", "output embedding", "words", "logits", "language model"],
)
def unembedding(x: Shape, *, num_embeddings: int) -> Built:
    """Gives every word a score: the product of what arrives with the word's row of a table. With the weights of an
    embedding (choose it under "weights") the same table reads and writes, which saves half of it (Press and Wolf
    2017)."""
    features = flat(x)
    return Built(
        module("nn.Embedding", num_embeddings, features).used_as(
            "{output} = nn.functional.linear({x}, {layer}.weight)"
        ),
        output=(*x.sizes[:-1], num_embeddings),
        weights={"weight": (num_embeddings, features)},
        multiply_adds=x.values * num_embeddings,
    )
