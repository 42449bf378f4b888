"""What the keys do on the canvas. Each entry of the table is one order to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QCursor

from app.ui.canvas import geometry as g
from app.ui.canvas import walking
from app.ui.canvas.inside import spot_of
from app.ui.canvas.menu import menu_at

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

_ARROWS: dict[int, tuple[walking.Direction, int, int]] = {
    Qt.Key.Key_Left: ("left", -1, 0),
    Qt.Key.Key_Right: ("right", 1, 0),
    Qt.Key.Key_Up: ("up", 0, -1),
    Qt.Key.Key_Down: ("down", 0, 1),
}
_NUDGE = 10.0
_NONE, _CTRL, _SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)


class Keys:
    """The keys of one canvas while no gesture is under way."""

    def __init__(self, canvas: CanvasView) -> None:
        self._canvas = canvas
        self._searched_at: QPoint | None = None  # where the mouse was when Tab was pressed last

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        """Do what a key stands for; False if it stands for nothing."""
        if self._canvas.indoors.press_key(key, held) or self._canvas.wire_keys.press(key, held):
            return True
        if key in _ARROWS and held in (_NONE, _CTRL, _SHIFT):
            self._arrow(key, held)
            return True
        return self._command(key, held)

    def _command(self, key: Qt.Key, held: Qt.KeyboardModifier) -> bool:
        canvas = self._canvas
        actions = {
            (Qt.Key.Key_Delete, _NONE): canvas.delete_selection,
            (Qt.Key.Key_Backspace, _NONE): canvas.delete_selection,
            (Qt.Key.Key_Delete, _CTRL): canvas.remove_and_join,
            (Qt.Key.Key_Backspace, _CTRL): canvas.remove_and_join,
            (Qt.Key.Key_C, _CTRL): canvas.copy,
            (Qt.Key.Key_X, _CTRL): canvas.cut,
            (Qt.Key.Key_V, _CTRL): canvas.paste,
            (Qt.Key.Key_D, _CTRL): canvas.duplicate,
            (Qt.Key.Key_A, _CTRL): canvas.select_all,
            (Qt.Key.Key_L, _CTRL): canvas.tidy,
            (Qt.Key.Key_F, _CTRL | _SHIFT): canvas.framing.add_frame,
            (Qt.Key.Key_N, _CTRL | Qt.KeyboardModifier.AltModifier): canvas.framing.add_note,
            (Qt.Key.Key_F, _CTRL | Qt.KeyboardModifier.AltModifier): canvas.framing.select_next,
            (Qt.Key.Key_G, _CTRL): canvas.group,
            (Qt.Key.Key_G, _CTRL | _SHIFT): canvas.unpack,
            (Qt.Key.Key_B, _CTRL): canvas.fold,
            (Qt.Key.Key_Left, _CTRL | _SHIFT): canvas.align.left,
            (Qt.Key.Key_Right, _CTRL | _SHIFT): canvas.align.right,
            (Qt.Key.Key_Up, _CTRL | _SHIFT): canvas.align.top,
            (Qt.Key.Key_Down, _CTRL | _SHIFT): canvas.align.bottom,
            (Qt.Key.Key_X, _SHIFT): canvas.align.centre,
            (Qt.Key.Key_Y, _SHIFT): canvas.align.middle,
            (Qt.Key.Key_X, _CTRL | _SHIFT): canvas.align.across,
            (Qt.Key.Key_Y, _CTRL | _SHIFT): canvas.align.down,
            (Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier): canvas.leave,
            (Qt.Key.Key_Z, _CTRL): canvas.qdocument.undo,
            (Qt.Key.Key_Z, _CTRL | _SHIFT): canvas.qdocument.redo,
            (Qt.Key.Key_Y, _CTRL): canvas.qdocument.redo,
            (Qt.Key.Key_M, _NONE): canvas.mute_selection,
            (Qt.Key.Key_C, _NONE): canvas.connect_selection,
            (Qt.Key.Key_F, _CTRL): canvas.find_layer,
            (Qt.Key.Key_F, _NONE): canvas.frame_selection,
            (Qt.Key.Key_F, _SHIFT): canvas.frame_all,
            (Qt.Key.Key_Plus, _CTRL): canvas.zoom_in,
            (Qt.Key.Key_Minus, _CTRL): canvas.zoom_out,
            (Qt.Key.Key_0, _CTRL): canvas.zoom_reset,
            (Qt.Key.Key_F1, _NONE): self._help,
            (Qt.Key.Key_Tab, _NONE): self._search_key,
            (Qt.Key.Key_Return, _NONE): self._enter_key,
            (Qt.Key.Key_Enter, _NONE): self._enter_key,
            (Qt.Key.Key_Menu, _NONE): self.open_menu,
            (Qt.Key.Key_F10, _SHIFT): self.open_menu,
        }
        action = actions.get((key, held))
        if key in _ARROWS and held == _SHIFT | Qt.KeyboardModifier.AltModifier:
            _, dx, dy = _ARROWS[key]
            canvas.framing.grow(dx * _NUDGE, dy * _NUDGE)
            return True
        if action is None:
            return False
        action()
        return True

    def _arrow(self, key: Qt.Key, held: Qt.KeyboardModifier) -> None:
        canvas = self._canvas
        direction, dx, dy = _ARROWS[key]
        if held == _CTRL:
            canvas.editing.nudge(dx * _NUDGE, dy * _NUDGE)
            return
        current = canvas.selected[-1] if canvas.selected else None
        name = walking.next_node(canvas.scene, current, direction)
        if name is not None:
            canvas.select((*canvas.selected, name) if held == _SHIFT else (name,))
            canvas.keep_in_view((name,))

    def _help(self) -> None:
        canvas = self._canvas
        if canvas.selected:
            canvas.open_help.emit(canvas.scene.nodes[canvas.selected[-1]].node.type)

    def _search_key(self) -> None:
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

    def _enter_key(self) -> None:
        canvas = self._canvas
        if not canvas.selected:
            if canvas.selected_frames:
                canvas.framing.edit(canvas.selected_frames[-1])
            return
        name = canvas.selected[-1]
        if canvas.scene.nodes[name].troubled:
            canvas.open_remedy(name)
        else:
            canvas.activate(name)

    def open_menu(self) -> None:
        """Open the menu of what is selected, at its place."""
        canvas = self._canvas
        wire = canvas.wire_keys.place()
        place = canvas.middle() if wire is None else canvas.camera.to_scene(wire)
        inside = spot_of(canvas.scene, canvas.highlight.inside or canvas.selected[-1:] or ("",))
        if inside is not None:  # on the header, because another layer may stand in the middle of an unfolded block
            place = inside.rect.topLeft() + QPointF(inside.rect.width() / 2, g.HEADER / 2)
        elif canvas.selected_frames:
            place = canvas.scene.frames[canvas.selected_frames[-1]].bar(canvas.camera.scale).center()
        at = canvas.camera.to_view(place)
        menu = menu_at(canvas, at)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(canvas.mapToGlobal(at.toPoint()))
