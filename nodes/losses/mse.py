"""Mean squared error."""

from nodes.api import Built, Curve, Example, Shape, layer, module
from nodes.losses._numbers import compared


@layer(
    id="MSELoss",
    name="Mean squared error",
    curve=Curve([lambda x, s: x * x], -2, 2, "prediction − target", "loss"),
    reads="numbers",
    least=0.0,
    role="loss",
    outputs=("loss",),
    backward="the prediction gets 2 · (prediction − target) / number of values",
    formula="loss = mean of (prediction − target)²",
    examples=[
        Example(inputs=[(3,), (3,)], outputs={"loss": ()}),
        Example(inputs=[(1, 8, 8), (1, 8, 8)], outputs={"loss": ()}),
        Example(inputs=[(1,), ()], outputs={"loss": ()}),
    ],
    words=["regression", "l2", "reconstruction", "autoencoder"],
)
def mse(prediction: Shape, target: Shape) -> Built:
    """The average squared distance between prediction and target. For numbers and images, not for classes."""
    read, truth = compared(prediction, target)
    return Built(module("nn.MSELoss").used_as(f"{{loss}} = {{layer}}({read}, {truth})"), outputs={"loss": Shape(())})
