"""Small pieces of text and buttons that several panels share."""

from __future__ import annotations

from collections.abc import Callable

import shiboken6
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QPaintEvent, QPalette, QResizeEvent, QStandardItem
from PySide6.QtWidgets import (
    QLabel,
    QLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionButton,
    QStyleOptionFrame,
    QStylePainter,
    QTableWidgetItem,
    QToolButton,
    QWidget,
)

from app.ui import icons, theme
from app.ui.layouts import whole_width


class TintedLabel(QLabel):
    """Text in the colour of a role that follows the theme. Plain text: names and notes come from files."""

    def __init__(self, text: str = "", role: str = "text.soft", *, wrap: bool = False) -> None:
        super().__init__(text)
        self._role = role
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if wrap:
            # Wrapped text asks for the height that its width makes necessary; without this it is cut off.
            policy = self.sizePolicy()
            policy.setHeightForWidth(True)
            policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
            policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
            self.setSizePolicy(policy)
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def set_role(self, role: str) -> None:
        """Take the colour of another role."""
        if role != self._role:
            self._role = role
            self._dress()

    def came_elsewhere(self) -> None:
        """It has come into another widget, where Qt gives it the colour that it had in the first theme."""
        self._dress()

    def _dress(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.WindowText, theme.color(self._role))
        self.setPalette(palette)


class FittedLabel(TintedLabel):
    """One line that shows as much of its words as there is room for; a screen reader says all of them."""

    _full = ""  # Qt tells of a font while the label is still being made

    @property
    def full_text(self) -> str:
        """All words, also those that there is no room for."""
        return self._full

    def say(self, text: str) -> None:
        """Show these words as far as they fit."""
        self._full = text
        self.setAccessibleName(text)
        self.updateGeometry()
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def _fit(self) -> None:
        self.setText(self._cut(self.width()))

    def _cut(self, width: int) -> str:
        """What of the words is shown in this width."""
        return self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, width)


class ElidedLabel(FittedLabel):
    """Takes the room it is given, and ends with an ellipsis where that is too little; the tooltip has all of it."""

    def __init__(self, text: str = "", role: str = "text.soft") -> None:
        super().__init__(text, role)
        self._full = text
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, text: str) -> None:
        self.setToolTip(text)
        super().say(text)


def beginning(text: str, metrics: QFontMetrics, width: int) -> str:
    """As many whole parts of ``a · b · c`` as fit, then an ellipsis; whole words where not even the first part fits.

    A number is never cut: half of ``0.428`` is another number.
    """
    if metrics.horizontalAdvance(text) <= width:
        return text
    for between, dots in ((" · ", " · …"), (" ", " …")):
        pieces = text.split(between)
        for count in range(len(pieces) - 1, 0, -1):
            begun = between.join(pieces[:count]) + dots
            if metrics.horizontalAdvance(begun) <= width:
                return begun
    return "…"


class FactLine(FittedLabel):
    """One line of facts such as ``Epoch 3 of 20 · loss 0.21``. Where there is no room for all, the last ones go."""

    LEAST = 60

    def __init__(self, role: str = "text") -> None:
        super().__init__("", role)

    def wrap(self, wrapping: bool) -> None:
        """Show all facts on as many lines as they need, or those that fit on one."""
        if wrapping != self.wordWrap():
            self.setWordWrap(wrapping)
            self.updateGeometry()
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.wordWrap() and event.size().width() != event.oldSize().width():
            self.updateGeometry()  # other lines than before

    def sizeHint(self) -> QSize:
        if self.wordWrap():
            return super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        if self.wordWrap():  # in as many lines as it has, or what stands below would lie on the last ones
            lines = self.heightForWidth(whole_width(self)) if self.width() > self.LEAST else 0
            return QSize(self.LEAST, max(lines, self.fontMetrics().height()))
        return QSize(min(self.sizeHint().width(), self.LEAST), super().minimumSizeHint().height())

    def _cut(self, width: int) -> str:
        return self._full if self.wordWrap() else beginning(self._full, self.fontMetrics(), width)


class ShrinkingLabel(FactLine):
    """Takes the room it needs while there is some, and ends with an ellipsis where there is not; hidden while empty."""

    LEAST = 24

    def say(self, text: str) -> None:
        self.setVisible(bool(text))
        super().say(text)

    def _cut(self, width: int) -> str:
        return FittedLabel._cut(self, max(width, 2))


class Remark(TintedLabel):
    """A sentence in as many lines as it needs, hidden while there is none."""

    def __init__(self, role: str = "text.soft") -> None:
        super().__init__("", role, wrap=True)
        self.hide()

    def say(self, text: str) -> None:
        """Show this, or nothing for an empty text."""
        self.setText(text)
        self.setVisible(bool(text))


class Title(TintedLabel):
    """A name in bold letters, so many times as large as all others; a size of its own has to follow the scale."""

    def __init__(self, text: str, larger: float) -> None:
        self._larger = larger
        super().__init__(text, "text")

    def _dress(self) -> None:
        super()._dress()
        font = theme.base_font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * self._larger)
        self.setFont(font)


class Heading(TintedLabel):
    """The title of a section."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "text.soft")
        embolden(self)
        self.setContentsMargins(0, 6, 0, 0)


def label_of(field: QWidget, words: str, tip: str = "") -> QLabel:
    """The words before a field."""
    made = QLabel(words, textFormat=Qt.TextFormat.PlainText)
    made.setToolTip(tip)
    made.setBuddy(field)
    return made


class Icon(QLabel):
    """A drawn icon that follows the theme."""

    def __init__(self, name: str, role: str = "text", size: int = 16) -> None:
        super().__init__()
        self._name, self._role, self._size = name, role, size
        self.setFixedSize(QSize(size, size))
        theme.notifier.changed.connect(self._dress)
        self._dress()

    def show_icon(self, name: str, role: str) -> None:
        """Show another one."""
        self._name, self._role = name, role
        self._dress()

    def _dress(self) -> None:
        side = round(self._size * theme.scale())
        picture = icons.pixmap(self._name, side, theme.color(self._role), self.devicePixelRatioF())
        self.setPixmap(picture)


class ElidingButton(QPushButton):
    """A button that ends its words with an ellipsis where there is no room for all; its tooltip has them whole."""

    LEAST_WORDS = "Insert Perm…"

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)  # else Qt never goes below the hint

    def _beside_words(self) -> int:
        return self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())

    def minimumSizeHint(self) -> QSize:
        """As wide as a few words; a long name must not widen the panel around."""
        hint = self.sizeHint()
        least = self._beside_words() + self.fontMetrics().horizontalAdvance(self.LEAST_WORDS)
        return QSize(min(hint.width(), least), hint.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        option = QStyleOptionButton()
        self.initStyleOption(option)
        room = self.width() - self._beside_words()
        if self.width() < self.sizeHint().width():  # the hint is rounded: with room for all, nothing may be cut
            option.text = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room)
        QStylePainter(self).drawControl(QStyle.ControlElement.CE_PushButton, option)


def button(
    text: str,
    tip: str,
    pressed: Callable[[], object],
    icon_name: str = "",
    kind: Callable[[str], QPushButton] = QPushButton,
) -> QPushButton:
    """A button with words, tooltip and accessible name."""
    # Qt leaves too little room between icon and words once a style sheet is set.
    made = kind(f" {text}" if icon_name else text)
    made.setToolTip(tip)
    made.setAccessibleName(text.replace("&", ""))
    made.setAccessibleDescription(tip)
    made.setAutoDefault(False)
    if icon_name:
        icons.put(made, icon_name)
    made.clicked.connect(lambda: pressed())
    return made


def eliding_button(text: str, tip: str, pressed: Callable[[], object], icon_name: str = "") -> QPushButton:
    """The same, for a place that may become narrower than the words."""
    return button(text, tip, pressed, icon_name, ElidingButton)


def icon_button(icon_name: str, tip: str, pressed: Callable[[], object], width: int = 24) -> QToolButton:
    """A small button that is only an icon; the tooltip is its name."""
    made = QToolButton(autoRaise=True)
    name_by_tip(made, tip)
    made.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    compact(made, width)
    icons.put(made, icon_name, "text.soft")
    made.clicked.connect(lambda: pressed())
    return made


def menu_button(menu: QMenu, width: int = 20) -> QToolButton:
    """A small arrow that opens a menu."""
    made = icon_button("chevron-down", "", lambda: None, width)
    made.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    made.setMenu(menu)
    made.setStyleSheet("QToolButton { padding: 0; } QToolButton::menu-indicator { image: none; }")
    return made


def name_by_tip(widget: QWidget, tip: str) -> None:
    """Let the tooltip be what a screen reader calls it, too."""
    widget.setToolTip(tip)
    widget.setAccessibleName(tip)


def name_after(tool: QToolButton, action: QAction) -> None:
    """Call a button by what its action is called, also once that is another word: Train, then Go on."""

    def follow() -> None:
        if shiboken6.isValid(tool):  # the action may live longer
            tool.setAccessibleName(action.text().replace("&", ""))

    action.changed.connect(follow)
    follow()


def compact(small: QToolButton, width: int = 24) -> None:
    """Make room for nothing but the icon: the padding that suits a toolbar is too much beside a field."""
    small.setIconSize(QSize(16, 16))
    small.setFixedSize(QSize(width, 24))
    small.setStyleSheet("QToolButton { padding: 0; }")


def embolden(widget: QWidget | QStandardItem | QTableWidgetItem) -> None:
    """Write in bold letters."""
    font = widget.font()
    font.setBold(True)
    widget.setFont(font)


def emptied(parent: QWidget) -> QLayout:
    """The layout of a widget, once everything is taken out of it, for Qt to delete."""
    layout = parent.layout()
    assert layout is not None, "what is emptied was filled by a layout"
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        if widget is not None:
            # Deleted by the event loop: the click that caused this may come from one of them.
            widget.hide()
            widget.deleteLater()
    return layout


def text_line(placeholder: str, name: str, tip: str) -> QLineEdit:
    """A field for a line of text."""
    line = QLineEdit(placeholderText=placeholder)
    line.setAccessibleName(name)
    line.setToolTip(tip)
    return line


_BESIDE_TEXT = 4  # Qt leaves two pixels on each side of a line of text, at any scale
CLEAR = "Clear what is typed here"


def let_clear(field: QLineEdit) -> None:
    """Give a field a cross that empties it, with a tooltip that is also its name: Qt gives it neither."""
    field.setClearButtonEnabled(True)
    for cross in field.findChildren(QToolButton):
        name_by_tip(cross, CLEAR)


class _SearchField(QLineEdit):
    """Shows what is searched while it is empty, and only the first word where there is no room for all of it."""

    def __init__(self, words: str) -> None:
        super().__init__(placeholderText=words)
        self._words = words

    def _fit(self) -> None:
        option = QStyleOptionFrame()
        self.initStyleOption(option)
        inside = self.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, self)
        margins = self.textMargins()
        signs = [each for each in self.findChildren(QToolButton) if not each.isHidden()]  # no cross while it is empty
        room = inside.width() - margins.left() - margins.right() - sum(each.width() for each in signs) - _BESIDE_TEXT
        fits = self.fontMetrics().horizontalAdvance(self._words) <= room
        self.setPlaceholderText(self._words if fits else self._words.split()[0])

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()


def search_field(words: str, name: str, tip: str, changed: Callable[[], object]) -> QLineEdit:
    """A field for the words that are searched; ``words`` stand in it while it is empty."""
    field = _SearchField(words)
    field.setAccessibleName(name)
    field.setToolTip(tip)
    let_clear(field)
    field.textChanged.connect(lambda _: changed())
    return field
