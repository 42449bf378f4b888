"""Dot product."""

from nodes.api import Built, Example, Settings, SetUpstream, Shape, ShapeError, Sheet, expression, layer
from nodes.api.saves import INPUTS
from nodes.api.shapes import describe, flat


def _drawn(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(24, 20, 1, 5, 17, lambda row, column: 0.2 + 0.15 * column, [list("12031")])
    sheet.grid(24, 62, 1, 5, 17, lambda row, column: 0.8 - 0.15 * column, [list("20141")])
    for place in range(5):
        sheet.segment((32.5 + 17 * place, 37), (32.5 + 17 * place, 62), "accent")
    sheet.arrow((114, 50), (140, 50), "accent")
    sheet.disc(158, 50, 13, "family", "15")
    return "Values at the same place are multiplied, and all products added: one number that says how alike they are."


@layer(
    id="Dot",
    name="Dot product",
    picture=_drawn,
    saves=INPUTS,
    backward="each input gets what comes back times the other input",
    formula="out = Σ a[i] · b[i]",
    examples=[
        Example(inputs=[(16,), (16,)], output=()),
        Example(inputs=[(7, 16), (7, 16)], output=(7,)),
    ],
    words=["inner product", "similarity", "cosine", "scalar product"],
)
def dot(a: Shape, b: Shape) -> Built:
    """One number that says how much two lists point the same way: all products, added up. Sequences are compared step
    by step."""
    features = flat(a, "a")
    flat(b, "b")
    if a.sizes != b.sizes:
        raise ShapeError(
            f"A dot product needs two lists of the same length, but {describe(a)} and {describe(b)} arrive. "
            f"Give the last layer before the second one {features} outputs.",
            fixes=[SetUpstream("out_features", features, port="b")] if a.sizes[:-1] == b.sizes[:-1] else (),
        )
    return Built(expression("({a} * {b}).sum(-1)"), output=a.sizes[:-1], multiply_adds=a.values)
