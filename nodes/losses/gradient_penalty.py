"""Penalty for the slope of a judge."""

from nodes.api import Built, Curve, Example, Float, Shape, ShapeError, layer, module
from nodes.api.curves import number
from nodes.api.shapes import describe, floats


@layer(
    id="GradientPenalty",
    name="Gradient penalty",
    curve=Curve([lambda x, s: (x - number(s, "slope", 1.0)) ** 2], 0, 3, "length of the gradient", "loss"),
    least=0.0,
    stem="penalty",
    role="loss",
    outputs=("loss",),
    formula="loss = (‖∂score/∂at‖ − slope)², mean over the batch",
    params=[
        Float(
            "slope",
            1.0,
            low=0.0,
            high=1e3,
            card=True,
            label="wanted slope",
            help="How steep the score should be: 1 for a Wasserstein judge (its weight is usually 10), 0 for R1 (half "
            "of its gamma is the weight).",
        )
    ],
    examples=[
        Example(inputs=[(1,), (2,)], outputs={"loss": ()}),
        Example(inputs=[(), (1, 28, 28)], params={"slope": 0.0}, outputs={"loss": ()}),
    ],
    words=["wgan-gp", "r1", "lipschitz", "gan", "judge", "double backward", "regularization"],
)
def gradient_penalty(score: Shape, at: Shape, *, slope: float) -> Built:
    """Keeps a judge from getting steep, so that a generator always has a way to go (Gulrajani et al. 2017). Lead Points
    between to the judge and to the port at, and what the judge says of them to the port score."""
    if floats(score, "score").values != 1:
        raise ShapeError(
            f"The penalty asks for the slope of one score for each sample, but {describe(score)} arrives. Wire the "
            "judge's last layer, with one output, to it.",
            port="score",
        )
    floats(at, "at")
    return Built(module("modules.GradientPenalty", *(() if slope == 1.0 else (slope,))), outputs={"loss": Shape(())})
