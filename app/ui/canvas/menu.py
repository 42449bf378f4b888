"""The menu of the right mouse button: what can be done with what is under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from app.core.commands import Disconnect
from app.core.commands.freezing import freezing
from app.core.graph.model import MAIN, block_of
from app.ui import icons
from app.ui.actions import ARRANGE, DISTRIBUTE
from app.ui.canvas.aligning import LEAST_TO_DISTRIBUTE
from app.ui.canvas.expanded_block import NodeSpot, spot_at
from app.ui.canvas.figures import WireFigure
from app.ui.canvas.frames.menu import frame_entries
from app.ui.spec import Spec

if TYPE_CHECKING:
    from app.ui.canvas.document_view import DocumentView


def menu_at(canvas: DocumentView, at: QPointF) -> QMenu:
    """The menu for a point of the widget. A node under it becomes the selection if it is not part of it."""
    point = canvas.camera.to_scene(at)
    figure = canvas.scene.node_at(point)
    inside = spot_at(canvas.scene, point)
    wire = canvas.wire_at(point) if figure is None else None
    grasped = canvas.scene.frames.at(point, canvas.camera.scale) if figure is None and wire is None else None
    menu = QMenu(canvas)

    def add(icon: str, text: str, keys: str, action: Callable[[], object], enabled: bool = True) -> None:
        entry = menu.addAction(icons.icon(icon), f"{text}\t{keys}" if keys else text)
        entry.triggered.connect(lambda: action())
        entry.setEnabled(enabled)

    if inside is not None and inside.is_inside:
        _inside_entries(canvas, add, inside)
    elif figure is not None:
        if figure.name not in canvas.selected:
            canvas.select((figure.name,))
        block = block_of(figure.node.type)
        if block is not None:
            add("enter", f"Go into {block}", "", lambda: canvas.enter(block, figure.name))
            if figure.look.expandable:
                add("unfold", "Fold" if figure.inside is not None else "Unfold here", "Ctrl+B", canvas.toggle_expanded)
            add("ungroup", "Unpack", "Ctrl+Shift+G", canvas.unpack)
            add("duplicate", "Make own copy", "", canvas.own_copy)
        if figure.troubled:
            add("fix", "What is wrong?", "", lambda: canvas.open_quick_fixes(figure.name))
        add("help", "What does it do?", "F1", lambda: canvas.open_help.emit(figure.node.type))
        menu.addSeparator()
        add("cut", "Cut", "Ctrl+X", canvas.cut)
        add("copy", "Copy", "Ctrl+C", canvas.copy)
        add("duplicate", "Duplicate", "Ctrl+D", canvas.duplicate)
        bypassed = all(canvas.scene.nodes[name].node.bypassed for name in canvas.selected)
        add("mute", "Unmute" if bypassed else "Mute", "M", canvas.bypass_selection)
        if freezing(canvas.qdocument.project, canvas.where, canvas.selected) is not None:
            add("lock", "Freeze up to here", "Ctrl+Shift+L", canvas.editing.freeze)
        if freezing(canvas.qdocument.project, canvas.where, canvas.selected, False) is not None:
            add("unlock", "Unfreeze up to here", "Ctrl+Alt+L", canvas.editing.unfreeze)
        add("group", "Group into a block", "Ctrl+G", canvas.group)
        add("frame-round", "Frame round the selection", "Ctrl+Shift+F", canvas.framing.add_frame)
        if len(canvas.selected) > 1:
            add("link", "Connect in the order selected", "C", canvas.connect_selection)
            menu.addMenu(_arrange_entries(canvas, menu))
        menu.addSeparator()
        add("remove", "Remove", "Del", canvas.delete_selection)
        add("link", "Remove and join neighbours", "Ctrl+Del", canvas.remove_and_join)
    elif wire is not None:
        _wire_entries(canvas, add, wire, at)
    elif grasped is not None:
        frame_entries(canvas, menu, add, grasped[0])
    else:
        add("add", "Add a layer…", "Tab", lambda: canvas.open_search(at))
        add("note", "Add a note…", "Ctrl+Alt+N", lambda: canvas.framing.add_note(point))
        add("paste", "Paste", "Ctrl+V", canvas.paste)
        if canvas.where != MAIN:
            add("leave", "Leave this block", "Alt+Up", canvas.leave)
        menu.addSeparator()
        add("select-all", "Select all", "Ctrl+A", canvas.select_all, bool(canvas.scene.nodes))
        add("frame-all", "Frame all", "Shift+F", canvas.frame_all, bool(canvas.scene.nodes))
        add("tidy", "Tidy up", "Ctrl+L", canvas.tidy, bool(canvas.scene.nodes))
    return menu


def _arrange_entries(canvas: DocumentView, menu: QMenu) -> QMenu:
    """The entries of the Arrange menu, for the selected layers."""
    arrange = QMenu("Arrange", menu)
    for spec in ARRANGE:
        if not isinstance(spec, Spec):
            arrange.addSeparator()
            continue
        keys = QKeySequence(spec.keys[0]).toString(QKeySequence.SequenceFormat.NativeText)
        entry = arrange.addAction(icons.icon(spec.icon), f"{spec.text}\t{keys}")
        entry.setEnabled(spec not in DISTRIBUTE or len(canvas.selected) >= LEAST_TO_DISTRIBUTE)
        entry.triggered.connect(getattr(canvas.align, spec.slot.rpartition(".")[2]))
    return arrange


def _inside_entries(canvas: DocumentView, add: Callable[..., None], spot: NodeSpot) -> None:
    """A layer inside of an expanded block."""
    figure, around = spot.figure, spot.path[-2]
    canvas.expanded_blocks.select(spot.path)
    add("enter", f"Go to {figure.name} in {spot.scene.where}", "Return", lambda: canvas.expanded_blocks.activate(spot))
    if figure.look.expandable:
        words = "Fold" if figure.inside is not None else "Unfold here"
        add("unfold", words, "Ctrl+B", lambda: canvas.expanded_blocks.toggle(spot))
    if figure.troubled:
        add("fix", "What is wrong?", "", lambda: canvas.expanded_blocks.quick_fixes(spot))
    add("help", "What does it do?", "F1", lambda: canvas.open_help.emit(figure.node.type))
    add("mute", "Unmute" if figure.node.bypassed else "Mute", "M", canvas.bypass_selection)
    add("remove", "Remove", "Del", canvas.delete_selection)
    add("unfold", f"Fold {around}", "", lambda: canvas.expanded_blocks.close(spot.path[:-1]))


def _wire_entries(canvas: DocumentView, add: Callable[..., None], figure: WireFigure, at: QPointF) -> None:
    wire = figure.wire
    if not figure.fits:
        add("fix", "What is wrong?", "", lambda: canvas.open_wire_quick_fixes(wire, at))
    add("add", "Insert a layer…", "", lambda: canvas.open_search(at, on=wire))
    add("unlink", "Remove the wire", "Del", lambda: canvas.do_step(Disconnect(canvas.where, (wire,))))
