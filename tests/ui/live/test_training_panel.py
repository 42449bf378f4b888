"""The training panel, used as a student does: type, click, and read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
)
from pytestqt.qtbot import QtBot

from app.core.commands import SetRecipe, SetSetting
from app.core.graph.model import MAIN, Graph, Project
from app.training.events import BatchDone, Diagnosed, EpochDone, Failed, Finished
from app.ui.inspector.boxes import FloatBox, IntBox
from app.ui.inspector.editor import Editor
from app.ui.labels import beginning
from app.ui.training.panel import WELCOME, TrainingPanel
from tests.support.drawings import chain, node
from tests.support.patience import settle
from tests.training.nets import digits_net
from tests.ui.live.conftest import Make
from tests.ui.live.desk import LONG, Desk


@pytest.fixture
def opened(qtbot: QtBot, desk: Make) -> tuple[Desk, TrainingPanel]:
    """A panel in a window of the size it has at the bottom of a laptop's screen."""
    here = desk("mlp_digits", epochs=3)
    return here, shown(qtbot, here)


def shown(qtbot: QtBot, here: Desk) -> TrainingPanel:
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 200)
    panel.show()
    settle()
    return panel


def points(panel: TrainingPanel, plot: str, curve: str) -> tuple[np.ndarray, np.ndarray]:
    x, y = getattr(panel.curves, plot)._curves[curve].getData()
    return (np.array([]), np.array([])) if x is None else (x, y)


def test_before_the_first_run_it_says_what_to_do(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if the panel is an empty grey field before anything was trained."""
    _, panel = opened
    assert panel.welcome.isVisible()
    assert panel.welcome.text() == WELCOME
    assert not panel.train_on.isVisible()


def test_typing_a_learning_rate_is_one_step_of_undo(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if the recipe does not follow the field, if each letter is a step, or the field does not follow undo."""
    here, panel = opened
    box = panel.recipe.editors["lr"].fields()[0]
    assert isinstance(box, FloatBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "0.0125")
    assert here.qdocument.project.recipe.lr == 0.0125
    here.qdocument.undo()
    assert here.qdocument.project.recipe.lr == 0.002
    assert box.value() == 0.002


def test_a_value_out_of_limits_is_explained_and_not_taken(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if 0 epochs reach the drawing, or are refused without a word."""
    here, panel = opened
    box = panel.recipe.editors["epochs"].fields()[0]
    assert isinstance(box, IntBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "0")
    assert here.qdocument.project.recipe.epochs == 3
    assert panel.recipe.hint.isVisible()
    assert "1 to 100,000" in panel.recipe.hint.text()
    box.selectAll()
    QTest.keyClicks(box, "7")
    assert here.qdocument.project.recipe.epochs == 7
    assert not panel.recipe.hint.isVisible()


@pytest.mark.parametrize(
    ("name", "typed", "said", "taken"),
    [
        ("lr", "50", "above 0 to 10", 10.0),
        ("lr", "0", "above 0 to 10", 0.002),  # no number is the smallest above 0
        ("momentum", "1.5", "below 1", 0.9),
        ("weight_decay", "12", "0 to 1", 1.0),
        ("epochs", "5000000", "1 to 100,000", 100_000),
        ("epochs", "0", "1 to 100,000", 1),
    ],
)
def test_what_is_typed_beyond_a_limit_becomes_the_limit(
    name: str, typed: str, said: str, taken: float, opened: tuple[Desk, TrainingPanel]
) -> None:
    """Fails if digits are dropped in the end, so that 50 trains with 5, or the limit takes its place in silence."""
    here, panel = opened
    here.qdocument.do(SetRecipe(setting="optimizer", value="SGD"))
    box = panel.recipe.editors[here.qdocument.project.recipe.full_name(name)].fields()[0]
    assert isinstance(box, IntBox | FloatBox)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, typed)
    assert said in panel.recipe.hint.text()
    QTest.keyClick(box, Qt.Key.Key_Return)
    assert here.qdocument.project.recipe.value(name) == box.value() == taken
    assert said in panel.recipe.hint.text()
    assert panel.recipe.hint.text().endswith(f"stands here and not {typed}.")  # it is told which number it has become


def test_momentum_can_be_set_for_sgd_only(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if a setting that has no effect is shown, or that of another choice stays."""
    here, panel = opened
    assert "SGD.momentum" not in panel.recipe.editors
    assert panel.recipe.editors["Adam.weight_decay"].isVisible()
    combo = panel.recipe.editors["optimizer"].fields()[0]
    assert isinstance(combo, QComboBox)
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert here.qdocument.project.recipe.optimizer == "SGD"
    assert panel.recipe.editors["SGD.momentum"].isVisible()
    assert not panel.recipe.editors["Adam.weight_decay"].isVisible()
    here.qdocument.undo()
    assert not panel.recipe.editors["SGD.momentum"].isVisible()


def test_the_curves_show_every_epoch_and_batch(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if the curves miss epochs, mix training with validation data, or stop before the last bundle."""
    here, panel = opened
    here.session.train()
    here.until_ended()
    done, batches = here.of(EpochDone), here.of(BatchDone)
    for plot, curve, name, factor in (
        ("loss", "train", "train_loss", 1),
        ("loss", "validation", "val_loss", 1),
        ("accuracy", "train", "train_accuracy", 100),
        ("accuracy", "validation", "val_accuracy", 100),
    ):
        x, y = points(panel, plot, curve)
        assert x.tolist() == [1, 2, 3]
        assert np.allclose(y, [factor * getattr(epoch, name) for epoch in done]), (plot, curve)
    x, y = points(panel, "loss", "batch")
    assert np.allclose(y, [batch.loss for batch in batches])
    assert x[-1] == 3.0
    assert panel.words.text().startswith("Trained for 3 epochs")
    assert "validation accuracy" in panel.words.text()
    assert "kept in" in panel.kept.toolTip()
    assert panel.bar.value() == 1000
    assert panel.curves.loss.values_at(2.2).startswith("epoch 2: training ")  # type: ignore[union-attr]


def test_no_word_goes_in_a_narrow_window(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if a loss of 0.428 is cut to 0.4 or left out, or a wide panel does not come back as it was."""
    here, panel = opened
    here.session.train()
    here.until_ended()
    full, kept = panel.words.text(), panel.kept.text()
    assert kept.startswith("kept in ")
    for width in range(1366, 480, -9):
        panel.resize(width, 200)
        settle()
        words = panel.words
        assert words.text() == full
        if words.wordWrap():
            assert words.heightForWidth(words.width()) <= words.height(), "Qt cuts what is higher"
        else:
            assert words.fontMetrics().horizontalAdvance(full) <= words.width(), "Qt cuts what is wider"
        assert words.toolTip().count("<p>") == 2
        assert full in words.toolTip()
    assert panel.words.wordWrap()
    panel.resize(1366, 200)
    settle()
    assert (panel.words.text(), panel.kept.text()) == (full, kept)
    assert not panel.words.wordWrap()


def test_words_are_cut_between_parts_or_words_only(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if a part goes while there is room for it, or a word or number is cut in its middle."""
    metrics = opened[1].words.fontMetrics()
    text = "Stopped in epoch 3 · loss 0.428 · validation accuracy 96.1 %"
    seen = {beginning(text, metrics, width) for width in range(metrics.horizontalAdvance(text) + 1)}
    assert seen == {
        text,
        "Stopped in epoch 3 · loss 0.428 · …",
        "Stopped in epoch 3 · …",
        "Stopped in epoch 3 …",
        "Stopped in epoch …",
        "Stopped in …",
        "Stopped …",
        "…",
    }


def test_a_net_without_classes_has_no_accuracy_curve(qtbot: QtBot, desk: Make) -> None:
    """Fails if an autoencoder is shown an empty pair of axes for an accuracy that it does not have."""
    here = desk("autoencoder_digits", epochs=2)
    here.qdocument.do(SetRecipe(setting="metrics", value=("accuracy",)))  # as in a drawing where nobody chose any
    panel = shown(qtbot, here)
    here.session.train()
    here.until_ended()
    assert not panel.curves.accuracy.isVisible()  # type: ignore[union-attr]
    assert "validation loss" in panel.words.text()


def test_a_second_run_stands_beside_the_first(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if a student cannot compare two learning rates, or the old curve is taken for the new one."""
    here, panel = opened
    here.session.train()
    here.until_ended()
    _, first = points(panel, "loss", "validation")
    here.events.clear()
    box = panel.recipe.editors["lr"].fields()[0]
    box.setFocus()
    box.selectAll()  # type: ignore[attr-defined]
    QTest.keyClicks(box, "0.02")
    here.session.train()
    here.until_ended()
    _, second = points(panel, "loss", "validation")
    assert not np.allclose(first, second)
    assert np.allclose(points(panel, "loss", "earlier")[1], first)


def test_a_change_of_the_drawing_is_said_while_it_trains(qtbot: QtBot, desk: Make) -> None:
    """Fails if the student believes that the drawing in front of him is the one that trains."""
    here = desk("mlp_digits", epochs=LONG)
    panel = shown(qtbot, here)
    here.session.train()
    here.until(lambda: here.of(BatchDone))
    assert not panel.note.isVisible()
    here.qdocument.do(SetSetting(MAIN, ("fc1",), "out_features", 5))
    assert "as it was then" in panel.note.text()
    assert panel.note.isVisible()
    here.qdocument.undo()
    assert not panel.note.isVisible()
    here.session.stop()
    here.until_ended()


def test_continue_is_offered_and_goes_on(qtbot: QtBot, desk: Make) -> None:
    """Fails if a stopped run can only be begun anew, or if its curves are lost when it goes on."""
    here = desk("mlp_digits", epochs=LONG)
    panel = shown(qtbot, here)
    here.session.train()
    here.until(lambda: len(here.of(EpochDone)) >= 2)
    here.session.stop()
    last = here.until_ended().epoch + 3
    here.qdocument.do(SetRecipe(setting="epochs", value=last))
    assert panel.words.text().startswith("Stopped")
    assert panel.train_on.isVisible()
    QTest.mouseClick(panel.train_on, Qt.MouseButton.LeftButton)
    assert not panel.train_on.isVisible()
    here.until_ended()
    x, _ = points(panel, "loss", "train")
    assert x.tolist() == list(range(1, last + 1))


def test_a_failure_is_told_in_words(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if a training that could not start leaves the panel as it was, so that Train seems to do nothing."""
    here, panel = opened
    here.qdocument.do(SetSetting(MAIN, ("fc2",), "out_features", 5))
    here.session.train()
    assert isinstance(here.endings.pop(), Failed)
    assert panel.words.text() == "Nothing was trained."
    assert panel.note.isVisible()
    assert panel.note.text().startswith("loss: ")
    assert "mended" in panel.welcome.text()
    assert "Nothing was trained" not in panel.welcome.text()


def test_train_offers_data_and_loss_where_there_are_none(qtbot: QtBot, desk: Make) -> None:
    """Fails if Train on an architecture only says what is missing, or what it offers leads to no training."""
    layers = [
        node("image", "Input", shape=(1, 8, 8)),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=10),
    ]
    graph = Graph.of([*layers, node("scores", "Output")], chain("image", "flatten", "fc", "scores"))
    here = desk(Project(graph=graph), epochs=1)
    panel = shown(qtbot, here)
    here.session.train()
    assert isinstance(here.endings.pop(), Failed)
    assert "no loss" in panel.note.text()
    here.until(panel.mending.isVisible)
    offers = [each for each in panel.mending.findChildren(QPushButton) if each.isVisible()]
    assert offers[0].text().strip() == "Put Handwritten digits and Cross-entropy into the drawing"
    QTest.mouseClick(offers[0], Qt.MouseButton.LeftButton)
    assert not panel.mending.isVisible()
    here.session.train()
    assert isinstance(here.until_ended(), Finished)
    here.qdocument.undo()
    assert here.qdocument.project.graph == graph


def test_a_refusal_goes_with_its_reason(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if a press of Train on a broken drawing costs what was said of the run before, or is still held against the
    drawing once it is whole again."""
    here, panel = opened
    here.session.train()
    here.until_ended()
    words, kept = panel.words.text(), panel.kept.toolTip()
    assert kept
    here.qdocument.do(SetSetting(MAIN, ("fc2",), "out_features", 5))
    here.session.train()
    assert isinstance(here.endings[-1], Failed)
    assert panel.words.text() == "Nothing was trained."
    assert "loss" in panel.note.text()
    assert panel.curves.isVisible()
    here.qdocument.undo()
    assert (panel.words.text(), panel.kept.toolTip()) == (words, kept)
    assert not panel.note.isVisible()


def test_another_drawing_begins_with_an_empty_panel(opened: tuple[Desk, TrainingPanel]) -> None:
    """Fails if the curves of one drawing stand beside the recipe of another."""
    here, panel = opened
    here.session.train()
    here.until_ended()
    assert not panel.welcome.isVisible()
    here.qdocument.new()
    assert panel.welcome.isVisible()
    assert panel.words.text() == ""
    assert not panel.bar.isVisible()


def test_findings_are_listed_and_lead_to_their_layer(opened: tuple[Desk, TrainingPanel], qtbot: QtBot) -> None:
    """Fails if what the doctor found is not shown, or its link leads nowhere."""
    _, panel = opened
    assert not panel.findings.isVisible()
    panel.story.hear(Diagnosed("relu1", "relu1 gives nothing but zeros.", "dead"))
    panel.findings.show_findings(panel.story.findings)
    assert panel.findings.isVisible()
    assert "nothing but zeros" in panel.findings.text
    with qtbot.waitSignal(panel.travel) as heard:
        panel.findings.findChildren(QLabel)[-1].linkActivated.emit("relu1")
    assert heard.args == ["relu1"]


@pytest.mark.parametrize("width", [460, 660, 760, 1366])
def test_the_result_is_read_at_any_width(qtbot: QtBot, desk: Make, width: int) -> None:
    """Fails if the accuracy is cut off in a narrow window, the fields of the recipe run out of their place, or the
    curves get no more room than a recipe in two columns leaves."""
    here = desk("mlp_digits", epochs=1)
    panel = shown(qtbot, here)
    panel.resize(width, 300)
    here.session.train()
    here.until(lambda: here.session.state == "idle" and panel.story.ending is not None)
    settle()
    assert panel.words.text() == panel.words.full_text
    assert "validation accuracy" in panel.words.text()
    assert panel.words.height() >= panel.words.heightForWidth(panel.words.width())
    form = panel._form
    assert form.viewport() is not None
    for editor in filter(Editor.isVisible, panel.recipe.editors.values()):  # those of other choices have no place
        right = editor.mapTo(panel.recipe, editor.rect().topRight()).x()
        assert right <= form.viewport().width()
    assert panel.curves is not None
    assert panel.curves.width() > width / 2 - 30


def test_what_was_noticed_stands_below_narrow_curves(qtbot: QtBot, desk: Make) -> None:
    """Fails if the findings take half of a narrow panel from the curves, or stay below once there is room again."""
    here = desk("mlp_digits")
    panel = shown(qtbot, here)
    panel.findings.show_findings([Diagnosed(None, "The loss grows.", "lr_high")])
    for width, below in ((600, True), (1366, False)):
        panel.resize(width, 320)
        settle()
        page = panel.welcome.geometry()
        assert (panel.findings.geometry().top() >= page.bottom()) == below
        assert (panel.findings.geometry().left() >= page.right()) != below


def test_a_window_that_is_made_narrow_is_arranged_anew(qtbot: QtBot, desk: Make) -> None:
    """Fails if findings beside the curves keep a panel that is scrolled as wide as it was, behind a scroll bar."""
    here = desk("mlp_digits", epochs=1)
    panel = TrainingPanel(here.session, here.qdocument)
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(panel)
    qtbot.addWidget(area)
    area.resize(1366, 500)
    area.show()
    here.session.train()
    here.until(lambda: here.session.state == "idle" and panel.story.ending is not None)
    panel.findings.show_findings([Diagnosed(None, "The loss grows.", "lr_high")])
    settle()
    assert panel.curves is not None
    assert panel.findings.geometry().left() >= panel.curves.geometry().right()
    area.resize(683, 500)
    settle()
    assert panel.width() <= 683
    assert not area.horizontalScrollBar().isVisible()
    assert panel.findings.geometry().top() >= panel.curves.geometry().bottom()


def test_without_a_batch_there_are_no_empty_curves(qtbot: QtBot, desk: Make) -> None:
    """Fails if axes without a single point stand below a run that failed in its first batch."""
    project = digits_net(
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 16, "init": "constant", "init_value": 0.0}),
        ("log", "Log"),
        ("fc2", "Linear", {"out_features": 10}),
    )
    here = desk(project)
    panel = TrainingPanel(here.session, here.qdocument)
    qtbot.addWidget(panel)
    panel.resize(1366, 240)
    panel.show()
    here.session.train()
    assert isinstance(here.until_ended(), Failed)
    assert panel.welcome.isVisible()
    assert "no curves" in panel.welcome.text()


def test_curves_that_were_exported_are_told(opened: tuple[Desk, TrainingPanel], tmp_path: Path, qtbot: QtBot) -> None:
    """Fails if a file of the curves is written without a word, or one that cannot be written without a reason."""
    here, panel = opened
    here.load_torch()
    here.qdocument.do(SetRecipe(setting="epochs", value=1))
    here.session.train()
    here.until_ended()
    here.until(lambda: panel.curves is not None and panel.curves.isVisible())
    assert panel.curves is not None
    said: list[str] = []
    here.session.said.connect(said.append)
    for place in (tmp_path / "Übung é.csv", tmp_path / "nowhere" / "a.csv"):
        panel.curves.save_wanted.emit()
        dialog = next(each for each in panel.findChildren(QFileDialog) if each.isVisible())
        field = dialog.findChild(QLineEdit, "fileNameEdit")
        assert isinstance(field, QLineEdit)
        field.setText(str(place))
        QTest.keyClick(field, Qt.Key.Key_Return)
        settle()
    assert said == [f"Saved to {tmp_path / 'Übung é.csv'}"]
    assert (tmp_path / "Übung é.csv").read_text(encoding="utf-8").startswith("run,epoch,batch_loss")
    box = next(each for each in panel.findChildren(QMessageBox) if each.isVisible())
    assert "No such file or directory" in box.text()
    box.close()
