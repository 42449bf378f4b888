"""The list of all views, under headings, so that one is found among fifty."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel

from app.insight.view import GROUPS
from app.insight.views import views
from app.ui.inspector.boxes import CalmCombo

MOST_ROWS = 22  # at once: the list scrolls, with a bar that shows how much more there is


class ViewChoice(CalmCombo):
    """A choice among all views. ``currentData`` is the name of a view; headings cannot be chosen."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("listed", True)
        self.setAccessibleName("View")
        self.setToolTip("What to look at")
        self._entries = QStandardItemModel(self)
        for group in GROUPS:
            members = [each for each in views().values() if each.group == group]
            if not members:
                continue
            heading = QStandardItem(group)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            font = heading.font()
            font.setBold(True)
            heading.setFont(font)
            self._entries.appendRow(heading)
            for each in members:
                entry = QStandardItem(each.title)
                entry.setData(each.name, Qt.ItemDataRole.UserRole)
                entry.setToolTip(each.help)
                self._entries.appendRow(entry)
        self.setModel(self._entries)
        self.setMaxVisibleItems(MOST_ROWS)

    def showPopup(self) -> None:
        super().showPopup()
        self.view().setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)  # Qt takes it away with each style
