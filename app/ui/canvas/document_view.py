"""The canvas as it follows the document: what it shows, and the edits that others ask of it by name.

Figures stand in ``scene``, ``presenter`` follows the document, ``painter`` draws, ``editing`` does what keys and menus
ask for. Selection and camera are in ``graph_view.py``; ``view.py`` handles mouse, keys and touch.
"""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.core.commands import RemoveAndJoin, RemoveNodes
from app.core.document import Change
from app.core.graph.model import MAIN
from app.core.inference import GraphReport, Report
from app.core.paths import first_path, instance_at, report_at
from app.ui import theme
from app.ui.canvas import empty_hint
from app.ui.canvas.aligning import Aligning
from app.ui.canvas.crumbs import Breadcrumbs
from app.ui.canvas.editing import Editing
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.expanded_blocks import ExpandedBlocks
from app.ui.canvas.figures import OnWires
from app.ui.canvas.frames.framing import Framing
from app.ui.canvas.graph_view import GraphView
from app.ui.canvas.message import CanvasMessage
from app.ui.canvas.popups import Popups
from app.ui.canvas.presenter import Presenter, TouchedAreas
from app.ui.canvas.scene import values_at
from app.ui.canvas.selections import Selection, Selections
from app.ui.canvas.wirekeys import WireKeys
from app.ui.problems.entries import ProblemEntry
from app.ui.qdocument import QDocument


class DocumentView(GraphView):
    """A graph view with its helpers, which follows the document. Use it as ``CanvasView``."""

    editing: Editing
    framing: Framing
    expanded_blocks: ExpandedBlocks
    popups: Popups

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(qdocument, parent)
        self.presenter = Presenter(self.scene)
        self.editing = Editing(self)
        self.expanded_blocks = ExpandedBlocks(self)
        self.wire_keys = WireKeys(self)
        self.align = Aligning(self)
        self.framing = Framing(self)
        self.popups = Popups(self)
        self.saying = CanvasMessage(self)
        self._name_edits()
        self.crumbs = Breadcrumbs(self)
        self.crumbs.asked.connect(self._set_where)
        self._recalled = Selections()
        self._path: list[str] = []  # the blocks that were entered, one in the other
        self._way: list[str] = []  # the nodes as which they were entered, empty where nobody said it
        self._chosen: dict[str, tuple[str, ...]] = {}  # what was selected in each graph when it was left
        self._views: dict[str, tuple[float, float, float]] = {}
        self.focus_shown = False
        self.setObjectName("Canvas")
        self.setAccessibleName("Drawing")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setMinimumSize(200, 120)
        qdocument.changed.connect(self._follow)
        qdocument.fix_applied.connect(self._show_fixed)
        qdocument.refused.connect(self.status)
        theme.notifier.changed.connect(self._renew)
        self.scene.load(qdocument.project, MAIN, qdocument.document.graph_report(MAIN))
        self._describe()

    # -- edits by name, for menus, keys and other panels -----------------------------------------------------------

    def _name_edits(self) -> None:
        editing, popups = self.editing, self.popups
        self.add_layer, self.connect_selection, self.tidy = editing.add, editing.connect, editing.tidy
        self.copy, self.cut, self.paste, self.duplicate = editing.copy, editing.cut, editing.paste, editing.duplicate
        self.group, self.unpack, self.own_copy = editing.group, editing.unpack, editing.own_copy
        self.toggle_expanded = self.expanded_blocks.toggle_selected
        self.open_search, self.open_quick_fixes, self.open_wire_quick_fixes = (
            popups.search,
            popups.quick_fixes,
            popups.wire_quick_fixes,
        )

    def delete_selection(self) -> None:
        """Remove what is selected."""
        if not self.expanded_blocks.edit(lambda where, name: RemoveNodes(where, (name,))):
            self.editing.remove()
            self.wire_keys.removed()

    def remove_and_join(self) -> None:
        """Remove what is selected and join the neighbours."""
        if not self.expanded_blocks.edit(lambda where, name: RemoveAndJoin(where, (name,))):
            self.editing.remove_and_join()

    def bypass_selection(self) -> None:
        """Mute or unmute the selected nodes."""
        if not self.expanded_blocks.mute():
            self.editing.mute()

    # -- following the document ------------------------------------------------------------------------------------

    def _follow(self, change: Change) -> None:
        if change.opened or self.where in change.diffs:  # a save in the background does not end a gesture
            self.cancel_tool()
            self.saying.end()
        chosen = Selection(self.where, self.selected, self.selected_frames, tuple(self.highlight.wires))
        self._recalled.keep(change.before, chosen)
        if change.opened:
            self._recalled.forget()
            self._path.clear()
            self._way.clear()
            self._views.clear()
            self._chosen.clear()
            if self.scene.where != MAIN:
                self.scene.where = MAIN
                self.where_changed.emit(MAIN)
            self._show_crumbs()
        elif change.renamed_blocks.keys() & set(self._path):
            self._follow_rename(change)
            return
        was_empty = self._is_empty()
        seen, given = self._take_up(change.report)
        saw = self._in_view()
        touched = self.presenter.follow(change, seen, given)
        if touched.gone:
            self._set_where(MAIN)
            return
        self._keep_selection(touched, change)
        recalled = self._recalled.after(change, self.where) if not touched.renamed else None
        if recalled is not None:
            self.select(recalled.nodes, recalled.frames)
            self.highlight.wires = {wire: None for wire in recalled.wires if wire in self.scene.wires}
            if saw and not self._in_view():
                self._show_something()
        if change.opened:
            self.popups.close()
            self._framed = False
            self._frame_once()
        if touched.everything or self._is_empty() != was_empty:  # the hint of an empty drawing comes or goes
            self.update()
        else:
            self.update_areas(touched.areas)
        if touched or change.opened:
            self._describe()

    def _show_something(self) -> None:
        """Go back to what there is where an undo has emptied the view: to what was selected then, else to all."""
        if self.selected:
            self.keep_in_view(self.selected)
        elif self.scene.nodes:
            self.frame_all()

    def _in_view(self) -> bool:
        """Whether a layer is seen."""
        return bool(self.scene.nodes_in(self.camera.seen(self.width(), self.height())))

    def _show_fixed(self, change: Change) -> None:
        """Bring what a fix has put into the drawing into view: layers, else the ends of a wire."""
        for where, facts in change.diffs.items():
            wired = {end for wire in facts.wires_added for end in (wire.source, wire.target)}
            for names in filter(None, (facts.added, tuple(wired))):
                if where == self.where:
                    self.keep_area_in_view(self.scene.bounds(names), whole=True)
                else:
                    self._show_elsewhere(change.report, where, names)
                return

    def _show_elsewhere(self, report: Report, where: str, names: tuple[str, ...]) -> None:
        """Go to nodes of a graph that is not the one on the screen; in an expanded block they may be seen already."""
        way = first_path(report, where) if where != MAIN else ""
        if where != MAIN and not way:
            return
        shown = f"{self.instance}/" if self.instance else ""
        path = f"{way}/{names[0]}" if way else names[0]
        if not path.startswith(shown):
            self._set_where(MAIN)
            shown = ""
        self.reveal(path.removeprefix(shown))

    def _follow_rename(self, change: Change) -> None:
        """Stay inside a block that is called otherwise now."""
        called = change.renamed_blocks
        self._path = [called.get(name, name) for name in self._path]
        self._views = {called.get(name, name): view for name, view in self._views.items()}
        where = self._path[-1]
        self.scene.load(change.after, where, self._take_up(change.report)[0])
        self._show_crumbs()
        self.where_changed.emit(where)
        self.selection_changed.emit(self.selected)
        self.update()

    def _keep_selection(self, touched: TouchedAreas, change: Change) -> None:
        """The selection without what is gone; a renamed node stays selected under its new name."""
        names: list[str] = []
        opened = change.opened
        for name in () if opened else self.highlight.selected:
            name = touched.renamed.get(name, name)
            if name in self.scene.nodes:
                names.append(name)
        self.highlight.wires = {wire: None for wire in self.highlight.wires if wire in self.scene.wires}
        self._set_frames(() if opened else tuple(n for n in self.selected_frames if n in self.scene.frames))
        self.highlight.node = self.highlight.node if self.highlight.node in self.scene.nodes else None
        self.highlight.wire = self.highlight.wire if self.highlight.wire in self.scene.wires else None
        self.highlight.frame = self.highlight.frame if self.highlight.frame in self.scene.frames else None
        self._set_selection(tuple(names), () if opened else self.expanded_blocks.followed(change))
        if self.highlight.hover_inside and spot_of(self.scene, self.highlight.hover_inside) is None:
            self.highlight.hover_inside = ()

    def _renew(self, _: theme.Theme) -> None:
        self.painter.renew()
        self._show_crumbs()
        self.update()

    # -- which graph -----------------------------------------------------------------------------------------------

    @property
    def instance(self) -> str:
        """The path of the node whose inside is shown, as it was entered; else of the first that has this inside. Empty
        for the drawing, and for a block that is used nowhere."""
        return "/".join(self._instance(self.qdocument.document.report))

    def _instance(self, report: Report) -> tuple[str, ...]:
        if instance_at(report, self._path, self._way) is not None:
            return tuple(self._way)
        first = first_path(report, self.where)
        return tuple(first.split("/")) if first else ()

    def _take_up(self, report: Report) -> tuple[GraphReport, set[str]]:
        """Let the scene show the settings that the instance gives. Returns what is known inside of it, and the nodes to
        which it gives other settings than it did."""
        way = self._instance(report)
        found = report_at(report, "/".join(way))
        before = self.scene.values
        after = self.scene.values = values_at(self.qdocument.project, way)
        given = {name for name in {**before, **after} if before.get(name) != after.get(name)}
        return found.inner if found is not None and found.inner is not None else report.of(self.where), given

    def enter(self, block: str, node: str = "") -> None:
        """Go into a block; into that of ``node``, if it is one of several with the same inside."""
        self._go(block, [*self._path, block], [*self._way, node])

    def leave(self) -> None:
        """Go back to the graph around this block; from a node inside of an expanded block, to that block."""
        if not self.expanded_blocks.up() and self._path:
            self._set_where(self._path[-2] if len(self._path) > 1 else MAIN)

    def _set_where(self, where: str) -> None:
        if where == MAIN:
            self._go(where, [], [])
        elif where in self._path:
            depth = self._path.index(where) + 1
            self._go(where, self._path[:depth], self._way[:depth])
        else:
            self._go(where, [where], [""])

    def _go(self, where: str, path: list[str], way: list[str]) -> None:
        document = self.qdocument.document
        if where != MAIN and where not in document.project.blocks:
            self.status.emit(f"There is no block named {where} in this drawing.")
            return
        self.cancel_tool()
        self.popups.close()
        self._views[self.scene.where] = self.camera.place
        self._chosen[self.scene.where] = self.selected
        outward = len(path) < len(self._path)
        self.highlight.inside = self.highlight.hover_inside = ()
        self._path, self._way = path, way
        self.scene.where = where
        self.scene.load(document.project, where, self._take_up(document.report)[0])
        self.highlight.node = self.highlight.wire = self.highlight.frame = None
        self.highlight.wires = {}
        self._set_frames(())
        self._set_selection(())
        if where in self._views:
            self.camera.place = self._views[where]
        else:
            self.frame_all()
        self._show_crumbs()
        self.where_changed.emit(where)
        if outward:  # the block that was left is selected, as it was when it was entered
            self._set_selection(tuple(name for name in self._chosen.get(where, ()) if name in self.scene.nodes))
        self._describe()
        self.update()

    def _show_crumbs(self) -> None:
        document = self.qdocument.document
        entered = instance_at(document.report, self._path, self._way) is not None
        self.crumbs.show_path(document.project.title, self._path, self._way if entered else ())

    def reveal(self, name: str) -> None:
        """Select a node and bring it into view. A path such as ``block1/conv2`` goes into the block."""
        if self.expanded_blocks.reveal(tuple(name.split("/"))):
            return
        *instances, last = name.split("/")
        for instance in instances:
            figure = self.scene.nodes.get(instance)
            block = figure.node.type.removeprefix("block:") if figure is not None else ""
            if block not in self.qdocument.project.blocks:
                last = instance
                break
            self.enter(block, instance)
        if last not in self.scene.nodes:
            self.status.emit(f"There is no layer named {last} here.")
            return
        self.select((last,))
        self.come_close(self.scene.nodes[last].rect)

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
            # Moving the view would close a search box or a field in which somebody writes. Where there is room enough
            # already it stays: pictures come and go with each edit, and the drawing must not leap under the hand.
            seen = self.camera.seen(self.width(), self.height()).contains(self.camera.widened(self.scene.bounds()))
            busy = self.popups.is_open or self.framing.writing
            self.frame_all() if whole and not seen and not busy else self.update()
        else:
            self.update_area(before)

    def show_on_wires(self, said: OnWires) -> None:
        """Write these lines on wires: values, and gradients below."""
        if said or self.scene.on_wires:
            self.scene.on_wires = dict(said)
            self.update()

    def show_said(self, said: Mapping[str, tuple[ProblemEntry, ...]]) -> None:
        """Put a badge on each node of which something is said that its report does not know of, and no other."""
        others = [f for f in self.scene.nodes.values() if f.said != said.get(f.name, ())]
        for figure in others:
            figure.said = said.get(figure.name, ())
            figure.version += 1
            self.scene.version += 1
            self.update_area(figure.bounds)
        if others:
            self._describe()

    # -- painting --------------------------------------------------------------------------------------------------

    def _is_empty(self) -> bool:
        return not self.scene.nodes and not self.scene.frames

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            area = QRectF(event.region().boundingRect())
            painter.setClipRect(area)
            self.painter.paint(painter, self.size(), area, self.devicePixelRatioF(), self._quick.isActive())
            if self._is_empty():
                empty_hint.paint(painter, self.size(), inside=self.where != MAIN)
            if self.tool is not None:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                self.tool.paint(painter)
            self.popups.paint(painter)
            self.saying.paint(painter)
            if self.focus_shown:
                painter.setPen(QPen(theme.color("focus"), 2.0))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        if not self.painter.settled and not self._quick.isActive():
            self._quick.start()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._frame_once()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.painter.pictures.fit(self.width(), self.height(), self.devicePixelRatioF())
        if self.painter.curves is not None:
            self.painter.curves.fit(self.width(), self.height(), self.devicePixelRatioF())
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
