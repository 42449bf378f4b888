"""Train, Pause, Step, Stop and the device: what may be pressed when, and what the status bar says about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSignalBlocker, QTimer
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QWidget

from app.core.commands import SetRecipe
from app.core.document import Change
from app.jobs.messages import Bundle
from app.training.events import BatchDone, Cancelled, EpochDone, Failed, Finished, Started
from app.ui import icons
from app.ui.dialogs import ask
from app.ui.insight.kept import another_experiment
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import Tinted
from app.ui.training.runs import Past

if TYPE_CHECKING:
    from app.ui.window import MainWindow

DEVICES = {"auto": "automatic", "cpu": "CPU", "cuda": "GPU (CUDA)"}
_ROLE = QMessageBox.ButtonRole


class TrainingControls(QObject):
    """Follows the session of one window, and asks before a training is ended for something else."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._session = window.session
        self._epochs = 0
        self._epoch = 0
        self._speed = 0.0
        self._after: Callable[[], object] | None = None
        self._useless = False  # whether the last training ended so that going on would end in the same way
        self._told = False  # whether the banner says why the last training failed
        self.device = CalmCombo()
        for key, words in DEVICES.items():
            self.device.addItem(words, key)
        self.device.setMinimumContentsLength(12)
        self.device.setAccessibleName("Device")
        self.device.activated.connect(self._choose_device)
        self.device_row = QWidget()
        row = QHBoxLayout(self.device_row)
        row.setContentsMargins(6, 0, 4, 0)
        row.setSpacing(6)
        row.addWidget(Tinted("Device", "text.soft"))
        row.addWidget(self.device)
        actions = window.actions_table
        icons.put(actions["train"], "train", "ok")
        icons.put(actions["stop"], "stop", "error")
        for name in ("train", "step"):
            actions[name].hovered.connect(self._session.expect_training)
        self._session.state_changed.connect(self.refresh)
        self._session.progress.connect(self._hear)
        self._session.ended.connect(self._ended)
        self._session.device_changed.connect(self._show_device)
        self._session.recalled.connect(self._recalled)
        self._session.model_ready.connect(self._show_continue)
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
        if state == "starting":
            self._useless = False
            self._take_back()
        actions = self._window.actions_table
        actions["train"].setEnabled(state in ("idle", "paused"))
        actions["train"].setText("&Go on" if state == "paused" else "&Train")
        actions["pause"].setEnabled(state in ("running", "paused"))
        actions["pause"].setChecked(state == "paused")
        actions["step"].setEnabled(state in ("idle", "running", "paused"))
        actions["stop"].setEnabled(state in ("starting", "running", "paused"))
        self.device.setEnabled(state == "idle")
        self._show_continue()
        self._show_progress()

    def _show_continue(self) -> None:
        action, why_not = self._window.actions_table["train_on"], self._session.why_not_continue()
        if why_not is None and self._useless:
            why_not = "The last run ended with weights that are of no use, so it can only be trained anew."
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
                    self._epochs, self._epoch, self._speed = event.epochs, event.resumed_epoch, 0.0
                case BatchDone():
                    self._epoch = event.epoch
                case EpochDone():
                    self._epoch, self._speed = event.epoch, event.samples_per_second
        self._show_progress()

    def _show_progress(self) -> None:
        state = self._session.state
        if state == "idle":
            return  # the ending has said its word
        parts = {"starting": ["starting"], "paused": ["paused"], "stopping": ["stopping"]}.get(state, [])
        if self._epochs and state != "starting":
            parts.append(f"epoch {self._epoch}/{self._epochs}")
            if self._speed and state == "running":
                unit = "img/s" if self._window.status.unit == "image" else "samples/s"
                parts.append(f"{self._speed:,.0f} {unit}")
        self._window.status.show_training(" · ".join(parts))

    def _ended(self, event: Finished | Cancelled | Failed) -> None:
        window = self._window
        match event:
            case Finished():
                window.status.show_training(f"trained, {_epochs(event.epoch)}")
            case Cancelled():
                window.status.show_training(f"stopped after {_epochs(event.epoch)}" if event.epoch else "stopped")
            case Failed():
                window.status.show_training("")
                window.banner.say(event.sentence, *self._way_to(event.node))
                self._told = True
                self._useless = event.useless
                self._show_continue()
        after, self._after = self._after, None
        if after is not None:
            # Not from inside the session's own signal: what follows may close it.
            QTimer.singleShot(0, self, after)

    def _recalled(self, past: Past) -> None:
        self._epoch = past.epoch
        self._useless = past.about.useless
        self._window.status.show_training(f"trained, {_epochs(past.epoch)}" if past.epoch else "")

    def _follow(self, change: Change) -> None:
        """Take back what was said of a training once the drawing is another one."""
        self._show_continue()
        if change.opened and not self._session.busy:
            self._window.status.show_training("")
        if another_experiment(change):
            self._take_back()

    def _take_back(self) -> None:
        """The banner no longer says why the last training failed."""
        if self._told:
            self._told = False
            self._window.banner.clear()

    def _way_to(self, node: str | None) -> tuple[str, Callable[[], object] | None]:
        if node is None:
            return "", None
        return f"Show {node}", lambda: self._window.travel(node)

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
