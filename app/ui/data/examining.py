"""The look through all samples of a source in the background: how far it is, and what it has found."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from app.jobs.messages import Bundle, Ended, Picture
from app.jobs.runner import Job, Runner

if TYPE_CHECKING:
    import numpy as np

    from app.data.examination import Examination, Unread
    from app.insight.browsing import Browser


class Examining(QObject):
    """``changed`` tells that it has gone on, has ended or found something. ``means`` are mean pictures by class."""

    changed = Signal()

    def __init__(self, runner: Runner, parent: QObject) -> None:
        super().__init__(parent)
        self._runner = runner
        self._job: Job | None = None
        self._browser: Browser | None = None
        self.done, self.total = 0, 0
        self.found: Examination | None = None
        self.means: dict[str, np.ndarray] = {}
        self.unread: list[Unread] = []
        self.trouble = ""

    @property
    def at_work(self) -> bool:
        """Whether it is on."""
        return self._job is not None

    @property
    def begun(self) -> bool:
        """Whether it was begun for the data that is there, be it on, complete, or stopped."""
        return self._browser is not None

    def forget(self) -> None:
        """Other data, or none: what was found of the last one goes."""
        self.stop()
        self._browser, self.found, self.trouble = None, None, ""
        self.means, self.unread = {}, []
        self.done = self.total = 0
        self.changed.emit()

    def start(self, browser: Browser) -> None:
        """Look through this data."""
        self.forget()
        self._browser, self.total = browser, browser.length
        self._job = self._runner.start(partial(_examine, browser), heard=self._on_bundle, ended=self._on_ended)
        self.changed.emit()

    def stop(self) -> None:
        """Look no further."""
        if self._job is not None:
            self._job.stop()
            self._job = None
            self.changed.emit()

    def _on_bundle(self, bundle: Bundle) -> None:
        if self._job is None or bundle.job != self._job.number:
            return
        for event in bundle.events:
            if not isinstance(event, Picture):
                continue
            content: Any = event.content
            if event.key == "how far":
                self.done, self.total = content
            elif event.key == "found":
                self.found, self.means = content
            else:
                self.unread.append(content)
        self.changed.emit()

    def _on_ended(self, ended: Ended) -> None:
        if self._job is None or ended.job != self._job.number:
            return
        self._job = None
        if self.found is None:
            self.trouble = ended.sentence or "The look through the data has ended too early."
        self.changed.emit()


def _examine(browser: Browser) -> Iterator[Picture]:
    from app.data.examination import Examination, Looked, examine

    for number, event in enumerate(examine(browser.corrected, browser.schema, browser.by_part or None)):
        if isinstance(event, Looked):
            yield Picture("how far", (event.done, event.total))
        elif isinstance(event, Examination):
            yield Picture("found", (event, browser.mean_pictures(event.mean_field, event.means)))
        else:
            yield Picture(("unread", number), event)
