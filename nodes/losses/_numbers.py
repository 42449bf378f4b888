"""Losses that compare numbers with numbers: what may arrive, and how both are brought to one shape."""

from __future__ import annotations

from collections.abc import Sequence

from nodes.api import Fix, InsertBefore, SetUpstream, Shape, ShapeError, UseInstead
from nodes.api.shapes import describe, floats


def compared(prediction: Shape, target: Shape, *, labels: bool = False) -> tuple[str, str]:
    """Prediction and target as printed. A list of one number counts as a number. A target of whole numbers, as an age,
    is printed as numbers; with ``labels`` it has to be a label 0 or 1.

    Raises:
        ShapeError: if they cannot be compared value by value.
    """
    floats(prediction, "prediction")
    alike = prediction.sizes in (target.sizes, (*target.sizes, 1))
    if target.dtype == "int" and not labels and not alike:
        number: list[Fix] = [SetUpstream("out_features", 1, port="prediction")] if not target.rank else []
        raise ShapeError(
            f"The target is {describe(target)}, one whole number, but {describe(prediction)} arrives as prediction. "
            "For class labels use the cross-entropy loss; for an age or an amount give the last layer 1 output."
            if not target.rank
            else f"The target must be numbers, but {describe(target)} arrives. For class labels use the cross-entropy "
            "loss.",
            fixes=[UseInstead("CrossEntropyLoss"), *number],
            port="target",
        )
    if target.dtype == "int" and labels:
        two_classes(target, [UseInstead("CrossEntropyLoss")])
    read, truth = "{prediction}", "{target}"
    if prediction.sizes == (*target.sizes, 1):
        read += ".squeeze(-1)"
    elif target.sizes == (*prediction.sizes, 1):
        truth += ".squeeze(-1)"
    elif prediction.sizes != target.sizes:
        raise ShapeError(
            f"Prediction and target must have the same shape, but {describe(prediction)} and {describe(target)} "
            "arrive. Change the last layer so that it gives the target's shape.",
            fixes=_fixes(prediction, target),
        )
    return read, truth + (".float()" if target.dtype == "int" else "")


def _fixes(prediction: Shape, target: Shape) -> list[Fix]:
    if prediction.values == target.values and prediction.rank == 1 and target.dtype == "float":
        return [InsertBefore("Flatten", port="target")]
    if prediction.values == target.values and target.rank == 1:
        return [InsertBefore("Flatten", port="prediction")]
    if prediction.rank == 1 and target.rank <= 1:
        return [SetUpstream("out_features", target.values, port="prediction")]
    return []


def two_classes(target: Shape, fixes: Sequence[Fix] = ()) -> None:
    """Refuse labels of more classes than two."""
    if target.classes is not None and target.classes > 2:
        raise ShapeError(
            f"This loss tells two classes apart, 0 and 1, but the target has {target.classes}. "
            "Use the cross-entropy loss, or data with two classes.",
            fixes,
            port="target",
        )
