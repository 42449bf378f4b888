"""The two photos that come with scikit-learn, whole or in patches."""

from __future__ import annotations

from typing import Any

from nodes.api import Choice, Field, Int, Schema, Script, source
from nodes.reading.bundled import (
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

ROWS, COLUMNS = 427, 640
NAMES = ("temple", "flower")
FILES = {"temple": "china.jpg", "flower": "flower.jpg"}


def describe(*, photo: str, patch: int) -> Schema:
    """Two colour photos, a Chinese temple and a flower, of 427 × 640 dots; or the squares that they are cut into, each
    with the photo that it is from. They come with scikit-learn."""
    count, sides = in_patches(ROWS, COLUMNS, patch)
    chosen = _chosen(photo)
    fields = {"image": Field((3, *sides)), "label": Field((), "int", tuple(chosen), (count,) * len(chosen))}
    noun = ("patch", "patches") if patch else ("photo", "photos")
    return Schema(fields, samples=count * len(chosen), noun=noun)


def load(*, photo: str, patch: int) -> dict[str, Any]:
    """Values from 0 to 1.

    Raises:
        NoData: if scikit-learn is not installed.
    """
    import torch

    pieces = [
        patches(colours(file_of("sklearn", f"datasets/images/{FILES[name]}", "The photos come", INSTALL)), patch)
        for name in _chosen(photo)
    ]
    images = torch.cat([torch.from_numpy(each.astype("float32")) / 255 for each in pieces])
    return {"image": images, "label": torch.arange(len(pieces)).repeat_interleave(len(pieces[0]))}


def script(*, photo: str, patch: int) -> Script:
    """The same files, read by Pillow."""
    files = [text_of("sklearn", f"datasets/images/{FILES[name]}") for name in _chosen(photo)]
    lines = [
        *READ_PICTURE,
        *PATCHES,
        f"pieces = [patches(read_picture(file), {patch}) for file in [{', '.join(files)}]]",
        'images = torch.from_numpy(numpy.concatenate(pieces).astype("float32")) / 255',
    ]
    labels = "torch.arange(len(pieces)).repeat_interleave(len(pieces[0]))"
    return Script(
        tuple(lines), {"image": "images", "label": labels}, (*PATH_IMPORTS, *PICTURE_IMPORTS), package="scikit-learn"
    )


INSTALL = "pip install scikit-learn"


def _chosen(photo: str) -> list[str]:
    return list(NAMES) if photo == "both" else [photo]


PHOTOS = source(
    id="Photos",
    name="Two photos",
    params=[
        Choice("photo", "both", options=("both", *NAMES), card=True, help="Which of the two."),
        Int("patch", 32, low=0, high=427, card=True, zero="whole", help="Side of the squares; 0 for the whole photo."),
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"patch": 0}, {"photo": "flower", "patch": 50}],
    needs=["sklearn"],
    words=["images", "patches", "colour", "data"],
)
