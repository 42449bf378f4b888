"""The views of a net in the panel: lines, pixels painted with the mouse, and files of every kind."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.cli.main import run
from app.core.graph.model import Project
from app.core.storage.files import save_project
from app.ui.insight.brush import way
from app.ui.insight.viewpanel import ViewPanel
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import Desk

PanelAt = Callable[[Desk], ViewPanel]


@pytest.fixture
def panel_at(qtbot: QtBot) -> PanelAt:
    """The panel of a desk."""

    def it(here: Desk) -> ViewPanel:
        panel = ViewPanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 300)
        panel.show()
        settle()
        return panel

    return it


def pixel(panel: ViewPanel, row: int, column: int) -> QPoint:
    """Where a pixel of the sample is drawn."""
    view = panel.pictures.first
    view.grab()  # where pixels lie is known once they are drawn
    inside = next(x for x in range(0, view.width(), 7) if view.map_cell_at(x, view.height() // 2) is not None)
    found = [(y, view.map_cell_at(inside, y)) for y in range(view.height())]
    y = next(y for y, at in found if at is not None and at[1] == row)
    x = next(x for x in range(view.width()) if (view.map_cell_at(x, y) or (0, 0, -1))[2] == column)
    return QPoint(x + 1, y + 1)


def test_painting_on_the_sample_shows_the_path_of_these_pixels(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the mouse paints another pixel than the one below it, a fast stroke has gaps, the right button does not
    take away, or the layers do not follow."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    panel.choose("path")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.brush)
    view = panel.pictures.first
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=pixel(panel, 10, 12))
    QTest.mouseMove(view, pixel(panel, 10, 15))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=pixel(panel, 10, 15))
    wanted = "10,12 10,13 10,14 10,15"
    assert dict(panel.settings())["pixels"] == wanted
    here.until(lambda: panel.view.tiles is not None and "4 places" in panel.view.tiles.title)
    here.until(lambda: "conv1: 5×8" in panel.pictures.shown[1].tiles.labels)  # type: ignore[union-attr]
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=pixel(panel, 10, 13))
    assert dict(panel.settings())["pixels"] == "10,12 10,14 10,15"
    here.until(lambda: panel.view.tiles is not None and "3 places" in panel.view.tiles.title)
    panel.choose("activations")
    here.until(lambda: panel.view.tiles is not None and not panel.view.tiles.brush)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=view.rect().center())
    assert dict(panel.settings()) == {}


def test_a_stroke_has_no_gaps() -> None:
    """Fails if a fast mouse leaves pixels out or paints one beside the way."""
    assert way((2, 3), (2, 6)) == [(2, 4), (2, 5), (2, 6)]
    assert way((0, 0), (3, 3)) == [(1, 1), (2, 2), (3, 3)]
    assert way((5, 5), (5, 5)) == []


def test_lines_are_drawn_told_and_saved(desk: Make, panel_at: PanelAt, tmp_path: Path) -> None:
    """Fails if the panel shows lines as bars or as nothing, tells another value than the one below the mouse, or saves
    something else than the ending of the name says."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    panel.choose("histogram")
    here.until(lambda: len(panel.pictures.shown) == 2)
    first = panel.pictures.first
    tiles = first.tiles
    assert tiles is not None
    image = first.grab().toImage()
    colours = {image.pixelColor(x, y).rgb() for x in range(image.width()) for y in range(image.height())}
    assert len(colours) > 20  # two lines, axes and words
    said = {first.words_at(x, first.height() // 2) for x in range(0, first.width(), 3)} - {""}
    assert any("weight " in each and "bias " in each for each in said)
    assert panel.save_to(tmp_path / "w.svg")
    assert ElementTree.fromstring((tmp_path / "w.svg").read_bytes()).tag.endswith("svg")
    assert panel.save_to(tmp_path / "w.npz")
    with np.load(io.BytesIO((tmp_path / "w.npz").read_bytes())) as found:
        assert np.array_equal(found["maps"], tiles.maps)
    panel.choose("filters")
    here.until(lambda: len(panel.pictures.shown) == 1 and panel.view.tiles is not None)
    assert not panel.save_to(tmp_path / "f.svg")
    assert panel.words.text().startswith("Not saved")
    assert not (tmp_path / "f.svg").exists()


@pytest.mark.parametrize(
    "view", ["gates", "attention", "letters", "top", "tuning", "distribution", "cost", "receptive", "path"]
)
def test_a_view_that_does_not_fit_says_why(view: str, desk: Make, panel_at: PanelAt) -> None:
    """Fails if a view of sequences is blank for a net of pictures, or any of them for an empty drawing."""
    here = desk("lenet_digits")
    here.load_torch()
    panel = panel_at(here)
    panel.choose(view)
    here.until(lambda: panel.view.tiles is not None or panel.view.sentence.startswith("This net"))
    here.qdocument.new(Project())
    here.until(lambda: panel.view.tiles is None and panel.view.sentence.endswith("."))


@pytest.mark.parametrize("name", ["transformer", "char_transformer"])
def test_attention_of_the_command_line_is_that_of_the_window(
    name: str, desk: Make, panel_at: PanelAt, tmp_path: Path
) -> None:
    """Fails if ``inspect`` takes another sample, layer, head or other start weights than the window shows, or rows of
    shares do not add up to 1."""
    here = desk(name)
    here.load_torch()
    panel = panel_at(here)
    panel.choose("attention")
    here.until(lambda: panel.view.tiles is not None)
    shown = [each.tiles for each in panel.pictures.shown]
    drawing, out = tmp_path / "drawing.netloom", tmp_path / "attention.npz"
    save_project(here.qdocument.project, drawing)
    assert run(["inspect", str(drawing), "--view", "attention", "-o", str(out)]) == 0
    with np.load(out) as found:
        for place, tiles in enumerate(shown):
            assert tiles is not None
            behind = f"_{place}" if place else ""
            np.testing.assert_allclose(found[f"maps{behind}"], tiles.maps, atol=1e-6)
            np.testing.assert_allclose(tiles.maps.sum(-1), 1, atol=1e-4)
            assert str(found[f"title{behind}"]) == tiles.title
            assert found[f"labels{behind}"].tolist() == list(tiles.labels)
        assert f"maps_{len(shown)}" not in found


def test_a_game_is_played_against_the_net_with_the_mouse(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a click sets another stone than on the square below it, the net does not answer, a stone is not taken
    back, or the canvas begins to follow painted pixels."""
    here = desk("alphazero_tictactoe")
    here.load_torch()
    panel = panel_at(here)
    panel.resize(1366, 420)
    told: list[object] = []
    panel.painted.connect(told.append)
    panel.choose("board")
    here.until(lambda: panel.view.tiles is not None and panel.view.tiles.brush)
    view = panel.pictures.first
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=pixel(panel, 100, 160))
    assert dict(panel.settings())["pixels"] == "1,2"
    here.until(lambda: "before the net moved" in panel.pictures.shown[1].tiles.title)  # type: ignore[union-attr]
    picture = panel.view.tiles.maps[0]  # type: ignore[union-attr]
    squares = [picture[r * 64 + 8 : r * 64 + 56, c * 64 + 8 : c * 64 + 56] for r in range(3) for c in range(3)]
    blue = [bool(((each[..., 2] - each[..., 0]) > 0.5).any()) for each in squares]
    orange = [bool(((each[..., 0] - each[..., 2]) > 0.5).any()) for each in squares]
    assert blue == [at == 5 for at in range(9)]
    assert sum(orange) == 1
    QTest.mouseClick(view, Qt.MouseButton.RightButton, pos=pixel(panel, 100, 160))
    assert dict(panel.settings()) == {}
    assert told == []
