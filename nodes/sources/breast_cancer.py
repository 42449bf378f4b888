"""Measurements of tumours (Wisconsin 1995), which come with scikit-learn."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, Schema, Script, source
from nodes.reading.bundled import classified, through_sklearn

WORDS = ("malignant", "benign")
COUNTS = (212, 357)


def describe() -> Schema:
    """569 tumours, each with 30 measurements of its cell nuclei, and whether it was malignant (0) or benign (1). They
    come with scikit-learn. The measurements have very different sizes: put a Standardize layer behind them."""
    return Schema(
        {"x": Field((30,)), "label": Field((), "int", WORDS, COUNTS)}, samples=sum(COUNTS), noun=("tumour", "tumours")
    )


def load() -> dict[str, Any]:
    """As measured, sorted by class as in the file.

    Raises:
        NoData: if scikit-learn is not installed.
    """
    return classified("breast_cancer", "The tumours come")


def script() -> Script:
    """The same rows through scikit-learn."""
    return through_sklearn("load_breast_cancer")


BREAST_CANCER = source(
    id="BreastCancer",
    name="Breast cancer",
    describe=describe,
    load=load,
    script=script,
    needs=["sklearn"],
    words=["medicine", "wisconsin", "table", "classes", "data"],
)
