"""The widget that draws maps: every value crisp, at its place, with its scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QImage
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from app.insight.breaking import unbroken
from app.insight.colours import tile_colours
from app.insight.tiles import Tiles
from app.ui.insight import maps
from app.ui.insight.tilesview import TilesView
from tests.support.patience import settle


@pytest.fixture
def view(qtbot: QtBot) -> TilesView:
    made = TilesView()
    qtbot.addWidget(made)
    made.resize(900, 190)
    made.show()
    settle()
    return made


def painted(view: TilesView, qtbot: QtBot) -> QImage:
    settle()
    return view.grab().toImage()


def weights(count: int, side: int = 5, **more: object) -> Tiles:
    values = np.random.default_rng(0).normal(size=(count, side, side)).astype(np.float32)
    reach = float(np.abs(values).max())
    labels = tuple(str(index) for index in range(count))
    return Tiles(values, -reach, reach, "diverging", "conv1", labels, **more)  # type: ignore[arg-type]


def test_every_value_is_a_square_of_its_colour(view: TilesView, qtbot: QtBot) -> None:
    """Fails if maps are blurred, turned over, swapped, or drawn on another scale."""
    tiles = weights(6)
    view.show_tiles(tiles)
    picture = painted(view, qtbot)
    grid = view._grid
    assert grid is not None
    assert grid.zoom >= 8, "there is room for large squares"
    ratio, at = view.devicePixelRatioF(), view._grid_at
    colours = tile_colours(tiles)
    for index in range(6):
        x0 = at.left() * ratio + index % grid.columns * grid.step[1]
        y0 = at.top() * ratio + index // grid.columns * grid.step[0]
        for row in range(5):
            for column in range(5):
                for inset in (1, int(grid.zoom) - 2):
                    pixel = picture.pixelColor(int(x0 + column * grid.zoom + inset), int(y0 + row * grid.zoom + inset))
                    assert (pixel.red(), pixel.green(), pixel.blue()) == tuple(colours[index, row, column])


def read(words: str) -> tuple[str, float]:
    """What the pointer says, as a place and a number."""
    place, _, number = words.rpartition(": ")
    return place, float(number.replace("−", "-"))


def test_the_pointer_reads_the_value(view: TilesView, qtbot: QtBot) -> None:
    """Fails if the tooltip names another map, row or column than the one under the pointer."""
    tiles = weights(6)
    view.show_tiles(tiles)
    painted(view, qtbot)
    grid, at = view._grid, view._grid_at
    assert grid is not None
    x = at.left() + (4 * grid.step[1] + 3.5 * grid.zoom) / view.devicePixelRatioF()
    y = at.top() + 1.5 * grid.zoom / view.devicePixelRatioF()
    place, value = read(view.words_at(int(x), int(y)))
    assert place == "4, row 1, column 3"
    assert value == pytest.approx(float(tiles.maps[4, 1, 3]), rel=5e-3)
    assert view.words_at(0, 0) == ""


@pytest.mark.parametrize("size", [(300, 120), (900, 190), (1340, 600)])
@pytest.mark.parametrize("tiles", [weights(6), weights(64), weights(512, 3), weights(96, columns=16), weights(16, 56)])
def test_maps_fit_into_any_panel(tiles: Tiles, size: tuple[int, int], view: TilesView, qtbot: QtBot) -> None:
    """Fails if maps run out of the panel, vanish in a small one, or some are left out without a word."""
    view.resize(*size)
    view.show_tiles(tiles)
    painted(view, qtbot)
    grid = view._grid
    assert grid is not None
    assert min(grid.tile) >= 1
    assert 1 <= grid.shown <= tiles.count
    assert view._grid_at.right() <= view.width()
    assert view._grid_at.bottom() <= view.height() + grid.label + 2
    if grid.shown < tiles.count:
        assert f"{grid.shown} of {tiles.count}" in maps.note(tiles, grid.shown)


LEFT_OUT = "Shown are outputs 0 to 9 of 10 with inputs 0 to 24 of 40."


def table(columns: int, rows: int, **more: object) -> Tiles:
    values = np.random.default_rng(0).normal(size=(columns * rows, 5, 5)).astype(np.float32)
    reach = float(np.abs(values).max())
    names = {"x_label": "channel", "y_label": "output"}
    return Tiles(values, -reach, reach, "diverging", "fc1", columns=columns, **names, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tiles", "shown", "groups", "said"),
    [
        (table(6, 4), 24, 1, "Across: channel 0 to 5. Down: output 0 to 3."),
        (
            table(25, 10, note=LEFT_OUT, whole=(40, 10), left_out=LEFT_OUT),
            175,
            1,
            "Across: channel 0 to 24 of 40. Down: output 0 to 6 of 10. A larger panel shows more.",
        ),
        (
            table(25, 10, note=f"The first of 2 copies. {LEFT_OUT}", whole=(40, 10), left_out=LEFT_OUT),
            250,
            2,
            "Across: channel 0 to 24 of 40. Down: output 0 to 9, going on at the right. The first of 2 copies.",
        ),
        (
            weights(
                256, note="Shown are the first 256 of 512.", whole=(512,), left_out="Shown are the first 256 of 512."
            ),
            112,
            1,
            "112 of 512 fit here; a larger panel shows more.",
        ),
        (
            weights(
                256, note="Shown are the first 256 of 512.", whole=(512,), left_out="Shown are the first 256 of 512."
            ),
            256,
            1,
            "Shown are the first 256 of 512.",
        ),
    ],
)
def test_what_is_left_out_is_said_once(tiles: Tiles, shown: int, groups: int, said: str) -> None:
    """Fails if the line below names a range that is not the one that is seen, or two that contradict each other."""
    assert maps.note(tiles, shown, groups) == said


@pytest.mark.parametrize("size", [(500, 190), (900, 190), (1340, 190), (900, 600)])
def test_a_table_goes_on_at_the_right(size: tuple[int, int], view: TilesView, qtbot: QtBot) -> None:
    """Fails if rows are left out while there is room beside, or stand at another place than the pointer reads."""
    view.resize(*size)
    tiles = table(16, 16)
    view.show_tiles(tiles)
    picture = painted(view, qtbot)
    grid, at, ratio = view._grid, view._grid_at, view.devicePixelRatioF()
    assert grid is not None
    assert at.right() <= view.width()
    if grid.shown < tiles.count:
        assert at.width() * ratio + grid.group_step > (view.width() - 100) * ratio, "another group would fit"
    assert (grid.shown == tiles.count) == (size != (500, 190) and size != (900, 190))
    assert (grid.groups > 1) == (size[0] >= 900 and size[1] < 200)
    colours = tile_colours(tiles)
    for index in range(grid.shown):
        down, right = grid.corner(index)
        x, y = at.left() * ratio + right + grid.zoom * 2.5, at.top() * ratio + down + grid.zoom * 3.5
        pixel = picture.pixelColor(int(x), int(y))
        assert (pixel.red(), pixel.green(), pixel.blue()) == tuple(colours[index, 3, 2])
        place, value = read(view.words_at(int(x / ratio), int(y / ratio)))
        assert place == f"channel {index % 16}, output {index // 16}, row 3, column 2"
        assert value == pytest.approx(float(tiles.maps[index, 3, 2]), rel=5e-3)


@pytest.mark.parametrize("count", [24, 20, 12])
def test_rows_stand_beside_each_other_where_the_panel_is_low_and_wide(
    count: int, view: TilesView, qtbot: QtBot
) -> None:
    """Fails if rows of four pictures are stamps at the left of an empty panel and their words are missing, a row is
    torn, or a table whose places mean something is cut up."""
    values = np.random.default_rng(1).random((count, 16, 16, 3)).astype(np.float32)
    labels = tuple(f"{20 + n % 4} dB" for n in range(count))
    tiles = Tiles(values, 0.0, 1.0, "rgb", "copies", labels, columns=4)
    view.show_tiles(tiles)
    picture = painted(view, qtbot)
    grid = view._grid
    assert grid is not None
    assert grid.groups > 1
    assert grid.label > 0
    assert grid.zoom >= 2
    assert grid.shown == count
    ratio, at = view.devicePixelRatioF(), view._grid_at
    assert view.rect().contains(at)
    for first in range(0, count, 4):
        corners = [grid.corner(first + n) for n in range(4)]
        assert {down for down, _ in corners} == {corners[0][0]}
        assert [right - corners[0][1] for _, right in corners] == [n * grid.step[1] for n in range(4)]
        for n, (down, right) in enumerate(corners):
            middle = picture.pixelColor(
                int(at.left() * ratio + right + grid.zoom * 8.5), int(at.top() * ratio + down + grid.zoom * 8.5)
            )
            wanted = np.round(255 * values[first + n, 8, 8])
            assert np.abs(np.array([middle.red(), middle.green(), middle.blue()]) - wanted).max() <= 1
    view.resize(900, 420)
    view.show_tiles(replace(tiles, x_label="across", y_label="down", labels=()))
    painted(view, qtbot)
    assert view._grid is not None
    assert view._grid.groups == 1


@pytest.mark.parametrize(("width", "height"), [(1000, 470), (680, 470), (640, 300), (600, 560)])
def test_words_that_are_wider_than_their_maps_are_broken_into_lines(
    width: int, height: int, view: TilesView, qtbot: QtBot
) -> None:
    """Fails if pictures lose the words and numbers below them because one line is too narrow, words of two columns run
    into each other, or a word is cut."""
    said = ("in", "bicubic 22.5 dB, 0.734", "answer 44.7 dB, 0.974", "truth", "difference")
    values = np.random.default_rng(1).random((30, 64, 64, 3)).astype(np.float32)
    view.resize(width, height)
    view.show_tiles(Tiles(values, 0.0, 1.0, "rgb", "copies", said * 6, columns=5, note="dB: more is closer."))
    painted(view, qtbot)
    grid, metrics = view._grid, QFontMetrics(view.font())
    assert grid is not None
    assert grid.label > 0
    assert grid.shown == 30 or (width < 1000 and grid.shown % 5 == 0), "whole rows, and all of them where there is room"
    ratio = view.devicePixelRatioF()
    room = QRect(0, 0, int((grid.tile[1] + grid.wider) / ratio), int(grid.label / ratio))
    assert grid.step[1] / ratio > room.width()
    for word in said:
        taken = metrics.boundingRect(QRect(0, 0, room.width(), 999), Qt.TextFlag.TextWordWrap, unbroken(word))
        assert taken.width() <= room.width()
        assert taken.height() <= room.height() + 1
    assert view.rect().contains(view._grid_at)


def test_large_maps_are_averaged_not_sampled(view: TilesView, qtbot: QtBot) -> None:
    """Fails if a map that is shrunk keeps every third line only: a checkerboard would become black or white."""
    board = np.indices((200, 200)).sum(0) % 2
    view.show_tiles(Tiles(np.repeat(board[None].astype(np.float32), 9, axis=0), 0.0, 1.0, "gray", "a board"))
    picture = painted(view, qtbot)
    grid, at = view._grid, view._grid_at
    assert grid is not None
    assert grid.zoom < 1
    middle = picture.pixelColor(at.left() + grid.tile[1] // 2, at.top() + grid.tile[0] // 2).red()
    assert 90 < middle < 165


def test_bars_name_the_highest(view: TilesView, qtbot: QtBot) -> None:
    """Fails if bars cannot be drawn for few or for many values, all equal ones among them."""
    for values in (np.array([-3.0, 4.0, 0.5]), np.zeros(10), np.linspace(-1, 1, 1024), np.array([2.0])):
        low, high = min(float(values.min()), 0.0), max(float(values.max()), 0.0)
        tiles = Tiles(
            values.reshape(1, 1, -1).astype(np.float32),
            low,
            high if high > low else low + 1,
            "viridis",
            "fc3: one score for each class",
            layout="bars",
        )
        view.show_tiles(tiles, "trained for 3 epochs")
        painted(view, qtbot)
    assert view.accessibleName().startswith("fc3: one score for each class. trained for 3 epochs")


def test_a_sentence_takes_the_place_of_the_picture(view: TilesView, qtbot: QtBot) -> None:
    """Fails if the old picture stays behind the sentence, or comes back after it."""
    view.show_tiles(weights(6))
    painted(view, qtbot)
    view.say("relu1 has no weights.")
    assert view.tiles is None
    assert view.accessibleName() == "relu1 has no weights."
    assert view.words_at(40, 40) == ""


def test_the_pointer_reads_weights_and_not_the_colours_they_are_drawn_in(view: TilesView, qtbot: QtBot) -> None:
    """Fails if a colour filter's weight of 0 is told as 0.5, which is only the grey that stands for it."""
    values = np.linspace(-2, 2, 3 * 5 * 5, dtype=np.float32).reshape(1, 5, 5, 3)
    view.show_tiles(Tiles(0.5 + 0.5 * values / 2, -2.0, 2.0, "rgb", "conv1: 1 colour filter, 5×5"))
    painted(view, qtbot)
    grid, at = view._grid, view._grid_at
    assert grid is not None
    ratio = view.devicePixelRatioF()
    words = view.words_at(int(at.left() + 1.5 * grid.zoom / ratio), int(at.top() + 2.5 * grid.zoom / ratio))
    place, _, said = words.rpartition(": ")
    assert place == "map 0, row 2, column 1"
    numbers = [float(part.replace("−", "-")) for part in said.split(", ")]
    assert numbers == pytest.approx(values[0, 2, 1].tolist(), rel=5e-3)


def test_pictures_in_their_own_colours_have_no_scale(view: TilesView) -> None:
    """Fails if a photo with boxes has a rainbow beside it that says nothing, or if signed weights lose theirs."""
    metrics = view.fontMetrics()
    photo = Tiles(np.zeros((1, 3, 8, 8), np.float32), 0.0, 1.0, "rgb", "photo")
    assert maps.scale_width(photo, metrics) == 0
    assert maps.scale_width(replace(photo, low=-2.0, high=2.0), metrics) > 10


def test_a_picture_in_its_own_colours_has_no_scale_to_hold(qtbot: QtBot) -> None:
    """Fails if Hold scale stands beside photos, where it changes nothing, or is missing beside filters in colour."""
    view = TilesView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    maps = np.random.default_rng(0).random((2, 4, 4, 3)).astype(np.float32)
    view.show_tiles(Tiles(maps, 0.0, 1.0, "rgb", "photos"))
    assert view.hold.isHidden()
    view.show_tiles(Tiles(maps, -0.3, 0.4, "rgb", "filters"))
    assert not view.hold.isHidden()
    view.show_tiles(Tiles(maps[..., 0], 0.0, 1.0, "gray", "maps"))
    assert not view.hold.isHidden()


def test_a_title_that_is_cut_is_said_whole_under_the_pointer(view: TilesView, qtbot: QtBot) -> None:
    """Fails if what a narrow picture cuts from its title can be read nowhere, or if a title that is seen whole is said
    again."""
    title = "How likely each letter is at each of the many steps"
    view.show_tiles(replace(weights(2), title=title), "random weights")
    painted(view, qtbot)
    assert view.said_at(10) == ""
    view.resize(220, 190)
    painted(view, qtbot)
    assert view.said_at(10) == f"{title}, random weights"
    help_at = QPoint(30, 12)
    QCoreApplication.sendEvent(view, QHelpEvent(QEvent.Type.ToolTip, help_at, view.mapToGlobal(help_at)))
    qtbot.waitUntil(lambda: QToolTip.text() == f"{title}, random weights")
