"""The little card that opens on a problem: the sentence, and a button for each fix."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLabel, QPushButton, QSizePolicy, QWidget

from app.core.checks.fixes import command_at, words_at
from app.core.checks.problems import FindFile, Problem
from app.core.graph.model import MAIN, Project
from app.ui import icons, scale, theme
from app.ui.canvas.overlay import Overlay, dress, empty
from app.ui.find_file import find_file
from app.ui.layouts import column, row
from app.ui.problems.entries import ICONS, TINTS, Kind, ProblemEntry

_WIDTH = 340


class QuickFixCard(Overlay):
    """Sentences and fixes of one node or wire. ``chosen`` carries the command of the button that was pressed."""

    chosen = Signal(object)  # Command
    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, "QuickFixCard", "Problem and quick fixes")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._column = column(of=self, margins=(12, 10, 12, 11), spacing=8)
        self._parts: list[QWidget] = []
        self.buttons: list[QPushButton] = []
        self._mark: QLabel | None = None
        self._kind: Kind = "error"

    def _renew(self, _: theme.Theme | None = None) -> None:
        dress(self, TINTS[self._kind])
        if self._mark is not None:
            edge = theme.color(TINTS[self._kind])
            self._mark.setPixmap(icons.pixmap(ICONS[self._kind], scale.px(18), edge, self.devicePixelRatioF()))

    def open(
        self,
        at: QPoint,
        project: Project,
        where: str,
        title: str,
        problems: Iterable[Problem],
        said: Iterable[ProblemEntry] = (),
        kind: Kind = "error",
    ) -> None:
        """Open at a point of the parent, with problems of the graph ``where``, and with what else is said of the main
        drawing. ``kind`` is the worst of it."""
        self._clear()
        self._kind = kind
        head = QWidget(self)
        self._mark = QLabel(head)
        self._renew()
        row(self._mark, (QLabel(f"<b>{title}</b>", head), 1), of=head, spacing=7)
        self._add(head)
        for problem in problems:
            self._sentence(project, where, problem)
        for entry in said:
            self._sentence(project, MAIN, entry.problem, entry.label)
        self.setFixedWidth(min(_WIDTH, self.area.width()))
        self.setMinimumHeight(0)
        for part in (self, *self.findChildren(QWidget)):
            part.ensurePolished()
        self._column.activate()
        # The border of the style sheet takes of the width, and the layout does not know of it.
        border = self.width() - self.contentsRect().width()
        height = self._column.heightForWidth(self.width() - border) if self._column.hasHeightForWidth() else -1
        self.resize(QSize(self.width(), height + border if height > 0 else self.sizeHint().height()))
        below = at.y() + 14 + self.height() <= self.area.bottom()
        self.put(at + QPoint(-24, 14 if below else -14 - self.height()), self.height())
        self.show()
        self.raise_()
        (self.buttons[0] if self.buttons else self).setFocus(Qt.FocusReason.PopupFocusReason)

    def _sentence(self, project: Project, where: str, problem: Problem, word: str = "") -> None:
        text = f"{problem.node}: {problem.sentence}" if "/" in problem.node else problem.sentence
        if word:
            text = f"{word}: {text}"
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._add(label)
        for fix in problem.fixes:
            command = command_at(project, where, problem.node, fix)
            if command is None:
                continue
            button = QPushButton(icons.icon("fix"), " " + words_at(project, where, problem.node, fix), self)
            button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
            button.setAutoDefault(True)
            if isinstance(fix, FindFile):
                ask = partial(find_file, self, project, where, problem.node, fix, self.chosen.emit)
                button.clicked.connect(self.close_card)
                button.clicked.connect(lambda _=False, ask=ask: ask())
            else:
                button.clicked.connect(lambda _=False, edit=command: self._press(edit))
            button.installEventFilter(self)
            self.buttons.append(button)
            self._add(button)

    def _press(self, command: object) -> None:
        self.close_card()
        self.chosen.emit(command)

    def _add(self, part: QWidget) -> None:
        self._parts.append(part)
        self._column.addWidget(part)

    def _clear(self) -> None:
        self.buttons.clear()
        empty(self._column, self._parts)
        self._mark = None

    def close_card(self) -> None:
        """Close without a choice."""
        if self.isVisible():
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_card()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(watched, QPushButton):
                watched.click()
                return True
            if event.key() == Qt.Key.Key_Escape:
                self.close_card()
                return True
        return super().eventFilter(watched, event)
