"""Colour photos that come with scikit-image and scikit-learn, in patches, one photo held out."""

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
)

# What each shows: its package, its file, rows and columns.
PHOTOS = {
    "astronaut": ("skimage", "data/astronaut.png", 512, 512),
    "cat": ("skimage", "data/chelsea.png", 300, 451),
    "coffee": ("skimage", "data/coffee.png", 400, 600),
    "rocket": ("skimage", "data/rocket.jpg", 427, 640),
    "temple": ("sklearn", "datasets/images/china.jpg", 427, 640),
    "flower": ("sklearn", "datasets/images/flower.jpg", 427, 640),
}
INSTALL = {"skimage": DATA_EXTRA, "sklearn": "pip install scikit-learn"}


def describe(*, unseen: str, patch: int, shrink: int) -> Schema:
    """Six colour photos in squares, each with the photo that it is from. They come with scikit-image and scikit-learn.
    One photo is for validation alone, so what is learned is checked on a photo that training does not see."""
    counts = [_count(name, patch, shrink) for name in PHOTOS]
    if not all(counts):
        small = next(name for name, count in zip(PHOTOS, counts) if not count)
        raise NoData(
            f"The photo {small} is smaller than a square of {patch} once it is shrunk. Set patch or shrink lower."
        )
    held = counts[list(PHOTOS).index(unseen)]
    return Schema(
        {"image": Field((3, patch, patch)), "photo": Field((), "int", tuple(PHOTOS), tuple(counts))},
        samples=sum(counts),
        parts={"train": sum(counts) - held, "validation": held},
        noun=("patch", "patches"),
    )


def load(*, unseen: str, patch: int, shrink: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Values from 0 to 1, and the numbers of those of each part.

    Raises:
        NoData: if scikit-learn or scikit-image is not installed.
    """
    import numpy
    import torch

    pieces = []
    for package, way, *_ in PHOTOS.values():
        photo = colours(file_of(package, way, "This photo comes", INSTALL[package])).astype("float32") / 255
        rows, columns = photo.shape[0] // shrink, photo.shape[1] // shrink
        small = photo[: rows * shrink, : columns * shrink].reshape(rows, shrink, columns, shrink, 3).mean((1, 3))
        pieces.append(patches(small, patch))
    photos = torch.arange(len(pieces)).repeat_interleave(torch.tensor([len(each) for each in pieces]))
    held = photos == list(PHOTOS).index(unseen)
    fields = {"image": torch.from_numpy(numpy.concatenate(pieces)), "photo": photos}
    return fields, {"train": (~held).nonzero()[:, 0], "validation": held.nonzero()[:, 0]}


def script(*, unseen: str, patch: int, shrink: int) -> Script:
    """The same files, read by Pillow."""
    lines = [
        *READ_PICTURE,
        *PATCHES,
        "files = [",
        *(f'    ("{package}", "{way}"),' for package, way, *_ in PHOTOS.values()),
        "]",
        "pieces = []",
        "for package, way in files:",
        "    file = Path(find_spec(package).submodule_search_locations[0], way)",
        '    photo = read_picture(file).astype("float32") / 255',
        f"    rows, columns = photo.shape[0] // {shrink}, photo.shape[1] // {shrink}",
        f"    small = photo[: rows * {shrink}, : columns * {shrink}]",
        f"    small = small.reshape(rows, {shrink}, columns, {shrink}, 3).mean((1, 3))",
        f"    pieces.append(patches(small, {patch}))",
        "photos = torch.arange(len(pieces)).repeat_interleave(torch.tensor([len(each) for each in pieces]))",
        f"held = photos == {list(PHOTOS).index(unseen)}",
    ]
    fields = {"image": "torch.from_numpy(numpy.concatenate(pieces))", "photo": "photos"}
    parts = '{"train": (~held).nonzero()[:, 0], "validation": held.nonzero()[:, 0]}'
    packages = "scikit-image and scikit-learn"
    return Script(tuple(lines), fields, (*PATH_IMPORTS, *PICTURE_IMPORTS), package=packages, parts=parts)


def _count(name: str, patch: int, shrink: int) -> int:
    *_, rows, columns = PHOTOS[name]
    return in_patches(rows // shrink, columns // shrink, patch)[0]


COLOUR_PHOTOS = source(
    id="ColourPhotos",
    name="Colour photos",
    params=[
        Choice(
            "unseen", "cat", options=tuple(PHOTOS), card=True, label="unseen photo", help="The photo for validation."
        ),
        Int("patch", 32, low=8, high=300, card=True, help="Side of the squares."),
        Int("shrink", 2, low=1, high=16, help="How many dots in a row become one, so that a square shows more."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"unseen": "coffee", "patch": 40, "shrink": 3}],
    needs=["sklearn", "skimage"],
    words=["images", "patches", "colorize", "colouring", "photographs", "data"],
)
