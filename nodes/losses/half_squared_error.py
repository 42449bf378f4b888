"""Half the sum of squares."""

from nodes.api import Built, Curve, Example, Shape, expression, layer
from nodes.losses._numbers import compared


@layer(
    id="HalfSquaredError",
    name="Half squared error",
    reads="numbers",
    least=0.0,
    stem="loss",
    curve=Curve([lambda x, s: 0.5 * x * x], -2, 2, "prediction − target", "loss"),
    role="loss",
    outputs=("loss",),
    backward="the prediction gets prediction − target",
    formula="loss = ½ · Σ (prediction − target)², mean over the batch",
    examples=[
        Example(inputs=[(3,), (3,)], outputs={"loss": ()}),
        Example(inputs=[(), ()], outputs={"loss": ()}),
        Example(inputs=[(1,), ()], outputs={"loss": ()}),
    ],
    words=["regression", "delta rule", "backpropagation", "sum of squares"],
)
def half_squared_error(prediction: Shape, target: Shape) -> Built:
    """Half the sum of all squared differences of a sample. The loss of textbooks, because its slope is simply
    prediction minus target."""
    read, truth = compared(prediction, target)
    call = expression(f"0.5 * ({read} - {truth}).square().sum() / len({{prediction}})")
    return Built(call, outputs={"loss": Shape(())})
