"""Fisher's iris flowers, which come with scikit-learn."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, Schema, Script, source
from nodes.reading.bundled import classified, through_sklearn

WORDS = ("setosa", "versicolor", "virginica")
COUNTS = (50, 50, 50)


def describe() -> Schema:
    """150 iris flowers of three species, measured in centimetres (Fisher 1936): length and width of the sepal, length
    and width of the petal. They come with scikit-learn, so nothing is downloaded."""
    return Schema(
        {"x": Field((4,)), "label": Field((), "int", WORDS, COUNTS)},
        samples=sum(COUNTS),
        noun=("flower", "flowers"),
        remarks=("One flower is there twice",),
    )


def load() -> dict[str, Any]:
    """As measured, sorted by class as in the file.

    Raises:
        NoData: if scikit-learn is not installed.
    """
    return classified("iris", "The iris flowers come")


def script() -> Script:
    """The same rows through scikit-learn."""
    return through_sklearn("load_iris")


IRIS = source(
    id="Iris",
    name="Iris",
    describe=describe,
    load=load,
    script=script,
    needs=["sklearn"],
    words=["flowers", "fisher", "table", "classes", "data"],
)
