"""The Signals panel: what passes through each layer, forward and back, live while a net trains."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from app.insight.signal_values import LayerSignal
from app.ui import scale
from app.ui.insight.panel import COMING, LookPanel
from app.ui.insight.signal_history import SignalCourse, SignalHistory
from app.ui.insight.signal_request import SignalsOf, SignalsSeen
from app.ui.insight.signal_table import SignalTable
from app.ui.insight.views import NothingToShow, ViewRequest
from app.ui.labels import TintedLabel
from app.ui.layouts import column, row, turn
from app.ui.qdocument import QDocument
from app.ui.session import Session

NARROW = 760  # of the panel: below that the course stands below the table
NOTHING = (
    "Here stands for every layer how large its gradient is, how far each step changes it and what values it gives. "
    "Draw a network with data and a loss."
)
LIVE = "Of {samples} validation samples, {caption}. Measured while this panel is in sight."
STILL = "Of {samples} validation samples, {caption}. Train, and the course appears at the right."


class SignalsPanel(LookPanel):
    """A table of the layers, and the course of the one that is selected there."""

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self.history = SignalCourse()
        self.layers: tuple[LayerSignal, ...] = ()
        self._run: object = session.run
        self.table = SignalTable()
        self.course = SignalHistory()
        self.words = TintedLabel(NOTHING, "text.soft", wrap=True)
        self._halves = row((self.table, 1), (self.course, 1), spacing=10)
        column((self._halves, 1), self.words, of=self, margins=(10, 6, 10, 6), spacing=4)
        self.table.chosen.connect(self._show_course)
        session.state_changed.connect(self._on_state)
        session.torch_ready.connect(self.ask)
        session.model_ready.connect(self.ask)
        self._empty(NOTHING)

    def wanted(self) -> dict[str, ViewRequest | None]:
        return {"signals": SignalsOf() if self.qdocument.project.graph.nodes else None}

    def usual_node(self) -> str:
        return ""

    def node_changed(self) -> None:
        """The layer that is selected on the canvas is the one whose course is shown."""
        self.table.select(self.selected)
        if not self.qdocument.project.graph.nodes:
            self._empty(NOTHING)
        self.ask()

    def forget(self) -> None:
        super().forget()
        self.history.clear()
        self._empty(COMING if self.qdocument.project.graph.nodes else NOTHING)

    @Slot(str)
    def _on_state(self, state: str) -> None:
        """A training that begins anew has a course of its own; one that goes on goes on with the old one."""
        run = self.session.run
        if state == "running" and run is not None and run is not self._run:
            self._run = run
            if not run.resumed:
                self.history.clear()
        self.ask()

    def take(self, key: str, content: object) -> None:
        if isinstance(content, NothingToShow):
            self._empty(content.sentence)
        elif isinstance(content, SignalsSeen):
            self.layers = content.layers
            if content.progress is not None:
                self.history.add(content.progress, content.layers)
            elif self.history.moments:
                self.layers = self._with_last_updates(content.layers)
                session = self.session
                if session.trained is not None and session.run is self._run and not session.differs:
                    # The course ends where the net stands; a training that was stopped is further than its last epoch.
                    end = max(float(session.trained.epoch), self.history.moments[-1].progress)
                    self.history.add(end, self.layers)
            self._halves_shown(True)
            self.table.show_layers(self.layers)
            self._show_course(self.table.path())
            live = content.progress is not None or bool(self.history.moments)
            said = (LIVE if live else STILL).format(samples=content.samples, caption=content.caption)
            self.words.setText(said)

    def _with_last_updates(self, layers: tuple[LayerSignal, ...]) -> tuple[LayerSignal, ...]:
        """No step is measured after the training: the last one that was stays."""
        last = self.history.moments[-1].layers
        return tuple(replace(each, update=last[each.path].update) if each.path in last else each for each in layers)

    def _show_course(self, path: str) -> None:
        now = next((layer for layer in self.layers if layer.path == path), None)
        self.course.show_layer(path, now, self.history)

    def _empty(self, sentence: str) -> None:
        self.layers = ()
        self._halves_shown(False)
        self.words.setText(sentence)

    def _halves_shown(self, shown: bool) -> None:
        self.table.setVisible(shown)
        self.course.setVisible(shown)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < scale.letters_px(NARROW)
        turn(self._halves, narrow)
        self.course.setMinimumHeight(scale.px(120) if narrow else 0)
