"""The base class of the canvas: scene, selection, camera, and the one gate for edits.

Tools, popups and the other helpers of the canvas know this class alone. What they ask of each other goes through the
protocols below, so that none of them has to import another. ``document_view.py`` makes the helpers and follows the
document, ``view.py`` handles the events of Qt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QWidget

from app.core.commands import Command
from app.core.commands import MoveNodes as MoveNodesCommand
from app.core.graph.model import Wire
from app.ui.canvas import describing
from app.ui.canvas import geometry as g
from app.ui.canvas.camera import STEP, Camera
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.expanding import with_room
from app.ui.canvas.figures import WireFigure
from app.ui.canvas.ink import TEXT_PIXELS
from app.ui.canvas.message import CanvasMessage
from app.ui.canvas.painter import Highlight, Painter
from app.ui.canvas.placing import Situation
from app.ui.canvas.scene import PortAt, Scene
from app.ui.canvas.tools.base import Tool
from app.ui.canvas.wire_pictures import WirePictures
from app.ui.pace import later
from app.ui.qdocument import QDocument

if TYPE_CHECKING:
    from app.ui.canvas.quick_fix_card import QuickFixCard

_NAME_OF_FIVE = 46  # letters of so many pixels: a node at 100 % would hold a name of five of them
_SETTLE_MS = 140  # so long after the last step of zooming, pictures are drawn anew


class EditingLike(Protocol):
    """What the other helpers ask of ``Editing``."""

    def add(self, type_id: str, scene_pos: QPointF | None = None, after: str = "") -> str | None: ...
    def add_joined(self, type_id: str, scene_pos: QPointF, port: PortAt) -> str | None: ...
    def duplicate_by(self, names: Iterable[str], framed: Iterable[str], shift: QPointF) -> None: ...


class FramingLike(Protocol):
    """What the other helpers ask of ``Framing``."""

    @property
    def with_contents(self) -> tuple[tuple[str, ...], tuple[str, ...]]: ...
    def moved(self, nodes: tuple[str, ...], frames: tuple[str, ...], offset: QPointF) -> MoveNodesCommand: ...
    def words_of(self, name: str) -> str: ...
    def finish(self) -> None: ...


class ExpandedBlocksLike(Protocol):
    """What the other helpers ask of ``ExpandedBlocks``."""

    def select(self, path: tuple[str, ...]) -> None: ...


class PopupsLike(Protocol):
    """What the other helpers ask of ``Popups``."""

    @property
    def card(self) -> QuickFixCard: ...
    def close(self) -> None: ...
    def search(self, at: QPointF, join: PortAt | None, on: Wire | None) -> None: ...
    def wire_quick_fixes(self, wire: Wire, at: QPointF) -> None: ...


class GraphView(QWidget):
    """One graph of the document on the screen, with a selection and a camera."""

    selection_changed = Signal(object)  # tuple of names
    inside_selected = Signal(str, object)  # a block, and the way to a node in it: ("layer1", "conv1")
    where_changed = Signal(str)
    status = Signal(str)
    escaped = Signal()  # Escape was pressed, and there was nothing to cancel, leave or unselect
    open_help = Signal(str)  # a layer's id
    node_activated = Signal(str)  # a node that is no block was double-clicked, or Enter was pressed on it
    editing: EditingLike
    framing: FramingLike
    expanded_blocks: ExpandedBlocksLike
    popups: PopupsLike
    saying: CanvasMessage

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.qdocument = qdocument
        qdocument.make_room = self._with_room
        self.scene = Scene()
        self.camera = Camera()
        self.highlight = Highlight()
        self.painter = Painter(self.scene, self.camera, self.highlight)
        self.painter.curves = WirePictures()
        self.tool: Tool | None = None
        self.snaps = True  # whether what is dragged falls into line; Alt lets it go free for once
        self._framed = False
        self._closest, self._farthest = 1.0, 0.0  # zooms between which a drawing is framed
        self._whole: tuple[float, float, float] | None = None
        self._quick = later(self, self.update, _SETTLE_MS)

    # -- the document ----------------------------------------------------------------------------------------------

    @property
    def where(self) -> str:
        """The graph that is shown: ``MAIN`` or the name of a block."""
        return self.scene.where

    @where.setter
    def where(self, where: str) -> None:
        self._set_where(where)

    def _set_where(self, where: str) -> None:
        raise NotImplementedError

    def enter(self, block: str, node: str = "") -> None:
        """Go into a block; into that of ``node``, if it is one of several with the same inside."""
        raise NotImplementedError

    def reveal(self, name: str) -> None:
        """Select a node and bring it into view. A path such as ``block1/conv2`` goes into the block."""
        raise NotImplementedError

    @property
    def situation(self) -> Situation:
        """What questions about placing and wiring need to know."""
        document = self.qdocument.document
        return Situation(document.project, document.report, self.where)

    def do_step(self, command: Command, room: bool = True) -> bool:
        """Carry out an edit as a step of its own, also if it could merge with the one before."""
        return self.qdocument.do_step(command, room=room)

    def _with_room(self, command: Command) -> Command:
        document = self.qdocument.document
        return with_room(document.project, document.report, command, self.scene)

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

    # -- selection -------------------------------------------------------------------------------------------------

    @property
    def selected(self) -> tuple[str, ...]:
        """The selected nodes, the one selected last at the end."""
        return tuple(self.highlight.selected)

    @property
    def selected_frames(self) -> tuple[str, ...]:
        """The selected frames and notes, the one selected last at the end."""
        return tuple(self.highlight.frames)

    def select(self, names: Iterable[str], frames: Iterable[str] = ()) -> None:
        """Select exactly these nodes and frames; names that are not here are left out."""
        rewired, self.highlight.wires = bool(self.highlight.wires), {}
        reframed = self._set_frames(tuple(name for name in frames if name in self.scene.frames))
        self._set_selection(tuple(name for name in names if name in self.scene.nodes))
        if reframed or rewired:
            self._describe()
        self.update()

    def select_wire(self, wire: Wire, adding: bool = False) -> None:
        """Select a wire, so that Delete removes it."""
        wires = dict(self.highlight.wires) if adding else {}
        if wire in wires:
            del wires[wire]
        else:
            wires[wire] = None
        if not adding:
            self._set_frames(())
            self._set_selection(())
        self.highlight.wires = wires
        self._describe()
        self.update()

    def select_inside(self, path: tuple[str, ...]) -> None:
        """Select a node inside of an expanded block: ``("block1", "conv1")``. It must be there."""
        self.highlight.wires = {}
        self._set_frames(())
        self._set_selection((), path)
        self.update()

    def _set_frames(self, names: tuple[str, ...]) -> bool:
        """Select these frames; True if that changes anything. What is said of it is said with the nodes."""
        changed = names != self.selected_frames
        self.highlight.frames = dict.fromkeys(names)
        return changed

    def _set_selection(self, names: tuple[str, ...], inside: tuple[str, ...] = ()) -> None:
        chosen, before = dict.fromkeys(names), self.highlight.inside
        if list(chosen) != list(self.highlight.selected) or inside != before:
            self.highlight.selected, self.highlight.inside = chosen, inside
            self._describe()
            spot = spot_of(self.scene, inside) if inside else None
            if spot is None:
                self.selection_changed.emit(self.selected)
            else:
                self.inside_selected.emit(spot.scene.where, inside)

    def select_all(self) -> None:
        """Select every node and frame."""
        self.select(self.scene.nodes, self.scene.frames.by_name)

    def _describe(self) -> None:
        """What a screen reader says of the canvas."""
        words = describing.of_canvas(self.scene, self.highlight)
        words += "".join(self.framing.words_of(name) for name in self.selected_frames[:3])
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

    def wire_at(self, point: QPointF) -> WireFigure | None:
        """The wire that a click at a point of the drawing takes; the title of a frame wins over one that passes it."""
        line = self.scene.wire_at(point, self.reach())
        if line is None or self.scene.frames.over_wires(point, self.camera.scale, self.selected_frames):
            return None
        return line

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
        framed = self.scene.frames.bounds(self.selected_frames)
        chosen = self.scene.bounds(self.selected).united(framed)
        spot = spot_of(self.scene, self.highlight.inside) if self.highlight.inside else None
        if spot is not None:
            self._frame(spot.rect)
            return
        self._frame(self.scene.bounds() if chosen.isEmpty() else chosen)

    def enlarge(self, least: float) -> None:
        """Write on nodes in letters of at least so many pixels of the screen, and come as close as that needs; 0 for
        letters as usual."""
        self.painter.enlarge(least)
        self._closest = max(1.0, least / TEXT_PIXELS)
        whole, self._farthest = self._shows_whole(), least / _NAME_OF_FIVE
        if least or whole:
            self.frame_all()

    def _frame(self, rect: QRectF) -> None:
        if rect.isEmpty():
            self.camera.scale = 1.0
            self.camera.look_at(QPointF(), self.width(), self.height())
        else:
            self.camera.frame(rect, self.width(), self.height(), most=self._closest)
            if self.camera.scale < self._farthest:
                self._begin_at(rect)
        self._camera_moved()

    def _begin_at(self, rect: QRectF) -> None:
        """Show the upper left of a part that is too large to be read as a whole."""
        camera = self.camera
        camera.scale = self._farthest
        wide, high = self.width() / camera.scale, self.height() / camera.scale
        edge = 24.0 / camera.scale
        camera.x = rect.left() - edge if rect.width() + 2 * edge > wide else rect.center().x() - wide / 2
        camera.y = rect.top() - edge if rect.height() + 2 * edge > high else rect.center().y() - high / 2

    def _frame_once(self) -> None:
        """Frame a newly opened drawing as soon as the widget has a size."""
        if not self._framed and self.isVisible() and self.width() > 1:
            self._framed = True
            self.frame_all()

    def come_close(self, area: QRectF) -> None:
        """Bring a part of the drawing into view, near enough to be read."""
        if self.camera.scale < 0.45:
            self.camera.scale = 0.8
            self.camera.look_at(area.center(), self.width(), self.height())
        self.keep_area_in_view(area)
        self.update()

    def show_node(self, name: str) -> None:
        """Select a node and bring it into view."""
        self.select((name,))
        self.keep_in_view((name,))

    def keep_in_view(self, names: Iterable[str]) -> None:
        """Move the view just as far as needed to see these nodes."""
        self.keep_area_in_view(self.scene.bounds(names))

    def keep_area_in_view(self, area: QRectF, whole: bool = False) -> None:
        """Move the view just as far as needed to see this part of the drawing; of one that is larger than the view, the
        upper left, or with ``whole`` all of it from farther away."""
        box = self.camera.rect_to_view(area).adjusted(-24, -24, 24, 24)
        if whole and (box.width() > self.width() or box.height() > self.height()):
            self.camera.frame(area, self.width(), self.height(), margin=24, most=self.camera.scale)
            self._camera_moved()
            return
        dx = max(-box.left(), 0.0) or max(min(self.width() - box.right(), 0.0), -box.left())
        dy = max(-box.top(), 0.0) or max(min(self.height() - box.bottom(), 0.0), -box.top())
        if dx or dy:
            self.pan_by(dx, dy)

    def _camera_moved(self) -> None:
        self.popups.close()
        self.saying.end()
        self.update()

    def update_area(self, area: QRectF) -> None:
        """Paint a part of the drawing again."""
        box = self.camera.rect_to_view(area.adjusted(-g.MARGIN, -g.MARGIN, g.MARGIN, g.MARGIN))
        self.update(box.toAlignedRect().adjusted(-8, -8, 8, 8) & QRect(QPoint(), self.size()))

    def update_areas(self, areas: Iterable[QRectF]) -> None:
        """Paint the parts of the drawing again that are in view: as one, for a frame paints what lies around all."""
        edge = g.MARGIN + 8 / self.camera.scale
        seen = self.camera.seen(self.width(), self.height()).adjusted(-edge, -edge, edge, edge)
        around = QRectF()
        for area in areas:
            if area.intersects(seen):
                around = around.united(area)
        if not around.isEmpty():
            self.update_area(around)
