"""Mean absolute error."""

from nodes.api import Built, Curve, Example, Shape, layer, module
from nodes.losses._numbers import compared


@layer(
    id="L1Loss",
    name="Mean absolute error",
    curve=Curve([lambda x, s: abs(x)], -2, 2, "prediction − target", "loss"),
    reads="numbers",
    least=0.0,
    role="loss",
    outputs=("loss",),
    backward="the prediction gets the sign of prediction − target, divided by the number of values",
    formula="loss = mean of |prediction − target|",
    examples=[
        Example(inputs=[(3,), (3,)], outputs={"loss": ()}),
        Example(inputs=[(1, 8, 8), (1, 8, 8)], outputs={"loss": ()}),
    ],
    words=["regression", "l1", "absolute", "mae"],
)
def l1(prediction: Shape, target: Shape) -> Built:
    """The average distance between prediction and target. A few values that are far off count less than with squares,
    and pictures stay sharper."""
    read, truth = compared(prediction, target)
    return Built(module("nn.L1Loss").used_as(f"{{loss}} = {{layer}}({read}, {truth})"), outputs={"loss": Shape(())})
