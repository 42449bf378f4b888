"""Searches for a learning rate beside the recipe: a curve as it comes, a sentence, and a button that takes the rate."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.core.commands import SetRecipe
from app.core.document import Change
from app.jobs.messages import Bundle, Ended
from app.jobs.runner import Job
from app.ui.labels import Tinted, button
from app.ui.qdocument import QDocument
from app.ui.readiness import why_not_ready
from app.ui.session import Session
from app.ui.training.small_curve import SmallCurve
from app.ui.training.thread import find_rate

FIND, END = "Find learning rate", "End the search"
_TIP = (
    "Tries learning rates from very small to large on this drawing, for about a hundred steps, and suggests the one at "
    "which the loss falls fastest. Nothing that was trained is changed."
)


class RateFinder(QWidget):
    """Runs one search at a time; a training that begins ends it."""

    def __init__(self, session: Session, qdocument: QDocument) -> None:
        super().__init__()
        self._session, self._qdocument = session, qdocument
        self._job: Job | None = None
        self._points: list[tuple[float, float]] = []
        self.rate: float | None = None
        self.search = button(FIND, _TIP, self._find)
        self.use = button("Use", "Set this learning rate. Undo takes it back.", self._use)
        self.use.hide()
        self.said = Tinted("", "text.soft", wrap=True)
        self.said.hide()
        self.curve = SmallCurve("Loss by learning rate", log_x=True)
        self.curve.hide()
        row = QHBoxLayout()
        row.addWidget(self.search)
        row.addWidget(self.use)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.curve, self.said):
            layout.addWidget(widget)
        layout.insertLayout(0, row)
        session.state_changed.connect(self._on_state)
        qdocument.changed.connect(self._on_document)
        self._on_state(session.state)

    @property
    def searching(self) -> bool:
        """Whether a search is on."""
        return self._job is not None

    def _find(self) -> None:
        if self._job is not None:
            self._job.stop()
            return
        refusal = why_not_ready(self._qdocument.document)
        if refusal is not None:
            self._say(refusal.sentence)
            return
        self._clear()
        self._say("Trying learning rates …")
        self.search.setText(END)
        make = partial(find_rate, self._qdocument.project)
        self._job = self._session.runner.start(make, heard=self._hear, ended=self._end)

    def _hear(self, bundle: Bundle) -> None:
        event: Any  # Tried or FoundRate, whose classes would load torch
        for event in bundle.events:
            if hasattr(event, "points"):
                self._points = list(event.points)
                self.rate = event.lr
                self._say(event.sentence)
            elif hasattr(event, "smoothed"):
                self._points.append((event.lr, event.smoothed))
        self._draw()

    def _draw(self) -> None:
        self.curve.setVisible(len(self._points) > 1)
        if self._points:
            losses = [loss for _, loss in self._points]
            rates = f"{self._points[0][0]:.0e}", f"{self._points[-1][0]:.2g}"
            self.curve.show_points(self._points, (f"{max(losses):.3g}", f"{min(losses):.3g}", *rates), self.rate)
        self.use.setVisible(self.rate is not None)
        if self.rate is not None:
            self.use.setText(f"Use {self.rate:g}")
            self.use.setAccessibleName(self.use.text())

    def _end(self, ended: Ended) -> None:
        self._job = None
        self.search.setText(FIND)
        if ended.outcome == "failed":
            self._say(ended.sentence)
        elif self.rate is None and not any(self._points):
            self._clear()
        elif ended.outcome == "cancelled":
            self._say("The search was ended; nothing is suggested.")

    def _use(self) -> None:
        if self.rate is not None:
            self._qdocument.do(SetRecipe(setting="lr", value=self.rate))

    def _say(self, text: str) -> None:
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def _clear(self) -> None:
        self.rate = None
        self._points = []
        self.curve.hide()
        self.use.hide()
        self._say("")

    @Slot(str)
    def _on_state(self, state: str) -> None:
        if state != "idle" and self._job is not None:
            self._job.stop()
        self.search.setEnabled(state == "idle")
        self.search.setToolTip(_TIP if state == "idle" else "While a training is on, no other rates are tried.")

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        """What was found belongs to the drawing as it was; the rate alone may change."""
        before, after = change.before, change.after
        if change.opened or before.graph != after.graph:
            if self._job is not None:
                self._job.stop()
            self._clear()
