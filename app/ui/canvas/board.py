"""The canvas without its events: what it shows, what is selected, and everything that others may ask of it.

Figures stand in ``scene``, ``presenter`` follows the document, ``painter`` draws, ``editing`` does what keys and menus
ask for. ``view.py`` adds the hands: mouse, keys, touch.
"""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QCursor, QImage, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.core.commands import Command
from app.core.document import Change
from app.core.graph.model import MAIN, Wire
from app.ui import theme
from app.ui.canvas import geometry as g
from app.ui.canvas import hint
from app.ui.canvas.camera import STEP, Camera
from app.ui.canvas.crumbs import Crumbs
from app.ui.canvas.editing import Editing
from app.ui.canvas.painter import Highlight, Painter
from app.ui.canvas.placing import Situation
from app.ui.canvas.popups import Popups
from app.ui.canvas.presenter import Presenter, Touched, renamed_block
from app.ui.canvas.scene import PortAt, Scene
from app.ui.canvas.tools.base import Tool
from app.ui.qdocument import QDocument

_SETTLE_MS = 140  # so long after the last step of zooming, pictures are drawn anew


class Board(QWidget):
    """One graph of the document on the screen. Use it as ``CanvasView``."""

    selection_changed = Signal(object)  # tuple of names
    where_changed = Signal(str)
    status = Signal(str)
    open_help = Signal(str)  # a layer's id
    node_activated = Signal(str)  # a node that is no block was double-clicked, or Enter was pressed on it

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.qdocument = qdocument
        self.scene = Scene()
        self.camera = Camera()
        self.highlight = Highlight()
        self.painter = Painter(self.scene, self.camera, self.highlight)
        self.presenter = Presenter(self.scene)
        self.editing = Editing(self)
        self.popups = Popups(self)
        self.crumbs = Crumbs(self)
        self.crumbs.asked.connect(self._set_where)
        self._path: list[str] = []
        self._views: dict[str, tuple[float, float, float]] = {}
        self._framed = False
        self._whole: tuple[float, float, float] | None = None
        self._quick = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._quick.timeout.connect(self.update)
        self.tool: Tool | None = None
        self.focus_shown = False
        self.setAccessibleName("Drawing")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setMinimumSize(200, 120)
        qdocument.changed.connect(self._follow)
        qdocument.refused.connect(self.status)
        theme.notifier.changed.connect(self._renew)
        self.scene.load(qdocument.project, MAIN, qdocument.document.graph_report(MAIN))
        self._describe()

    # -- following the document ------------------------------------------------------------------------------------

    @property
    def situation(self) -> Situation:
        """What questions about placing and wiring need to know."""
        document = self.qdocument.document
        return Situation(document.project, document.report, self.where)

    def do_step(self, command: Command) -> bool:
        """Carry out an edit as a step of its own, also if it could merge with the one before."""
        self.qdocument.document.seal()
        done = self.qdocument.do(command)
        self.qdocument.document.seal()
        return done

    def cancel_tool(self) -> bool:
        """Take the gesture under way back; False if there is none."""
        tool, self.tool = self.tool, None
        if tool is None:
            return False
        tool.cancel()
        self.scene.let_go()
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.update()
        return True

    def _follow(self, change: Change) -> None:
        if change.opened or self.where in change.facts:  # a save in the background does not end a gesture
            self.cancel_tool()
        if change.opened:
            self._path.clear()
            self._views.clear()
            if self.scene.where != MAIN:
                self.scene.where = MAIN
                self.where_changed.emit(MAIN)
            self.crumbs.show_path("", ())
        elif (renamed := renamed_block(change)) is not None and renamed[0] in self._path:
            self._follow_rename(change, *renamed)
            return
        touched = self.presenter.follow(change)
        if touched.gone:
            self._set_where(MAIN)
            return
        self._keep_selection(touched, change.opened)
        if change.opened:
            self.popups.close()
            self._framed = False
            self._frame_once()
        if touched.everything:
            self.update()
        else:
            for area in touched.areas:
                self.update_area(area)
        if touched or change.opened:
            self._describe()

    def _follow_rename(self, change: Change, old: str, new: str) -> None:
        """Stay inside a block that is called otherwise now."""
        self._path = [new if name == old else name for name in self._path]
        self._views = {new if name == old else name: view for name, view in self._views.items()}
        where = self._path[-1]
        self.scene.load(change.after, where, change.report.of(where))
        self.crumbs.show_path(change.after.title, self._path)
        self.where_changed.emit(where)
        self.selection_changed.emit(self.selected)
        self.update()

    def _keep_selection(self, touched: Touched, opened: bool) -> None:
        """The selection without what is gone; a renamed node stays selected under its new name."""
        names: list[str] = []
        for name in () if opened else self.highlight.selected:
            if touched.renamed is not None and name == touched.renamed[0]:
                name = touched.renamed[1]
            if name in self.scene.nodes:
                names.append(name)
        self.highlight.wires = {wire: None for wire in self.highlight.wires if wire in self.scene.wires}
        self.highlight.node = self.highlight.node if self.highlight.node in self.scene.nodes else None
        self.highlight.wire = self.highlight.wire if self.highlight.wire in self.scene.wires else None
        self._set_selection(tuple(names))

    def _renew(self, _: theme.Theme) -> None:
        self.painter.renew()
        self.crumbs.show_path(self.qdocument.project.title, self._path)
        self.update()

    # -- which graph -----------------------------------------------------------------------------------------------

    @property
    def where(self) -> str:
        """The graph that is shown: ``MAIN`` or the name of a block."""
        return self.scene.where

    @where.setter
    def where(self, where: str) -> None:
        self._set_where(where)

    def enter(self, block: str) -> None:
        """Go into a block."""
        self._go(block, [*self._path, block])

    def leave(self) -> None:
        """Go back to the graph around this block."""
        if self._path:
            self._set_where(self._path[-2] if len(self._path) > 1 else MAIN)

    def _set_where(self, where: str) -> None:
        if where == MAIN:
            self._go(where, [])
        elif where in self._path:
            self._go(where, self._path[: self._path.index(where) + 1])
        else:
            self._go(where, [where])

    def _go(self, where: str, path: list[str]) -> None:
        document = self.qdocument.document
        if where != MAIN and where not in document.project.blocks:
            self.status.emit(f"There is no block named {where} in this drawing.")
            return
        self.cancel_tool()
        self.popups.close()
        self._views[self.scene.where] = self.camera.place
        self.scene.load(document.project, where, document.graph_report(where))
        self._path = path
        self.highlight.node = self.highlight.wire = None
        self.highlight.wires = {}
        self._set_selection(())
        if where in self._views:
            self.camera.x, self.camera.y, self.camera.scale = self._views[where]
        else:
            self.frame_all()
        self.crumbs.show_path(document.project.title, path)
        self.where_changed.emit(where)
        self._describe()
        self.update()

    # -- selection -------------------------------------------------------------------------------------------------

    @property
    def selected(self) -> tuple[str, ...]:
        """The selected nodes, the one selected last at the end."""
        return tuple(self.highlight.selected)

    def select(self, names: Iterable[str]) -> None:
        """Select exactly these nodes; names that are not here are left out."""
        self.highlight.wires = {}
        self._set_selection(tuple(name for name in names if name in self.scene.nodes))
        self.update()

    def select_wire(self, wire: Wire, adding: bool = False) -> None:
        """Select a wire, so that Delete removes it."""
        wires = dict(self.highlight.wires) if adding else {}
        if wire in wires:
            del wires[wire]
        else:
            wires[wire] = None
        if not adding:
            self._set_selection(())
        self.highlight.wires = wires
        self.update()

    def _set_selection(self, names: tuple[str, ...]) -> None:
        chosen = dict.fromkeys(names)
        if list(chosen) != list(self.highlight.selected):
            self.highlight.selected = chosen
            self._describe()
            self.selection_changed.emit(self.selected)

    def select_all(self) -> None:
        """Select every node."""
        self.select(self.scene.nodes)

    def _describe(self) -> None:
        """What a screen reader says of the canvas."""
        nodes, wires = len(self.scene.nodes), len(self.scene.wires)
        words = f"{nodes} layers, {wires} wires."
        for name in self.selected[:3]:
            look = self.scene.nodes[name].look
            outputs = ", ".join(port.label for port in look.outputs if port.label)
            words += f" {name}, {look.type_word}{f', gives {outputs}' if outputs else ''}."
            words += "".join(f" Problem: {sentence}" for sentence in look.problems)
        if len(self.selected) > 3:
            words += f" {len(self.selected)} layers selected."
        self.setAccessibleDescription(words)

    # -- what is seen ----------------------------------------------------------------------------------------------

    def middle(self) -> QPointF:
        """The point of the drawing in the middle of the widget."""
        return self.camera.to_scene(QPointF(self.width() / 2, self.height() / 2))

    def pointer_or_middle(self) -> QPointF:
        """The point of the drawing under the mouse, or the middle if the mouse is elsewhere."""
        at = self.mapFromGlobal(QCursor.pos())
        return self.camera.to_scene(QPointF(at)) if self.rect().contains(at) and self.underMouse() else self.middle()

    def reach(self) -> float:
        """How far from a wire a click still counts, in units of the drawing."""
        return max(7.0, 6.0 / self.camera.scale)

    def pan_by(self, dx: float, dy: float) -> None:
        """Move the drawing by so many pixels."""
        self.camera.pan(dx, dy)
        self._camera_moved()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Make the drawing larger around a point of the widget, or around its middle."""
        self._quick.start()
        self.camera.zoom_at(at if at is not None else QPointF(self.width() / 2, self.height() / 2), factor)
        self._camera_moved()

    def zoom_in(self) -> None:
        """One step closer."""
        self.zoom_by(STEP)

    def zoom_out(self) -> None:
        """One step away."""
        self.zoom_by(1 / STEP)

    def zoom_reset(self) -> None:
        """100 %."""
        self.zoom_by(1 / self.camera.scale)

    def frame_all(self) -> None:
        """Show the whole drawing, also while nodes grow or docks make room, until somebody moves the view."""
        self._frame(self.scene.bounds())
        self._whole = self.camera.place

    def _shows_whole(self) -> bool:
        return self._framed and self.tool is None and self._whole == self.camera.place

    def frame_selection(self) -> None:
        """Show what is selected, or everything if nothing is."""
        self._frame(self.scene.bounds(self.selected or None))

    def _frame(self, rect: QRectF) -> None:
        if rect.isEmpty():
            self.camera.scale = 1.0
            self.camera.look_at(QPointF(), self.width(), self.height())
        else:
            self.camera.frame(rect, self.width(), self.height())
        self._camera_moved()

    def _frame_once(self) -> None:
        """Frame a newly opened drawing as soon as the widget has a size."""
        if not self._framed and self.isVisible() and self.width() > 1:
            self._framed = True
            self.frame_all()

    def reveal(self, name: str) -> None:
        """Select a node and bring it into view. A path such as ``block1/conv2`` goes into the block."""
        *instances, last = name.split("/")
        for instance in instances:
            figure = self.scene.nodes.get(instance)
            block = figure.node.type.removeprefix("block:") if figure is not None else ""
            if block not in self.qdocument.project.blocks:
                last = instance
                break
            self.enter(block)
        if last not in self.scene.nodes:
            self.status.emit(f"There is no layer named {last} here.")
            return
        self.select((last,))
        if self.camera.scale < 0.45:
            self.camera.scale = 0.8
            self.camera.look_at(self.scene.nodes[last].rect.center(), self.width(), self.height())
        self.keep_in_view((last,))
        self.update()

    def keep_in_view(self, names: Iterable[str]) -> None:
        """Move the view just as far as needed to see these nodes."""
        box = self.camera.rect_to_view(self.scene.bounds(names)).adjusted(-24, -24, 24, 24)
        dx = max(-box.left(), 0.0) or min(self.width() - box.right(), 0.0)
        dy = max(-box.top(), 0.0) or min(self.height() - box.bottom(), 0.0)
        if dx or dy:
            self.pan_by(dx, dy)

    def _camera_moved(self) -> None:
        self.popups.close()
        self.update()

    def update_area(self, area: QRectF) -> None:
        """Paint a part of the drawing again."""
        box = self.camera.rect_to_view(area.adjusted(-g.MARGIN, -g.MARGIN, g.MARGIN, g.MARGIN))
        self.update(box.toAlignedRect().adjusted(-8, -8, 8, 8) & QRect(QPoint(), self.size()))

    # -- what lives in nodes ---------------------------------------------------------------------------------------

    def set_strip(self, name: str, picture: QImage | None, caption: str = "") -> None:
        """Show a picture inside a node, or none. A name that is not here is ignored: it may just have been removed."""
        figure = self.scene.nodes.get(name)
        if figure is None:
            return
        before = figure.bounds
        figure.strip = picture if picture is not None and not picture.isNull() else None
        figure.caption = caption if figure.strip is not None else ""
        whole = self._shows_whole()
        if self.scene.resized(figure):
            self.frame_all() if whole else self.update()
        else:
            self.update_area(before)

    def set_running(self, name: str | None) -> None:
        """Mark the node that is at work."""
        if name != self.highlight.running:
            self.highlight.running = name
            self.update()

    def mark_failed(self, name: str | None, sentence: str = "") -> None:
        """Put a badge with this sentence on a node; without a name all such badges go."""
        for figure in self.scene.nodes.values():
            wanted = sentence if figure.name == name else ""
            if figure.failure != wanted and (name is None or figure.name == name):
                figure.failure = wanted
                figure.version += 1
                self.scene.version += 1
                self.update_area(figure.bounds)

    # -- what others ask for ---------------------------------------------------------------------------------------

    def add_layer(self, type_id: str, scene_pos: QPointF | None = None) -> str | None:
        """Add a layer at a point of the drawing; else behind the selected node, wired where it fits."""
        return self.editing.add(type_id, scene_pos)

    def delete_selection(self) -> None:
        """Remove what is selected."""
        self.editing.remove()

    def remove_and_join(self) -> None:
        """Remove what is selected and join the neighbours."""
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
        self.editing.mute()

    def group(self) -> None:
        """Make a block of the selected nodes."""
        self.editing.group()

    def unpack(self) -> None:
        """Put the layers of the selected blocks in their place."""
        self.editing.unpack()

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

    # -- painting --------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        area = QRectF(event.region().boundingRect())
        painter.setClipRect(area)
        self.painter.paint(painter, self.size(), area, self.devicePixelRatioF(), self._quick.isActive())
        if not self.scene.nodes:
            hint.paint(painter, self.size(), inside=self.where != MAIN)
        if self.tool is not None:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.tool.paint(painter)
        if self.focus_shown:
            painter.setPen(QPen(theme.color("focus"), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()
        if not self.painter.settled and not self._quick.isActive():
            self._quick.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._frame_once()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.painter.pictures.fit(self.width(), self.height(), self.devicePixelRatioF())
        before = event.oldSize()
        if self._shows_whole():
            self.frame_all()
        elif self._framed and before.isValid():
            # What stood in the middle stays there when a dock opens beside the canvas.
            self.camera.pan((self.width() - before.width()) / 2, (self.height() - before.height()) / 2)
        self._frame_once()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.painter.renew()
