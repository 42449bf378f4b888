"""The training of the open drawing, and what can be looked at: one place that the toolbar and all panels ask."""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, Signal, Slot

from app.core.document import Change
from app.core.graph.model import Project
from app.core.graph.same_net import alike, same_net
from app.core.graph.seen import same_data
from app.core.live_settings import live_changes, with_change
from app.jobs.messages import Bundle, Ended
from app.jobs.runner import Job, Runner
from app.training.control import Control
from app.training.events import Cancelled, Changed, Edited, EpochDone, Event, Failed, Probed, Started
from app.training.folder import WEIGHTS
from app.training.run_description import about
from app.ui.data.examinations import DataExaminations
from app.ui.insight.chosen_sample import ChosenSample
from app.ui.insight.epoch import ShownEpoch
from app.ui.insight.live_training import LiveTraining
from app.ui.insight.slow_views import SlowViews
from app.ui.insight.subject_cache import Origin, Origins, SubjectCache, TrainedRun
from app.ui.insight.view_scheduler import ViewScheduler
from app.ui.insight.views import NothingToShow
from app.ui.loading import NO_CUDA, CurvesAhead, load_for_training, load_torch
from app.ui.poke.state import Pokes
from app.ui.qdocument import QDocument
from app.ui.readiness import HeldTraining, RefusedTraining, why_not_ready
from app.ui.training import runs
from app.ui.training.earlier_run import EarlierRun
from app.ui.training.edits import Edits, differs, why_not_edit
from app.ui.training.runs import KeptRun, ending_of
from app.ui.training.stepping import why_begin_anew, why_other_recipe
from app.ui.training.thread import run_training
from app.ui.training.training_request import Run as Run
from app.ui.training.training_request import TrainingRequest, ending_told

State = Literal["idle", "starting", "running", "paused", "stopping"]


class Session(ChosenSample):
    """Trains what was drawn when Train was pressed; drawing goes on meanwhile.

    ``progress`` carries a ``Bundle`` of training events, ``ended`` the one ``Finished``, ``Cancelled`` or ``Failed`` of
    each press of Train. ``said`` tells in a sentence what is being waited for, and with an empty text that it is over.
    ``differs_changed`` tells whether the drawing now is another net than the one that trains, or was trained last.
    """

    state_changed = Signal(str)
    progress = Signal(object)
    ended = Signal(object)
    said = Signal(str)
    model_ready = Signal()
    torch_ready = Signal()
    device_changed = Signal(str)
    differs_changed = Signal(bool)
    curves_ready = Signal()
    edit_refused = Signal(str, str)  # the node and why the training cannot go on with the drawing as it is now
    released = Signal()  # what kept trainings from beginning is over
    recalled = Signal(object)  # a KeptRun: what this run left behind is looked at

    def __init__(self, qdocument: QDocument, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._qdocument = qdocument
        self.runner = Runner(self)
        self._kept = SubjectCache()
        self._state: State = "idle"
        self._job: Job | None = None
        self._control: Control | None = None
        self._live: LiveTraining | None = None
        self._torch_job: Job | None = None
        self._torch_loaded = False
        self._expected = False
        self._curves = CurvesAhead(self)
        self._curves.ready.connect(self.curves_ready)
        self._torch_failure = ""
        self._first = True
        self._closed = False
        self._devices: dict[str, str] = {}
        self._waiting: TrainingRequest | None = None  # a training that begins as soon as torch is loaded
        self._epoch = 0
        self._differs = False
        self._origins = Origins(lambda: self._torch_loaded, lambda: self._torch_failure)
        self.run: Run | None = None
        self.trained: TrainedRun | None = None
        self._coming: TrainedRun | None = None  # what the training that is on will leave behind
        self._begun = False  # whether it has come as far as its first batch
        self._ending: Event | None = None
        self._left: Project | None = None  # the drawing as it was when the last run ended
        self._held = ""
        self.edits = Edits(self)
        self.looker = ViewScheduler(self.runner, self._kept, self.origin_of, self)
        self.pokes = Pokes(self, qdocument, self.looker.poke, self)
        self.slow = SlowViews(self.runner, self._kept, self.origin_of, self)
        self.slow.pokes = lambda: self.pokes.now.pokes
        self.time = ShownEpoch(self.looker, self.slow, self)
        self.examined = DataExaminations(self.runner, lambda: self._torch_loaded, self)
        self.torch_ready.connect(self.examined.go_on)
        qdocument.changed.connect(self._on_document)

    # What is going on

    @property
    def state(self) -> State:
        """idle, starting, running, paused or stopping."""
        return self._state

    @property
    def busy(self) -> bool:
        """Whether a training is on, a paused one too."""
        return self._state != "idle"

    @property
    def torch_loaded(self) -> bool:
        """Whether nets can be built already."""
        return self._torch_loaded

    @property
    def torch_failure(self) -> str:
        """Why nothing can be trained on this computer, in a sentence; empty where torch is loaded, or not asked for."""
        return self._torch_failure

    @property
    def differs(self) -> bool:
        """Whether the drawing now is another net than the one that trains, or was trained last."""
        return self._differs

    @property
    def device(self) -> str:
        """Where the recipe of the drawing computes: ``CPU``, or ``CUDA: `` and a name. Empty until torch is loaded."""
        return self._devices.get(self._qdocument.project.recipe.device, "")

    @property
    def device_refusal(self) -> str:
        """Why the recipe of the drawing cannot be computed where it asks for; empty until torch is loaded."""
        return self._devices.get(NO_CUDA, "") if self._qdocument.project.recipe.device == "cuda" else ""

    # torch, which takes a while to load

    def load_torch(self) -> None:
        """Load torch beside the window. To be called once the window is painted; Train does it too if need be."""
        if self._torch_loaded or self._torch_job is not None or self._closed:
            return
        self._torch_failure, self._first = "", "torch" not in sys.modules  # a second window finds it loaded, or loading
        if self._first:
            gc.collect()  # so that nothing of the window waits to be collected when everything is frozen below
        self._torch_job = self.runner.start(load_torch, heard=self._found_devices, ended=self._torch_came)

    def expect_training(self) -> None:
        """Load beside the window what a training needs besides. To be called when Train is about to be pressed."""
        if self._torch_loaded and not self._expected and self._state == "idle":
            self._expected = True
            self._curves.start()
            self.runner.start(load_for_training)

    def _torch_came(self, ended: Ended) -> None:
        self._torch_job = None
        if ended.outcome != "finished":
            reason = ended.sentence or "The loading was stopped."
            self._torch_failure = (
                f"torch could not be loaded, so nothing can be trained; drawing works. {reason} "
                "Run make setup to repair the installation."
            )
            self.said.emit("torch could not be loaded; why stands under Problems.")
            self._refuse_waiting(RefusedTraining(None, self._torch_failure))
            self.looker.refresh()
            return
        if self._first:
            # torch's half a million objects stay for good. Out of the collector's sight they cost no pause ever again.
            # Not again for later windows: what is frozen is never freed, and they may be closed.
            gc.freeze()
        self._torch_loaded = True
        self.torch_ready.emit()
        self.device_changed.emit(self.device)
        self.looker.refresh()
        if self._waiting is not None:
            refusal = why_not_ready(self._qdocument.document)  # drawing went on meanwhile
            if refusal is not None:
                self._refuse_waiting(refusal)
                return
            wish, self._waiting = self._waiting, None
            self._begin(wish)

    # Training

    def train(self) -> None:
        """Start a fresh run of the drawing; if one is paused, go on with it."""
        if self._state == "paused":
            self.resume()
        elif self._state == "idle":
            self._start(TrainingRequest(paused=False))

    def pause(self) -> None:
        """Rest after the batch in hand."""
        if self._state in ("running", "starting") and self._control is not None:
            self._control.pause()
            if self._state == "running":
                self._set_state("paused")
                self.looker.refresh()

    def resume(self) -> None:
        """Go on after a pause."""
        if self._state == "paused" and self._control is not None and self._take_edits():
            self._control.resume()
            self._set_state("running")
            self.looker.refresh()

    @property
    def edited(self) -> bool:
        """Whether a training that rests will go on with another drawing or recipe than until now."""
        run = self.run
        return self._state == "paused" and run is not None and differs(run.project, self._qdocument.project)

    def _take_edits(self) -> bool:
        """Let the training go on with the drawing as it is now; False if that cannot be, which is told."""
        self.edits.send()
        if self.edited and self._control is not None and self.run is not None:
            why_not = why_not_edit(self._qdocument.document, self.run.project, self._epoch)
            if why_not is not None:
                self.edit_refused.emit(*why_not)
                return False
            self._control.edit(self.edits.wanted(self.run.project, self._qdocument.project))
        return True

    def step(self, anew: bool = False) -> None:
        """Train on one batch and rest. From idle, the last run goes on with this batch if it was stopped; else a fresh
        one begins, except behind a run that is complete: that is left only with ``anew``, else ``said`` tells why."""
        if self._state == "idle":
            why_not = self.why_not_step()
            if why_not is not None and not anew:
                self.said.emit(why_not)
                return
            goes_on = not anew and not isinstance(self._ending, Failed) and self.why_not_continue() is None
            folder = self.run.folder if goes_on and self.run is not None else None
            self._start(TrainingRequest(paused=True, resume=folder))
        elif self._control is not None and self._state in ("running", "paused"):
            if self._state == "paused" and not self._take_edits():
                return
            self._control.step()
            if self._state == "running":
                self._set_state("paused")
            self.looker.refresh()

    def why_not_step(self) -> str | None:
        """Why a step would have to begin a new run although nothing asks for that, in a sentence, or None."""
        run, trained = self.run, self.trained
        if self.busy or run is None:
            return None
        epoch = trained.epoch if trained is not None and trained.run == run.folder else None
        return why_begin_anew(self._ending, run.project, self._left, self._qdocument.project, epoch)

    def stop(self) -> None:
        """End the training after the batch in hand. What was learned is kept."""
        if self._waiting is not None:
            self._refuse_waiting(Cancelled(0))
        elif self._job is not None and self._state != "stopping":
            self._set_state("stopping")
            self._job.stop()

    def why_not_continue(self) -> str | None:
        """Why the last run cannot be continued, in a sentence, or None if it can."""
        run, project = self.run, self._qdocument.project
        if self.busy:
            return "A training is on."
        if run is None or self.trained is None or self.trained.run != run.folder:
            return "There is no run that could be continued."
        if self._differs:
            return "The drawing has changed since the last run, so it can only be trained anew."
        if isinstance(self._ending, Failed) and self._ending.useless:
            return "The last run ended with weights that are of no use, so it can only be trained anew."
        return why_other_recipe(self._ending, run.project.recipe, project.recipe, self.trained.epoch)

    def train_on(self) -> None:
        """Continue the last run where it was stopped, with the recipe's number of epochs and learning rate."""
        if self.why_not_continue() is None and self.run is not None:
            self._start(TrainingRequest(paused=False, resume=self.run.folder))

    def begin(self, wish: TrainingRequest) -> None:
        """Begin another run than that of the last press, if none is on: a branch, or one from other weights."""
        if self._state == "idle":
            self._start(wish)

    def recall(self, past: KeptRun, before: EarlierRun | None = None) -> None:
        """Look at what a run left behind, and go on with it when Continue is pressed. The drawing stays as it is.

        ``before`` says how the run fits the drawing; without it, the drawing is that of the run.
        """
        if self.busy:
            return
        now = self._qdocument.project
        project = before.project if before is not None else now
        self.run = Run(project, past.folder)
        self.trained = before.trained(now) if before is not None else TrainedRun(project, past.folder, past.epoch)
        self._ending, self._left = ending_of(past, project), now
        self._curves.start()
        self._check_difference()
        self.time.follow(past.folder)
        self.looker.refresh()
        self.recalled.emit(past)
        self.model_ready.emit()

    def close(self) -> None:
        """Stop everything and wait for it; the ending of a training is told before this returns."""
        self._closed = True  # a window may be closed before the moment after its first paint
        self._waiting = None
        self.looker.close()
        self._curves.stop()
        self.runner.shutdown()
        self._kept.forget()

    def hold(self, why: str) -> None:
        """Let no training begin as long as there is a reason, which is told then; an empty text lets them again."""
        self._held = why
        if not why:
            self.released.emit()

    def _start(self, wish: TrainingRequest) -> None:
        if self._held:
            self.ended.emit(HeldTraining(None, self._held))
            return
        refusal = why_not_ready(self._qdocument.document)
        if refusal is not None:
            self.ended.emit(refusal)
        elif self._torch_loaded:
            self._begin(wish)
        else:
            self._waiting = wish
            self._set_state("starting")
            self.said.emit("Loading torch…")
            self.load_torch()

    def _begin(self, wish: TrainingRequest) -> None:
        project = self._qdocument.project
        if wish.resume is not None and wish.left is None and about(wish.resume).training:
            self._set_state("idle")
            self.ended.emit(Failed(None, "Another window is training this run. Stop it there before going on here."))
            return
        try:
            folder = runs.new_run(project.title) if wish.resume is None or wish.left else wish.resume
        except OSError as error:
            self._set_state("idle")
            self.ended.emit(Failed(None, f"The folder for runs cannot be made: {error.strerror}. Check {runs.home()}."))
            return
        before = self.run.project if folder == wish.resume and self.run is not None else None
        self.run = Run(project, folder, before, wish.left)
        self._begun = False
        self._coming = TrainedRun(project, folder, 0)
        self._ending = None
        self._epoch = 0
        self.edits.begin()
        self._curves.start()
        control = self._control = Control()
        if wish.paused:
            control.step()
        self._set_state("starting")
        self.said.emit("Compiling the drawing…")
        kept, file = self._kept, self._qdocument.document.path
        self._job = self.runner.start(
            lambda: run_training(project, folder, wish, control, kept, file),
            heard=self._hear_training,
            ended=self._training_ended,
            ask_to_stop=control.stop,
        )
        self._live = LiveTraining(control)
        self.time.follow(folder)
        self.looker.follow(self._live, project.recipe)
        self.slow.follow(self._live, project.recipe)
        self._check_difference()

    def _refuse_waiting(self, ending: Cancelled | Failed) -> None:
        if self._waiting is not None:
            self._waiting = None
            self.said.emit("")
            self._set_state("idle")
            self.ended.emit(ending)

    def _set_state(self, state: State) -> None:
        if state != self._state:
            self._state = state
            self.examined.hold(state in ("starting", "running"))
            self.state_changed.emit(state)

    # What jobs say

    def _found_devices(self, bundle: Bundle) -> None:
        for picture in bundle.pictures:
            self._devices = dict(picture.content)

    def _hear_training(self, bundle: Bundle) -> None:
        for event in bundle.events:
            if isinstance(event, Started):
                self._begun = True
            if isinstance(event, Started) and self._state == "starting":
                assert self._control is not None
                self._set_state("paused" if self._control.paused else "running")
                self.said.emit("")
            elif isinstance(event, EpochDone):
                self._epoch = event.epoch
            elif isinstance(event, Changed):
                self._take_over(event)
            elif isinstance(event, Edited):
                self._went_on_with(event)
            elif isinstance(event, Probed) and self._live is not None:
                self._live.hear(event)
        self.time.hear(bundle, self.run.project.recipe if self.run is not None else None)
        self.progress.emit(bundle)

    def _take_over(self, event: Changed) -> None:
        """The run is that of a drawing with the changed setting from now on."""
        if self.run is not None and self._coming is not None:
            self.run = replace(self.run, project=with_change(self.run.project, event.setting, event.value))
            self._coming = replace(self._coming, project=with_change(self._coming.project, event.setting, event.value))
            self._check_difference()

    def _went_on_with(self, event: Edited) -> None:
        """The run is that of another drawing from now on, or rests because it cannot be."""
        self.edits.sent = False
        if event.refused:
            self._set_state("paused" if self._state == "running" else self._state)
            self.edit_refused.emit(event.node or "", event.sentence)
            return
        if isinstance(event.project, Project) and self.run is not None and self._coming is not None:
            self.run = replace(self.run, project=event.project)
            self._coming = replace(self._coming, project=event.project, moves=())
            self.edits.begin()
            self._check_difference()

    def _training_ended(self, ended: Ended) -> None:
        assert self.run is not None
        assert self._coming is not None
        run, left = self.run, self._coming
        event = ending_told(ended, self._epoch, run.folder)
        self._job = self._control = self._live = self._coming = None
        self._ending, self._left = event, self._qdocument.project
        # A run that could not even go on is as it was, under the names that its layers had.
        if (run.folder / WEIGHTS).exists() and (self._begun or not run.resumed):
            epoch = self._epoch if isinstance(event, Failed) else event.epoch
            self.trained = replace(left, epoch=epoch)
        self._kept.release()
        self.time.renew()
        if self._state == "starting":
            self.said.emit("")
        self._set_state("idle")
        self.looker.unfollow()
        self.slow.unfollow()
        self._check_difference()
        if self.trained is not None and self.trained.run == run.folder:
            self.model_ready.emit()
        self.ended.emit(event)

    # The drawing

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        before, after = change.before, change.after
        if before is after and not change.opened:
            return  # it was saved
        if change.opened:
            self.choose_sample(0)  # the one with this number would be another one
            self.looker.forget()
            if not self.busy:
                self.trained = self.run = None
                self.time.follow(None)
                self._kept.drop()  # the next drawing may never ask for a net, and a large one holds a gigabyte
        elif self._chosen is not None and not same_data(before.graph, after.graph):
            self.choose_sample(self._sample)  # another one has its number now, or none
        if self.trained is not None:
            self.trained = self.trained.after(change)
        if self._coming is not None:
            self._coming = self._coming.after(change)
        if self._control is not None and self.run is not None and not change.opened:
            self.edits.follow(change)
            edit = self.edits.at_once(self.run.project, self._qdocument.document) if self._state == "running" else None
            if edit is not None:
                self._control.edit(edit)
            self.edits.change(live_changes(before, after, self.run.project), self._control)
        if before.recipe.device != after.recipe.device or change.opened:
            self.device_changed.emit(self.device)
        self._check_difference()
        same = same_net(before, after) and before.recipe == after.recipe
        if change.opened or not (self.busy or same):  # of a drawing that was opened nothing is shown yet
            self.looker.refresh_after_edit()

    def _check_difference(self) -> None:
        differs = self.run is not None and not alike(self.run.project, self._qdocument.project)
        if differs != self._differs:
            self._differs = differs
            self.differs_changed.emit(differs)

    def origin_of(self, node: str | None) -> Origin | NothingToShow:
        """Where to look for a node while nothing trains: the trained net if it has it as drawn now, at the epoch that
        is looked at, else a fresh one."""
        return self.time.at(self._origins.of(node, self._qdocument.document, self.trained))
