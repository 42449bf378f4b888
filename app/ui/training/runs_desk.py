"""What a window does with earlier runs: says that its drawing was trained before, brings that back, and shows others.

Nothing of it costs the drawing that is open, or its undo. A run of the same net is brought back beside the drawing as
it is. Another version of the drawing is shown as one step that undo takes back. A run of any other drawing comes into
a window of its own, unless nothing was done in this one that could be lost.
"""

from __future__ import annotations

from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication

from app.core.commands.project import ShowRun
from app.core.document import Change
from app.core.graph.model import Project
from app.core.graph.same_net import alike, same_net
from app.core.storage.files import UnreadableDrawing, open_project
from app.training.comparison import in_short as several
from app.training.comparison import recipe_differences
from app.training.folder import DRAWING
from app.training.outcome import result_of
from app.training.run_description import change_about
from app.training.run_folders import remember
from app.ui.canvas.arranging import with_places
from app.ui.canvas.node_words import plural
from app.ui.pace import later
from app.ui.past_times import moment
from app.ui.training import runs
from app.ui.training.earlier_run import EarlierRun, fit, trained_before
from app.ui.training.last_session import LastSession
from app.ui.training.notice import Notice
from app.ui.training.run_names import drawing_name, in_short, outcome
from app.ui.training.runs import KeptRun
from nodes.api.words import sentence_case

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow
    from app.ui.training.runs_dialog import RunsDialog

_MOST = 4  # places that are looked at to find where somebody left off
_TOLD = 3  # settings that are another since a run
_GONE = "That run is not there any more."


class RunsDesk(QObject):
    """The earlier runs of one window. ``notice`` stands above its canvas."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self.notice = Notice()
        self.dialog: RunsDialog | None = None
        self._before: EarlierRun | None = None
        self._known: set[Path] = set()  # runs of this drawing, whatever it has become since it was opened
        self._steps: list[tuple[Project, Path]] = []  # values of the drawing, and the run that each belongs to
        self._wanted = False  # whether what is found is brought back without being asked for once more
        self._look = later(self, self._offer)
        self.notice.taken.connect(self.bring_back)
        self.notice.second.connect(self._second)
        self.notice.closed.connect(self._decline)
        window.qdocument.changed.connect(self._changed)
        window.session.state_changed.connect(self._trains)
        window.session.ended.connect(lambda _event: self._note_file())
        window.session.recalled.connect(self._recalled)

    @property
    def offered(self) -> EarlierRun | None:
        """The training that is offered now."""
        return self._before

    # What is offered

    def _changed(self, change: Change) -> None:
        if change.opened:
            self._known.clear()
            self._steps.clear()
            self._withdraw()
            self._look.start()
        elif change.before is change.after:
            self._note_file()  # it was saved, or is otherwise as it was
        elif not self._step_to(change.after) and self._before is not None:
            if not same_net(change.before, change.after):
                self._look.start()

    def _step_to(self, project: Project) -> bool:
        """Bring back what belongs to a value of the drawing that undo or redo shows again."""
        session = self._window.session
        folder = next((folder for known, folder in self._steps if known is project), None)
        if folder is None or session.busy or (session.run is not None and session.run.folder == folder):
            return False
        found = self._fitting(folder, project)
        if found is not None:
            session.recall(found.past, found)
        return found is not None

    def _offer(self) -> None:
        window, wanted = self._window, self._wanted
        self._wanted = False
        self._withdraw()
        document = window.qdocument.document
        if window.session.busy or window.session.trained is not None:
            return
        before = trained_before(document.project, document.path, self._known, declined=wanted)
        if before is None:
            return
        self._before = before
        self._known.add(before.past.folder)
        if wanted:
            self.bring_back()
            return
        second, tip = "", ""
        if before.changed:
            second, tip = "Show it as it was", "Show the drawing that was trained, as a step that undo takes back"
        elif before.others:
            second, tip = "All runs…", "Every run that was kept: find, open, continue, delete"
        self.notice.offer(sentence(before, document.path), second, tip)

    def _withdraw(self) -> None:
        self._before = None
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self.notice.isAncestorOf(focus)
        self.notice.hide()
        if had_focus:
            self._window.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def _recalled(self, past: KeptRun) -> None:
        remember(past.folder)  # one that somebody else has sent, say, is a run of this drawing from now on
        self._withdraw()

    def _decline(self) -> None:
        if self._before is not None:
            change_about(self._before.past.folder, declined=True)
            self._window.say("It stays under Train > Earlier runs.")
        self._withdraw()

    def _second(self) -> None:
        if self._before is not None and self._before.changed:
            self._window.files.open_run(self._before.past.folder)
        else:
            self.show_all()

    def bring_back(self) -> None:
        """Show again what the training that is offered has left behind. The drawing and its undo stay as they are."""
        if self._before is None or self._window.session.busy:
            return
        found = self._fitting(self._before.past.folder, self._window.qdocument.project)
        if found is None:
            self._withdraw()
            self._window.say(_GONE)
            return
        self._recall(found)

    def _recall(self, found: EarlierRun) -> None:
        window, past = self._window, found.past
        self._known.add(past.folder)
        change_about(past.folder, window.qdocument.document.path, declined=False)
        window.session.recall(past, found)
        window.show_panel("training")
        other = recipe_differences(found.project.recipe, window.qdocument.project.recipe)
        since = f" The recipe has changed since then: {several(other, _TOLD)}." if other else ""
        window.say(f"Brought back: {in_short(past, found.project)}.{since}")

    @staticmethod
    def _fitting(folder: Path, project: Project) -> EarlierRun | None:
        past, drawing = runs.past(folder), runs.drawing_of(folder)
        return fit(past, drawing, project) if past is not None and drawing is not None else None

    # What is kept

    def _trains(self, state: str) -> None:
        session = self._window.session
        if state == "idle":
            return
        self._withdraw()
        if state in ("running", "paused") and session.run is not None:
            self._known.add(session.run.folder)
            last = str(session.run.folder)
            if self._window.qdocument.document.path is None and self._window.settings.values.last != last:
                self._window.settings.change(last=last)

    def _note_file(self) -> None:
        """Let the run know where its drawing lies now: it may have had no file, or another one, when it was trained."""
        run, path = self._window.session.run, self._window.qdocument.document.path
        found = runs.past(run.folder, last=True) if run is not None and path is not None else None
        if found is not None and found.about.files[-1:] != (str(path.absolute()) if path is not None else "",):
            change_about(found.folder, path)

    # Other runs

    def open(self, folder: Path) -> BaseWindow | None:
        """Show a run: here, as a step of undo, or in a window of its own. None if it cannot be read; that is said then.

        Nothing may be training in this window.
        """
        window = self._window
        document = window.qdocument.document
        past = runs.past(folder)
        if past is None:
            window.say(_GONE)
            return None
        try:
            project = with_places(open_project(folder / DRAWING).project)
        except UnreadableDrawing as reason:
            window.files.cannot_open(str(reason))
            return None
        found = fit(past, runs.drawing_of(folder) or project, document.project)
        if found is not None and not found.changed:
            self._recall(found)
            return window
        if self._of_this(past, project):
            self._show_step(past, project)
            return window
        if document.dirty or document.undo_title is not None or document.redo_title is not None:
            window = window.windows.open("", window)
        return window if window.files.show(folder / DRAWING) else None

    def show_as_trained(self, folder: Path) -> bool:
        """Show the drawing of a run with its recipe as a step of undo, and what it has learned. False if it is gone.

        Nothing may be training in this window.
        """
        past, project = runs.past(folder), runs.drawing_of(folder)
        if past is None or project is None:
            self._window.say(_GONE)
            return False
        self._show_step(past, with_places(project))
        return True

    def belongs(self, past: KeptRun, project: Project) -> bool:
        """Whether a run is of the drawing that is open: the same net, or a version of it."""
        return self._of_this(past, project) or alike(project, self._window.qdocument.project)

    def _of_this(self, past: KeptRun, project: Project) -> bool:
        """Whether a run is of another version of the drawing that is open."""
        document = self._window.qdocument.document
        if past.folder in self._known or past.about.of(document.path):
            return True
        return document.path is None and not past.about.files and document.project.title == project.title

    def _show_step(self, past: KeptRun, project: Project) -> None:
        window, session = self._window, self._window.session
        before, trained = window.qdocument.project, session.trained
        if trained is not None:
            self._steps.append((before, trained.run))
        self._steps.append((project, past.folder))
        self._known.add(past.folder)
        window.qdocument.do(ShowRun(project=project))
        session.recall(past)
        window.canvas.frame_all()
        window.show_panel("training")
        window.say("The drawing is shown as it was trained. Undo shows it as it was before.")

    def continue_run(self, folder: Path) -> str:
        """Show a run and go on with it; gives why that is not possible, else an empty text."""
        target = self.open(folder)
        if target is None:
            return _GONE
        why_not = target.session.why_not_continue()
        if why_not is None:
            target.train_on()
        return why_not or ""

    def show_all(self) -> None:
        """The list of every run that was kept."""
        from app.ui.training.runs_dialog import RunsDialog

        if self.dialog is None:
            self.dialog = RunsDialog(self._window)
            self.dialog.finished.connect(self._dialog_gone)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _dialog_gone(self) -> None:
        self.dialog = None

    # Going on where somebody left off

    @property
    def last(self) -> tuple[Path, ...]:
        """What was worked on last, files and folders of runs, the likeliest first; nothing once something has been
        begun in this window. Whether one is still there is found out by ``look_up``."""
        window = self._window
        document, session = window.qdocument.document, window.session
        begun = document.dirty or document.path is not None or document.undo_title is not None
        if begun or session.busy or session.trained is not None:
            return ()
        values = window.settings.values
        places = [Path(text) for text in dict.fromkeys((values.last, *values.recent)) if text]
        shown = {other.session.run.folder for other in window.windows.all if other.session.run is not None}
        return tuple(place for place in places if window.windows.window_of(place) is None and place not in shown)[
            :_MOST
        ]

    @staticmethod
    def look_up(place: Path) -> LastSession | None:
        """What somebody would go on with there; None if nothing is there any more."""
        past = runs.past(place) if place.is_dir() else None
        if past is not None:
            project = runs.drawing_of(place)
            if project is None:
                return None
            return LastSession(drawing_name(past, project), project, _trained(past, project), outcome(past))
        try:
            project = open_project(place).project
        except UnreadableDrawing:
            return None
        before = trained_before(project, place)
        if before is None:
            return LastSession(place.name, project)
        if before.changed:
            return LastSession(place.name, project, f"Changed since {in_short(before.past, before.project)}")
        return LastSession(place.name, project, _trained(before.past, before.project), outcome(before.past))

    def go_on_with(self, place: Path) -> None:
        """Open what was worked on last, a file or the folder of a run, with what it has learned."""
        if (place / DRAWING).is_file():
            self._window.files.open_run(place)
            return
        self._window.files.open_recent(place)
        # Only if it is the file that is shown now: its training comes with it.
        shown = self._window.qdocument.document.path
        if shown is not None and shown == place:
            self._wanted = True
            self._look.start()


def _trained(past: KeptRun, project: Project | None) -> str:
    return sentence_case(in_short(past, project)) if past.learned else ""


def sentence(before: EarlierRun, path: Path | None) -> str:
    """What the strip says: that the drawing was trained, how well, and what of that no longer fits."""
    past = before.past
    where = ""
    if past.about.files and not past.about.of(path):
        where = f" as {Path(past.about.files[-1]).name}"
    parts = [f"Trained before{where}, {in_short(past, before.project)}, {moment(past.when.timestamp())}."]
    if not past.about.ending and past.about.process is not None and past.epoch < before.project.recipe.epochs:
        parts.append("Netloom ended before the rest.")
    if before.changed:
        parts.append(
            f"Since then: {'; '.join(before.changed)}. Layers that are the same bring back what they learned; to go "
            "on, train anew."
        )
    elif before.moves:
        parts.append("Some layers have other names since; what they learned comes along.")
    if before.others and not before.changed:
        best = max((each for each in before.others if _metric(each) == _metric(past)), key=_goodness, default=past)
        better = f", the best {outcome(best)}" if _goodness(best) > _goodness(past) else ""
        parts.append(
            f"There {'is' if len(before.others) == 1 else 'are'} {plural(len(before.others), 'other run')}{better}."
        )
    return " ".join(parts)


def _metric(past: KeptRun) -> str:
    """The metric that says what came of a run; empty where none was measured."""
    found = result_of(past)
    name = found[0].partition("_")[2] if found is not None else ""
    return "" if name.partition(".")[0] == "loss" else name


def _goodness(past: KeptRun) -> float:
    """The value of that metric as a number of which more is better; the least there is without one."""
    from app.training.sweeping.results import is_higher_better

    found = result_of(past)
    if found is None or not _metric(past):
        return -inf
    return found[1] if is_higher_better(found[0]) else -found[1]
