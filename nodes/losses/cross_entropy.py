"""Cross-entropy."""

from nodes.api import Built, Example, Float, Shape, differing, layer, module
from nodes.losses._classes import (
    CLASS_WEIGHTS,
    IGNORE_INDEX,
    NONE_IGNORED,
    check_classes,
    check_ignored,
    weights_of,
    with_steps,
)
from nodes.losses._curves import SURPRISE


@layer(
    id="CrossEntropyLoss",
    name="Cross-entropy",
    curve=SURPRISE,
    reads="softmax_scores",
    least=0.0,
    decides="largest",
    role="loss",
    outputs=("loss",),
    backward="each score gets its softmax share, minus 1 for the right class",
    formula="loss = −log(softmax(prediction)[target]), mean over the batch",
    params=[
        Float(
            "label_smoothing",
            0.0,
            low=0.0,
            high=1.0,
            step=0.05,
            label="label smoothing",
            help="Share of the certainty that is spread over all classes, so that the network stays less sure.",
        ),
        CLASS_WEIGHTS,
        IGNORE_INDEX,
    ],
    examples=[
        Example(inputs=[(10,), Shape((), "int", classes=10)], outputs={"loss": ()}),
        Example(
            inputs=[(3,), Shape((), "int", classes=3)],
            params={"label_smoothing": 0.1, "class_weights": (1.0, 2.0, 0.5)},
            outputs={"loss": ()},
        ),
        Example(inputs=[(7, 5), Shape((7,), "int", classes=5)], outputs={"loss": ()}),
        Example(inputs=[(7, 5), Shape((7,), "int", classes=5)], params={"ignore_index": 0}, outputs={"loss": ()}),
        Example(inputs=[(4, 8, 6), Shape((8, 6), "int", classes=4)], outputs={"loss": ()}),
    ],
    words=["classification", "softmax", "log loss", "segmentation"],
)
def cross_entropy(
    prediction: Shape, target: Shape, *, label_smoothing: float, class_weights: tuple[float, ...], ignore_index: int
) -> Built:
    """How surprised the network is by the right class. Reads one score for each class, before any softmax, and the
    label, or a probability for each class where samples are mixed. The usual loss for classification."""
    scores = check_classes(prediction, target, shares=True)
    check_ignored(ignore_index, target)
    options = differing(
        weight=(weights_of(class_weights, scores), None),
        ignore_index=(ignore_index, NONE_IGNORED),
        label_smoothing=(label_smoothing, 0.0),
    )
    return Built(with_steps(module("nn.CrossEntropyLoss", **options), prediction), outputs={"loss": Shape(())})
