"""The activations panel: what the selected layer answers to one chosen sample, refreshed while it learns."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.insight.held_scales import HoldingPanel
from app.ui.insight.panel import in_order
from app.ui.insight.samples_column import SamplesColumn
from app.ui.insight.views import SampleStrip, ViewRequest
from app.ui.layouts import row
from app.ui.qdocument import QDocument
from app.ui.session import Session

NOTHING = "There is no layer here yet. Add one, and what it answers to a sample appears here."


class ActivationsPanel(HoldingPanel):
    """The answer of one layer, and the samples to choose from."""

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self.side = SamplesColumn(session)
        self.samples, self.legend = self.side.samples, self.side.legend
        session.sample_changed.connect(lambda _: self.ask())
        row(self.side, (self.pictures, 1), of=self, margins=(10, 6, 0, 6), spacing=6)
        theme.notifier.changed.connect(self._arrange)
        self.side.arrange(0)  # until the panel has its width
        self.pictures.say(NOTHING)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        self.side.arrange(self.width())

    def view_name(self) -> str:
        return "activations"

    def wanted(self) -> dict[str, ViewRequest | None]:
        node = self.node
        return {
            "activations": self.view_of(node) if node else None,
            "samples": SampleStrip(node) if node else None,
        }

    def usual_node(self) -> str:
        """Where nothing learns, as with constants alone, the last layer: it answers, too."""
        answering = (name for name, layer in in_order(self.qdocument) if layer.role not in ("loss", "output"))
        return super().usual_node() or ("" if self._home else next(reversed(list(answering)), ""))

    def node_changed(self) -> None:
        if not self.node:
            self.pictures.say(NOTHING)
            self.side.hide()
        super().node_changed()

    def forget(self) -> None:
        super().forget()
        self.side.forget()

    def take(self, key: str, content: object) -> None:
        if key == "samples":
            self.side.take(content)
        else:
            super().take(key, content)
