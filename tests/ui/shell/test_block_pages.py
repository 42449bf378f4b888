"""Blocks in the inspector and in the whole window: real clicks and keys, then questions to the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton, QWidget

from app.core.commands import GroupNodes
from app.core.document import Document
from app.core.graph.model import MAIN, Exposed, Node
from app.ui.inspector.numbers import SidesEditor
from app.ui.inspector.panel import InspectorPanel
from app.ui.qdocument import QDocument
from app.ui.settings import Settings
from app.ui.window import MainWindow
from tests.support.drawings import block_net
from tests.support.patience import settle, wait_active
from tests.ui.shell.hands import throw_away

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def panel(qtbot: Any, qapp: QApplication) -> InspectorPanel:
    """An inspector of a drawing with three instances of one block."""
    made = InspectorPanel(QDocument(Document(block_net(1))))
    qtbot.addWidget(made)
    made.resize(290, 700)
    made.show()
    made.activateWindow()
    wait_active(made)
    return made


def type_over(field: QWidget, text: str) -> None:
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)


def test_an_instance_shows_the_exposed_settings(panel: InspectorPanel) -> None:
    """Fails if an instance cannot be set, or shows a value that does not count."""
    panel.show_selection("", ("first",))
    form = panel.nodes._form
    assert form is not None
    row = form.rows["filters"]
    assert row.label.text() == "filters"
    assert row.editor.fields()[0].value() == 8  # type: ignore[attr-defined]
    assert not row.expose.isVisible()
    type_over(row.editor.fields()[0], "12")
    project = panel._qdocument.project
    assert project.graph.nodes["first"].params == {"filters": 12}
    assert project.blocks["unit"].graph.nodes["conv"].params["out_channels"] == 8
    assert row.reset.toolTip() == "Set filters back to 8"
    QTest.mouseClick(row.reset, LEFT)
    assert panel._qdocument.project.graph.nodes["first"].params == {}


def test_a_setting_is_exposed_and_hidden_with_one_click(panel: InspectorPanel, qtbot: Any) -> None:
    """Fails if the button does nothing, lies about what is so, or a refusal leaves it pressed."""
    panel.show_selection("unit", ("conv",))
    form = panel.nodes._form
    assert form is not None
    qtbot.waitUntil(form.rows["bias"].expose.isVisible)
    assert form.rows["out_channels"].expose.isChecked()
    assert not form.rows["bias"].expose.isChecked()
    QTest.mouseClick(form.rows["bias"].expose, LEFT)
    block = panel._qdocument.project.blocks["unit"]
    assert block.exposed[-1] == Exposed("bias", "conv", "bias")
    assert "Exposed as bias" in form.rows["bias"].expose.toolTip()
    QTest.mouseClick(form.rows["bias"].expose, LEFT)
    assert len(panel._qdocument.project.blocks["unit"].exposed) == 1
    said: list[str] = []
    panel._qdocument.refused.connect(said.append)
    QTest.mouseClick(form.rows["out_channels"].expose, LEFT)
    assert "first has 8" in said[0]
    assert form.rows["out_channels"].expose.isChecked()


def test_numbers_beside_the_expose_button_can_be_read(panel: InspectorPanel, qtbot: Any) -> None:
    """Fails if the narrow boxes inside a block show no number."""
    panel.show_selection("unit", ("conv",))
    assert panel.nodes._form is not None
    editor = panel.nodes._form.rows["kernel_size"].editor
    assert isinstance(editor, SidesEditor)
    qtbot.waitUntil(editor.isVisible)
    for box in editor.boxes:
        line = box.lineEdit()
        assert line.width() >= line.fontMetrics().horizontalAdvance("13")


def test_the_block_of_an_instance_can_be_renamed_entered_and_copied(panel: InspectorPanel, qtbot: Any) -> None:
    """Fails if the row of the block does not reach the document or the canvas."""
    panel.show_selection("", ("second",))
    row = panel.nodes.block
    assert row.name.text() == "unit"
    type_over(row.name, "stage")
    QTest.keyClick(row.name, Qt.Key.Key_Return)
    assert set(panel._qdocument.project.blocks) == {"stage"}
    for bad, reason in (("ReLU", "layer type"), ("1st", "cannot be a name")):
        type_over(row.name, bad)
        assert reason in row.name.hint.text()
        QTest.keyClick(row.name, Qt.Key.Key_Return)
        assert reason in row.name.hint.text()
        QTest.keyClick(row.name, Qt.Key.Key_Escape)
        assert row.name.text() == "stage"
    with qtbot.waitSignal(panel.enter_wanted) as wanted:
        QTest.mouseClick(row.enter, LEFT)
    assert wanted.args == ["stage", "second"]
    QTest.mouseClick(row.own, LEFT)
    assert panel._qdocument.project.graph.nodes["second"].type == "block:stage2"
    assert row.name.text() == "stage2"
    assert row.name.uses.text() == "Used once in the drawing"
    assert not row.own.isEnabled()


def test_a_block_as_a_whole(panel: InspectorPanel) -> None:
    """Fails if name, description or exposed settings of a block cannot be edited where it is seen."""
    panel.show_selection("unit", ())
    page = panel.block
    assert page.isVisible()
    assert page.name.uses.text() == "Used 3 times"
    type_over(page.rows["filters"], "width")
    QTest.keyClick(page.rows["filters"], Qt.Key.Key_Return)
    assert panel._qdocument.project.graph.nodes["second"].params == {"width": 6}
    page.note.setFocus()
    QTest.keyClicks(page.note, "A convolution")
    assert panel._qdocument.project.blocks["unit"].note == "A convolution"
    assert panel._qdocument.document.undo_title == "Describe the block unit"
    panel._qdocument.undo()
    assert panel._qdocument.project.blocks["unit"].note == ""
    said: list[str] = []
    panel._qdocument.refused.connect(said.append)
    hide = next(b for b in page._settings.findChildren(QToolButton) if b.toolTip().startswith("Hide"))
    QTest.mouseClick(hide, LEFT)
    assert "Give both the same value" in said[0]
    words = {word.text(): value.text() for word, value in page.facts._labels if word.isVisible()}
    assert words["x"] == "3×12×12 image"
    assert words["layers"] == "3"


def test_why_a_setting_of_a_block_cannot_be_called_so(panel: InspectorPanel) -> None:
    """Fails if a bad name of an exposed setting is refused without a word, or the words stay after Escape."""
    panel.show_selection("unit", ())
    field = panel.block.rows["filters"]
    type_over(field, "1st")
    assert field.hint.isVisible()
    assert "cannot be a name" in field.hint.text()
    assert field.hint.mapTo(panel, QPoint()).y() >= field.mapTo(panel, QPoint(0, field.height())).y()
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert not field.hint.isVisible()
    assert field.text() == "filters"


def test_a_setting_through_two_blocks_shows_what_counts(panel: InspectorPanel) -> None:
    """Fails if an instance shows the default of a setting instead of what stands two levels below."""
    panel._qdocument.do(GroupNodes("unit", ("conv", "norm"), "core"))
    panel.show_selection("", ("first",))
    assert panel.nodes._form is not None
    assert panel.nodes._form.rows["filters"].editor.fields()[0].value() == 8  # type: ignore[attr-defined]
    panel.show_selection("unit", ("core",))
    assert panel.nodes._form.rows["filters"].expose.isChecked()


@pytest.fixture
def window(qtbot: Any, settings: Settings) -> Iterator[MainWindow]:
    made = MainWindow(None, settings)
    made.move(0, 0)
    made.show()
    made.activateWindow()
    wait_active(made)
    yield made
    throw_away(made)
    settle()


def test_the_layer_menu_groups_enters_and_leaves(window: MainWindow, qtbot: Any) -> None:
    """Fails if the menu, the palette, the inspector and the canvas do not follow each other into a block."""
    canvas, table = window.canvas, window.actions_table
    assert not table["leave"].isEnabled()
    canvas.setFocus()
    canvas.select(("conv1", "relu1"))
    table["group"].trigger()
    assert canvas.selected == ("block1",)
    assert "block:block1" in window.layers._items
    assert "Digits" in window.layers._items
    assert window.inspector.nodes.block.name.text() == "block1"
    QTest.mouseClick(window.inspector.nodes.block.enter, LEFT)
    assert canvas.where == "block1"
    assert table["leave"].isEnabled()
    assert "In" in window.layers._items
    assert "Out" in window.layers._items
    assert not {"Digits", "CrossEntropyLoss", "Input", "block:block1"} & set(window.layers._items)
    assert window.inspector.block.isVisible()
    type_over(window.inspector.block.name, "edges")
    QTest.keyClick(window.inspector.block.name, Qt.Key.Key_Return)
    assert canvas.where == "edges"
    assert window.inspector.block.name.text() == "edges"
    table["leave"].trigger()
    assert canvas.where == MAIN
    canvas.select(("block1",))
    table["unpack"].trigger()
    assert set(canvas.selected) == {"conv1", "relu1"}
    assert not any(type_id.startswith("block:") for type_id in window.layers._items)


def test_a_block_from_the_palette_comes_onto_the_canvas(window: MainWindow, qtbot: Any) -> None:
    """Fails if a second instance can only be had by copying."""
    window.canvas.setFocus()
    window.canvas.select(("relu3",))
    window.canvas.group()
    window.canvas.select(())
    window.layers.focus_search()
    qtbot.keyClicks(window.layers.search, "block1")
    qtbot.keyClick(window.layers.search, Qt.Key.Key_Return)
    instances = [n for n in window.qdocument.project.graph.nodes.values() if n.type == "block:block1"]
    assert [each.name for each in instances] == ["block1", "block1_2"]


def test_keys_of_blocks_stay_with_fields_that_are_typed_into(window: MainWindow, qtbot: Any) -> None:
    """Fails if Ctrl+G in a field of the inspector groups what is selected on the canvas."""
    window.canvas.select(("conv1",))
    window.inspector.nodes.note.setFocus()
    qtbot.keyClick(window.inspector.nodes.note, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert not window.qdocument.project.blocks
    window.canvas.setFocus()
    qtbot.keyClick(window.canvas, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert window.qdocument.project.graph.nodes["block1"] == Node(
        "block1", "block:block1", {}, window.qdocument.project.graph.nodes["block1"].position
    )
