"""Turns what changed in the document into changes of figures; touches nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF

from app.core.document import Change
from app.core.graph.frames import TITLE
from app.core.graph.graph_diff import GraphDiff
from app.core.graph.model import EMPTY, MAIN, block_of
from app.core.inference import GraphReport
from app.ui.canvas.figures import NodeFigure, WireFigure
from app.ui.canvas.headroom import fit_frames, room_below
from app.ui.canvas.node_words import varied_words
from app.ui.canvas.scene import Scene, inner_report, values_of

_NOTHING = GraphDiff()


@dataclass
class TouchedAreas:
    """What a change touched: rectangles of the drawing to paint again (``everything``: all of it), and names."""

    everything: bool = False
    areas: list[QRectF] = field(default_factory=list)
    removed: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: EMPTY)
    gone: bool = False  # the graph that was shown is no longer there

    def __bool__(self) -> bool:
        return self.everything or self.gone or bool(self.areas)


class Presenter:
    """Keeps one scene equal to one graph of the document."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def follow(self, change: Change, report: GraphReport | None = None, given: Collection[str] = ()) -> TouchedAreas:
        """Bring the scene up to date with a change.

        ``report`` is what one instance of a block sees inside of it, ``given`` are the nodes to which it gives other
        settings than before.
        """
        scene = self.scene
        if report is None:
            report = change.report.of(scene.where)
        insides = {name: figure.inside for name, figure in scene.opened.items()}
        if scene.where != MAIN and scene.where not in change.after.blocks:
            return TouchedAreas(gone=True)
        if change.opened:
            scene.load(change.after, scene.where, report)
            return TouchedAreas(everything=True)
        facts = change.diffs.get(scene.where, _NOTHING)
        reported = self._reported(report, change.reported)
        blocks_changed = change.before.blocks is not change.after.blocks
        scene.project, scene.report = change.after, report
        graph = scene.graph
        if blocks_changed:
            reported |= {name for name, node in graph.nodes.items() if block_of(node.type) is not None}
        scene.routed = scene.routed and not facts.rewired  # the order of wires counts, too
        touched = TouchedAreas(removed=facts.removed, renamed=facts.renamed)
        strips = {new: (scene.nodes[old].strip, scene.nodes[old].caption) for old, new in facts.renamed.items()}
        self._wires_away(facts, touched)
        for name in facts.gone:
            touched.areas.append(scene.nodes[name].bounds)
            scene.remove_node(name)
        for name in facts.come:
            figure = scene.add_node(graph.nodes[name])
            if name in strips:
                figure.strip, figure.caption = strips[name]
                figure.measure()
            touched.areas.append(figure.bounds)
        if facts and scene.reorder():
            touched.everything = True
        for name in facts.moved:
            touched.areas.append(scene.nodes[name].bounds)
            scene.move_node(name, graph.nodes[name])
            touched.areas.append(scene.nodes[name].bounds)
        for name in {*facts.changed, *reported, *given, *_marked_anew(scene, change)}:
            if name in scene.nodes and name not in facts.come:
                self._refresh(name, touched)
        for wire in facts.wires_added:
            scene.add_wire(wire)
            if wire in scene.wires:
                touched.areas.append(scene.wires[wire].bounds)
        touched.areas.extend(
            area.adjusted(-2, -TITLE, 2, 2) for area in scene.frames.follow(facts.frames, graph.frames)
        )
        self._go_around(facts, touched)
        self._recolour(reported, touched)
        for name, figure in scene.opened.items():
            # One that was opened just now has been filled from the present drawing already.
            if figure.inside is not None and insides.get(name) is figure.inside:
                self._follow_inside(change, figure, touched)
        if touched and _fit_pictures(scene):
            touched.everything = True
        return touched

    def _follow_inside(self, change: Change, figure: NodeFigure, touched: TouchedAreas) -> None:
        """Bring what an expanded block shows up to date."""
        assert figure.inside is not None
        scene = figure.inside.scene
        before, scene.values = scene.values, values_of(change.after, figure.node)
        given = {n for n in {**before, **scene.values} if before.get(n) != scene.values.get(n)}
        inner = Presenter(scene).follow(change, inner_report(figure.report), given)
        if not inner and scene.routed:
            return
        touched.areas.append(figure.bounds)
        scene.route()  # how large the box is must not depend on what was edited before
        if self.scene.inside_changed(figure):
            touched.everything = True

    def _reported(self, report: GraphReport, changed: frozenset[str]) -> set[str]:
        """Nodes of the shown graph whose report is new."""
        if self.scene.where == MAIN:
            return set(changed)
        before, after = self.scene.report.nodes, report.nodes
        return {name for name in {**before, **after} if before.get(name) is not after.get(name)}

    def _wires_away(self, facts: GraphDiff, touched: TouchedAreas) -> None:
        for wire in facts.wires_removed:
            if wire in self.scene.wires:
                touched.areas.append(self.scene.wires[wire].bounds)
                self.scene.remove_wire(wire)

    def _refresh(self, name: str, touched: TouchedAreas) -> None:
        scene = self.scene
        touched.areas.append(scene.nodes[name].bounds)
        before = scene.nodes[name].width, scene.nodes[name].height
        scene.refresh_node(name, scene.graph.nodes[name])
        if (scene.nodes[name].width, scene.nodes[name].height) != before:
            touched.everything = True

    def _go_around(self, facts: GraphDiff, touched: TouchedAreas) -> None:
        """Wires of moved nodes are drawn anew, and those whose way a node has entered or left."""
        names = [*facts.moved, *facts.come]
        if not names and not facts.gone:
            return
        touched.areas.extend(self.scene.replace_wires(names))
        touched.everything = touched.everything or len(touched.areas) > 200

    def _recolour(self, reported: set[str], touched: TouchedAreas) -> None:
        """Colour, words and fit of the wires whose ends have a new report."""
        figures: dict[int, WireFigure] = {id(figure): figure for figure in self.scene.wires_of(reported)}
        for figure in figures.values():
            self.scene.refresh_wire(figure)
            touched.areas.append(figure.bounds)


def _marked_anew(scene: Scene, change: Change) -> set[str]:
    """Nodes of which other settings are marked to vary than before."""
    if change.before.varied == change.after.varied:
        return set()
    return {
        name
        for name, figure in scene.nodes.items()
        if figure.look.varied != varied_words(change.after, scene.where, name)
    }


def _fit_pictures(scene: Scene) -> bool:
    """Take up the present room of all pictures; True if any node or frame is higher or lower than before."""
    pictured = [figure for figure in scene.nodes.values() if figure.strip is not None]
    if not pictured and not any(each.overhang for each in scene.frames):
        return False
    changed = False
    for figure in pictured:
        if figure.room != room_below(scene, figure):
            changed = scene.resized(figure) or changed
    return fit_frames(scene) or changed
