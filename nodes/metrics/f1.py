"""The F1 score."""

from __future__ import annotations

from nodes.api import Counted, metric


@metric(id="f1", name="F1", percent=True)
def f1() -> Counted:
    """For each class, the harmonic mean of how many of its answers are right and how many of its samples are found;
    then the mean over the classes that occur, so that rare ones count as much as frequent ones."""
    known = "(target >= 0) & (target < {classes})"
    pairs = f"({{classes}} * target + predicted)[{known}].flatten()"
    return Counted(
        {"pairs": f"torch.bincount({pairs}, minlength={{classes}} ** 2)"},
        "(2 * hits / sizes)[sizes > 0].mean().item()",
        lines=(
            "pairs = {pairs}.double().reshape({classes}, {classes})  # rows: right class, columns: chosen class",
            "hits, sizes = pairs.diagonal(), pairs.sum(0) + pairs.sum(1)",
        ),
    )
