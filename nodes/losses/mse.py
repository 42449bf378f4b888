"""Mean squared error."""

from nodes.api import Built, Example, InsertBefore, Misfit, SetUpstream, Shape, layer, module
from nodes.api.shapes import describe, floats


@layer(
    id="MSELoss",
    name="Mean squared error",
    role="loss",
    outputs=("loss",),
    formula="loss = mean of (prediction − target)²",
    examples=[
        Example(inputs=[(3,), (3,)], outputs={"loss": ()}),
        Example(inputs=[(1, 8, 8), (1, 8, 8)], outputs={"loss": ()}),
    ],
    words=["regression", "l2", "reconstruction", "autoencoder"],
)
def mse(prediction: Shape, target: Shape) -> Built:
    """The average squared distance between prediction and target. For numbers and images, not for classes."""
    floats(prediction)
    if target.dtype != "float":
        raise Misfit(
            f"The target must be numbers, but {describe(target)} arrives. For class labels use the cross-entropy loss."
        )
    if prediction.sizes != target.sizes:
        fixes: list[SetUpstream | InsertBefore] = []
        if prediction.values == target.values and prediction.rank == 1:
            fixes = [InsertBefore("Flatten", port="target")]
        elif prediction.values == target.values and target.rank == 1:
            fixes = [InsertBefore("Flatten", port="prediction")]
        elif prediction.rank == target.rank == 1:
            fixes = [SetUpstream("out_features", target.values, port="prediction")]
        raise Misfit(
            f"Prediction and target must have the same shape, but {describe(prediction)} and {describe(target)} "
            "arrive. Change the last layer so that it gives the target's shape.",
            fixes=fixes,
        )
    return Built(module("nn.MSELoss"), outputs={"loss": Shape(())})
