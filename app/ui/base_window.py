"""What the parts of the main window know of it.

The start page, the file menu, presentation and the other parts are given a ``BaseWindow``; ``window.py`` makes them
all. What one part asks of another goes through the narrow protocols here, so that none of them imports another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QWidget

from app.core.graph.model import Project
from app.ui.actions import Actions
from app.ui.banner import Banner
from app.ui.canvas.view import CanvasView
from app.ui.docks import Docks
from app.ui.problems.entries import ProblemEntry
from app.ui.problems.listing import ProblemListing
from app.ui.qdocument import QDocument
from app.ui.session import Session
from app.ui.settings import Settings
from app.ui.status import StatusFacts
from app.ui.toolbar import Toolbar
from app.ui.training.last_session import LastSession
from app.ui.training.runs import KeptRun

if TYPE_CHECKING:  # a window may be there before its panels
    from app.ui.code.panel import CodePanel
    from app.ui.data.card import DataCard
    from app.ui.data.panel import DataPanel
    from app.ui.data_looks import DataLooks
    from app.ui.insight.activations import ActivationsPanel
    from app.ui.insight.dream import DreamPanel
    from app.ui.insight.filters import FiltersPanel
    from app.ui.insight.signals_panel import SignalsPanel
    from app.ui.insight.strips import LiveStrips
    from app.ui.insight.viewpanel import ViewPanel
    from app.ui.insight.wires import LiveWires
    from app.ui.inspector.panel import InspectorPanel
    from app.ui.palette.panel import PalettePanel
    from app.ui.poke.panel import PokePanel
    from app.ui.predict.panel import PredictPanel
    from app.ui.problems.panel import ProblemsPanel
    from app.ui.results.panel import ResultsPanel
    from app.ui.training.panel import TrainingPanel
    from app.ui.training.runs_panel import RunsPanel
    from app.ui.writing.panel import TextPanel


class FilesLike(Protocol):
    """What the other parts ask of ``Files``."""

    @property
    def name(self) -> str: ...
    @property
    def unasked(self) -> bool: ...
    def folder(self) -> Path: ...
    def data_folder(self) -> Path: ...
    def new(self) -> None: ...
    def open(self) -> None: ...
    def open_elsewhere(self) -> None: ...
    def open_recent(self, path: Path) -> None: ...
    def open_template(self, name: str) -> None: ...
    def open_run(self, folder: Path) -> None: ...
    def show(self, path: Path) -> bool: ...
    def show_project(self, project: Project | None) -> None: ...
    def tell_complaints(self) -> None: ...
    def save(self) -> None: ...
    def save_as(self) -> None: ...
    def export(self) -> None: ...
    def ask_for_program(self, title: str, behind: str, chosen: Callable[[Path], object]) -> None: ...
    def write_python(self, path: Path, text: str) -> None: ...
    def cannot_open(self, reason: str) -> None: ...
    def when_safe(self, go_on: Callable[[], object]) -> None: ...


class RunsLike(Protocol):
    """What the other parts ask of ``RunsDesk``."""

    @property
    def last(self) -> tuple[Path, ...]: ...
    def open(self, folder: Path) -> BaseWindow | None: ...
    def continue_run(self, folder: Path) -> str: ...
    def show_as_trained(self, folder: Path) -> bool: ...
    def look_up(self, place: Path) -> LastSession | None: ...
    def go_on_with(self, place: Path) -> None: ...
    def belongs(self, past: KeptRun, project: Project) -> bool: ...


class BranchesLike(Protocol):
    """What the other parts ask of ``BranchDesk``."""

    def offer(self, folder: Path) -> None: ...


class TransferLike(Protocol):
    """What the other parts ask of ``TransferDesk``."""

    def look(self, path: Path) -> None: ...


class SweepLike(Protocol):
    """What the other parts ask of ``SweepPanel``."""

    def vary(self, name: str) -> None: ...


class StartLike(Protocol):
    """What the other parts ask of ``StartDesk``."""

    @property
    def page(self) -> QWidget | None: ...
    @property
    def shown(self) -> bool: ...
    def show(self) -> None: ...
    def leave(self) -> None: ...


class PresentationLike(Protocol):
    """What the other parts ask of ``Presentation``."""

    @property
    def on(self) -> bool: ...
    def show_half(self, name: str) -> None: ...
    def leave(self) -> None: ...


class AutosaveLike(Protocol):
    """What the other parts ask of ``Autosave``."""

    @property
    def overtaken(self) -> bool: ...
    def accept_file(self) -> None: ...
    def restored(self, file: Path) -> None: ...


class DataLike(Protocol):
    """What the other parts ask of ``DataDesk``."""

    @property
    def card(self) -> DataCard: ...
    def take(self, paths: Sequence[Path]) -> None: ...
    def open(self) -> None: ...
    def open_folder(self) -> None: ...


class MenusLike(Protocol):
    """What the other parts ask of ``Menus``."""

    themes: dict[str, QAction]


class WindowsLike(Protocol):
    """What the parts of one window ask of ``Windows``, which knows all of them."""

    recovered: bool

    @property
    def all(self) -> Sequence[BaseWindow]: ...
    def open(self, what: str | None = "", beside: BaseWindow | None = None) -> BaseWindow: ...
    def others(self, window: BaseWindow) -> tuple[BaseWindow, ...]: ...
    def open_file(self, path: Path, beside: BaseWindow) -> None: ...
    def window_of(self, path: Path | None) -> BaseWindow | None: ...
    def raised(self, path: Path, besides: BaseWindow | None) -> bool: ...


class PlacesLike(Protocol):
    """What the other parts ask of ``Places``."""

    def show(self, entry: ProblemEntry | None) -> None: ...
    def panels_came(self) -> None: ...
    def refresh(self) -> None: ...


class BaseWindow(QMainWindow):
    """The main window as its parts see it. ``MainWindow`` makes what is named here and does what is left open."""

    settings: Settings
    qdocument: QDocument
    session: Session
    canvas: CanvasView
    banner: Banner
    status: StatusFacts
    docks: Docks
    toolbar: Toolbar
    actions_table: Actions

    files: FilesLike
    runs: RunsLike
    branches: BranchesLike
    transfer: TransferLike
    data: DataLike
    data_looks: DataLooks
    start: StartLike
    presentation: PresentationLike
    autosave: AutosaveLike
    windows: WindowsLike
    menus: MenusLike
    places: PlacesLike
    listing: ProblemListing
    strips: LiveStrips
    wires: LiveWires

    panels_made = False
    layers: PalettePanel
    inspector: InspectorPanel
    training: TrainingPanel
    problems: ProblemsPanel
    code: CodePanel
    filters: FiltersPanel
    activations: ActivationsPanel
    dream: DreamPanel
    views: ViewPanel
    signals: SignalsPanel
    predict: PredictPanel
    text: TextPanel
    poke: PokePanel
    samples: DataPanel
    results: ResultsPanel
    run_list: RunsPanel
    sweep: SweepLike

    def has_panel(self, name: str) -> bool:
        """Whether this panel has been made; to ask for one makes it."""
        return name in self.__dict__

    def say(self, text: str) -> None:
        """Show a sentence in the status bar for a while."""
        self.status.say(text)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front."""
        self.start.leave()
        self.docks.show(name)

    def vary(self, name: str) -> None:
        """Show the panel of sweeps with this setting in its fields."""
        self.show_panel("sweep")
        self.sweep.vary(name)

    def train_on(self) -> None:
        """Go on with the last run where it stopped."""
        raise NotImplementedError

    def when_not_training(self, go_on: Callable[[], object]) -> None:
        """Go on once no training is on."""
        raise NotImplementedError

    def travel(self, path: str) -> None:
        """Show a node on the canvas and select it; a path such as ``block1/conv2`` leads into the block."""
        raise NotImplementedError

    def select_at(self, where: str, name: str) -> None:
        """Show a graph on the canvas and select a node in it."""
        raise NotImplementedError

    def show_samples(self, node: str, numbers: Any, words: str) -> None:
        """Show these samples in the panel for data."""
        raise NotImplementedError

    def put_above_canvas(self, strip: QWidget) -> None:
        """Put a strip between canvas and toolbar."""
        raise NotImplementedError

    def offer_layers(self) -> None:
        """Show in the palette what may stand in the graph that is shown."""
        raise NotImplementedError

    def choose_theme(self, name: str) -> None:
        """Show the program in another theme, also next time."""
        raise NotImplementedError

    def complete(self) -> None:
        """Make the panels that were to come late, unless they are there."""
        raise NotImplementedError

    def after_first_paint(self) -> None:
        """Start what can wait until the window can be seen."""
        raise NotImplementedError
