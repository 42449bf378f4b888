"""A pair of pictures for two eyes (Middlebury 2014), which comes with scikit-image."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, Int, Schema, Script, source
from nodes.reading.bundled import (
    DATA_EXTRA,
    PATCHES,
    PATH_IMPORTS,
    PICTURE_IMPORTS,
    READ_PICTURE,
    colours,
    file_of,
    in_patches,
    patches,
    text_of,
)

ROWS, COLUMNS = 500, 741
WAYS = {
    "left": "data/motorcycle_left.png",
    "right": "data/motorcycle_right.png",
    "disparity": "data/motorcycle_disp.npz",
}
WHAT = "The stereo pair comes"


def describe(*, patch: int) -> Schema:
    """A motorcycle as the left and the right eye see it, and by how many dots each place is shifted between the two
    (disparity; 0 where that was not measured). Whole, or in the squares that all three are cut into."""
    count, sides = in_patches(ROWS, COLUMNS, patch)
    fields = {"left": Field((3, *sides)), "right": Field((3, *sides)), "disparity": Field((1, *sides))}
    return Schema(fields, samples=count, noun=("pair", "pairs"))


def load(*, patch: int) -> dict[str, Any]:
    """Values from 0 to 1, and dots.

    Raises:
        NoData: if scikit-image is not installed.
    """
    import numpy
    import torch

    made: dict[str, Any] = {}
    for name in ("left", "right"):
        pixels = colours(file_of("skimage", WAYS[name], WHAT, DATA_EXTRA))
        made[name] = torch.from_numpy(patches(pixels, patch).astype("float32")) / 255
    with numpy.load(file_of("skimage", WAYS["disparity"], WHAT, DATA_EXTRA), allow_pickle=False) as file:
        shift = file["arr_0"]
    known = numpy.where(numpy.isfinite(shift), shift, 0)
    made["disparity"] = torch.from_numpy(patches(known, patch).astype("float32"))
    return made


def script(*, patch: int) -> Script:
    """The same files, read by Pillow and numpy."""
    left, right, shift = (text_of("skimage", way) for way in WAYS.values())
    lines = (
        *READ_PICTURE,
        *PATCHES,
        f"shift = numpy.load({shift})['arr_0']",
        "shift = numpy.where(numpy.isfinite(shift), shift, 0)",
    )
    fields = {
        "left": f'torch.from_numpy(patches(read_picture({left}), {patch}).astype("float32")) / 255',
        "right": f'torch.from_numpy(patches(read_picture({right}), {patch}).astype("float32")) / 255',
        "disparity": f'torch.from_numpy(patches(shift, {patch}).astype("float32"))',
    }
    return Script(lines, fields, (*PATH_IMPORTS, *PICTURE_IMPORTS), package="scikit-image")


STEREO_PAIR = source(
    id="StereoPair",
    name="Stereo pair",
    params=[
        Int(
            "patch", 32, low=0, high=500, card=True, zero="whole", help="Side of the squares; 0 for the whole pictures."
        )
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"patch": 0}],
    needs=["skimage"],
    words=["depth", "disparity", "motorcycle", "images", "data"],
)
