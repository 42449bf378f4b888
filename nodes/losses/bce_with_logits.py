"""Binary cross-entropy of scores."""

from nodes.api import Built, Curve, Example, Float, Shape, TensorValue, differing, layer, module
from nodes.api.curves import number, softplus
from nodes.losses._numbers import compared


@layer(
    id="BCEWithLogitsLoss",
    name="Binary cross-entropy of scores",
    curve=Curve(
        [lambda x, s: number(s, "pos_weight", 1.0) * softplus(-x), lambda x, s: softplus(x)],
        -4,
        4,
        "prediction",
        "loss",
        ("target 1", "target 0"),
    ),
    reads={"prediction": "sigmoid_scores", "target": "answers"},
    least=0.0,
    decides=0.0,
    role="loss",
    outputs=("loss",),
    backward="the score gets sigmoid(score) − target",
    formula="loss = −(target · log p + (1 − target) · log(1 − p)), mean;  p = sigmoid(prediction)",
    params=[
        Float(
            "pos_weight",
            1.0,
            low=0.0,
            high=1e6,
            open_low=True,
            label="weight of yes",
            help="How much a target of 1 counts beside a target of 0; above 1 if yes is rare.",
        )
    ],
    examples=[
        Example(inputs=[(1,), Shape((), "int", classes=2)], outputs={"loss": ()}),
        Example(inputs=[(5,), (5,)], params={"pos_weight": 3.0}, outputs={"loss": ()}),
    ],
    words=["two classes", "yes or no", "logistic regression", "multi-label", "sigmoid", "gan"],
)
def bce_with_logits(prediction: Shape, target: Shape, *, pos_weight: float) -> Built:
    """Binary cross-entropy that computes the sigmoid itself, which is more exact. Reads scores before any sigmoid and a
    label 0 or 1, or a number between them for each."""
    read, truth = compared(prediction, target, labels=True)
    options = differing(pos_weight=(TensorValue(pos_weight), TensorValue(1.0)))
    call = module("nn.BCEWithLogitsLoss", **options)
    return Built(call.used_as(f"{{loss}} = {{layer}}({read}, {truth})"), outputs={"loss": Shape(())})
