"""The canvas as a widget: mouse, wheel, keys, touch, drag and drop.

It decides which tool starts; the tool owns the mouse from press to release and edits at most once, at the end.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QEnterEvent,
    QFocusEvent,
    QHelpEvent,
    QInputDevice,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QGestureEvent, QPinchGesture, QToolTip, QWidget

from app.core.graph.model import block_of
from app.ui.canvas import geometry as g
from app.ui.canvas import tooltips
from app.ui.canvas.autopan import EdgePan
from app.ui.canvas.document_view import DocumentView
from app.ui.canvas.expanded_block import spot_at
from app.ui.canvas.findbar import FindBar
from app.ui.canvas.ink import Detail, level_of
from app.ui.canvas.keys import Keys
from app.ui.canvas.menu import menu_at
from app.ui.canvas.minimap import Minimap
from app.ui.canvas.tools import DrawWire, DropLayer, MoveTool, PanTool, Pointer, SelectArea, Tool
from app.ui.canvas.tools.drop import MIME
from app.ui.canvas.tools.frame import CURSORS, MoveFrame, ResizeFrame
from app.ui.qdocument import QDocument

_KEYBOARD = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
_NONE, _CTRL, _SHIFT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
_HELD = _CTRL | _SHIFT | Qt.KeyboardModifier.AltModifier


class CanvasView(DocumentView):
    """The drawing as it is seen and edited."""

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(qdocument, parent)
        self.keys = Keys(self)
        self.edge = EdgePan(self)
        self.minimap = Minimap(self)
        self._find: FindBar | None = None
        self._space = False
        self._drop: DropLayer | None = None
        self._mouse: QPointF | None = None  # on the screen; None while it is elsewhere, as over the minimap
        self._felt: object = None  # the view and the drawing at the last look at what is under the mouse

    @property
    def find_bar(self) -> FindBar:
        """The bar that finds a layer, made when it is first needed."""
        if self._find is None:
            self._find = FindBar(self)
        return self._find

    def find_bar_shown(self) -> FindBar | None:
        """The bar that finds a layer, if it is on the screen."""
        return self._find if self._find is not None and self._find.isVisible() else None

    def find_layer(self) -> None:
        """Ask for a layer of the drawing to go to."""
        self.cancel_tool()
        self.popups.close()
        self.find_bar.open_bar()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        bar = self.find_bar_shown()
        if bar is not None:
            bar.place()

    def paintEvent(self, event: QPaintEvent) -> None:
        self._feel_again()
        super().paintEvent(event)
        self.minimap.follow(event.region().boundingRect())

    # -- mouse -----------------------------------------------------------------------------------------------------

    def _pointer(self, at: QPointF, keys: Qt.KeyboardModifier) -> Pointer:
        return Pointer(at, self.camera.to_scene(at), keys)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.popups.close()
        self.saying.end()
        self._show_focus(False)
        if self.tool is not None:
            self.cancel_tool()  # a second button during a gesture takes it back
            return
        at = self._pointer(event.position(), event.modifiers())
        button = event.button()
        if button == Qt.MouseButton.MiddleButton or (self._space and button == Qt.MouseButton.LeftButton):
            self._begin(PanTool(self), at)
        elif button == Qt.MouseButton.LeftButton:
            self._press_left(at)

    def _press_left(self, at: Pointer) -> None:
        scene = self.scene
        troubled = scene.badge_at(at.scene)
        detail = level_of(self.camera.scale) != Detail.FAR
        port = scene.port_at(at.scene, self.port_reach()) if detail else None
        if troubled is not None:
            self.select((troubled.name,))
            self.open_quick_fixes(troubled.name)
            return
        if port is not None:
            self._begin(DrawWire(self, port), at)
            return
        inside = self.expanded_blocks.press(at)
        if inside is not None:
            if isinstance(inside, Tool):
                self._begin(inside, at)
            return
        figure = scene.node_at(at.scene)
        if figure is not None:
            self._begin(MoveTool(self, figure.name), at)
            return
        grasped = scene.frames.at(at.scene, self.camera.scale, self.selected_frames)
        line = self.wire_at(at.scene)
        if line is not None:
            self.select_wire(line.wire, at.adding)
            if not line.fits:
                self.open_wire_quick_fixes(line.wire, at.view)
            return
        if grasped is not None:
            frame, sides = grasped
            self._begin(ResizeFrame(self, frame.name, sides) if sides else MoveFrame(self, frame.name), at)
            return
        self._begin(SelectArea(self), at)

    def port_reach(self) -> float:
        """How far from a port a press still grasps it; less when zoomed out, so that nodes can be grasped too."""
        return g.PORT_REACH if self.camera.scale >= 0.5 else g.PORT_REACH * 0.9

    def _begin(self, tool: Tool, at: Pointer) -> None:
        self.tool = tool
        self.setCursor(tool.cursor)
        tool.press(at)
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = self._pointer(event.position(), event.modifiers())
        self._mouse = event.globalPosition()
        self.saying.follow(at.view)
        if self.tool is not None:
            self.tool.move(at)
            self.edge.feel(at)
        else:
            self._hover(at.scene)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tool, self.tool = self.tool, None
        self.edge.stop()
        if tool is not None:
            tool.release(self._pointer(event.position(), event.modifiers()))
        self._mouse = event.globalPosition()
        self._hover(self.camera.to_scene(event.position()))
        self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        at = self.camera.to_scene(event.position())
        figure = self.scene.node_at(at)
        inside = spot_at(self.scene, at)
        if figure is not None and figure.toggle is not None and figure.toggle.contains(at):
            pass  # two quick clicks on the toggle
        elif inside is not None and inside.is_inside:
            self.expanded_blocks.activate(inside)
        elif figure is not None:
            self.activate(figure.name)
        elif self.wire_at(at) is None:
            grasped = self.scene.frames.at(at, self.camera.scale)
            if grasped is not None:
                self.framing.edit(grasped[0].name)
            else:
                self.open_search(event.position())

    def activate(self, name: str) -> None:
        """Go into a block; for other nodes, say that they were asked for."""
        block = block_of(self.scene.nodes[name].node.type)
        if block is not None and block in self.qdocument.project.blocks:
            self.enter(block, name)
        else:
            self.node_activated.emit(name)

    def _hover(self, point: QPointF) -> None:
        """Mark what a click would take."""
        self._felt = self._state_felt()
        highlight = self.highlight
        port = self.scene.port_at(point, self.port_reach()) if level_of(self.camera.scale) != Detail.FAR else None
        figure = self.scene.node_at(point)
        line = self.wire_at(point) if port is None and figure is None else None
        node = port.node if port is not None else figure.name if figure is not None else None
        wire = line.wire if line is not None else None
        free = node is None and wire is None
        grasped = self.scene.frames.at(point, self.camera.scale, self.selected_frames) if free else None
        frame = grasped[0].name if grasped is not None else None
        cursor = self.expanded_blocks.hover(point) if port is None else None
        if highlight.hover_inside:
            node = None
        if (node, wire, frame) != (highlight.node, highlight.wire, highlight.frame):
            highlight.node, highlight.wire, highlight.frame = node, wire, frame
            self.update()
        if self._space:
            self.setCursor(Qt.CursorShape.OpenHandCursor)
        elif self.scene.badge_at(point) is not None or (line is not None and not line.fits):
            self.setCursor(Qt.CursorShape.PointingHandCursor)
        elif grasped is not None:
            self.setCursor(CURSORS[grasped[1]])
        elif cursor is not None:
            self.setCursor(cursor)
        else:
            self.setCursor(Qt.CursorShape.CrossCursor if port is not None else Qt.CursorShape.ArrowCursor)

    def _state_felt(self) -> object:
        """All that decides what lies under a mouse that rests on the screen."""
        return self.camera.place, self.scene.version, self.scene.graph.frames, self.mapToGlobal(QPoint())

    def _feel_again(self) -> None:
        """Where the view or the drawing has moved below a mouse that rests, mark what lies under it now."""
        if self.tool is not None or self._mouse is None or self._felt == self._state_felt():
            return
        at = self.mapFromGlobal(self._mouse)
        if self.rect().contains(at.toPoint()) and self.childAt(at.toPoint()) is None:
            self._hover(self.camera.to_scene(at))
        else:  # a bar or the minimap has come between
            self.feel_nothing()

    def feel_nothing(self) -> None:
        """The mouse is elsewhere: nothing is marked until it comes back."""
        self._mouse = None
        highlight = self.highlight
        if self.tool is None and (highlight.node or highlight.wire or highlight.frame or highlight.hover_inside):
            highlight.node = highlight.wire = highlight.frame = None
            highlight.hover_inside = ()
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.feel_nothing()

    def enterEvent(self, event: QEnterEvent) -> None:
        self._mouse = event.globalPosition()
        self._hover(self.camera.to_scene(event.position()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            # Qt sends this besides the key itself, and means the middle of the canvas, where anything may stand.
            if QApplication.activePopupWidget() is None:
                self.keys.open_menu()
            return
        self.cancel_tool()
        self.popups.close()
        menu = menu_at(self, QPointF(event.pos()))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    # -- wheel and touch -------------------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        pixels, degrees = event.pixelDelta(), event.angleDelta()
        touch = event.device() is not None and event.device().type() == QInputDevice.DeviceType.TouchPad
        if touch and not pixels.isNull() and not event.modifiers() & _CTRL:
            self.pan_by(pixels.x(), pixels.y())  # two fingers on a touchpad push the drawing; a wheel zooms
        elif event.modifiers() & _SHIFT or not degrees.y():
            self.pan_by(degrees.y() or degrees.x(), 0)
        else:
            self.zoom_by(1.0015 ** degrees.y(), event.position())
        self._mouse = event.globalPosition()
        self._carry_on(event.position(), event.modifiers())
        event.accept()

    def _carry_on(self, at: QPointF, keys: Qt.KeyboardModifier) -> None:
        """What is dragged stays under the pointer when the view moves below it."""
        if self.tool is not None:
            self.tool.move(self._pointer(at, keys))

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            if not event.modifiers() & _CTRL:  # Ctrl+Tab and Shift+Tab still lead on to the next panel
                self.keyPressEvent(event)
                return True
        elif kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and (self.tool is not None or self.popups.is_open):
                event.accept()
                return True
        elif kind == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tell(event)
            return True
        elif kind == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_by(1.0 + event.value(), event.position())
                return True
        elif kind == QEvent.Type.Gesture and isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                middle = self.mapFromGlobal(pinch.centerPoint().toPoint())
                self.zoom_by(pinch.scaleFactor(), QPointF(middle))
                moved = pinch.centerPoint() - pinch.lastCenterPoint()
                self.pan_by(moved.x(), moved.y())
                return True
        return super().event(event)

    def _tell(self, event: QHelpEvent) -> None:
        at = self.camera.to_scene(QPointF(event.pos()))
        troubled, figure = self.scene.badge_at(at), self.scene.node_at(at)
        port = self.scene.port_at(at, 9.0) if level_of(self.camera.scale) == Detail.FULL else None
        line = self.wire_at(at)
        if troubled is not None:
            words = tooltips.of_badge(troubled)
        elif port is not None:
            words = tooltips.of_port(self.scene, port)
        elif words := self.expanded_blocks.tip(at):
            pass
        elif figure is not None:
            words = tooltips.of_node(figure)
        elif line is not None:
            words = tooltips.of_wire(self.scene, line)
        elif (grasped := self.scene.frames.at(at, self.camera.scale)) is not None:
            words = tooltips.of_frame(self.scene, grasped[0], at)
        else:
            QToolTip.hideText()
            return
        QToolTip.showText(event.globalPos(), words, self)

    # -- keys ------------------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, held = Qt.Key(event.key()), event.modifiers() & _HELD
        self.saying.end()
        if key == Qt.Key.Key_Escape:
            if self.cancel_tool() or self.expanded_blocks.up():
                return
            shown = self.highlight
            if shown.selected or shown.inside or shown.wires or shown.frames:
                self.select(())
            else:
                self.escaped.emit()
            return
        if self.tool is not None:
            return  # a gesture under way is finished or taken back first
        if key == Qt.Key.Key_Space and held == _NONE:
            self._hold_space(event, True)
        elif not self.keys.press(key, held):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            self._hold_space(event, False)
        else:
            super().keyReleaseEvent(event)

    def _hold_space(self, event: QKeyEvent, down: bool) -> None:
        if not event.isAutoRepeat():
            self._space = down
        if not event.isAutoRepeat() and self.tool is None:  # a hand that still holds the drawing keeps its look
            self.setCursor(Qt.CursorShape.OpenHandCursor if down else Qt.CursorShape.ArrowCursor)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._show_focus(event.reason() in _KEYBOARD)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._space = False
        self._show_focus(False)
        if event.reason() == Qt.FocusReason.ActiveWindowFocusReason:
            self.cancel_tool()

    def _show_focus(self, shown: bool) -> None:
        """The frame of the keyboard: seen when the canvas was reached by keys, not when it was clicked."""
        if shown != self.focus_shown:
            self.focus_shown = shown
            self.update()

    # -- drag and drop ---------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if not event.mimeData().hasFormat(MIME):
            event.ignore()
            return
        type_id = bytes(event.mimeData().data(MIME).data()).decode("utf-8", "replace")
        self.cancel_tool()
        self.popups.close()
        self._drop = DropLayer(self, type_id)
        if self._drop.node is None:
            self._drop = None
            event.ignore()
            return
        self.tool = self._drop
        self._drop.press(self._pointer(event.position(), event.modifiers()))
        event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self._drop is not None:
            at = self._pointer(event.position(), event.modifiers())
            self._drop.move(at)
            self.edge.feel(at)
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._drop = None
        self.cancel_tool()

    def dropEvent(self, event: QDropEvent) -> None:
        drop, self._drop, self.tool = self._drop, None, None
        self.edge.stop()
        if drop is not None:
            drop.release(self._pointer(event.position(), event.modifiers()))
            event.acceptProposedAction()
            self.setFocus(Qt.FocusReason.OtherFocusReason)
