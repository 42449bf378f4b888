"""Photos and textures that come with two packages, whole, as squares."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, Int, Schema, Script, source
from nodes.reading.bundled import (
    DATA_EXTRA,
    PATH_IMPORTS,
    PICTURE_IMPORTS,
    READ_PICTURE,
    colours,
    file_of,
)
from nodes.reading.made_up import printed

# What each shows: its package and file. Photos first, then what is good for a style.
PICTURES = {
    "cat": ("skimage", "data/chelsea.png"),
    "astronaut": ("skimage", "data/astronaut.png"),
    "coffee": ("skimage", "data/coffee.png"),
    "rocket": ("skimage", "data/rocket.jpg"),
    "temple": ("sklearn", "datasets/images/china.jpg"),
    "flower": ("sklearn", "datasets/images/flower.jpg"),
    "stars": ("skimage", "data/hubble_deep_field.jpg"),
    "grass": ("skimage", "data/grass.png"),
    "gravel": ("skimage", "data/gravel.png"),
    "brick": ("skimage", "data/brick.png"),
    "stained cells": ("skimage", "data/ihc.png"),
}
INSTALL = {"skimage": DATA_EXTRA, "sklearn": "pip install scikit-learn"}


def describe(*, side: int) -> Schema:
    """Six colour photos and five textures, each cut to a square around its middle and made as large as a net reads it.
    They come with scikit-image and scikit-learn. Values from 0 to 1."""
    fields = {"image": Field((3, side, side)), "photo": Field((), "int", tuple(PICTURES), (1,) * len(PICTURES))}
    return Schema(fields, samples=len(PICTURES), noun=("photo", "photos"))


def load(*, side: int) -> dict[str, Any]:
    """All of them in memory.

    Raises:
        NoData: if scikit-learn or scikit-image is not installed.
    """
    import numpy
    import torch

    made = [
        squared(colours(file_of(package, way, "This photo comes", INSTALL[package])), side)
        for package, way in PICTURES.values()
    ]
    return {"image": torch.from_numpy(numpy.stack(made)), "photo": torch.arange(len(made))}


def squared(picture: Any, side: int) -> Any:
    """A picture in bytes (rows, columns) or (rows, columns, 3), cut to a square around its middle and resized with all
    dots counted: (3, side, side) from 0 to 1."""
    import numpy
    from PIL import Image

    rows, columns = picture.shape[:2]
    short = min(rows, columns)
    top, left = (rows - short) // 2, (columns - short) // 2
    cut = Image.fromarray(picture[top : top + short, left : left + short]).convert("RGB")
    dots = numpy.asarray(cut.resize((side, side), Image.Resampling.BILINEAR), "float32")
    return numpy.ascontiguousarray(dots.transpose(2, 0, 1)) / 255


def script(*, side: int) -> Script:
    """The same files, read by Pillow."""
    lines = [
        *READ_PICTURE,
        *printed(squared),
        "files = [",
        *(f'    ("{package}", "{way}"),' for package, way in PICTURES.values()),
        "]",
        "made = []",
        "for package, way in files:",
        "    file = Path(find_spec(package).submodule_search_locations[0], way)",
        f"    made.append(squared(read_picture(file), {side}))",
    ]
    fields = {"image": "torch.from_numpy(numpy.stack(made))", "photo": "torch.arange(len(made))"}
    imports = ("from typing import Any", *PATH_IMPORTS, *PICTURE_IMPORTS)
    return Script(tuple(lines), fields, imports, package="scikit-image and scikit-learn")


SQUARE_PHOTOS = source(
    id="SquarePhotos",
    name="Square photos",
    params=[Int("side", 224, low=16, high=1024, card=True, help="Rows and columns of each.")],
    describe=describe,
    load=load,
    script=script,
    examples=[{"side": 32}],
    needs=["sklearn", "skimage"],
    words=["images", "photographs", "texture", "style", "painting", "imagenet", "data"],
)
