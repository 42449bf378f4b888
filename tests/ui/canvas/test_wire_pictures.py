"""Wires that are copied from pictures look as they do when they are drawn."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.ui import theme
from app.ui.canvas.view import CanvasView
from app.ui.canvas.wire_pictures import WirePictures
from tests.benchmarks.canvas import in_rows
from tests.ui.canvas.conftest import Open


def frame(canvas: CanvasView) -> np.ndarray:
    """Height × width × 4, what the canvas shows now."""
    picture = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.array(picture.constBits()).reshape(picture.height(), picture.width(), 4).astype(int)


def both(canvas: CanvasView) -> tuple[np.ndarray, np.ndarray]:
    """The frame with wires drawn, and with wires copied."""
    kept = canvas.painter.curves
    assert kept is not None
    canvas.painter.curves = None
    drawn = frame(canvas)
    canvas.painter.curves = kept
    frame(canvas)  # the first at a zoom draws
    return drawn, frame(canvas)


@pytest.fixture
def rows(open_canvas: Open) -> CanvasView:
    """Twelve nodes to and fro: straight wires, one down, and wires that run to the left."""
    canvas = open_canvas(in_rows(12, 4))
    canvas.camera.scale = 0.5
    canvas.camera.x, canvas.camera.y = -100.0, -100.0
    frame(canvas)
    return canvas


@pytest.mark.parametrize("name", theme.NAMES)
def test_a_copied_wire_looks_like_a_drawn_one(rows: CanvasView, qapp: QApplication, name: str) -> None:
    """Fails if a picture lay elsewhere, were cut, were another's, or kept the colours of the theme before."""
    frame(rows)
    theme.apply(qapp, name)
    try:
        drawn, copied = both(rows)
        assert np.abs(drawn - copied).max() <= 10
    finally:
        theme.apply(qapp, "dark")


def test_between_two_pixels_a_wire_is_at_most_one_away(rows: CanvasView) -> None:
    """Fails if a picture were placed by rounding down, or by its corner instead of its start."""
    rows.camera.x, rows.camera.y = -100.7, -100.9
    drawn, copied = both(rows)
    ground = drawn[5, 5]
    inked = np.abs(drawn - ground).max(axis=2) > 40
    near = inked.copy()
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            near |= np.roll(inked, (down, right), axis=(0, 1))
    assert not ((np.abs(copied - ground).max(axis=2) > 40) & ~near).any()
    assert np.abs(copied - drawn).max() > 0  # or nothing was copied


def test_small_curves_are_copied_from_the_second_frame_of_a_zoom(rows: CanvasView) -> None:
    """Fails if each frame drew them all again, or pictures of another zoom were used."""
    curves, figures = WirePictures(), list(rows.scene.wires.values())
    bent = [figure for figure in figures if figure.path.elementCount() > 2]
    assert 4 <= len(bent) < len(figures)
    page = QImage(400, 300, QImage.Format.Format_ARGB32_Premultiplied)
    pen = rows.painter.ink.wire_pen("features", True, 3.0)
    with QPainter(page) as painter:
        assert curves.paint(painter, figures, pen, rows.camera) == figures
        assert curves.paint(painter, figures, pen, rows.camera) == [f for f in figures if f not in bent]
        rows.camera.scale = 0.45
        assert curves.paint(painter, figures, pen, rows.camera) == figures
        rows.camera.scale = 40.0  # too large to be copied
        curves.paint(painter, figures, pen, rows.camera)
        assert curves.paint(painter, figures, pen, rows.camera) == figures
