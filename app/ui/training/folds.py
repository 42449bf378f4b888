"""A cross-validation in the window: when the run of one fold has finished, the next begins; in the end, what came of
all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.core.commands import SetRecipe
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.graph.same_net import same_net
from app.training.events import Event, Finished
from app.training.folds import kept_numbers, sentence
from app.ui.session import Run

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow


class FoldSeries(QObject):
    """Follows the session of one window. Each fold is an ordinary run of the drawing, whose recipe counts them."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._done: list[Run] = []
        window.session.ended.connect(self._ended)

    def _ended(self, event: Event) -> None:
        run = self._window.session.run
        if not isinstance(event, Finished) or run is None or run.project.recipe.folds < 2:
            self._done.clear()
            return
        recipe = run.project.recipe
        if self._done and not _goes_on(self._done[-1].project, run.project):
            self._done.clear()
        self._done.append(run)
        if recipe.fold >= recipe.folds:
            self._tell(recipe)
            self._go_to(1)
            return
        now = self._window.qdocument.project
        if not same_net(run.project, now) or _without_fold(now.recipe) != _without_fold(recipe):
            self._window.banner.say(
                f"The drawing has changed, so that the cross-validation ends with fold {recipe.fold}. "
                f"{self._sentence(recipe)}"
            )
            self._done.clear()
            return
        self._go_to(recipe.fold + 1)
        QTimer.singleShot(0, self, self._window.session.train)

    def _go_to(self, fold: int) -> None:
        if self._window.qdocument.project.recipe.fold != fold:
            self._window.qdocument.do(SetRecipe(setting="fold", value=fold))

    def _sentence(self, recipe: Recipe) -> str:
        return sentence([kept_numbers(run.folder) for run in self._done], recipe.folds)

    def _tell(self, recipe: Recipe) -> None:
        self._window.banner.say(self._sentence(recipe), result=True)
        self._done.clear()


def _without_fold(recipe: Recipe) -> Recipe:
    return replace(recipe, fold=1)


def _goes_on(before: Project, after: Project) -> bool:
    """Whether a run is the next fold of the same cross-validation."""
    one, other = before.recipe, after.recipe
    return other.fold == one.fold + 1 and _without_fold(one) == _without_fold(other) and same_net(before, after)
