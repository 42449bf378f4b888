"""One list of everything that is wrong or worth knowing, which the panel, the status bar and the canvas all show."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from app.core.checks.check import check
from app.core.checks.problems import Problem, SetTraining
from app.core.document import Change
from app.jobs.messages import Bundle
from app.training.events import Diagnosed, Failed
from app.ui.pace import later
from app.ui.problems.entries import ProblemEntry, once
from app.ui.problems.findings import Findings
from app.ui.qdocument import QDocument
from app.ui.readiness import RefusedTraining
from app.ui.session import Session
from app.ui.training.runs import KeptRun

_AT_ONCE = 250  # layers; the notes on so many take a few milliseconds, those on more wait until the edit is painted


class ProblemListing(QObject):
    """Follows one drawing and, with a session, its trainings. ``changed`` tells that the entries are others now."""

    changed = Signal()

    def __init__(self, qdocument: QDocument, session: Session | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._qdocument, self._session = qdocument, session
        self._findings = Findings()
        self._memory: Problem | None = None
        self._entries: tuple[ProblemEntry, ...] = ()
        self._timer = later(self, self.refresh)
        qdocument.changed.connect(self._on_document)
        if session is not None:
            session.state_changed.connect(self._on_state)
            session.progress.connect(self._on_progress)
            session.ended.connect(self._on_ended)
            session.recalled.connect(self._on_recalled)
            session.torch_ready.connect(self.refresh)
            session.device_changed.connect(self.refresh)
            session.said.connect(self.refresh)
        self.refresh()

    @property
    def entries(self) -> tuple[ProblemEntry, ...]:
        """The worst first; problems in the order in which data flows."""
        return self._entries

    def failure(self) -> ProblemEntry | None:
        """Why the last training ended, while that is true of the drawing."""
        return next((entry for entry in self._entries if entry.failed), None)

    def say_memory(self, problem: Problem | None) -> None:
        """Say that a training does not fit into memory; with None that it does."""
        if problem != self._memory:
            self._memory = problem
            self.refresh()

    @Slot()
    def refresh(self, *_: object) -> None:
        """Work out the list anew."""
        self._timer.stop()
        document = self._qdocument.document
        checked = check(document.project, document.report)
        found = [ProblemEntry("error", Problem("", f"Of the file: {said}", "file")) for said in document.complaints]
        found.extend(ProblemEntry("error", problem) for problem in checked.problems)
        if self._session is not None and self._session.torch_failure:
            found.append(ProblemEntry("error", Problem("", self._session.torch_failure, "torch")))
        if self._session is not None and self._session.device_refusal:
            fixes = (SetTraining("device", "auto"),)
            found.append(ProblemEntry("error", Problem("", self._session.device_refusal, "device", fixes)))
        found.extend(self._findings.holding(document.project, self._session is not None and self._session.busy))
        found.extend(ProblemEntry("warning", note) for note in checked.notes)
        if self._memory is not None:
            found.append(ProblemEntry("warning", self._memory))
        entries = once(found)
        if entries != self._entries:
            self._entries = entries
            self.changed.emit()

    # What happens

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if change.opened and not (self._session is not None and self._session.busy):
            self._findings.clear()
        if len(change.after.graph.nodes) <= _AT_ONCE:
            self.refresh()
        else:
            self._timer.start(0)

    @Slot(str)
    def _on_state(self, state: str) -> None:
        if state == "starting":
            self._findings.clear()
        if state in ("starting", "idle"):
            self.refresh()

    @Slot(object)
    def _on_progress(self, bundle: Bundle) -> None:
        for event in bundle.events:
            if isinstance(event, Diagnosed):
                self._hear(event)

    @Slot(object)
    def _on_ended(self, event: object) -> None:
        # Of a drawing that was refused the reason is here already.
        if isinstance(event, Failed) and not isinstance(event, RefusedTraining):
            self._hear(event)

    def _hear(self, event: Diagnosed | Failed) -> None:
        assert self._session is not None
        run = self._session.run
        self._findings.hear(event, run.project if run is not None else None, self._qdocument.project)
        self.refresh()

    @Slot(object)
    def _on_recalled(self, past: KeptRun) -> None:
        self._findings.clear()
        run = self._session.run if self._session is not None else None
        known = past.about
        if known.ending == "failed" and known.sentence and run is not None:
            failed = Failed(known.node or None, known.sentence, known.fixes, known.useless)
            self._findings.recall(failed, run.project)
        self.refresh()
