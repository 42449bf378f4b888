"""Numbers are dragged with the mouse, on the number or on its label: live, one step of undo, Escape takes it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.core.commands import SetSetting
from app.ui.inspector.boxes import FloatBox, IntBox
from app.ui.inspector.panel import InspectorPanel
from app.ui.inspector.scrub import PIXELS_PER_STEP
from app.ui.qdocument import QDocument
from app.ui.training.recipe_form import RecipeForm
from tests.ui.shell.hands import Show, editor, value

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def begin(handle: QWidget) -> None:
    QTest.mousePress(handle, LEFT, NONE, handle.rect().center())


def move(handle: QWidget, pixels: float, keys: Qt.KeyboardModifier = NONE) -> None:
    """Move so far from where the button went down; QTest's own move forgets buttons and keys."""
    place = QPointF(handle.rect().center()) + QPointF(pixels, 0)
    event = QMouseEvent(QEvent.Type.MouseMove, place, handle.mapToGlobal(place), Qt.MouseButton.NoButton, LEFT, keys)
    QApplication.sendEvent(handle, event)


def end(handle: QWidget, pixels: float) -> None:
    QTest.mouseRelease(handle, LEFT, NONE, handle.rect().center() + QPoint(round(pixels), 0))


def drag(handle: QWidget, steps: float, keys: Qt.KeyboardModifier = NONE) -> None:
    pixels = steps * PIXELS_PER_STEP
    begin(handle)
    for share in (0.3, 0.7, 1.0):
        move(handle, share * pixels, keys)
    end(handle, pixels)


def box_of(panel: InspectorPanel, name: str, index: int = 0) -> Any:
    box = editor(panel, name).fields()[index]
    assert isinstance(box, IntBox | FloatBox)
    return box


def label_of(panel: InspectorPanel, name: str) -> QWidget:
    assert panel.nodes._form is not None
    return panel.nodes._form.rows[name].label


def test_a_drag_on_the_number_is_one_step(lenet: QDocument, show: Show) -> None:
    """Fails if the number does not follow the mouse while it moves, or undo needs a step for every pixel."""
    panel = show(lenet, "conv1")
    line = box_of(panel, "out_channels").lineEdit()
    before = lenet.project
    begin(line)
    move(line, 5 * PIXELS_PER_STEP)
    assert value(lenet, "conv1", "out_channels") == 11
    move(line, -2 * PIXELS_PER_STEP)
    assert value(lenet, "conv1", "out_channels") == 4
    move(line, 3 * PIXELS_PER_STEP)
    end(line, 3 * PIXELS_PER_STEP)
    assert value(lenet, "conv1", "out_channels") == 9
    assert not box_of(panel, "out_channels").hasFocus()
    drag(line, 1)
    assert value(lenet, "conv1", "out_channels") == 10
    lenet.undo()
    assert value(lenet, "conv1", "out_channels") == 9
    lenet.undo()
    assert lenet.project == before
    assert lenet.document.undo_title is None


@pytest.mark.parametrize(("keys", "wanted"), [(NONE, 16), (SHIFT, 7), (CTRL, 106)])
def test_shift_is_finer_and_ctrl_is_coarser(
    keys: Qt.KeyboardModifier, wanted: int, lenet: QDocument, show: Show
) -> None:
    """Fails if the keys change nothing, or the wrong way round."""
    panel = show(lenet, "conv1")
    drag(label_of(panel, "out_channels"), 10, keys)
    assert value(lenet, "conv1", "out_channels") == wanted


def test_the_number_stays_within_its_limits(lenet: QDocument, show: Show) -> None:
    """Fails if a drag can leave a setting without a value that it takes, or loses count beyond the limit."""
    panel = show(lenet, "conv1")
    drag(label_of(panel, "out_channels"), -500)
    assert value(lenet, "conv1", "out_channels") == 1
    assert not lenet.document.report.problems


def test_escape_takes_the_drag_back_without_a_trace(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a drag that is taken back leaves a step, forgets what could be redone, or goes on afterwards."""
    panel = show(lenet, "conv1")
    lenet.do(SetSetting("", ("conv1",), "out_channels", 8))
    lenet.do(SetSetting("", ("conv2",), "out_channels", 12))
    lenet.undo()
    before = lenet.project
    line = box_of(panel, "out_channels").lineEdit()
    panel.nodes.note.setFocus()
    begin(line)
    move(line, 4 * PIXELS_PER_STEP)
    assert value(lenet, "conv1", "out_channels") == 12
    qtbot.keyClick(panel.nodes.note, Qt.Key.Key_Escape)
    assert lenet.project == before
    assert box_of(panel, "out_channels").value() == 8
    move(line, 9 * PIXELS_PER_STEP)
    end(line, 9 * PIXELS_PER_STEP)
    assert lenet.project == before
    assert lenet.document.undo_title == "Set filters of conv1"
    assert lenet.document.redo_title == "Set filters of conv2"
    drag(line, 1)
    assert value(lenet, "conv1", "out_channels") == 9


def test_a_click_is_for_typing_and_a_drag_there_selects(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a number can no longer be typed with the mouse's help, or dragging in the text changes it."""
    panel = show(lenet, "conv1")
    box = box_of(panel, "out_channels")
    panel.nodes.note.setFocus()
    qtbot.mouseClick(box.lineEdit(), LEFT)
    assert box.hasFocus()
    assert value(lenet, "conv1", "out_channels") == 6
    qtbot.mouseDClick(box.lineEdit(), LEFT, pos=QPoint(8, 8))
    assert box.lineEdit().selectedText() == "6"
    drag(box.lineEdit(), 5)
    assert value(lenet, "conv1", "out_channels") == 6
    assert lenet.document.undo_title is None


def test_the_arrows_and_page_keys_step(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if the keyboard cannot do what the mouse can, or a click on an arrow does not take the focus."""
    panel = show(lenet, "conv1")
    box = box_of(panel, "out_channels")
    box.setFocus()
    for key, wanted in ((Qt.Key.Key_Up, 7), (Qt.Key.Key_PageUp, 17), (Qt.Key.Key_Down, 16), (Qt.Key.Key_PageDown, 6)):
        qtbot.keyClick(box, key)
        assert value(lenet, "conv1", "out_channels") == wanted
    panel.nodes.note.setFocus()
    qtbot.mouseClick(box, LEFT, pos=QPoint(box.width() - 8, 6))
    assert value(lenet, "conv1", "out_channels") == 7
    assert box.hasFocus()


def test_linked_sides_are_dragged_together(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if a square kernel becomes oblong by a drag, or an unlinked side takes the other along."""
    panel = show(lenet, "conv1")
    second = box_of(panel, "kernel_size", 1).lineEdit()
    drag(second, -2)
    assert value(lenet, "conv1", "kernel_size") == (3, 3)
    qtbot.mouseClick(editor(panel, "kernel_size").fields()[2], LEFT)
    drag(second, 4)
    assert value(lenet, "conv1", "kernel_size") == (3, 7)
    lenet.undo()
    assert value(lenet, "conv1", "kernel_size") == (3, 3)
    drag(label_of(panel, "kernel_size"), 2)
    assert value(lenet, "conv1", "kernel_size") == (5, 3)


def test_fractions_move_by_their_step_and_tiny_ones_by_less(single: Callable[..., QDocument], show: Show) -> None:
    """Fails if one pixel takes a drop rate from 0.5 to 1, or 1e-05 to 0.1."""
    document = single("Dropout", p=0.5)
    panel = show(document, "it")
    drag(label_of(panel, "p"), 3)
    assert value(document, "it", "p") == pytest.approx(0.65)
    drag(label_of(panel, "p"), 100)
    assert value(document, "it", "p") <= 1.0
    document = single("BatchNorm2d", eps=1e-5)
    panel = show(document, "it")
    drag(label_of(panel, "eps"), 4)
    assert value(document, "it", "eps") == pytest.approx(5e-5)
    drag(label_of(panel, "eps"), 10, SHIFT)
    assert value(document, "it", "eps") == pytest.approx(6e-5)


def test_several_layers_are_dragged_together(lenet: QDocument, show: Show, qtbot: Any) -> None:
    """Fails if values that differ cannot be dragged, or taking it back makes them the same."""
    panel = show(lenet, "conv1", "conv2")
    before = lenet.project
    line = box_of(panel, "out_channels").lineEdit()
    begin(line)
    move(line, 4 * PIXELS_PER_STEP)
    assert value(lenet, "conv1", "out_channels") == value(lenet, "conv2", "out_channels") == 10
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    end(line, 4 * PIXELS_PER_STEP)
    assert lenet.project == before
    assert box_of(panel, "out_channels").text() == ""
    drag(line, 4)
    assert lenet.document.undo_title == "Set filters of 2 layers"
    lenet.undo()
    assert lenet.project == before


def test_a_hidden_field_ends_its_drag(lenet: QDocument, show: Show) -> None:
    """Fails if a drag goes on in a field that is not there any more, because something else was selected."""
    panel = show(lenet, "conv1")
    before = lenet.project
    line = box_of(panel, "out_channels").lineEdit()
    begin(line)
    move(line, 4 * PIXELS_PER_STEP)
    panel.show_selection("", ("fc1",))
    assert lenet.project == before
    assert lenet.document.undo_title is None


def test_a_disabled_number_stays(single: Callable[..., QDocument], show: Show, qtbot: Any) -> None:
    """Fails if a setting that counts for nothing now can be dragged by its label."""
    document = single("Conv2d")
    panel = show(document, "it")
    assert panel.nodes._form is not None
    panel.nodes._form.fold.click()
    drag(box_of(panel, "init_value").lineEdit(), 5)
    assert document.document.undo_title is None


def test_the_recipe_is_dragged_too(lenet: QDocument, qtbot: Any) -> None:
    """Fails if the numbers of the training behave in another way than those of a layer."""
    form = RecipeForm(lenet)
    qtbot.addWidget(form)
    form.show()
    before = lenet.project.recipe.epochs
    drag(form._labels["epochs"], 5)
    assert lenet.project.recipe.epochs == before + 5
    lenet.undo()
    assert lenet.project.recipe.epochs == before
    assert lenet.document.undo_title is None
