"""The handwritten digits that come with scikit-learn (Alpaydin and Kaynak 1998)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from app.data.catalog import dataset, script
from app.data.dataset import Dataset, NoData, Script

DOTS = 8
BRIGHTEST = 16.0  # scikit-learn counts the dark dots of a 4×4 field


@dataset("digits")
def digits(*, size: str) -> Dataset:
    """1,797 images (1, side, side) with values from 0 to 1, and their labels from 0 to 9.

    ``size`` is ``"8×8"`` as measured, or larger: then the values are interpolated (bilinear).

    Raises:
        NoData: if scikit-learn is not installed.
    """
    pixels, labels = _measured()
    images = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, DOTS, DOTS) / BRIGHTEST
    side = int(size.split("×")[0])
    if side != DOTS:
        images = functional.interpolate(images, size=(side, side), mode="bilinear", align_corners=False)
    label = torch.as_tensor(labels, dtype=torch.int64)
    return Dataset({"image": images.contiguous(), "label": label}, tuple(str(digit) for digit in range(10)))


@cache
def _measured() -> tuple[np.ndarray, np.ndarray]:
    """Darkness (1797, 64) from 0 to 16 in bytes and labels (1797,), as scikit-learn's ``load_digits`` gives them.

    Read from the package's file where that lies as it does today: importing scikit-learn brings scipy along, which
    takes a second and 100 MB and reads the same lines.
    """
    package = find_spec("sklearn")
    if package is not None and package.submodule_search_locations:
        file = Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
        if file.exists():
            table = np.loadtxt(file, delimiter=",")
            return table[:, :-1].astype(np.uint8), table[:, -1].astype(np.int64)
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise NoData(
            "The handwritten digits come with scikit-learn, which is not installed. Run: pip install scikit-learn"
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    return pixels.astype(np.uint8), labels


@script("digits")
def digits_script(*, size: str) -> Script:
    """The same numbers in a few lines of a training script."""
    side = int(size.split("×")[0])
    lines = [
        "pixels, labels = load_digits(return_X_y=True)",
        f"images = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, {DOTS}, {DOTS}) / {BRIGHTEST:g}",
    ]
    if side != DOTS:
        options = f'size=({side}, {side}), mode="bilinear", align_corners=False'
        lines.append(f"images = functional.interpolate(images, {options})")
    return Script(
        about=f"1,797 handwritten digits: images (1, {side}, {side}) with values from 0 to 1, and labels from 0 to 9.",
        lines=tuple(lines),
        fields={"image": "images", "label": "torch.as_tensor(labels, dtype=torch.int64)"},
        imports=("from sklearn.datasets import load_digits",),
        package="scikit-learn",
    )
