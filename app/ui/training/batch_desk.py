"""Opens the samples behind one step of a training in the panel Data."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.jobs.messages import Ended, Picture
from app.ui.latest_job import LatestJob
from app.ui.training.branch_curves import CurvePlace, drawing_at
from app.ui.training.thread import find_batch

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow


class BatchDesk(QObject):
    """One search at a time."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._job = LatestJob(window.session.runner, self, self._found, self._ended)
        self._place = CurvePlace(0)

    def open(self, place: CurvePlace) -> None:
        """Show the samples of the batch at a place of the curves."""
        window = self._window
        run = window.session.run
        if run is None:
            return
        project = drawing_at(run.project, window.training.story, place)
        if project is None:
            window.say("The drawing was edited since that batch, so its samples cannot be told any more.")
            return
        self._place = place
        window.say(f"Looking for the samples of {_called(place)} …")  # beside a training it takes a while
        self._job.start(partial(find_batch, project, place.within, place.batch))

    def _found(self, picture: Picture) -> None:
        if isinstance(picture.content, str):
            self._window.say(picture.content)
        else:
            self._show(picture.content)

    def _show(self, numbers: tuple[int, ...]) -> None:
        import numpy as np  # there since the curves are; the window begins without it

        place, window = self._place, self._window
        words = _called(place)
        window.show_panel("samples")
        window.samples.show_only(window.samples.node, np.array(numbers), words)
        if place.loss is not None:
            window.say(f"The samples of {words}, whose loss was {place.loss:.3g}.")

    def _ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            self._window.say(ended.sentence)


def _called(place: CurvePlace) -> str:
    return f"batch {place.batch:,} of epoch {place.within:,}"
