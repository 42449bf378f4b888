"""Which net is looked at while nothing trains."""

from __future__ import annotations

from collections.abc import Callable

from app.core.document import Document
from app.core.paths import same_at
from app.ui.insight.subject_cache import Origin, TrainedRun, UntrainedNet
from app.ui.insight.views import NothingToShow


class Origins:
    """``loaded`` tells whether nets can be built, ``failure`` why they never can."""

    def __init__(self, loaded: Callable[[], bool], failure: Callable[[], str]) -> None:
        self._loaded, self._failure = loaded, failure
        self._fresh: UntrainedNet | None = None

    def of(self, node: str | None, document: Document, trained: TrainedRun | None) -> Origin | NothingToShow:
        """Where to look for a node: the trained net if it has it as drawn now, else a fresh one."""
        if not self._loaded():
            if self._failure():
                return NothingToShow("There is nothing to see, because torch could not be loaded.")
            return NothingToShow("torch is still loading. The picture comes in a moment.")
        if trained is not None:
            if node is None or same_at(trained.project, document.project, node):
                return trained
        if document.report.problems:
            where = document.report.problems[0].node or "the drawing"
            return NothingToShow(f"There is nothing to see yet, because there is a problem in {where}.")
        if self._fresh is None or self._fresh.project is not document.project:
            self._fresh = UntrainedNet(document.project)
        return self._fresh
