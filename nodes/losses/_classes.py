"""Losses that compare a score for each class with the right class."""

from __future__ import annotations

from nodes.api import (
    Call,
    Fix,
    InsertBefore,
    Int,
    Numbers,
    SetParam,
    SetUpstream,
    Shape,
    ShapeError,
    TensorValue,
    UseInstead,
)
from nodes.api.calls import Value
from nodes.api.shapes import describe

CLASS_WEIGHTS = Numbers(
    "class_weights",
    low=0.0,
    high=1e6,
    label="class weights",
    help="How much each class counts, one number for each; larger for rare classes. Empty means all the same.",
)

NONE_IGNORED = -100  # torch's own: no class has this number
IGNORE_INDEX = Int(
    "ignore_index",
    NONE_IGNORED,
    low=-1_000_000,
    high=1_000_000,
    label="ignored class",
    help="A class that counts neither in the loss nor in the metrics, such as 0 where texts are padded with it; −100 "
    "is none.",
)


def check_ignored(ignored: int, target: Shape) -> None:
    """Refuse a class that cannot be left out.

    Raises:
        ShapeError: where labels are mixed, so that no sample is of one class alone, or there is one class and it is
            ignored.
    """
    if ignored == NONE_IGNORED:
        return
    none = [SetParam("ignore_index", NONE_IGNORED)]
    if target.dtype == "float":
        raise ShapeError(
            "Samples are mixed before, so that each is of several classes and none can be ignored. Set the ignored "
            "class to −100, which is none.",
            fixes=none,
        )
    if target.classes == 1 and ignored == 0:
        raise ShapeError(
            "The only class is ignored, so nothing would be learned. Set the ignored class to −100, which is none.",
            fixes=none,
        )


def check_classes(prediction: Shape, target: Shape, shares: bool = False) -> int:
    """The number of scores. ``shares`` says that a probability for each class may stand in the place of a label.

    Raises:
        ShapeError: if there is not one score for each class, and one class for each list of scores.
    """
    if target.dtype == "float" and target.classes is not None:
        return _check_shares(prediction, target, shares)
    if target.dtype != "int":
        raise ShapeError(
            f"The target must be a class label, but {describe(target)} arrives. "
            "Wire the label of the data to it, or use the MSE loss for numbers.",
            fixes=[UseInstead("MSELoss")] if prediction.dtype == "float" else [],
            port="target",
        )
    picture = prediction.rank == 3 and target.rank == 2
    if prediction.dtype != "float" or not (prediction.rank in (1, 2) or picture):
        raise ShapeError(
            f"The prediction must be a list with one score for each class, but {describe(prediction)} arrives. "
            "Put a Flatten and a fully connected layer before it.",
            fixes=_into_scores(prediction, target),
            port="prediction",
        )
    scores, places = prediction.sizes[-1], prediction.sizes[:-1]
    if picture:  # scores for each dot stand in the channels
        scores, places = prediction.sizes[0], prediction.sizes[1:]
    if places != target.sizes:
        if prediction.rank == 2 and not target.rank:
            raise ShapeError(
                f"There is a prediction for each of {places[0]} steps, but one label for all of them. Put a Select "
                "before it, which takes the last step.",
                fixes=[InsertBefore("Select", port="prediction")],
            )
        raise ShapeError(
            f"There is one prediction for each of {places or 'the samples'}, but the target is "
            f"{describe(target)}. Both need the same number of {'dots' if picture else 'steps'}."
        )
    if target.classes is not None and scores < target.classes:
        setting = "out_channels" if picture else "out_features"
        raise ShapeError(
            f"There are {target.classes} classes, but the prediction has {scores} scores. "
            f"Give the last layer {target.classes} outputs.",
            fixes=_enough(prediction, target.classes, setting),
        )
    return scores


def _check_shares(prediction: Shape, target: Shape, allowed: bool) -> int:
    """The number of scores, where samples are mixed and the target says how much of each class there is."""
    classes = target.values
    if not allowed:
        raise ShapeError(
            f"The target must be one label, but samples are mixed before, so that a probability for each of {classes} "
            "classes arrives. Use Cross-entropy, which reads those too.",
            fixes=[UseInstead("CrossEntropyLoss")],
        )
    if prediction.dtype != "float" or prediction.rank != 1:
        fixes = [InsertBefore("Linear", port="prediction", params=(("out_features", classes),))]
        raise ShapeError(
            f"The prediction must be a list with one score for each of {classes} classes, but {describe(prediction)} "
            "arrives. Put a Flatten and a fully connected layer before it.",
            fixes=fixes if prediction.dtype == "float" and prediction.rank > 1 else [],
            port="prediction",
        )
    if prediction.values != classes:
        raise ShapeError(
            f"There are {classes} classes, but the prediction has {prediction.values} scores. Mixed labels need one "
            f"score for each class: give the last layer {classes} outputs.",
            fixes=_enough(prediction, classes, "out_features"),
        )
    return classes


def _into_scores(prediction: Shape, target: Shape) -> list[Fix]:
    """What makes one score for each class of an image or a volume, if one label belongs to all of it."""
    if prediction.dtype != "float" or prediction.rank < 3 or target.rank:
        return []
    if target.classes is not None and prediction.sizes[0] == target.classes:  # a map for each class
        return [InsertBefore("GlobalAvgPool", port="prediction")]
    return [InsertBefore("Linear", port="prediction", params=(("out_features", target.classes or 10),))]


def _enough(prediction: Shape, classes: int, setting: str) -> list[Fix]:
    """The last layer with more outputs; or one behind it, where that layer is no fully connected one."""
    fixes: list[Fix] = [SetUpstream(setting, classes, port="prediction")]
    if prediction.rank in (1, 2):
        fixes.append(InsertBefore("Linear", port="prediction", params=(("out_features", classes),)))
    return fixes


def weights_of(weights: tuple[float, ...], scores: int) -> Value:
    """The weights as torch takes them; None if all count the same.

    Raises:
        ShapeError: if there is not one for each score, or none counts at all.
    """
    if not weights:
        return None
    if len(weights) != scores:
        filled = (*weights, *[1.0] * scores)[:scores]
        raise ShapeError(
            f"There are {len(weights)} class weights, but the prediction has {scores} scores. "
            "Give one weight for each score, or none at all.",
            fixes=[SetParam("class_weights", filled), SetParam("class_weights", ())],
        )
    if not any(weights):
        raise ShapeError(
            "All class weights are 0, so nothing would be learned. Give at least one class a weight above 0.",
            fixes=[SetParam("class_weights", ())],
        )
    return TensorValue(weights)


def with_steps(call: Call, prediction: Shape) -> Call:
    """Every step of a sequence counts as a sample of its own. torch would also take the scores before the steps, which
    gives the same mean in twice the time."""
    flat = "{loss} = {layer}({prediction}.flatten(0, 1), {target}.flatten())"
    return call.used_as(flat) if prediction.rank == 2 else call
