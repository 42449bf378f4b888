"""Small pieces of photos with and without a face (from Labeled Faces in the Wild), which come with scikit-image."""

from __future__ import annotations

from typing import Any

from nodes.api import Choice, Field, Schema, Script, source
from nodes.reading.bundled import DATA_EXTRA, PATH_IMPORTS, file_of, text_of

WAY = "data/lfw_subset.npy"


def describe(*, patches: str) -> Schema:
    """200 grey patches of 25 × 25 dots with values from 0 to 1: 100 faces and 100 that are none, or the faces alone.
    They come with scikit-image, so nothing is downloaded."""
    image = Field((1, 25, 25))
    if patches == "faces":
        return Schema({"image": image}, samples=100, noun=("face", "faces"))
    fields = {"image": image, "label": Field((), "int", ("face", "no face"), (100, 100))}
    return Schema(fields, samples=200, noun=("patch", "patches"))


def load(*, patches: str) -> dict[str, Any]:
    """The faces stand first.

    Raises:
        NoData: if scikit-image is not installed.
    """
    import numpy
    import torch

    pixels = numpy.load(file_of("skimage", WAY, "The face patches come", DATA_EXTRA), allow_pickle=False)
    image = torch.from_numpy(pixels.astype("float32"))[:, None]
    return {"image": image[:100]} if patches == "faces" else {"image": image, "label": torch.arange(200) // 100}


def script(*, patches: str) -> Script:
    """The same file."""
    lines = (f"pixels = numpy.load({text_of('skimage', WAY)})",)
    image = 'torch.from_numpy(pixels.astype("float32"))[:, None]'
    fields = (
        {"image": f"{image}[:100]"} if patches == "faces" else {"image": image, "label": "torch.arange(200) // 100"}
    )
    return Script(lines, fields, ("import numpy", *PATH_IMPORTS), package="scikit-image")


FACE_PATCHES = source(
    id="FacePatches",
    name="Face patches",
    describe=describe,
    load=load,
    script=script,
    params=[Choice("patches", "all", options=("all", "faces"), card=True, help="All patches, or the faces alone.")],
    needs=["skimage"],
    words=["faces", "lfw", "images", "classes", "data"],
)
