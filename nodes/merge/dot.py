"""Dot product."""

from nodes.api import Built, Example, Misfit, SetUpstream, Shape, expression, layer
from nodes.api.shapes import describe, flat


@layer(
    id="Dot",
    name="Dot product",
    picture="dot",
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
        raise Misfit(
            f"A dot product needs two lists of the same length, but {describe(a)} and {describe(b)} arrive. "
            f"Give the last layer before the second one {features} outputs.",
            fixes=[SetUpstream("out_features", features, port="b")] if a.sizes[:-1] == b.sizes[:-1] else (),
        )
    return Built(expression("({a} * {b}).sum(-1)"), output=a.sizes[:-1], multiply_adds=a.values)
