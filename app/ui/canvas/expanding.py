"""Blocks expanded and collapsed in their place: one step of undo, in which the neighbours make room."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF

from app.core.commands import Command, EditAll, MoveNodes, PlaceFrames, SetNodeField
from app.core.graph.model import MAIN, Node, Project, block_of
from app.core.graph.topology import inner_first
from app.core.inference import Report
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.room import make_room
from app.ui.canvas.scene import Scene


def toggle_expanded(
    project: Project, report: Report, where: str, names: tuple[str, ...], shown: Scene | None = None
) -> Command:
    """The edit that expands these blocks of the graph ``where``, or collapses them if all are expanded.

    ``shown`` is the scene on the screen; nodes in it are as high as they are there.
    """
    nodes = project.graph_of(where).nodes
    expand = not all(nodes[name].expanded for name in names)
    changing = tuple(name for name in names if nodes[name].expanded != expand)
    step = SetNodeField(where, changing, "expanded", expand)
    work = _Work(project, report, shown)
    work.change(where, changing, step)
    return EditAll(commands=(step, *work.commands), text=step.step_title) if work.commands else step


def with_room(project: Project, report: Report, command: Command, shown: Scene | None = None) -> Command:
    """The edit, and with it that neighbours make room for expanded blocks that it makes larger or smaller.

    Raises:
        Refused: if the edit cannot be done.
    """
    used = {
        block_of(n.type)
        for where in (MAIN, *project.blocks)
        for n in project.graph_of(where).nodes.values()
        if n.expanded
    }
    if not used:
        return command
    after = command.apply(project)
    changed = {
        name for name in project.blocks if name in after.blocks and after.blocks[name] is not project.blocks[name]
    }
    if not changed:
        return command
    work = _Work(after, report, shown)
    work.spread(project, changed)
    return EditAll(commands=(command, *work.commands), text=command.title_in(project)) if work.commands else command


@dataclass
class _Work:
    """The drawing while room is made in one graph after the other, from the innermost to the outermost."""

    project: Project
    report: Report
    shown: Scene | None
    commands: list[Command] = field(default_factory=list)

    def change(self, where: str, names: tuple[str, ...], step: Command) -> None:
        before, self.project = self.project, step.apply(self.project)
        expanding = all(self.project.graph_of(where).nodes[name].expanded for name in names)
        waiting = list(names if expanding else reversed(names))  # folded in the other order, for the same way back
        while waiting:
            self._follow(before, where, waiting.pop(0), waiting)
        self.spread(before, {where}, where, names)

    def spread(self, before: Project, blocks: set[str], where: str = MAIN, done: Collection[str] = ()) -> None:
        """Make room for every expanded instance of blocks that have changed, but for those ``done`` in ``where``."""
        changed = set(blocks)
        for around in _outwards(self.project):
            graph = self.project.graph_of(around)
            waiting = [
                name
                for name, node in graph.nodes.items()
                if node.expanded and block_of(node.type) in changed and not (around == where and name in done)
                if self._was_there(before, around, node)
            ]
            if waiting:
                changed.add(around)
            while waiting:
                self._follow(before, around, waiting.pop(0), waiting)

    def _was_there(self, before: Project, where: str, node: Node) -> bool:
        graph = before.graph_of(where) if where == MAIN or where in before.blocks else None
        old = graph.nodes.get(node.name) if graph is not None else None
        return old is not None and old.type == node.type and old.expanded

    def _follow(self, before: Project, where: str, name: str, waiting: Sequence[str]) -> None:
        """Let the neighbours of one node make room; ``before`` is the drawing before anything changed.

        Those that are ``waiting`` for their turn have the size that they had.
        """
        project, graph = self.project, self.project.graph_of(where)
        node = graph.nodes[name]
        old = self._figure(before, where, before.graph_of(where).nodes[name])
        new = self._figure(project, where, node)
        if (old.width, old.height) == (new.width, new.height):
            return
        boxes = {
            each: self._box(where, before if each in waiting else project, other, before)
            for each, other in graph.nodes.items()
            if each != name
        }
        x, y = node.position
        boxes[name] = QRectF(x, y, old.width, old.height)
        level = _level(old) - _level(new)  # the wire that arrives stays where it is
        moves = make_room(graph, boxes, name, QRectF(x, y + level, new.width, new.height))
        places: dict[str, tuple[float, float]] = dict(moves.places)
        if level:
            places[name] = (x, y + level)
        commands: list[Command] = []
        if places:
            commands.append(MoveNodes(where, places))
        if moves.frames:
            commands.append(PlaceFrames(where, moves.frames))
        for command in commands:
            self.project = command.apply(self.project)
        self.commands.extend(commands)

    def _box(self, where: str, project: Project, node: Node, before: Project) -> QRectF:
        """Where a node stands now, as large as it is in ``project``."""
        known = self.shown.nodes.get(node.name) if self.shown is not None and self.shown.where == where else None
        if project is before:
            known = self._figure(before, where, before.graph_of(where).nodes[node.name])
        elif known is None or node.expanded or known.inside is not None:
            known = self._figure(project, where, node)
        return QRectF(*node.position, known.width, known.height)

    def _figure(self, project: Project, where: str, node: Node) -> NodeFigure:
        """The figure of a node, as it is on the screen if it is there."""
        shown = self.shown
        if shown is not None and shown.where == where and project is shown.project:
            return shown.nodes[node.name]
        scene = Scene()
        scene.project, scene.where = project, where
        report = self.report.of(where).nodes.get(node.name)
        figure = scene.figure_for(node, report)
        strip = shown.nodes.get(node.name) if shown is not None and shown.where == where else None
        if strip is not None and figure.inside is None:
            figure.strip, figure.caption, figure.room = strip.strip, strip.caption, strip.room
            figure.measure()
        return figure


def _level(figure: NodeFigure) -> float:
    """How far below its top the first port is that a wire leads to."""
    looks = [(look.name, False) for look in figure.look.inputs] or [(look.name, True) for look in figure.look.outputs]
    return figure.level_of(*looks[0]) if looks else 0.0


def _outwards(project: Project) -> Iterable[str]:
    """Every graph of the drawing, each after those that it shows inside of expanded blocks."""

    def shown(where: str) -> Iterator[str]:
        used = {block_of(node.type) for node in project.graph_of(where).nodes.values() if node.expanded}
        return (block for block in used if block is not None and block in project.blocks)

    return inner_first((*project.blocks, MAIN), shown)
