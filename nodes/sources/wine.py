"""Measurements of wines, which come with scikit-learn."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, Schema, Script, source
from nodes.reading.bundled import classified, through_sklearn

WORDS = ("first grower", "second grower", "third grower")
COUNTS = (59, 71, 48)


def describe() -> Schema:
    """178 wines of three growers, each with 13 measurements: alcohol, malic acid, ash, alcalinity, magnesium, phenols,
    flavanoids, nonflavanoids, proanthocyanins, colour, hue, dilution and proline. They come with scikit-learn. The
    measurements have very different sizes: put a Standardize layer behind them."""
    return Schema(
        {"x": Field((13,)), "label": Field((), "int", WORDS, COUNTS)}, samples=sum(COUNTS), noun=("wine", "wines")
    )


def load() -> dict[str, Any]:
    """As measured, sorted by class as in the file.

    Raises:
        NoData: if scikit-learn is not installed.
    """
    return classified("wine_data", "The wines come")


def script() -> Script:
    """The same rows through scikit-learn."""
    return through_sklearn("load_wine")


WINE = source(
    id="Wine",
    name="Wine",
    describe=describe,
    load=load,
    script=script,
    needs=["sklearn"],
    words=["chemistry", "table", "classes", "data"],
)
