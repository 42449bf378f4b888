"""The panel for data: which samples it shows, what a click and the keys do, and what it says of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from app.core.commands import SetSetting
from app.core.graph.model import MAIN, Graph, Node, Project
from app.ui.data.panel import CLASSES, FEATURE_PAGE, PROBLEMS, SAMPLES, DataPanel
from app.ui.data.samples_page import SamplesPage
from app.ui.insight.activations import ActivationsPanel
from tests.support.browsed_data import BAD, READ, browsed_data
from tests.support.drawings import node
from tests.support.example_source import among_ours
from tests.ui.live.conftest import Make
from tests.ui.live.data_panels import Opened, browsed, opener
from tests.ui.live.desk import Desk


@pytest.fixture(autouse=True)
def _source() -> Iterator[None]:
    READ.clear()
    with among_ours(browsed_data()):
        yield


@pytest.fixture
def opened(desk: Make, qtbot: QtBot) -> Opened:
    return opener(desk, qtbot)


def shown(here: Desk, panel: DataPanel) -> SamplesPage:
    """Its samples, once those in sight have been read."""
    page = panel.samples
    here.until(lambda: page.model.count and page.table.places_in_sight())
    here.until(lambda: not page.model.missing(page.table.places_in_sight()))
    return page


def click(page: SamplesPage, place: int, kind: str = "click") -> None:
    at = page.table.visualRect(page.model.index_of(place)).center()
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def numbers(page: SamplesPage) -> list[int | None]:
    return [page.model.number(place) for place in range(page.model.count)]


def corrections(here: Desk) -> Any:
    return here.qdocument.project.graph.nodes["data"].params.get("corrections", ())


def test_without_data_it_says_what_to_do(opened: Opened) -> None:
    """Fails if an empty drawing leaves an empty panel, or its buttons do nothing."""
    here, panel = opened(Project())
    here.until(lambda: "Drop a folder" in panel.message.text())
    wanted: list[str] = []
    panel.open_wanted.connect(lambda: wanted.append("file"))
    panel.folder_wanted.connect(lambda: wanted.append("folder"))
    for each in (panel.open_file, panel.open_folder):
        assert each.isVisible()
        QTest.mouseClick(each, Qt.MouseButton.LeftButton)
    assert wanted == ["file", "folder"]
    QTest.mouseClick(panel.draw, Qt.MouseButton.LeftButton)
    assert panel.collect.isVisible()


def test_data_that_cannot_be_read_says_why_and_is_looked_at_again(opened: Opened, tmp_path: Path) -> None:
    """Fails if a missing file is a traceback or an empty panel, or Look again does not notice that it came."""
    path = tmp_path / "points.csv"
    graph = Graph.of([node("data", "Table", path=str(path))], [])
    here, panel = opened(Project(graph=graph))
    here.until(lambda: panel.again.isVisible())
    assert "points.csv" in panel.message.text()
    path.write_text("a,b,kind\n" + "".join(f"{at},{at * 2},{'xy'[at % 2]}\n" for at in range(40)))
    QTest.mouseClick(panel.again, Qt.MouseButton.LeftButton)
    page = shown(here, panel)
    assert page.model.count == 40


def test_a_new_drawing_while_the_data_is_read(opened: Opened) -> None:
    """Fails if data that was being read when its drawing was left ends in an error, or is shown in the empty one."""
    here, panel = opened(browsed())
    shown(here, panel)
    panel.look_again()
    here.qdocument.document.replace(Project())
    here.until(lambda: not here.session.runner.busy and "Drop a folder" in panel.message.text())
    assert panel.browser is None


def test_a_click_makes_a_sample_the_one_that_every_view_shows(opened: Opened, qtbot: QtBot) -> None:
    """Fails if the views go on with a validation sample, or do not say which sample and part it is."""
    here, panel = opened("lenet_digits")
    page = shown(here, panel)
    other = ActivationsPanel(here.session, here.qdocument)
    qtbot.addWidget(other)
    other.resize(500, 300)
    other.show()
    other.set_node("digits")
    here.until(lambda: other.view.tiles is not None)
    training = next(n for n in range(20) if panel.browser and panel.browser.part_of(n) == "train" and n > 3)
    click(page, training)
    here.until(lambda: here.session.chosen is not None)
    chosen = here.session.chosen
    assert chosen is not None
    assert (chosen.number, chosen.part) == (training, "train")
    glimpse = page.model.glimpse(training)
    assert glimpse is not None
    assert glimpse.picture is not None

    def same() -> bool:
        tiles = other.view.tiles
        return tiles is not None and np.allclose(np.round(tiles.maps[0] * 255), glimpse.picture, atol=1)

    here.until(same)
    assert other.legend.text() == f"sample {training + 1}, training"
    QTest.mouseClick(other.samples, Qt.MouseButton.LeftButton, pos=other.samples.place(0).center())
    assert here.session.chosen is None
    assert other.legend.text().startswith("Sample 1 of 64")


def test_other_data_lets_the_chosen_sample_go(opened: Opened) -> None:
    """Fails if a number of the last data picks some sample of the next."""
    here, panel = opened(browsed())
    click(shown(here, panel), 7)
    here.until(lambda: here.session.chosen is not None)
    here.qdocument.do(SetSetting(MAIN, ("data",), "count", 50))
    assert here.session.chosen is None


def test_keys_correct_and_leave_out_and_undo_takes_it_back(opened: Opened) -> None:
    """Fails if a key does not reach the drawing, more than one step is needed to undo, or nothing marks the sample."""
    here, panel = opened(browsed())
    page = shown(here, panel)
    click(page, 4)  # a dog
    QTest.keyClick(page.table, Qt.Key.Key_3)
    assert corrections(here) == (("thing 4", "dog", "eel"),)
    assert page.model.data(page.model.index_of(4)) == "eel"
    QTest.keyClick(page.table, Qt.Key.Key_Right)
    QTest.keyClick(page.table, Qt.Key.Key_Right)
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert corrections(here) == (("thing 4", "dog", "eel"), ("thing 6", "cat"))
    assert "left out by you" in page.model.data(page.model.index_of(6), Qt.ItemDataRole.ToolTipRole)
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert corrections(here) == (("thing 4", "dog", "eel"),), "a second time takes it in again"
    here.qdocument.undo()
    assert ("thing 6", "cat") in corrections(here)
    assert page.undo_all.isVisible()
    QTest.mouseClick(page.undo_all, Qt.MouseButton.LeftButton)
    assert corrections(here) == ()
    here.until(lambda: panel.browser is not None and not panel.browser.left_out)
    here.qdocument.undo()
    assert len(corrections(here)) == 2


def test_several_samples_are_corrected_in_one_step_by_the_menu(opened: Opened) -> None:
    """Fails if the menu takes one sample alone, or each sample is a step of its own."""
    here, panel = opened(browsed())
    page = shown(here, panel)
    click(page, 0)
    at = page.table.visualRect(page.model.index_of(2)).center()
    QTest.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ShiftModifier, at)
    page.show_menu(page.table.mapToGlobal(at))
    menu = next(each for each in page.findChildren(QMenu) if each.isVisible())
    classes = next(each.menu() for each in menu.actions() if each.text() == "Give another class")
    next(each for each in classes.actions() if each.text().startswith("dog")).trigger()  # type: ignore[union-attr]
    menu.close()
    assert corrections(here) == (("thing 0", "cat", "dog"), ("thing 2", "eel", "dog"))
    here.qdocument.undo()
    assert corrections(here) == ()


def test_filters_and_search_as_they_are_typed(opened: Opened) -> None:
    """Fails if a choice shows other samples, or words that nothing has show an empty page without a sentence."""
    here, panel = opened(browsed())
    page = shown(here, panel)
    page.classes.setFocus()
    QTest.keyClicks(page.classes, "eel")
    here.until(lambda: numbers(page) == list(range(2, 60, 3)))
    page.parts.setFocus()
    QTest.keyClicks(page.parts, "Test")
    here.until(lambda: numbers(page) == [56, 59])
    QTest.keyClicks(page.words, "59")
    here.until(lambda: numbers(page) == [59])
    QTest.keyClicks(page.words, "9")
    here.until(lambda: page.model.count == 0 and page.note.isVisible())
    assert "Choose all classes and parts" in page.note.text()
    assert page.count.text() == "0 of 60"


def test_of_a_million_samples_only_those_in_sight_are_read(opened: Opened) -> None:
    """Fails if opening the panel or going to the last sample reads what nobody sees."""
    here, panel = opened(browsed(count=1_000_000))
    page = shown(here, panel)
    assert page.count.text() == "1,000,000 things"
    in_sight = len(page.table.places_in_sight())
    assert len(set(READ)) <= in_sight
    page.table.setFocus()
    click(page, 0)
    QTest.keyClick(page.table, Qt.Key.Key_End)
    here.until(lambda: 999_999 in READ)
    shown(here, panel)
    assert page.table.samples.number_at(page.table.currentIndex()) == 999_999
    assert len(set(READ)) <= 3 * in_sight
    assert all(number < 200 or number > 999_800 for number in READ)


def test_the_keys_go_from_line_to_line(opened: Opened) -> None:
    """Fails if Right stops at the end of a line, Down above a short last line goes nowhere, or Home does nothing."""
    here, panel = opened(browsed())
    page = shown(here, panel)
    across = page.model.columnCount()
    click(page, across - 1)
    QTest.keyClick(page.table, Qt.Key.Key_Right)
    assert page.table.chosen() == [across]
    QTest.keyClick(page.table, Qt.Key.Key_Left)
    assert page.table.chosen() == [across - 1]
    for _ in range(60 // across + 1):
        QTest.keyClick(page.table, Qt.Key.Key_Down)
    assert page.table.chosen() == [59]
    QTest.keyClick(page.table, Qt.Key.Key_Home)
    assert page.table.chosen() == [0]


def test_what_is_missing_or_cannot_be_read_is_told_in_its_place(opened: Opened) -> None:
    """Fails if NaN is an empty cell, or a picture that cannot be read looks like one that is black."""
    here, panel = opened(browsed("rows"))
    page = shown(here, panel)
    heads = [page.model.headerData(at, Qt.Orientation.Horizontal) for at in range(page.model.columnCount())]
    assert heads == ["label", "part", "long", "wide", "high"]
    line = [page.model.data(page.model.index(2, at)) for at in range(5)]
    assert line[0] == "eel"
    assert line[2:] == ["2", "missing", "∞"]
    here, panel = opened(browsed())
    page = shown(here, panel)
    told = page.model.data(page.model.index_of(BAD), Qt.ItemDataRole.ToolTipRole)
    assert f"thing {BAD} is cut off." in told


def test_texts_stand_in_rows(opened: Opened) -> None:
    """Fails if a text is shown as the numbers of its letters, or is said to have too many features."""
    here, panel = opened(browsed("texts"))
    page = shown(here, panel)
    assert page.model.data(page.model.index(1, page.model.columnCount() - 1)) == "a dog ran"
    panel.pages.setCurrentIndex(FEATURE_PAGE)
    here.until(lambda: "words in a row" in panel.how_far_words.text())


def test_the_pages_say_what_numpy_says(opened: Opened) -> None:
    """Fails if a class, a feature or a bad file is counted wrongly, or left out of the list."""
    here, panel = opened(browsed("rows"))
    shown(here, panel)
    panel.pages.setCurrentIndex(FEATURE_PAGE)
    here.until(lambda: panel.examining.found is not None)
    lines = {line[0].text: line for line in panel.features.facts.lines}
    assert list(lines) == ["long", "wide", "high"]
    values = np.arange(60.0)
    assert lines["long"][3].number == values.min()
    assert lines["long"][4].number == values.max()
    assert lines["long"][5].number == pytest.approx(values.mean())
    assert lines["long"][6].number == pytest.approx(values.std())
    assert (lines["wide"][1].number, lines["wide"][2].number) == (59, 1)
    panel.pages.setCurrentIndex(CLASSES)
    told = {line[0].text: [cell.number for cell in line[2:]] for line in panel.classes.facts.lines}
    assert panel.browser is not None
    parts = panel.browser.parts
    labels = np.arange(60) % 3
    for place, word in enumerate(("cat", "dog", "eel")):
        by_part = [int(((parts == part) & (labels == place)).sum()) for part in range(3)]
        assert told[word] == [sum(by_part), *by_part]
    panel.pages.setCurrentIndex(PROBLEMS)
    said = [line[2].text for line in panel.odd.facts.lines]
    assert "They are made up" in said
    assert any("missing value" in each for each in said)
    assert panel.pages.tabText(PROBLEMS) == f"Problems ({len(said)})"


def test_the_pages_count_the_empty_cells_of_the_file(opened: Opened, tmp_path: Path) -> None:
    """Fails if a gap that is filled for the net, or a cell that is no number, counts as none among the features."""
    cells = [
        ("" if at in (3, 9) else "x" if at == 12 else at * 0.5, "" if at == 5 else "ab"[at % 2]) for at in range(40)
    ]
    path = tmp_path / "a.csv"
    path.write_text("size,kind,price\n" + "".join(f"{a},{b},{at * 1.5}\n" for at, (a, b) in enumerate(cells)))
    here, panel = opened(Project(graph=Graph.of([Node("data", "Table", {"path": str(path)})], [])))
    shown(here, panel)
    panel.pages.setCurrentIndex(FEATURE_PAGE)
    here.until(lambda: panel.examining.found is not None)
    missing = {line[0].text: line[2].number for line in panel.features.facts.lines}
    assert {name: count for name, count in missing.items() if not name.startswith("kind")} == {"size": 3, "price": 0}
    assert {count for name, count in missing.items() if name.startswith("kind")} == {1}


def test_what_cannot_be_read_is_listed_and_leads_to_the_sample(opened: Opened) -> None:
    """Fails if a bad file is not named with its reason, or Enter on its line does not show it."""
    here, panel = opened(browsed())
    page = shown(here, panel)
    panel.pages.setCurrentIndex(PROBLEMS)
    here.until(lambda: panel.examining.found is not None)
    (at,) = [n for n, line in enumerate(panel.odd.facts.lines) if line[0].text == "cannot be read"]
    assert panel.odd.facts.lines[at][1].text == f"thing {BAD}"
    panel.odd.selectRow(at)
    panel.odd.setFocus()
    QTest.keyClick(panel.odd, Qt.Key.Key_Return)
    assert panel.pages.currentIndex() == SAMPLES
    here.until(lambda: BAD in numbers(page) and page.model.count < 60)


def test_the_look_through_is_cancelled_and_begun_again(opened: Opened) -> None:
    """Fails if Cancel goes on reading, or nothing says that not all was seen."""
    here, panel = opened(browsed(count=200_000))
    shown(here, panel)
    panel.pages.setCurrentIndex(PROBLEMS)
    here.until(lambda: panel.examining.look is not None and panel.examining.look.done > 0)
    QTest.mouseClick(panel.stop_looking, Qt.MouseButton.LeftButton)
    assert not panel.examining.at_work
    assert panel.how_far_words.accessibleName().startswith("Stopped at")
    here.until(lambda: not here.session.runner.busy)
    read = len(READ)
    here.qtbot.wait(30)
    assert len(READ) == read
    QTest.mouseClick(panel.look_through, Qt.MouseButton.LeftButton)
    assert panel.examining.at_work


def test_hidden_it_holds_nothing_and_comes_back_as_it_was(opened: Opened) -> None:
    """Fails if a hidden panel keeps a data set in memory, or forgets what was searched for."""
    here, panel = opened(browsed())
    page = shown(here, panel)
    QTest.keyClicks(page.words, "thing 4")
    here.until(lambda: page.model.count == 11)
    panel.hide()
    assert panel.browser is None
    assert page.browser is None
    panel.show()
    here.until(lambda: page.model.count == 11)
    assert page.words.text() == "thing 4"


def test_pictures_are_shown_as_they_are_and_the_mean_is_their_mean(opened: Opened) -> None:
    """Fails if the mean picture of a class is on another scale, or of another class."""
    here, panel = opened("lenet_digits")
    shown(here, panel)
    panel.pages.setCurrentIndex(CLASSES)
    here.until(lambda: panel.examining.means)
    here.until(lambda: panel.classes.facts.lines[0][-1].picture is not None)
    line = next(line for line in panel.classes.facts.lines if line[0].text == "0")
    mean = line[-1].picture
    assert mean is not None
    assert panel.browser is not None
    assert panel.browser.labels is not None
    zeros = panel.browser.read(np.flatnonzero(panel.browser.labels == 0).tolist())
    expected = np.mean([each.picture for each in zeros if each.picture is not None], axis=0)
    assert np.abs(mean - expected).max() <= 1.0


# Samples of one's own
