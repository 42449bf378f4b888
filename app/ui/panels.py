"""Makes the contents of all panels of a window, and the card that tells of the user's data. Importing and building them
takes a quarter of the program's start, and a start page covers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow


def make_panels(window: BaseWindow) -> None:
    """Make all panels of ``window``, not yet connected to it."""
    from app.ui.code.panel import CodePanel
    from app.ui.data.desk import DataDesk
    from app.ui.data.panel import DataPanel
    from app.ui.insight.activations import ActivationsPanel
    from app.ui.insight.dream import DreamPanel
    from app.ui.insight.filters import FiltersPanel
    from app.ui.insight.signals_panel import SignalsPanel
    from app.ui.insight.viewpanel import ViewPanel
    from app.ui.inspector.panel import InspectorPanel
    from app.ui.palette.panel import PalettePanel
    from app.ui.poke.panel import PokePanel
    from app.ui.predict.panel import PredictPanel
    from app.ui.problems.panel import ProblemsPanel
    from app.ui.results.panel import ResultsPanel
    from app.ui.sweep.desk import SweepDesk
    from app.ui.sweep.panel import SweepPanel
    from app.ui.training.panel import TrainingPanel
    from app.ui.training.runs_panel import RunsPanel
    from app.ui.writing.panel import TextPanel

    window.panels_made = True  # first: what asks for one meanwhile must not begin anew
    session, qdocument = window.session, window.qdocument
    # Where they will stand: Qt styles a widget anew, with all that is in it, when it comes into another one.
    place = window.docks.place
    window.layers = PalettePanel(place("layers"))
    window.inspector = InspectorPanel(qdocument, place("inspector"))
    window.inspector.nodes.get_data.use(session.runner)
    window.inspector.nodes.augmented.use(session.runner)
    window.training = TrainingPanel(session, qdocument, place("training"))
    window.problems = ProblemsPanel(qdocument, window.listing, place("problems"))
    window.code = CodePanel(qdocument, place("code"))
    window.filters = FiltersPanel(session, qdocument, place("filters"))
    window.activations = ActivationsPanel(session, qdocument, place("activations"))
    window.dream = DreamPanel(session, qdocument, place("dream"))
    window.dream.thumbnail.connect(window.strips.hold)
    window.views = ViewPanel(session, qdocument, place("views"))
    window.signals = SignalsPanel(session, qdocument, place("signals"))
    window.predict = PredictPanel(session, qdocument, place("predict"))
    window.text = TextPanel(session, qdocument, place("text"))
    window.poke = PokePanel(session, qdocument, place("poke"))
    window.samples = DataPanel(session, qdocument, place("samples"))
    window.results = ResultsPanel(session, qdocument, place("results"))
    window.run_list = RunsPanel(window, place("run_list"))
    window.sweep = SweepPanel(window, SweepDesk(window), place("sweep"))
    window.data = DataDesk(window)
