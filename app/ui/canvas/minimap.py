"""The whole drawing, small, in the corner of the canvas. Its frame is what the canvas shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QHideEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.ui import theme
from app.ui.canvas.ink import cosmetic
from app.ui.canvas.tools.base import Pointer, Tool
from app.ui.pace import later

if TYPE_CHECKING:
    from app.ui.canvas.view import CanvasView

_MOST = QSize(216, 132)  # pixels
_LEAST = QSize(96, 56)
_SHARE = 0.24  # of the canvas, at most
_AWAY = 12  # pixels from the edges of the canvas
_INSET = 6
_SMALL = QSize(420, 260)  # in a canvas smaller than this it would be in the way
_LATER_MS = 120  # so long after a change, the picture is made anew: a change rarely comes alone
_DODGE = 26  # pixels: what is dragged so close makes it step back
_LEAST_FRAME = 5.0


class LookAround(Tool):
    """The gesture in the minimap: the canvas looks where the hand points."""

    pans_at_edge = False

    def __init__(self, canvas: CanvasView, minimap: Minimap) -> None:
        super().__init__(canvas)
        self._minimap = minimap
        self._before = canvas.camera.place
        self._held = QPointF()  # from the middle of what is seen to the hand, in units of the drawing

    def press(self, at: Pointer) -> None:
        """``at.view`` is in pixels of the minimap, ``at.scene`` the point of the drawing there."""
        super().press(at)
        canvas = self.canvas
        seen = canvas.camera.seen(canvas.width(), canvas.height())
        self._held = at.scene - seen.center() if self._minimap.frame().contains(at.view) else QPointF()
        self.move(at)

    def move(self, at: Pointer) -> None:
        middle = at.scene - self._held
        canvas = self.canvas
        now = canvas.middle()
        scale = canvas.camera.scale
        canvas.pan_by((now.x() - middle.x()) * scale, (now.y() - middle.y()) * scale)

    def cancel(self) -> None:
        self.canvas.camera.place = self._before
        self.canvas.update()


class Minimap(QWidget):
    """A picture of everything, made only when the drawing has changed and rested; the frame follows at once.

    It is there only while a part of the drawing is out of view, and steps back from what is dragged towards it.
    """

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._wanted = True
        self._picture: QImage | None = None
        self._made_for: object = None
        self._box = QPixmap()  # what it stands on: a copy is quicker than round corners in every frame
        self._box_for: object = None
        self._last_wanted: tuple[object, ...] = ()
        self._bounds = QRectF()
        self._bounds_of: object = None
        self._drawn: object = None
        self._seen: object = None  # the camera at the last look
        self._corner = 0
        self._faint = False
        self._later = later(self, self.refresh, _LATER_MS)
        self.setObjectName("Minimap")
        self.setAccessibleName("Minimap")
        self.setAccessibleDescription("The whole drawing. The frame is the part that the canvas shows.")
        self.setToolTip("The whole drawing: click or drag to look there, turn the wheel to zoom")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.hide()
        theme.notifier.changed.connect(self._forget)

    # -- when it is there ------------------------------------------------------------------------------------------

    @property
    def wanted(self) -> bool:
        """Whether it may be shown at all (View > Minimap)."""
        return self._wanted

    @wanted.setter
    def wanted(self, wanted: bool) -> None:
        self._wanted = wanted
        self.refresh()

    def follow(self, painted: QRect) -> None:
        """The canvas has just painted ``painted``: look whether the frame or the picture is still true."""
        state = self._state()
        if state == self._drawn:
            return
        if self.isVisible() and not painted.contains(self.geometry()):
            self.update()
        if not self._later.isActive():
            self._later.start()

    def _state(self) -> object:
        canvas = self._canvas
        dragged = (canvas.scene.offset.x(), canvas.scene.offset.y()) if canvas.scene.lifted else None
        drawing = canvas.scene.version, canvas.scene.graph.frames
        bar = canvas.find_bar_shown()
        room = canvas.size(), bar.geometry() if bar is not None else None
        chosen = canvas.selected, canvas.highlight.inside
        return drawing, canvas.camera.place, room, dragged, canvas.tool is None, chosen

    def refresh(self) -> None:
        """Show or hide it, and make the picture anew if the drawing is another."""
        self._drawn = self._state()
        if not self._wanted or not self._is_of_use():
            self._corner = 0
            self.hide()
            return
        place = self._place(self._size())
        if place != self.geometry():
            self.setGeometry(place)
        self._make()
        self._step_back()
        self.show()
        self.update()

    def _place(self, size: QSize) -> QRect:
        """Bottom right; if layers stand there, another corner where none do, or at least none that are selected.

        It moves only when the view rests.
        """
        canvas = self._canvas
        left, top = _AWAY, _AWAY
        right, bottom = canvas.width() - size.width() - _AWAY, canvas.height() - size.height() - _AWAY
        corners = [QPoint(right, bottom), QPoint(left, bottom), QPoint(right, top)]
        resting = canvas.tool is None and self._seen == canvas.camera.place
        bar = canvas.find_bar_shown()
        if bar is not None and bar.geometry().intersects(QRect(corners[self._corner], size)):
            self._corner = 0
        if not resting:
            self._seen = canvas.camera.place
            self._later.start()
            return QRect(corners[self._corner], size)
        self._corner = min(range(len(corners)), key=lambda index: (*self._covered(QRect(corners[index], size)), index))
        return QRect(corners[self._corner], size)

    def _covered(self, place: QRect) -> tuple[bool, bool, bool]:
        """Whether the bar that finds layers, selected layers, or any layers would be covered there."""
        canvas = self._canvas
        area = QRectF(canvas.camera.to_scene(place.topLeft().toPointF()), place.size() / canvas.camera.scale)
        bar = canvas.find_bar_shown()
        names = [figure.name for figure in canvas.scene.nodes_in(area) if figure.rect.intersects(area)]
        chosen = canvas.highlight.selected.keys() | set(canvas.highlight.inside[:1])
        return bar is not None and bar.geometry().intersects(place), bool(chosen.intersection(names)), bool(names)

    def _is_of_use(self) -> bool:
        canvas = self._canvas
        if not canvas.scene.nodes or canvas.width() < _SMALL.width() or canvas.height() < _SMALL.height():
            return False
        seen = canvas.camera.seen(canvas.width(), canvas.height())
        return not seen.contains(self._whole())

    def _whole(self) -> QRectF:
        """The rectangle around the drawing, worked out once for each state of it."""
        scene = self._canvas.scene
        wanted = (scene.version, scene.graph.frames)
        if self._bounds_of != wanted:
            self._bounds_of = wanted
            self._bounds = scene.bounds()
        return self._bounds

    def _size(self) -> QSize:
        """As large as the drawing's shape needs, within what the canvas can spare."""
        canvas, whole = self._canvas, self._whole()
        most = QSizeF(
            min(_MOST.width(), canvas.width() * _SHARE) - 2 * _INSET,
            min(_MOST.height(), canvas.height() * _SHARE) - 2 * _INSET,
        )
        fitting = QSizeF(max(whole.width(), 1.0), max(whole.height(), 1.0)).scaled(
            most, Qt.AspectRatioMode.KeepAspectRatio
        )
        return QSize(round(fitting.width()) + 2 * _INSET, round(fitting.height()) + 2 * _INSET).expandedTo(_LEAST)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if isinstance(self._canvas.tool, LookAround):
            self._canvas.cancel_tool()

    # -- where things are in it ------------------------------------------------------------------------------------

    def _scale(self) -> float:
        whole = self._whole()
        return min(
            (self.width() - 2 * _INSET) / max(whole.width(), 1.0),
            (self.height() - 2 * _INSET) / max(whole.height(), 1.0),
        )

    def _into(self) -> QTransform:
        """From units of the drawing to pixels of the minimap."""
        scale, middle = self._scale(), self._whole().center()
        return QTransform(
            scale, 0, 0, scale, self.width() / 2 - middle.x() * scale, self.height() / 2 - middle.y() * scale
        )

    def frame(self) -> QRectF:
        """What the canvas shows, in pixels of the minimap; at its edge if that is outside of the drawing."""
        canvas = self._canvas
        seen = self._into().mapRect(canvas.camera.seen(canvas.width(), canvas.height()))
        area = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        left = min(max(seen.left(), area.left()), area.right() - _LEAST_FRAME)
        top = min(max(seen.top(), area.top()), area.bottom() - _LEAST_FRAME)
        right = max(min(seen.right(), area.right()), left + _LEAST_FRAME)
        bottom = max(min(seen.bottom(), area.bottom()), top + _LEAST_FRAME)
        return QRectF(QPointF(left, top), QPointF(right, bottom))

    def point_at(self, place: QPointF) -> QPointF:
        """The point of the drawing that a pixel of the minimap shows."""
        back, _ = self._into().inverted()
        return back.map(place)

    # -- painting --------------------------------------------------------------------------------------------------

    def _forget(self, _: theme.Theme) -> None:
        self._made_for = None
        if self.isVisible():
            self.refresh()

    def _make(self) -> None:
        """The picture of the drawing, if it is not the one there is."""
        scene, ratio = self._canvas.scene, self.devicePixelRatioF()
        wanted = (scene.version, scene.graph.frames, self.size(), ratio, theme.current().name)
        if wanted == self._made_for:
            return
        if self.isVisible() and self._picture is not None and (scene.lifted or wanted[:2] != self._last_wanted[:2]):
            # While the drawing is changing, the picture of before is good enough, and the change stays fluid. One of
            # long ago, when the minimap was last seen, is not.
            self._last_wanted = wanted
            self._later.start()
            return
        self._made_for = self._last_wanted = wanted
        # An image, not a pixmap: the X server would draw many short lines more slowly than we do.
        picture = QImage(self.size() * ratio, QImage.Format.Format_ARGB32_Premultiplied)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        with QPainter(picture) as painter:
            painter.setTransform(self._into(), True)
            for figure in scene.frames:
                tint = theme.color(f"frame.{figure.frame.color}")
                painter.setPen(cosmetic(tint, 1.0))
                painter.setBrush(theme.mixed(theme.color("panel"), tint, 0.25))
                painter.drawRect(figure.rect)
            self._canvas.painter.far.paint(painter, scene, self._canvas.painter.ink)
        self._picture = picture

    def _step_back(self) -> None:
        """Be faint while something is dragged close to it: it must not hide the place where it will land."""
        hand = self._canvas.edge.hand
        around = self.geometry().adjusted(-_DODGE, -_DODGE, _DODGE, _DODGE)
        self._faint = hand is not None and around.contains(hand.toPoint())

    def paintEvent(self, event: QPaintEvent) -> None:
        self._step_back()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            if self._faint:
                painter.setOpacity(0.18)
            painter.drawPixmap(QPointF(), self._ground())
            if self._picture is not None:
                painter.drawImage(QPointF(), self._picture)
            self._paint_lifted(painter)
            painter.setPen(QPen(theme.color("accent"), 1.5))
            painter.setBrush(theme.faded("accent", 0.14))
            painter.drawRoundedRect(self.frame(), 2, 2)

    def _ground(self) -> QPixmap:
        """The box behind the drawing."""
        wanted = (self.size(), self.devicePixelRatioF(), theme.current().name)
        if wanted != self._box_for:
            self._box_for = wanted
            self._box = QPixmap(self.size() * wanted[1])
            self._box.setDevicePixelRatio(wanted[1])
            self._box.fill(Qt.GlobalColor.transparent)
            with QPainter(self._box) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(theme.color("border"), 1.0))
                painter.setBrush(theme.faded("panel", 0.88))
                painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        return self._box

    def _paint_lifted(self, painter: QPainter) -> None:
        """Nodes that are being dragged, where they are now."""
        scene = self._canvas.scene
        if not scene.lifted:
            return
        into = self._into()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._canvas.painter.ink.selected)
        painter.drawRects(
            [
                into.mapRect(scene.nodes[name].rect.translated(scene.offset))
                for name in scene.lifted
                if name in scene.nodes
            ]
        )

    # -- the hand --------------------------------------------------------------------------------------------------

    def _pointer(self, event: QMouseEvent) -> Pointer:
        return Pointer(event.position(), self.point_at(event.position()), event.modifiers())

    def enterEvent(self, event: QEnterEvent) -> None:
        self._canvas.feel_nothing()  # Qt does not tell the canvas that the mouse is on something that lies upon it

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()
        canvas = self._canvas
        busy = canvas.cancel_tool()  # a second button takes the gesture back
        if not busy and event.button() == Qt.MouseButton.LeftButton:
            canvas.popups.close()
            canvas.tool = LookAround(canvas, self)
            canvas.tool.press(self._pointer(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if isinstance(self._canvas.tool, LookAround):
            self._canvas.tool.move(self._pointer(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if isinstance(self._canvas.tool, LookAround):
            self._canvas.tool = None
            self._canvas.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.mousePressEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the middle of the view: the hand is elsewhere."""
        self._canvas.zoom_by(1.0015 ** event.angleDelta().y())
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()  # not the menu of the canvas below
