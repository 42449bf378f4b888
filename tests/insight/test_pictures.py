"""Pictures on paper: crisp, complete, never cut off."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.insight.chart import Chart, ChartLine, draw, ticks
from app.insight.colours import colormap
from app.insight.labelled_tiles import draw_table, in_bands
from app.insight.pictures import render, save_png
from app.insight.strips import DARK, LIGHT, Paper, draw_bars, enlarged, strip
from app.insight.text import number, shortened, text_width, wrapped
from app.insight.tiles import Tiles, rising_scale, signed_scale

RNG = np.random.default_rng(0)


def grid(count: int, height: int, width: int, **more: object) -> Tiles:
    """Some maps with random weights."""
    maps = RNG.normal(0, 1, (count, height, width)).astype(np.float32)
    return Tiles(maps, *signed_scale(maps), "diverging", f"{count} maps", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 10, 64, 166, 900])
def test_bars_reach_from_zero_to_their_values(count: int) -> None:
    """Fails if a bar of the strip in a node has another place, height or colour than its value says, or if a value over
    the end of the scale leaves the paper."""
    values = np.linspace(-4.5, 5.5, count).astype(np.float32)
    tiles = Tiles(values.reshape(1, 1, -1), -4.0, 5.0, "diverging", "values", layout="bars")
    paper = Paper((1, 2, 3), (4, 5, 6), (7, 8, 9))
    pixels = np.full((132, 498, 3), paper.back, np.uint8)
    places = draw_bars(pixels, tiles, values, (0, 0, 498, 132), paper)
    wide = 498 / count
    wanted = np.full((132, 498, 3), paper.back, np.uint8)
    for at, value in enumerate(values.tolist()):
        end, zero = (132 - (min(max(each, -4.0), 5.0) + 4.0) / 9.0 * 132 for each in (value, 0.0))
        gap = 0.12 * wide if wide >= 4 else 0.0
        for x in range(498):
            if round(at * wide + gap) <= x <= max(round(at * wide + gap), round((at + 1) * wide - gap) - 1):
                for y in range(132):
                    if round(min(zero, end)) <= y <= round(max(zero, end)):
                        share = min(max((value + 4.0) / 9.0 * 256, 0), 255)
                        wanted[y, x] = colormap("diverging")[int(share)]
        assert places[at] == pytest.approx((at * wide + wide / 2, min(zero, end)), abs=1e-4)
    wanted[round(132 - 4 / 9 * 132)] = paper.faint
    differing = (pixels != wanted).any(2)
    assert differing.mean() < 1e-3  # single precision may put an end between two pixels


SAMPLES = {
    "one": grid(1, 5, 5),
    "filters": grid(6, 5, 5, labels=tuple("012345")),
    "many": grid(256, 3, 3, labels=tuple(str(index) for index in range(256))),
    "table": grid(96, 5, 5, columns=16, x_label="filter", y_label="input channel"),
    "matrix": grid(1, 10, 84, x_label="input", y_label="output"),
    "tall": grid(1, 400, 3, x_label="input", y_label="output"),
    "large": grid(4, 300, 300, labels=tuple("0123")),
    "dots": grid(12, 1, 1, labels=tuple("0123456789ab")),
    "wordy": grid(3, 8, 8, labels=("a rather long label", "b", "another very long label indeed"), note="So. " * 60),
    "beside": grid(6, 28, 28, labels=tuple("012345"), source=RNG.random((32, 32))),
    "bars": Tiles(RNG.normal(0, 4, (1, 1, 10)), -9, 9, "viridis", "scores", tuple("0123456789"), layout="bars"),
    "long bars": Tiles(RNG.normal(0, 4, (1, 1, 1000)), -9, 9, "viridis", "values", layout="bars", x_label="unit"),
    "lines": Tiles(
        RNG.normal(0, 1, (14, 1, 30)).astype(np.float32),
        -3,
        3,
        "viridis",
        "14 lines",
        tuple(f"line {n}" for n in range(14)),
        layout="lines",
        at=np.linspace(0, 1, 30),
        x_label="share",
        y_label="value",
    ),
    "one point": Tiles(np.ones((1, 1, 1), np.float32), 0, 1, "viridis", "one point", layout="lines"),
    "colour": Tiles(RNG.random((8, 7, 7, 3)), -0.3, 0.3, "rgb", "colour filters", tuple("01234567")),
    "long title": Tiles(np.zeros((1, 4, 4)), 0, 1, "gray", "a title that does not fit into one line " * 4),
}


@pytest.mark.parametrize("width", [320, 960])
@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_is_cut_off(name: str, width: int) -> None:
    """Fails if anything reaches the edge of the paper, or the picture is not as wide as asked."""
    picture = render(SAMPLES[name], width=width)
    assert picture.shape[1] == width
    assert picture.dtype == np.uint8
    edge = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    assert (edge == LIGHT.back).all()
    assert (picture != LIGHT.back).any()


@pytest.mark.parametrize("name", ["one", "filters", "many", "table", "large", "beside"])
def test_the_height_stays_near_what_was_asked(name: str) -> None:
    """Fails if many maps make a picture that no wall can show."""
    assert render(SAMPLES[name], width=960, max_height=600).shape[0] <= 640


def test_every_value_is_one_crisp_square() -> None:
    """Fails if enlarging blurs, or a map is drawn with the wrong number of values."""
    maps = np.arange(25, dtype=np.float32).reshape(1, 5, 5)
    picture = render(Tiles(maps, 0.0, 24.0, "gray", ""), width=400)
    colours = [tuple(colormap("gray")[min(255, int(value / 24 * 256))]) for value in range(25)]
    counts = [int((picture == colour).all(axis=2).sum()) for colour in colours[1:-1]]
    # The scale bar below adds a column or two of each grey.
    side = round(min(counts) ** 0.5)
    assert side > 20
    assert all(side**2 <= count <= side**2 + 150 for count in counts)


def test_enlarging_repeats_and_reducing_averages() -> None:
    """Fails if small pictures are interpolated, or large ones lose every second column."""
    small = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)
    assert np.array_equal(enlarged(small, 3)[:, :, 0], [[0, 0, 0, 255, 255, 255]] * 3)
    assert enlarged(np.tile(small, (2, 1, 1)), 0.5).mean() == pytest.approx(127.5, abs=1)


def test_a_dark_paper_has_light_words() -> None:
    """Fails if a part of the drawing forgets the paper it is on."""
    picture = render(SAMPLES["table"], paper=DARK)
    assert (picture[0, 0] == DARK.back).all()
    assert (picture == DARK.ink).all(axis=2).any()
    assert not (picture == LIGHT.ink).all(axis=2).any()


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("size", [(160, 36), (40, 12), (3, 3)])
def test_a_strip_has_exactly_its_size(name: str, size: tuple[int, int]) -> None:
    """Fails if a strip would not fit into its node on the canvas."""
    paper = Paper((9, 9, 9), (200, 200, 200), (90, 90, 90))
    pixels = strip(SAMPLES[name], *size, paper)
    assert pixels.shape == (size[1], size[0], 3)
    assert (pixels != paper.back).any()


def test_a_picture_survives_its_file(tmp_path: Path) -> None:
    """Fails if a PNG loses something, or a half-written file stays behind."""
    picture = render(SAMPLES["filters"])
    path = save_png(tmp_path / "new" / "filters.png", picture)
    assert np.array_equal(np.asarray(Image.open(path)), picture)
    assert [each.name for each in path.parent.iterdir()] == ["filters.png"]


def test_a_place_that_cannot_be_written_is_an_os_error(tmp_path: Path) -> None:
    """Fails if the command line would get an error that it does not expect."""
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        save_png(tmp_path / "file" / "a.png", np.zeros((2, 2, 3), np.uint8))


def test_drawing_needs_no_torch() -> None:
    """Fails if whoever only draws has to wait for torch."""
    code = "import sys, app.insight.pictures, app.insight.chart; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


# Words and numbers


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.31234, None, "0.312"),
        (-0.5, None, "−0.5"),
        (0.0, None, "0"),
        (-0.0, None, "0"),
        (12345.0, None, "1.23e4"),
        (1e-7, None, "1e−7"),
        (0.6000000000000001, 0.2, "0.6"),
        (1.0, 0.5, "1.0"),
        (20.0, 5.0, "20"),
        (0.25, 0.25, "0.25"),
    ],
)
def test_numbers_on_a_scale(value: float, step: float | None, text: str) -> None:
    """Fails if a tick reads 0.6000000000000001, or a minus sign is a hyphen."""
    assert number(value, step) == text


def test_signs_that_the_font_lacks_have_a_width_and_a_look() -> None:
    """Fails if × or − would be drawn as the box of a missing sign."""
    assert text_width("5×5", 20) > text_width("55", 20) + 5
    tiles = [Tiles(np.zeros((1, 2, 2)), 0, 1, "gray", title) for title in ("5×5", "5◌5", "55")]
    crossed, missing, none = (render(each, width=300)[:60] for each in tiles)
    assert not np.array_equal(crossed, missing)
    assert not np.array_equal(crossed, none)


def test_long_words_are_wrapped_or_shortened_to_fit() -> None:
    """Fails if a line is wider than it may be."""
    lines = wrapped("one two three four five six seven", 20, 120)
    assert len(lines) > 1
    assert all(text_width(line, 20) <= 120 for line in lines)
    assert " ".join(lines) == "one two three four five six seven"
    assert text_width(shortened("a rather long word", 20, 80), 20) <= 80
    assert shortened("short", 20, 800) == "short"


# Curves


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.932, 0.987, [0.94, 0.96, 0.98]),
        (0, 2.3, [0, 0.5, 1, 1.5, 2]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round_numbers(low: float, high: float, expected: list[float]) -> None:
    """Fails if an axis is marked 0.1733."""
    assert ticks(low, high, 5) == pytest.approx(expected)


def test_a_curve_is_drawn_where_its_points_are() -> None:
    """Fails if an axis is upside down or a curve leaves the area."""
    red = (200, 0, 0)
    falling = ChartLine("falling", [0, 10], [1.0, 0.0], red, width=4)
    picture = draw([Chart("t", "epoch", (falling,))], width=500, height=400)
    rows, columns = np.nonzero((np.abs(picture.astype(int) - red) < 40).all(axis=2))
    below_legend = rows > 110
    rows, columns = rows[below_legend], columns[below_legend]
    assert np.corrcoef(rows, columns)[0, 1] > 0.99, "to the right and down"
    assert columns.max() - columns.min() > 300


def test_curves_take_what_training_gives_them() -> None:
    """Fails if one epoch alone, no epoch, a loss of NaN or infinity, or equal values cannot be drawn."""
    blue = (0, 0, 200)
    for x, y in [([], []), ([1], [0.5]), ([1, 2, 3], [0.5, float("nan"), float("inf")]), ([1, 2], [0.0, 0.0])]:
        picture = draw([Chart("t", "epoch", (ChartLine("c", x, y, blue, dashed=True),), percent=True, floor=None)])
        assert picture.shape == (560, 1280, 3)


def test_scales_hold_what_they_show() -> None:
    """Fails if the sample pictures of this file would be drawn off their scale."""
    values = RNG.normal(0, 1, 50)
    for low, high in (rising_scale(values), signed_scale(values)):
        assert low <= values.min()
        assert values.max() <= high


def test_columns_of_a_wide_table_stand_below_the_others() -> None:
    """Fails if a long sentence is cut off at the edge of the picture, or a word of it is left out or comes twice."""
    words = [f"word{place}" for place in range(45)]
    tiles = Tiles(np.ones((1, 2, 45), np.float32), 0.0, 1.0, "viridis", "Long", ("one", "two", *words), layout="table")
    picture = draw_table(tiles, 900, 400, 16, LIGHT)
    assert picture.width <= 900
    few = draw_table(replace(tiles, maps=tiles.maps[:, :, :4], labels=("one", "two", *words[:4])), 900, 400, 16, LIGHT)
    assert picture.height > 2.5 * few.height
    bands = in_bands([50.0] * 45, 820.0)
    assert [place for band in bands for place in band] == list(range(45))
    assert max(map(len, bands)) == 16
    assert in_bands([900.0, 20.0], 100.0) == [[0], [1]]
