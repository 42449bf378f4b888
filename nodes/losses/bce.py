"""Binary cross-entropy."""

from nodes.api import Built, Curve, Example, Shape, layer, module
from nodes.losses._curves import surprise
from nodes.losses._numbers import compared


@layer(
    id="BCELoss",
    name="Binary cross-entropy",
    curve=Curve(
        [surprise, lambda x, s: surprise(1 - x, s)], 0.01, 0.99, "prediction", "loss", ("target 1", "target 0")
    ),
    reads={"prediction": "probabilities", "target": "answers"},
    of_scores="BCEWithLogitsLoss",
    least=0.0,
    decides=0.5,
    role="loss",
    outputs=("loss",),
    backward="the prediction gets (prediction − target) / (prediction · (1 − prediction))",
    formula="loss = −(target · log p + (1 − target) · log(1 − p)), mean;  p = prediction",
    examples=[
        Example(inputs=[(1,), Shape((), "int", classes=2)], outputs={"loss": ()}),
        Example(inputs=[(5,), (5,)], outputs={"loss": ()}),
    ],
    words=["two classes", "yes or no", "logistic regression", "multi-label", "gan"],
)
def bce(prediction: Shape, target: Shape) -> Built:
    """How surprised the network is by the answer to a yes-or-no question. Reads probabilities from 0 to 1, as a sigmoid
    gives them, and a label 0 or 1, or a number between them for each."""
    read, truth = compared(prediction, target, labels=True)
    return Built(module("nn.BCELoss").used_as(f"{{loss}} = {{layer}}({read}, {truth})"), outputs={"loss": Shape(())})
