"""What the look through all samples has found of the source that is shown, and the mean pictures that go with it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from app.jobs.messages import Bundle, Ended, Picture
from app.ui.data.examinations import ExaminationState, Subject, subject_of
from app.ui.qdocument import QDocument
from app.ui.session import Session

if TYPE_CHECKING:
    import numpy as np

    from app.data.examination import Examination
    from app.insight.browsing import Browser


class ExaminationFollower(QObject):
    """Follows the one look that a window has through this data. ``changed`` tells that it knows something new."""

    changed = Signal()

    def __init__(self, session: Session, qdocument: QDocument, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self._qdocument = session, qdocument
        self._browser: Browser | None = None
        self._pictured: Examination | None = None  # whose means are shown, or being made
        self.means: dict[str, np.ndarray] = {}
        session.examined.changed.connect(self._on_examined)

    def show_browser(self, browser: Browser | None) -> None:
        """Speak of this data from now on."""
        self._browser, self._pictured, self.means = browser, None, {}
        self._make_means()
        self.changed.emit()

    @property
    def look(self) -> ExaminationState | None:
        """How far it is; None before it was asked for."""
        node = self._qdocument.project.graph.nodes.get(self._browser.node) if self._browser is not None else None
        return self._session.examined.of(node) if node is not None else None

    @property
    def found(self) -> Examination | None:
        """All that was found, once it is through."""
        look = self.look
        return look.found if look is not None else None

    @property
    def at_work(self) -> bool:
        """Whether it goes on."""
        look = self.look
        return look is not None and look.on and not look.waiting

    def ask(self, again: bool = False) -> None:
        """Look through the data, unless that was done; ``again`` also where it was stopped."""
        if self._browser is not None and self._browser.feed.length is not None:
            self._session.examined.ask(self._qdocument.project, self._browser.node, again)

    def stop(self) -> None:
        """Look no further."""
        node = self._qdocument.project.graph.nodes.get(self._browser.node) if self._browser is not None else None
        if node is not None:
            self._session.examined.stop(node)

    @Slot(object)
    def _on_examined(self, subject: Subject) -> None:
        node = self._qdocument.project.graph.nodes.get(self._browser.node) if self._browser is not None else None
        if node is not None and subject_of(node) == subject:
            self._make_means()
            self.changed.emit()

    def _make_means(self) -> None:
        """Bring the mean images to the scale of the pictures, in a job."""
        found, browser = self.found, self._browser
        if found is None or browser is None or found is self._pictured or not found.means:
            return
        self._pictured = found
        self._session.runner.start(partial(_means, browser, found), heard=self._on_means, ended=self._on_ended)

    def _on_means(self, bundle: Bundle) -> None:
        for picture in bundle.pictures:
            browser, means = picture.content
            if browser is self._browser:
                self.means = means

    def _on_ended(self, _: Ended) -> None:
        self.changed.emit()


def _means(browser: Browser, found: Examination) -> Iterator[Picture]:
    yield Picture("means", (browser, browser.mean_pictures(found.mean_field, found.means)))
