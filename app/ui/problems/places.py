"""Where each sentence of the list stands. In full it is read in one place at a time: in the list while that is in
sight, else beside what it speaks of; every other place only counts, or leads to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.core.graph.model import MAIN
from app.jobs.messages import Bundle
from app.training.events import Diagnosed
from app.ui.problems.entries import ProblemEntry, count_words

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow


class ProblemPlaces(QObject):
    """Brings what the list of one window says to its canvas, status bar, inspector, training panel and titles."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._seen = {"problems": False, "training": False, "inspector": False}
        for name in self._seen:
            # A widget behind another tab is visible for Qt all the same; this signal knows better.
            window.docks.docks[name].visibilityChanged.connect(partial(self._follow_sight, name))
        window.listing.changed.connect(self.refresh)
        window.qdocument.changed.connect(self._mark)  # a layer that came back is another figure
        window.canvas.where_changed.connect(self._mark)
        window.canvas.selection_changed.connect(self._share)
        self.refresh()

    def panels_came(self) -> None:
        """Share among the panels, too, from now on. They hear first what a training says, and then where it stands."""
        session = self._window.session
        session.progress.connect(self._heard)
        session.ended.connect(self._share)
        session.state_changed.connect(self._share)
        self.refresh()

    def show(self, entry: ProblemEntry | None) -> None:
        """Bring the list to the front, and one of its entries into view."""
        window = self._window
        window.show_panel("problems")
        if entry is not None:
            window.travel(entry.problem.node)
            window.problems.show_entry(entry)

    def _follow_sight(self, name: str, seen: bool) -> None:
        self._seen[name] = seen
        self._share()

    def refresh(self) -> None:
        """Show everywhere what is in the list now."""
        entries = self._window.listing.entries
        self._window.status.show_problems(entries)
        if self._window.panels_made:
            self._window.inspector.drawing.show_count(count_words(entries))
        self._mark()
        self._share()

    def _mark(self, *_: object) -> None:
        """Put badges on the layers that the canvas shows, be it the inside of an instance of a block."""
        window = self._window
        canvas = window.canvas
        way = f"{canvas.instance}/" if canvas.instance else ""
        if canvas.where != MAIN and not way:
            canvas.show_said({})
            return
        known = {(found.node, found.sentence) for found in window.qdocument.document.report.problems}
        said: dict[str, tuple[ProblemEntry, ...]] = {}
        for entry in window.listing.entries:
            node = entry.problem.node
            if node and node.startswith(way) and entry.key not in known:
                name = node.removeprefix(way).split("/")[0]
                said[name] = (*said.get(name, ()), entry)
        canvas.show_said(said)

    def _heard(self, bundle: Bundle) -> None:
        if any(isinstance(event, Diagnosed) for event in bundle.events):
            self._share()

    def _share(self, *_: object) -> None:
        window = self._window
        if not window.panels_made:
            return
        entries, refused = window.listing.entries, window.training.refused
        listed = self._seen["problems"]
        inspected = self._seen["inspector"] and window.canvas.selected == (refused,)
        inspected = inspected and any(e.kind == "error" and e.problem.node == refused for e in entries)
        beside = tuple(e for e in entries if e.kind != "finding") if self._seen["training"] else entries
        window.inspector.show_said(entries if listed else beside, elsewhere=listed)
        where = "in the list of problems" if listed else "in the inspector" if inspected else ""
        window.training.show_said(entries, listed=listed, elsewhere=where)
