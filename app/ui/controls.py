"""Train, Pause, Step, Stop and the device: what may be pressed when, and what the status bar says about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker, QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.core.commands import SetRecipe
from app.core.document import Change
from app.jobs.messages import Bundle
from app.training.events import BatchDone, Cancelled, EpochDone, Failed, Finished, PartDone, Started
from app.training.numbers import word_of
from app.training.outcome import result_in, result_of, result_words
from app.ui import icons
from app.ui.actions import with_keys
from app.ui.dialogs import ask
from app.ui.insight.subject_cache import another_experiment
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import TintedLabel
from app.ui.layouts import row
from app.ui.problems.entries import count_words
from app.ui.readiness import HeldTraining, RefusedTraining
from app.ui.training.runs import KeptRun
from nodes.api.words import sentence_case

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

DEVICES = {"auto": "automatic", "cpu": "CPU", "cuda": "GPU (CUDA)"}
_ROLE = QMessageBox.ButtonRole


class TrainingControls(QObject):
    """Follows the session of one window, and asks before a training is ended for something else."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._epochs = 0
        self._epoch = 0
        self._speed = 0.0
        self._part: PartDone | None = None  # of a turn that somebody steps through
        self._after: Callable[[], object] | None = None
        self._result = ""  # how the last training ended
        self._numbers: Mapping[str, float] = {}  # what was measured in the last epoch
        self._begun = False  # whether the training that is on, or was on last, has come to its first batch
        self._told = False  # whether the banner says why the last training failed
        self._held_words = ""  # what the banner says while something else is in the way
        self.device = CalmCombo("Device", entries=((words, key) for key, words in DEVICES.items()))
        self.device.setMinimumContentsLength(12)
        self.device.activated.connect(self._choose_device)
        self.device_row = QWidget()
        row(TintedLabel("Device", "text.soft"), self.device, of=self.device_row, margins=(6, 0, 4, 0), spacing=6)
        actions = window.actions_table
        icons.put(actions["train"], "train", "ok")
        icons.put(actions["stop"], "stop", "error")
        for name in ("train", "step"):
            actions[name].hovered.connect(self._session.expect_training)
        self._session.state_changed.connect(self.refresh)
        self._session.progress.connect(self._hear)
        self._session.ended.connect(self._ended)
        self._session.released.connect(self._released)
        self._session.edit_refused.connect(self._tell_waiting)
        self._session.device_changed.connect(self._show_device)
        self._session.recalled.connect(self._recalled)
        self._session.model_ready.connect(self._show_continue)
        self._session.differs_changed.connect(self._show_result)
        window.listing.changed.connect(self._show_train)
        window.qdocument.changed.connect(self._show_device)
        window.qdocument.changed.connect(self._follow)
        self.refresh()
        self._show_device()

    @property
    def epoch(self) -> int:
        """The epoch that the training is in, or was in last."""
        return self._epoch

    # What may be pressed

    def refresh(self) -> None:
        """Switch the actions on and off as the state of the session asks for."""
        state = self._session.state
        self._begun = self._begun and state != "starting"
        if state == "starting":
            self._take_back()
        actions = self._window.actions_table
        actions["train"].setEnabled(state in ("idle", "paused"))
        actions["train"].setText("&Go on" if state == "paused" else "&Train")
        self._show_train()
        actions["pause"].setEnabled(state in ("running", "paused"))
        actions["pause"].setChecked(state == "paused")
        actions["step"].setEnabled(state in ("idle", "running", "paused"))
        actions["stop"].setEnabled(state in ("starting", "running", "paused"))
        self.device.setEnabled(state == "idle")
        self._show_continue()
        self._show_progress()

    def _show_train(self) -> None:
        """Let the tooltip of Train say what a press would do now."""
        state, action = self._session.state, self._window.actions_table["train"]
        wrong = [entry for entry in self._window.listing.entries if entry.kind == "error"]
        words = {"idle": "Train the drawing on its data", "paused": "Go on with the training"}.get(state, "It trains")
        if state == "idle" and wrong:
            words = f"Train the drawing on its data. It cannot be trained yet: {count_words(wrong)}"
        action.setToolTip(with_keys(words, action))

    def _show_continue(self) -> None:
        action, why_not = self._window.actions_table.unseen("train_on"), self._session.why_not_continue()
        action.setEnabled(why_not is None)
        action.setProperty("why_not", why_not)
        action.setToolTip(why_not or "Go on where the last run stopped")

    def toggle_pause(self) -> None:
        """Hold the training, or go on with it."""
        if self._session.state == "paused":
            self._session.resume()
        else:
            self._session.pause()
        self.refresh()  # a click has already moved the check mark; only the session's state counts

    # The device

    def _show_device(self) -> None:
        with QSignalBlocker(self.device):
            self.device.setCurrentIndex(self.device.findData(self._window.qdocument.project.recipe.device))
        found = self._session.device
        self.device.setToolTip(f"Where to compute; now: {found}" if found else "Where to compute")

    def _choose_device(self, index: int) -> None:
        self._window.qdocument.do(SetRecipe(setting="device", value=self.device.itemData(index)))

    # How it goes

    def _hear(self, bundle: Bundle) -> None:
        for event in bundle.events:
            match event:
                case Started():
                    self._begun = True
                    self._epochs, self._epoch, self._speed = event.epochs, event.resumed_epoch, 0.0
                    if not event.resumed_epoch:
                        self._numbers = {}
                case BatchDone():
                    self._epoch, part = event.epoch, self._part
                    last = part is not None and part.step + 1 == part.steps
                    self._part = replace(part, name=part.following, step=part.steps) if part and last else None
                case PartDone():
                    self._epoch, self._part = event.epoch, event
                case EpochDone():
                    self._epoch, self._speed = event.epoch, event.samples_per_second
                    self._numbers = event.metrics
        self._show_progress()

    def _show_progress(self) -> None:
        state = self._session.state
        if state == "idle":
            return  # the ending has said its word
        parts = {"starting": ["starting"], "paused": ["paused"], "stopping": ["stopping"]}.get(state, [])
        if self._epochs and state != "starting":
            parts.append(f"epoch {self._epoch}/{self._epochs}")
            if self._part is not None and state == "paused":
                part = self._part
                parts.append(f"batch {part.batch}/{part.batches}, step {part.step} of {part.steps}: {part.name}")
            if self._speed and state == "running":
                unit = "img/s" if self._window.status.unit == "image" else "samples/s"
                parts.append(f"{self._speed:,.0f} {unit}")
        self._window.status.show_training(" · ".join(parts))

    def _ended(self, event: Finished | Cancelled | Failed) -> None:
        match event:
            case Finished():
                numbers = {name: value for name, value in event.metrics.items() if value is not None}
                kept = numbers if "train_loss" in numbers else self._numbers
                self._say_result(f"trained, {_epochs(event.epoch)}", *_outcome(kept))
            case Cancelled():
                words = f"stopped after {_epochs(event.epoch)}" if event.epoch else "stopped"
                self._say_result(words, *_outcome(self._numbers if event.epoch else {}))
            case Failed():
                # Of a drawing that was refused nothing was trained, so what was said of the run before stays.
                if not isinstance(event, RefusedTraining):
                    self._say_result("")
                self._tell(event)
                self._show_continue()
        self._begun = False
        after, self._after = self._after, None
        if after is not None:
            # Not from inside the session's own signal: what follows may close it.
            QTimer.singleShot(0, self, after)

    def _recalled(self, past: KeptRun) -> None:
        self._epoch = past.epoch
        self._numbers = past.epochs[-1].metrics if past.epochs else {}
        if not past.epoch or past.about.ending == "failed":
            self._say_result("")
            return
        found = result_of(past)
        self._say_result(f"trained, {_epochs(past.epoch)}", *(_in_words(*found) if found is not None else ()))

    def _say_result(self, text: str, result: str = "", tip: str = "") -> None:
        """How it ended, and what came of it, of which the tooltip says what it is."""
        self._result = f"{text}, {result}" if result else text
        self._window.status.training.setToolTip(tip)
        self._show_result()

    def _show_result(self, *_: object) -> None:
        """Say how the last training ended, and whether the drawing is another one now."""
        if self._session.state == "idle":
            since = ", changed since" if self._result and self._session.differs else ""
            self._window.status.show_training(f"{self._result}{since}")

    def _follow(self, change: Change) -> None:
        """Take back what was said of a training once the drawing is another one."""
        self._show_continue()
        if change.opened and not self._session.busy:
            self._say_result("")
        if another_experiment(change):
            self._take_back()

    def _released(self) -> None:
        """What was in the way is over, so the banner no longer says that it is."""
        if self._held_words and self._window.banner.text.text() == self._held_words:
            self._take_back()
        self._held_words = ""

    def _take_back(self) -> None:
        """The banner no longer says that the last training failed."""
        if self._told:
            self._told = False
            self._window.banner.clear()

    def _tell(self, event: Failed) -> None:
        """Say above the canvas that nothing, or no more, was trained; why stands in the list of problems."""
        window, entries = self._window, self._window.listing.entries
        if isinstance(event, RefusedTraining):
            wrong = [entry for entry in entries if entry.kind == "error"]
            held = isinstance(event, HeldTraining)
            if not wrong or held:  # an architecture without data and loss is no mistake until somebody trains it
                window.banner.say(f"Nothing was trained. {event.sentence}")
                self._told, self._held_words = True, window.banner.text.text() if held else ""
                return
            first, counted = next(iter(wrong), None), count_words(wrong)
            at = first.problem.node if first is not None else ""
            words = f"Nothing was trained: {counted}"
            words += f", {'in' if len(wrong) == 1 else 'the first in'} {at}" if at else ""
        else:
            first = window.listing.failure()
            at = first.problem.node if first is not None else ""
            words = "The training failed" if self._begun else "Nothing was trained"
            words += f" at {at}" if at else ""
        window.banner.say(f"{words}.", "Show why", lambda: window.places.show(first))
        self._told = True

    def _tell_waiting(self, node: str, sentence: str) -> None:
        """Say why a training that rests does not go on with the drawing as it is now."""
        window = self._window
        show = (lambda: window.travel(node)) if node else None
        window.banner.say(f"The training waits. {sentence}", "Show where" if node else "", show)
        self._told = True

    # Before something else

    def when_idle(self, go_on: Callable[[], object]) -> None:
        """Go on once no training is on; the person is asked whether to stop the one that is."""
        if not self._session.busy:
            go_on()
            return
        done = f" It is in epoch {max(self._epoch, 1)} of {self._epochs}." if self._epochs else ""
        held = self._session.state == "paused"
        ask(
            self._window,
            "Training is on",
            "Stop the training?",
            f"The training is {'paused' if held else 'going on'}.{done} What it has learned so far is kept, and can be "
            "found under Train > Earlier runs.",
            [
                ("Stop the training", _ROLE.AcceptRole, lambda: self._stop_then(go_on)),
                ("Cancel" if held else "Let it train", _ROLE.RejectRole, None),
            ],
        )

    def _stop_then(self, go_on: Callable[[], object]) -> None:
        if not self._session.busy:  # it ended by itself while the question stood there
            go_on()
            return
        self._after = go_on
        self._session.stop()


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count:,} epochs"


def _outcome(metrics: Mapping[str, float]) -> tuple[str, ...]:
    """The result of an epoch in words and what it is; nothing where none is complete."""
    return _in_words(*result_in(metrics)) if "train_loss" in metrics else ()


def _in_words(name: str, value: float) -> tuple[str, str]:
    part, _, number = name.partition("_")
    data = "validation data" if part == "val" else "the training data"
    return result_words(name, value), f"{sentence_case(word_of(number))} on {data}, in the epoch whose weights are kept"
