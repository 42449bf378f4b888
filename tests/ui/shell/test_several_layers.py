"""Several layers in the inspector: what they have in common, one change for all, one step of undo."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.core.commands import SetNodeField
from app.core.document import Document
from app.core.graph.model import Graph, Project
from app.core.inference import infer
from app.ui.inspector.boxes import DIFFERENT
from app.ui.inspector.panel import InspectorPanel
from app.ui.inspector.shared_settings import in_common
from app.ui.qdocument import QDocument
from nodes.api import Choice, Float, Int, Names, Pair, Sizes, Switch
from nodes.api.registry import layers
from tests.support.drawings import chain, node
from tests.ui.shell.hands import Show, editor, hint, type_over, value


@pytest.fixture
def mixed(qapp: QApplication) -> QDocument:
    """Two convolutions, a fully connected layer and others, with different settings."""
    nodes = [
        node("input1", "Input", shape=(3, 16, 16)),
        node("conv1", "Conv2d", out_channels=6, kernel_size=(3, 5), padding="same", init="normal"),
        node("relu1", "ReLU"),
        node("conv2", "Conv2d", out_channels=8, kernel_size=(3, 3), padding=1, bias=False),
        node("conv3", "Conv2d", out_channels=8, kernel_size=(5, 3), padding=2),
        node("flatten", "Flatten"),
        node("fc1", "Linear", out_features=10, frozen=True),
    ]
    graph = Graph.of(nodes, chain("input1", "conv1", "relu1", "conv2", "conv3", "flatten", "fc1"))
    return QDocument(Document(Project(graph=graph)))


def texts(panel: InspectorPanel) -> dict[str, str]:
    return {word.text(): text.text() for word, text in panel.nodes.facts._labels if word.isVisible()}


def test_the_head_says_how_many_of_what(mixed: QDocument, show: Show) -> None:
    """Fails if somebody cannot see what is selected, or the totals are not those of the selection."""
    panel = show(mixed, "conv1", "fc1", "conv2")
    assert panel.nodes.several.text() == "3 layers: 2 Conv2d, 1 Linear"
    reports = infer(mixed.project).main.nodes
    wanted = sum(reports[name].parameters for name in ("conv1", "conv2", "fc1"))
    assert texts(panel)["parameters"] == f"{wanted:,}"
    assert texts(panel)["multiply-adds"] == f"{sum(reports[n].multiply_adds for n in ('conv1', 'conv2', 'fc1')):,}"


def test_layers_of_two_types_show_what_they_have_in_common(mixed: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a setting that only one of them has can be set for both, a common one is missing, or a change of it is
    more than one step."""
    panel = show(mixed, "conv2", "fc1")
    assert panel.nodes._form is not None
    assert set(panel.nodes._form.rows) == {"bias", "init", "init_value", "given", "frozen", "lr_factor"}
    box = editor(panel, "bias").fields()[0]
    assert box.checkState() == Qt.CheckState.PartiallyChecked  # type: ignore[attr-defined]
    assert box.text() == DIFFERENT  # type: ignore[attr-defined]
    assert hint(panel, "bias") == "no, yes: a change sets all."
    before = mixed.project
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert value(mixed, "conv2", "bias") is value(mixed, "fc1", "bias") is True
    assert box.text() == "yes"  # type: ignore[attr-defined]
    assert mixed.document.undo_title == "Set bias of 2 layers"
    mixed.undo()
    assert mixed.project == before
    assert box.text() == DIFFERENT  # type: ignore[attr-defined]


def test_without_common_settings_there_is_a_sentence(mixed: QDocument, show: Show) -> None:
    """Fails if the inspector is blank for layers that have nothing in common."""
    panel = show(mixed, "conv2", "relu1")
    assert "no settings in common" in panel.nodes._state.text()
    assert panel.nodes._state.isVisible()
    assert not panel.nodes._settings.isVisible()
    panel.show_selection("", ("conv1", "conv2"))
    assert not panel.nodes._state.isVisible()


def test_numbers_that_differ_are_not_shown_as_one(mixed: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if the field shows the first layer's number as if it were everybody's, or leaving it sets them all."""
    panel = show(mixed, "conv1", "conv2", "conv3")
    box = editor(panel, "out_channels").fields()[0]
    assert box.text() == ""  # type: ignore[attr-defined]
    assert box.lineEdit().placeholderText() == DIFFERENT  # type: ignore[attr-defined]
    assert "6, 8" in hint(panel, "out_channels")
    before = mixed.project
    box.setFocus()
    panel.nodes.bypassed.setFocus()
    assert mixed.project == before
    type_over(qtbot, box, "6")  # the first layer's own number
    assert [value(mixed, name, "out_channels") for name in ("conv1", "conv2", "conv3")] == [6, 6, 6]
    assert box.text() == "6"  # type: ignore[attr-defined]
    mixed.undo()
    assert mixed.project == before
    assert box.text() == ""  # type: ignore[attr-defined]
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert [value(mixed, name, "out_channels") for name in ("conv1", "conv2", "conv3")] == [7, 7, 7]
    assert box.text() == "7"  # type: ignore[attr-defined]


def test_one_side_of_different_kernels_is_set_alone(mixed: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if setting the rows of all kernels overwrites their columns, which nobody touched."""
    panel = show(mixed, "conv1", "conv2", "conv3")
    rows, columns, link = editor(panel, "kernel_size").fields()
    assert (rows.text(), columns.text()) == ("", "")  # type: ignore[attr-defined]
    assert not link.isChecked()  # type: ignore[attr-defined]
    type_over(qtbot, rows, "7")
    names = ("conv1", "conv2", "conv3")
    assert [value(mixed, name, "kernel_size") for name in names] == [(7, 5), (7, 3), (7, 3)]
    assert mixed.document.undo_title == "Set kernel of 3 layers"
    assert (rows.text(), columns.text()) == ("7", "")  # type: ignore[attr-defined]
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    type_over(qtbot, columns, "9")
    assert [value(mixed, name, "kernel_size") for name in names] == [(9, 9)] * 3


def test_words_and_numbers_differ(mixed: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a word in one layer and numbers in another cannot be shown, or not be made one."""
    panel = show(mixed, "conv1", "conv2")
    combo = editor(panel, "padding").word  # type: ignore[attr-defined]
    assert combo.isVisible()
    assert combo.currentIndex() == -1
    assert combo.placeholderText() == DIFFERENT
    combo.setFocus()
    qtbot.keyClick(combo, Qt.Key.Key_Down)
    assert value(mixed, "conv1", "padding") == value(mixed, "conv2", "padding") == "same"
    mixed.undo()
    assert combo.currentIndex() == -1
    panel.nodes._form.fold.click()  # type: ignore[union-attr]
    rule = editor(panel, "init").fields()[0]
    assert rule.currentIndex() == -1  # type: ignore[attr-defined]
    qtbot.keyClick(rule, Qt.Key.Key_Down)
    assert value(mixed, "conv1", "init") == value(mixed, "conv2", "init") == "torch"


def test_lists_differ(qapp: QApplication, show: Show, qtbot: Any) -> None:
    """Fails if two inputs of different shape show one of them, or cannot be given the same."""
    graph = Graph.of([node("a", "Input", shape=(3, 8, 8)), node("b", "Input", shape=(1, 28, 28))])
    document = QDocument(Document(Project(graph=graph)))
    panel = show(document, "a", "b")
    line = editor(panel, "shape").fields()[0]
    assert line.text() == ""  # type: ignore[attr-defined]
    assert line.placeholderText() == DIFFERENT  # type: ignore[attr-defined]
    line.setFocus()
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert value(document, "b", "shape") == (1, 28, 28)
    type_over(qtbot, line, "5, 5")
    assert value(document, "a", "shape") == value(document, "b", "shape") == (5, 5)


def test_reset_of_several_gives_each_its_own_default(mixed: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a reset of several layers is more than one step, or leaves one of them out."""
    panel = show(mixed, "conv1", "conv2", "conv3")
    form = panel.nodes._form
    assert form is not None
    before = mixed.project
    qtbot.mouseClick(form.rows["out_channels"].reset, Qt.MouseButton.LeftButton)
    assert {value(mixed, name, "out_channels") for name in ("conv1", "conv2", "conv3")} == {32}
    assert not form.rows["out_channels"].reset.isVisible()
    mixed.undo()
    assert mixed.project == before
    assert form.reset_all.isVisible()
    qtbot.mouseClick(form.reset_all, Qt.MouseButton.LeftButton)
    for name in ("conv1", "conv2", "conv3"):
        assert dict(mixed.project.graph.nodes[name].params) == layers()["Conv2d"].defaults()
    assert mixed.document.undo_title == "Reset all settings of 3 layers"
    assert not form.reset_all.isVisible()
    mixed.undo()
    assert mixed.project == before


def test_names_that_are_no_layers_are_left_out(mixed: QDocument, show: Show) -> None:
    """Fails if a frame or a note in the selection breaks the inspector, or is counted as a layer."""
    panel = show(mixed, "frame1", "conv1", "conv2", "note 3")
    assert panel.nodes.several.text() == "2 layers: 2 Conv2d"
    panel.show_selection("", ("frame1", "conv1"))
    assert panel.nodes.name.text() == "conv1"


def test_every_pair_of_layer_types_can_be_selected(qapp: QApplication, show: Show) -> None:
    """Fails if two settings of one name and kind cannot be shown together, for any two types of layers there are."""
    nodes = [node(f"it{number}", layer.id) for number, layer in enumerate(layers().values())]
    panel = show(QDocument(Document(Project(graph=Graph.of(nodes)))))
    for index, one in enumerate(nodes):
        other = nodes[(index * 7 + 3) % len(nodes)]
        if one is not other:
            panel.show_selection("", (one.name, other.name))
            assert panel.nodes.several.text().startswith("2 layers: ")
    panel.show_selection("", tuple(each.name for each in nodes))
    assert "others" in panel.nodes.several.text()


def test_common_settings_have_the_strictest_limits() -> None:
    """Fails if a value is offered that one of the layers refuses."""
    found = in_common(
        [
            {
                "n": Int("n", 3, low=1, high=9, words=("a", "b"), label="number"),
                "x": Float("x", 0.0, low=0.0, high=1.0),
                "p": Pair("p", 1, low=1),
                "c": Choice("c", "x", options=("x", "y", "z")),
                "s": Sizes("s", (1,), most=3),
                "k": Switch("k", False),
                "only": Int("only", 1),
                "far": Int("far", 1, low=1, high=3),
                "u": Names("u"),
            },
            {
                "n": Int("n", 5, low=4, high=20, words=("b",), label="count"),
                "x": Float("x", 0.5, low=0.0, high=2.0, open_low=True),
                "p": Int("p", 1),
                "c": Choice("c", "z", options=("z", "y")),
                "s": Sizes("s", (1, 2), least=2),
                "k": Switch("k", True),
                "far": Int("far", 9, low=5),
                "u": Names("u"),
            },
        ]
    )
    assert set(found) == {"n", "x", "c", "s", "k", "u"}
    number, fraction, choice, sizes = found["n"], found["x"], found["c"], found["s"]
    assert isinstance(number, Int)
    assert (number.low, number.high, number.words, number.title) == (4, 9, ("b",), "n")
    assert number.check(number.default) == number.default
    assert isinstance(fraction, Float)
    assert (fraction.low, fraction.high, fraction.open_low) == (0.0, 1.0, True)
    assert isinstance(choice, Choice)
    assert choice.options == ("y", "z")
    assert isinstance(sizes, Sizes)
    assert (sizes.least, sizes.most) == (2, 3)


def test_mute_and_repeat_that_differ(mixed: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if mute or repeat of the first layer is shown as everybody's, or cannot be set for all in one step."""
    mixed.do(SetNodeField("", ("conv2",), "bypassed", True))
    mixed.do(SetNodeField("", ("conv3",), "repeat", 4))
    panel = show(mixed, "conv1", "conv2", "conv3")
    assert panel.nodes.bypassed.checkState() == Qt.CheckState.PartiallyChecked
    assert panel.nodes.repeat.text() == ""
    before = mixed.project
    qtbot.keyClick(panel.nodes.bypassed, Qt.Key.Key_Space)
    assert all(mixed.project.graph.nodes[name].bypassed for name in ("conv1", "conv2", "conv3"))
    qtbot.keyClick(panel.nodes.bypassed, Qt.Key.Key_Space)
    assert not any(mixed.project.graph.nodes[name].bypassed for name in ("conv1", "conv2", "conv3"))
    type_over(qtbot, panel.nodes.repeat, "1")
    assert [mixed.project.graph.nodes[name].repeat for name in ("conv1", "conv2", "conv3")] == [1, 1, 1]
    assert mixed.document.undo_title == "Repeat 3 layers"
    for _ in range(3):
        mixed.undo()
    assert mixed.project == before


def test_a_heading_stands_over_something(mixed: QDocument, show: Show) -> None:
    """Fails if a selection with a source, which can be neither left out nor repeated, has a title over nothing."""
    panel = show(mixed, "input1", "conv1")
    assert not panel.nodes._use_title.isVisible()
    panel = show(mixed, "conv1", "conv2")
    assert panel.nodes._use_title.isVisible()
