"""A picture of the clipboard as numbers."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

LARGEST = 4_096  # pixels of a side


def pasted_pixels(image: QImage) -> Any:
    """A picture (h, w, 4) uint8 with red, green, blue and how opaque it is; one that is very large becomes smaller."""
    import numpy as np

    if max(image.width(), image.height()) > LARGEST:
        image = image.scaled(
            LARGEST, LARGEST, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine() // 4, 4)
    return rows[:, : image.width()].copy()  # in any case: what Qt lent goes with the image
