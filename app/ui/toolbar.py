"""The toolbar: what is used most, as buttons."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QToolBar, QToolButton, QWidget

from app.ui.actions import TOOLBAR, Actions

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
                tool.setAccessibleName(action.text().replace("&", ""))
                if name in _WORDS_BESIDE:
                    tool.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
                    self._worded.append(tool)
        self.addSeparator()
        self.addWidget(last)
        self._with_words = True

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show):
            self._fit()
        return done

    def _fit(self) -> None:
        """Leave the words beside the icons out where the device would fall off the end."""
        words = self._room_for_words()
        if words != self._with_words:
            self._with_words = words
            style = Qt.ToolButtonStyle
            for tool in self._worded:
                tool.setToolButtonStyle(style.ToolButtonTextBesideIcon if words else style.ToolButtonIconOnly)

    def _room_for_words(self) -> bool:
        needed = self.sizeHint().width()
        if not self._with_words:
            needed += sum(tool.fontMetrics().horizontalAdvance(tool.text()) + _GAP for tool in self._worded)
        return needed <= self.width()

    def _add_stretch(self) -> None:
        stretch = QWidget()
        stretch.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(stretch)
