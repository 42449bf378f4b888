"""What data says of its pictures, over the thumbnails of the Data panel."""

from __future__ import annotations

import numpy as np
import torch

from app.insight.data_overlays import drawn_over, fields_over
from app.insight.plot import class_inks
from nodes.api import Field, Schema


def test_a_mask_colours_what_it_covers_and_nothing_else() -> None:
    """Fails if a mask is drawn elsewhere, or the background is coloured."""
    schema = Schema({"image": Field((3, 4, 6)), "mask": Field((4, 6), "int", ("nothing", "cat"))}, 1)
    assert fields_over(schema, "image") == ("mask",)
    mask = torch.zeros(1, 4, 6, dtype=torch.int64)
    mask[0, :2, 3:] = 1
    (got,) = drawn_over([np.full((4, 6, 3), 100, np.uint8)], {"mask": mask}, {"mask": 2})
    wanted = np.full((4, 6, 3), 100.0)
    wanted[:2, 3:] = 50 + class_inks(2)[1] / 2
    assert np.abs(got - wanted).max() <= 1


def test_boxes_are_frames_and_points_are_crosses() -> None:
    """Fails if a frame stands elsewhere than its box, an empty place is framed, or a point is missed or melts
    into a picture of its colour."""
    box = Field((2, 4), names=("x", "y", "width", "height"))
    kinds = Field((2,), "int", ("nothing", "a", "b"))
    assert fields_over(Schema({"image": Field((1, 9, 9)), "boxes": box, "kinds": kinds}, 1), "image")
    values = {"boxes": torch.tensor([[[0.5, 0.5, 0.4, 0.4], [0, 0, 0, 0]]]), "kinds": torch.tensor([[2, 0]])}
    (got,) = drawn_over([np.zeros((10, 10), np.uint8)], values, {"boxes": 0, "kinds": 3})
    wanted = np.zeros((10, 10), bool)
    wanted[[3, 7], 3:8] = wanted[3:8, [3, 7]] = True
    assert np.array_equal(got.any(-1), wanted)
    heat = torch.zeros(1, 2, 10, 10)
    heat[0, 0, 4, 6] = 1
    (got,) = drawn_over([np.zeros((10, 10), np.uint8)], {"heat": heat}, {"heat": 0})
    assert got[4, 4:9].any(-1).all()
    assert (got.max(-1) > 0).sum() == 13  # seven across and seven down
    white = np.full((10, 10), 255, np.uint8)
    (got,) = drawn_over([white], {"heat": heat}, {"heat": 0})
    assert got[3, 5].max() == 0  # the edge that parts it from a picture of any colour


def test_data_that_says_nothing_of_its_dots_is_as_it_was() -> None:
    """Fails if a table with a column of that name is drawn over something."""
    assert fields_over(Schema({"image": Field((3, 8, 8)), "mask": Field((), "int", 2)}, 1), "image") == ()
