"""Several runs as an ensemble: asks in a job, and shows the numbers of each beside those of all together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from app.jobs.messages import Bundle, Ended, Picture
from app.training.numbers import shown, word_of
from app.ui import scale
from app.ui.labels import TintedLabel, embolden
from app.ui.loading import load_for_training
from app.ui.session import Session
from app.ui.training.run_names import NamedRun, usual_name
from nodes.api.words import per_cent

TOGETHER = "all together"


def _asked(folders: Sequence[Path]) -> Iterator[object]:
    """The answer, in the thread of a job. What it refuses is raised as a sentence."""
    yield from load_for_training()
    from app.training.checkpoints import load_run
    from app.training.ensemble import ensemble
    from app.training.refusal import CannotTrain
    from nodes.api import NoData

    try:
        yield Picture("ensemble", ensemble([load_run(folder) for folder in folders]))
    except (CannotTrain, NoData) as refusal:
        raise ValueError(str(refusal)) from None


class EnsembleJobs(QObject):
    """Asks for one ensemble at a time. ``say`` is told a sentence while it is on, and why it cannot be."""

    def __init__(self, session: Session, panel: QWidget, say: Callable[[str], None]) -> None:
        super().__init__(panel)
        self._session, self._panel, self._say = session, panel, say
        self.busy = False
        self.dialog: EnsembleDialog | None = None
        self._waiting: list[NamedRun] = []  # was pressed for these, and torch is still loading
        session.torch_ready.connect(self._torch_came)
        session.said.connect(lambda _words: self._torch_failed())

    def ask(self, runs: Sequence[NamedRun]) -> None:
        """Average what these runs say."""
        if self.busy or len(runs) < 2:
            return
        if not self._session.torch_loaded:
            self._waiting = list(runs)
            self._say(f"Loading torch. The {len(runs)} runs are asked when it is there.")
            self._session.load_torch()
            return
        self.busy = True
        self._say(f"Asking {len(runs)} runs about the samples that none has learned from …")
        names = [run.past.about.name or usual_name(run.past.folder) for run in runs]
        self._session.runner.start(
            partial(_asked, [run.past.folder for run in runs]), heard=partial(self._hear, names), ended=self._end
        )

    def forget(self) -> None:
        """Ask nothing once torch is there: another drawing was opened meanwhile."""
        self._waiting.clear()

    def _torch_came(self) -> None:
        waiting, self._waiting = self._waiting, []
        self.ask(waiting)

    def _torch_failed(self) -> None:
        if self._waiting and self._session.torch_failure:
            self._waiting.clear()
            self._say(self._session.torch_failure)

    def _hear(self, names: Sequence[str], bundle: Bundle) -> None:
        for picture in bundle.pictures:
            if picture.key == "ensemble":
                self.dialog = EnsembleDialog(self._panel, names, picture.content)
                self.dialog.open()

    def _end(self, ended: Ended) -> None:
        self.busy = False
        self._say(ended.sentence if ended.outcome == "failed" else "")


class EnsembleDialog(QDialog):
    """The table: a row for each run, and one for all together."""

    def __init__(self, parent: QWidget, names: Sequence[str], joint: Any) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("As an ensemble")
        count = f"{joint.samples:,} samples of the {joint.part} part"
        agree = f" All agree on {per_cent(joint.agree, 1)} of them." if joint.agree is not None else ""
        what = "probabilities" if joint.agree is not None else "numbers"
        self.words = TintedLabel(f"The {what} of all runs are averaged, on {count}.{agree}", "text", wrap=True)
        metrics = list(joint.metrics)
        self.table = QTableWidget(len(joint.members) + 1, 1 + len(metrics))
        self.table.setHorizontalHeaderLabels(["Run", *(word_of(name).capitalize() for name in metrics)])
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setTabKeyNavigation(False)
        self.table.setAccessibleName("Each run and all together")
        rows = [(TOGETHER, joint.metrics), *zip(names, (member.metrics for member in joint.members))]
        for row, (name, numbers) in enumerate(rows):
            texts = [name, *(shown(each, numbers[each]) if each in numbers else "–" for each in metrics)]
            for column, text in enumerate(texts):
                item = QTableWidgetItem(text)
                if not row:
                    embolden(item)
                self.table.setItem(row, column, item)
        self.table.resizeColumnsToContents()
        self.remarks = TintedLabel(" ".join(joint.remarks), "text.soft", wrap=True)
        self.remarks.setVisible(bool(joint.remarks))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for part in (self.words, self.table, self.remarks, buttons):
            layout.addWidget(part)
        self.resize(scale.px(460), scale.px(320))
