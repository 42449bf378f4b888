"""The main window: canvas in the middle, panels around it, one document and one session behind all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QCloseEvent, QGuiApplication, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.core.document import Change
from app.core.graph.blocks import why_recursive
from app.core.graph.model import BLOCK_PREFIX, MAIN
from app.ui import dialogs, theme
from app.ui.actions import Actions, with_keys
from app.ui.autosave import Autosave
from app.ui.banner import Banner
from app.ui.base_window import BaseWindow
from app.ui.canvas.view import CanvasView
from app.ui.canvas_helpers import CanvasHelpers
from app.ui.controls import TrainingControls
from app.ui.data_looks import DataLooks
from app.ui.docks import PANEL_NAMES, PANELS, Docks
from app.ui.export.desk import PictureDesk
from app.ui.export.script_desk import ScriptDesk
from app.ui.filedrops import FileDrops
from app.ui.files import Files
from app.ui.insight.strips import LiveStrips
from app.ui.insight.time_strip import TimeStrip
from app.ui.insight.wires import LiveWires
from app.ui.inspector.boxes import finish_typing
from app.ui.key_repeats import KeyRepeats
from app.ui.layouts import column
from app.ui.memory import MemoryFacts
from app.ui.menus import Menus
from app.ui.outside_changes import OutsideChanges
from app.ui.ownlayers import OwnLayers
from app.ui.panels import LATE, Panels
from app.ui.panes import Panes
from app.ui.presentation import Presentation
from app.ui.problems.listing import ProblemListing
from app.ui.problems.places import ProblemPlaces
from app.ui.qdocument import QDocument
from app.ui.scaling import Scaling
from app.ui.session import Session
from app.ui.settings import Settings
from app.ui.startpage.desk import StartDesk
from app.ui.status import StatusFacts
from app.ui.toolbar import Toolbar
from app.ui.training.branches import BranchDesk
from app.ui.training.folds import FoldSeries
from app.ui.training.real_weights import RealWeights
from app.ui.training.runs_desk import RunsDesk
from app.ui.training.transfer import TransferDesk
from app.ui.windows import OpenWindows

if TYPE_CHECKING:  # a window may be there before its panels
    from app.ui.command_palette.box import CommandBox
    from app.ui.sweep.panel import SweepPanel

FIRST_SIZE = QSize(1366, 768)
TITLE_BAR = 32


class MainWindow(BaseWindow):
    """Shows a file, a template by name, or LeNet-5.

    ``after_first_paint`` is to be called once the window can be seen; it starts what can wait until then.
    ``trusting`` runs layers of the user's own without a question. Where a start page covers panels and drawing, they
    may come ``late``: when the page has been painted, or somebody asks for a panel. The drawing needs the files of all
    layers, which take as long to import as the window takes to make.
    """

    files: Files
    runs: RunsDesk
    branches: BranchDesk
    transfer: TransferDesk
    real_weights: RealWeights
    start: StartDesk
    presentation: Presentation
    autosave: Autosave
    windows: OpenWindows
    sweep: SweepPanel

    def __init__(
        self,
        what: str | Path | None = None,
        settings: Settings | None = None,
        trusting: bool = False,
        windows: OpenWindows | None = None,
        late: bool = False,
    ) -> None:
        super().__init__()
        self.settings = settings if settings is not None else Settings()
        self.windows = windows if windows is not None else OpenWindows(self.settings, trusting)
        self.own_layers = OwnLayers(self, trusting)
        self.own_layers.load()
        self.qdocument = QDocument(parent=self)
        self.session = Session(self.qdocument, self)
        self.data_looks = DataLooks(self.qdocument, self.session.runner, self)
        self.session.ended.connect(self.data_looks.after_training)
        self.canvas = CanvasView(self.qdocument, self)
        self.listing = ProblemListing(self.qdocument, self.session, self)
        self.strips = LiveStrips(self.session, self.qdocument, self.canvas)
        self.wires = LiveWires(self.session, self.qdocument, self.canvas, self.say)
        self.time = TimeStrip(self)
        self.banner = Banner()
        self.status = StatusFacts(self.statusBar())
        self.actions_table = Actions(self, self.canvas)
        self.files = Files(self)
        self.pictures = PictureDesk(self)
        self.scripts = ScriptDesk(self)
        self.controls = TrainingControls(self)
        self.memory = MemoryFacts(self)
        self.docks = Docks(self)
        self.autosave = Autosave(self)
        self.outside = OutsideChanges(self)
        self.runs = RunsDesk(self)
        self.branches = BranchDesk(self)
        self.transfer = TransferDesk(self)
        self.real_weights = RealWeights(self, self.runs)
        self.start = StartDesk(self)
        self.drops = FileDrops(self)
        self.repeats = KeyRepeats(self)
        self._may_close = False
        self._panels = Panels(self)
        self._build()
        self.menus = Menus(self)
        self.sights = CanvasHelpers(self)
        self.scaling = Scaling(self)
        self.presentation = Presentation(self)
        self.panes = Panes(self)
        self._connect()
        self.places = ProblemPlaces(self)
        self.folds = FoldSeries(self)
        self._restore_arrangement()
        self.windows.add(self)
        self._to_begin_with = str(what) if what is not None else None
        self._nothing_yet = self.qdocument.project
        if not late:
            self.complete()
        self.own_layers.tell_broken()

    # Building

    def _build(self) -> None:
        self.setObjectName("netloom")
        middle = QWidget()
        above = (self.banner, self.outside.notice, self.runs.notice, self.real_weights.notice)
        self._column = column(*above, (self.canvas, 1), self.time, of=middle, spacing=0)
        self.setCentralWidget(middle)
        for panel in PANELS:
            self.docks.add(panel.name)
        self.docks.arrange()
        self.docks.compacted.connect(self._pack)
        for strip in (*above, self.time):
            strip.gone.connect(self.docks.adapt_soon)  # in a low window it has taken room from the panels
        self.toolbar = Toolbar(self.actions_table, self.controls.device_row)
        self.addToolBar(self.toolbar)

    def _connect(self) -> None:
        self.qdocument.changed.connect(self._changed)
        self.qdocument.refused.connect(self.say)
        self.files.opened.connect(self._keys_to_canvas)
        self.session.said.connect(self.say)
        canvas = self.canvas
        canvas.selection_changed.connect(self._selected)
        canvas.inside_selected.connect(self._selected_inside)
        canvas.where_changed.connect(self._moved_to)
        canvas.status.connect(self.status.say)
        canvas.open_help.connect(lambda _name: self.explain())
        self.status.problems_wanted.connect(lambda: self.show_panel("problems"))

    def _connect_panels(self) -> None:
        self.put_above_canvas(self.data.card)
        self.data.card.gone.connect(self.docks.adapt_soon)
        self.layers.add_wanted.connect(self.canvas.add_layer)
        self.layers.placed.connect(self._keys_to_canvas)
        self.inspector.named.connect(self._keys_to_canvas)
        self.inspector.enter_wanted.connect(self.canvas.enter)
        self.inspector.paint_wanted.connect(self.paint_points)
        self.problems.travel.connect(self.travel)
        self.training.travel.connect(self.travel)
        self.training.place_asked.connect(self.branches.show_menu)
        self.problems.count_changed.connect(self._show_problem_count)
        self._show_problem_count(len(self.listing.entries))

    def put_above_canvas(self, strip: QWidget) -> None:
        self._column.insertWidget(self._column.indexOf(self.canvas), strip)

    def _begin(self) -> None:
        """Show the first drawing, unless somebody has opened another or drawn something meanwhile."""
        if self.qdocument.project is self._nothing_yet:
            self.files.start_with(self._to_begin_with)

    def complete(self) -> None:
        """Make the panels that a start page covers and show the drawing below them, unless they are there."""
        if self.panels_made:
            return
        self._panels.begin()
        self._connect_panels()
        with self.start.kept():
            self._begin()
        self.offer_layers()
        self._selected(self.canvas.selected)
        self._panels.look_anew()
        self.memory.refresh()
        self.places.panels_came()

    def __getattr__(self, name: str) -> Any:
        """A panel, or what looks at the user's data, that is asked for before its time."""
        if name in (*PANEL_NAMES, "data") and not self.panels_made:
            self.complete()
            return getattr(self, name)
        if name in LATE and self._panels.make(name):
            return self.__dict__[name]
        raise AttributeError(f"a main window has no {name}")

    # Following

    def _changed(self, change: Change) -> None:
        document = self.qdocument.document
        self.status.show_document(document)
        for name, word, title in (
            ("undo", "&Undo", document.undo_title),
            ("redo", "&Redo", document.redo_title),
        ):
            action = self.actions_table[name]
            action.setEnabled(title is not None)
            action.setText(f"{word} {title.replace('&', '&&')}" if title else word)
            action.setToolTip(with_keys(f"{word.replace('&', '')} {title or ''}".strip(), action))
        if self.panels_made and (change.opened or change.before.blocks is not change.after.blocks):
            self.offer_layers()
        self._show_title()

    def _show_title(self) -> None:
        document = self.qdocument.document
        self.windows.show_titles()
        # Qt would write the title anew even if nothing differs, which costs a large part of a quick edit.
        if self.isWindowModified() != document.dirty:
            self.setWindowModified(document.dirty)
        path = str(document.path) if document.path is not None else ""
        if self.windowFilePath() != path:
            self.setWindowFilePath(path)

    def _selected(self, names: Sequence[str]) -> None:
        if not self.panels_made:
            return
        where = self.canvas.where
        self.inspector.show_selection(where, names, self._way_in())
        self._panels.show_code_of(where, names)
        self._look_at(names if len(names) == 1 else ())

    def _selected_inside(self, where: str, path: Sequence[str]) -> None:
        """A layer of the block ``where`` is selected, at the end of a path of blocks that are expanded."""
        way = self._way_in() or (self.canvas.where,)
        self.inspector.show_selection(where, path[-1:], (*way, *path[:-1]))
        self._panels.show_code_of(where, path[-1:])
        self._look_at(path)

    def show_samples(self, node: str, numbers: Any, words: str) -> None:
        self.show_panel("samples")
        self.samples.show_only(node, numbers, words)

    def paint_points(self, node: str) -> None:
        """The plane on which the points of a source are painted."""
        self.show_panel("samples")
        self.samples.collect_for(node)

    def _look_at(self, path: Sequence[str]) -> None:
        """Let the panels with pictures show the layer at the end of ``path``, which begins on the canvas; without one,
        some layer of what the canvas shows."""
        way = self.canvas.instance
        unused = self.canvas.where != MAIN and not way
        node = "/".join((way, *path)).lstrip("/") if path and not unused else ""
        self._panels.look_at(node, way)

    def _way_in(self) -> tuple[str, ...]:
        """From the drawing to the block that the canvas shows; empty in the drawing, or for a block used nowhere."""
        way = self.canvas.instance
        return (MAIN, *way.split("/")) if way else ()

    def _moved_to(self, where: str) -> None:
        if self.panels_made:
            self.offer_layers()
        self._selected(())
        self.actions_table.unseen("leave").setEnabled(where != MAIN)

    def offer_layers(self) -> None:
        """What may stand in the graph that is shown."""
        project, where = self.qdocument.project, self.canvas.where
        blocks = {}
        for name, block in project.blocks.items():
            if why_recursive(project, where, BLOCK_PREFIX + name) is None:
                blocks[name] = f"<b>{name}</b><br>{escape(block.note or 'A block of this drawing.')}"
        self.layers.show_for(where != MAIN, blocks)

    def _show_problem_count(self, count: int) -> None:
        self.docks.docks["problems"].setWindowTitle(f"Problems ({count})" if count else "Problems")

    # What actions call

    def undo(self) -> None:
        """Take the last step back."""
        self.qdocument.undo()

    def redo(self) -> None:
        """Do the step again that was undone last."""
        self.qdocument.redo()

    def train(self) -> None:
        """Train the drawing, or go on after a pause. Whatever panel was chosen stays in front."""
        finish_typing()
        self.banner.clear()
        self.start.leave()
        self.session.train()

    def train_on(self) -> None:
        """Go on with the last run where it stopped."""
        self.banner.clear()
        self.start.leave()
        self.session.train_on()

    def pause(self) -> None:
        """Hold the training, or go on."""
        self.controls.toggle_pause()

    def step(self) -> None:
        """Train on one batch. A run that is finished is left only when the button in the sentence is pressed."""
        finish_typing()
        self.banner.clear()
        why_not = self.session.why_not_step()
        if why_not is None:
            self.session.step()
        else:
            self.banner.say(why_not, "Begin a new run", self._step_anew)

    def _step_anew(self) -> None:
        self.banner.clear()
        self.session.step(anew=True)

    def stop(self) -> None:
        """End the training."""
        self.session.stop()

    def when_not_training(self, go_on: Callable[[], object]) -> None:
        """Go on once no training is on."""
        self.controls.when_idle(go_on)

    def search_layers(self) -> None:
        """Put the cursor into the search field of the palette."""
        self.show_panel("layers")
        self.layers.focus_search()

    def rename(self) -> None:
        """Put the cursor into the name of the selected layer, or into the title of the selected frame."""
        if self.canvas.selected_frames and not self.canvas.selected:
            self.canvas.framing.edit(self.canvas.selected_frames[-1])
            return
        self.show_panel("inspector")
        if not self.inspector.focus_name():
            self.say("Select one layer to rename it.")

    def explain(self) -> None:
        """Show what the selected layer does."""
        self.show_panel("inspector")
        if not self.inspector.show_help():
            self.say("Select a layer to see what it does.")

    def travel(self, path: str) -> None:
        """Show a node on the canvas and select it; a path such as ``block1/conv2`` leads into the block."""
        if path:
            self.select_at(MAIN, path)

    def select_at(self, where: str, name: str) -> None:
        if self.canvas.where != where:
            self.canvas.where = where
        self.canvas.reveal(name)
        self._keys_to_canvas()

    def _keys_to_canvas(self) -> None:
        self.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def new_window(self) -> None:
        """Another window, which begins with the start page."""
        self.windows.open(beside=self, start_page=True)

    @cached_property
    def command_box(self) -> CommandBox:
        """The command palette, made when it is first asked for."""
        from app.ui.command_palette.box import CommandBox

        return CommandBox(self)

    def show_keys(self) -> None:
        """What to press for what."""
        dialogs.show_keys(self)

    def show_doctor(self) -> None:
        """What works on this machine."""
        from app.ui.doctor.dialog import DoctorDialog

        DoctorDialog(self).open()

    def show_about(self) -> None:
        """Version and parts."""
        dialogs.show_about(self, self.session.device)

    def choose_theme(self, name: str) -> None:
        """Show the program in another theme, also next time."""
        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, name)
        for other in self.windows.others(self):
            other.menus.themes[name].setChecked(True)
        self.settings.change(theme=name)

    # Arrangement, first paint and end

    def _pack(self, compact: bool) -> None:
        """Set the names of the menus closer in a narrow window, so that all of them are there."""
        theme.dress_narrow(self.menuBar(), compact)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.docks.adapt_soon()

    def _restore_arrangement(self) -> None:
        kept = self.settings.values
        screen = QGuiApplication.primaryScreen().availableGeometry()
        # A window manager adds its title bar to this height; on a small screen the status bar must not fall off.
        self.resize(FIRST_SIZE.boundedTo(screen.size() - QSize(0, TITLE_BAR)))
        if kept.geometry:
            self.restoreGeometry(QByteArray(kept.geometry))
        if not kept.arrangement:
            self.docks.share_room()
        elif not self.docks.restore(kept.arrangement):
            self.docks.arrange()

    def createPopupMenu(self) -> QMenu:
        """What a right click on a tab or title bar offers."""
        menu = QMenu(self)
        menu.addActions(self.docks.actions())
        menu.addSeparator()
        menu.addAction(self.actions_table["reset_arrangement"])
        return menu

    def after_first_paint(self) -> None:
        """Do what can wait until the window is seen: torch loads beside it, drawing already works."""
        self.complete()
        self.session.load_torch()
        from app.ui import crash_recovery

        crash_recovery.offer(self, self.own_layers.ask)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.repeats.watch(self.windowHandle())

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close only when no training is on and nothing unsaved would be lost."""
        self.canvas.popups.close()  # what is being written in a note counts as unsaved, too
        if not self._may_close:
            self.windows.closing(self)
        if not self._may_close and (self.session.busy or self.qdocument.document.dirty):
            event.ignore()
            self.files.when_safe(self._close_now)
            return
        self.settings.change(geometry=bytes(self.saveGeometry().data()), arrangement=self.docks.saved())
        self.hide()  # a worker may need a moment to end, and nobody should look at a window that does not answer
        self.session.close()
        self.memory.close()
        self.real_weights.close()
        self.outside.close()
        self.autosave.close()
        event.accept()
        self.windows.left(self)

    def _close_now(self) -> None:
        self._may_close = True
        self.close()
