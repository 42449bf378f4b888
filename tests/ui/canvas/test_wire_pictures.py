"""Wires that are copied from pictures look as they do when they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.core.commands import SetSetting
from app.ui import theme
from app.ui.canvas import wire_pictures
from app.ui.canvas.camera import Camera
from app.ui.canvas.figures import WireFigure
from app.ui.canvas.painter import Highlight, Painter
from app.ui.canvas.scene import Scene
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
    frame(canvas)  # the first at a zoom draws,
    frame(canvas)  # and the first of what lies on this part of a pixel
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


def test_curves_are_copied_from_the_second_frame_of_a_zoom(rows: CanvasView) -> None:
    """Fails if each frame drew them all again, or pictures of another zoom were used."""
    curves, figures = WirePictures(), list(rows.scene.wires.values())
    bent = [figure for figure in figures if figure.path.elementCount() > 2]
    straight = [figure for figure in figures if figure not in bent]
    assert 4 <= len(bent) < len(figures)
    page = QImage(400, 300, QImage.Format.Format_ARGB32_Premultiplied)
    pen = rows.painter.ink.wire_pen("features", True, 3.0)
    with QPainter(page) as painter:

        def drawn_at(scale: float) -> list[WireFigure]:
            rows.camera.scale = scale
            curves.begin(painter, scale)
            return curves.paint(painter, figures, pen, rows.camera)

        assert drawn_at(0.5) == figures
        assert drawn_at(0.5) == straight
        assert drawn_at(0.45) == figures
        assert drawn_at(40.0) == figures
        assert drawn_at(40.0) == figures  # too large to be copied


@pytest.mark.parametrize(("scale", "x", "y"), [(1.0, -60.0, -60.0), (1.0, -60.3, -60.8), (2.0, 200.6, 0.4)])
def test_a_large_curve_is_copied_without_a_gap_and_where_it_was(
    rows: CanvasView, scale: float, x: float, y: float
) -> None:
    """Fails if a strip were too low for its part of the curve, lay beside it, or on another part of a pixel."""
    rows.camera.scale = scale
    rows.camera.x, rows.camera.y = x, y
    rows.minimap.wanted = False
    drawn, copied = both(rows)
    curves = rows.painter.curves
    assert curves is not None
    kept = [each for each in curves._young.values() if isinstance(each, wire_pictures._KeptPieces)]
    strips = [each for each in kept if each.pieces is not None and len(each.pieces) > 2]
    assert strips  # or nothing of what is looked at was copied in strips
    assert np.abs(drawn - copied).max() <= 2


def test_what_is_copied_while_the_drawing_moves_is_what_a_fresh_canvas_paints(open_canvas: Open) -> None:
    """Fails if a picture stayed behind, came from before an edit, was that of another part of a pixel, or was dropped
    while it was still shown."""
    canvas = open_canvas(in_rows(40, 8))
    canvas.minimap.wanted = False
    canvas.camera.scale = 1.0
    canvas.camera.x, canvas.camera.y = 100.0, 30.0
    frame(canvas)
    for step in range(12):
        canvas.pan_by(-37.0 if step % 3 else -20.6, -11.0 if step % 2 else 8.3)
        if step == 6:
            canvas.qdocument.do(SetSetting(names=("conv2d_0",), param="out_channels", value=11))
        moved = frame(canvas)
        canvas.painter.renew()
        frame(canvas)
        frame(canvas)
        assert np.abs(moved - frame(canvas)).max() <= 2


def test_no_pictures_are_made_while_each_frame_lies_on_another_part_of_a_pixel(
    rows: CanvasView, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a drawing that is pushed by parts of pixels, as at the edge of the view, took longer than without
    pictures: each would be used once."""
    made: list[str] = []

    def count(name: str) -> None:
        make = getattr(wire_pictures, name)

        def counted(*given: Any) -> Any:
            made.append(name)
            return make(*given)

        monkeypatch.setattr(wire_pictures, name, counted)

    count("_strips")
    count("_label")
    rows.camera.scale = 1.0
    for _ in range(6):
        rows.pan_by(-3.137, -1.371)
        frame(rows)
    assert made == []
    rows.pan_by(-4.0, 2.0)
    frame(rows)
    assert set(made) == {"_strips", "_label"}
    made.clear()
    rows.pan_by(-4.0, 2.0)
    frame(rows)
    assert made == []


@pytest.mark.parametrize("scale", [1.0, 0.5, 0.8, 0.37, 0.1, 1.125, 2.0])
def test_the_ground_is_dots_on_a_colour(qapp: QApplication, scale: float) -> None:
    """Fails if a row of dots were missing, stood beside its place, or hid the one above; or if ground were left out."""
    painter = Painter(Scene(), Camera(), Highlight())
    camera, ink = painter.camera, painter.ink
    size = QSize(301, 199)
    for camera.x, camera.y in ((0.0, 0.0), (-13.0, 7.0), (3.3, -5.7), (1000.25, 999.75), (0.5, 32.500000000000014)):
        camera.scale = scale
        shown = QImage(size, QImage.Format.Format_RGB32)
        with QPainter(shown) as page:
            painter.paint(page, size, QRectF(shown.rect()), 1.0, False)
        wanted = QImage(size, QImage.Format.Format_RGB32)
        wanted.fill(ink.canvas)
        apart = 24 * scale
        while apart < 15:
            apart *= 4
        side = 2.0 if apart > 18 else 1.5
        first_x, first_y = -(camera.x * scale) % apart, -(camera.y * scale) % apart
        with QPainter(wanted) as page:
            for row in range(20):
                for column in range(30):
                    at = QPointF(round(first_x + column * apart), round(first_y + row * apart))
                    page.fillRect(QRectF(at.x(), at.y(), side, side), ink.dots)
        same = np.array(shown.constBits()) == np.array(wanted.constBits())
        assert same.mean() > 0.9999, (camera.x, camera.y)
