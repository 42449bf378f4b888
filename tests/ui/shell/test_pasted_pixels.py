"""A picture of the clipboard as numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage

from app.ui.predict.pasted import pasted_pixels


@pytest.mark.parametrize("kind", [QImage.Format.Format_RGBA8888, QImage.Format.Format_RGB32])
@pytest.mark.parametrize("width", [1, 8, 9, 33])
def test_the_numbers_outlive_the_picture(qapp: Any, width: int, kind: QImage.Format) -> None:
    """Fails if the numbers lie in the memory of a Qt image that is gone: then others write into them."""
    picture = QImage(width, 7, kind)
    picture.fill(QColor(10, 20, 30))
    for y in range(7):
        picture.setPixelColor(width // 2, y, QColor(255, 0, 128))
    expected = np.empty((7, width, 4), np.uint8)
    expected[:] = 10, 20, 30, 255
    expected[:, width // 2] = 255, 0, 128, 255
    found = pasted_pixels(picture)
    other = [QImage(width, 7, QImage.Format.Format_RGBA8888) for _ in range(50)]
    for each in other:
        each.fill(QColor(1, 2, 3))
    assert np.array_equal(found, expected)
