"""The handwritten digits that come with scikit-learn (Alpaydin and Kaynak 1998)."""

from __future__ import annotations

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
    try:
        # Here and not above: it brings scipy along, about a second that only training has to wait for.
        from sklearn.datasets import load_digits
    except ImportError:
        raise NoData(
            "The handwritten digits come with scikit-learn, which is not installed. Run: pip install scikit-learn"
        ) from None
    pixels, labels = load_digits(return_X_y=True)
    images = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, DOTS, DOTS) / BRIGHTEST
    side = int(size.split("×")[0])
    if side != DOTS:
        images = functional.interpolate(images, size=(side, side), mode="bilinear", align_corners=False)
    label = torch.as_tensor(labels, dtype=torch.int64)
    return Dataset({"image": images.contiguous(), "label": label}, tuple(str(digit) for digit in range(10)))


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
