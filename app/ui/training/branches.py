"""Continue from here: a kept epoch of a run opens as a run of its own, from the curves or from a list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtWidgets import QDialog, QListWidget, QListWidgetItem, QMenu

from app.core.commands.project import ShowRun
from app.core.graph.same_net import alike
from app.core.storage.files import UnreadableDrawing, open_project
from app.training.folder import DRAWING
from app.training.snapshots import KeptPoint, kept_epoch, kept_epochs
from app.ui import scale
from app.ui.canvas.arranging import with_places
from app.ui.labels import TintedLabel, button
from app.ui.layouts import column, row
from app.ui.training import runs
from app.ui.training.batch_desk import BatchDesk
from app.ui.training.branch_curves import CurvePlace
from app.ui.training.run_curves import numbers_of
from app.ui.training.stepping import why_no_branch
from app.ui.training.training_request import TrainingRequest

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_NONE = "No epoch of this run was kept. The recipe says how many stay: keep epochs and snapshots."


class BranchDesk(QObject):
    """The branches of one window."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self.menu: QMenu | None = None
        self.dialog: BranchDialog | None = None
        self.batches = BatchDesk(window)

    # Where from

    def show_menu(self, place: CurvePlace, where: QPoint) -> None:
        """What can be done at a place of the curves."""
        run = self._window.session.run
        if run is None:
            return
        menu = self.menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.destroyed.connect(self._menu_gone)
        kept = sorted(kept_epochs(run.folder), key=lambda each: (abs(each.epoch - place.epoch), each.epoch))
        if place.batch and place.loss is not None:
            menu.addAction(
                f"Open batch {place.batch:,} of epoch {place.within:,}, with loss {place.loss:.3g}",
                lambda: self.batches.open(place),
            )
            menu.addSeparator()
        if kept:
            epoch = kept[0].epoch
            menu.addAction(f"Continue from epoch {epoch:,}", lambda: self.begin(run.folder, epoch))
            menu.addAction("Continue from another epoch…", lambda: self.offer(run.folder))
        else:
            menu.addAction("Nothing was kept to continue from").setEnabled(False)
        menu.popup(where)

    def _menu_gone(self) -> None:
        self.menu = None

    def choose(self) -> None:
        """Offer the kept epochs of the run that is shown."""
        run = self._window.session.run
        if run is None:
            self._window.say("There is no run yet. Train first; then any of its kept epochs can be continued from.")
        else:
            self.offer(run.folder)

    def offer(self, folder: Path) -> None:
        """Offer the kept epochs of a run."""
        if not kept_epochs(folder):
            self._window.say(_NONE)
            return
        if self.dialog is not None:
            self.dialog.close()
        self.dialog = BranchDialog(self, folder, self._window)
        self.dialog.finished.connect(self._dialog_gone)
        self.dialog.show()

    def _dialog_gone(self) -> None:
        self.dialog = None

    # Beginning

    def begin(self, folder: Path, epoch: int) -> None:
        """Begin a branch, once no training is on."""
        self._window.when_not_training(lambda: self._begin(folder, epoch))

    def _begin(self, folder: Path, epoch: int) -> None:
        window = self._window
        point = kept_epoch(folder, epoch)
        if point is None:
            window.say("That epoch is not kept any more.")
            return
        try:
            project = open_project(point.folder / DRAWING).project
        except UnreadableDrawing as reason:
            window.files.cannot_open(str(reason))
            return
        document, shown = window.qdocument, False
        if not alike(project, document.project):
            document.do(ShowRun(project=with_places(project)))
            shown = True
        why_not = why_no_branch(project.recipe, document.project.recipe, epoch)
        if why_not is not None:
            window.show_panel("training")
            window.banner.say(why_not)
            return
        window.banner.clear()
        window.start.leave()
        window.show_panel("training")
        window.session.begin(TrainingRequest(paused=False, resume=folder, at=epoch))
        if shown:
            window.say("The drawing is shown as it was in that epoch. Undo shows it as it was before.")


class BranchDialog(QDialog):
    """The kept epochs of a run with their numbers. Stands beside its window."""

    def __init__(self, desk: BranchDesk, folder: Path, window: BaseWindow) -> None:
        super().__init__(window)
        self._desk, self._folder = desk, folder
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Continue from an epoch")
        past = runs.past(folder)
        told = {done.epoch: done for done in past.epochs} if past is not None else {}
        self.words = TintedLabel(
            "Each of these epochs was kept. From there a run of its own begins, with the recipe as it is now.",
            "text.soft",
            wrap=True,
        )
        self.list = QListWidget()
        self.list.setAccessibleName("Kept epochs")
        self.list.itemActivated.connect(lambda _: self._begin())
        for each in reversed(kept_epochs(folder)):
            done = told.get(each.epoch)
            item = QListWidgetItem(_line(each, " · ".join(numbers_of(done)) if done is not None else ""))
            item.setData(Qt.ItemDataRole.UserRole, each.epoch)
            self.list.addItem(item)
        self.list.ensurePolished()  # the row that is chosen is placed at once, and those below it with its height
        self.list.setCurrentRow(0)
        self.begin_button = button("Continue from here", "Begin a run from this epoch (Enter)", self._begin, "train")
        close = button("Close", "Close this list (Escape)", self.close)
        column(
            self.words, (self.list, 1), row(1, self.begin_button, close), of=self, margins=(14, 12, 14, 12), spacing=8
        )
        self.resize(scale.px(460), scale.px(360))

    def _begin(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            epoch = int(item.data(Qt.ItemDataRole.UserRole))
            self.close()
            self._desk.begin(self._folder, epoch)


def _line(each: KeptPoint, numbers: str) -> str:
    name = f"Epoch {each.epoch:,}" if each.epoch else "The beginning, before the first step"
    return " · ".join(filter(None, (name, numbers, "" if each.whole else "weights alone")))
