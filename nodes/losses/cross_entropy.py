"""Cross-entropy."""

from nodes.api import Built, Example, Misfit, SetUpstream, Shape, layer, module
from nodes.api.shapes import describe


@layer(
    id="CrossEntropyLoss",
    name="Cross-entropy",
    role="loss",
    outputs=("loss",),
    formula="loss = −log(softmax(prediction)[target]), mean over the batch",
    examples=[
        Example(
            inputs=[(10,), Shape((), "int", classes=10)],
            outputs={"loss": ()},
        )
    ],
    words=["classification", "softmax", "log loss"],
)
def cross_entropy(prediction: Shape, target: Shape) -> Built:
    """How surprised the network is by the right class. Reads one score for each class, before any softmax,
    and the label. The usual loss for classification."""
    if target.dtype != "int":
        raise Misfit(
            f"The target must be a class label, but {describe(target)} arrives. "
            "Wire the label of the data to it, or use the MSE loss for numbers."
        )
    if prediction.dtype != "float" or prediction.rank not in (1, 2):
        raise Misfit(
            f"The prediction must be a list with one score for each class, but {describe(prediction)} arrives. "
            "Put a Flatten and a fully connected layer before it."
        )
    if prediction.sizes[:-1] != target.sizes:
        raise Misfit(
            f"There is one prediction for each of {prediction.sizes[:-1] or 'the samples'}, but the target is "
            f"{describe(target)}. Both need the same number of steps."
        )
    scores = prediction.sizes[-1]
    if target.classes is not None and scores < target.classes:
        raise Misfit(
            f"There are {target.classes} classes, but the prediction has {scores} scores. "
            f"Give the last fully connected layer {target.classes} outputs.",
            fixes=[SetUpstream("out_features", target.classes, port="prediction")],
        )
    call = module("nn.CrossEntropyLoss")
    if prediction.rank == 2:
        call = call.used_as("{loss} = {layer}({prediction}.transpose(1, 2), {target})")
    return Built(call, outputs={"loss": Shape(())})
