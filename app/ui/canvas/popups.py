"""The little windows over the canvas: the search box and the card with quick fixes. What they are made of is imported
with them, when one is first opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication

from app.core.document import Change
from app.core.graph.model import Wire
from app.ui.canvas import placing
from app.ui.canvas.scene import PortAt, problem_of_wire
from app.ui.canvas.tools.wire import paint_loose

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView
    from app.ui.canvas.quick_fix_card import QuickFixCard
    from app.ui.canvas.search import SearchBox


class Popups(QObject):
    """Opens them, and does what was chosen in them."""

    def __init__(self, canvas: GraphView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._box: SearchBox | None = None
        self._card: QuickFixCard | None = None
        self._at = QPointF()  # in units of the drawing
        self._join: PortAt | None = None
        self._on: Wire | None = None
        self._after = ""  # the node that the new one comes behind
        self._beside = False

    @property
    def box(self) -> SearchBox:
        """The search box, made when it is first needed."""
        if self._box is None:
            from app.ui.canvas.search import SearchBox

            self._box = SearchBox(self._canvas)
            self._box.chosen.connect(self._place)
            self._box.closed.connect(self._give_focus_back)
            self._canvas.qdocument.changed.connect(self._follow_box)
        return self._box

    @property
    def card(self) -> QuickFixCard:
        """The card with quick fixes, made when it is first needed."""
        if self._card is None:
            from app.ui.canvas.quick_fix_card import QuickFixCard

            self._card = QuickFixCard(self._canvas)
            self._card.chosen.connect(self._canvas.qdocument.apply_fix)
            self._card.closed.connect(self._give_focus_back)
            self._canvas.qdocument.changed.connect(self._follow)
        return self._card

    def _follow(self, change: Change) -> None:
        """What the card says was of the drawing before; its buttons would mend what may be mended already."""
        before, after, card = change.before, change.after, self._card
        same = before.graph is after.graph and before.blocks is after.blocks and not change.opened
        if card is None or card.isHidden() or same:
            return
        focused = QApplication.focusWidget()
        if focused is not None and (focused is card or card.isAncestorOf(focused)):
            card.close_card()
        else:
            card.hide()  # whoever changes the drawing elsewhere goes on there

    def _follow_box(self, change: Change) -> None:
        """The box goes with what its words name, as when an undo by mouse takes that away: its layer would be placed
        without a wire."""
        box, graph = self._box, self._canvas.situation.graph
        if box is None or box.isHidden():
            return
        names = {self._join.node} if self._join is not None else {self._after} if self._after else set()
        lost = bool(names - graph.nodes.keys()) or (self._on is not None and self._on not in graph.wires)
        if lost or change.opened:
            box.close_box()

    @property
    def is_open(self) -> bool:
        """Whether one of them is on the screen."""
        return any(popup is not None and popup.isVisible() for popup in (self._box, self._card))

    def close(self) -> None:
        """Close what is open; what is being written is kept."""
        self._canvas.framing.finish()
        if self._box is not None:
            self._box.close_box()
        if self._card is not None:
            self._card.close_card()

    def paint(self, painter: QPainter) -> None:
        """The wire that was drawn into empty space stays in sight until its layer is chosen."""
        join, box = self._join, self._box
        if join is not None and box is not None and box.isVisible() and join.node in self._canvas.scene.nodes:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_loose(self._canvas, painter, join, self._at)

    def _give_focus_back(self) -> None:
        self._canvas.update()
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- search ----------------------------------------------------------------------------------------------------

    def search(self, at: QPointF, join: PortAt | None = None, on: Wire | None = None) -> None:
        """Ask for a layer to place at a point of the widget, joined with a port or inserted on a wire."""
        from app.ui.canvas import ranking

        canvas = self._canvas
        self.close()
        self._at, self._join, self._on, self._after = canvas.camera.to_scene(at), join, on, ""
        situation = canvas.situation
        if join is not None:
            words = f"Add {'after' if join.is_output else 'before'} {join.node}:"
            self.box.ask(at.toPoint(), ranking.joined(situation, join), words)
            canvas.update()
        elif on is not None:
            words = f"Insert between {on.source} and {on.target}:"
            self.box.ask(at.toPoint(), ranking.between(situation, on), words)
        else:
            self.box.ask(at.toPoint(), ranking.anywhere(situation))

    def search_after(self, at: QPointF, name: str, here: bool = False) -> None:
        """Ask for a layer that comes behind the selected one; ``here``: at this place, not beside it."""
        from app.ui.canvas import ranking

        canvas = self._canvas
        self.close()
        self._at, self._join, self._on = canvas.camera.to_scene(at), None, None
        self._after, self._beside = name, not here
        self.box.ask(at.toPoint(), ranking.behind(canvas.situation, name), f"Add after {name}:")

    def _place(self, type_id: str) -> None:
        canvas = self._canvas
        if self._join is not None:
            canvas.editing.add_joined(type_id, self._at, self._join)
        elif self._on is not None:
            node = placing.fresh_node(canvas.situation, type_id)
            command = placing.insert_on(canvas.situation, canvas.scene, node, self._on) if node is not None else None
            if node is not None and command is not None and canvas.do_step(command):
                canvas.show_node(node.name)
        elif self._after and self._beside:
            canvas.editing.add(type_id)
        else:
            canvas.editing.add(type_id, self._at, after=self._after)

    # -- quick fixes ------------------------------------------------------------------------------------------------

    def quick_fixes(self, name: str) -> None:
        """Show a node's problems."""
        canvas = self._canvas
        figure = canvas.scene.nodes.get(name)
        if figure is None or not figure.troubled:
            return
        self.close()
        at = canvas.camera.to_view(figure.badge_at).toPoint()
        known = figure.report.problems if figure.report is not None else ()
        self.card.open(at, canvas.qdocument.project, canvas.where, name, known, figure.said, figure.badge or "error")

    def wire_quick_fixes(self, wire: Wire, at: QPointF) -> None:
        """Show why a wire does not fit."""
        canvas = self._canvas
        problem = problem_of_wire(canvas.scene.report.nodes.get(wire.target), wire)
        if problem is None:
            return
        self.close()
        title = f"{wire.source} → {wire.target}"
        self.card.open(at.toPoint(), canvas.qdocument.project, canvas.where, title, [problem])
