"""The sweep or race of one window: what it is at, and what came of each variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from app.core.graph.model import Project
from app.core.variants.axes import BadVariants, SweepAxis, combinations, count_of, drawn
from app.core.variants.drawings import MOST, Variant, spoken, told, variants
from app.core.variants.marks import check_values
from app.jobs.messages import Bundle, Ended
from app.jobs.runner import Job
from app.training.comparability import unlike
from app.training.control import Control
from app.training.events import BatchDone, EpochDone, Started
from app.training.sweeping.results import PAUSED, TRAINING, SweepTable, VariantResult, ranked
from app.training.sweeping.sweep_events import SweepEnded as SweepEnded
from app.training.sweeping.sweep_events import SweepPlan, VariantAdded, VariantEvent
from app.ui.readiness import why_not_ready
from app.ui.sweep.thread import SweepRequest, run_sweep
from app.ui.training import runs
from nodes.api.words import listed

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

State = Literal["idle", "running", "paused", "stopping"]
BY_RESULTS = ("evolution", "optuna")  # ways in which what came of some variants chooses the next ones
MOST_RACING = 8  # runners that can be told apart
HELD = "A sweep or race is on. Stop it in the Sweep panel, then train."


class SweepDesk(QObject):
    """Runs one sweep or race at a time. ``changed`` tells that rows have changed or come, ``said`` a sentence."""

    changed = Signal()
    state_changed = Signal(str)
    said = Signal(str)

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._job: Job | None = None
        self._control: Control | None = None
        self.state: State = "idle"
        self.table = SweepTable()
        self.wish: SweepRequest | None = None
        self._unlike: list[bool] = []  # which of its variants have other data than the first one, as far as was asked
        self.stopped = False
        self.losses: dict[int, list[tuple[float, float]]] = {}  # by variant: epochs so far, loss of a batch or an epoch
        self.results: dict[int, list[tuple[float, float]]] = {}  # the number that counts, by epoch
        self.plan = ""
        self._batches: dict[int, int] = {}
        self._words: dict[str, str] = {}  # what the settings that vary are called

    def in_words(self, row: VariantResult) -> VariantResult:
        """A row under the words that its settings have beside their fields, and as all of them stand."""
        if self.state == "paused" and row.state == TRAINING:
            row = replace(row, state=PAUSED)
        if self.wish is None or not row.values:
            return row
        project = self.wish.project
        for name in row.values:
            if name not in self._words:
                self._words[name] = spoken(project, name)
        values = {self._words[name]: value for name, value in row.values.items()}
        return replace(row, name=told(values), values=values)

    @property
    def racing(self) -> bool:
        """Whether what is shown is a race."""
        return self.wish is not None and self.wish.race

    def start(
        self, every: Sequence[SweepAxis], way: str, tries: int, race: bool, others: Sequence[tuple[str, Project]] = ()
    ) -> str:
        """Begin. Gives a sentence if that cannot be."""
        session, qdocument = self._window.session, self._window.qdocument
        if self.state != "idle":
            return HELD
        if session.busy:
            return "A training is on. Stop it, then begin this."
        refusal = why_not_ready(qdocument.document)
        if refusal is not None:
            return refusal.sentence
        if not session.torch_loaded:
            return session.torch_failure or "torch is still loading. Try again in a moment."
        project = qdocument.project
        try:
            found = _variants(project, every, way, tries, race, others)
        except BadVariants as bad:
            return str(bad)
        try:
            folder = runs.new_run(f"{project.title} {'race' if race else 'sweep'}")
            folder.mkdir()
        except OSError as error:
            return f"The folder for runs cannot be made: {error.strerror}. Check {runs.home()}."
        by_results = way if way in BY_RESULTS and not race else ""
        file = qdocument.document.path
        self._unlike = []
        self.wish = SweepRequest(project, tuple(every), found, folder, file, race, by_results, tries)
        self._begin(self.wish)
        return ""

    def go_on(self) -> str:
        """Continue what was stopped. Gives a sentence if that cannot be."""
        if self.wish is None or not self.stopped or self.state != "idle":
            return "There is nothing that was stopped."
        if self._window.session.busy:
            return "A training is on. Stop it, then go on with this."
        self._begin(self.wish)
        return ""

    def _begin(self, wish: SweepRequest) -> None:
        self.table = SweepTable()
        self.losses, self.results, self._batches, self.plan, self.stopped = {}, {}, {}, "", False
        self._words = {}
        control = self._control = Control()
        self._window.session.hold(HELD)
        self._set_state("running")
        self.said.emit("Preparing the variants …")
        self._job = self._window.session.runner.start(
            lambda: run_sweep(wish, control), heard=self._hear, ended=self._end, ask_to_stop=control.stop
        )
        self.changed.emit()

    def pause(self) -> None:
        """Hold all after the batch in hand, or go on."""
        if self._control is None:
            return
        if self.state == "running":
            self._control.pause()
            self._set_state("paused")
        elif self.state == "paused":
            self._control.resume()
            self._set_state("running")

    def step(self) -> None:
        """One batch of every runner, then rest."""
        if self._control is not None and self.state in ("running", "paused"):
            self._control.step()
            self._set_state("paused")

    def stop(self) -> None:
        """End it; what was trained is kept, and ``go_on`` continues it."""
        if self._job is not None and self.state != "stopping":
            self._set_state("stopping")
            self._job.stop()

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)
            self.changed.emit()  # rows say whether they rest

    def _hear(self, bundle: Bundle) -> None:
        for event in bundle.events:
            if isinstance(event, VariantAdded | VariantEvent):
                self.table.hear(event)
            if isinstance(event, SweepPlan):
                before = "" if self.wish is not None and self.wish.by_results else self.plan
                self.plan = " ".join(filter(None, (before, *event.sentences)))
                self.said.emit(self.plan)
            elif isinstance(event, SweepEnded):
                self.stopped = event.stopped
            elif isinstance(event, VariantEvent):
                self._draw(event)
        self.changed.emit()

    def _draw(self, told: VariantEvent) -> None:
        event, number = told.event, told.number
        if isinstance(event, Started):
            self._batches[number] = event.batches
        elif isinstance(event, BatchDone):
            place = event.epoch - 1 + event.batch / event.batches
            self.losses.setdefault(number, []).append((place, event.loss))
        elif isinstance(event, EpochDone):
            row = self.table.rows[number]
            if not self.racing:
                self.losses.setdefault(number, []).append((event.epoch, event.train_loss))
            value = row.metrics.get(row.metric)
            if value is not None:
                self.results.setdefault(number, []).append((event.epoch, value))

    @property
    def best(self) -> VariantResult | None:
        """The best of those that can be compared; None if there is no other to compare one with, or no result yet."""
        apart = self._apart()
        rows = [row for row in self.table.rows.values() if row.number not in apart]
        if apart and len(rows) < 2:
            return None
        return next((row for row in ranked(rows) if row.result is not None), None)

    def _apart(self) -> list[int]:
        """The variants that have other data than the first one, or other shares of it."""
        made = self.wish.variants if self.wish is not None else ()
        for number in range(len(self._unlike), len(made)):
            self._unlike.append(bool(unlike(made[0].project, made[number].project, ("", ""))))
        return [number for number in self.table.rows if number < len(made) and self._unlike[number]]

    def _end(self, ended: Ended) -> None:
        self._job = self._control = None
        self._window.session.hold("")
        self._set_state("idle")
        if ended.outcome == "failed":
            self.said.emit(ended.sentence)
        else:
            apart, best = self._apart(), self.best
            over = "Stopped. Go on continues where it was." if self.stopped else "Finished."
            word = "Best so far" if self.stopped else "Best"
            told = [over] + ([f"{word}: {self.in_words(best).name}."] if best is not None else [])
            if apart:
                names = listed((self.in_words(self.table.rows[number]).name for number in apart), most=3)
                told.append(f"Cannot be compared one to one, as the data is other: {names}.")
            self.said.emit(" ".join(told))
        self.changed.emit()


def _variants(
    project: Project,
    every: Sequence[SweepAxis],
    way: str,
    tries: int,
    race: bool,
    others: Sequence[tuple[str, Project]],
) -> tuple[Variant, ...]:
    """What is to be trained.

    Raises:
        BadVariants: if it cannot be.
    """
    if not every and not others:
        raise BadVariants("Nothing varies yet. Choose a setting and its values.")
    if way in BY_RESULTS and not race:
        check_values(project, every)
        return ()
    if way == "random" and every:
        check_values(project, every)
        found = variants(project, drawn(every, tries))
    else:
        if count_of(every) > MOST:
            raise BadVariants(f"These are {count_of(every):,} variants, and {MOST:,} are possible. Try some by chance.")
        found = variants(project, combinations(every)) if every else (Variant({}, project),)
    recipe = project.recipe
    for name, other in others:
        same = other.recipe.with_settings(
            seed=recipe.seed,
            batch_size=recipe.batch_size,
            epochs=recipe.epochs,
            validation=recipe.validation,
            test=recipe.test,
            folds=recipe.folds,
            fold=recipe.fold,
        )
        found = (*found, Variant({"drawing": name}, replace(other, recipe=same)))
    if race and not 2 <= len(found) <= MOST_RACING:
        raise BadVariants(f"A race has from 2 to {MOST_RACING} runners, and these are {len(found):,}.")
    return found
