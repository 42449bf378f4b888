"""What the layers that compare scores share."""

from nodes.api import Shape, ShapeError
from nodes.api.shapes import floats


def classes_axis(x: Shape, name: str) -> int:
    """The axis of torch's tensor along which the classes lie: the channels of an image, else the last.

    Raises:
        ShapeError: if there is nothing to compare.
    """
    if not floats(x).rank:
        raise ShapeError(f"{name} compares several scores, but one number arrives. Wire it to a list of scores.")
    return 1 if x.rank >= 3 else -1
