"""The panel for results: beside a training and after it, its numbers compared with plain torch, used with the mouse."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.core.graph.model import Graph, Project, Wire
from app.data import catalog
from app.training.batches import divide, load
from app.training.checkpoints import load_run
from app.training.judging import parts as parts_module
from app.ui.data.panel import DataPanel
from app.ui.results.matrix import Matrix
from app.ui.results.pages import HARD_HEADS
from app.ui.results.panel import CLASSES, EMPTY, HARDER, HARDEST, MATRIX, NUMBERS, SLICES, SURE, WORDS, ResultsPanel
from tests.support.drawings import chain, node
from tests.support.patience import settle
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk

PanelAt = Callable[[Desk], ResultsPanel]


@pytest.fixture
def panel_at(qtbot: QtBot) -> PanelAt:
    """The panel of a desk, as large as it is at the bottom of a laptop's screen."""

    def it(here: Desk) -> ResultsPanel:
        panel = ResultsPanel(here.session, here.qdocument)
        qtbot.addWidget(panel)
        panel.resize(1366, 232)
        panel.show()
        qtbot.waitExposed(panel)
        return panel

    return it


def trained(here: Desk) -> Desk:
    here.load_torch()
    here.session.train()
    here.until_ended()
    return here


def press_page(panel: ResultsPanel, page: int) -> None:
    """Click on the tab of a page."""
    at = next(at for at in range(panel.pages.count()) if panel.pages.tabData(at) == page)
    QTest.mouseClick(panel.pages, Qt.MouseButton.LeftButton, pos=panel.pages.tabRect(at).center())
    settle()


def press_cell(matrix: Matrix, right: int, chosen: int) -> None:
    QTest.mouseClick(matrix.viewport(), Qt.MouseButton.LeftButton, pos=matrix.box(right, chosen).center())
    settle()


def plain(here: Desk, part: str = "validation") -> tuple[np.ndarray, np.ndarray, torch.Tensor]:
    """Numbers, right classes and scores of the samples of a part, by plain torch."""
    assert here.session.trained is not None
    run = load_run(here.session.trained.run)
    data, recipe = load(run.net.plan), run.project.recipe
    index = getattr(divide(run.net.plan, data, recipe.validation, recipe.seed, recipe.test), part)
    with torch.no_grad():
        return index.numpy(), data["digits.label"][index].numpy(), run.model(data["digits.image"][index])


def test_before_a_training_it_says_what_it_will_show(desk: Make, panel_at: PanelAt) -> None:
    """Fails if an untrained net is judged, the empty panel says nothing, or Train stands elsewhere than in Predict."""
    here = desk(epochs=1)
    panel = panel_at(here)
    here.load_torch()
    settle()
    middle = panel.train.mapTo(panel, panel.train.rect().center()).x()
    assert abs(middle - panel.width() / 2) < 4
    assert panel.message.text() == EMPTY
    assert panel.message.isVisible()
    assert panel.shown is None
    QTest.mouseClick(panel.train, Qt.MouseButton.LeftButton)
    here.until_ended()
    here.until(lambda: panel.shown is not None and not panel.shown.live)
    assert not panel.message.isVisible()


def test_the_matrix_is_that_of_plain_torch_and_a_cell_opens_its_samples(desk: Make, panel_at: PanelAt) -> None:
    """Fails if rows and columns are exchanged, samples of another part count, or a cell opens other samples."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: panel.shown is not None)
    numbers, truth, scores = plain(here)
    said = scores.argmax(1).numpy()
    counts = panel.matrix.matrix.counts
    assert counts is not None
    assert counts.tolist() == [[int(((truth == a) & (said == b)).sum()) for b in range(10)] for a in range(10)]
    data = DataPanel(here.session, here.qdocument)
    here.qtbot.addWidget(data)
    data.resize(900, 300)
    data.show()
    here.qtbot.waitExposed(data)
    panel.samples_wanted.connect(data.show_only)
    right, chosen = next((a, b) for a in range(10) for b in range(10) if a != b and counts[a, b])
    press_cell(panel.matrix.matrix, right, chosen)
    wanted = numbers[(truth == right) & (said == chosen)]
    here.until(lambda: data.samples.model.count == len(wanted))
    found = [data.samples.model.number(place) for place in range(len(wanted))]
    assert found == sorted(wanted.tolist())
    assert data.samples.only.isVisible()
    assert f"{right} taken for {chosen} ({len(wanted)})" in data.samples.only.text()
    QTest.mouseClick(data.samples.only, Qt.MouseButton.LeftButton)
    here.until(lambda: data.samples.model.count == 1797)
    assert not data.samples.only.isVisible()


def test_it_follows_a_training_and_asks_for_no_test_sample(
    desk: Make, panel_at: PanelAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the matrix stands still while the net learns, a long validation part holds the training up, or samples
    of the test part are read before somebody chooses it."""
    read: set[int] = set()
    plainly = parts_module.read

    def watched(samples, index, size):  # type: ignore[no-untyped-def]
        read.update(index.tolist())
        return plainly(samples, index, size)

    monkeypatch.setattr(parts_module, "read", watched)
    here = desk(epochs=LONG, test=0.2)
    panel = panel_at(here)
    here.load_torch()
    here.session.train()
    here.until(lambda: panel.shown is not None and panel.shown.live)
    first = panel.shown
    assert first is not None
    assert first.caption.startswith("in epoch")
    here.until(lambda: panel.shown is not first)
    press_page(panel, HARDEST)
    here.until(lambda: len(panel._moments) > 2)
    assert panel.baselines is None
    here.session.stop()
    here.until_ended()
    here.until(lambda: panel.shown is not None and not panel.shown.live)
    here.until(lambda: panel.baselines is not None)
    test, *_ = plain(here, "test")
    assert read
    assert not read & set(test.tolist())
    panel.parts.setCurrentIndex(panel.parts.findData("test"))
    here.until(lambda: panel.shown is not None and panel.shown.judgement.answers.part == "test")
    assert read >= set(test.tolist())


def test_one_of_the_hardest_samples_is_shown_everywhere(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the samples are not in the order of their losses, or a click chooses another one."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: panel.shown is not None)
    press_page(panel, HARDEST)
    numbers, truth, scores = plain(here)
    own = torch.nn.functional.cross_entropy(scores, torch.from_numpy(truth), reduction="none")
    order = numbers[own.argsort(descending=True).numpy()]
    table = panel.hardest.table
    table.scrollToTop()
    place = table.visualRect(table.facts.index(1, 1)).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    settle()
    chosen = here.session.chosen
    assert chosen is not None
    assert (chosen.number, chosen.part) == (int(order[1]), "validation")
    assert panel.hardest.curve.series == () or panel.hardest.curve.isVisible()
    shown = panel.shown
    assert shown is not None
    assert shown.judgement.answers.numbers[shown.hard[:20]].tolist() == order[:20].tolist()
    assert not heads_of(panel) & {"mean loss"}, "nothing of these is kept over the epochs"
    assert "sure" in heads_of(panel)


def test_answers_come_to_half_of_a_screen(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a panel of 681 × 204 stays at the sentence that they come, a page has no room, or the names of the
    hardest samples are cut to two letters there."""
    here = trained(desk(epochs=1))
    panel = panel_at(here)
    panel.resize(681, 204)
    here.until(lambda: panel.shown is not None)
    assert not panel.message.isVisible()
    numbers, truth, scores = plain(here)
    right = int((scores.argmax(1).numpy() == truth).sum())
    assert panel.sentence.text().startswith(f"{100 * right / len(numbers):.1f} % right")
    for page in (MATRIX, CLASSES, HARDEST, SURE, HARDER, WORDS):
        press_page(panel, page)
        shown = panel.content.currentWidget()
        assert shown is not None
        assert panel.rect().contains(shown.geometry().translated(panel.content.pos())), page
        assert shown.height() > 100
    press_page(panel, HARDEST)
    table = panel.hardest.table
    name = table.facts.lines[0][1].text
    assert len(name) > len("sa…")
    assert table.columnWidth(1) >= table.fontMetrics().horizontalAdvance(name) + 10
    panel.resize(1366, 232)
    settle()
    assert sum(table.columnWidth(at) for at in range(table.facts.columnCount())) >= table.viewport().width() - 2


def heads_of(panel: ResultsPanel) -> set[str]:
    """The columns of the hardest samples that are shown."""
    table = panel.hardest.table
    return {head for place, head in enumerate(HARD_HEADS) if not table.isColumnHidden(place)}


def test_the_training_part_shows_losses_over_the_epochs(desk: Make, panel_at: PanelAt) -> None:
    """Fails if what the run has kept of its samples is not drawn, or for another sample."""
    here = trained(desk(epochs=3))
    panel = panel_at(here)
    here.until(lambda: panel.shown is not None)
    panel.parts.setCurrentIndex(panel.parts.findData("train"))
    here.until(lambda: panel.shown is not None and panel.shown.judgement.answers.part == "train")
    press_page(panel, HARDEST)
    table = panel.hardest.table
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.facts.index(0, 1)).center()
    )
    settle()
    shown = panel.shown
    assert shown is not None
    points = panel.hardest.curve.series[0].points
    assert [x for x, _ in points] == [1.0, 2.0, 3.0]
    assert [y for _, y in points] == pytest.approx(shown.over_time[:, 0].tolist())
    means = np.nanmean(shown.over_time, 0)
    assert (np.diff(means) <= 1e-9).all(), "the largest mean loss comes first"
    assert "mean loss" in heads_of(panel)


def test_the_slider_says_what_is_answered(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the sentence beside the slider is not about the samples that are sure enough."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: panel.shown is not None)
    press_page(panel, SURE)
    _, truth, scores = plain(here)
    sure, said = scores.double().softmax(1).max(1)
    panel.sure.slider.setFocus()
    for _ in range(14):
        QTest.keyClick(panel.sure.slider, Qt.Key.Key_PageUp)
    assert panel.sure.slider.value() == 700
    kept = (sure >= 0.7).numpy()
    right = (said.numpy() == truth)[kept].mean()
    assert f"below 70.0 %: {100 * kept.mean():.1f} % answered, {100 * right:.1f} %" in panel.sure.said.text()


def test_baselines_and_words_stand_beside_the_result(desk: Make, panel_at: PanelAt) -> None:
    """Fails if nothing is there to judge the result by, or the words are those of another part."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: panel.baselines is not None)
    press_page(panel, WORDS)
    text = panel.words.words.text()
    assert "On the validation part (359 samples)" in text
    assert "logistic regression" in text
    assert "most frequent class 10.0 %" in panel.sentence.toolTip()
    press_page(panel, CLASSES)
    assert [line[0].text for line in panel.classes.facts.lines] == [str(digit) for digit in range(10)]


def test_harder_samples_are_measured_on_request(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the button does nothing, or nothing added is not the result itself."""
    here = trained(desk(epochs=2))
    panel = panel_at(here)
    here.until(lambda: panel.shown is not None)
    press_page(panel, HARDER)
    assert not panel.harder.noise.isVisible()
    QTest.mouseClick(panel.harder.start, Qt.MouseButton.LeftButton)
    here.until(lambda: panel.harder.start.text() == "Measure" and panel.harder.rotation.series)
    _, truth, scores = plain(here)
    accuracy = (scores.argmax(1).numpy() == truth).mean()
    assert panel.harder.noise.series[0].points[0] == (0.0, pytest.approx(accuracy))
    assert [x for x, _ in panel.harder.rotation.series[0].points][-1] == 180.0


def numbers_project() -> Project:
    graph = Graph.of(
        [node("data", "Diabetes"), node("fc1", "Linear", out_features=1), node("loss", "MSELoss")],
        [*chain("data.x", "fc1", "loss.prediction"), Wire("data", "y", "loss", "target")],
    )
    return Project("Diabetes", graph=graph)


def test_numbers_have_pages_of_their_own(desk: Make, panel_at: PanelAt) -> None:
    """Fails if a regression has a confusion matrix, or dots that are not prediction and truth."""
    here = trained(desk(numbers_project(), epochs=2))
    panel = panel_at(here)
    here.until(lambda: panel.shown is not None)
    shown = [panel.pages.tabData(at) for at in range(panel.pages.count())]
    assert shown == [NUMBERS, SLICES, HARDEST, HARDER, WORDS]
    assert MATRIX not in shown
    press_page(panel, NUMBERS)
    assert here.session.trained is not None
    run = load_run(here.session.trained.run)
    data = load(run.net.plan)
    index = divide(run.net.plan, data, run.project.recipe.validation, run.project.recipe.seed, 0.0).validation
    with torch.no_grad():
        said = run.model(data["data.x"][index]).reshape(-1)
    dots = panel.numbers.against.series[0].points
    assert [x for x, _ in dots] == pytest.approx(data["data.y"][index].reshape(-1).tolist())
    assert [y for _, y in dots] == pytest.approx(said.tolist(), rel=1e-4)
    assert sum(y for _, y in panel.numbers.spread.series[0].points) == len(index)
    catalog._held.clear()


@pytest.mark.parametrize("classes", [2, 10, 37, 100])
def test_every_cell_of_a_matrix_can_be_reached(qtbot: QtBot, classes: int) -> None:
    """Fails if a matrix of many classes is cut, or a click falls into a neighbour's cell."""
    matrix = Matrix()
    qtbot.addWidget(matrix)
    matrix.resize(500, 170)
    matrix.show()
    qtbot.waitExposed(matrix)
    counts = np.arange(classes**2).reshape(classes, classes)
    matrix.show_counts(counts, [f"class {at}" for at in range(classes)], False)
    settle()
    heard: list[tuple[int, int]] = []
    matrix.chosen.connect(lambda *cell: heard.append(cell))
    last = classes - 1
    for cell in ((0, 0), (last, 0), (0, last), (last, last)):
        matrix.current = (cell[0], max(cell[1] - 1, 0))
        matrix.setFocus()
        if cell[1]:
            QTest.keyClick(matrix, Qt.Key.Key_Right)
        else:
            QTest.keyClick(matrix, Qt.Key.Key_Left)
        assert matrix.current == cell
        box = matrix.box(*cell)
        inside = matrix.viewport().rect().adjusted(matrix.head, 0, 0, 0)
        assert inside.contains(box.center())
        assert matrix.at(box.center()) == cell
        press_cell(matrix, *cell)
        assert heard[-1] == cell
    assert matrix.at(QPoint(2, 60)) is None
    assert f"{counts[0, last]:,} of {counts[0].sum():,}" in matrix.words_at(0, last)


def test_slices_come_by_themselves_and_a_click_opens_their_samples(desk: Make, panel_at: PanelAt) -> None:
    """Fails if the page waits for a button, shows the shares of other samples, or a line that was sorted elsewhere
    opens another slice."""
    here = trained(desk(epochs=1))
    panel = panel_at(here)
    here.until(lambda: panel.shown is not None and not panel.shown.live)
    press_page(panel, SLICES)
    here.until(lambda: bool(panel.slices.slices))
    numbers, truth, scores = plain(here)
    right = dict(zip(numbers.tolist(), (scores.argmax(1).numpy() == truth).tolist(), strict=True))
    table = panel.slices.table
    assert {line[0].text for line in table.facts.lines} == {"brightness", "contrast", "size"}
    told: list[tuple[object, list[int], object]] = []
    panel.samples_wanted.connect(lambda node, chosen, words: told.append((node, chosen.tolist(), words)))
    table.sortByColumn(4, Qt.SortOrder.AscendingOrder)
    settle()
    line = table.facts.lines[0]
    QTest.mouseClick(
        table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(table.facts.index(0, 0)).center()
    )
    settle()
    node, opened, words = told[-1]
    assert node == "digits"
    assert line[3].number == len(opened)
    assert line[4].number == pytest.approx(np.mean([right[number] for number in opened]))
    assert str(words).startswith(f"{line[0].text} from ")
