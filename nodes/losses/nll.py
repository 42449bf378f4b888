"""Negative log-likelihood."""

from nodes.api import Built, Example, Shape, differing, layer, module
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
    id="NLLLoss",
    name="Negative log-likelihood",
    curve=SURPRISE,
    reads="log_probabilities",
    of_scores="CrossEntropyLoss",
    least=0.0,
    decides="largest",
    role="loss",
    outputs=("loss",),
    backward="the value of the right class gets −1, the others nothing",
    formula="loss = −prediction[target], mean over the batch",
    params=[CLASS_WEIGHTS, IGNORE_INDEX],
    examples=[
        Example(inputs=[(10,), Shape((), "int", classes=10)], outputs={"loss": ()}),
        Example(
            inputs=[(7, 3), Shape((7,), "int", classes=3)],
            params={"class_weights": (1.0, 2.0, 0.5)},
            outputs={"loss": ()},
        ),
    ],
    words=["classification", "log softmax", "nll", "maximum likelihood"],
)
def nll(prediction: Shape, target: Shape, *, class_weights: tuple[float, ...], ignore_index: int) -> Built:
    """Cross-entropy for a network that ends in a log-softmax: it reads the logarithm of each class's probability and
    the label."""
    scores = check_classes(prediction, target)
    check_ignored(ignore_index, target)
    options = differing(weight=(weights_of(class_weights, scores), None), ignore_index=(ignore_index, NONE_IGNORED))
    return Built(with_steps(module("nn.NLLLoss", **options), prediction), outputs={"loss": Shape(())})
