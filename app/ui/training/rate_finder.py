"""Searches for a learning rate beside the recipe: a curve as it comes, a sentence, and a button that takes the rate."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from app.core.commands import SetRecipe
from app.core.document import Change
from app.jobs.messages import Bundle, Ended
from app.jobs.runner import Job
from app.ui.labels import Remark, button, icon_button
from app.ui.layouts import column, row
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
_USE = "Set this learning rate. Undo takes it back."


class RateFinder(QWidget):
    """Runs one search at a time; a training that begins ends it. ``search`` is its button, which stands elsewhere.
    ``grown`` tells that there is something to read."""

    grown = Signal()

    def __init__(self, session: Session, qdocument: QDocument) -> None:
        super().__init__()
        self._session, self._qdocument = session, qdocument
        self._job: Job | None = None
        self._points: list[tuple[float, float]] = []
        self.rate: float | None = None
        self.search = icon_button("chart", FIND, self._find)
        self.use = button("Use", _USE, self._use)
        self.use.hide()
        self.said = Remark()
        self.curve = SmallCurve("Loss by learning rate", log_x=True, what="loss")
        self.curve.hide()
        column(self.curve, row(self.use, (self.said, 1)), of=self, spacing=4)
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
        self._name(END)
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
            # Where it blows up nothing is to be read; the fall before needs the room.
            top = losses[0] + 0.5 * (losses[0] - min(losses))
            losses = [min(loss, top) for loss in losses]
            points = [(lr, loss) for (lr, _), loss in zip(self._points, losses)]
            rates = f"{self._points[0][0]:.0e}", f"{self._points[-1][0]:.2g}"
            self.curve.show_points(points, (f"{max(losses):.3g}", f"{min(losses):.3g}", *rates), self.rate)
        self.use.setVisible(self.rate is not None)
        self._show_use()
        self.grown.emit()

    def _show_use(self) -> None:
        """What is set is told here: its field stands far above, mostly out of sight."""
        if self.rate is not None:
            used = self._qdocument.project.recipe.lr == self.rate
            self.use.setMinimumWidth(0)
            both = [f"Use {self.rate:g}", f"{self.rate:g} is set"]
            for words in both if used else reversed(both):  # as wide for both: else a press moves the sentence beside
                self.use.setText(words)
                self.use.setMinimumWidth(max(self.use.minimumWidth(), self.use.sizeHint().width()))
            self.use.setToolTip("The learning rate is this one" if used else _USE)
            self.use.setAccessibleName(self.use.text())

    def _end(self, ended: Ended) -> None:
        self._job = None
        self._name(FIND)
        if ended.outcome == "failed":
            self._say(ended.sentence)
        elif self.rate is None and not any(self._points):
            self._clear()
        elif ended.outcome == "cancelled":
            self._say("The search was ended; nothing is suggested.")

    def _use(self) -> None:
        if self.rate is not None and self.rate != self._qdocument.project.recipe.lr:
            self._qdocument.do(SetRecipe(setting="lr", value=self.rate))

    def _say(self, text: str) -> None:
        self.said.say(text)
        if text:
            self.grown.emit()  # it stands below all settings, out of sight in most windows

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
        self._name(FIND)

    def _name(self, name: str) -> None:
        """What a press of the button does, or why it does nothing."""
        tip = _TIP if self.search.isEnabled() else "While a training is on, no other rates are tried."
        self.search.setAccessibleName(name)
        self.search.setToolTip(name if name == END else f"{name}. {tip}")

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        """What was found belongs to the drawing as it was; the rate alone may change."""
        before, after = change.before, change.after
        self._show_use()
        if change.opened or before.graph != after.graph:
            if self._job is not None:
                self._job.stop()
            self._clear()
