"""Pictures of a view as files: SVG that any program reads, with every number where it belongs."""

from __future__ import annotations

import io
from xml.etree import ElementTree

import numpy as np
import pytest

from app.insight.plots import PlotText, Stroke, line_marks
from app.insight.saved_pictures import saved, size_words
from app.insight.tiles import NoPicture, Tiles

SVG = "{http://www.w3.org/2000/svg}"
AT = np.array([0.0, 1.0, 3.0, 4.0])
VALUES = np.array([[[0.0, 2.0, 1.0, 4.0]], [[4.0, 0.0, 0.0, 2.0]]], np.float32)
LINES = Tiles(
    VALUES, 0.0, 4.0, "viridis", "Two <lines> & more", ("first & last", "second"), layout="lines", at=AT,
    x_label="step", y_label="value", note="What they say.",
)  # fmt: skip
MAPS = Tiles(np.ones((1, 3, 3), np.float32), 0.0, 1.0, "viridis", "A map")


def test_points_of_an_svg_lie_where_their_numbers_say() -> None:
    """Fails if a line of the file is drawn upside down, on another scale, or at even distances though its points are
    not."""
    root = ElementTree.fromstring(saved([LINES], ".svg"))
    strokes = [each for each in root.iter(f"{SVG}polyline") if len(each.get("points", "").split()) == len(AT)]
    assert len(strokes) == 2
    for stroke, values in zip(strokes, VALUES[:, 0]):
        points = np.array([[float(part) for part in point.split(",")] for point in stroke.get("points", "").split()])
        x, y = points.T
        assert np.allclose((x - x[0]) / (x[-1] - x[0]), AT / 4.0, atol=1e-3)
        height = (y.max() - y.min()) / (values.max() - values.min())
        assert np.allclose(y.max() - y, (values - values.min()) * height, atol=0.05)


def test_an_svg_has_title_legend_axes_and_note() -> None:
    """Fails if somebody who gets the file cannot tell what is drawn, or if & and < in a name break it."""
    root = ElementTree.fromstring(saved([LINES], ".svg"))
    said = [each.text for each in root.iter(f"{SVG}text")]
    for word in ("Two <lines> & more", "first & last", "second", "step", "value", "What they say.", "0", "4"):
        assert word in said


def test_maps_stand_in_an_svg_beside_lines_but_not_alone() -> None:
    """Fails if a view of maps and lines loses one of both, or if a file of pixels pretends to be sharp."""
    root = ElementTree.fromstring(saved([LINES, MAPS], ".svg"))
    assert len(list(root.iter(f"{SVG}image"))) == 1
    with pytest.raises(NoPicture, match=r"Save it as \.png or \.npz"):
        saved([MAPS], ".svg")


def test_names_that_no_xml_may_hold_are_cleaned() -> None:
    """Fails if a class name with a control character makes a file that no program opens."""
    bad = Tiles(VALUES[:1], 0.0, 4.0, "viridis", "A\x00B\ud800\ufffe", layout="lines")
    assert any("A B" in (each.text or "") for each in ElementTree.fromstring(saved([bad], ".svg")).iter(f"{SVG}text"))


def test_numbers_hold_where_the_points_lie() -> None:
    """Fails if the numbers of a line chart come without its axis, or without what they mean."""
    with np.load(io.BytesIO(saved([MAPS, LINES], ".npz"))) as found:
        assert np.array_equal(found["maps_1"], VALUES)
        assert np.array_equal(found["at_1"], AT)
        assert found["labels_1"].tolist() == list(LINES.labels)
        assert str(found["note_1"]) == LINES.note
        assert np.array_equal(found["maps"], MAPS.maps)


def test_the_size_of_each_kind_is_told() -> None:
    """Fails if the command line says the wrong size of what it wrote."""
    assert size_words(saved([MAPS], ".png", width=300)).startswith("300×")
    assert size_words(saved([MAPS], ".npz")) == "as numbers"
    assert size_words(saved([LINES], ".svg")) == "as SVG"


@pytest.mark.parametrize("width", [60, 200, 900])
def test_no_word_of_a_plot_is_cut_off(width: int) -> None:
    """Fails if a narrow panel lets numbers run out of it at either side, or draws lines upon the legend."""
    marks = line_marks(LINES, width, 200, 12, lambda word: 6.0 * len(word))
    words = [mark for mark in marks if isinstance(mark, PlotText)]
    for mark in words:
        assert mark.x - mark.align * 6 * len(mark.text) >= -1 or mark.text in LINES.labels
    lines = [mark for mark in marks if isinstance(mark, Stroke) and len(mark.points) == len(AT)]
    legend = [mark for mark in words if mark.text in LINES.labels]
    assert all(y > max(each.y for each in legend) for line in lines for _, y in line.points)
