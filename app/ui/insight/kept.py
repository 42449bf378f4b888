"""The nets that are looked at while nothing trains: the last trained one, and the drawing with fresh weights. No Qt."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from app.core.commands.base import Refused
from app.core.commands.nodes import Rename
from app.core.document import Change
from app.core.graph.model import MAIN, Graph, Project
from app.ui.insight.views import Subject, load_samples

if TYPE_CHECKING:
    from app.training.checkpoints import LoadedRun


@dataclass(frozen=True)
class Fresh:
    """A drawing as it would begin its training."""

    project: Project


@dataclass(frozen=True)
class Trained:
    """What a run left behind. ``project`` is the drawing it was started with, but for ``renames``: layers that have
    another name since, in this order."""

    project: Project
    run: Path
    epoch: int
    renames: tuple[Rename, ...] = ()

    def after(self, change: Change) -> Trained:
        """The same, with the new name of a layer if that is what ``change`` is: it has learned what it has learned."""
        rename = _rename(change)
        if rename is None:
            return self
        try:
            return replace(self, project=rename.apply(self.project), renames=(*self.renames, rename))
        except Refused:  # the run does not know this layer, or has another of that name
            return self


Origin = Fresh | Trained


def same_net(one: Project, other: Project) -> bool:
    """Whether two drawings are the same net, wherever their layers stand and however they are to be trained."""
    if one is other:
        return True
    if not _same_graph(one.graph, other.graph) or one.blocks.keys() != other.blocks.keys():
        return False
    return all(
        block is other.blocks[name]
        or (block.exposed == other.blocks[name].exposed and _same_graph(block.graph, other.blocks[name].graph))
        for name, block in one.blocks.items()
    )


def another_experiment(change: Change) -> bool:
    """Whether what was said of a training no longer counts: another drawing, net or recipe than before the change."""
    before, after = change.before, change.after
    return change.opened or before.recipe != after.recipe or not same_net(before, after)


def _rename(change: Change) -> Rename | None:
    """The rename of a node of the main graph, if ``change`` is that and nothing else, such as one that is undone."""
    facts = change.facts.get(MAIN)
    if facts is None or len(facts.added) != 1 or len(facts.removed) != 1 or change.opened:
        return None
    rename = Rename(old=facts.removed[0], new=facts.added[0])
    try:
        return rename if same_net(rename.apply(change.before), change.after) else None
    except Refused:
        return None


def _same_graph(one: Graph, other: Graph) -> bool:
    if one is other:
        return True
    if list(one.nodes) != list(other.nodes) or one.wires != other.wires:
        return False
    return all(node.same_meaning(other.nodes[name]) for name, node in one.nodes.items())


class Held(RuntimeError):
    """A training is about to use torch's random numbers; nothing may be built beside it."""


class Kept:
    """Builds or loads what an origin stands for, and keeps the latest of each kind. For jobs; knows nothing of Qt.

    Making a model draws from torch's random numbers, of which there is one stream for the whole program. A training
    that shared it would not be repeatable, so nothing is made here while one is on, in whichever window.
    """

    _random = threading.Lock()  # held while something is made, in any window
    _training: ClassVar[set[Kept]] = set()

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[type, tuple[Origin, Subject]] = {}

    def subject(self, origin: Origin) -> Subject:
        """The net with its weights and samples.

        Raises:
            ValueError: with a sentence, if the drawing cannot be compiled or the run cannot be read.
            Held: while a training is on in this window; in another one, that is a ValueError with its sentence.
        """
        with self._lock, Kept._random:
            if self in Kept._training:
                raise Held("A training is on.")
            kept = self._kept.get(type(origin))
            if kept is not None and _alike(kept[0], origin):
                return kept[1]
            if Kept._training:
                raise ValueError("Another window is training. This comes when that training has ended.")
            self._kept.pop(type(origin), None)  # the old one goes before the new one needs its memory
            subject = _fresh(origin) if isinstance(origin, Fresh) else _trained(origin)
            self._kept[type(origin)] = (origin, subject)
            return subject

    def hold(self) -> None:
        """Make nothing from now on. Waits for what is being made, so only jobs may call this."""
        with Kept._random:
            Kept._training.add(self)

    def release(self) -> None:
        """Make things again."""
        Kept._training.discard(self)

    def drop(self) -> None:
        """Let go of all nets, without waiting for one that is being made; that takes the place of another anyway."""
        if self._lock.acquire(blocking=False):
            self._kept.clear()
            self._lock.release()

    def forget(self) -> None:
        """Let go of all nets; nothing of this window trains any more."""
        self.release()
        with self._lock:
            self._kept.clear()


def _alike(one: Origin, other: Origin) -> bool:
    if isinstance(one, Trained) or isinstance(other, Trained):
        return (
            isinstance(one, Trained)
            and isinstance(other, Trained)
            and (one.run, one.epoch, one.renames) == (other.run, other.epoch, other.renames)
        )
    recipe, another = one.project.recipe, other.project.recipe
    same_samples = (recipe.seed, recipe.validation) == (another.seed, another.validation)
    return same_samples and same_net(one.project, other.project)


def _fresh(origin: Fresh) -> Subject:
    from app.core.compile.net import compile_net

    net = compile_net(origin.project)
    model = net.model(origin.project.recipe.seed)
    return Subject(net, model, load_samples(net, origin.project.recipe), "not trained yet: random weights")


def _trained(origin: Trained) -> Subject:
    from app.training.checkpoints import load_run

    run = _renamed(load_run(origin.run), origin.renames)
    said = "trained for 1 epoch" if origin.epoch == 1 else f"trained for {origin.epoch} epochs"
    return Subject(run.net, run.model, load_samples(run.net, origin.project.recipe), said)


def _renamed(run: LoadedRun, renames: tuple[Rename, ...]) -> LoadedRun:
    """The run as if its layers had had their later names from the start."""
    if not renames:
        return run
    from app.core.compile.net import compile_net

    project, weights = run.project, dict(run.model.state_dict())
    for rename in renames:
        project = rename.apply(project)
        weights = {_moved(key, rename): value for key, value in weights.items()}
    net = compile_net(project)
    model = net.model(seed=0)
    model.load_state_dict(weights)
    model.eval()
    return replace(run, project=project, net=net, model=model)


def _moved(key: str, rename: Rename) -> str:
    node, dot, rest = key.partition(".")
    return f"{rename.new}{dot}{rest}" if node == rename.old else key
