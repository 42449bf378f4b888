"""Offers the weights that an installed package brings for the drawing that is open, and shows the net with them.

They are written as a run of its own, so that whatever looks at a run looks at them: filters, answers, dreams, Predict.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.core.graph.model import Project
from app.core.storage import templates
from app.core.storage.files import UnreadableDrawing
from app.core.weights.pretrained import KNOWN, Pretrained, pretrained_for
from app.jobs.messages import Ended, Picture
from app.ui.insight.subject_cache import SubjectCache
from app.ui.latest_job import LatestJob
from app.ui.pace import later
from app.ui.training import runs
from app.ui.training.earlier_run import EarlierRun, fit
from app.ui.training.notice import Notice

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow
    from app.ui.training.runs_desk import RunsDesk

LOADING = "Loading the weights trained on {data}…"


class RealWeights(QObject):
    """``notice`` stands above the canvas as long as nothing is trained and nothing else is offered there."""

    def __init__(self, window: BaseWindow, desk: RunsDesk) -> None:
        super().__init__(window)
        self._window, self._desk = window, desk
        self._job = LatestJob(window.session.runner, self, self._take, self._ended)
        self._waiting = False  # for torch
        self._declined: set[str] = set()
        self._asked: Project | None = None  # the drawing that is to be shown with its weights
        self.notice = Notice(
            "Load them",
            "Show filters, activations, dreams and answers of the net as it was trained",
            "Do not offer these weights again in this window",
            "RealWeights",
        )
        self.notice.taken.connect(self.load)
        self.notice.closed.connect(self._decline)
        self._look = later(self, self.offer)
        session = window.session
        self._closed = False
        window.qdocument.changed.connect(lambda _change: self._soon())
        session.state_changed.connect(lambda _state: self._soon())
        session.recalled.connect(lambda _past: self._soon())
        session.torch_ready.connect(self._torch_came)
        session.said.connect(lambda _text: self._torch_failed())

    def _soon(self) -> None:
        if not self._closed:
            self._look.start()

    def close(self) -> None:
        """Offer nothing more: the window is closing."""
        self._closed = True
        self._look.stop()

    @property
    def known(self) -> Pretrained | None:
        """The weights that there are for the drawing as it is now."""
        return pretrained_for(self._window.qdocument.document.report.main)

    def offer(self) -> None:
        """Show the strip if there is something to offer, else hide it."""
        session = self._window.session
        known = None
        if not (session.busy or session.trained is not None or self._desk.offered is not None or self._asked):
            known = self.known
        if known is None or known.template in self._declined:
            self.notice.hide()
            return
        self.notice.action.setVisible(known.file is not None)
        self.notice.offer(sentence(known))
        self.notice.text.setToolTip(known.origin)

    def _decline(self) -> None:
        known = self.known
        if known is not None:
            self._declined.add(known.template)
            self._window.say("They stay under Train > Load real weights.")
        self.notice.hide()

    # Loading

    def load(self) -> None:
        """Show the drawing with the weights that there are for it; says why if there are none."""
        self._window.when_not_training(self._load)

    def _load(self) -> None:
        window, known = self._window, self.known
        if known is None:
            window.say(NONE.format(titles=", ".join(_title(each) for each in KNOWN)))
            return
        if known.file is None:
            window.say(sentence(known))
            return
        if self._job.on or self._waiting:
            return
        self._asked = window.qdocument.project
        self.notice.hide()
        kept = _kept(self._asked, known)
        if kept is not None:
            self._show(kept)
            return
        window.say(LOADING.format(data=known.trained_on))
        if window.session.torch_loaded:
            self._start(known)
        else:
            self._waiting = True
            window.session.load_torch()

    def _torch_came(self) -> None:
        if self._waiting:
            self._waiting, known = False, self.known
            if known is not None and self._asked is not None:
                self._start(known)
            else:
                self._rest("")

    def _torch_failed(self) -> None:
        if self._waiting and self._window.session.torch_failure:
            self._waiting = False
            self._rest(self._window.session.torch_failure)

    def _start(self, known: Pretrained) -> None:
        assert self._asked is not None
        try:
            folder = runs.new_run(self._asked.title)
        except OSError as error:
            self._rest(f"The folder of the runs cannot be made: {error.strerror or error}.")
            return
        self._job.start(partial(_written, self._asked, known, folder))

    def _take(self, picture: Picture) -> None:
        if isinstance(picture.content, Path):
            past, asked = runs.past(picture.content), self._asked
            drawing = runs.drawing_of(picture.content)
            if past is not None and drawing is not None and asked is not None:
                found = fit(past, drawing, self._window.qdocument.project)  # drawing went on meanwhile
                if found is not None and not found.changed:
                    self._show(found)
        else:
            self._rest(str(picture.content))

    def _ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            self._rest(f"The weights could not be loaded. {ended.sentence}")
        elif self._asked is not None:
            self._rest("")

    def _rest(self, sentence: str) -> None:
        self._asked = None
        if sentence:
            self._window.say(sentence)
        self._look.start()

    def _show(self, found: EarlierRun) -> None:
        window = self._window
        self._asked = None
        if window.session.busy:
            window.say(runs.KEPT_APART)
            return
        window.session.recall(found.past, found)
        window.show_panel("predict")
        window.say(
            "The real weights are loaded. Drop a picture on Predict, or look at filters, activations and dreams."
        )


NONE = (
    "No package brings weights for this drawing, only for the template {titles}. "
    "For a file of yours: Train > Start from weights."
)


def sentence(known: Pretrained) -> str:
    """What the strip says."""
    if known.file is not None:
        return f"Real weights for this net, trained on {known.trained_on}, are installed."
    return f"There are real weights for this net, trained on {known.trained_on}. To install them: {known.install}"


def _title(known: Pretrained) -> str:
    try:
        return templates.heading(known.template)[0]
    except UnreadableDrawing:
        return known.template


def _kept(project: Project, known: Pretrained) -> EarlierRun | None:
    """A run that holds these weights already, as they came."""
    for past in runs.latest(None):
        drawing = runs.drawing_of(past.folder) if past.about.name == known.run_name else None
        found = fit(past, drawing, project) if drawing is not None and not past.learned else None
        if found is not None and not found.changed:
            return found
    return None


def _written(project: Project, known: Pretrained, folder: Path) -> Iterator[Picture]:
    """Writes the run, in a job; tells its folder, or in a sentence why there is none."""
    from app.training.pretrained import write_pretrained

    try:
        with SubjectCache.making():
            write_pretrained(project, known, folder)
    except (ValueError, RuntimeError) as reason:
        yield Picture("trouble", str(reason))
    except OSError as error:
        yield Picture("trouble", f"{folder} cannot be written: {error.strerror or error}. Make room there.")
    else:
        yield Picture("run", folder)
