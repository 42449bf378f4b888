"""What becomes of edits that are made while a training is on: which of them it takes over when it goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject

from app.core.document import Change, Document
from app.core.graph.model import MAIN, Graph, Project
from app.core.graph.recipe import Recipe
from app.core.graph.same_net import alike
from app.core.live_settings import is_free
from app.core.weights.moving import RenamedLayer
from app.training.comparison import in_short, recipe_differences
from app.training.control import Control
from app.ui.insight.subject_cache import regrouped
from app.ui.pace import later
from app.ui.readiness import why_not_ready
from app.ui.training.stepping import why_no_branch

_FREEZING = ("frozen", "lr_factor")  # settings of layers that say how they learn, and change nothing that is computed
_SETTLED_MS = 400  # after the last key
_ELSEWHERE = ("device",)  # that a run keeps


class Edits:
    """Follows the drawing from when a training begins, or takes it over. ``sent``: an edit is on its way to it."""

    def __init__(self, parent: QObject) -> None:
        self._moves: list[RenamedLayer] = []
        self.sent = False
        self._changes: dict[str, Any] = {}
        self._control: Control | None = None
        self._timer = later(parent, self.send, _SETTLED_MS)

    def begin(self) -> None:
        """The training is that of the drawing as it is now."""
        self._moves.clear()
        self._changes.clear()
        self.sent = False

    @property
    def on_the_way(self) -> bool:
        """Whether the training will soon be that of the drawing as it is now."""
        return self.sent or bool(self._changes)

    def change(self, settings: Mapping[str, Any], control: Control) -> None:
        """Give settings to a training that is on, once nobody types any more: on its way to 0.1 a field says 0, and the
        training is to be spared that."""
        if settings:
            self._changes.update(settings)
            self._control = control
            self._timer.start()

    def send(self) -> None:
        """Give it what waits, at once."""
        self._timer.stop()
        if self._control is not None:
            for setting, value in self._changes.items():
                self._control.change(setting, value)
        self._changes.clear()

    def follow(self, change: Change) -> None:
        """Remember where layers are that have another name since, or stand in a block."""
        for where, facts in change.diffs.items():
            self._moves += [RenamedLayer(where, old, new, change.after) for old, new in facts.renamed.items()]
        self._moves += [RenamedLayer(MAIN, old, new, change.after) for old, new in regrouped(change)]

    def wanted(self, running: Project, now: Project) -> Any:
        """The ``DrawingEdit`` that lets a training of ``running`` go on with the drawing as it is now."""
        from app.training.drawing_edits import DrawingEdit  # torch is loaded while something trains

        self.sent = True
        held = {name: getattr(running.recipe, name) for name in _ELSEWHERE}
        return DrawingEdit(replace(now, recipe=replace(now.recipe, **held)), tuple(self._moves))

    def at_once(self, running: Project, document: Document) -> Any:
        """The same where the drawing differs in nothing but which layers learn, and how fast: a training need not rest
        for that. None where it differs in more, or cannot be trained so."""
        now = document.project
        if not _only_freezes(running, now) or why_not_ready(document) is not None:
            return None
        return self.wanted(running, replace(now, recipe=running.recipe))


def differs(running: Project, now: Project) -> bool:
    """Whether a training of ``running`` would go on with something else, had it the drawing as it is now."""
    return not alike(running, now) or _fixed(running.recipe, running.recipe) != _fixed(now.recipe, running.recipe)


def waiting_for_a_rest(running: Project, now: Project) -> str:
    """The settings of the recipe that differ and do not count until a training of ``running`` was paused and goes on,
    in words: ``accumulate 2 → 4``. Empty if there are none."""
    old, new = _fixed(running.recipe, running.recipe), _fixed(now.recipe, running.recipe)
    if old == new:
        return ""
    others = {name: running.recipe.value(name) for name, _ in now.recipe.settings() if is_free(running.recipe, name)}
    held = {name: getattr(running.recipe, name) for name in _ELSEWHERE}
    return in_short(recipe_differences(running.recipe, now.recipe.changed({**others, **held})))


def _only_freezes(running: Project, now: Project) -> bool:
    return not alike(running, now) and alike(_without(running), _without(now))


def why_not_edit(document: Document, running: Project, epoch: int) -> tuple[str, str] | None:
    """Why a training of ``running``, with so many complete epochs, cannot go on with the drawing as it is now: the
    node, if it is one, and a sentence. None if it can."""
    refusal = why_not_ready(document)
    if refusal is not None:
        return refusal.node or "", refusal.sentence
    why_not = why_no_branch(running.recipe, document.project.recipe, epoch)
    return ("", why_not) if why_not is not None else None


def _fixed(recipe: Recipe, running: Recipe) -> dict[str, Any]:
    """What of a recipe does not change by itself while a training is on."""
    return {
        name: recipe.value(name)
        for name, _ in recipe.settings()
        if name not in _ELSEWHERE and not is_free(running, name)
    }


def _without(project: Project) -> Project:
    blocks = {name: replace(block, graph=_plain(block.graph)) for name, block in project.blocks.items()}
    return replace(project, graph=_plain(project.graph), blocks=blocks)


def _plain(graph: Graph) -> Graph:
    nodes = [node.without_params(*_FREEZING) for node in graph.nodes.values()]
    return Graph.of(nodes, graph.wires)
