"""The toolbar: what is used most, as buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy, QToolBar, QToolButton, QWidget

from app.ui.actions import TOOLBAR, Actions
from app.ui.labels import name_after

_WORDS_BESIDE = TOOLBAR[-1]
_GAP = 8  # at most, between an icon and its word
_SHORT_CHOICE = 9  # letters of the device, where there is little room
# The groups, by their first names, that leave a toolbar that is still too narrow, one after the other. The menus have
# them.
_LEAVING = ("new", "undo", "start_page")


class Toolbar(QToolBar):
    """The buttons of one window, with ``last`` (the device) at the end. Train and what belongs to it never leave."""

    def __init__(self, table: Actions, last: QWidget) -> None:
        super().__init__("Toolbar")
        self.setObjectName("toolbar")
        self.setIconSize(QSize(18, 18))
        self.setMovable(False)
        self._groups: dict[str, list[QAction]] = {}  # by the first name: its actions and the line behind them
        self.toggleViewAction().setEnabled(False)
        for names in TOOLBAR:
            if names == _WORDS_BESIDE:
                self._add_stretch()
            group = self._groups[names[0]] = [table[name] for name in names]
            self.addActions(group)
            for action in group:
                self._dress(action)
            self._line = self.addSeparator()
            group.append(self._line)
        self._last = last
        self.addWidget(last)
        self._order = self.actions()
        self._worded = [table[name] for name in _WORDS_BESIDE]
        for action in self._worded:
            if (tool := self._tool(action)) is not None:
                tool.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._left_out = 0
        self._label = last.findChild(QLabel)
        self._choice = last.findChild(QComboBox)
        self._letters = self._choice.minimumContentsLength() if self._choice is not None else 0

    def _tool(self, action: QAction) -> QToolButton | None:
        """The button; None in the rare case that Python takes it for another widget, which lay at its place in memory
        before: to resize a window must not end in that."""
        tool = self.widgetForAction(action)
        return tool if isinstance(tool, QToolButton) else None

    def _dress(self, action: QAction) -> None:
        tool = self._tool(action)
        if tool is None:
            return
        tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        name_after(tool, action)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._fit()
        return done

    def _fit(self) -> None:
        """Where the device would fall off the end: first the words beside the icons go, then the word before the
        device, then what the menus have, too."""
        if self._left_out == 0 and self.sizeHint().width() <= self.width():
            return  # as at the start: what the parts need takes longer to ask than all of the toolbar takes to make
        needed, room = self._needed(), self.width()
        level = next((each for each, width in enumerate(needed) if width <= room), len(needed) - 1)
        if level == self._left_out:
            return
        self._left_out = level
        style = Qt.ToolButtonStyle
        for action in self._worded:
            if (tool := self._tool(action)) is not None:
                tool.setToolButtonStyle(style.ToolButtonTextBesideIcon if level == 0 else style.ToolButtonIconOnly)
        if self._label is not None:
            self._label.setVisible(level < 2)
        if self._choice is not None:
            self._choice.setMinimumContentsLength(self._letters if level < 3 else min(self._letters, _SHORT_CHOICE))
        for distance, each in enumerate(_LEAVING, start=4):
            self._show_group(self._groups[each], level < distance)
        for layout in (self._last.layout(), self.layout()):
            if layout is not None:
                layout.invalidate()  # Qt would go on with the width that all this had before
        self.updateGeometry()

    def _show_group(self, actions: list[QAction], shown: bool) -> None:
        for action in actions:
            present = self.actions()
            if shown and action not in present:
                later = self._order[self._order.index(action) + 1 :]
                self.insertAction(next(each for each in later if each in present), action)
                if not action.isSeparator():
                    self._dress(action)
            elif not shown and action in present:
                self.removeAction(action)

    def _needed(self) -> tuple[int, ...]:
        """The width with everything, and at each level of what is left out."""
        layout = self.layout()
        gap = layout.spacing() if layout is not None else 0
        words = sum((self._tool(a) or self).fontMetrics().horizontalAdvance(a.text()) + _GAP for a in self._worded)
        label = self._label.sizeHint().width() + _GAP if self._label is not None else 0
        letters = 0
        if self._choice is not None:
            letters = self._choice.fontMetrics().horizontalAdvance("X") * max(0, self._letters - _SHORT_CHOICE)
        line = self.widgetForAction(self._line).sizeHint().width() + gap
        # A button without words; where one has words, nothing is missing, and nothing has to be added.
        plain = self._tool(self._worded[0] if self._left_out else self._groups["undo"][0])
        icon = (plain.sizeHint().width() if plain is not None else self.iconSize().width()) + gap
        saved = [words, label, letters]
        for each in _LEAVING:
            saved.append(sum(line if action.isSeparator() else icon for action in self._groups[each]))
        width = self.sizeHint().width() + sum(saved[: self._left_out])
        return tuple(width - sum(saved[:level]) for level in range(len(saved) + 1))

    def _add_stretch(self) -> None:
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(stretch)
