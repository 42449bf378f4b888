"""What others may ask the canvas to do: each is one edit, or opens what asks for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from app.core.commands import RemoveAndJoin, RemoveNodes
from app.core.graph.model import Wire
from app.ui.canvas.scene import PortAt, Scene

if TYPE_CHECKING:
    from app.ui.canvas.editing import Editing
    from app.ui.canvas.indoors import Indoors
    from app.ui.canvas.popups import Popups
    from app.ui.canvas.wirekeys import WireKeys


class EditActions:
    """The edits of a canvas by name, for menus, keys and other panels."""

    scene: Scene
    editing: Editing
    indoors: Indoors
    wire_keys: WireKeys
    popups: Popups

    def add_layer(self, type_id: str, scene_pos: QPointF | None = None) -> str | None:
        """Add a layer at a point of the drawing; else behind the selected node, wired where it fits."""
        return self.editing.add(type_id, scene_pos)

    def delete_selection(self) -> None:
        """Remove what is selected."""
        if not self.indoors.edit(lambda where, name: RemoveNodes(where, (name,))):
            self.editing.remove()
            self.wire_keys.removed()

    def remove_and_join(self) -> None:
        """Remove what is selected and join the neighbours."""
        if not self.indoors.edit(lambda where, name: RemoveAndJoin(where, (name,))):
            self.editing.remove_and_join()

    def copy(self) -> None:
        """Copy the selected nodes as text."""
        self.editing.copy()

    def cut(self) -> None:
        """Copy and remove the selected nodes."""
        self.editing.cut()

    def paste(self) -> None:
        """Paste nodes at the pointer."""
        self.editing.paste()

    def duplicate(self) -> None:
        """Duplicate the selected nodes with the wires among them."""
        self.editing.duplicate()

    def connect_selection(self) -> None:
        """Join the selected nodes in the order in which they were selected."""
        self.editing.connect()

    def mute_selection(self) -> None:
        """Mute or unmute the selected nodes."""
        if not self.indoors.mute():
            self.editing.mute()

    def group(self) -> None:
        """Make a block of the selected nodes."""
        self.editing.group()

    def unpack(self) -> None:
        """Put the layers of the selected blocks in their place."""
        self.editing.unpack()

    def fold(self) -> None:
        """Show the inside of the selected blocks in their place, or close them again."""
        self.indoors.fold()

    def own_copy(self) -> None:
        """Give the selected block a copy of its own."""
        self.editing.own_copy()

    def tidy(self) -> None:
        """Arrange the drawing in layers from left to right."""
        if self.scene.nodes:
            self.editing.tidy()

    def open_search(self, at: QPointF, join: PortAt | None = None, on: Wire | None = None) -> None:
        """Ask for a layer to place at a point of the widget, joined with a port or inserted on a wire."""
        self.popups.search(at, join, on)

    def open_remedy(self, name: str) -> None:
        """Show a node's problems and what would help."""
        self.popups.remedy(name)

    def open_wire_remedy(self, wire: Wire, at: QPointF) -> None:
        """Show why a wire does not fit and what would help."""
        self.popups.wire_remedy(wire, at)
