"""The page of the panel for data that collects samples: drawn, pasted, painted into the drawing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.core.graph.model import Graph, Project
from app.data.centring import centred
from app.ui.data.pad import AS_IT_IS, CENTRED
from app.ui.data.panel import COLLECT, DataPanel
from tests.support.browsed_data import READ, browsed_data
from tests.support.drawings import node
from tests.support.example_source import among_ours
from tests.ui.live.conftest import Make
from tests.ui.live.data_panels import Opened, opener
from tests.ui.live.desk import Desk


@pytest.fixture(autouse=True)
def _source() -> Iterator[None]:
    READ.clear()
    with among_ours(browsed_data()):
        yield


@pytest.fixture
def opened(desk: Make, qtbot: QtBot) -> Opened:
    return opener(desk, qtbot)


def draw(pad: QWidget, *places: tuple[float, float]) -> None:
    """A stroke with the mouse, from 0 to 1 of the paper."""
    paper = pad.paper()  # type: ignore[attr-defined]
    points = [
        QPoint(round(paper.left() + x * paper.width()), round(paper.top() + y * paper.height())) for x, y in places
    ]
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=points[0])
    for point in points[1:]:
        QTest.mouseMove(pad, point)
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=points[-1])


def collecting(opened: Opened, folder: Path) -> tuple[Desk, DataPanel]:
    here, panel = opened(Project())
    panel.pages.setCurrentIndex(COLLECT)
    here.until(panel.collect.pad.isVisible)
    panel.collect.set_folder(folder)
    return here, panel


def test_a_drawn_digit_becomes_a_file_of_its_class(opened: Opened, tmp_path: Path) -> None:
    """Fails if the stroke is not kept as MNIST's digits are, in the folder of the class that was typed."""
    here, panel = collecting(opened, tmp_path / "own")
    page = panel.collect
    draw(page.pad, (0.2, 0.1), (0.3, 0.5), (0.25, 0.9))
    expected = np.round(centred(page.pad.ink()) * 255).astype(np.uint8)
    assert expected.max() > 200
    QTest.keyClicks(page.word, "1")
    QTest.keyClick(page.word, Qt.Key.Key_Return)
    here.until(lambda: (tmp_path / "own" / "1" / "drawn 1.png").exists() and "drawn 1" in page.said.text())
    with Image.open(tmp_path / "own" / "1" / "drawn 1.png") as image:
        assert np.array_equal(np.asarray(image), expected)
    assert page.pad.empty, "the next one can be drawn at once"
    here.until(lambda: page.counts.accessibleName() == "1 1")
    draw(page.pad, (0.5, 0.5), (0.6, 0.6))
    QTest.keyClick(page.pad, Qt.Key.Key_Return)
    here.until(lambda: page.counts.accessibleName() == "1 2")
    QTest.mouseClick(page.back, Qt.MouseButton.LeftButton)
    here.until(lambda: page.counts.accessibleName() == "1 1")
    assert (tmp_path / "own" / "1" / "drawn 1.png").exists()


def test_what_cannot_be_kept_is_said_and_stays_on_the_pad(opened: Opened, tmp_path: Path) -> None:
    """Fails if an empty pad writes a file, or a class that cannot be loses the drawing."""
    _, panel = collecting(opened, tmp_path / "own")
    page = panel.collect
    QTest.keyClicks(page.word, "test")
    QTest.mouseClick(page.add_button, Qt.MouseButton.LeftButton)
    assert "Draw something first" in page.said.text()
    draw(page.pad, (0.2, 0.2), (0.8, 0.8))
    QTest.mouseClick(page.add_button, Qt.MouseButton.LeftButton)
    assert "is read as a part" in page.said.text()
    assert not page.pad.empty
    QTest.keyClick(page.pad, Qt.Key.Key_Delete)
    assert page.pad.empty
    assert not list(tmp_path.rglob("*.png"))


def test_a_pasted_picture_keeps_its_pixels(opened: Opened, tmp_path: Path) -> None:
    """Fails if red becomes blue, a side is cut off, or a clipboard without a picture says nothing."""
    here, panel = collecting(opened, tmp_path / "own")
    page = panel.collect
    QGuiApplication.clipboard().setText("no picture")
    QTest.mouseClick(page.paste_button, Qt.MouseButton.LeftButton)
    assert "no picture in the clipboard" in page.said.text()
    assert page.how.text() == CENTRED
    image = QImage(13, 7, QImage.Format.Format_RGB32)
    image.fill(QColor(255, 0, 0))
    image.setPixelColor(12, 6, QColor(1, 2, 3))
    QGuiApplication.clipboard().setImage(image)
    QTest.keyClick(page.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert page.how.text() == AS_IT_IS  # and not what is said of a drawing
    QTest.mouseClick(page.clear, Qt.MouseButton.LeftButton)
    assert page.how.text() == CENTRED
    QTest.keyClicks(page.word, "red")
    QTest.keyClick(page.pad, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    path = tmp_path / "own" / "red" / "pasted 1.png"
    here.until(lambda: path.exists() and "pasted 1" in page.said.text())
    with Image.open(path) as kept:
        pixels = np.asarray(kept)
    assert pixels.shape == (7, 13, 3)
    assert pixels[0, 0].tolist() == [255, 0, 0]
    assert pixels[6, 12].tolist() == [1, 2, 3]


def test_a_picture_is_pasted_where_its_class_is_typed(opened: Opened, tmp_path: Path) -> None:
    """Fails if Ctrl+V in the field of the class does nothing with a picture, or takes a copied word from the field."""
    here, panel = collecting(opened, tmp_path / "own")
    page = panel.collect
    QGuiApplication.clipboard().setText("bird")
    page.word.setFocus()
    QTest.keyClick(page.word, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert page.word.text() == "bird"
    image = QImage(5, 4, QImage.Format.Format_RGB32)
    image.fill(QColor(0, 0, 255))
    QGuiApplication.clipboard().setImage(image)
    QTest.keyClick(page.word, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    here.until(lambda: (tmp_path / "own" / "bird" / "pasted 1.png").exists() and "pasted 1" in page.said.text())


def test_enter_in_the_field_adds_once(opened: Opened, tmp_path: Path) -> None:
    """Fails if Enter reaches the page a second time, which then says that nothing is drawn."""
    here, panel = collecting(opened, tmp_path / "own")
    page = panel.collect
    draw(page.pad, (0.2, 0.1), (0.3, 0.5))
    QTest.keyClicks(page.word, "1")
    QTest.keyClick(page.word, Qt.Key.Key_Return)
    assert "Draw something" not in page.said.text()
    here.until(lambda: "drawn 1" in page.said.text())


def test_points_are_painted_into_the_drawing(opened: Opened) -> None:
    """Fails if a stroke is several steps to undo, lies elsewhere than the mouse, or a right click takes another."""
    here, panel = opened(Project(graph=Graph.of([node("points", "PaintedPoints", points=(-0.5, -0.5, 0))], [])))
    panel.pages.setCurrentIndex(COLLECT)
    plane = panel.collect.plane
    here.until(plane.isVisible)

    def points() -> list[tuple[float, ...]]:
        flat = here.qdocument.project.graph.nodes["points"].params["points"]
        return [tuple(flat[at : at + 3]) for at in range(0, len(flat), 3)]

    panel.collect.colour.setCurrentIndex(1)
    draw(plane, (0.75, 0.25))
    x, y, place = points()[-1]
    assert (x, y, place) == (pytest.approx(0.5, abs=0.03), pytest.approx(0.5, abs=0.03), 1)
    draw(plane, (0.1, 0.9), (0.3, 0.9), (0.5, 0.9))
    assert len(points()) == 5
    here.qdocument.undo()
    assert len(points()) == 2
    assert len(plane.points) == 2, "the plane follows the drawing"
    at = plane.at(-0.5, -0.5).toPoint()
    QTest.mouseClick(plane, Qt.MouseButton.RightButton, pos=at)
    assert points() == [(x, y, 1)]
