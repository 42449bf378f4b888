"""Editors for words among numbers, three sides, lists and names; start weights folded away; no field out of sight."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget

from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project
from app.ui.inspector.editors import Editor, editor_for
from app.ui.inspector.lists import NamesEditor
from app.ui.inspector.numbers import SidesEditor, WordedEditor
from app.ui.inspector.panel import InspectorPanel
from app.ui.qdocument import QDocument
from nodes.api import Int, Names, Numbers, Pair, Param, Sizes, Triple
from nodes.api.registry import layers
from tests.support.drawings import chain, node
from tests.support.patience import settle, wait_active


class Watched:
    """An editor on the screen, with what it told."""

    def __init__(self, qtbot: Any, param: Param) -> None:
        self.editor: Editor = editor_for(param)
        self.editor.describe("tip", param.title)
        self.values: list[object] = []
        self.hints: list[str] = []
        self.editor.edited.connect(self.values.append)
        self.editor.hinted.connect(self.hints.append)
        qtbot.addWidget(self.editor)
        self.editor.show_value(param.default)
        self.editor.resize(160, 30)
        self.editor.show()
        self.editor.activateWindow()
        wait_active(self.editor)

    def type_over(self, field: QWidget, text: str) -> None:
        field.setFocus()
        QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(field, text)


def test_a_word_can_take_the_place_of_numbers(qtbot: Any) -> None:
    """Fails if "same" cannot be chosen, or the numbers from before are lost on the way back."""
    watched = Watched(qtbot, Pair("padding", 0, words=("same", "valid"), help="Rows around."))
    made = watched.editor
    assert isinstance(made, WordedEditor)
    assert not made.word.isVisible()
    watched.type_over(made.fields()[0], "2")
    assert watched.values[-1] == (2, 2)
    made.menu.actions()[0].trigger()
    assert watched.values[-1] == "same"
    assert made.word.isVisible()
    assert not made.numbers.isVisible()
    made.word.setFocus()
    QTest.keyClick(made.word, Qt.Key.Key_Down)
    assert watched.values[-1] == "valid"
    QTest.keyClick(made.word, Qt.Key.Key_Down)
    assert watched.values[-1] == (2, 2)
    assert made.numbers.isVisible()
    told = len(watched.values)
    made.show_value("same")
    made.show_value((1, 3))
    assert len(watched.values) == told
    assert [box.value() for box in made.numbers.boxes] == [1, 3]  # type: ignore[union-attr]


def test_the_link_of_numbers_with_words_is_in_the_menu(qtbot: Any) -> None:
    """Fails if two different paddings cannot be set, or not be made equal again."""
    watched = Watched(qtbot, Pair("padding", 0, words=("same",), help="Rows around."))
    made = watched.editor
    assert isinstance(made, WordedEditor)
    assert isinstance(made.numbers, SidesEditor)
    made.menu.aboutToShow.emit()
    assert made.together.isChecked()
    made.together.trigger()
    watched.type_over(made.numbers.boxes[1], "3")
    assert watched.values[-1] == (0, 3)
    made.together.trigger()
    assert watched.values[-1] == (0, 0)


def test_one_number_with_words(qtbot: Any) -> None:
    """Fails if a single number with words has another way than two of them."""
    watched = Watched(qtbot, Int("padding", "same", low=0, high=9, words=("same", "valid"), help="Around."))
    made = watched.editor
    assert isinstance(made, WordedEditor)
    assert made.word.currentText() == "same"
    made.word.setFocus()
    made.word.setCurrentText("number")
    assert watched.values == [0]
    watched.type_over(made.fields()[0], "12")
    assert watched.values[-1] == 1
    assert "from 0 to 9 or same or valid" in watched.hints[-1]


def test_three_sides_change_together_or_alone(qtbot: Any) -> None:
    """Fails if the depth of a kernel cannot be set, or a cube has to be typed three times."""
    watched = Watched(qtbot, Triple("kernel_size", 3, low=1, high=99, help="Window."))
    made = watched.editor
    assert isinstance(made, SidesEditor)
    watched.type_over(made.boxes[1], "5")
    assert watched.values[-1] == (5, 5, 5)
    qtbot.mouseClick(made.link, Qt.MouseButton.LeftButton)
    watched.type_over(made.boxes[0], "1")
    assert watched.values[-1] == (1, 5, 5)
    assert [box.accessibleName() for box in made.boxes] == [f"kernel size, {w}" for w in ("depth", "rows", "columns")]
    qtbot.mouseClick(made.link, Qt.MouseButton.LeftButton)
    assert watched.values[-1] == (1, 1, 1)


def test_sides_of_values_that_cannot_be_shown_are_not_taken_for_one(qtbot: Any) -> None:
    """Fails if of several values only one that all layers can have looks as if all had it."""
    watched = Watched(qtbot, Pair("kernel_size", 3, low=1, high=9, help="Window."))
    made = watched.editor
    assert isinstance(made, SidesEditor)
    made.show_different([(4, 4)])
    assert [box.text() for box in made.boxes] == ["", ""]
    watched.type_over(made.boxes[0], "4")
    assert watched.values == [(4, 4)]


def test_numbers_with_commas_between_them(qtbot: Any) -> None:
    """Fails if class weights cannot be typed or removed, or what is wrong with them is not said."""
    watched = Watched(qtbot, Numbers("class_weights", low=0.0, high=10.0, help="One for each class."))
    line = watched.editor.fields()[0]
    watched.type_over(line, "1, 0.5 2")
    assert watched.values[-1] == (1.0, 0.5, 2.0)
    watched.type_over(line, "1, many")
    assert "a list of numbers" in watched.hints[-1]
    watched.type_over(line, "1, 11")
    assert "from 0 to 10" in watched.hints[-1]
    assert watched.values[-1] == (1.0, 1.0)
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "1, 1"  # type: ignore[attr-defined]
    watched.type_over(line, " ")
    QTest.keyClick(line, Qt.Key.Key_Backspace)
    assert watched.values[-1] == ()


def test_sizes_may_be_none_where_one_number_is_meant(qtbot: Any) -> None:
    """Fails if a single number cannot be asked for, although the setting allows it."""
    watched = Watched(qtbot, Sizes("shape", (3,), least=0, help="Sizes."))
    line = watched.editor.fields()[0]
    line.setFocus()
    QTest.keyClick(line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(line, Qt.Key.Key_Delete)
    assert watched.values == [()]


def test_names_can_be_typed_or_chosen(qtbot: Any) -> None:
    """Fails if the layers of the drawing are not offered, or choosing forgets what was typed."""
    watched = Watched(qtbot, Names("updates", help="Which layers."))
    made = watched.editor
    assert isinstance(made, NamesEditor)
    made.offer(lambda: ("conv1", "fc1", "fc2"))
    watched.type_over(made.line, "fc2")
    assert watched.values[-1] == ("fc2",)
    made.menu.aboutToShow.emit()
    assert [(a.text(), a.isChecked()) for a in made.menu.actions()] == [
        ("conv1", False),
        ("fc1", False),
        ("fc2", True),
    ]
    made.menu.actions()[0].trigger()
    assert watched.values[-1] == ("conv1", "fc2")
    made.menu.actions()[2].trigger()
    assert watched.values[-1] == ("conv1",)
    assert made.line.text() == "conv1"
    watched.type_over(made.line, "fc-1")
    assert "names of layers" in watched.hints[-1]
    made.offer(tuple)
    made.show_value(())
    made.menu.aboutToShow.emit()
    assert not made.menu.actions()[0].isEnabled()


def test_several_names_are_checked_while_the_menu_stays_open(qtbot: Any) -> None:
    """Fails if the menu closes after each name."""
    watched = Watched(qtbot, Names("updates", help="Which layers."))
    made = watched.editor
    assert isinstance(made, NamesEditor)
    made.offer(lambda: ("conv1", "fc1"))
    made.menu.popup(made.mapToGlobal(made.rect().bottomLeft()))
    for action in made.menu.actions():
        QTest.mouseClick(made.menu, Qt.MouseButton.LeftButton, pos=made.menu.actionGeometry(action).center())
        assert made.menu.isVisible()
    assert watched.values[-1] == ("conv1", "fc1")
    QTest.keyClick(made.menu, Qt.Key.Key_Escape)
    assert not made.menu.isVisible()


@pytest.fixture
def panel(qtbot: Any, qapp: QApplication) -> InspectorPanel:
    """Two layers with weights and a loss."""
    graph = Graph.of(
        [node("a", "Input", shape=(5,)), node("fc1", "Linear"), node("fc2", "Linear"), node("loss", "MSELoss")],
        chain("a", "fc1", "fc2", "loss.prediction"),
    )
    made = InspectorPanel(QDocument(Document(Project(graph=graph))))
    qtbot.addWidget(made)
    made.resize(290, 700)
    made.show_selection("", ("fc1",))
    made.show()
    made.activateWindow()
    wait_active(made)
    return made


def test_start_weights_are_folded_away_until_wanted(panel: InspectorPanel, qtbot: Any) -> None:
    """Fails if every layer shows settings that few students need, or one that was changed is hidden without a word."""
    form = panel.nodes._form
    assert form is not None
    assert not form.rows["init"].editor.isVisible()
    assert form.fold.text() == "Start weights"
    qtbot.mouseClick(form.fold, Qt.MouseButton.LeftButton)
    assert form.rows["init"].editor.isVisible()
    assert not form.rows["init_value"].editor.isEnabled()
    form.change("init", "normal")
    assert form.rows["init_value"].editor.isEnabled()
    form.change("frozen", True)
    qtbot.mouseClick(form.fold, Qt.MouseButton.LeftButton)
    assert form.fold.text() == "Start: normal, frozen"
    assert not form.rows["frozen"].editor.isVisible()


def test_the_fold_stays_open_from_layer_to_layer(panel: InspectorPanel, qtbot: Any) -> None:
    """Fails if it has to be opened for each layer anew."""
    assert panel.nodes._form is not None
    qtbot.mouseClick(panel.nodes._form.fold, Qt.MouseButton.LeftButton)
    panel.show_selection("", ("loss",))
    assert not panel.nodes._form.fold.isVisible()
    panel.show_selection("", ("fc2",))
    qtbot.waitUntil(panel.nodes._form.rows["init"].editor.isVisible)


def test_a_loss_offers_the_layers_that_learn(panel: InspectorPanel, qtbot: Any) -> None:
    """Fails if the list of layers to train offers what has no weights, or does not reach the document."""
    panel.show_selection("", ("loss",))
    assert panel.nodes._form is not None
    made = panel.nodes._form.rows["updates"].editor
    assert isinstance(made, NamesEditor)
    made.menu.aboutToShow.emit()
    assert [action.text() for action in made.menu.actions()] == ["fc1", "fc2"]
    made.menu.actions()[1].trigger()
    assert panel._qdocument.project.graph.nodes["loss"].params["updates"] == ("fc2",)


# Each step of a fix is tried on the whole drawing, so that a dozen drawings, with layers of every kind in each, take
# less time than one.
DRAWINGS = 12


@pytest.mark.parametrize("inside", [False, True])
def test_no_setting_of_any_layer_is_wider_than_the_panel(inside: bool, qtbot: Any, qapp: QApplication) -> None:
    """Fails if a field or a button stands outside of the panel, where nobody can reach it."""
    too_wide, shown = [], 0
    for start in range(DRAWINGS):
        some = list(layers().values())[start::DRAWINGS]
        nodes = [Node(f"it{index}", layer.id, layer.defaults()) for index, layer in enumerate(some)]
        graph = Graph.of(nodes)
        project = Project(graph=graph)
        if inside:
            project = Project(graph=Graph.of([Node("one", "block:b")])).with_block("b", Block(graph))
        made = InspectorPanel(QDocument(Document(project)))
        qtbot.addWidget(made)
        made.nodes._expanded = True
        made.resize(290, 600)
        made.show()
        for each in nodes:
            made.show_selection("b" if inside else "", (each.name,))
            settle()
            shown += 1
            room = made.nodes.parentWidget().width()
            if made.nodes.minimumSizeHint().width() > room:
                too_wide.append((each.type, made.nodes.minimumSizeHint().width(), room))
    assert not too_wide
    assert shown == len(layers())


def test_in_a_panel_that_is_too_narrow_everything_can_be_reached(panel: InspectorPanel, qtbot: Any) -> None:
    """Fails if a button that finds no room, as at a scale of 200 % on a small screen, cannot be scrolled to."""
    panel.resize(200, 500)
    form = panel.nodes._form
    assert form is not None
    form.change("out_features", 7)
    reset = form.rows["out_features"].reset
    scroll = panel._pages.currentWidget()
    assert isinstance(scroll, QScrollArea)
    qtbot.waitUntil(lambda: scroll.horizontalScrollBar().maximum() > 0)
    assert not scroll.viewport().rect().contains(reset.mapTo(scroll.viewport(), reset.rect().center()))
    scroll.ensureWidgetVisible(reset)
    assert scroll.viewport().rect().contains(reset.mapTo(scroll.viewport(), reset.rect().center()))
