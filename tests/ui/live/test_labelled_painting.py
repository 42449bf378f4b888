"""Words in a plane and small tables in the window: drawn, told of under the pointer, and the same in a picture."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from app.insight.colours import coloured
from app.insight.labelled_tiles import MOST_STRETCHED, cells, placed, spread
from app.insight.pictures import render
from app.insight.tiles import Tiles
from app.ui import theme
from app.ui.insight.held_scales import PictureRow
from app.ui.insight.labelled_painting import SMALLEST, fitting, fitting_font
from app.ui.insight.tilesview import TilesView
from app.ui.insight.views import ColouredPicture
from tests.support.patience import settle

WORDS = ("king", "queen", "man", "woman")
PLACES = np.array([[[0, 1], [1, 1], [0, 0], [1, 0]]], np.float32)
PLANE = Tiles(PLACES, 0.0, 1.0, "viridis", "Plane", WORDS, layout="points", strong=(1,))
NUMBERS = np.array([[[0, 2, 1], [2, 0, 7]]], np.float32)
TABLE = Tiles(NUMBERS, 0.0, 7.0, "viridis", "Table", ("a", "b", "x", "y", "z"), layout="table")


@pytest.fixture
def view(qtbot: Any) -> TilesView:
    made = TilesView()
    qtbot.addWidget(made)
    made.resize(700, 300)
    made.show()
    settle()
    return made


def told(view: TilesView) -> dict[str, tuple[int, int]]:
    """Everything that is said somewhere in the view, with the middle of the places where it is."""
    found: dict[str, list[tuple[int, int]]] = {}
    for y in range(0, view.height(), 5):
        for x in range(0, view.width(), 5):
            said = view.words_at(x, y)
            if said:
                found.setdefault(said, []).append((x, y))
    return {said: tuple(int(part) for part in np.mean(places, 0)) for said, places in found.items()}  # type: ignore[misc]


def test_words_stand_in_the_plane(view: TilesView) -> None:
    """Fails if nothing is drawn, up and down are exchanged, or another word is told than the one under the pointer."""
    view.show_tiles(PLANE)
    settle()
    found = {said.partition(":")[0]: place for said, place in told(view).items()}
    assert set(found) == set(WORDS)
    assert found["king"][0] < found["queen"][0]
    assert found["king"][1] < found["man"][1]
    picture = view.grab().toImage()
    for word, place in found.items():
        dot = picture.pixelColor(*place)
        assert dot != theme.color("window"), word
        assert (dot.red() > 150 > dot.blue()) == (word == "queen"), word  # the one that matters most is orange
    assert not view.hold.isVisible()


def test_numbers_stand_in_the_table(view: TilesView) -> None:
    """Fails if a cell tells another number, row or column, or the colours do not follow the numbers."""
    view.show_tiles(TABLE)
    settle()
    found = told(view)
    assert set(found) == {
        f"{row}, {column}: {int(NUMBERS[0, at, place])}"
        for at, row in enumerate("ab")
        for place, column in enumerate("xyz")
    }
    picture = view.grab().toImage()
    least, most = (QColor(picture.pixelColor(found[said][0] - 8, found[said][1])) for said in ("a, x: 0", "b, z: 7"))
    assert most.lightness() > least.lightness() + 60


def test_a_narrow_panel_makes_room_for_them(view: TilesView) -> None:
    """Fails if a panel that scrolls squeezes a table until its numbers are gone, or keeps the room for a map."""
    heights = []
    for tiles in (TABLE, PLANE, Tiles(NUMBERS, 0.0, 7.0, "viridis", "Map")):
        view.show_tiles(tiles)
        heights.append(view.readable_height())
    line = view.fontMetrics().height()
    assert heights[0] >= 3 * line  # two rows and the words above them
    assert heights[1] > heights[0]
    assert heights[2] == 0


def test_lines_with_many_names_get_the_room_of_their_legend(qtbot: Any) -> None:
    """Fails if lines among other pictures are so narrow, or so low, that their legend leaves no room for them."""
    pictures = PictureRow()
    qtbot.addWidget(pictures)
    names = tuple(f"number {each}" for each in range(8))
    few, many = (
        Tiles(np.zeros((count, 1, 9), np.float32), 0.0, 1.0, "viridis", "L", names[:count], layout="lines")
        for count in (2, 8)
    )
    pictures.show_pictures((ColouredPicture(few, None), ColouredPicture(many, None)), "")
    assert pictures.views[1].minimumWidth() > pictures.views[0].minimumWidth()
    pictures.resize(900, 300)
    pictures.show()
    settle()
    assert pictures.views[1].readable_height() > pictures.views[0].readable_height()


def test_the_written_picture_shows_them_too() -> None:
    """Fails if a plane or a table is an empty picture on the command line."""
    for tiles in (PLANE, TABLE):
        blank = Tiles(tiles.maps * 0, tiles.low, tiles.high, "viridis", tiles.title, layout=tiles.layout)
        shown, empty = render(tiles), render(blank)
        assert shown.shape[1] == 960
        assert len(np.unique(shown.reshape(-1, 3), axis=0)) > 6
        assert shown.shape != empty.shape or (shown != empty).any()


def test_labels_hide_no_other() -> None:
    """Fails if two words are written over each other, one leaves the picture, or those that matter most come last."""
    points = [(50.0 + 3 * number, 50.0) for number in range(12)]
    sizes = [(40.0, 12.0)] * 12
    found = placed(points, sizes, (0, 0, 200, 100), first=(7,))
    boxes = [(*at, at[0] + 40, at[1] + 12) for at in found if at is not None]
    assert found[7] is not None
    assert 2 <= len(boxes) < 12
    for place, one in enumerate(boxes):
        assert one[0] >= 0
        assert one[2] <= 200
        assert all(one[2] <= b[0] or b[2] <= one[0] or one[3] <= b[1] or b[3] <= one[1] for b in boxes[:place])


def test_a_low_panel_stretches_the_plane_a_little() -> None:
    """Fails if words of a low panel lie on one heap, or a plane is torn out of all proportion."""
    points = np.array(spread(PLANE, (0, 0, 900, 100)))
    wide, tall = np.ptp(points, axis=0)
    assert wide / tall == pytest.approx(MOST_STRETCHED)
    square = np.array(spread(PLANE, (0, 0, 100, 100)))
    assert np.ptp(square, axis=0).tolist() == pytest.approx([100, 100])


def test_a_small_number_beside_large_ones_is_not_called_zero() -> None:
    """Fails if a gradient of a millionth reads "0.0" beside a loss of 1, or if a real 0 is written as a power."""
    table = Tiles(
        np.array([[[58.3, 1.0], [5.7e-7, -2.4e-4], [0.0, 1.0]]], np.float32),
        -58.3,
        58.3,
        "diverging",
        "",
        layout="table",
    )
    assert cells(table) == [["58.3", "1.0"], ["6e−7", "−2e−4"], ["0", "1.0"]]


def test_names_of_narrow_columns_stand_upright_where_there_is_room(view: TilesView) -> None:
    """Fails if names of many columns are cut to two letters in a high panel, or if a cell is told in a wrong place."""
    names = tuple(f"convolution{index}" for index in range(14))
    values = np.arange(28, dtype=np.float32).reshape(1, 2, 14)
    view.show_tiles(Tiles(values, 0.0, 27.0, "viridis", "Table", ("above", "below", *names), layout="table"))
    settle()
    places = told(view)
    assert len(places) == 28
    assert all(100 < y < 250 for _, y in places.values())
    x, y = places["below, convolution5: 19"]
    colour = view.grab().toImage().pixelColor(x - 12, y + 6)
    red, green, blue = coloured(np.array([19.0]), 0.0, 27.0, "viridis")[0]
    assert abs(colour.red() - red) + abs(colour.green() - green) + abs(colour.blue() - blue) < 12
    view.resize(700, 110)
    settle()
    assert all(y < 100 for _, y in told(view).values())


def test_shares_in_a_narrow_table_are_rounded_all_alike(qtbot: Any) -> None:
    """Fails if some cells have numbers and others none, as if these had no answer; or next to nothing reads as 0."""
    shares = np.array([[[0.94, 1.0, 0.057], [0.0, 0.003, 0.998]]])
    tiles = Tiles(shares, 0.0, 1.0, "viridis", "T", ("a", "b", "x", "y", "z"), layout="table", percent=True)
    metrics = QFontMetricsF(QFont())
    exact = cells(tiles)
    widest = max(metrics.horizontalAdvance(word) for row in exact for word in row)
    assert [list(row) for row in fitting(tiles, widest + 5, metrics)] == exact
    assert fitting(tiles, widest - 5, metrics) == [["94 %", "100 %", "6 %"], ["0 %", "<1 %", ">99 %"]]
    room = metrics.horizontalAdvance(">99 %") + 3
    assert fitting(tiles, room, metrics) == [["94%", "100%", "6%"], ["0%", "<1%", ">99%"]]
    room = metrics.horizontalAdvance(">99") + 5
    assert fitting(tiles, room, metrics) == [["94", "100", "6"], ["0", "<1", ">99"]]


def test_numbers_of_narrow_columns_are_written_smaller_then_shorter(qtbot: Any) -> None:
    """Fails if a table leaves its wide numbers out where smaller letters would do, or shortens them at once."""
    tiles = Tiles(np.array([[[6.0, -2.25], [0.393, 1.0]]]), -6.0, 6.0, "diverging", "T", layout="table")
    font = QFont()
    metrics = QFontMetricsF(font)
    widest = metrics.horizontalAdvance("−2.25")
    three, two = [["6.00", "−2.25"], ["0.39", "1.00"]], [["6.0", "−2.2"], ["0.4", "1.0"]]
    assert fitting(tiles, widest + 5, metrics) == three
    assert fitting_font(font, three, widest + 5).pointSizeF() == font.pointSizeF()
    narrow = widest * 0.85 + 4
    assert fitting(tiles, narrow, metrics) == three
    smaller = fitting_font(font, three, narrow)
    assert SMALLEST * font.pointSizeF() <= smaller.pointSizeF() < font.pointSizeF()
    assert QFontMetricsF(smaller).horizontalAdvance("−2.25") <= narrow
    assert fitting(tiles, widest * 0.7, metrics) == two


@pytest.mark.parametrize("wide", [660, 480, 330])
def test_every_cell_of_a_narrow_table_says_that_it_has_a_number(view: TilesView, wide: int) -> None:
    """Fails if negative numbers, which are wider, are colours without a number while the others have theirs, or if the
    whole number is not told under the pointer."""
    values = np.where(np.arange(28) % 2, -3.0, 1.25).astype(np.float32).reshape(1, 2, 14)
    names = ("value", "gradient", *(f"n{place}" for place in range(14)))
    view.resize(wide, 170)
    view.show_tiles(Tiles(values, -3.0, 3.0, "diverging", "T", names, layout="table"))
    settle()
    places, picture = told(view), view.grab().toImage()
    assert len(places) == 28
    for said, (x, y) in places.items():
        assert said.endswith((": −3", ": 1.25"))
        inks = {picture.pixel(x + right, y + down) for right in range(-6, 7) for down in range(-6, 7)}
        assert len(inks) > 3, f"{said} is a colour alone at {wide}"


def test_sentences_leave_room_for_the_numbers_and_are_told_whole(view: TilesView) -> None:
    """Fails if long words of the rows push the columns out of the panel, or if nobody can read their ends."""
    sentences = tuple(f"picture {row} → {'a large red circle left of ' * 6}a small one" for row in range(2))
    view.show_tiles(Tiles(NUMBERS, 0.0, 7.0, "viridis", "Table", (*sentences, "x", "y", "z"), layout="table"))
    settle()
    found = told(view)
    assert {said for said in found if said.startswith("picture 1")} >= {sentences[1], f"{sentences[1]}, z: 7"}
    assert all(x < view.width() - 10 for x, _ in found.values())
    assert found[f"{sentences[1]}, z: 7"][0] > found[f"{sentences[1]}, x: 2"][0] + 20


def test_marked_words_have_their_labels_in_a_crowd() -> None:
    """Fails if a word that somebody has marked stays without its name because points lie around it, or its name hides
    another marked one's."""
    crowd = [(100 + 7.0 * (n % 9), 60 + 7.0 * (n // 9)) for n in range(81)]
    sizes = [(30.0, 14.0)] * len(crowd)
    room = (0.0, 0.0, 260.0, 180.0)
    assert placed(crowd, sizes, room)[40] is None
    marked = (38, 40, 42)
    found = placed(crowd, sizes, room, marked)
    boxes = [(place[0], place[1], place[0] + 30, place[1] + 14) for place in map(found.__getitem__, marked) if place]
    assert len(boxes) == 3
    assert not any(a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for a, b in combinations(boxes, 2))
