"""The code panel: the program that the drawing is, line by line beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QResizeEvent, QShowEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import (
    QApplication,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QTextEdit,
    QWidget,
)

from app.core.compile.plan import NotReady, make_plan
from app.core.compile.source import PrintedSource, print_source
from app.core.document import Change
from app.core.graph.model import MAIN
from app.ui import scale, theme
from app.ui.code.highlighter import PythonHighlighter
from app.ui.icons import put
from app.ui.layouts import column, row
from app.ui.pace import later
from app.ui.qdocument import QDocument

ABOUT = "This text is what runs. Click a line to find its layer."
DELAY_MS = 100  # an edit is shown first on the canvas; the text follows when the hand rests


class CodeView(QPlainTextEdit):
    """Text that can be read, selected and copied. A click on a line tells its number, counted from 1."""

    line_clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        # Also the keyboard may walk through the text, not only the mouse.
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setAccessibleName("Printed program")
        self.setToolTip("The program that runs; a click on a line selects its layer")
        self.setCursorWidth(2)
        self.setUndoRedoEnabled(False)
        self._pressed_at = -1
        self._lines = [""]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        self._pressed_at = self.textCursor().blockNumber()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        cursor = self.textCursor()
        if (
            event.button() == Qt.MouseButton.LeftButton
            and not cursor.hasSelection()
            and cursor.blockNumber() == self._pressed_at
        ):
            self.line_clicked.emit(cursor.blockNumber() + 1)

    def show_text(self, text: str) -> None:
        """Show ``text``, touching only the lines that differ: place, scroll position and colours of the rest stay."""
        old, new = self._lines, text.split("\n")
        shortest = min(len(old), len(new))
        head = next((i for i in range(shortest) if old[i] != new[i]), shortest)
        if head == len(old) == len(new):
            return
        tail = next((i for i in range(shortest - head) if old[-1 - i] != new[-1 - i]), shortest - head)
        if head + tail == shortest:
            # Lines were only added or only removed. One line around them is replaced too, so that both spans hold one.
            head, tail = (head - 1, tail) if head else (head, tail - 1)
        first = self.document().findBlockByNumber(head)
        last = self.document().findBlockByNumber(len(old) - 1 - tail)
        cursor = QTextCursor(first)
        cursor.setPosition(last.position() + last.length() - 1, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText("\n".join(new[head : len(new) - tail]))
        self._lines = new


class CodePanel(QWidget):
    """Shows ``print_source`` of the drawing, and where to read why if there is nothing to print.

    ``node_clicked`` names the graph and the node whose line was clicked.
    """

    node_clicked = Signal(str, str)
    save_wanted = Signal()

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._qdocument = qdocument
        self._source: PrintedSource | None = None
        self._stale = True
        self._selected: tuple[str, tuple[str, ...]] = (MAIN, ())
        self._timer = later(self, self.refresh, DELAY_MS)
        self._build()
        qdocument.changed.connect(self._changed)
        theme.notifier.changed.connect(self._dress)

    def _build(self) -> None:
        self.view = CodeView()
        self._highlighter = PythonHighlighter(self.view.document())
        self.view.line_clicked.connect(self._line_clicked)
        self.about = QLabel(ABOUT)
        self.about.setObjectName("soft")
        self.copy_button = QPushButton(" Copy")
        self.copy_button.setToolTip("Copy the whole program to the clipboard")
        self.copy_button.clicked.connect(self.copy)
        self.save_button = QPushButton(" Save…")
        self.save_button.setToolTip(
            "Save the network and its steps as a Python file; File > Export training script loads the data, too"
        )
        self.save_button.clicked.connect(self.save_wanted)
        for button, name in ((self.copy_button, "copy"), (self.save_button, "save")):
            button.setAccessibleName(button.toolTip())
            put(button, name)
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QWidget()
        row((self.about, 1), self.copy_button, self.save_button, of=self._bar, margins=(8, 4, 6, 4))
        self.sentences = QLabel(wordWrap=True, textFormat=Qt.TextFormat.PlainText, alignment=Qt.AlignmentFlag.AlignTop)
        self.sentences.setContentsMargins(12, 8, 12, 8)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.view)
        self.pages.addWidget(self.sentences)
        column(self._bar, (self.pages, 1), of=self, spacing=0)
        self._dress()

    @property
    def text(self) -> str:
        """The printed program, empty while the drawing has problems."""
        return self._source.text if self._source is not None else ""

    def _dress(self) -> None:
        ground, ink = theme.color("code.background").name(), theme.color("code.text").name()
        self.view.setStyleSheet(
            f"QPlainTextEdit {{ border: none; border-radius: 0; background: {ground}; color: {ink}; }}"
        )
        self.view.setFont(theme.code_font())
        self._mark_selected()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_bar()

    def _fit_bar(self) -> None:
        """Leave the words beside the buttons out where there is no room for them; the text's tooltip has them."""
        buttons = self.copy_button.sizeHint().width() + self.save_button.sizeHint().width()
        needed = self.about.fontMetrics().horizontalAdvance(ABOUT) + buttons + scale.px(40)
        self.about.setText(ABOUT if needed <= self.width() else "")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # The style sheet of a new theme sets the font of everything again.
        if event.type() == QEvent.Type.StyleChange and hasattr(self, "view"):
            self.view.setFont(theme.code_font())
            self._fit_bar()

    def _changed(self, change: Change) -> None:
        if change.opened or change.before is not change.after:
            self._stale = True
            if self.isVisible():
                self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._timer.start(0)

    def refresh(self) -> None:
        """Print the drawing as it is now."""
        self._timer.stop()
        self._timer.setInterval(DELAY_MS)
        self._stale = False
        document = self._qdocument.document
        try:
            self._source = print_source(make_plan(document.project, document.report))
        except NotReady as not_ready:
            self._source = None
            self._explain(not_ready)
        else:
            self.view.show_text(self._source.text)
            self.pages.setCurrentWidget(self.view)
            self._mark_selected()
        self._bar.setVisible(self._source is not None)

    def _explain(self, not_ready: NotReady) -> None:
        if not self._qdocument.project.graph.nodes:
            text = "The drawing is empty. Its program appears here as soon as there is a layer."
        else:
            count = len(not_ready.problems)
            has = "a problem, which stands" if count == 1 else f"{count:,} problems, which stand"
            text = f"The program appears here when the drawing can run. It has {has} under Problems."
        self.sentences.setText(text)
        self.pages.setCurrentWidget(self.sentences)

    def copy(self) -> None:
        """Put the whole program on the clipboard."""
        if self._stale:
            self.refresh()
        if self._source is not None:
            QApplication.clipboard().setText(self._source.text)

    def show_selection(self, where: str, names: Sequence[str]) -> None:
        """Highlight the lines of these nodes of the graph ``where``."""
        self._selected = (where, tuple(names))
        self._mark_selected(follow=True)

    def _mark_selected(self, follow: bool = False) -> None:
        if self._source is None:
            self.view.setExtraSelections([])
            return
        where, names = self._selected
        lines = sorted({line for name in names for line in self._source.lines_of(where, name)})
        marks = []
        for line in lines:
            mark = QTextEdit.ExtraSelection()
            mark.cursor = QTextCursor(self.view.document().findBlockByNumber(line - 1))
            mark.format.setBackground(QColor(theme.color("code.line")))
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.view.setExtraSelections(marks)
        if follow and lines and not self.view.hasFocus():
            self._bring_into_view(lines[0])

    def _bring_into_view(self, line: int) -> None:
        """Scroll by whole lines only as far as needed; the text cursor stays where a person put it."""
        bar = self.view.verticalScrollBar()
        first, seen = bar.value(), max(1, bar.pageStep())
        if not first <= line - 1 < first + seen - 1:
            bar.setValue(max(0, line - 1 - seen // 3))

    def _line_clicked(self, line: int) -> None:
        if self._source is not None and not self._stale:
            place = self._source.lines.get(line)
            if place is not None:
                self.node_clicked.emit(*place)
