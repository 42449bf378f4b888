"""What mouse and keys do inside of expanded blocks: a layer there is selected, looked at, mended and gone to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from app.core.checks.problems import Problem
from app.core.commands import Command, SetNodeField
from app.core.document import Change
from app.core.graph.blocks import instances
from app.core.graph.model import block_of
from app.ui.canvas import arrow_keys, tooltips
from app.ui.canvas.expanded_block import NodeSpot, deepest, spot_at, spot_of
from app.ui.canvas.expanding import toggle_expanded
from app.ui.canvas.ink import Detail, level_of
from app.ui.canvas.scene import PortAt, Scene, problem_of_wire
from app.ui.canvas.tools.base import Pointer, Tool
from app.ui.canvas.tools.move import MoveTool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView


class PickInside(Tool):
    """A click selects a layer inside of a block; a drag moves the block around it."""

    cursor = Qt.CursorShape.ArrowCursor

    def __init__(self, canvas: GraphView, spot: NodeSpot) -> None:
        super().__init__(canvas)
        self._path = spot.path
        self._pressed: Pointer | None = None
        self._carried: MoveTool | None = None

    def press(self, at: Pointer) -> None:
        super().press(at)
        self._pressed = at

    def move(self, at: Pointer) -> None:
        if not self._drags(at) or self._pressed is None:
            return
        if self._carried is None:
            self._carried = MoveTool(self.canvas, self._path[0])
            self._carried.press(self._pressed)
        self._carried.move(at)

    def release(self, at: Pointer) -> None:
        if self._carried is not None:
            self._carried.release(at)
        else:
            self.canvas.expanded_blocks.select(self._path)

    def cancel(self) -> None:
        if self._carried is not None:
            self._carried.cancel()

    def paint(self, painter: QPainter) -> None:
        if self._carried is not None:
            self._carried.paint(painter)


class ExpandedBlocks:
    """The expanded blocks of one canvas."""

    def __init__(self, canvas: GraphView) -> None:
        self._canvas = canvas

    # -- selection -------------------------------------------------------------------------------------------------

    @property
    def spot(self) -> NodeSpot | None:
        """The selected node inside of a block, or None."""
        path = self._canvas.highlight.inside
        return spot_of(self._canvas.scene, path) if path else None

    def select(self, path: tuple[str, ...]) -> None:
        """Select the node at the end of a path; with one name it is a node of the graph that is shown."""
        if len(path) == 1:
            self._canvas.select(path)
        elif spot_of(self._canvas.scene, path) is not None:
            self._canvas.select_inside(path)

    def up(self) -> bool:
        """Select the block around the selected node; False if none is selected inside of a block."""
        path = self._canvas.highlight.inside
        if path:
            self.select(path[:-1])
        return bool(path)

    def followed(self, change: Change) -> tuple[str, ...]:
        """The selected path after a change of the drawing: what was renamed keeps its selection, what is gone not."""
        path: tuple[str, ...] = ()
        scene: Scene | None = self._canvas.scene
        for name in self._canvas.highlight.inside:
            if scene is None:
                return ()
            if name not in scene.nodes:
                facts = change.diffs.get(scene.where)
                name = facts.renamed.get(name, "") if facts is not None else ""
                if name not in scene.nodes:
                    return ()
            path = (*path, name)
            inside = scene.nodes[name].inside
            scene = inside.scene if inside is not None else None
        return path if len(path) > 1 else ()

    # -- editing ---------------------------------------------------------------------------------------------------

    def edit(self, command: Callable[[str, str], Command]) -> bool:
        """Change the selected node inside of a block, in every instance of it; False if none is selected.

        ``command`` makes the edit from the block's and the node's name.
        """
        spot, canvas = self.spot, self._canvas
        if spot is None:
            return False
        where = spot.scene.where
        if canvas.do_step(command(where, spot.path[-1])):
            count = sum(1 for _ in instances(canvas.qdocument.project, where))
            if count > 1:
                canvas.status.emit(f"The block {where} has changed, in all {count} places where it stands.")
        return True

    def mute(self) -> bool:
        """Mute or unmute the selected node inside of a block; False if none is selected."""
        spot = self.spot
        return spot is not None and self.edit(
            lambda where, name: SetNodeField(where, (name,), "bypassed", not spot.figure.node.bypassed)
        )

    # -- expanding and collapsing -----------------------------------------------------------------------------------

    def toggle_selected(self) -> None:
        """Expand the selected blocks, or collapse them if all are expanded. From a layer inside: the block around."""
        canvas, spot = self._canvas, self.spot
        if spot is not None:
            if not spot.figure.look.expandable:
                self.up()
                spot = self.spot
        if spot is not None:
            self.toggle(spot)
            return
        names = tuple(name for name in canvas.selected if canvas.scene.nodes[name].look.expandable)
        if not names:
            canvas.status.emit("Select a block first, then unfold it.")
            return
        self._do(canvas.where, names)

    def close(self, path: tuple[str, ...]) -> None:
        """Fold the block at the end of a path."""
        spot = spot_of(self._canvas.scene, path)
        if spot is not None and spot.figure.node.expanded:
            self.toggle(spot)

    def toggle(self, spot: NodeSpot) -> None:
        """Expand the block at a spot, or collapse it."""
        self._do(spot.scene.where, (spot.path[-1],), spot.path)

    def _do(self, where: str, names: tuple[str, ...], path: tuple[str, ...] = ()) -> None:
        canvas = self._canvas
        document = canvas.qdocument.document
        if not canvas.do_step(
            toggle_expanded(document.project, document.report, where, names, canvas.scene), room=False
        ):
            return
        if path:
            self.select(path)
        else:
            canvas.select(names)
        spot = spot_of(canvas.scene, path or names[:1])
        if spot is None:
            return
        if spot.figure.node.expanded and spot.figure.inside is None:
            canvas.status.emit(f"{spot.path[-1]} is too large to be shown here. Double-click it to go inside.")
        canvas.keep_area_in_view(spot.rect)

    # -- mouse -----------------------------------------------------------------------------------------------------

    def _sharp(self) -> bool:
        return level_of(self._canvas.camera.scale) == Detail.FULL

    def _toggle_at(self, point: QPointF) -> NodeSpot | None:
        spot = spot_at(self._canvas.scene, point) if self._sharp() else None
        toggle = spot.figure.toggle if spot is not None else None
        return spot if spot is not None and toggle is not None and toggle.contains(point - spot.offset) else None

    def _badge_at(self, point: QPointF) -> NodeSpot | None:
        for path, scene, origin in deepest(self._canvas.scene, point):
            figure = scene.badge_at(point - origin)
            if figure is not None:
                return spot_of(self._canvas.scene, (*path, figure.name))
        return None

    def press(self, at: Pointer) -> PickInside | bool | None:
        """What a press of the left button takes: a tool to begin, True if all is done, None if nothing is here."""
        canvas = self._canvas
        toggle = self._toggle_at(at.scene)
        if toggle is not None:
            self.toggle(toggle)
            return True
        troubled = self._badge_at(at.scene)
        if troubled is not None:
            self.select(troubled.path)
            self.quick_fixes(troubled)
            return True
        spot = spot_at(canvas.scene, at.scene)
        if spot is None or not canvas.scene.opened:
            return None
        if spot.is_inside:
            return PickInside(canvas, spot)
        return self._press_wire(at)

    def _press_wire(self, at: Pointer) -> bool | None:
        """A click on a wire inside that does not fit says why."""
        canvas = self._canvas
        for path, scene, origin in deepest(canvas.scene, at.scene):
            line = scene.wire_at(at.scene - origin, canvas.reach())
            if line is not None and not line.fits:
                self.select((*path, line.wire.target))
                problem = problem_of_wire(scene.report.nodes.get(line.wire.target), line.wire)
                if problem is not None:
                    title = f"{line.wire.source} → {line.wire.target}"
                    self._open_card((*path, line.wire.target), title, at.view, problem.sentence)
                return True
        return None

    def hover(self, point: QPointF) -> Qt.CursorShape | None:
        """Mark what is under the mouse inside of a block; the cursor for it, None if nothing special is here."""
        canvas = self._canvas
        spot = spot_at(canvas.scene, point) if canvas.scene.opened else None
        path = spot.path if spot is not None and spot.is_inside else ()
        if path != canvas.highlight.hover_inside:
            canvas.highlight.hover_inside = path
            canvas.update()
        if self._toggle_at(point) is not None or self._badge_at(point) is not None:
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.ArrowCursor if path else None

    def tip(self, point: QPointF) -> str:
        """What the mouse is told; empty if it is nowhere inside."""
        canvas = self._canvas
        toggle = self._toggle_at(point)
        if toggle is not None:
            return "Fold the block (Ctrl+B)" if toggle.figure.inside is not None else "Unfold the block here (Ctrl+B)"
        badge = self._badge_at(point)
        if badge is not None:
            return tooltips.of_badge(badge.figure)
        for _, scene, origin in deepest(canvas.scene, point):
            local = point - origin
            port: PortAt | None = scene.port_at(local, 9.0) if self._sharp() else None
            figure, line = scene.node_at(local), scene.wire_at(local, canvas.reach())
            if port is not None:
                return tooltips.of_port(scene, port, "")
            if figure is not None:
                return tooltips.of_node(figure)
            if line is not None:
                return tooltips.of_wire(scene, line)
        return ""

    def activate(self, spot: NodeSpot) -> None:
        """Go to a node where it can be edited: into the blocks around it, and into itself if it is a block."""
        canvas = self._canvas
        scene, way = canvas.scene, spot.path
        blocks = []
        for name in way:
            block = block_of(scene.nodes[name].node.type)
            inside = scene.nodes[name].inside
            if block is not None and block in canvas.qdocument.project.blocks:
                blocks.append((block, name))
            if inside is None:
                break
            scene = inside.scene
        for block, name in blocks:
            canvas.enter(block, name)
        if len(blocks) < len(way):
            canvas.reveal(way[-1])

    # -- quick fixes ------------------------------------------------------------------------------------------------

    def quick_fixes(self, spot: NodeSpot) -> None:
        """Show the problems of a node inside of a block."""
        figure = spot.figure
        at = self._canvas.camera.to_view(figure.badge_at + spot.offset)
        self._open_card(spot.path, spot.path[-1], at)

    def _open_card(self, path: tuple[str, ...], title: str, at: QPointF, sentence: str = "") -> None:
        """Open the card with the problems of a node; the instance around knows them with their way."""
        canvas = self._canvas
        report = canvas.scene.nodes[path[0]].report
        name = "/".join(path)
        found: list[Problem] = [
            problem
            for problem in (report.problems if report is not None else ())
            if (problem.node == name or problem.node.startswith(name + "/")) and sentence in ("", problem.sentence)
        ]
        if found:
            canvas.popups.close()
            canvas.popups.card.open(at.toPoint(), canvas.qdocument.project, canvas.where, title, list(found))

    # -- keys ------------------------------------------------------------------------------------------------------

    def press_key(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        """Keys that mean something else inside of a block: arrows walk there, Enter goes there."""
        canvas = self._canvas
        alone = held == Qt.KeyboardModifier.NoModifier
        spot = self.spot
        if key == Qt.Key.Key_Down and held == Qt.KeyboardModifier.AltModifier:
            self._down()
            return True
        if spot is None:
            return False
        if key in arrow_keys.ARROWS and alone:
            name = arrow_keys.next_node(spot.scene, spot.path[-1], arrow_keys.ARROWS[key][0])
            if name is not None:
                self.select((*spot.path[:-1], name))
                self._keep_in_view()
            return True
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and alone:
            if spot.figure.troubled:
                self.quick_fixes(spot)
            else:
                self.activate(spot)
            return True
        if key == Qt.Key.Key_F1 and alone:
            canvas.open_help.emit(spot.figure.node.type)
            return True
        return False

    def _down(self) -> None:
        """Into the selected block: to its first node if it is expanded, else to where it can be edited."""
        canvas = self._canvas
        path = canvas.highlight.inside or canvas.selected[-1:]
        spot = spot_of(canvas.scene, path) if path else None
        if spot is None or not spot.figure.look.expandable:
            canvas.status.emit("Select a block first, then go inside.")
        elif spot.figure.inside is None:
            self.activate(spot)
        else:
            first = arrow_keys.next_node(spot.figure.inside.scene, None, "right")
            if first is not None:
                self.select((*path, first))
                self._keep_in_view()

    def _keep_in_view(self) -> None:
        spot = self.spot
        if spot is not None:
            self._canvas.keep_area_in_view(spot.rect)

    def reveal(self, path: tuple[str, ...]) -> bool:
        """Select a node that is shown inside of an expanded block, and bring it into view; False if it is not."""
        canvas = self._canvas
        spot = spot_of(canvas.scene, path) if len(path) > 1 else None
        if spot is None:
            return False
        self.select(path)
        canvas.come_close(spot.rect)
        return True
