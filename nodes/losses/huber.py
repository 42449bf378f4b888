"""Huber's loss."""

from nodes.api import Built, Curve, Example, Float, Shape, differing, layer, module
from nodes.api.curves import Settings, number
from nodes.losses._numbers import compared


def _plotted(x: float, s: Settings) -> float:
    delta = number(s, "delta", 1.0)
    return 0.5 * x * x if abs(x) <= delta else delta * (abs(x) - 0.5 * delta)


@layer(
    id="HuberLoss",
    name="Huber loss",
    curve=Curve([_plotted], -3, 3, "prediction − target", "loss"),
    reads="numbers",
    least=0.0,
    role="loss",
    outputs=("loss",),
    formula="loss = mean of ½ · d² where |d| ≤ delta, else delta · (|d| − ½ · delta);  d = prediction − target",
    params=[
        Float(
            "delta",
            1.0,
            low=0.0,
            high=1e6,
            open_low=True,
            label="bend",
            card=True,
            help="The distance up to which squares count; beyond it the loss grows in a straight line.",
        )
    ],
    examples=[
        Example(inputs=[(3,), (3,)], outputs={"loss": ()}),
        Example(inputs=[(1,), ()], params={"delta": 0.5}, outputs={"loss": ()}),
    ],
    words=["regression", "robust", "smooth l1", "outliers"],
)
def huber(prediction: Shape, target: Shape, *, delta: float) -> Built:
    """Squares for small distances, straight lines for large ones, so that single values that are far off do not rule
    the training (Huber 1964)."""
    read, truth = compared(prediction, target)
    call = module("nn.HuberLoss", **differing(delta=(delta, 1.0)))
    return Built(call.used_as(f"{{loss}} = {{layer}}({read}, {truth})"), outputs={"loss": Shape(())})
