"""Which earlier training a drawing has, and what of it still fits. Neither Qt nor torch.

A run belongs to a drawing if it is the same net, wherever its file lies now: a file that was moved, renamed or copied
keeps its training, and so does a drawing that never had one. A drawing that was changed since is known by its file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from app.core.graph.model import Graph, Project
from app.core.graph.same_net import renamed, same_net
from app.ui.changes import what_changed
from app.ui.insight.subject_cache import TrainedRun, in_turn
from app.ui.training import runs
from app.ui.training.runs import KeptRun

_KIN = 0.5  # the part of the layers, by name and type, that two versions of one drawing have in common at least

Moves = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class EarlierRun:
    """A run, and how it fits a drawing. ``project`` is what was trained. ``moves`` says how its layers are called now,
    as in ``TrainedRun``; ``changed`` names what is another net since, and is empty where all that was learned fits.
    ``others`` are further runs of the same net, the newest first."""

    past: KeptRun
    project: Project
    moves: Moves = ()
    changed: tuple[str, ...] = ()
    others: tuple[KeptRun, ...] = ()

    def trained(self, now: Project) -> TrainedRun:
        """What it left behind, for the drawing as it is now."""
        called = self.project if self.changed else replace(now, recipe=self.project.recipe)
        return TrainedRun(called, self.past.folder, self.past.epoch, self.moves)


def trained_before(
    project: Project, path: Path | None, known: Iterable[Path] = (), *, declined: bool = True
) -> EarlierRun | None:
    """The latest training of a drawing; None if there is none.

    Args:
        project: the drawing.
        path: its file, if it has one.
        known: folders of runs that are known to be trainings of this drawing, whatever it has become since.
        declined: whether those count that nobody wants to be asked about again.
    """
    if not project.graph.nodes:
        return None
    known = set(known)
    exact: list[EarlierRun] = []
    changed: list[EarlierRun] = []
    for past in runs.latest(None):
        if not past.learned or past.about.training or (past.about.declined and not declined):
            continue
        drawing = runs.drawing_of(past.folder)
        found = fit(past, drawing, project) if drawing is not None else None
        if found is None:
            continue
        if not found.changed:
            exact.append(found)
        elif past.about.of(path) or past.folder in known:
            changed.append(found)
    # Of the same net by its file rather than by its content: a class works on copies of one drawing.
    exact.sort(key=lambda each: not each.past.about.of(path))
    best = next(iter(exact or changed), None)
    if best is None:
        return None
    alike = exact if exact else changed
    return replace(best, others=tuple(each.past for each in alike if each is not best))


def fit(past: KeptRun, drawing: Project, project: Project) -> EarlierRun | None:
    """How a run of ``drawing`` fits ``project``; None if the two have next to nothing in common."""
    names = renamed(drawing, project)
    if names is not None:
        return EarlierRun(past, drawing, () if same_net(drawing, project) else in_turn(names))
    if not kin(drawing, project):
        return None
    changed = what_changed(net_alone(drawing, project), project)
    return EarlierRun(past, drawing, changed=changed or ("the order of its layers",))


def kin(one: Project, other: Project) -> bool:
    """Whether two drawings can be versions of one: half of the layers of the larger one are in both."""
    here = {(name, node.type) for name, node in one.graph.nodes.items()}
    there = {(name, node.type) for name, node in other.graph.nodes.items()}
    return len(here & there) >= _KIN * max(len(here), len(there), 1)


def net_alone(drawing: Project, like: Project) -> Project:
    """The drawing with places, notes, words and recipe of another, so that what differs is the net."""
    for name, block in drawing.blocks.items():
        if name in like.blocks:
            there = like.blocks[name]
            drawing = drawing.with_block(name, replace(block, graph=_placed(block.graph, there.graph)))
    graph = _placed(drawing.graph, like.graph)
    return replace(drawing, graph=graph, recipe=like.recipe, title=like.title, about=like.about)


def _placed(graph: Graph, like: Graph) -> Graph:
    nodes = []
    for name, node in graph.nodes.items():
        now = like.nodes.get(name)
        if now is not None:
            node = replace(node, position=now.position, note=now.note, expanded=now.expanded)
        nodes.append(node)
    return replace(Graph.of(nodes, graph.wires), frames=like.frames)
