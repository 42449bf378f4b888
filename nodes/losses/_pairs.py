"""Losses that compare lists that stand for samples: the same person, or another?"""

from __future__ import annotations

from nodes.api import Fix, InsertBefore, SetUpstream, Shape, ShapeError
from nodes.api.shapes import describe
from nodes.losses._numbers import two_classes

ALIKE = "torch.where({target} > 0, 1.0, -1.0)"  # a label 0 or 1, or a number −1 or 1


def check_lists(**lists: Shape) -> None:
    """Refuse anything but lists of the same length. The keys are the ports."""
    first = next(iter(lists.values()))
    for port, x in lists.items():
        if x.dtype != "float" or x.rank != 1:
            fixes: list[Fix] = [InsertBefore("Flatten", port)] if x.dtype == "float" else []
            helps = "Put a Flatten before it." if fixes else "Wire the last layer of a network to it."
            sentence = f"This loss compares lists of numbers, but {describe(x)} arrives at {port}. {helps}"
            raise ShapeError(sentence, fixes, port)
        if x.sizes != first.sizes:
            fixes = [SetUpstream("out_features", first.values, port)]
            raise ShapeError(
                f"All lists must have the same length, but {describe(first)} and {describe(x)} arrive. "
                f"Give the last layer before {port} {first.values} outputs.",
                fixes,
            )


def check_alike(target: Shape) -> None:
    """Refuse a target that is not one label or number for each pair."""
    if target.rank:
        raise ShapeError(
            "The target says for each pair whether both are alike: one label 0 or 1, or one number −1 or 1, but "
            f"{describe(target)} arrives. Wire such a label to it.",
            port="target",
        )
    two_classes(target)
