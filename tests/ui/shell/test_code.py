"""The code panel follows the drawing, and leads back to it."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication

from app.core.commands import RemoveNodes, SetSetting
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.ui import theme
from app.ui.code.panel import CodePanel, CodeView
from app.ui.qdocument import QDocument


@pytest.fixture
def code(lenet: QDocument, qtbot: Any) -> CodePanel:
    panel = CodePanel(lenet)
    qtbot.addWidget(panel)
    panel.resize(700, 300)
    panel.show()
    qtbot.waitUntil(lambda: bool(panel.text))
    return panel


def printed(qdocument: QDocument) -> str:
    return print_source(make_plan(qdocument.project)).text


def test_it_shows_the_program_that_runs(code: CodePanel, lenet: QDocument) -> None:
    """Fails if what is shown is not, letter by letter, what the compiler prints."""
    assert code.view.toPlainText() == code.text == printed(lenet)


def test_it_follows_edits_and_undo(code: CodePanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if old code stays after an edit, or only some of it is replaced."""
    lenet.do(SetSetting("", ("conv1",), "out_channels", 9))
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 9, 5)" in code.view.toPlainText())
    assert code.view.toPlainText() == printed(lenet)
    lenet.undo()
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 6, 5)" in code.view.toPlainText())
    assert code.view.toPlainText() == printed(lenet)


def test_printing_waits_until_the_hand_rests(
    code: CodePanel, lenet: QDocument, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the text is printed within the edit, where it would make typing slow."""
    import app.ui.code.panel as module

    calls: list[object] = []
    monkeypatch.setattr(module, "make_plan", lambda *a: calls.append(a) or make_plan(*a))
    for count in range(2, 12):
        lenet.do(SetSetting("", ("conv1",), "out_channels", count))
    assert not calls
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 11, 5)" in code.view.toPlainText())
    assert len(calls) == 1


def test_hidden_it_prints_nothing(lenet: QDocument, qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the panel works behind another tab, and shows old text when it comes to the front."""
    import app.ui.code.panel as module

    calls: list[object] = []
    monkeypatch.setattr(module, "make_plan", lambda *a: calls.append(a) or make_plan(*a))
    panel = CodePanel(lenet)
    qtbot.addWidget(panel)
    lenet.do(SetSetting("", ("conv1",), "out_channels", 7))
    qtbot.wait(150)
    assert not calls
    panel.show()
    qtbot.waitUntil(lambda: "nn.Conv2d(1, 7, 5)" in panel.view.toPlainText())


def test_problems_take_the_place_of_old_code(code: CodePanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if code of a drawing that is no more is still shown and copied, or nobody says where to read why."""
    lenet.do(SetSetting("", ("conv2",), "kernel_size", (40, 40)))
    qtbot.waitUntil(lambda: code.sentences.isVisible())
    assert "a problem, which stands under Problems" in code.sentences.text()
    assert not code.copy_button.isVisible()
    assert code.text == ""
    lenet.do(RemoveNodes("", tuple(lenet.project.graph.nodes)))
    qtbot.waitUntil(lambda: "empty" in code.sentences.text())


def test_selected_nodes_are_marked(code: CodePanel) -> None:
    """Fails if the lines of the selected node are not those that are highlighted."""
    code.show_selection("", ["conv1"])
    lines = [mark.cursor.block().text() for mark in code.view.extraSelections()]  # type: ignore[attr-defined]
    assert len(lines) == 2
    assert all("conv1" in line for line in lines)
    code.show_selection("", [])
    assert not code.view.extraSelections()


def test_a_click_on_a_line_names_its_node(code: CodePanel, qtbot: Any) -> None:
    """Fails if the wrong node is selected, or a line without a node selects one."""
    text = code.text.split("\n")

    def click(line: int) -> None:
        block = code.view.document().findBlockByNumber(line)
        code.view.setTextCursor(QTextCursor(block))
        code.view.ensureCursorVisible()
        point = code.view.cursorRect(QTextCursor(block)).center()
        qtbot.mouseClick(code.view.viewport(), Qt.MouseButton.LeftButton, pos=point)

    with qtbot.waitSignal(code.node_clicked) as clicked:
        click(next(i for i, line in enumerate(text) if "self.fc2 =" in line))
    assert clicked.args == ["", "fc2"]
    with qtbot.assertNotEmitted(code.node_clicked):
        click(next(i for i, line in enumerate(text) if line.startswith("class ")))


def test_copy_gives_the_whole_text(code: CodePanel, lenet: QDocument, qtbot: Any) -> None:
    """Fails if a part is copied, or what stood there before the last edit."""
    lenet.do(SetSetting("", ("conv1",), "out_channels", 4))
    qtbot.mouseClick(code.copy_button, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == printed(lenet)


def test_colours_belong_to_words_and_follow_the_theme(code: CodePanel, qapp: QApplication) -> None:
    """Fails if strings, numbers or names are not coloured, or keep the colours of another theme."""

    def colour_of(word: str) -> str:
        document = code.view.document()
        cursor = document.find(word)
        assert not cursor.isNull()
        block = cursor.block()
        place = cursor.selectionStart() - block.position()
        for span in block.layout().formats():
            if span.start <= place < span.start + span.length:
                return span.format.foreground().color().name()
        return ""

    for name in ("dark", "light"):
        theme.apply(qapp, name)
        assert colour_of("import") == theme.color("code.keyword").name()
        assert colour_of("class") == theme.color("code.keyword").name()
        assert colour_of("LeNet5") == theme.color("code.definition").name()
        assert colour_of("120") == theme.color("code.number").name()
        assert colour_of('"""LeNet') == theme.color("code.string").name()
        assert colour_of("# (6, 28, 28)") == theme.color("code.comment").name()
        assert code.view.font().family() == theme.code_font().family()
    theme.apply(qapp, "dark")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "a"),
        ("a", ""),
        ("a\nb\nc", "a\nc"),
        ("a\nc", "a\nb\nc"),
        ("a\na\na", "a\na"),
        ("a\na", "a\na\na\na"),
        ("a\nb", "b"),
        ("b", "a\nb"),
        ("a\nb\nc\nd", "a\nX\nY\nZ\nd"),
        ("a\nb\n", "a\nb\nc\n"),
        ("x\ny\nz", "1\n2\n3\n4"),
    ],
)
def test_touching_only_what_differs_gives_the_same_text(qtbot: Any, before: str, after: str) -> None:
    """Fails if replacing lines loses or doubles one."""
    view = CodeView()
    qtbot.addWidget(view)
    view.show_text(before)
    view.show_text(after)
    assert view.toPlainText() == after
    view.show_text(before)
    assert view.toPlainText() == before
