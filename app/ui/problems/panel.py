"""The list of all that is wrong or worth knowing: problems in the order in which data flows, then what a training
found, then notes. Never blank."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.core.graph.model import MAIN
from app.ui.labels import Icon, TintedLabel, emptied
from app.ui.layouts import ScrollArea, column, row
from app.ui.pace import later
from app.ui.problems.card import ProblemCard
from app.ui.problems.entries import KINDS, ProblemEntry, count_words
from app.ui.problems.listing import ProblemListing
from app.ui.qdocument import QDocument

MOST_SHOWN = 100  # a card costs about 1 ms; whoever mended a hundred sees the next


class ProblemsPanel(QWidget):
    """``travel`` carries the path of a node to show; ``count_changed`` how many entries there are."""

    travel = Signal(str)
    count_changed = Signal(int)

    def __init__(
        self, qdocument: QDocument, listing: ProblemListing | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._qdocument = qdocument
        self.listing = listing if listing is not None else ProblemListing(qdocument, parent=self)
        self._shown: tuple[ProblemEntry, ...] | None = None
        self._count = -1
        self._timer = later(self, self.refresh)
        self._list = QWidget()
        self._rows = column(of=self._list, margins=(8, 8, 8, 8), spacing=6)
        self._scroll = ScrollArea(self._list)
        column(self._scroll, of=self)
        self.setAccessibleName("Problems")
        self.listing.changed.connect(self._changed)
        self._changed()

    def _changed(self) -> None:
        count = len(self.listing.entries)
        if count != self._count:
            self._count = count
            self.count_changed.emit(count)
        self.setAccessibleDescription(count_words(self.listing.entries))
        if self.isVisible():
            self._timer.start(0)  # after the canvas has shown the edit

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Show the entries as they are now; nothing is touched if they are the same."""
        self._timer.stop()
        entries = self.listing.entries
        if entries == self._shown:
            return
        before = {entry.key for entry in self._shown or ()}
        more = self._shown is not None and any(entry.key not in before and entry.kind == "error" for entry in entries)
        self._shown = entries
        focus = QApplication.focusWidget()  # self.focusWidget() is what had the focus last, perhaps long ago
        if focus is not None and self._list.isAncestorOf(focus):
            # Before its button goes: Qt would give it to the next one, and scroll there.
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        emptied(self._list)
        rows = self._rows
        if not entries:
            rows.addWidget(_nothing())
        for kind in KINDS:
            alike = [entry for entry in entries if entry.kind == kind]
            for entry in alike[:MOST_SHOWN]:
                card = ProblemCard(self._qdocument, MAIN, entry, named=True)
                card.travel.connect(self.travel)
                rows.addWidget(card)
            if len(alike) > MOST_SHOWN:
                rows.addWidget(
                    TintedLabel(f"And {len(alike) - MOST_SHOWN:,} more, further on in the drawing.", wrap=True)
                )
        rows.addStretch(1)
        if more:
            self._scroll.verticalScrollBar().setValue(0)  # what is new stands above the notes

    def show_entry(self, entry: ProblemEntry) -> None:
        """Bring an entry into view and give it the keys."""
        self.refresh()
        cards = self._list.findChildren(ProblemCard)
        card = next((card for card in cards if card.entry == entry and not card.isHidden()), None)
        if card is not None:
            card.setFocus(Qt.FocusReason.OtherFocusReason)
            # Its place is known only once the list has been laid out.
            QTimer.singleShot(0, card, lambda: self._scroll.ensureWidgetVisible(card))


def _nothing() -> QWidget:
    said = QWidget()
    row(Icon("ok", "ok"), (TintedLabel("No problems.", "text"), 1), of=said, margins=(4, 4, 4, 4))
    return said
