"""The list of all views, under headings, so that one is found among fifty."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QStandardItem, QStandardItemModel

from app.core.document import Document
from app.insight.view import GROUPS
from app.insight.views import views
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import embolden

FIRST = "attribution"  # the others of the first ones have panels of their own
MOST_ROWS = 22  # at once: the list scrolls, with a bar that shows how much more there is


class ViewChoice(CalmCombo):
    """A choice among all views. ``currentData`` is the name of a view; headings cannot be chosen."""

    def __init__(self) -> None:
        super().__init__("View", "What to look at")
        self.setProperty("listed", True)
        self._entries = QStandardItemModel(self)
        for group in GROUPS:
            members = [each for each in views().values() if each.group == group]
            if not members:
                continue
            heading = QStandardItem(group)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            embolden(heading)
            self._entries.appendRow(heading)
            for each in members:
                entry = QStandardItem(each.title)
                entry.setData(each.name, Qt.ItemDataRole.UserRole)
                entry.setToolTip(each.help)
                self._entries.appendRow(entry)
        self.setModel(self._entries)
        self.setMaxVisibleItems(MOST_ROWS)
        self._settled = False  # whether the drawing has been asked what fits it, or somebody has chosen
        self._chosen = False  # whether somebody has
        self.activated.connect(self._picked)

    @Slot(int)
    def _picked(self, _: int) -> None:
        self._settled = self._chosen = True

    def choose(self, name: str) -> None:
        """Somebody wants to see the view of this name."""
        self._settled = self._chosen = True
        self.setCurrentIndex(self.findData(name))

    def another_drawing(self) -> None:
        """Another one was opened, which may be fitted by another view."""
        self._settled = False

    def fit(self, document: Document) -> None:
        """Choose the view that fits the drawing best, once. Where none says that it does, what somebody has chosen
        stays, or the usual one comes back."""
        if self._settled:
            return
        from app.core.compile.plan import NotReady, make_plan
        from app.insight.fitting import best_view

        try:
            best = best_view(make_plan(document.project, document.report))
        except NotReady:  # it may become so
            return
        self._settled = True
        if best is None and self._chosen:
            return
        self._chosen = False
        self.setCurrentIndex(self.findData(best or FIRST))

    def showPopup(self) -> None:
        super().showPopup()
        self.view().setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)  # Qt takes it away with each style
