"""The panel of sweeps and races: what varies, the buttons, a table and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QScrollArea, QSpinBox, QWidget

from app.core.document import Change
from app.core.storage.files import UnreadableDrawing, open_project
from app.core.variants.drawings import spoken
from app.training.comparability import unlike
from app.training.comparison import differences, in_short
from app.training.sweeping.ranking_words import ranked_by
from app.training.sweeping.results import is_higher_better
from app.training.sweeping.variant_outcome import happened
from app.ui import icons, scale
from app.ui.canvas.node_words import plural
from app.ui.dialogs import choose_file
from app.ui.flow import FlowLayout, FlowPanel
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import FactLine, TintedLabel, button
from app.ui.layouts import column, row
from app.ui.pace import later
from app.ui.sweep import inks
from app.ui.sweep.axes_form import AxesForm
from app.ui.sweep.desk import BY_RESULTS, SweepDesk
from app.ui.sweep.path_picture import PathPicture
from app.ui.sweep.pictures import HeatMap, ParallelCoordinates, SweepCurves, SweepPicture
from app.ui.sweep.rows_table import RowsTable

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

EMPTY = (
    "A sweep trains variants of the drawing and tells which is best: choose a setting, give it values, press Vary, "
    "then Start. A race trains up to eight side by side, batch by batch. Right-click a setting anywhere for Vary…"
)
_WAYS = (
    ("every combination", "grid"),
    ("some by chance", "random"),
    ("by evolution", "evolution"),
    ("chosen by results (Optuna)", "optuna"),
)
_ROOMY = 300  # pixels at 100 %, from which the panel has room for more than the table
_BESIDE = 800  # pixels at 100 %, from which table and picture stand beside each other
_TABLE = "Table"
_SOON = 150  # milliseconds between two paints of everything


class SweepPanel(FlowPanel):
    """Follows the desk of one window."""

    def __init__(self, window: BaseWindow, desk: SweepDesk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._window, self.desk = window, desk
        self._selected: int | None = None
        self._changes: dict[int, str] = {}
        self._apart: dict[int, str] = {}  # why a variant cannot be compared with the first one
        self._sorted: set[int] = set()
        self._begun = False
        self._wanted = False  # Start was pressed, and torch is still loading
        self._refused = ("", "")  # a sentence that holds as long as a training is on, and what stood there before
        self.form = AxesForm(window.qdocument, self._count, self._say)
        self.way = CalmCombo("Which combinations are tried", "Which combinations of the values are tried", _WAYS)
        self.way.setMinimumContentsLength(14)
        self.way.currentIndexChanged.connect(lambda _: self._count())
        self.tries = QSpinBox(minimum=2, maximum=2000, value=20)
        self.tries.setAccessibleName("How many tries")
        self.tries.setToolTip("How many variants are tried")
        self.tries.valueChanged.connect(lambda _: self._count())
        self.race = QCheckBox("Race")
        self.race.setToolTip("Train side by side, batch by batch, to be paused and stepped together: 2 to 8 runners")
        self.race.toggled.connect(lambda _: self._count())
        self.against = button("Against…", "Let another drawing take part in the race", self._add_drawing)
        self.start_button = button("Start", "Train all variants", self._start, "train")
        self.pause_button = button("Pause", "Hold all after the batch in hand, or go on", desk.pause, "pause")
        self.step_button = button("Step", "One batch of every runner", desk.step, "step")
        self.stop_button = button("Stop", "End it; what was trained is kept", desk.stop, "stop")
        self.again_button = button("Go on", "Continue what was stopped", lambda: self._refuse(desk.go_on()))
        self.open_button = button(
            "Open", "Show the selected variant, or the best, as a drawing with its run", self._open
        )
        self.show_what = CalmCombo("What is shown", "What is shown beside the table")
        self.show_what.ask_for_all()
        self.first, self.second = (CalmCombo(words, words) for words in ("Setting across", "Setting down"))
        for box in (self.first, self.second):
            box.setMinimumContentsLength(8)
            box.activated.connect(lambda _: self._pair())
        self.table = RowsTable()
        self.losses, self.scores = SweepCurves("Loss"), SweepCurves("Result")
        self.parallel, self.heat, self.path = ParallelCoordinates(), HeatMap(), PathPicture()
        self.pictures: dict[str, QWidget] = {
            "Loss": self.losses,
            "Result": self.scores,
            "Path": self.path,
            "Parallel coordinates": self.parallel,
            "Heat map": self.heat,
        }
        self.words = TintedLabel(EMPTY, "text.soft", wrap=True)
        self.line = FactLine("text.soft")
        self.ranking = FactLine("text.soft")
        self.ranking.hide()
        self._build()
        self.table.chosen.connect(self._choose)
        self.table.opened.connect(lambda _: self._open())
        for each in (self.losses, self.scores, self.parallel, self.heat, self.path):
            each.chosen.connect(self._choose)
        self._later = later(self, self._refresh, _SOON)
        self._reveal = later(self, self._show_results, 2 * _SOON)  # when rows and fields stand where they stay
        desk.changed.connect(self._soon)
        desk.state_changed.connect(lambda _state: self._arrange())
        desk.said.connect(self._say)
        desk.state_changed.connect(lambda _state: self._show_buttons())
        desk.state_changed.connect(self._ended)
        window.session.state_changed.connect(self._training_ended)
        window.session.torch_ready.connect(self._torch_came)
        window.session.said.connect(lambda _words: self._torch_failed())
        window.qdocument.changed.connect(self._on_document)
        self._count()
        self._show_buttons()

    def _build(self) -> None:
        flow = FlowLayout()
        for part in (*self.form.parts(), self.way, self.tries, self.race):
            flow.addWidget(part)
        controls = (self.start_button, self.pause_button, self.step_button, self.stop_button, self.again_button)
        # Behind Start, which would else be another button when Race is ticked.
        for part in (*controls, self.against, self.open_button, self.show_what, self.first, self.second, self.line):
            flow.addWidget(part)  # the line where there is room: else it takes that of a row of the table
        beside = row((self.table, 3), *((picture, 2) for picture in self.pictures.values()), spacing=8)
        below = (flow, self.form.chips, self.words, (beside, 1), self.ranking, 0)
        column(*below, of=self, margins=(10, 6, 10, 6), spacing=4)
        for picture in self.pictures.values():
            picture.hide()
        self.show_what.currentTextChanged.connect(lambda _: self._arrange())
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._arrange()
        else:
            self._show_ranking(self.ranking.full_text)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.form.name.currentText():
            self.form.offer_first()
        self._soon()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._later.stop()

    # What varies

    def vary(self, name: str) -> None:
        """Put a setting into the fields, with values that are worth a try."""
        self.form.suggest(name)
        self._say(f"Change the values of {spoken(self._window.qdocument.project, name)} if you like, then press Vary.")

    def _count(self) -> None:
        """Say how many variants there are."""
        way, race = self.way.currentData(), self.race.isChecked()
        self._show_fields()
        from app.core.variants.axes import count_of

        if not self.form.axes and not self.form.others:
            if not self.desk.table.rows:
                self._say(EMPTY)
            return
        every = way == "grid" or (race and way in BY_RESULTS)
        count = count_of(self.form.axes) if every else self.tries.value()
        count += len(self.form.others)
        self._say(f"{plural(count, 'runner' if race else 'variant')}. Start trains {'it' if count == 1 else 'them'}.")

    def _show_fields(self) -> None:
        """Those that count for what is chosen."""
        way, race = self.way.currentData(), self.race.isChecked()
        self.tries.setVisible(way != "grid" and not (race and way in BY_RESULTS))
        self.against.setVisible(race)

    def _add_drawing(self) -> None:
        place = self._window.files.folder()
        choose_file(self, "Race against", place, "Drawings (*.netloom)", self._take_drawing)

    def _take_drawing(self, path: Path) -> None:
        try:
            project = open_project(path).project
        except UnreadableDrawing as reason:
            self._say(str(reason))
            return
        name = path.parent.name if path.name == "drawing.netloom" else path.stem
        self.form.add_drawing(name, project)

    # Training

    def _start(self) -> None:
        if self.form.values.isModified() and self.form.values.text().strip():
            self.form.add()  # typed, and not taken with Vary
            if self.form.values.text().strip():
                return
        session = self._window.session
        if not session.torch_loaded and not session.torch_failure:
            self._wanted = True
            self._say(f"Loading torch. The {'race' if self.race.isChecked() else 'sweep'} begins when it is there.")
            session.load_torch()
            return
        self._selected = None
        self._changes.clear()
        self._apart.clear()
        way = self.way.currentData()
        refusal = self.desk.start(
            self.form.axes, way, self.tries.value(), self.race.isChecked(), tuple(self.form.others)
        )
        if refusal:
            self._refuse(refusal)
        else:
            picture = "Loss" if way == "grid" or self.race.isChecked() else "Path"
            self.show_what.setCurrentText(_TABLE if self._narrow else picture)

    def _torch_came(self) -> None:
        wanted, self._wanted = self._wanted, False
        if wanted:
            self._start()

    def _torch_failed(self) -> None:
        if self._wanted and self._window.session.torch_failure:
            self._wanted = False
            self._say(self._window.session.torch_failure)

    def _on_document(self, change: Change) -> None:
        if change.opened and self._wanted:  # Start was pressed for another drawing
            self._wanted = False
            self._count()

    def _open(self) -> None:
        number = self._selected
        best = self.desk.table.best
        if number is None and best is not None:
            number = best.number
        row = self.desk.table.rows.get(number) if number is not None else None
        if row is None:
            return
        if not (Path(row.folder) / "weights.safetensors").is_file():
            self._say(f"{self.desk.in_words(row).name} has no weights yet. Wait until it has trained for a while.")
            return
        folder = Path(row.folder)
        if "drawing" in row.values and row.values["drawing"] is not None:  # another one took part in a race
            self._window.files.open_run(folder)
        else:
            self._window.when_not_training(lambda: self._window.runs.show_as_trained(folder))

    def _choose(self, number: int) -> None:
        self._selected = number
        self.table.select(number)
        self._refresh()

    # Showing

    def _say(self, text: str) -> None:
        if text:
            self.words.setText(text)
            self.line.say(text)
            self.line.setToolTip(text)

    def _show_ranking(self, sentence: str) -> None:
        """By what the variants are ranked: below the table where that leaves enough rows, and over its result."""
        self.ranking.say(sentence)
        self.ranking.setToolTip(sentence)
        self.table.explain_results(sentence)
        self.ranking.setVisible(bool(sentence) and self.height() >= scale.letters_px(_ROOMY))

    def _refuse(self, sentence: str) -> None:
        """Say why nothing begins. That a training is on is no longer said when it has ended."""
        said = self.words.text()
        if sentence and self._window.session.busy and said != sentence:
            self._refused = (sentence, said)
        self._say(sentence)

    def _training_ended(self, state: str) -> None:
        sentence, before = self._refused
        if state == "idle" and sentence:
            self._refused = ("", "")
            if self.words.text() == sentence:
                self._say(before)

    def _ended(self, state: str) -> None:
        if state == "idle" and self.desk.table.rows:
            self._reveal.start()

    def _show_results(self) -> None:
        """Where the panel scrolls, what came out moves into sight: the fields that come back would push it below."""
        area = self._scrolls_in()
        part = next((each for each in (self.table, *self.pictures.values()) if each.isVisible()), None)
        if area is None or part is None:
            return
        area.ensureWidgetVisible(part, 0, 0)
        whole = area.widget()
        if whole is not None and part.height() > area.viewport().height():  # then its head and the best, not its end
            area.verticalScrollBar().setValue(part.mapTo(whole, QPoint()).y())

    def _scrolls_in(self) -> QScrollArea | None:
        area: QWidget | None = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        return area

    def _show_buttons(self) -> None:
        """Those that count now. Where the one with the keys goes, they go on in the next one, and not to whatever Qt
        finds outside the panel."""
        focus = self.window().focusWidget()  # also while another window is in front
        here = focus is not None and (focus is self or self.isAncestorOf(focus))
        self._show_those_that_count()
        stays = focus is not None and focus is not self and focus.isVisibleTo(self) and focus.isEnabled()
        if here and not stays:
            order: tuple[QWidget, ...] = (self.pause_button, self.again_button, self.start_button, self.table)
            if self.desk.state == "stopping":  # no button is there, and the panel keeps the keys till one is
                order = ()
            next((part for part in order if part.isVisibleTo(self) and part.isEnabled()), self).setFocus()

    def _show_those_that_count(self) -> None:
        state, racing = self.desk.state, self.desk.racing
        on = state in ("running", "paused")
        for part in (*self.form.parts(), self.way, self.race):  # what trains needs the room
            part.setVisible(state == "idle")
        self.form.chips.setVisible(state == "idle" and bool(self.form.axes or self.form.others))
        if state == "idle":
            self._show_fields()
        else:
            self.tries.hide()
            self.against.hide()
        area = self._scrolls_in() if state == "idle" and self._narrow else None
        self.table.fill(area.viewport().height() if area is not None else 0)  # the fields are needed less than the rows
        self.start_button.setVisible(state == "idle")
        self.pause_button.setVisible(on)
        self.pause_button.setText(" Go on" if state == "paused" else " Pause")
        self.pause_button.setAccessibleName("Go on" if state == "paused" else "Pause")
        icons.put(self.pause_button, "train" if state == "paused" else "pause")
        self.step_button.setVisible(on and racing)
        self.stop_button.setVisible(state != "idle")
        self.stop_button.setEnabled(state != "stopping")
        self.again_button.setVisible(state == "idle" and self.desk.stopped)
        self.open_button.setEnabled(self.desk.table.best is not None or self._selected is not None)

    @property
    def _narrow(self) -> bool:
        """Whether there is room for the table or a picture alone."""
        return self.width() < scale.letters_px(_BESIDE)

    def _arrange(self) -> None:
        """Table and picture beside each other, or one of them where there is no room."""
        narrow = self._narrow
        names = [*([_TABLE] if narrow else []), *self.pictures]
        self.show_what.offer(names)
        chosen, begun = self.show_what.currentText(), bool(self.desk.table.rows)
        self.table.setVisible(begun and (not narrow or chosen == _TABLE))
        for name, picture in self.pictures.items():
            picture.setVisible(begun and name == chosen)
        for each in (self.show_what, self.open_button, self.line):
            each.setVisible(begun)
        self.words.setVisible(not begun)
        self.first.setVisible(chosen == "Heat map" and self.first.count() > 2)
        self.second.setVisible(chosen == "Heat map" and self.first.count() > 2)
        self._refresh()

    def _pair(self) -> None:
        one, other = self.first.currentText(), self.second.currentText()
        if one != other:
            self.heat.two = (one, other)
            self._refresh()

    def _soon(self) -> None:
        if self.isVisible() and not self._later.isActive():
            self._later.start()

    def _refresh(self) -> None:
        desk = self.desk
        rows = [desk.in_words(row) for row in desk.table.rows.values()]
        if bool(rows) != self._begun:
            self._begun = bool(rows)
            self._arrange()  # which comes back here
            return
        varied = list(dict.fromkeys(name for row in rows for name in row.values))
        if [self.first.itemText(place) for place in range(self.first.count())] != varied:
            for place, box in enumerate((self.first, self.second)):
                box.clear()
                box.addItems(varied)
                box.setCurrentIndex(min(place, len(varied) - 1))
        colours = {row.number: inks.of_runner(row.number) for row in rows} if len(rows) <= 8 else {}
        if self.table.isVisible():
            for row in rows:
                self._note_change(row.number)
            told = happened(rows, desk.results, self._apart)
            self.table.show_rows(rows, self._changes, colours, told, desk.best)
            self._sort_first()
        self._show_ranking(ranked_by(rows))
        selected = self._selected
        if self.losses.isVisible():
            self.losses.show_courses(rows, desk.losses, selected)
        if self.scores.isVisible():
            self.scores.show_courses(rows, desk.results, selected)
        for picture in (self.parallel, self.heat, self.path):
            if isinstance(picture, SweepPicture) and picture.isVisible():
                picture.show_rows(rows, selected)
        self._show_buttons()

    def _sort_first(self) -> None:
        """A loss is best when it is small; as long as nobody has sorted by another column, the best stands first."""
        best = self.desk.table.best
        header = self.table.header()
        column = header.sortIndicatorSection()
        title = self.table.headerItem().text(column) if self.table.columnCount() else ""
        if best is not None and title == "Result" and not is_higher_better(best.metric):
            if header.sortIndicatorOrder() == Qt.SortOrder.DescendingOrder and best.number not in self._sorted:
                self.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
                self._sorted.add(best.number)

    def _note_change(self, number: int) -> None:
        """What differs between the drawing and a variant, in words; looked up once."""
        wish = self.desk.wish
        if number in self._changes or wish is None or number >= len(wish.variants):
            return
        variant, first = wish.variants[number], wish.variants[0]
        self._changes[number] = in_short(differences(wish.project, variant.project)) or "as drawn"
        why = unlike(first.project, variant.project, (self._called(0), self._called(number)))
        if why:
            self._apart[number] = why

    def _called(self, number: int) -> str:
        row = self.desk.table.rows[number]
        return self.desk.in_words(row).name if row.values else "the drawing"
