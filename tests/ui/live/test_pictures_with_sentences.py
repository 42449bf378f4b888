"""The panel for data, of pictures with sentences or questions about them, and where it is low."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.storage import templates
from app.ui.data.panel import DataPanel
from app.ui.data.samples_page import SamplesPage
from tests.data.told_files import noisy
from tests.support.own_data import own_net
from tests.ui.live.conftest import Make
from tests.ui.live.data_panels import Opened, opener
from tests.ui.live.desk import Desk

LONG = "a brown dog with a red collar runs over the wet grass of a wide and empty field to its old master"
TIP = Qt.ItemDataRole.ToolTipRole


@pytest.fixture
def opened(desk: Make, qtbot: QtBot) -> Opened:
    return opener(desk, qtbot)


def shown(here: Desk, panel: DataPanel) -> SamplesPage:
    page = panel.samples
    here.until(lambda: page.model.count and page.table.places_in_sight())
    here.until(lambda: not page.model.missing(page.table.places_in_sight()))
    return page


def captions(folder: Path) -> Path:
    rows = [
        {"image": f"{name}.png", "caption": text} for name, text in zip("abcd", [LONG, "A cat.", "A cow.", "An eel."])
    ]
    for row in rows:
        noisy(folder / row["image"])
    (folder / "captions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


def test_a_picture_stands_with_its_sentence(opened: Opened, tmp_path: Path) -> None:
    """Fails if the name of the file stands in its place, the whole sentence is nowhere to be read, or a sentence that
    has room for several lines is written into one."""
    project = own_net("PicturesWithCaptions", ("flatten", "Flatten"), path=str(captions(tmp_path)), longest=30)
    here, panel = opened(project)
    page = shown(here, panel)
    table, model = page.table, page.model
    glimpse = model.glimpse(0)
    assert glimpse is not None
    assert (glimpse.name[:7], glimpse.text) == ("a.png: ", LONG)
    assert model.data(model.index_of(0), TIP).startswith(f"a.png · {LONG} · ")
    cell = table.visualRect(model.index_of(0))
    picture = table.picture().width()
    assert cell.width() >= picture + table.beside
    # Ink in several lines beside the picture: rows of dots that differ from the ground, with gaps between.
    image = table.viewport().grab(cell).toImage()
    beside = range(picture + 12, image.width() - 4)
    inked = [any(image.pixel(x, y) != image.pixel(image.width() - 1, 0) for x in beside) for y in range(image.height())]
    lines = sum(1 for above, ink in zip([False, *inked], inked) if ink and not above)
    assert lines >= 3


def test_words_deep_in_a_sentence_are_found(opened: Opened, tmp_path: Path) -> None:
    """Fails if a search sees the name alone, which holds the begin of a sentence at most."""
    project = own_net("PicturesWithCaptions", ("flatten", "Flatten"), path=str(captions(tmp_path)), longest=30)
    here, panel = opened(project)
    page = shown(here, panel)
    QTest.keyClicks(page.words, "old master")
    here.until(lambda: page.count.text() == "1 of 4")
    assert page.model.number(0) == 0


def test_a_question_stands_with_its_answer_as_its_class(opened: Opened) -> None:
    """Fails if the question is lost beside the answer, or marks that only pad are written out."""
    here, panel = opened(templates.load("vqa"))
    page = shown(here, panel)
    glimpse = page.model.glimpse(0)
    assert glimpse is not None
    assert page.model.word_of(glimpse)
    assert len(glimpse.text.split()) >= 3
    assert "<" not in glimpse.text
    tip = page.model.data(page.model.index_of(0), TIP)
    assert f" · {glimpse.text} · class {page.model.word_of(glimpse)}" in tip


@pytest.mark.parametrize("template", ["lenet_digits", "vqa"])
def test_in_a_low_panel_a_sample_is_seen_whole(opened: Opened, template: str) -> None:
    """Fails if pictures are cut off where the panel is as low as on a screen at 200 %, or stay small once there is room
    again."""
    here, panel = opened(templates.load(template), (663, 150))
    page = shown(here, panel)
    table = page.table
    assert table.visualRect(page.model.index_of(0)).bottom() <= table.viewport().height()
    assert table.picture().height() >= 2 * table.fontMetrics().height()
    assert panel.sentence.y() < panel.pages.geometry().bottom()  # no line of its own
    panel.resize(663, 400)
    here.until(lambda: table.viewport().height() > 150)
    assert table.picture().height() == 64
    assert table.visualRect(page.model.index_of(0)).height() >= 64
