"""The course of diabetes in a year (Efron 2004), which comes with scikit-learn."""

from __future__ import annotations

from typing import Any

from nodes.api import Field, Schema, Script, source
from nodes.reading.bundled import file_of, through_sklearn


def describe() -> Schema:
    """442 patients with diabetes: age, sex, body mass index, blood pressure and six values of the blood, as measured;
    and how far the illness went in a year, from 25 to 346. They come with scikit-learn. The measurements have different
    sizes: put a Standardize layer behind them."""
    return Schema({"x": Field((10,)), "y": Field((1,))}, samples=442, noun=("patient", "patients"))


def load() -> dict[str, Any]:
    """As measured.

    Raises:
        NoData: if scikit-learn is not installed.
    """
    import numpy
    import torch

    what, install = "The patients come", "pip install scikit-learn"
    rows = numpy.loadtxt(file_of("sklearn", "datasets/data/diabetes_data_raw.csv.gz", what, install))
    target = numpy.loadtxt(file_of("sklearn", "datasets/data/diabetes_target.csv.gz", what, install))
    return {"x": torch.from_numpy(rows.astype("float32")), "y": torch.from_numpy(target.astype("float32"))[:, None]}


def script() -> Script:
    """The same rows through scikit-learn, not as it changes them by itself, but as they were measured."""
    return through_sklearn("load_diabetes", "y", ", scaled=False")


DIABETES = source(
    id="Diabetes",
    name="Diabetes",
    describe=describe,
    load=load,
    script=script,
    needs=["sklearn"],
    words=["medicine", "regression", "table", "numbers", "data"],
)
