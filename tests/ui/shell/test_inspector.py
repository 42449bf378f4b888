"""The inspector: real keys and clicks, then questions to the document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from app.core.commands import RemoveNodes, Rename, SetSetting
from app.core.document import Document
from app.core.graph.model import Graph, Node, Project, Wire
from app.ui.inspector.editors import editor_for
from app.ui.qdocument import QDocument
from app.ui.window import MainWindow
from nodes.api import Choice, Float, Int, Layer, Pair, Sizes, Switch
from nodes.api.registry import layers
from tests.support.patience import settle
from tests.ui.shell.hands import Show, editor, hint, type_over, value


def test_every_kind_of_setting_has_an_editor(qtbot: Any) -> None:
    """Fails if a layer declares a kind of setting that the inspector cannot show."""
    for layer in layers().values():
        for param in layer.params:
            made = editor_for(param)
            qtbot.addWidget(made)
            made.show_value(param.default)
            assert made.fields()


def test_typing_edits_at_once_and_is_one_step(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if the drawing follows only after Enter, or each digit is a step of undo of its own."""
    panel = show(lenet, "conv1")
    type_over(qtbot, editor(panel, "out_channels").fields()[0], "12")
    assert value(lenet, "conv1", "out_channels") == 12
    lenet.undo()
    assert value(lenet, "conv1", "out_channels") == 6
    assert lenet.document.undo_title is None


def test_two_visits_of_a_field_are_two_steps(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if coming back later merges with what was typed before."""
    panel = show(lenet, "conv1")
    box = editor(panel, "out_channels").fields()[0]
    type_over(qtbot, box, "12")
    panel.nodes.note.setFocus()
    type_over(qtbot, box, "20")
    lenet.undo()
    assert value(lenet, "conv1", "out_channels") == 12


def test_undo_key_in_a_field_undoes_the_drawing(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if the number box keeps Ctrl+Z for itself, so that the window's undo never hears of it."""
    from PySide6.QtGui import QAction

    panel = show(lenet, "conv1")
    undo = QAction(panel)
    undo.setShortcut("Ctrl+Z")
    undo.triggered.connect(lambda: lenet.undo())
    panel.addAction(undo)
    box = editor(panel, "out_channels").fields()[0]
    type_over(qtbot, box, "12")
    qtbot.keyClick(box, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert value(lenet, "conv1", "out_channels") == 6
    assert box.text() == "6"  # type: ignore[attr-defined]


def test_a_change_from_elsewhere_shows_without_edit_or_focus(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if following an undo emits an edit, or takes the keyboard from where a person works."""
    panel = show(lenet, "conv1")
    panel.nodes.note.setFocus()
    changes: list[object] = []
    lenet.document.do(SetSetting("", ("conv1",), "kernel_size", (3, 7)))
    lenet.changed.connect(changes.append)
    pair = editor(panel, "kernel_size")
    assert [field.value() for field in pair.fields()[:2]] == [3, 7]  # type: ignore[attr-defined]
    lenet.undo()
    assert [field.value() for field in pair.fields()[:2]] == [5, 5]  # type: ignore[attr-defined]
    assert len(changes) == 1
    assert QApplication.focusWidget() is panel.nodes.note


def test_a_linked_pair_changes_together(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a square kernel cannot be typed once, or the link cannot be taken off."""
    panel = show(lenet, "conv1")
    first, second, link = editor(panel, "kernel_size").fields()
    type_over(qtbot, first, "3")
    assert value(lenet, "conv1", "kernel_size") == (3, 3)
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    type_over(qtbot, second, "5")
    assert value(lenet, "conv1", "kernel_size") == (3, 5)
    qtbot.mouseClick(link, Qt.MouseButton.LeftButton)
    assert value(lenet, "conv1", "kernel_size") == (3, 3)


def test_a_number_outside_the_limits_is_explained(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if keys are swallowed in silence, or a number that nobody typed stays in the drawing."""
    panel = show(lenet, "conv1")
    box = editor(panel, "out_channels").fields()[0]
    type_over(qtbot, box, "70000")
    assert "from 1 to 65,536" in hint(panel, "out_channels")
    assert hint(panel, "out_channels").startswith("Filters")
    assert value(lenet, "conv1", "out_channels") == 7000
    panel.nodes.note.setFocus()
    assert box.text() == "65536"  # type: ignore[attr-defined]
    assert value(lenet, "conv1", "out_channels") == 65536
    assert hint(panel, "out_channels").endswith("from 1 to 65,536, so 65536 stands here and not 70000.")
    type_over(qtbot, box, "0")
    assert value(lenet, "conv1", "out_channels") == 65536
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert (box.text(), value(lenet, "conv1", "out_channels")) == ("1", 1)  # type: ignore[attr-defined]
    assert hint(panel, "out_channels").endswith("so 1 stands here and not 0.")
    type_over(qtbot, box, "0")
    qtbot.keyClick(box, Qt.Key.Key_Return)  # it was at its limit before: nothing changes, and it is told all the same
    assert hint(panel, "out_channels").endswith("so 1 stands here and not 0.")
    type_over(qtbot, box, "8")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert hint(panel, "out_channels") == ""


def test_the_wheel_needs_the_focus(lenet: QDocument, show: Show) -> None:
    """Fails if scrolling the inspector changes settings on the way."""
    panel = show(lenet, "conv1")
    box = editor(panel, "out_channels").fields()[0]

    def turn() -> None:
        place = QPointF(box.rect().center())
        event = QWheelEvent(
            place,
            box.mapToGlobal(place),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(box, event)

    panel.nodes.note.setFocus()
    turn()
    assert value(lenet, "conv1", "out_channels") == 6
    assert not box.hasFocus()
    box.setFocus()
    turn()
    assert value(lenet, "conv1", "out_channels") == 7


def test_switch_choice_and_sizes_edit(single: Callable[..., QDocument], show: Show, qtbot: Any) -> None:
    """Fails if one of these editors does not reach the document."""
    conv = single("Conv2d")
    panel = show(conv, "it")
    qtbot.keyClick(editor(panel, "bias").fields()[0], Qt.Key.Key_Space)
    assert value(conv, "it", "bias") is False
    panel = show(conv, "input1")
    line = editor(panel, "shape").fields()[0]
    type_over(qtbot, line, "1, 64x48")
    assert value(conv, "input1", "shape") == (1, 64, 48)
    type_over(qtbot, line, "1, zwei")
    assert "list of" in hint(panel, "shape")
    assert value(conv, "input1", "shape") == (1,)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert line.text() == "1"  # type: ignore[attr-defined]
    digits = single("Digits")
    panel = show(digits, "it")
    qtbot.keyClick(editor(panel, "size").fields()[0], Qt.Key.Key_Down)
    assert value(digits, "it", "size") == "16×16"


def test_a_fraction_may_be_small_and_has_a_comma_too(single: Callable[..., QDocument], show: Show, qtbot: Any) -> None:
    """Fails if 1e-05 is shown as 0, or what a German types is refused."""
    document = single("BatchNorm2d")
    panel = show(document, "it")
    box = editor(panel, "eps").fields()[0]
    assert box.text() == "1e-05"  # type: ignore[attr-defined]
    type_over(qtbot, box, "0,25")
    assert value(document, "it", "eps") == 0.25
    type_over(qtbot, box, "7")
    assert "eps" in hint(panel, "eps").lower()
    assert value(document, "it", "eps") == 0.25


def test_wrong_values_of_a_file_are_shown_and_reset(qapp: QApplication, show: Show, qtbot: Any) -> None:
    """Fails if a file with text where a number belongs breaks the inspector, or cannot be mended in it."""
    params = {"out_channels": "many", "kernel_size": None, "stride": (1, 2), "colour": "red"}
    nodes = [Node("input1", "Input", {"shape": (3, 9, 9)}), Node("conv1", "Conv2d", params)]
    qdocument = QDocument(Document(Project(graph=Graph.of(nodes, [Wire("input1", "output", "conv1", "x")]))))
    panel = show(qdocument, "conv1")
    assert "many" in hint(panel, "out_channels")
    assert "None" in hint(panel, "kernel_size")
    form = panel.nodes._form
    assert form is not None
    assert "colour" in form._strangers
    qtbot.mouseClick(form.rows["out_channels"].reset, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(form.rows["kernel_size"].reset, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(form._strangers["colour"][1], Qt.MouseButton.LeftButton)
    assert dict(qdocument.project.graph.nodes["conv1"].params) == {
        "out_channels": 32,
        "kernel_size": (3, 3),
        "stride": (1, 2),
    }
    assert not qdocument.document.report.problems
    assert hint(panel, "out_channels") == ""
    assert not form._strangers


def one_for_each_kind() -> list[Layer]:
    """A layer for each kind of setting: those that differ in what can be chosen, not only in name and limits."""
    found: dict[object, Layer] = {}
    for layer in layers().values():
        for param in layer.params:
            about = ("words", "count", "least", "most", "open_low", "open_high", "endings")
            found.setdefault((type(param), *(getattr(param, each, None) for each in about)), layer)
    return list({layer.id: layer for layer in found.values()}.values())


@pytest.mark.parametrize("wrong", [None, "x", [], {}, 1e400, -5, True, 2**80, (1, 2, 3), "8×8 ", object()])
def test_no_value_breaks_an_editor(wrong: object, show: Show) -> None:
    """Fails if some value from a file raises in the inspector, for any kind of setting there is."""
    nodes = [
        Node(f"it{number}", layer.id, {param.name: wrong for param in layer.params})
        for number, layer in enumerate(one_for_each_kind())
    ]
    panel = show(QDocument(Document(Project(graph=Graph.of(nodes)))))
    for each in nodes:
        panel.show_selection("", (each.name,))


def test_a_problem_is_mended_by_its_button(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if the fix button does nothing, or the sentence stays after the problem is gone."""
    lenet.do(SetSetting("", ("conv2",), "kernel_size", (30, 30)))
    panel = show(lenet, "conv2")
    cards = panel.nodes._cards
    assert cards.isVisible()
    buttons = cards.findChildren(QPushButton)
    assert buttons
    qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    assert not [p for p in lenet.document.report.problems if p.node == "conv2"]
    assert not cards.isVisible()


def test_rename_on_enter_and_refusal_with_reason(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a rename loses wires, a name that is taken gets in, or the reason is not said."""
    panel = show(lenet, "conv1")
    type_over(qtbot, panel.nodes.name, "edges")
    qtbot.keyClick(panel.nodes.name, Qt.Key.Key_Return)
    assert "edges" in lenet.project.graph.nodes
    assert lenet.project.graph.into("edges")[0].source == "digits"
    for bad, reason in (("conv2", "already"), ("1st", "cannot be a name"), ("class", "meaning")):
        type_over(qtbot, panel.nodes.name, bad)
        assert reason in panel.nodes.name.hint.text()
        qtbot.keyClick(panel.nodes.name, Qt.Key.Key_Return)
        assert panel.nodes.name.text() == bad  # it can be mended, and the reason is still there to be read
        assert reason in panel.nodes.name.hint.text()
    panel.nodes.note.setFocus()
    assert panel.nodes.name.text() == "edges"
    type_over(qtbot, panel.nodes.name, "other")
    qtbot.keyClick(panel.nodes.name, Qt.Key.Key_Escape)
    panel.nodes.note.setFocus()
    assert "edges" in lenet.project.graph.nodes


def test_mute_repeat_and_note(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if one of the fields below the settings does not reach the document."""
    panel = show(lenet, "relu1")
    qtbot.keyClick(panel.nodes.bypassed, Qt.Key.Key_Space)
    type_over(qtbot, panel.nodes.repeat, "3")
    panel.nodes.note.setFocus()
    qtbot.keyClicks(panel.nodes.note, "look here")
    node = lenet.project.graph.nodes["relu1"]
    assert (node.bypassed, node.repeat, node.note) == (True, 3, "look here")
    lenet.undo()
    assert lenet.project.graph.nodes["relu1"].note == ""
    assert panel.nodes.note.toPlainText() == ""


def test_several_layers_of_a_type_are_set_together(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if only the first is changed, or differing values are hidden."""
    panel = show(lenet, "conv1", "conv2")
    assert "6, 16" in hint(panel, "out_channels")
    type_over(qtbot, editor(panel, "out_channels").fields()[0], "9")
    assert (value(lenet, "conv1", "out_channels"), value(lenet, "conv2", "out_channels")) == (9, 9)
    lenet.undo()
    assert (value(lenet, "conv1", "out_channels"), value(lenet, "conv2", "out_channels")) == (6, 16)


def test_nothing_selected_shows_the_drawing(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if title and description cannot be edited, or typing them is many steps."""
    panel = show(lenet)
    before = lenet.project.title
    type_over(qtbot, panel.drawing.title, "My net")
    assert lenet.project.title == "My net"
    lenet.undo()
    assert lenet.project.title == before
    assert panel.drawing.title.text() == before
    assert "61,706" in [value.text() for _, value in panel.drawing.facts._labels]


def test_a_removed_node_leaves_the_inspector_and_a_renamed_one_stays(lenet: QDocument, show: Show) -> None:
    """Fails if the inspector goes on showing, and editing, what is not there any more, or loses what is."""
    panel = show(lenet, "conv1")
    for edit, name in ((lambda: lenet.do(Rename("", "conv1", "first")), "first"), (lenet.undo, "conv1")):
        edit()
        assert panel._pages.currentIndex() == 1
        assert panel.nodes.name.text() == name
    lenet.do(RemoveNodes("", ("conv1",)))
    assert panel._pages.currentIndex() == 0
    lenet.undo()
    assert panel._pages.currentIndex() == 1


def test_an_unknown_layer_and_a_block_can_be_selected(qapp: QApplication, show: Show) -> None:
    """Fails if a node of a type that this version does not know breaks the inspector."""
    graph = Graph.of([Node("a", "Conv9d", {"x": 1}), Node("b", "block:none"), Node("c", "In")])
    qdocument = QDocument(Document(replace(Project(), graph=graph)))
    for name in ("a", "b", "c"):
        panel = show(qdocument, name)
        assert panel.nodes._cards.isVisible()


def test_labels_speak_to_students_and_tooltips_name_torch(lenet: QDocument, show: Show) -> None:
    """Fails if torch's word replaces the student's, or is nowhere to be found."""
    panel = show(lenet, "conv1")
    assert panel.nodes._form is not None
    row = panel.nodes._form.rows["out_channels"]
    assert row.label.text() == "filters"
    assert "out_channels" in row.label.toolTip()
    for field in editor(panel, "kernel_size").fields():
        assert field.accessibleName()
        assert field.toolTip()


def test_editors_refuse_and_accept_at_the_limits(qtbot: Any) -> None:
    """Fails if an editor's limits are not those of the setting."""
    cases: list[tuple[Any, str, bool]] = [
        (Int("n", 3, low=2, high=5), "5", True),
        (Int("n", 3, low=2, high=5), "6", False),
        (Float("x", 0.5, low=0, high=1, open_high=True), "1", False),
        (Float("x", 0.5, low=0, high=1, open_high=True), "0", True),
        (Pair("p", 3, low=1, high=9), "9", True),
        (Pair("p", 3, low=1, high=9), "0", False),
        (Sizes("s", (1, 2), high=100), "1 2 3 4", True),
        (Sizes("s", (1, 2), high=100), "1 2 3 4 5", False),
    ]
    for param, text, fits in cases:
        made = editor_for(param)
        qtbot.addWidget(made)
        made.show_value(param.default)
        made.show()
        heard: list[object] = []
        made.edited.connect(heard.append)
        type_over(qtbot, made.fields()[0], text)
        last = heard[-1] if heard else None
        wanted = {Int: int, Float: float}.get(type(param), lambda t: t)
        if isinstance(param, Pair):
            assert (last == (int(text), int(text))) is fits
        elif isinstance(param, Sizes):
            assert (last == tuple(int(part) for part in text.split())) is fits
        else:
            assert (last == wanted(text)) is fits
    for param in (Switch("b", True), Choice("c", "x", options=("x", "y"))):
        qtbot.addWidget(editor_for(param))


@pytest.mark.parametrize("name", ["pool1", "conv1", "loss", "fc1"])
def test_names_of_settings_are_never_cut_off(window: MainWindow, qtbot: Any, name: str) -> None:
    """Fails if a name ends in the middle where its editor is wide: "keep the res"."""
    window.resize(1366, 768)
    window.canvas.select([name])
    settle()
    labels = [each for each in window.inspector.nodes.findChildren(QLabel) if each.isVisible() and each.buddy()]
    assert labels
    for label in labels:
        needed = label.fontMetrics().boundingRect(
            QRect(0, 0, label.contentsRect().width(), 1000), Qt.TextFlag.TextWordWrap.value, label.text()
        )
        assert needed.width() <= label.contentsRect().width(), label.text()
        assert needed.height() <= label.contentsRect().height(), label.text()
        if name == "fc1":  # no wide editor here: nothing needs a second line
            assert needed.height() < 1.5 * label.fontMetrics().height(), label.text()
