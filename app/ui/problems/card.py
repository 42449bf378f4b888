"""One entry of the list of problems on a card: what and where it is, the sentence, and a button for every fix."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QPushButton

from app.core.checks.severity import known
from app.ui import scale, theme
from app.ui.labels import Icon, TintedLabel, embolden
from app.ui.layouts import column, row
from app.ui.problems.entries import EXPLAINED, ICONS, TINTS, ProblemEntry
from app.ui.problems.fix_buttons import again_buttons, fix_buttons
from app.ui.qdocument import QDocument

WORDS = 400  # so much room at 100 % the sentence has, where its buttons stand beside it


class ProblemCard(QFrame):
    """``travel`` asks to show the node. With ``named`` the card says what it is and of which node, and can be clicked
    if there is one."""

    travel = Signal(str)

    def __init__(self, qdocument: QDocument, where: str, entry: ProblemEntry, *, named: bool) -> None:
        super().__init__()
        self._qdocument = qdocument
        self._where = where
        self.entry, self.problem = entry, entry.problem
        problem = entry.problem
        self._travels = named and bool(problem.node)
        self._tint = "error" if entry.failed else TINTS[entry.kind]
        self.setAutoFillBackground(True)
        self.setObjectName("problem")
        texts = column(spacing=3)
        if named or entry.kind != "error":
            head = TintedLabel(entry.heading if named else entry.label, "text", wrap=True)
            embolden(head)
            texts.addWidget(head)
        if named:
            self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.setToolTip(EXPLAINED[entry.kind])
        if self._travels:
            self.setCursor(Qt.CursorShape.PointingHandCursor)
            self.setToolTip(f"{EXPLAINED[entry.kind]}. Click to show {problem.node} on the canvas.")
        if named and (why := known(problem.code).why):
            self.setToolTip(f"{self.toolTip().removesuffix('.')}. Why? {why}")
        self.setAccessibleName(f"{entry.heading}: {problem.sentence}")
        self.setAccessibleDescription(self.toolTip())
        texts.addWidget(TintedLabel(problem.sentence, "text", wrap=True))
        texts.addStretch(1)
        self._fixes = column(spacing=6)
        self._buttons = self._fix_buttons()
        for fix in self._buttons:
            self._fixes.addWidget(fix, 0, Qt.AlignmentFlag.AlignLeft)
        mark = Icon("error" if entry.failed else ICONS[entry.kind], self._tint)
        said = row(mark, (texts, 1), spacing=8)
        said.setAlignment(mark, Qt.AlignmentFlag.AlignTop)
        # Below the sentence the buttons have the whole width of the card: beside the icon they would widen the panel.
        self._body = column((said, 1), self._fixes, of=self, margins=(8, 7, 8, 7), spacing=6)
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def _fix_buttons(self) -> list[QPushButton]:
        if self.entry.kind == "finding":  # the same buttons as beside the curves
            return again_buttons(self._qdocument, self._where, self.problem.node, self.problem.fixes)
        return fix_buttons(self._qdocument, self._where, self.problem, self)

    def _dress(self) -> None:
        theme.give_ground(self, theme.mixed(theme.color("panel"), theme.color(self._tint), 0.10))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Buttons stand beside the sentence where there is room, else below it."""
        super().resizeEvent(event)
        beside = sum(each.sizeHint().width() + self._fixes.spacing() for each in self._buttons)
        wide = event.size().width() - beside >= scale.letters_px(WORDS)
        direction = QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom
        if self._body.direction() != direction:
            self._body.setDirection(direction)
            self._fixes.setDirection(direction)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        if (
            self._travels
            and event.button() == Qt.MouseButton.LeftButton
            and self.rect().contains(event.position().toPoint())
        ):
            self.travel.emit(self.problem.node)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._travels and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.travel.emit(self.problem.node)
        else:
            super().keyPressEvent(event)
