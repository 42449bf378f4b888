"""What the panels that look inside have in common: a node to look at, and pictures only while somebody can see them."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QHideEvent, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.core.document import Change
from app.core.graph.topology import order
from app.core.paths import inside, node_at
from app.ui.insight.views import ViewRequest
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api import Layer
from nodes.api.registry import find

COMING = "The picture comes in a moment."


class LookPanel(QWidget):
    """Asks the session's looker for its pictures while it can be seen.

    A subclass says which ones in ``wanted`` and takes them in ``take``. While no node is selected it looks at the one
    that ``usual_node`` names, so that opening the panel shows something.
    """

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.qdocument = qdocument
        self._selected = ""
        self._home = ""
        self._seen = False  # when it asked last
        qdocument.changed.connect(self._on_document)

    def wanted(self) -> dict[str, ViewRequest | None]:
        """What to look at now, by key; None for nothing."""
        raise NotImplementedError(f"{type(self).__name__} must say what it shows")

    def take(self, key: str, content: object) -> None:
        """Show what came."""
        raise NotImplementedError(f"{type(self).__name__} must show what it asked for")

    def usual_node(self) -> str:
        """The node to look at while none is selected; empty if there is none."""
        names = learning(self.qdocument)
        if self._home:  # nothing outside the block that is looked into; where nothing in there learns, nothing at all
            return next((name for name in names if name.startswith(f"{self._home}/")), "")
        return next(names, "")

    def set_node(self, name: str, home: str = "") -> None:
        """Look at this node from now on: a name, or a path such as ``block1/conv1``. Empty: none is selected.

        ``home`` is the path of the block that the canvas shows, empty for the drawing itself.
        """
        if (name, home) != (self._selected, self._home):
            self._selected, self._home = name, home
            self.node_changed()

    @property
    def selected(self) -> str:
        """The node that is selected; empty if there is none."""
        there = self._selected and node_at(self.qdocument.project, self._selected) is not None
        return self._selected if there else ""

    @property
    def node(self) -> str:
        """The node that is looked at; empty if there is none."""
        return self.selected or self.usual_node()

    def node_changed(self) -> None:
        """Another node is looked at."""
        self.ask()

    def forget(self) -> None:
        """Show nothing more of the drawing before: another one was opened."""

    @property
    def in_sight(self) -> bool:
        """Whether somebody can see it. Qt calls a panel visible, too, that stands behind the tab of another: it only
        moves it out of the window."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def ask(self) -> None:
        """Ask for the pictures, or stop asking while nobody sees the panel."""
        self._seen = self.in_sight
        for key, view in self.wanted().items():
            self.session.looker.show(key, view if self._seen else None, self._on_seen)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._seen:  # Qt tells a panel by nothing else that it has come to the front of its tabs
            self._seen = True
            QTimer.singleShot(0, self, self.ask)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.ask()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.ask()

    def _on_seen(self, key: str, content: object) -> None:
        if key in self.wanted():
            self.take(key, content)
        if self._seen and not self.in_sight:  # it has gone behind another: nothing more is to be made for it
            QTimer.singleShot(0, self, self.ask)  # not while the looker deals out what it made

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        before, after = change.before, change.after
        if change.opened:
            self.forget()
        if before.graph is not after.graph or before.blocks is not after.blocks or change.opened:
            self.node_changed()


def in_order(qdocument: QDocument) -> Iterator[tuple[str, Layer]]:
    """The nodes of the main drawing with their layers, in the order in which data flows; blocks are left out."""
    graph = qdocument.project.graph
    for name in order(graph):
        layer = find(graph.nodes[name].type)
        if layer is not None:
            yield name, layer


def learning(qdocument: QDocument) -> Iterator[str]:
    """Nodes whose weights make pictures: convolutions first, then others that learn, then those inside of blocks."""
    report = qdocument.document.report.main
    names = [(name, layer) for name, layer in in_order(qdocument) if name in report.nodes]
    yield from (name for name, layer in names if layer.category == "convolution")
    yield from (name for name, layer in names if layer.category != "convolution" and report.nodes[name].parameters)
    within = [(path, find(node.type), found) for path, node, found in inside(report)]
    yield from (path for path, layer, _ in within if layer is not None and layer.category == "convolution")
    yield from (path for path, layer, found in within if layer is not None and found.parameters)


def classifier(qdocument: QDocument) -> str | None:
    """The node whose output a loss compares with class labels, if there is one."""
    graph = qdocument.project.graph
    for name, layer in in_order(qdocument):
        if layer.role == "loss" and "CrossEntropy" in layer.id:
            for wire in graph.into(name):
                if wire.target_port == "prediction":
                    return wire.source
    return None
