"""The activations panel: what the selected layer answers to one chosen sample, refreshed while it learns."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.insight.holding import HoldingPanel
from app.ui.insight.panel import in_order
from app.ui.insight.samples import COLUMNS, GAP, SIDE, SampleChooser
from app.ui.insight.views import ActivationsOf, Nothing, SampleStrip, Shown, Thumbnails, View
from app.ui.labels import Tinted
from app.ui.qdocument import QDocument
from app.ui.session import Session

NOTHING = "There is no layer here yet. Add one, and what it answers to a sample appears here."


class ActivationsPanel(HoldingPanel):
    """The answer of one layer, and the samples to choose from."""

    def __init__(self, session: Session, qdocument: QDocument) -> None:
        super().__init__(session, qdocument)
        self.samples = SampleChooser()
        self.samples.chosen.connect(session.choose_sample)
        session.sample_changed.connect(self._chosen)
        self.legend = Tinted("Samples", "text.soft")
        scroll = QScrollArea()
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.samples)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.side = QWidget()
        self.side.setFixedWidth(COLUMNS * (SIDE + GAP) + 16)
        column = QVBoxLayout(self.side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.legend)
        column.addWidget(scroll, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 0, 6)
        layout.setSpacing(6)
        layout.addWidget(self.side)
        layout.addWidget(self.view, 1)
        self.side.hide()
        self.view.say(NOTHING)

    def wanted(self) -> dict[str, View | None]:
        node = self.node
        return {
            "activations": ActivationsOf(node, self.session.sample, self.scale_of(node)) if node else None,
            "samples": SampleStrip(node) if node else None,
        }

    def usual_node(self) -> str:
        """Where nothing learns, as with constants alone, the last layer: it answers, too."""
        answering = (name for name, layer in in_order(self.qdocument) if layer.role not in ("loss", "output"))
        return super().usual_node() or ("" if self._home else next(reversed(list(answering)), ""))

    def node_changed(self) -> None:
        if not self.node:
            self.view.say(NOTHING)
            self.side.hide()
        super().node_changed()

    def forget(self) -> None:
        super().forget()
        self.samples.show_samples(Thumbnails(None, ()))
        self.side.hide()

    def _chosen(self, index: int) -> None:
        self.samples.choose(index)
        self._name_sample()
        self.ask()

    def _name_sample(self) -> None:
        names = self.samples.names
        if names:
            self.legend.setText(f"Sample {self.samples.current + 1} of {len(names)}: {names[self.samples.current]}")

    def take(self, key: str, content: object) -> None:
        if isinstance(content, Shown):
            self.show_picture(content)
        elif isinstance(content, Thumbnails):
            self.samples.show_samples(content, self.session.sample)
            self.legend.setToolTip(content.note or "Samples that the training does not see")
            self._name_sample()
            self.side.setVisible(bool(content.names))
        elif isinstance(content, Nothing) and key == "activations":
            self.view.say(content.sentence)
        elif isinstance(content, Nothing):
            self.side.hide()  # else a sample of the drawing before would go on being named
