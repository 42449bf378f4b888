"""The pictures that come with scikit-image, whole or in patches."""

from __future__ import annotations

from typing import Any

from nodes.api import Choice, Field, Int, NoData, Schema, Script, source
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

# What each shows: its file, and channels, rows and columns.
PICTURES = {
    "astronaut": ("astronaut.png", 3, 512, 512),
    "brick": ("brick.png", 1, 512, 512),
    "camera": ("camera.png", 1, 512, 512),
    "cat": ("chelsea.png", 3, 300, 451),
    "cell": ("cell.png", 1, 660, 550),
    "checkerboard": ("chessboard_GRAY.png", 1, 200, 200),
    "clock": ("clock_motion.png", 1, 300, 400),
    "coffee": ("coffee.png", 3, 400, 600),
    "coins": ("coins.png", 1, 303, 384),
    "colour wheel": ("color.png", 3, 370, 371),
    "grass": ("grass.png", 1, 512, 512),
    "gravel": ("gravel.png", 1, 512, 512),
    "horse": ("horse.png", 3, 328, 400),
    "Hubble deep field": ("hubble_deep_field.jpg", 3, 872, 1000),
    "immunohistochemistry": ("ihc.png", 3, 512, 512),
    "logo": ("logo.png", 3, 500, 500),
    "microaneurysms": ("microaneurysms.png", 1, 102, 102),
    "moon": ("moon.png", 1, 512, 512),
    "page": ("page.png", 1, 191, 384),
    "phantom": ("phantom.png", 3, 400, 400),
    "retina": ("retina.jpg", 3, 1411, 1411),
    "rocket": ("rocket.jpg", 3, 427, 640),
    "text": ("text.png", 1, 172, 448),
}


def describe(*, picture: str, patch: int) -> Schema:
    """One of 23 pictures that come with scikit-image, or the squares that it is cut into. Values are from 0 to 1;
    transparent places are white."""
    _, channels, rows, columns = PICTURES[picture]
    count, sides = in_patches(rows, columns, patch)
    if not count:
        raise NoData(f"The {picture} is {rows}×{columns}, which is smaller than a square of {patch}. Set patch lower.")
    noun = ("patch", "patches") if patch else ("picture", "pictures")
    return Schema({"image": Field((channels, *sides))}, samples=count, noun=noun)


def load(*, picture: str, patch: int) -> dict[str, Any]:
    """Values from 0 to 1.

    Raises:
        NoData: if scikit-image is not installed.
    """
    import torch

    file = file_of("skimage", f"data/{PICTURES[picture][0]}", "These pictures come", DATA_EXTRA)
    return {"image": torch.from_numpy(patches(colours(file), patch).astype("float32")) / 255}


def script(*, picture: str, patch: int) -> Script:
    """The same file, read by Pillow."""
    file = text_of("skimage", f"data/{PICTURES[picture][0]}")
    lines = (*READ_PICTURE, *PATCHES, f"pieces = patches(read_picture({file}), {patch})")
    fields = {"image": 'torch.from_numpy(pieces.astype("float32")) / 255'}
    return Script(lines, fields, (*PATH_IMPORTS, *PICTURE_IMPORTS), package="scikit-image")


SAMPLE_PICTURES = source(
    id="SamplePictures",
    name="Sample pictures",
    params=[
        Choice("picture", "astronaut", options=tuple(PICTURES), card=True, help="What it shows."),
        Int(
            "patch", 32, low=0, high=1411, card=True, zero="whole", help="Side of the squares; 0 for the whole picture."
        ),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"picture": name, "patch": 0 if at % 2 else 40} for at, name in enumerate(PICTURES)],
    needs=["skimage"],
    words=["images", "patches", "texture", "scikit-image", "astronaut", "data"],
)
