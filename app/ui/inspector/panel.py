"""The inspector: a page for what is selected, others for the drawing or the block as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from app.core.document import Change
from app.core.graph.model import MAIN
from app.core.inference import GraphReport
from app.jobs.runner import Runner
from app.ui.inspector.drawing_page import DrawingPage
from app.ui.inspector.page import Page, Scroll
from app.ui.layouts import column
from app.ui.problems.entries import ProblemEntry
from app.ui.qdocument import QDocument

if TYPE_CHECKING:
    from app.ui.inspector.block_page import BlockPage
    from app.ui.inspector.node_page import NodePage


class InspectorPanel(QWidget):
    """Follows the selection it is told of and every change of the document. ``enter_wanted`` carries a block
    that should be shown, ``paint_wanted`` a source whose points are to be painted; ``named`` tells that a key ended
    the naming of something.

    The pages for layers and for blocks are made when the first is selected. ``runner`` runs what the page for layers
    gets and previews; without it there is no button for that.
    """

    named = Signal()
    enter_wanted = Signal(str, str)
    paint_wanted = Signal(str)

    def __init__(self, qdocument: QDocument, parent: QWidget | None = None, runner: Runner | None = None) -> None:
        super().__init__(parent)
        self._qdocument = qdocument
        self._runner = runner
        self._where = MAIN
        self._names: tuple[str, ...] = ()
        self._instance: tuple[str, ...] = ()
        self._said: tuple[ProblemEntry, ...] = ()
        self._elsewhere = False  # whether the list of problems is in sight
        self._pages = QStackedWidget()
        self._scrolls: dict[Page, Scroll] = {}
        self.drawing = DrawingPage(qdocument)
        self._add(self.drawing)
        self._shown: Page = self.drawing
        column(self._pages, of=self)
        qdocument.changed.connect(self._follow)
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.focusChanged.connect(self._focus_changed)
        self.refresh()

    @cached_property
    def nodes(self) -> NodePage:
        """The page for layers."""
        from app.ui.inspector.node_page import NodePage

        page = NodePage(self._qdocument)
        self._add(page)
        page.enter_wanted.connect(self.enter_wanted)
        page.data.paint_wanted.connect(self.paint_wanted)
        if self._runner is not None:
            page.get_data.use(self._runner)
            page.augmented.use(self._runner)
        page.leave_to_list(self._elsewhere)
        return page

    @cached_property
    def block(self) -> BlockPage:
        """The page for a block as a whole."""
        from app.ui.inspector.block_page import BlockPage

        page = BlockPage(self._qdocument)
        self._add(page)
        return page

    def _add(self, page: Page) -> None:
        page.named.connect(self.named)
        self._scrolls[page] = Scroll(page)
        self._pages.addWidget(self._scrolls[page])

    def _show(self, page: Page) -> None:
        self._shown = page
        self._pages.setCurrentWidget(self._scrolls[page])

    @property
    def _shows_nodes(self) -> bool:
        return self._shown is self.__dict__.get("nodes")

    def show_selection(self, where: str, names: Sequence[str], instance: Sequence[str] = ()) -> None:
        """Show these nodes of the graph ``where``; the drawing if there are none.

        ``instance`` is which use of a block is looked into, else it is the first: a graph, and the way from there, such
        as ``("", "layer1")``.
        """
        if (where, tuple(names), tuple(instance)) != (self._where, self._names, self._instance):
            self._where, self._names, self._instance = where, tuple(names), tuple(instance)
            self.refresh()
            # What was scrolled to belongs to another layer.
            self._scrolls[self._shown].verticalScrollBar().setValue(0)

    def show_said(self, entries: tuple[ProblemEntry, ...], elsewhere: bool) -> None:
        """Show what the list of problems has of the layer that is shown, or leave it to the list if that is in sight:
        ``elsewhere``."""
        self._said, self._elsewhere = entries, elsewhere
        self.drawing.leave_to_list(elsewhere)
        if "nodes" in self.__dict__:
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
            self._show(self.nodes)
        elif where != MAIN:
            way = "/".join(self._instance[1:])
            self.block.show_block(where, document.project.blocks[where], self._report(where), way)
            self._show(self.block)
        else:
            self.drawing.show_drawing(document.project, document.report)
            self._show(self.drawing)

    def focus_name(self) -> bool:
        """Put the cursor into the name of the one selected layer; False if there is no such field now."""
        if not self._shows_nodes or not self.nodes.name.isVisibleTo(self.nodes):
            return False
        self.nodes.name.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.nodes.name.selectAll()
        return True

    def show_help(self) -> bool:
        """Scroll to what the selected layer does; False if there is nothing to tell."""
        if not self._shows_nodes or self.nodes.help.isHidden():
            return False
        scroll = self._scrolls[self.nodes]
        QApplication.sendPostedEvents(self.nodes, QEvent.Type.LayoutRequest)  # a panel just opened has no sizes yet
        for part in (self.nodes.formula, self.nodes.picture, self.nodes.help):
            scroll.ensureWidgetVisible(part, 0, 12)
        scroll.horizontalScrollBar().setValue(0)
        return True

    def _follow(self, change: Change) -> None:
        """What is shown under a name goes on being shown under another one."""
        called = change.renamed_blocks
        self._where = called.get(self._where, self._where)
        facts = change.diffs.get(self._where)
        if facts is not None and facts.renamed:
            self._names = tuple(facts.renamed.get(name, name) for name in self._names)
        self.refresh()

    def _focus_changed(self, old: QWidget | None, now: QWidget | None) -> None:
        """Leaving a field ends its step of undo."""
        if old is not None and old is not now and self.isAncestorOf(old):
            self._qdocument.document.seal()
