"""Plots in the window: zoomed, moved, pointed at, and lassoed with a real mouse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea

from app.insight.plot import Plot, PlotLine, plotted
from app.insight.tiles import Tiles
from app.ui.insight import plot_words
from app.ui.insight.held_scales import PictureRow
from app.ui.insight.plotview import PlotView
from app.ui.insight.views import ColouredPicture
from tests.support.patience import move_mouse, settle

Show = Callable[..., PlotView]


def tiles_of(side: int = 5, **more: Any) -> Tiles:
    """A square of points, numbered from 100 on."""
    across, up = np.meshgrid(np.arange(side), np.arange(side))
    points = np.column_stack([across.ravel(), up.ravel()]).astype(np.float32)
    count = len(points)
    plot = Plot(
        (-0.5, side - 0.5), (-0.5, side - 0.5), points=points, inks=np.full((count, 3), (200, 30, 30), np.uint8),
        numbers=np.arange(100, 100 + count), names=tuple(f"point {at}" for at in range(count)), node="data",
        part="train", **more,
    )  # fmt: skip
    return plotted(plot, "Square")


@pytest.fixture
def row(qtbot: Any) -> PictureRow:
    made = PictureRow()
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show()
    settle()
    return made


def shown(row: PictureRow, tiles: Tiles) -> PlotView:
    row.show_pictures((ColouredPicture(tiles, None),), "")
    settle()
    assert row.first.plot is not None
    return row.first.plot


def drag(view: PlotView, places: list[QPointF]) -> None:
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=places[0].toPoint())
    for place in places[1:]:
        move_mouse(view, place.toPoint())
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=places[-1].toPoint())
    settle()


def test_a_lasso_gives_the_samples_inside_of_it(row: PictureRow) -> None:
    """Fails if the line catches a point beside it, misses one inside, or gives places for numbers of samples."""
    view = shown(row, tiles_of())
    told: list[Any] = []
    row.samples_wanted.connect(lambda node, numbers, words: told.append((node, numbers.tolist(), words)))
    corners = [view.place_of(at) for at in (0, 2, 12, 10)]  # three by three points
    out = QPointF(8, 8)
    low_left, low_right, up_right, up_left = corners
    drag(view, [low_left + QPointF(-out.x(), out.y()), low_right + out, up_right + QPointF(out.x(), -out.y()),
                up_left - out, low_left + QPointF(-out.x(), out.y() - 2)])  # fmt: skip
    assert told == [("data", [100, 101, 102, 105, 106, 107, 110, 111, 112], "from a plot")]


def test_a_click_chooses_a_sample(row: PictureRow) -> None:
    """Fails if a click chooses another sample than the one below the pointer, or one where there is none."""
    view = shown(row, tiles_of())
    told: list[Any] = []
    row.sample_chosen.connect(told.append)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.place_of(7).toPoint())
    assert (told[0].number, told[0].name, told[0].part) == (107, "point 7", "train")
    between = (view.place_of(7) + view.place_of(13)) / 2
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=between.toPoint())
    assert len(told) == 1
    assert view.words_at(view.place_of(3)).startswith("point 3")


def test_the_wheel_zooms_about_the_pointer(row: PictureRow) -> None:
    """Fails if the point below the pointer wanders off, or a double click does not show all again."""
    view = shown(row, tiles_of())
    all_of_it = view.spans
    place = view.place_of(6)
    wheel = QWheelEvent(place, view.mapToGlobal(place), QPoint(), QPoint(0, 240), Qt.MouseButton.NoButton,
                        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
    QApplication.sendEvent(view, wheel)
    (x0, x1), _ = view.spans
    assert x1 - x0 < 0.8 * (all_of_it[0][1] - all_of_it[0][0])
    assert (view.place_of(6) - place).manhattanLength() < 0.5
    zoomed = view.spans
    shown(row, tiles_of())  # the same cloud, which has moved on
    assert view.spans == zoomed
    shown(row, tiles_of(6))  # another one
    assert view.spans != zoomed
    QApplication.sendEvent(view, wheel)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(view.width() // 2 + 9, 12))
    assert view.spans[0] == (-0.5, 5.5)


def test_the_wheel_scrolls_a_panel_past_a_plot(row: PictureRow, qtbot: Any) -> None:
    """Fails if somebody who scrolls a narrow panel zooms the plot away that passes below the pointer."""
    area = QScrollArea()
    qtbot.addWidget(area)
    area.setWidget(row)
    area.resize(720, 150)
    area.show()
    view = shown(row, tiles_of())
    whole = view.spans
    place = view.place_of(6)
    for modifier, zooms in ((Qt.KeyboardModifier.NoModifier, False), (Qt.KeyboardModifier.ControlModifier, True)):
        wheel = QWheelEvent(place, view.mapToGlobal(place), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
                            modifier, Qt.ScrollPhase.NoScrollPhase, False)  # fmt: skip
        QApplication.sendEvent(view, wheel)
        assert (view.spans != whole) == zooms
    area.takeWidget()


def test_keys_do_what_the_mouse_does(row: PictureRow) -> None:
    """Fails if somebody without a mouse cannot zoom, move, or see the samples in view."""
    view = shown(row, tiles_of())
    view.setFocus()
    before = view.spans
    QTest.keyClick(view, Qt.Key.Key_Plus)
    assert view.spans[0][1] - view.spans[0][0] < before[0][1] - before[0][0]
    moved = view.spans
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert view.spans[0][0] > moved[0][0]
    QTest.keyClick(view, Qt.Key.Key_Home)
    assert view.spans == before
    told: list[Any] = []
    row.samples_wanted.connect(lambda _node, numbers, _words: told.append(len(numbers)))
    QTest.keyClick(view, Qt.Key.Key_Return)
    for _ in range(12):
        QTest.keyClick(view, Qt.Key.Key_Plus)
    QTest.keyClick(view, Qt.Key.Key_Return)
    assert told == [25, 1]


def test_pictures_stand_in_the_place_of_dots_where_there_is_room(row: PictureRow) -> None:
    """Fails if the pictures of the samples never come, or another one's stands there."""
    pictures = np.zeros((25, 6, 6, 3), np.uint8)
    pictures[7] = (10, 250, 20)
    view = shown(row, tiles_of(thumbnails=pictures))
    place = view.place_of(7).toPoint()
    image = view.grab().toImage()
    ratio = image.width() / view.width()
    color = QColor(image.pixel(round(place.x() * ratio), round(place.y() * ratio)))
    assert (color.red(), color.green(), color.blue()) == (10, 250, 20)


def test_another_picture_takes_the_place_of_a_plot(row: PictureRow) -> None:
    """Fails if a plot stays in front of the picture or sentence that comes after it."""
    view = shown(row, tiles_of())
    assert view.isVisible()
    row.show_pictures((ColouredPicture(Tiles(np.zeros((1, 2, 2), np.float32), 0, 1, "gray", "Maps"), None),), "")
    assert not view.isVisible()
    shown(row, tiles_of())
    assert view.isVisible()
    row.say("Nothing.")
    assert not view.isVisible()


def test_words_around_a_narrow_plot_take_more_lines(row: PictureRow) -> None:
    """Fails if what a colour means, or which share an axis is, ends with dots though there is room above or below."""
    lines = tuple(
        PlotLine(name, np.array([[0, 0], [4, 4]], np.float32), (0, 0, 200))
        for name in ("alike ones", "different ones", "at the threshold 9.31")
    )
    row.resize(280, 480)
    view = shown(row, tiles_of(lines=lines, x_label="different pairs taken for alike", y_label="alike pairs taken"))
    metrics, plot = QFontMetrics(view.font()), view.plot
    assert plot is not None
    box = view._box()
    rows = plot_words.legend_rows(plot, view.size(), box.left(), metrics)
    assert [word for each in rows for word in each] == [each.name for each in lines]
    assert all(
        box.left() + sum(plot_words.entry_width(word, metrics) for word in each) <= view.width() for each in rows
    )
    below = plot_words.axis_words(plot, view.size(), metrics)
    assert below == ["→ different pairs taken for alike", "↑ alike pairs taken"]
    assert box.top() >= len(rows) * metrics.height()
    assert view.height() - box.bottom() >= (len(below) + 1) * metrics.height()
    row.resize(900, 480)
    settle()
    assert len(plot_words.legend_rows(plot, view.size(), box.left(), metrics)) == 1
    assert len(plot_words.axis_words(plot, view.size(), metrics)) == 1
