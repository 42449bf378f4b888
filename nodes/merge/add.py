"""Addition of several inputs."""

from nodes.api import Built, Example, Misfit, Shape, expression, layer
from nodes.api.shapes import describe, floats


@layer(
    id="Add",
    name="Add",
    formula="out = x₁ + x₂ + …",
    examples=[
        Example(inputs=[(16, 8, 8), (16, 8, 8)], output=(16, 8, 8)),
        Example(inputs=[(5,), (5,), (5,)], output=(5,)),
    ],
    words=["sum", "residual", "skip connection", "shortcut"],
)
def add(*xs: Shape) -> Built:
    """Adds its inputs value by value. The shortcut of a residual network."""
    first = floats(xs[0])
    for other in xs[1:]:
        floats(other)
        if other.sizes != first.sizes:
            raise Misfit(
                f"Add needs inputs of one shape, but {describe(first)} and {describe(other)} arrive. "
                "Make both the same, for example with a 1×1 convolution on the shorter way."
            )
    return Built(expression("{xs: + }"), output=first, multiply_adds=0)
