"""The strip above the canvas that says what was understood of data, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QProgressBar, QPushButton, QSizePolicy, QWidget

from app.ui import scale
from app.ui.banner import Strip
from app.ui.data.examination_progress import LookThrough
from app.ui.data.facts import DataFacts
from app.ui.flow import FlowLayout
from app.ui.labels import Icon, Remark, TintedLabel, eliding_button, embolden, emptied, icon_button
from app.ui.layouts import ScrollArea, column, row
from nodes.api import Schema

_SHARE = 0.4  # of the height of the window, that it may take
_LOWEST = 104  # what is left of it in a low window


class _Content(QWidget):
    """What the card holds. How low it can be is said by its lines at their width alone: a layout with lines that wrap
    asks for their height at another width, too, and the card would be scrolled though all of it is seen."""

    def minimumSizeHint(self) -> QSize:
        return QSize(super().minimumSizeHint().width(), 0)


class _Area(ScrollArea):
    """As high as what it holds, up to a share of the window; in a low window it gives way and scrolls."""

    def __init__(self, inner: QWidget) -> None:
        super().__init__(inner)
        self._inner = inner
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        for ground in (self.viewport(), inner):
            ground.setAutoFillBackground(False)
        inner.installEventFilter(self)

    def sizeHint(self) -> QSize:
        inner = self._inner
        box = inner.layout()
        width = max(self.viewport().width(), 80)
        high = box.totalHeightForWidth(width) if box is not None and box.hasHeightForWidth() else -1
        need = (high if high >= 0 else inner.sizeHint().height()) + scale.px(6)
        return QSize(width, min(need, round(self.window().height() * _SHARE)))

    def minimumSizeHint(self) -> QSize:
        return QSize(scale.px(60), min(self.sizeHint().height(), scale.px(_LOWEST)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What it holds has another height."""
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize) and watched is self._inner:
            self.updateGeometry()
        return super().eventFilter(watched, event)


class DataCard(Strip):
    """What was understood. ``closed`` tells that its cross, or Escape, was pressed."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__("accent")
        self.setObjectName("WhatWasUnderstood")
        self.sentence = TintedLabel("", "text", wrap=True)
        self.sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        embolden(self.sentence)
        self.note = Remark()
        self.progress = QProgressBar(minimum=0, maximum=0, textVisible=False)
        self.progress.setAccessibleName("Looking at the data")
        self.facts = DataFacts()
        self.through = LookThrough()
        self._buttons = QWidget()
        self._row = FlowLayout(self._buttons, spacing=8)
        self.buttons: list[QPushButton] = []
        self._calls: list[Callable[[], object]] = []
        self.close_button = icon_button("close", "Close (Escape); the data stays as it is", self.closed.emit)
        inner = _Content()
        column(
            *(self.sentence, self.progress, self._buttons, self.note, self.through, self.facts, 1), of=inner, spacing=4
        )
        self.area = _Area(inner)
        top, side = column(Icon("info", "accent"), 1), column(self.close_button, 1)
        row(top, (self.area, 1), side, of=self, margins=(10, 6, 6, 6), spacing=8)

    def wait(self, sentence: str, cancel: Callable[[], object]) -> None:
        """Say that data is being looked at, and what is known of it already."""
        self._say("Own data", sentence, "")
        self.progress.show()
        self.through.show_look(None, "")
        self.facts.show_schema(None)
        self.offer([("Cancel", "Look no further; nothing changes", cancel)])

    def tell(
        self,
        title: str,
        sentence: str,
        schema: Schema | None,
        note: str,
        offers: Sequence[tuple[str, str, Callable[[], object]]],
        remarks: Sequence[str] = (),
    ) -> None:
        """Show a sentence with the facts of a schema, a further note, and what can be done: words, tip and call.
        ``remarks`` are those that the sentence has no room for."""
        self.progress.hide()
        self._say(title, sentence, note)
        self.facts.show_schema(schema, remarks)
        self.offer(offers)

    def _say(self, title: str, sentence: str, note: str) -> None:
        self.sentence.setText(sentence)
        self.note.say(note)
        self.setAccessibleName(f"{title}. {sentence}")
        self.show()

    def offer(self, offers: Sequence[tuple[str, str, Callable[[], object]]]) -> None:
        """A button for each of these, in the place of those that are there."""
        told = [(words, tip) for words, tip, _ in offers]
        calls = [call for _, _, call in offers]
        if told != [(each.text(), each.toolTip()) for each in self.buttons]:
            emptied(self._buttons)
            self.buttons = []
            for place, (words, tip) in enumerate(told):
                made = eliding_button(words, tip, partial(self._call, place))
                self.buttons.append(made)
                self._row.addWidget(made)
        self._calls = calls
        self._buttons.setVisible(bool(offers))

    def _call(self, place: int) -> None:
        self._calls[place]()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.closed.emit()
        else:
            super().keyPressEvent(event)
