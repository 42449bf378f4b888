"""The handwritten digits that come with scikit-learn (Alpaydin and Kaynak 1998)."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from nodes.api import Choice, Field, NoData, Schema, Script, source

SAMPLES = 1797
DOTS = 8
BRIGHTEST = 16.0  # scikit-learn counts the dark dots of a 4×4 field


def describe(*, size: str) -> Schema:
    """Real handwritten digits, collected from 43 people (Alpaydin and Kaynak 1998). They come with scikit-learn, so
    nothing is downloaded. Each has an image with values from 0 to 1 and a label from 0 to 9."""
    side = _side(size)
    return Schema(
        {"image": Field((1, side, side)), "label": Field((), "int", tuple(str(digit) for digit in range(10)))},
        samples=SAMPLES,
    )


def load(*, size: str) -> dict[str, Any]:
    """As measured, or larger: then the values are interpolated (bilinear).

    Raises:
        NoData: if scikit-learn is not installed.
    """
    import numpy
    import torch
    from torch.nn import functional

    pixels, labels = _measured()
    images = torch.from_numpy((pixels.astype(numpy.float32) / BRIGHTEST).reshape(-1, 1, DOTS, DOTS))
    if _side(size) != DOTS:
        images = functional.interpolate(images, size=(_side(size),) * 2, mode="bilinear", align_corners=False)
    return {"image": images.contiguous(), "label": torch.from_numpy(labels.astype(numpy.int64))}


def script(*, size: str) -> Script:
    """The same numbers, read through scikit-learn itself: a program of its own may take the second that this takes."""
    side = _side(size)
    lines = [
        "pixels, labels = load_digits(return_X_y=True)",
        f"images = torch.as_tensor(pixels, dtype=torch.float32).reshape(-1, 1, {DOTS}, {DOTS}) / {BRIGHTEST:g}",
    ]
    if side != DOTS:
        options = f'size=({side}, {side}), mode="bilinear", align_corners=False'
        lines.append(f"images = functional.interpolate(images, {options})")
    return Script(
        lines=tuple(lines),
        fields={"image": "images", "label": "torch.as_tensor(labels, dtype=torch.int64)"},
        imports=("from sklearn.datasets import load_digits",),
        package="scikit-learn",
    )


def _side(size: str) -> int:
    return int(size.split("×")[0])


@cache
def _measured() -> tuple[Any, Any]:
    """Darkness (n, 64) from 0 to 16 in bytes and labels (n,), as scikit-learn's ``load_digits`` gives them.

    Read from the package's file where that lies as it does today: importing scikit-learn brings scipy along, which
    takes a second and 100 MB and reads the same lines.
    """
    import numpy as np

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


DIGITS = source(
    id="Digits",
    name="Handwritten digits",
    offered=1,
    params=[
        Choice(
            "size",
            "8×8",
            options=("8×8", "16×16", "32×32"),
            card=True,
            help="The pictures are 8×8 dots; larger sizes are interpolated, so that deeper networks fit.",
        )
    ],
    describe=describe,
    load=load,
    script=script,
    examples=[{"size": "32×32"}],
    needs=["sklearn"],
    words=["mnist", "data", "images", "numbers"],
)
