"""What is chosen on the start page: cards with a picture above, rows with a picture beside, and the grid of cards."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import ceil
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractButton, QMenu, QSizePolicy, QWidget

from app.ui import icons, theme
from app.ui.labels import icon_button

_ARROWS = (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_CTRL = Qt.KeyboardModifier.ControlModifier
_WRAP = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
_PAD = 10
_GAP = 12
_WIDE, _SLENDER = 31, 26  # letters that a card has room for
_RADIUS = 8.0


class Tile(QAbstractButton):
    """A button with a picture, a title and a few words. ``chosen`` says whether a new window is wanted for it.

    A click or Enter chooses; with Ctrl, or with the middle button, in a new window.
    """

    chosen = Signal(bool)
    forgotten = Signal()
    forgettable = False

    def __init__(self, title: str, words: str, *, icon: str = "", found_by: str = "") -> None:
        super().__init__()
        self.title, self.words = title, words
        self.icon_name = icon
        self._names, self._about = f"{title} {found_by}".casefold(), words.casefold()
        self.picture: QPixmap | None = None
        self.drawn_for: object = None  # what the picture was drawn for
        self.off = False  # it cannot be opened
        self._elsewhere = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self._choose)
        self.say(words)

    def is_found_by(self, word: str) -> bool:
        """Whether somebody who types this, in small letters, looks for it: some part of a name, or the beginning of a
        word of the sentence. In the middle of words everything is found everywhere: "gan" in "began"."""
        return word in self._names or re.search(rf"\b{re.escape(word)}", self._about) is not None

    def say(self, words: str) -> None:
        """Show other words below the title."""
        self.words = words
        self.setAccessibleName(self.title)
        self.setAccessibleDescription(words)
        self.setToolTip("\n".join(filter(None, (self.title, words, "Ctrl+click opens it in a new window."))))
        self.updateGeometry()
        self.update()

    def show_picture(self, picture: QPixmap) -> None:
        """Show a picture of the drawing."""
        self.picture = picture
        self.update()

    # What chooses it

    def _choose(self) -> None:
        elsewhere, self._elsewhere = self._elsewhere, False
        self.chosen.emit(elsewhere)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._elsewhere = bool(event.modifiers() & _CTRL)
        super().mouseReleaseEvent(event)
        self._elsewhere = False
        if event.button() == Qt.MouseButton.MiddleButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _ENTER:
            self._elsewhere = bool(event.modifiers() & _CTRL)
            self.click()
        elif event.key() == Qt.Key.Key_Delete and self.forgettable:
            self.forgotten.emit()
        elif event.key() in _ARROWS:
            event.ignore()  # the page knows what lies where
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Open", lambda: self.chosen.emit(False)).setEnabled(not self.off)
        menu.addAction("Open in a new window", lambda: self.chosen.emit(True)).setEnabled(not self.off)
        if self.forgettable:
            menu.addSeparator()
            menu.addAction("Take it off the list", self.forgotten.emit)
        menu.popup(event.globalPos())

    # How it looks

    def title_font(self) -> QFont:
        """The font of the title."""
        font = QFont(self.font())
        font.setBold(True)
        return font

    def paint_ground(self, painter: QPainter) -> None:
        """Box and outline, brighter under the mouse."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        over = self.underMouse() and self.isEnabled()
        focused = self.hasFocus()
        width = 2.0 if focused else 1.0
        painter.setBrush(theme.color("pressed" if self.isDown() else "hover" if over else "panel"))
        painter.setPen(QPen(theme.color("focus" if focused else "border" if over else "border.soft"), width))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), _RADIUS, _RADIUS)

    def paint_picture(self, painter: QPainter, place: QRectF) -> None:
        """The picture with round corners, or an icon on empty canvas."""
        path = QPainterPath()
        path.addRoundedRect(place, 5.0, 5.0)
        painter.save()
        painter.setClipPath(path)
        painter.fillRect(place, theme.color("panel" if self.icon_name else "canvas"))
        if self.picture is not None:
            painter.drawPixmap(place.topLeft(), self.picture)
        painter.restore()
        if self.picture is None and self.icon_name:
            side = min(place.height() * 0.55, 40.0)
            middle = place.center() - QPointF(side / 2, side / 2)
            icons.paint(painter, self.icon_name, QRectF(middle.x(), middle.y(), side, side), theme.color("accent"))
        elif theme.current().name == "high_contrast":
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("border.soft"), 1))
            painter.drawPath(path)

    def ink(self, role: str) -> QColor:
        """The colour of words; paler where nothing can be opened."""
        return theme.color("text.off" if self.off else role)


class Card(Tile):
    """A picture with title and sentence below it. Its height follows from its width."""

    def picture_size(self, width: int) -> QSize:
        """How large the picture is on a card of this width."""
        inside = width - 2 * _PAD
        return QSize(inside, round(inside * 0.5))

    def heightForWidth(self, width: int) -> int:
        inside = width - 2 * _PAD
        title = _height(QFontMetrics(self.title_font()), self.title, inside)
        words = _height(self.fontMetrics(), self.words, inside)
        return _PAD + self.picture_size(width).height() + 8 + title + 2 + words + _PAD

    def hasHeightForWidth(self) -> bool:
        return True

    def sizeHint(self) -> QSize:
        return QSize(220, self.heightForWidth(220))

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_ground(painter)
            size = self.picture_size(self.width())
            self.paint_picture(painter, QRectF(_PAD, _PAD, size.width(), size.height()))
            y = _PAD + size.height() + 8
            painter.setFont(self.title_font())
            painter.setPen(self.ink("text"))
            high = _height(painter.fontMetrics(), self.title, size.width())
            painter.drawText(QRect(_PAD, y, size.width(), high), _WRAP, self.title)
            painter.setFont(self.font())
            painter.setPen(self.ink("text.soft"))
            painter.drawText(QRect(_PAD, y + high + 2, size.width(), self.height()), _WRAP, self.words)


class RecentRow(Tile):
    """A small picture with title and two lines beside it: an action, or a recent file."""

    def __init__(
        self, title: str, words: str, *, icon: str = "", found_by: str = "", forget: str = "", lines: int = 2
    ) -> None:
        super().__init__(title, words, icon=icon, found_by=found_by)
        self._lines = 3 if forget else lines
        self.forgettable = bool(forget)
        self.path = Path()  # of a recent file
        self.second = ""
        self.forget_button = icon_button("close", forget, self.forgotten.emit) if forget else None
        if self.forget_button is not None:
            self.forget_button.setParent(self)
        # A fixed height would be that of the hint, whatever the width asks for.
        policy = QSizePolicy(
            QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed if forget else QSizePolicy.Policy.Minimum
        )
        policy.setHeightForWidth(not forget)
        self.setSizePolicy(policy)

    def say_more(self, second: str) -> None:
        """Show a line below the others."""
        self.second = second
        self.setAccessibleDescription(f"{self.words}. {second}" if second else self.words)
        self.update()

    def picture_size(self) -> QSize:
        """How large the picture is."""
        high = self._usual_height() - 2 * 7
        return QSize(round(high * 1.55), high)

    def _usual_height(self) -> int:
        return max(self._lines * self.fontMetrics().lineSpacing() + 18, 52)

    def sizeHint(self) -> QSize:
        return QSize(280, self._usual_height())

    def heightForWidth(self, width: int) -> int:
        """Words that have no room on a line take another one. The place of a file is cut in its middle instead."""
        room = width - (7 + self.picture_size().width() + 10) - _PAD
        if self.forgettable or room <= 0:
            return self._usual_height()
        return max(self._usual_height(), sum(high for _, high in self._heights(room)) + 18)

    def hasHeightForWidth(self) -> bool:
        return not self.forgettable

    def _heights(self, room: int) -> list[tuple[str, int]]:
        """Title and words, each with the height it takes in so much room."""
        title = _height(QFontMetrics(self.title_font()), self.title, room)
        words = [line for line in (self.words, self.second) if line]
        return [(self.title, title), *((line, _height(self.fontMetrics(), line, room)) for line in words)]

    def minimumSizeHint(self) -> QSize:
        return QSize(120, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self.forget_button is not None:
            small = self.forget_button
            small.move(self.width() - small.width() - 5, 5)

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            self.paint_ground(painter)
            size = self.picture_size()
            self.paint_picture(painter, QRectF(7, (self.height() - size.height()) // 2, size.width(), size.height()))
            left = 7 + size.width() + 10
            room = self.width() - left - _PAD
            spacing = self.fontMetrics().lineSpacing()
            lines = [line for line in (self.words, self.second) if line]
            y = round((self.height() - spacing * (1 + len(lines))) / 2)
            if not self.forgettable:
                self._paint_wrapped(painter, left, room)
                return
            painter.setFont(self.title_font())
            painter.setPen(self.ink("text"))
            beside = self.forget_button.width() if self.forget_button is not None else 0
            self._line(painter, self.title, left, y, room - beside, Qt.TextElideMode.ElideRight)
            painter.setFont(self.font())
            painter.setPen(self.ink("text.soft"))
            for number, line in enumerate(lines, 1):
                mode = Qt.TextElideMode.ElideMiddle if number == 1 and self.forgettable else Qt.TextElideMode.ElideRight
                if self.off and line is self.second:
                    painter.setPen(theme.color("warning"))
                self._line(painter, line, left, y + number * spacing, room, mode)

    def _paint_wrapped(self, painter: QPainter, left: int, room: int) -> None:
        parts = self._heights(room)
        y = round((self.height() - sum(high for _, high in parts)) / 2)
        for number, (line, high) in enumerate(parts):
            painter.setFont(self.font() if number else self.title_font())
            painter.setPen(self.ink("text.soft" if number else "text"))
            if self.off and number == 2:
                painter.setPen(theme.color("warning"))
            painter.drawText(QRect(left, y, room, high), _WRAP, line)
            y += high

    def _line(self, painter: QPainter, text: str, x: int, y: int, room: int, mode: Qt.TextElideMode) -> None:
        metrics = painter.fontMetrics()
        painter.drawText(x, y + metrics.ascent(), metrics.elidedText(text, mode, room))


class TileGrid(QWidget):
    """Cards of one width in as many columns as there is room for; its height follows."""

    def __init__(self, cards: Sequence[Card]) -> None:
        super().__init__()
        self.cards = tuple(cards)
        for card in self.cards:
            card.setParent(self)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.laid_out: Callable[[], object] = lambda: None  # cards have another size now

    def lay(self) -> None:
        """Put the cards that are not hidden into their places."""
        width = self.width()
        letter = self.fontMetrics().averageCharWidth()
        # Rather two slender cards side by side than one as wide as the page.
        fitting = [(width + _GAP) // (min(width, letter * letters) + _GAP) for letters in (_WIDE, _SLENDER)]
        columns = max(1, fitting[0] if fitting[0] > 1 else min(fitting[1], 2))
        wide = (width - (columns - 1) * _GAP) // columns
        shown = [card for card in self.cards if not card.isHidden()]
        y = 0
        for first in range(0, len(shown), columns):
            line = shown[first : first + columns]
            high = max(card.heightForWidth(wide) for card in line)
            for column, card in enumerate(line):
                card.setGeometry(column * (wide + _GAP), y, wide, high)
            y += high + _GAP
        if self.minimumHeight() != max(y - _GAP, 0):
            self.setFixedHeight(max(y - _GAP, 0))
        self.laid_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.lay()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.lay()


def _height(metrics: QFontMetrics, text: str, width: int) -> int:
    return ceil(metrics.boundingRect(QRect(0, 0, width, 10_000), _WRAP, text).height()) if text else 0
