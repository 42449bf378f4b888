"""Vary… in the menu of a setting: it leads to the panel of sweeps with this setting in its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QWidget

from nodes.api import Choice, Float, Int, Param, Sides, Switch

WORDS = "Vary…"
_TIP = "Train variants with other values of this setting, and see which is best"
_KINDS = (Int, Float, Choice, Switch, Sides)


class VaryMenu(QObject):
    """Adds the entry to the menus of some widgets, and lives as long as the first of them.

    Args:
        widgets: the label and the fields of a setting.
        param: its declaration.
        name: what it is called in a sweep now, or None where that cannot be said, as for several layers at once.
    """

    def __init__(self, widgets: Iterable[QWidget], param: Param, name: Callable[[], str | None]) -> None:
        every = [each for widget in widgets for each in (widget, *widget.findChildren(QWidget))]
        super().__init__(every[0])
        self._name = name
        if isinstance(param, _KINDS):
            for each in every:
                each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, QContextMenuEvent) or not isinstance(watched, QWidget):
            return False
        name = self._name()
        if name is None or not hasattr(watched.window(), "vary"):
            return False
        menu = watched.createStandardContextMenu() if isinstance(watched, QLineEdit) else QMenu(watched)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if menu.actions():
            menu.addSeparator()
        menu.setToolTipsVisible(True)
        window = watched.window()
        menu.addAction(WORDS, lambda: window.vary(name)).setToolTip(_TIP)  # type: ignore[attr-defined]
        menu.popup(event.globalPos())
        return True
