"""The toolbar: what is used most, as buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolBar, QToolButton, QWidget

from app.ui.actions import TOOLBAR, Actions
from app.ui.labels import name_after

_WORDS_BESIDE = ("train", "pause", "step", "stop")
_GAP = 8  # at most, between an icon and its word


class Toolbar(QToolBar):
    """The buttons of one window, with ``last`` (the device) at the end."""

    def __init__(self, table: Actions, last: QWidget) -> None:
        super().__init__("Toolbar")
        self.setObjectName("toolbar")
        self.setIconSize(QSize(18, 18))
        self.setMovable(False)
        self._worded: list[QToolButton] = []
        self.toggleViewAction().setEnabled(False)
        for name in TOOLBAR:
            if name is None:
                self.addSeparator()
                continue
            if name == "train":
                self._add_stretch()
            action = table[name]
            self.addAction(action)
            tool = self.widgetForAction(action)
            if isinstance(tool, QToolButton):
                tool.setFocusPolicy(Qt.FocusPolicy.TabFocus)
                name_after(tool, action)
                if name in _WORDS_BESIDE:
                    tool.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                    self._worded.append(tool)
        self.addSeparator()
        self.addWidget(last)
        self._left_out = 0
        self._label = last.findChild(QLabel)

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._fit()
        return done

    def _fit(self) -> None:
        """Where the device would fall off the end, leave out the words beside the icons, then the one before it."""
        needed, room = self._needed(), self.width()
        level = next((each for each, width in enumerate(needed) if width <= room), len(needed) - 1)
        if level != self._left_out:
            self._left_out = level
            style = Qt.ToolButtonStyle
            for tool in self._worded:
                tool.setToolButtonStyle(style.ToolButtonTextBesideIcon if level == 0 else style.ToolButtonIconOnly)
            if self._label is not None:
                self._label.setVisible(level < 2)

    def _needed(self) -> tuple[int, int, int]:
        """The width with everything, without the words beside icons, and without the label before the device too."""
        words = sum(tool.fontMetrics().horizontalAdvance(tool.text()) + _GAP for tool in self._worded)
        label = self._label.sizeHint().width() + _GAP if self._label is not None else 0
        icons_only = self.sizeHint().width() - (words if self._left_out == 0 else 0)
        icons_only += label if self._left_out == 2 else 0
        return icons_only + words, icons_only, icons_only - label

    def _add_stretch(self) -> None:
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(stretch)
