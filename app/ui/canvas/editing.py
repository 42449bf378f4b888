"""What the canvas does to the drawing on keys and menus: each method is one step of undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QGuiApplication

from app.core.commands import (
    AddFrames,
    AddNodes,
    Command,
    Connect,
    Disconnect,
    DuplicateAsOwn,
    EditAll,
    GroupNodes,
    MoveNodes,
    PlaceFrames,
    Refused,
    RemoveAndJoin,
    RemoveFrames,
    RemoveNodes,
    SetBlock,
    SetNodeField,
    SetSetting,
    UnpackBlock,
)
from app.core.commands.freezing import freezing
from app.core.graph.frames import Frame, around, renamed_frames
from app.core.graph.model import EMPTY, Block, Node, Wire, block_of
from app.core.storage.files import UnreadableDrawing
from app.core.storage.fragment import fitted, from_text, renamed, to_text
from app.ui.canvas import geometry as g
from app.ui.canvas import placing
from app.ui.canvas.arranging import placed, tidied
from app.ui.canvas.expanding import toggle_expanded
from app.ui.canvas.node_words import plural
from app.ui.canvas.scene import PortAt

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

_ASIDE = 36.0  # how far beside the original a duplicate lies


class Editing:
    """Edits on behalf of a canvas."""

    def __init__(self, canvas: GraphView) -> None:
        self._canvas = canvas

    # -- removing --------------------------------------------------------------------------------------------------

    def remove(self) -> None:
        """Remove what is selected, nodes and wires."""
        canvas = self._canvas
        names = canvas.selected
        gone, frames = set(names), canvas.selected_frames
        wires = tuple(w for w in canvas.highlight.wires if w.source not in gone and w.target not in gone)
        commands: list[Command] = []
        if wires:
            commands.append(Disconnect(canvas.where, wires))
        if frames:
            commands.append(RemoveFrames(canvas.where, frames))
        if names:
            commands.append(RemoveNodes(canvas.where, names))
        if len(commands) == 1:
            canvas.do_step(commands[0])
        elif commands:
            canvas.do_step(EditAll(commands=tuple(commands), text=commands[-1].step_title))
        else:
            canvas.status.emit("Select what should go first: layers, wires, frames or notes.")

    def remove_and_join(self) -> None:
        """Remove the selected nodes and join what fed them to what they fed."""
        if self._canvas.selected:
            self._canvas.do_step(RemoveAndJoin(self._canvas.where, self._canvas.selected))
        else:
            self._canvas.status.emit("Select the layers that should go first; their neighbours are then joined.")

    # -- clipboard -------------------------------------------------------------------------------------------------

    def copy(self) -> bool:
        """Put the selected nodes on the clipboard, as text."""
        canvas = self._canvas
        names, frames = canvas.framing.with_contents
        if not names and not frames:
            canvas.status.emit("Select some layers first, then copy them.")
            return False
        text = to_text(canvas.qdocument.project, canvas.where, names, frames)
        QGuiApplication.clipboard().setText(text)
        return True

    def cut(self) -> None:
        """Copy, then remove."""
        names, frames = self._canvas.framing.with_contents
        if self.copy():
            commands: tuple[Command, ...] = (RemoveFrames(self._canvas.where, frames),) if frames else ()
            if names:
                commands = (*commands, RemoveNodes(self._canvas.where, names))
            self._canvas.do_step(EditAll(commands=commands, text=commands[-1].step_title.replace("Remove", "Cut", 1)))

    def paste(self) -> None:
        """Put what is on the clipboard under the pointer, or into the middle of the view."""
        canvas = self._canvas
        try:
            read = placed(from_text(QGuiApplication.clipboard().text()))
            piece = fitted(read, canvas.qdocument.project)
        except UnreadableDrawing as reason:
            canvas.status.emit(str(reason))
            return
        shift = canvas.pointer_or_middle() - _box(piece.nodes, piece.frames)
        self._insert_copies(piece.nodes, piece.wires, shift, "Paste", piece.blocks, piece.frames)
        if piece.complaints:
            more = f" And {len(piece.complaints) - 1} more." if len(piece.complaints) > 1 else ""
            canvas.status.emit(f"Pasted, but: {piece.complaints[0]}{more}")

    def duplicate(self) -> None:
        """A second copy of the selected nodes beside them, with the wires among them."""
        canvas = self._canvas
        names, frames = canvas.framing.with_contents
        if not names and not frames:
            canvas.status.emit("Select some layers first, then duplicate them.")
            return
        bounds = canvas.scene.bounds(names).united(canvas.scene.frames.bounds(frames))
        several = len(names) + len(frames) > 1
        self.duplicate_by(names, frames, QPointF(0, bounds.height() + g.GAP_Y) if several else QPointF(_ASIDE, _ASIDE))

    def duplicate_by(self, names: Iterable[str], framed: Iterable[str], shift: QPointF) -> None:
        """A second copy of these nodes and frames, so far away from them or in a free place near there."""
        graph, chosen = self._canvas.scene.graph, set(names)
        nodes = tuple(node for name, node in graph.nodes.items() if name in chosen)
        wires = tuple(wire for wire in graph.wires if wire.source in chosen and wire.target in chosen)
        self._insert_copies(nodes, wires, shift, "Duplicate", frames=tuple(graph.frames[name] for name in framed))

    def _insert_copies(
        self,
        nodes: tuple[Node, ...],
        wires: tuple[Wire, ...],
        shift: QPointF,
        verb: str,
        blocks: Mapping[str, Block] = EMPTY,
        frames: tuple[Frame, ...] = (),
    ) -> None:
        canvas = self._canvas
        graph = canvas.scene.graph
        commands: list[Command] = [SetBlock(name=name, block=block) for name, block in blocks.items()]
        x, y = self._free_shift(nodes, frames, shift, commands)
        fresh, joined = renamed(nodes, wires, graph.nodes, (x, y))
        originals = {node.name: node for node in nodes}
        fresh = tuple(
            # A copy within the drawing goes on sharing the weights that its original shares.
            replace(copy, shares=old.shares)
            if copy.shares is None and (old := originals.get(name)) is not None and old.shares in graph.nodes
            else copy
            for name, copy in zip(originals, fresh, strict=True)
        )
        framed = renamed_frames(frames, graph.frames, (x, y))
        if framed:
            commands.append(AddFrames(canvas.where, framed, verb=verb))
        if fresh:
            commands.append(AddNodes(canvas.where, fresh, joined, verb=verb))
        if canvas.do_step(_together(tuple(commands), commands[-1].step_title)):
            canvas.select((node.name for node in fresh), (frame.name for frame in framed))
            self._show_selected()

    def _show_selected(self) -> None:
        """Bring all that is selected into view, from farther away if need be."""
        canvas = self._canvas
        frames = canvas.scene.frames.bounds(canvas.selected_frames)
        canvas.keep_area_in_view(canvas.scene.bounds(canvas.selected).united(frames), whole=True)

    def _free_shift(
        self, nodes: tuple[Node, ...], frames: tuple[Frame, ...], shift: QPointF, blocks: Iterable[Command]
    ) -> tuple[float, float]:
        """How far the copies have to move to lie near ``shift`` and to cover nothing."""
        scene, project = self._canvas.scene, self._canvas.qdocument.project
        with suppress(Refused):  # it is refused again when it is done, with its sentence
            for command in blocks:
                project = command.apply(project)
        boxes = [(*node.position, *placing.size_of(scene, project, node)) for node in nodes]
        box = around([*boxes, *(frame.rect for frame in frames)])
        if box is None:
            return 0.0, 0.0
        left, top, width, height = box
        corner = QPointF(left, top)
        goal = corner + g.on_grid(shift)
        spot = placing.free_spot(scene, goal, height, width=width, clear_of_frames=bool(frames))
        return g.on_grid(spot - corner).toTuple()

    # -- adding ----------------------------------------------------------------------------------------------------

    def add(self, type_id: str, scene_pos: QPointF | None = None, after: str = "") -> str | None:
        """A new node at ``scene_pos``, else behind the selected one and wired to it, else in a free place.

        At ``scene_pos`` it is wired to the node ``after``, if one is named. Gives its name, or None if there is no
        such type.
        """
        canvas = self._canvas
        situation = canvas.situation
        node = placing.fresh_node(situation, type_id)
        if node is None:
            canvas.status.emit(f"There is no layer type {type_id}.")
            return None
        command: Command
        if scene_pos is None and len(canvas.selected) == 1:
            command = placing.add_after(situation, canvas.scene, canvas.selected[0], node)
        else:
            node = self._placed(node, scene_pos if scene_pos is not None else canvas.middle())
            wires = placing.wires_behind(situation, after, node) if after in situation.graph.nodes else ()
            command = AddNodes(canvas.where, (node,), wires)
        return self._show(command, node.name)

    def add_joined(self, type_id: str, scene_pos: QPointF, port: PortAt) -> str | None:
        """A new node whose port lies at ``scene_pos``, joined with ``port``. Gives its name."""
        canvas = self._canvas
        situation = canvas.situation
        node = placing.fresh_node(situation, type_id)
        if node is None:
            return None
        corner = QPointF(scene_pos.x() - (0 if port.is_output else g.NODE_WIDTH), scene_pos.y() - g.port_y(0))
        spot = placing.free_spot(canvas.scene, corner, placing.height_of(situation.project, node))
        node = replace(node, position=(spot.x(), spot.y()))
        wire = placing.joining_wire(situation, node, port)
        wires = [wire] if wire is not None else []
        if port.is_output:
            wires.extend(placing.other_inputs(situation, node, wires))
        return self._show(AddNodes(canvas.where, (node,), tuple(wires)), node.name)

    def _placed(self, node: Node, middle: QPointF) -> Node:
        height = placing.height_of(self._canvas.qdocument.project, node)
        corner = g.on_grid(middle - QPointF(g.NODE_WIDTH / 2, height / 2))
        spot = placing.free_spot(self._canvas.scene, corner, height)
        return replace(node, position=(spot.x(), spot.y()))

    def _show(self, command: Command, name: str) -> str | None:
        if not self._canvas.do_step(command):
            return None
        self._canvas.show_node(name)
        return name

    # -- changing --------------------------------------------------------------------------------------------------

    def mute(self) -> None:
        """Mute the selected nodes, or unmute them if all are muted."""
        canvas = self._canvas
        figures = [canvas.scene.nodes[name] for name in canvas.selected]
        if figures:
            value = not all(figure.node.bypassed for figure in figures)
            canvas.do_step(SetNodeField(canvas.where, canvas.selected, "bypassed", value))
        else:
            canvas.status.emit("Select the layers that data should pass unchanged, then mute them.")

    def unfreeze(self) -> None:
        """Let the layers up to those selected learn again."""
        self.freeze(False)

    def freeze(self, frozen: bool = True) -> None:
        """Keep training from changing the layers up to those selected, or let them learn again."""
        canvas = self._canvas
        project, where = canvas.qdocument.project, canvas.where
        command = freezing(project, where, canvas.selected, frozen)
        if command is None:
            said = "learns already" if not frozen else "is frozen already, or has nothing to learn"
            canvas.status.emit(f"Everything up to here {said}." if canvas.selected else "Select a layer first.")
        elif canvas.do_step(command):
            count = sum(len(each.names) for each in command.commands if isinstance(each, SetSetting))
            what = "stays as it is" if frozen else "learns again"
            canvas.status.emit(f"What lies up to here {what}: {plural(count, 'layer')}.")

    def connect(self) -> None:
        """Join the selected nodes in the order in which they were selected, where they fit: wiring without a mouse."""
        canvas, names = self._canvas, self._canvas.selected
        if len(names) < 2:
            canvas.status.emit("Select two or more layers in the order in which data should flow, then connect them.")
            return
        wires = []
        for source, target in pairwise(names):
            wire, reason = placing.best_wire(canvas.situation, source, target)
            if wire is None:
                figure = canvas.scene.nodes[target]
                canvas.keep_in_view((target,))
                canvas.saying.say(canvas.camera.to_view(QPointF(figure.x, figure.y + g.port_y(0))), reason)
                return
            wires.append(wire)
        canvas.do_step(Connect(canvas.where, tuple(wires)))

    # -- blocks ----------------------------------------------------------------------------------------------------

    def group(self) -> None:
        """Make a block of the selected nodes and select its instance."""
        canvas = self._canvas
        if not canvas.selected:
            canvas.status.emit("Select the layers that should become a block, then group them.")
            return
        command = GroupNodes(canvas.where, canvas.selected)
        _, instance = command.named(canvas.qdocument.project)
        if canvas.do_step(command):
            canvas.select((instance,))
            canvas.status.emit(f"{instance} is a block now. Double-click it to go inside.")

    def unpack(self) -> None:
        """Put the layers of the selected blocks where they stand and select them."""
        blocks = self._blocks("Select a block first, then unpack it.")
        canvas = self._canvas
        before = set(canvas.scene.graph.nodes)
        commands: tuple[Command, ...] = tuple(UnpackBlock(canvas.where, name) for name in blocks)
        opened = tuple(name for name in blocks if name in canvas.scene.opened)
        if opened:  # unpacking makes the room that it needs by itself
            document = canvas.qdocument.document
            toggled = toggle_expanded(document.project, document.report, canvas.where, opened, canvas.scene)
            commands = (EditAll(commands=(toggled, commands[0]), text=commands[0].step_title), *commands[1:])
        if commands and canvas.do_step(_together(commands, f"Unpack {len(commands)} blocks"), room=not opened):
            canvas.select(name for name in canvas.scene.graph.nodes if name not in before - set(blocks))
            self._show_selected()

    def own_copy(self) -> None:
        """Give the selected block a copy of its own."""
        blocks = self._blocks("Select a block first, then make an own copy of it.")
        canvas = self._canvas
        commands: tuple[Command, ...] = tuple(DuplicateAsOwn(canvas.where, name) for name in blocks)
        if commands and canvas.do_step(_together(commands, f"Make own copies for {len(commands)} blocks")):
            own = ", ".join(block_of(canvas.scene.graph.nodes[name].type) or "" for name in blocks)
            canvas.status.emit(f"{', '.join(blocks)} is {own} now; changing it changes no other block.")

    def _blocks(self, otherwise: str) -> tuple[str, ...]:
        """The selected nodes that are instances of blocks; without any, say what to do."""
        nodes = self._canvas.scene.graph.nodes
        found = tuple(name for name in self._canvas.selected if block_of(nodes[name].type) is not None)
        if not found:
            self._canvas.status.emit(otherwise)
        return found

    # -- places ----------------------------------------------------------------------------------------------------

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selected nodes a little; nudges in a row are one step of undo."""
        canvas = self._canvas
        nodes, frames = canvas.framing.with_contents
        if nodes or frames:
            canvas.qdocument.do(canvas.framing.moved(nodes, frames, QPointF(dx, dy)))

    def tidy(self) -> None:
        """Arrange the whole drawing in layers from left to right."""
        canvas = self._canvas
        if not canvas.scene.nodes:
            return
        found = tidied(canvas.scene.graph, canvas.scene.nodes)
        command: Command = MoveNodes(canvas.where, found.nodes, verb="Tidy")
        if found.frames:
            placed = PlaceFrames(canvas.where, found.frames, verb="Tidy")
            command = EditAll(commands=(command, placed), text=command.step_title)
        if canvas.do_step(command):
            canvas.frame_all()


def _together(commands: tuple[Command, ...], text: str) -> Command:
    return commands[0] if len(commands) == 1 else EditAll(commands=commands, text=text)


def _box(nodes: Iterable[Node], frames: Iterable[Frame] = ()) -> QPointF:
    """The middle of nodes and frames that are not on the canvas yet."""
    size = g.NODE_WIDTH, g.HEADER + g.ROW
    box = around([*((*node.position, *size) for node in nodes), *(frame.rect for frame in frames)])
    return QRectF(*box).center() if box is not None else QPointF()
