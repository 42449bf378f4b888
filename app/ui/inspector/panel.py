"""The inspector: a page for what is selected, others for the drawing or the block as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QScrollArea, QStackedWidget, QWidget

from app.core.document import Change
from app.core.graph.model import MAIN
from app.core.inference import GraphReport
from app.ui.inspector.block_page import BlockPage
from app.ui.inspector.drawing_page import DrawingPage
from app.ui.inspector.node_page import NodePage
from app.ui.layouts import column
from app.ui.problems.entries import Entry
from app.ui.qdocument import QDocument


class _Scroll(QScrollArea):
    """Tells the page with the settings how much room it has."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        page = self.widget()
        if isinstance(page, NodePage):
            page.fit(self.viewport().width())


class InspectorPanel(QWidget):
    """Follows the selection it is told of and every change of the document. ``enter_wanted`` carries a block
    that should be shown; ``named`` tells that a key ended the naming of something."""

    named = Signal()
    enter_wanted = Signal(str, str)

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._qdocument = qdocument
        self._where = MAIN
        self._names: tuple[str, ...] = ()
        self._instance: tuple[str, ...] = ()
        self._said: tuple[Entry, ...] = ()
        self.nodes = NodePage(qdocument)
        self.nodes.enter_wanted.connect(self.enter_wanted)
        self.drawing = DrawingPage(qdocument)
        self.block = BlockPage(qdocument)
        for page in (self.drawing, self.nodes, self.block):
            page.named.connect(self.named)
        self._pages = QStackedWidget()
        for page in (self.drawing, self.nodes, self.block):
            scroll = _Scroll() if page is self.nodes else QScrollArea()
            scroll.setWidgetResizable(True)
            scroll.setWidget(page)
            scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._pages.addWidget(scroll)
        column(self._pages, of=self)
        qdocument.changed.connect(self._follow)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)
        self.refresh()

    def show_selection(self, where: str, names: Sequence[str], instance: Sequence[str] = ()) -> None:
        """Show these nodes of the graph ``where``; the drawing if there are none.

        ``instance`` is which use of a block is looked into, else it is the first: a graph, and the way from there, such
        as ``("", "layer1")``.
        """
        if (where, tuple(names), tuple(instance)) != (self._where, self._names, self._instance):
            self._where, self._names, self._instance = where, tuple(names), tuple(instance)
            self.refresh()
            shown = self._pages.currentWidget()
            if isinstance(shown, QScrollArea):
                shown.verticalScrollBar().setValue(0)  # what was scrolled to belongs to another layer

    def show_said(self, entries: tuple[Entry, ...], elsewhere: bool) -> None:
        """Show what the list of problems has of the layer that is shown, or leave it to the list if that is in sight:
        ``elsewhere``."""
        self._said = entries
        self.drawing.leave_to_list(elsewhere)
        self.nodes.leave_to_list(elsewhere)
        self._show_said()

    def _show_said(self) -> None:
        if self._where == MAIN and not self._instance:
            way: tuple[str, ...] | None = ()
        else:
            way = self._instance[1:] if self._instance[:1] == (MAIN,) else None
        path = "/".join((*way, *self._names)) if way is not None and len(self._names) == 1 else None
        self.nodes.show_said(tuple(entry for entry in self._said if entry.problem.node == path) if path else ())

    def _report(self, where: str) -> GraphReport:
        """What is known of the shown graph, as the instance sees it that is looked into."""
        document = self._qdocument.document
        if not self._instance:
            return document.graph_report(where)
        report = document.graph_report(self._instance[0])
        for name in self._instance[1:]:
            known = report.nodes.get(name)
            if known is None:  # it is gone, as by an undo from inside
                return document.graph_report(where)
            report = known.inner if known.inner is not None else GraphReport()
        return report

    def refresh(self) -> None:
        """Show everything as it is now, without editing anything and without taking the focus."""
        document = self._qdocument.document
        where = self._where if self._where == MAIN or self._where in document.project.blocks else MAIN
        graph = document.graph(where)
        names = [name for name in self._names if name in graph.nodes]
        if names:
            self.nodes.show_nodes(where, names, graph, self._report(where))
            self._show_said()
            self._pages.setCurrentIndex(1)
        elif where != MAIN:
            way = "/".join(self._instance[1:])
            self.block.show_block(where, document.project.blocks[where], self._report(where), way)
            self._pages.setCurrentIndex(2)
        else:
            self.drawing.show_drawing(document.project, document.report)
            self._pages.setCurrentIndex(0)

    def focus_name(self) -> bool:
        """Put the cursor into the name of the one selected layer; False if there is no such field now."""
        if self._pages.currentIndex() != 1 or not self.nodes.name.isVisibleTo(self.nodes):
            return False
        self.nodes.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.nodes.name.selectAll()
        return True

    def show_help(self) -> bool:
        """Scroll to what the selected layer does; False if there is nothing to tell."""
        scroll = self._pages.currentWidget()
        if not isinstance(scroll, QScrollArea) or self.nodes.help.isHidden() or self._pages.currentIndex() != 1:
            return False
        QApplication.sendPostedEvents(self.nodes, QEvent.Type.LayoutRequest)  # a panel just opened has no sizes yet
        for part in (self.nodes.formula, self.nodes.picture, self.nodes.help):
            scroll.ensureWidgetVisible(part, 0, 12)
        scroll.horizontalScrollBar().setValue(0)
        return True

    def _follow(self, change: Change) -> None:
        """What is shown under a name goes on being shown under another one."""
        called = change.renamed_blocks
        self._where = called.get(self._where, self._where)
        facts = change.facts.get(self._where)
        if facts is not None and facts.renamed:
            self._names = tuple(facts.renamed.get(name, name) for name in self._names)
        self.refresh()

    def _focus_changed(self, old: QWidget | None, now: QWidget | None) -> None:
        """Leaving a field ends its step of undo."""
        if old is not None and old is not now and self.isAncestorOf(old):
            self._qdocument.document.seal()
