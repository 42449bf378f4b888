"""What the keys do on the canvas: what the menus say, and a few keys more."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QCursor, QKeySequence

from app.ui.actions import specs
from app.ui.canvas import arrow_keys
from app.ui.canvas import geometry as g
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.menu import menu_at

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

_NUDGE = 10.0
_NONE, _CTRL, _SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


_UNLISTED = {  # keys that no menu tells of, and the method of the canvas that each calls
    (Qt.Key.Key_Backspace, _NONE): "delete_selection",
    (Qt.Key.Key_Backspace, _CTRL): "remove_and_join",
    (Qt.Key.Key_C, _NONE): "connect_selection",
    (Qt.Key.Key_F1, _NONE): "keys.help",
    (Qt.Key.Key_Tab, _NONE): "keys.search",
    (Qt.Key.Key_Return, _NONE): "keys.enter",
    (Qt.Key.Key_Enter, _NONE): "keys.enter",
    (Qt.Key.Key_Menu, _NONE): "keys.open_menu",
    (Qt.Key.Key_F10, _SHIFT): "keys.open_menu",
}


@cache
def _ways() -> Mapping[tuple[Qt.Key, Qt.KeyboardModifier], str]:
    """The keys of the menus' entries for the canvas, and the others, each with the method that it calls."""
    found = dict(_UNLISTED)
    for spec in specs():
        way = {"undo": "canvas.qdocument.undo", "redo": "canvas.qdocument.redo"}.get(spec.slot, spec.slot)
        for keys in spec.keys if way.startswith("canvas.") else ():
            pressed = QKeySequence(keys)[0]  # type: ignore[index]  # which the stubs do not know
            found[pressed.key(), pressed.keyboardModifiers()] = way.removeprefix("canvas.")
    return found


class Keys:
    """The keys of one canvas while no gesture is under way."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._searched_at: QPoint | None = None  # where the mouse was when Tab was pressed last

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        """Do what a key stands for; False if it stands for nothing."""
        if self._canvas.expanded_blocks.press_key(key, held) or self._canvas.wire_keys.press(key, held):
            return True
        if key in arrow_keys.ARROWS and held in (_NONE, _CTRL, _SHIFT):
            self._arrow(key, held)
            return True
        return self._command(key, held)

    def _command(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        canvas = self._canvas
        if key in arrow_keys.ARROWS and held == _SHIFT | Qt.KeyboardModifier.AltModifier:
            _, dx, dy = arrow_keys.ARROWS[key]
            canvas.framing.grow(dx * _NUDGE, dy * _NUDGE)
            return True
        way = _ways().get((key, held))
        if way is None:
            return False
        attrgetter(way)(canvas)()
        return True

    def _arrow(self, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
        canvas = self._canvas
        direction, dx, dy = arrow_keys.ARROWS[key]
        if held == _CTRL:
            canvas.editing.nudge(dx * _NUDGE, dy * _NUDGE)
            return
        current = canvas.selected[-1] if canvas.selected else None
        name = arrow_keys.next_node(canvas.scene, current, direction)
        if name is not None:
            canvas.select((*canvas.selected, name) if held == _SHIFT else (name,))
            canvas.keep_in_view((name,))

    def help(self) -> None:
        """Ask what the layer selected last is."""
        canvas = self._canvas
        if canvas.selected:
            canvas.open_help.emit(canvas.scene.nodes[canvas.selected[-1]].node.type)

    def search(self) -> None:
        """Ask for a layer to add, behind the selected one if it is one."""
        canvas = self._canvas
        # A mouse that has not moved since the last search is not in use: the keyboard alone builds a chain.
        rests, self._searched_at = QCursor.pos() == self._searched_at, QCursor.pos()
        if len(canvas.selected) != 1:
            canvas.open_search(canvas.camera.to_view(canvas.pointer_or_middle()))
            return
        # What is chosen follows the selected node: at the pointer, or beside the node where there is none.
        figure = canvas.scene.nodes[canvas.selected[0]]
        here = not rests and canvas.underMouse() and not figure.rect.contains(canvas.pointer_or_middle())
        place = canvas.pointer_or_middle() if here else figure.rect.topRight() + QPointF(30, 0)
        canvas.popups.search_after(canvas.camera.to_view(place), figure.name, here)

    def enter(self) -> None:
        """Go to what is selected: into it, to its problems, or to its words."""
        canvas = self._canvas
        if not canvas.selected:
            if canvas.selected_frames:
                canvas.framing.edit(canvas.selected_frames[-1])
            return
        name = canvas.selected[-1]
        if canvas.scene.nodes[name].troubled:
            canvas.open_quick_fixes(name)
        else:
            canvas.activate(name)

    def open_menu(self) -> None:
        """Open the menu of what is selected, at its place."""
        canvas = self._canvas
        wire = canvas.wire_keys.place()
        place = canvas.middle() if wire is None else canvas.camera.to_scene(wire)
        inside = spot_of(canvas.scene, canvas.highlight.inside or canvas.selected[-1:] or ("",))
        if inside is not None:  # on the header, because another layer may stand in the middle of an expanded block
            place = inside.rect.topLeft() + QPointF(inside.rect.width() / 2, g.HEADER / 2)
        elif canvas.selected_frames:
            place = canvas.scene.frames[canvas.selected_frames[-1]].bar(canvas.camera.scale).center()
        at = canvas.camera.to_view(place)
        menu = menu_at(canvas, at)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(canvas.mapToGlobal(at.toPoint()))
