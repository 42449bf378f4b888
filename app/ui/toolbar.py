"""The toolbar: what is used most, as buttons."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from app.ui.actions import TOOLBAR, Actions

_WORDS_BESIDE = ("train", "pause", "step", "stop")


class Toolbar(QToolBar):
    """The buttons of one window, with ``last`` (the device) at the end."""

    def __init__(self, table: Actions, last: QWidget) -> None:
        super().__init__("Toolbar")
        self.setObjectName("toolbar")
        self.setIconSize(QSize(18, 18))
        self.setMovable(False)
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
                tool.setAccessibleName(action.text().replace("&", ""))
                if name in _WORDS_BESIDE:
                    tool.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.addSeparator()
        self.addWidget(last)

    def _add_stretch(self) -> None:
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(stretch)
