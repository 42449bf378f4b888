"""The nets that are looked at while nothing trains: the last trained one, and the drawing with fresh weights. No Qt."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from app.core.commands.base import Refused
from app.core.commands.nodes import Rename
from app.core.document import Change, Document
from app.core.graph.model import MAIN, Project, block_of
from app.core.graph.same_net import renamed, same_net
from app.core.paths import same_at
from app.insight.view import Subject
from app.training.position import At
from app.training.run_description import about
from app.ui.insight.views import NothingToShow

if TYPE_CHECKING:
    from torch import nn

    from app.core.compile.net import CompiledNet
    from app.insight.time.epochs import KeptNets
    from app.training.checkpoints import LoadedRun


@dataclass(frozen=True)
class UntrainedNet:
    """A drawing as it would begin its training."""

    project: Project


@dataclass(frozen=True)
class TrainedRun:
    """What a run left behind. ``project`` is the drawing it was started with, but for layers that have another name or
    stand in a block since; ``moves`` says where the modules of these are now, step by step (``conv1``,
    ``block1.conv1``). ``at`` is a kept moment at which it is looked at."""

    project: Project
    run: Path
    epoch: int
    moves: tuple[tuple[str, str], ...] = ()
    at: At | None = None

    def after(self, change: Change) -> TrainedRun:
        """The same after a change that only gives a layer another name, makes a block of some, or takes one to pieces:
        they have learned what they have learned."""
        facts = change.diffs.get(MAIN)
        names = _names_given(change)
        if names is not None and same_net(self.project, change.before):
            called = replace(change.after, recipe=self.project.recipe)
            return replace(self, project=called, moves=(*self.moves, *in_turn(names)))
        if facts is not None and facts.renamed:
            project = self.project
            try:
                for old, new in facts.renamed.items():
                    project = Rename(old=old, new=new).apply(project)
            except Refused:  # the run does not know this layer, or has another of that name
                return self
            return replace(self, project=project, moves=(*self.moves, *facts.renamed.items()))
        moves = regrouped(change)
        if moves and same_net(self.project, change.before):
            return replace(self, project=change.after, moves=(*self.moves, *moves))
        return self


Origin = UntrainedNet | TrainedRun


def in_turn(names: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Renames one after the other, what is inside first. Over a name that nobody has, for two layers may have changed
    their names."""
    paths = sorted(names, key=lambda path: -path.count("."))
    return (
        *((old, f"·{number}") for number, old in enumerate(paths)),
        *((f"·{number}", names[old]) for number, old in enumerate(paths)),
    )


def _names_given(change: Change) -> Mapping[str, str] | None:
    """The other names of layers, if ``change`` gives names of any kind and does nothing else to the net."""
    before, after = change.before, change.after
    if change.opened or any(facts.added or facts.removed for facts in change.diffs.values()):
        return None
    return None if same_net(before, after) else renamed(before, after)


def another_experiment(change: Change) -> bool:
    """Whether what was said of a training no longer counts: another drawing, net or recipe than before the change."""
    before, after = change.before, change.after
    return change.opened or before.recipe != after.recipe or not same_net(before, after)


def regrouped(change: Change) -> tuple[tuple[str, str], ...]:
    """Where modules went, if ``change`` makes a block of some nodes of the main graph, or nodes of a block."""
    facts = change.diffs.get(MAIN)
    if facts is None or change.opened:
        return ()
    if len(facts.added) == 1 and facts.removed:
        (instance,), names, project = facts.added, facts.removed, change.after
    elif len(facts.removed) == 1 and facts.added:
        (instance,), names, project = facts.removed, facts.added, change.before
    else:
        return ()
    block = project.blocks.get(block_of(project.graph.nodes[instance].type) or "")
    if block is None or not all(name in block.graph.nodes for name in names):
        return ()
    inside = tuple((name, f"{instance}.{name}") for name in names)
    return inside if project is change.after else tuple((into, out) for out, into in inside)


class TrainingRuns(RuntimeError):
    """A training is about to use torch's random numbers; nothing may be built beside it."""


class SubjectCache:
    """Builds or loads what an origin stands for, and keeps the latest of each kind. For jobs; knows nothing of Qt.

    Making a model draws from torch's random numbers, of which there is one stream for the whole program. A training
    that shared it would not be repeatable, so nothing is made here while one is on, in whichever window.
    """

    _random = threading.Lock()  # held while something is made, in any window
    _training: ClassVar[set[SubjectCache]] = set()

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[type, tuple[Origin, Subject]] = {}
        self._nets: KeptNets | None = None

    def subject(self, origin: Origin) -> Subject:
        """The net with its weights and samples.

        Raises:
            ValueError: with a sentence, if the drawing cannot be compiled or the run cannot be read.
            TrainingRuns: while a training is on in this window; in another one, that is a ValueError with its sentence.
        """
        with self._lock, SubjectCache._random:
            if self in SubjectCache._training:
                raise TrainingRuns("A training is on.")
            subject = self._subject(origin)
            return self._then(subject, origin) if isinstance(origin, TrainedRun) and origin.at is not None else subject

    def _subject(self, origin: Origin) -> Subject:
        """The net at the end."""
        kept = self._kept.get(type(origin))
        if kept is not None and _alike(kept[0], origin):
            return kept[1]
        self._wait_for_none()
        self._kept.pop(type(origin), None)  # the old one goes before the new one needs its memory
        subject = _fresh(origin) if isinstance(origin, UntrainedNet) else _trained(origin)
        self._kept[type(origin)] = (origin, subject)
        return subject

    def _then(self, now: Subject, origin: TrainedRun) -> Subject:
        """The net at a kept epoch."""
        from app.insight.time.epochs import KeptNets

        self._wait_for_none()
        if self._nets is None:
            self._nets = KeptNets()
        assert origin.at is not None, "it is asked for an epoch"
        return self._nets.subject(now, origin.run, origin.at)

    def _wait_for_none(self) -> None:
        if SubjectCache._training:
            raise ValueError("Another window is training. This comes when that training has ended.")

    def hold(self) -> None:
        """Make nothing from now on. Waits for what is being made, so only jobs may call this."""
        with SubjectCache._random:
            SubjectCache._training.add(self)

    def release(self) -> None:
        """Make things again."""
        SubjectCache._training.discard(self)

    @classmethod
    @contextmanager
    def making(cls) -> Iterator[None]:
        """For other work that makes a model, which is not to disturb a training either.

        Raises:
            TrainingRuns: while one is on, in whichever window.
        """
        with cls._random:
            if cls._training:
                raise TrainingRuns("A training is on. Stop it first.")
            yield

    def drop(self) -> None:
        """Let go of all nets, without waiting for one that is being made; that takes the place of another anyway."""
        if self._lock.acquire(blocking=False):
            self._kept.clear()
            self._nets = None
            self._lock.release()

    def forget(self) -> None:
        """Let go of all nets; nothing of this window trains any more."""
        self.release()
        with self._lock:
            self._kept.clear()
            self._nets = None


def _alike(one: Origin, other: Origin) -> bool:
    if isinstance(one, TrainedRun) or isinstance(other, TrainedRun):
        return (
            isinstance(one, TrainedRun)
            and isinstance(other, TrainedRun)
            and (one.run, one.epoch, one.moves) == (other.run, other.epoch, other.moves)
        )
    recipe, another = one.project.recipe, other.project.recipe
    names = ("seed", "validation", "test", "folds", "fold")
    same_samples = all(getattr(recipe, each) == getattr(another, each) for each in names)
    return same_samples and same_net(one.project, other.project)


def _fresh(origin: UntrainedNet) -> Subject:
    from app.core.compile.net import compile_net
    from app.insight.samples import load_samples

    net = compile_net(origin.project)
    model = net.model(origin.project.recipe.seed)
    return Subject(net, model, load_samples(net, origin.project.recipe), _untrained(net, model))


def _untrained(net: CompiledNet, model: nn.Module) -> str:
    """What a net shows that was never trained: random weights, unless somebody has said which, or no chance is in
    them, as in a batch norm."""
    from app.insight.anatomy import chosen_at_random, set_by_hand

    said = "not trained yet: "
    if not any(True for _ in model.parameters()):
        return f"{said}nothing here learns"
    random, by_hand = chosen_at_random(net, model), set_by_hand(net)
    if random:
        return f"{said}random weights, some as set" if by_hand else f"{said}random weights"
    return f"{said}weights as set" if by_hand else f"{said}every weight where it starts"


def _trained(origin: TrainedRun) -> Subject:
    from app.insight.samples import load_samples
    from app.training.checkpoints import load_run

    run = load_run(origin.run)
    said = _training_of(origin)
    net, model = _moved(run, origin) if origin.moves else (run.net, run.model)
    return Subject(net, model, load_samples(net, origin.project.recipe), said, origin.run)


def _training_of(origin: TrainedRun) -> str:
    """How far the weights of a run are trained; those of an imported file were trained elsewhere."""
    if origin.epoch:
        return "trained for 1 epoch" if origin.epoch == 1 else f"trained for {origin.epoch} epochs"
    known = about(origin.run)
    return "trained for less than 1 epoch" if known.ending or known.process else "weights from a file, not trained here"


def _moved(run: LoadedRun, origin: TrainedRun) -> tuple[CompiledNet, nn.Module]:
    """The net of the run as if its layers had always been called, and had stood, as they do now."""
    from app.core.compile.net import compile_net

    net = compile_net(origin.project)
    model = net.model(seed=0)
    weights = dict(run.model.state_dict())
    if renamed(run.project, origin.project) is not None:  # the same net, so its weights come in the same order
        weights = dict(zip(model.state_dict(), weights.values(), strict=True))
    else:
        for old, new in origin.moves:
            weights = {
                f"{new}{key[len(old) :]}" if f"{key}.".startswith(f"{old}.") else key: v for key, v in weights.items()
            }
    try:
        model.load_state_dict(weights)
    except RuntimeError:
        raise ValueError("What was learned does not fit the drawing as it is now. Train it again.") from None
    return net, model.eval()


class Origins:
    """Which of them is looked at. ``loaded`` tells whether nets can be built, ``failure`` why they never can."""

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
