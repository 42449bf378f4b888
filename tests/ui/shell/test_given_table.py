"""The table of weights by hand in the inspector: typed, painted, copied and pasted, with undo by the drawing."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.core.commands import SetSetting
from app.core.compile.net import compile_net
from app.core.document import Document
from app.core.graph.model import MAIN, Graph, Project
from app.ui.inspector.given_editor import GivenEditor
from app.ui.inspector.kernels import KERNELS
from app.ui.inspector.number_table import rows_of
from app.ui.inspector.panel import InspectorPanel
from app.ui.qdocument import QDocument
from tests.support.drawings import chain, node
from tests.support.patience import settle, wait_active


@pytest.fixture
def qdocument() -> QDocument:
    nodes = [
        node("x", "Input", shape=(1, 8, 8)),
        node("conv", "Conv2d", out_channels=2, kernel_size=3, init="given"),
        node("flat", "Flatten"),
        node("fc", "Linear", out_features=2),
        node("out", "Output"),
    ]
    return QDocument(Document(Project("Hand", graph=Graph.of(nodes, chain("x", "conv", "flat", "fc", "out")))))


@pytest.fixture
def panel(qtbot: Any, qapp: QApplication, qdocument: QDocument) -> InspectorPanel:
    panel = InspectorPanel(qdocument)
    qtbot.addWidget(panel)
    panel.resize(300, 900)
    panel.show()
    panel.show_selection(MAIN, ("conv",))
    panel.activateWindow()
    wait_active(panel)
    form = panel.nodes._form
    if not form.fold.is_open:
        QTest.mouseClick(form.fold, Qt.MouseButton.LeftButton)
    settle()
    return panel


def editor(panel: InspectorPanel) -> GivenEditor:
    made = panel.nodes._form.rows["given"].editor
    assert isinstance(made, GivenEditor)
    return made


def weights(qdocument: QDocument, name: str) -> Any:
    return compile_net(qdocument.project).model(seed=0).state_dict()[name].tolist()


def cell(made: GivenEditor, row: int, column: int) -> QPoint:
    return made.table.visualItemRect(made.table.item(row, column)).center()


def type_into(made: GivenEditor, row: int, column: int, text: str) -> None:
    made.table.setFocus()
    made.table.setCurrentCell(row, column)
    QTest.keyClick(made.table, Qt.Key.Key_F2)
    field = made.table.findChild(QLineEdit)
    assert field is not None
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)
    settle()


def test_the_table_is_there_once_weights_are_given(panel: InspectorPanel, qdocument: QDocument) -> None:
    """Fails if the table stands beside another rule, or has another size than the kernel."""
    made = editor(panel)
    assert made.below.isVisible()
    assert (made.table.rowCount(), made.table.columnCount()) == (3, 3)
    assert [made.which.itemText(place) for place in range(made.which.count())] == ["weight", "bias"]
    assert [box.isVisible() for box in made.places] == [True, True, False]
    qdocument.do_step(SetSetting(MAIN, ("conv",), "init", "torch"))
    settle()
    assert not made.below.isVisible()
    assert not made.isVisible()


def test_a_number_is_typed_and_taken_back(panel: InspectorPanel, qdocument: QDocument) -> None:
    """Fails if another weight changes, a word is taken for a number, or undo does not know of the table."""
    made = editor(panel)
    made.places[0].setValue(1)
    type_into(made, 2, 0, "-1,5")
    assert weights(qdocument, "conv.weight")[1][0] == [[0, 0, 0], [0, 0, 0], [-1.5, 0, 0]]
    assert weights(qdocument, "conv.weight")[0][0] == [[0, 0, 0]] * 3
    type_into(made, 0, 0, "many")
    assert "'many' is no number" in panel.nodes._form.rows["given"].hint.text()
    assert made.table.item(0, 0).text() == "0"
    qdocument.undo()
    settle()
    assert made.table.item(2, 0).text() == "0"
    assert weights(qdocument, "conv.weight")[1][0][2][0] == 0


def test_a_stroke_over_cells_is_one_step(panel: InspectorPanel, qdocument: QDocument) -> None:
    """Fails if painted cells have another number than the brush, or each cell is a step to undo."""
    made = editor(panel)
    made.paint.setChecked(True)
    made.brush.setValue(2.5)
    view = made.table.viewport()
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=cell(made, 0, 0))
    QTest.mouseMove(view, cell(made, 0, 1))
    QTest.mouseMove(view, cell(made, 1, 1))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=cell(made, 1, 1))
    settle()
    assert weights(qdocument, "conv.weight")[0][0] == [[2.5, 2.5, 0], [0, 2.5, 0], [0, 0, 0]]
    qdocument.undo()
    settle()
    assert weights(qdocument, "conv.weight")[0][0] == [[0, 0, 0]] * 3


def test_cells_of_a_spreadsheet_are_pasted_and_copied(panel: InspectorPanel, qdocument: QDocument) -> None:
    """Fails if rows and columns change places, what does not fit vanishes in silence, or a word is pasted as 0."""
    made = editor(panel)
    clipboard = QGuiApplication.clipboard()
    clipboard.setText("1\t2\n3\t4\n5\t6\n7\t8\n")
    made.table.setCurrentCell(0, 1)
    QTest.keyClick(made.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    settle()
    assert weights(qdocument, "conv.weight")[0][0] == [[0, 1, 2], [0, 3, 4], [0, 5, 6]]
    said = panel.nodes._form.rows["given"].hint.text()
    assert said.startswith("4 × 2 numbers were pasted into 3 × 3 cells from row 0, column 1 on: 2 did not fit")
    made.table.clearSelection()
    QTest.keyClick(made.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert clipboard.text() == "0\t1\t2\n0\t3\t4\n0\t5\t6"
    clipboard.setText("1\tx")
    QTest.keyClick(made.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert "'x' is no number, so nothing was pasted" in panel.nodes._form.rows["given"].hint.text()
    assert weights(qdocument, "conv.weight")[0][0] == [[0, 1, 2], [0, 3, 4], [0, 5, 6]]


def test_a_preset_fills_the_kernel_that_is_shown(panel: InspectorPanel, qdocument: QDocument) -> None:
    """Fails if a kernel lands in another filter, or beside the middle of a larger one."""
    made = editor(panel)
    made.places[0].setValue(1)
    next(action for action in made.menu.actions() if action.text() == "Sobel, across").trigger()
    settle()
    sobel = [list(map(float, row)) for row in KERNELS["Sobel, across"][1]]
    assert weights(qdocument, "conv.weight") == [[[[0, 0, 0]] * 3], [sobel]]
    qdocument.do_step(SetSetting(MAIN, ("conv",), "kernel_size", (5, 5)))
    settle()
    assert "weight was given as 2×1×3×3 and is 2×1×5×5 now" in made.said.text()
    assert [row[:3] for row in weights(qdocument, "conv.weight")[1][0][:3]] == sobel
    next(action for action in made.menu.actions() if action.text() == "Sobel, across").trigger()
    settle()
    assert [row[1:4] for row in weights(qdocument, "conv.weight")[1][0][1:4]] == sobel
    assert made.said.text() == ""


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1,5\t2\n3\t-4", [[1.5, 2], [3, -4]]),
        ("1.5, 2\n3, 4", [[1.5, 2], [3, 4]]),
        ("1;2\n3;", [[1, 2], [3, 0]]),
        ("1 2  3", [[1, 2, 3]]),
        ("−1\t1e-3\r\n2\t3", [[-1, 0.001], [2, 3]]),
    ],
)
def test_numbers_of_many_programs_are_read(text: str, rows: list[list[float]]) -> None:
    """Fails if a comma between numbers is taken for a point, or one in a number for a gap."""
    assert rows_of(text) == rows
