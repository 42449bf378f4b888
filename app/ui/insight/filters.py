"""The filters panel: what the selected layer has learned to look for, refreshed while it learns."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from app.ui.insight.held_scales import HoldingPanel
from app.ui.insight.views import ViewRequest
from app.ui.layouts import column
from app.ui.qdocument import QDocument
from app.ui.session import Session

NOTHING = "There is no layer with weights here. Add a convolution, and its filters appear here."


class FiltersPanel(HoldingPanel):
    """The weights of one layer."""

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        column(self.pictures, of=self)
        self.pictures.say(NOTHING)

    def view_name(self) -> str:
        return "filters"

    def wanted(self) -> dict[str, ViewRequest | None]:
        return {"filters": self.view_of(self.node) if self.node else None}

    def node_changed(self) -> None:
        if not self.node:
            self.pictures.say(NOTHING)
        super().node_changed()
