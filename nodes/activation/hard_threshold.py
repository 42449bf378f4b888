"""The perceptron's step."""

from nodes.api import Built, Curve, Example, Float, Shape, Values, layer, module
from nodes.api.curves import number
from nodes.api.shapes import floats


@layer(
    id="HardThreshold",
    name="Hard threshold",
    values=Values(0.0, 1.0),
    stem="step",
    curve=Curve([lambda x, s: 1.0 if x > number(s, "threshold", 0.0) else 0.0]),
    backward="nothing goes on: a step is flat everywhere, so its derivative is 0",
    formula="out = 1 if x > threshold, else 0",
    params=[
        Float("threshold", 0.0, low=-1e6, high=1e6, step=0.1, card=True, help="Numbers above it become 1."),
    ],
    examples=[
        Example(inputs=[(1,)], output=(1,)),
        Example(inputs=[(6, 28, 28)], params={"threshold": 0.5}, output=(6, 28, 28)),
    ],
    words=["step", "step function", "perceptron", "heaviside", "binary", "decision"],
)
def hard_threshold(x: Shape, *, threshold: float) -> Built:
    """Decides: 1 above the threshold, else 0. The step of the perceptron (Rosenblatt 1958). Its gradient is zero
    everywhere, so that layers before it learn nothing from a loss behind it."""
    call = module("modules.HardThreshold", threshold) if threshold else module("modules.HardThreshold")
    return Built(call, output=floats(x))
