"""Makes the contents of the panels of a window, and the card that tells of the user's data. A start page covers those
that are seen at first; the others are made when somebody brings one to the front or asks for it: a window in which
nobody dreams or sweeps holds 12 MB less, and is complete in two thirds of the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from app.core.graph.model import MAIN
from app.ui.docks import LOOKING, PANEL_ORDER

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.insight.arithmetic.number import NumberPlace
    from app.ui.base_window import BaseWindow


# Those that show the layer that is selected.
FOLLOWING = ("filters", "activations", "dream", "views", "poke", "samples")


class Panels:
    """The panels of one window."""

    def __init__(self, window: BaseWindow) -> None:
        self._window = window
        self._begun: set[str] = set()  # of LATE
        self._code_of: tuple[str, Sequence[str]] = MAIN, ()
        self._looked_at = "", ""

    def begin(self) -> None:
        """Make those that follow everything from the beginning."""
        window = self._window
        _make_first(window)
        for name in self._made(PANEL_ORDER):
            window.docks.fill(name, getattr(window, name))
        window.docks.begin(self.make)

    def make(self, name: str) -> bool:
        """Make one of those in ``LATE``, connect it and let it look at what the others look at; False if that has been
        begun already."""
        window = self._window
        if name in self._begun:
            return False
        self._begun.add(name)
        LATE[name](window, window.docks.place(name))
        window.docks.fill(name, getattr(window, name))
        if name == "code":
            window.code.show_selection(*self._code_of)
        self.look_anew((name,))
        if name in FOLLOWING:
            getattr(window, name).set_node(self._looked_at[0], home=self._looked_at[1])
        return True

    def _made(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if self._window.has_panel(name)]

    def look_anew(self, names: Sequence[str] = PANEL_ORDER) -> None:
        """Let those that look into the net begin anew."""
        for name in self._made(names):
            if name in LOOKING:
                looking = getattr(self._window, name)
                looking.forget()
                looking.node_changed()

    def look_at(self, node: str, home: str) -> None:
        """Show this node in the panels for what is selected, also in those that come later."""
        self._looked_at = node, home
        for name in self._made(FOLLOWING):
            getattr(self._window, name).set_node(node, home=home)

    def show_code_of(self, where: str, names: Sequence[str]) -> None:
        """Mark the lines of these nodes in the panel for code, also when that comes later."""
        self._code_of = where, names
        if self._window.has_panel("code"):
            self._window.code.show_selection(where, names)


def _make_first(window: BaseWindow) -> None:
    """Make the panels of ``window`` that are seen at first, not yet connected to it."""
    from app.ui.data.desk import DataDesk
    from app.ui.insight.filters import FiltersPanel
    from app.ui.inspector.panel import InspectorPanel
    from app.ui.palette.panel import PalettePanel
    from app.ui.problems.panel import ProblemsPanel
    from app.ui.training.panel import TrainingPanel

    window.panels_made = True  # first: what asks for one meanwhile must not begin anew
    session, qdocument = window.session, window.qdocument
    # Where they will stand: Qt styles a widget anew, with all that is in it, when it comes into another one.
    place = window.docks.place
    window.layers = PalettePanel(place("layers"))
    window.inspector = InspectorPanel(qdocument, place("inspector"), session.runner)
    window.training = TrainingPanel(session, qdocument, place("training"))
    window.problems = ProblemsPanel(qdocument, window.listing, place("problems"))
    window.filters = FiltersPanel(session, qdocument, place("filters"))
    window.filters.pointed.connect(partial(_show_number, window))
    window.data = DataDesk(window)


def _show_number(window: BaseWindow, place: NumberPlace) -> None:
    """Show the arithmetic of what is clicked in the pictures of weights and answers."""
    window.show_panel("views")
    window.views.show_number(place)


def _select_at_work(window: BaseWindow, node: str) -> None:
    """Select the node of this path, or the block that it stands in, if the canvas has it."""
    canvas = window.canvas
    within = f"{canvas.instance}/" if canvas.where != MAIN else ""
    if not node.startswith(within) or (canvas.where != MAIN and not canvas.instance):
        return
    name = node[len(within) :].partition("/")[0]
    if name in window.qdocument.project.graph_of(canvas.where).nodes:
        canvas.select((name,))


def _code(window: BaseWindow, place: QWidget) -> None:
    from app.ui.code.panel import CodePanel

    window.code = CodePanel(window.qdocument, place)
    window.code.node_clicked.connect(window.select_at)
    window.code.save_wanted.connect(window.files.export)


def _activations(window: BaseWindow, place: QWidget) -> None:
    from app.ui.insight.activations import ActivationsPanel

    window.activations = ActivationsPanel(window.session, window.qdocument, place)
    window.activations.pointed.connect(partial(_show_number, window))


def _views(window: BaseWindow, place: QWidget) -> None:
    from app.ui.insight.viewpanel import ViewPanel

    window.views = ViewPanel(window.session, window.qdocument, place)
    window.views.pictures.samples_wanted.connect(window.show_samples)
    window.views.painted.connect(window.strips.follow)
    window.views.at_work_on.connect(partial(_select_at_work, window))
    window.views.reached.connect(window.wires.follow)


def _dream(window: BaseWindow, place: QWidget) -> None:
    from app.ui.insight.dream import DreamPanel

    window.dream = DreamPanel(window.session, window.qdocument, place)
    window.dream.thumbnail.connect(window.strips.hold)


def _signals(window: BaseWindow, place: QWidget) -> None:
    from app.ui.insight.signals_panel import SignalsPanel

    window.signals = SignalsPanel(window.session, window.qdocument, place)


def _predict(window: BaseWindow, place: QWidget) -> None:
    from app.ui.predict.panel import PredictPanel

    window.predict = PredictPanel(window.session, window.qdocument, place)
    window.predict.train_wanted.connect(window.actions_table["train"].trigger)


def _text(window: BaseWindow, place: QWidget) -> None:
    from app.ui.writing.panel import TextPanel

    window.text = TextPanel(window.session, window.qdocument, place)


def _poke(window: BaseWindow, place: QWidget) -> None:
    from app.ui.poke.panel import PokePanel

    window.poke = PokePanel(window.session, window.qdocument, place)


def _samples(window: BaseWindow, place: QWidget) -> None:
    from app.ui.data.panel import DataPanel

    panel = window.samples = DataPanel(window.session, window.qdocument, place)
    panel.open_wanted.connect(window.data.open)
    panel.collect.use_wanted.connect(lambda folder: window.data.take((folder,)))
    panel.collect.collected.connect(lambda _: window.data_looks.again())
    panel.folder_wanted.connect(window.data.open_folder)
    window.docks.docks["samples"].visibilityChanged.connect(panel.came_or_went)


def _results(window: BaseWindow, place: QWidget) -> None:
    from app.ui.results.panel import ResultsPanel

    window.results = ResultsPanel(window.session, window.qdocument, place)
    window.results.samples_wanted.connect(window.show_samples)


def _run_list(window: BaseWindow, place: QWidget) -> None:
    from app.ui.training.runs_panel import RunsPanel

    window.run_list = RunsPanel(window, place)


def _sweep(window: BaseWindow, place: QWidget) -> None:
    from app.ui.sweep.desk import SweepDesk
    from app.ui.sweep.panel import SweepPanel
    from app.ui.sweep.strip import RaceStrip

    desk = SweepDesk(window)
    window.sweep = SweepPanel(window, desk, place)
    strip = RaceStrip(desk)
    window.put_above_canvas(strip)
    strip.gone.connect(window.docks.adapt_soon)


LATE: dict[str, Callable[[BaseWindow, QWidget], None]] = {
    "code": _code,
    "activations": _activations,
    "views": _views,
    "dream": _dream,
    "signals": _signals,
    "predict": _predict,
    "text": _text,
    "poke": _poke,
    "samples": _samples,
    "results": _results,
    "run_list": _run_list,
    "sweep": _sweep,
}
