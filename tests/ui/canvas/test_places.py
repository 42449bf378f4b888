"""Camera and grid: plain arithmetic that everything else leans on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPointF, QRectF

from app.ui.canvas.camera import LEAST, MOST, Camera
from app.ui.canvas.grid import SpatialIndex
from app.ui.canvas.node_words import brief_count

number = st.floats(-5000, 5000)
rect = st.builds(QRectF, number, number, st.floats(0.1, 3000), st.floats(0.1, 3000))


@given(rects=st.lists(rect, max_size=30), moved=st.lists(rect, max_size=30), question=rect)
def test_grid_names_everything_that_touches(rects: list[QRectF], moved: list[QRectF], question: QRectF) -> None:
    """Would fail if something near were left out, also after it has moved or others were removed."""
    grid: SpatialIndex[int] = SpatialIndex()
    places = dict(enumerate(rects))
    for key, place in places.items():
        grid.put(key, place)
    for key, place in enumerate(moved):
        if key in places:
            places[key] = place
            grid.put(key, place)
    for key in list(places)[::3]:
        grid.remove(key)
        del places[key]
    near = grid.near(question)
    assert len(near) == len(set(near))
    assert {key for key, place in places.items() if place.intersects(question)} <= set(near) <= set(places)
    assert len(grid) == len(places)


@given(x=number, y=number, factor=st.floats(0.2, 5), steps=st.integers(1, 6))
def test_zoom_keeps_what_is_under_the_pointer(x: float, y: float, factor: float, steps: int) -> None:
    """Would fail if the drawing drifted while zooming, or the limits were passed."""
    camera = Camera()
    camera.pan(13, -7)
    place = QPointF(x, y)
    held = camera.to_scene(place)
    for _ in range(steps):
        camera.zoom_at(place, factor)
    assert LEAST <= camera.scale <= MOST
    assert (camera.to_view(held) - place).manhattanLength() < 1e-3


@given(area=rect)
def test_framing_shows_everything(area: QRectF) -> None:
    """Would fail if a part of the framed drawing lay outside."""
    camera = Camera()
    camera.frame(area, 900, 600)
    assert camera.scale == LEAST or camera.seen(900, 600).adjusted(-0.01, -0.01, 0.01, 0.01).contains(area)


def test_counts_are_short() -> None:
    """Would fail if a count of weights did not fit on a node, or were off by a thousand."""
    assert [brief_count(n) for n in (0, 9_999, 10_000, 48_120, 999_499, 999_900, 2_359_808, 138_357_544)] == [
        "0",
        "9,999",
        "10 k",
        "48.1 k",
        "999 k",
        "1 M",
        "2.36 M",
        "138 M",
    ]
