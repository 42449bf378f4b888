"""One job of a part of the window at a time."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Make, Runner


class LatestJob(QObject):
    """``take`` gets each picture of the job that is on, ``end`` its ending. Of one that was let go, or whose place
    another one has taken, nothing more is heard."""

    def __init__(
        self, runner: Runner, parent: QObject, take: Callable[[Picture], object], end: Callable[[Ended], object]
    ) -> None:
        super().__init__(parent)
        self._runner, self._take, self._tell_end = runner, take, end
        self._job: Job | None = None

    @property
    def on(self) -> bool:
        """Whether a job is on."""
        return self._job is not None

    def start(self, make: Make) -> None:
        """Begin this one, in the place of another."""
        self.let_go()
        self._job = self._runner.start(make, heard=self._hear, ended=self._end)

    def stop(self) -> None:
        """End it soon; its ending is told."""
        if self._job is not None:
            self._job.stop()

    def let_go(self) -> None:
        """End it, and hear nothing more of it."""
        self.stop()
        self._job = None

    def _hear(self, bundle: Bundle) -> None:
        if self._job is not None and bundle.job == self._job.number:
            for picture in bundle.pictures:
                self._take(picture)

    def _end(self, ended: Ended) -> None:
        if self._job is not None and ended.job == self._job.number:
            self._job = None
            self._tell_end(ended)
