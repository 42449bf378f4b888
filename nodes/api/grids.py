"""Boxes of a grid, as a detector gives them: what several layers read."""

from __future__ import annotations

from nodes.api.shape_error import ShapeError
from nodes.api.shapes import Shape, describe, floats


def grid_of(boxes: Shape, sure: Shape, scores: Shape) -> tuple[int, int, int, int]:
    """Rows, columns, boxes of a cell and classes of the three outputs of a grid.

    Raises:
        ShapeError: if they do not belong together.
    """
    for port, x, rank in (("boxes", boxes, 4), ("sure", sure, 3), ("scores", scores, 3)):
        if floats(x, port).rank != rank:
            raise ShapeError(
                f"The output {port} of Boxes of a grid belongs here, but {describe(x)} arrives. Wire it to {port}.",
                port=port,
            )
    if boxes.sizes != (*sure.sizes, 4) or scores.sizes[:2] != sure.sizes[:2]:
        raise ShapeError(
            f"Boxes, sure and scores must come from the same grid, but {describe(boxes)}, {describe(sure)} and "
            f"{describe(scores)} arrive. Wire the three outputs of one Boxes of a grid here."
        )
    rows, columns, each = sure.sizes
    return rows, columns, each, scores.sizes[2]
