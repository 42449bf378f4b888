"""The panel that asks the trained net: a drawing, files, a pasted picture, a text or a row in; bars or numbers out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QWidget,
)

from app.core.graph.model import Project
from app.insight.view import SampleChoice
from app.jobs.messages import Ended, Picture
from app.ui import scale
from app.ui.data.pad import DrawingPad, PixelPreview
from app.ui.data.page_stack import PageOrSentence
from app.ui.dialogs import choose_file, choose_folder
from app.ui.insight.panel import LookPanel
from app.ui.insight.views import NothingToShow, ViewRequest
from app.ui.labels import TintedLabel, button, eliding_button, embolden, text_line
from app.ui.latest_job import LatestJob
from app.ui.layouts import ScrollArea, column, row, turn
from app.ui.predict.asking import PredictionAnswer, PredictionRequest
from app.ui.predict.bars import Bars
from app.ui.predict.pasted import pasted_pixels
from app.ui.predict.reading import of_paths, of_pixels
from app.ui.predict.row_form import RowForm
from app.ui.predict.words import caption_words, headline, show_answer
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api import cut
from nodes.reading.tables_days import date_names

if TYPE_CHECKING:
    from app.training.net_inputs import Sample

EMPTY = (
    "Here a trained network says what it takes something for: a picture you draw, a file you drop, a text or a row of "
    "numbers. Train this drawing first, or go on with one of its runs."
)
DROP = "Drop files on this panel, or press Ctrl+V to paste."
READING = "Reading {name}…"
NARROW = 800  # of the panel
NARROWEST = 480
FIRST_ROW = 176  # in a narrow one: what is given and what is said are seen without scrolling
_KEY = "predict"
_MADE = 176  # the side of an answer that is a picture
_PAD, _WORDS, _ROW, _NONE = range(4)


class PredictPanel(LookPanel):
    """``train_wanted`` and ``runs_wanted`` are pressed where nothing is trained yet."""

    train_wanted = Signal()

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self._question: PredictionRequest | None = None  # None before anything was given: a validation sample
        self._samples: list[Sample] = []
        self._coming: list[Sample] = []  # what is being read
        self._trouble = ""  # why that could not be read
        self._more = ""  # what of it is not shown
        self._job = LatestJob(session.runner, self, self._take_read, self._read_ended)
        self.answer: PredictionAnswer | None = None
        self._typed = False  # the row is somebody's own, not that of the sample
        self._invert: bool | None = None
        self._make_parts()
        self._build()
        session.model_ready.connect(self.ask)
        session.state_changed.connect(self.ask)
        session.sample_changed.connect(self.ask)
        session.torch_ready.connect(self.ask)
        self._show_state()

    # What it is made of

    def _make_parts(self) -> None:
        self.pad = DrawingPad()
        self.pad.changed.connect(self._drawn)
        self.clear = eliding_button("Clear", "Draw anew (Delete)", self.pad.clear)
        self.how = TintedLabel(DROP, "text.soft", wrap=True)
        words = "in words of its training"
        self.text = text_line("Write a line of text", "Text for the network", f"A line of text, {words}")
        self.text.textEdited.connect(self._written)
        asked = f"What the network is asked about the picture, {words}"
        self.question = text_line("A question about it", "Question about the picture", asked)
        self.question.textEdited.connect(lambda _: self._put(self._question))
        self.question.hide()
        self.form = RowForm()
        self.form.edited.connect(self._typed_in)
        self.open_file = eliding_button("Open a file…", "Pictures, a table, or whatever it was trained on", self._open)
        self.open_folder = eliding_button("Open a folder…", "All that lies in a folder", self._open_folder)
        self.paste_button = eliding_button("Paste", "What is in the clipboard (Ctrl+V)", self.paste)
        self.sample_button = eliding_button("A sample of the data", "The validation sample of all views", self._back)
        tip = "All views look at this sample, as at one of the data"
        self.show_in_views = eliding_button("Show in views", tip, self._show_in_views)
        self.show_in_views.hide()
        self.list = QListWidget()
        self.list.setAccessibleName("Answers")
        self.list.setToolTip("Each file with what the network says; choose one to see its bars")
        self.list.currentRowChanged.connect(self._picked)
        self.title = TintedLabel("", "text", wrap=True)
        embolden(self.title)
        self.seen = PixelPreview()
        self.seen.setToolTip("What the network gets")
        self.said = TintedLabel("", "text.soft", wrap=True)
        self.invert = QCheckBox("Invert")
        self.invert.setToolTip("Exchange dark and light, where the training pictures are the other way round")
        self.invert.clicked.connect(self._inverted)
        self.invert.hide()  # until it is known whether that makes sense
        self.bars = Bars()
        self.made = PixelPreview(scale.px(_MADE))
        self.made.setToolTip("What the network answers")
        self.made.setAccessibleName("The answer as a picture")
        self.made.hide()
        self.train = button("Train", "Train the drawing (F5)", self.train_wanted.emit, "train")

    def _build(self) -> None:
        self._inputs = QStackedWidget()
        text_page = QWidget()
        column(self.text, 1, of=text_page)
        for page in (self.pad, text_page, self.form, QWidget()):
            self._inputs.addWidget(page)
        self._ways = QWidget()
        self._pairs = [row(self.clear, self.paste_button, spacing=6), row(self.open_file, self.open_folder, spacing=6)]
        self._below = column(
            self.question,
            *(row(pair, 1) for pair in self._pairs),
            row(self.sample_button, 1),
            self.how,
            1,
            of=self._ways,
            spacing=6,
        )
        answers = QWidget()
        row(column(self.made, 1), (self.bars, 1), of=answers, spacing=10)
        self._scroll = ScrollArea(answers)
        facts = QWidget()
        column(
            row(self.seen, 1), self.title, self.said, row(self.invert, self.show_in_views, 1), 1, of=facts, spacing=4
        )
        self._facts = ScrollArea(facts)
        full = QWidget()
        self._grid = QGridLayout(full)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(10)
        self._columns = 0
        self.list.hide()
        self._stack = PageOrSentence(full, row(1, self.train, 1))
        self.message = self._stack.message
        column((self._stack, 1), of=self, margins=(10, 6, 8, 6))
        self._arrange(len(self._parts))  # until it is known how wide it is: they belong to the panel from the start

    @property
    def _parts(self) -> tuple[QWidget, ...]:
        return (self._inputs, self._ways, self.list, self._facts, self._scroll)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow, narrowest = (self.width() < scale.letters_px(most) for most in (NARROW, NARROWEST))
        self._arrange(2 if narrowest else 3 if narrow else len(self._parts))

    def _arrange(self, columns: int) -> None:
        """All side by side; in a narrow panel what is given, the buttons and what is said, and the rest below; in a
        very narrow one the buttons below, too."""
        if columns == self._columns:
            return
        self._columns = columns
        for part in (*self._parts, self.how):
            self._grid.removeWidget(part)
        narrow = columns < len(self._parts)
        if narrow:
            self._grid.addWidget(self._inputs, 0, 0)
            self._grid.addWidget(self._ways, *((0, 1) if columns == 3 else (1, 0)))
            self._grid.addWidget(self._scroll, 0, columns - 1)
            self._grid.addWidget(self._facts, 1, columns - 1)
            self._grid.addWidget(self.list, 2, 0, 1, columns)
        for place, part in enumerate(() if narrow else self._parts):
            self._grid.addWidget(part, 0, place)
        for pair in self._pairs:
            turn(pair, narrow)  # side by side they would take the width that the bars need
        if columns == 3:  # beside what is given, there is room for the buttons alone
            self._below.removeWidget(self.how)
            self._grid.addWidget(self.how, 1, 0, 1, 2, Qt.AlignmentFlag.AlignTop)
        else:
            self._below.insertWidget(self._below.count() - 1, self.how)
        self.how.came_elsewhere()
        shares = {2: (1, 1), 3: (7, 7, 10)}.get(columns, (5, 5, 5, 4, 7))
        for place in range(len(self._parts)):
            self._grid.setColumnStretch(place, shares[place] if place < len(shares) else 0)
        for place in (0, 1):
            self._grid.setRowMinimumHeight(place, scale.letters_px(FIRST_ROW) if narrow else 0)
        self.list.setMinimumHeight(scale.letters_px(90) if narrow else 0)

    # What is asked

    @property
    def trained(self) -> Project | None:
        """The drawing whose net answers: the one that trains, or was trained last; None where there is none."""
        session = self.session
        if session.busy and session.run is not None:
            return session.run.project
        return session.trained.project if session.trained is not None else None

    def wanted(self) -> dict[str, ViewRequest | None]:
        if self.trained is None or self._job.on or self._trouble:
            return {_KEY: None}
        question = self._question
        if question is None:
            question = self._of_data()
        return {_KEY: question}

    def _of_data(self) -> PredictionRequest:
        """The question about the sample that everybody looks at; the same one as long as that is the same."""
        number, chosen = self.session.sample, self.session.chosen
        question = self.question.text()
        last = self._sampled
        if last is None or (last.sample, last.chosen, last.question) != (number, chosen, question):
            last = self._sampled = PredictionRequest(sample=number, chosen=chosen, question=question)
        return last

    _sampled: PredictionRequest | None = None

    def ask(self) -> None:
        self._show_state()
        super().ask()

    def node_changed(self) -> None:
        """Which layer is selected says nothing here; the drawing may have become another one."""
        self.ask()

    def forget(self) -> None:
        super().forget()
        self._job.let_go()
        self._samples, self._question, self._sampled = [], None, None
        self._trouble = self._more = ""
        self.answer, self._typed, self._invert = None, False, None
        with QSignalBlocker(self.pad):
            self.pad.clear()
        self.text.clear()
        self.question.clear()
        self.list.clear()
        self.list.hide()
        self.bars.clear()
        self.title.setText("")
        self.said.setText("")
        self._show_state()

    def _show_state(self) -> None:
        self._stack.say("" if self.trained is not None else self.session.torch_failure or EMPTY)

    def _put(self, question: PredictionRequest | None) -> None:
        question = replace(question, question=self.question.text()) if question is not None else None
        self._question, self._trouble = question, ""
        self.ask()

    # What is given

    def _drawn(self) -> None:
        self._job.let_go()
        if self.pad.empty:
            self._back()
            return
        self._forget_files()
        self._put(PredictionRequest(ink=self.pad.ink()))

    def _written(self, text: str) -> None:
        self._forget_files()
        self._put(PredictionRequest(text=text) if text.strip() else None)

    def _typed_in(self) -> None:
        self._forget_files()
        self._typed = True
        self._put(PredictionRequest(row=self.form.values()))

    def _back(self) -> None:
        """A sample of the data again."""
        self._job.let_go()
        self._forget_files()
        self._typed = False
        self._put(None)

    def _forget_files(self) -> None:
        self._samples, self._invert = [], None
        self.list.hide()

    def _picked(self, place: int) -> None:
        if self._samples and place >= 0 and (self._question is None or self._question.shown != place):
            self._ask_files(place)

    def _inverted(self, on: bool) -> None:
        self._invert = on
        self._ask_files(self.answer.shown if self.answer is not None else 0)

    def _ask_files(self, shown: int) -> None:
        if self._samples:
            self._put(PredictionRequest(samples=tuple(self._samples), shown=shown, invert=self._invert))

    def _open(self) -> None:
        choose_file(
            self, "What does the network say?", Path.home(), "All files (*)", lambda path: self.take_paths((path,))
        )

    def _open_folder(self) -> None:
        choose_folder(self, "All that lies in a folder", Path.home(), lambda path: self.take_paths((path,)))

    def takes(self, place: QPoint) -> bool:
        """Whether files that are dropped at this place of the screen are for the net."""
        inside = self.in_sight and self.visibleRegion().contains(self.mapFromGlobal(place))
        return inside and self.trained is not None

    def take_paths(self, paths: Sequence[Path]) -> None:
        """Ask about these files and folders."""
        project = self.trained
        if project is not None and paths:
            self._read(cut(paths[0].name, 60), partial(of_paths, project, tuple(paths)))

    def paste(self) -> None:
        """Ask about what is in the clipboard: files, a picture, or a text."""
        data, project = QGuiApplication.clipboard().mimeData(), self.trained
        if project is None:
            return
        if data.hasUrls() and any(url.isLocalFile() for url in data.urls()):
            self.take_paths([Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()])
        elif data.hasImage():
            image = QGuiApplication.clipboard().image()
            if not image.isNull():
                self._read("the pasted picture", partial(of_pixels, project, pasted_pixels(image)))
        elif data.hasText() and self.answer is not None and (self.answer.line or self.answer.reads.question):
            line = self.text if self.answer.line else self.question
            line.setText(" ".join(data.text().split()))
            line.textEdited.emit(line.text())
        else:
            self._say("There is neither a picture nor a file in the clipboard. Copy one and paste it here.")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Paste):
            self.paste()
        else:
            super().keyPressEvent(event)

    def _show_in_views(self) -> None:
        """Let every view look at what was drawn, opened or typed."""
        answer = self.answer
        if answer is not None and answer.values is not None:
            self._shown_outside -= 1
            name = answer.predictions[answer.shown].name
            self.session.choose_of_data(SampleChoice(self._shown_outside, name, values=answer.values))

    _shown_outside = 0  # the number of the last one, below 0

    # Reading, in a job

    def _read(self, name: str, work: Any) -> None:
        self._job.let_go()
        self._coming = []
        self._trouble = self._more = ""
        self._invert = None
        self._say(READING.format(name=name))
        self._job.start(work)
        self.ask()

    def _take_read(self, picture: Picture) -> None:
        if picture.key == "trouble":
            self._trouble = picture.content
        elif picture.key == "more":
            self._more = picture.content
        else:
            self._coming.append(picture.content)

    def _read_ended(self, ended: Ended) -> None:
        if not self._coming:
            self._samples = []
            self._trouble = self._trouble or ended.sentence or "Nothing was read."
            self._say(self._trouble)
            self.ask()
            return
        self._samples, self._trouble = self._coming, ""
        self._ask_files(0)

    # What it says

    def take(self, key: str, content: object) -> None:
        if isinstance(content, NothingToShow):
            self._say(content.sentence)
        elif isinstance(content, PredictionAnswer):
            self._show(content)

    def _say(self, sentence: str) -> None:
        """A sentence in the place of an answer."""
        self.bars.clear()
        self.made.hide()
        self.seen.show_pixels(None)
        self.title.setText("")
        self.said.setText(sentence)
        self.invert.hide()
        self.show_in_views.hide()
        self.list.setVisible(len(self._samples) > 1)

    def _show(self, answer: PredictionAnswer) -> None:
        self.answer = answer
        self.show_in_views.setVisible(answer.values is not None)
        kind = answer.reads.kind
        page = _WORDS if answer.line else {"picture": _PAD, "asked": _PAD, "numbers": _ROW}.get(kind, _NONE)
        self._inputs.setCurrentIndex(page)
        self._inputs.setVisible(page != _NONE)
        self.clear.setVisible(page == _PAD)
        self.question.setVisible(kind == "asked")
        if kind == "numbers":
            from app.insight.typed_samples import row_names

            trained = answer.reads.trained
            self.form.ask_for(row_names(answer.reads), date_names(trained.settled) if trained is not None else {})
        self._show_list(answer)
        if not answer.predictions:
            self._say("Draw something, open a file, or paste.")
            return
        shown = answer.predictions[answer.shown]
        self.seen.setVisible(answer.picture is not None)
        self.seen.show_pixels(answer.picture)
        self.invert.setVisible(answer.inverted is not None)
        self.invert.setChecked(bool(answer.inverted))
        said = [answer.said, self._more if self._samples else "", caption_words(answer.caption)]
        drawn = self._question is not None and self._question.ink is not None
        self.how.setText(answer.said if drawn else DROP)
        if drawn:  # it stands beside the pad
            said[0] = ""
        self.said.setText(" ".join(each for each in said if each))
        if shown.trouble:
            self.bars.clear()
            self.made.hide()
            self.title.setText(shown.trouble)
            return
        self.title.setText(f"{cut(shown.name, 60)}: {headline(shown)}")
        self.made.setVisible(answer.made is not None)
        self.made.show_pixels(answer.made)
        show_answer(self.bars, shown, answer.words)
        if kind == "numbers" and answer.row is not None and not self._typed:
            self.form.show_values(answer.row)

    def _show_list(self, answer: PredictionAnswer) -> None:
        several = len(self._samples) > 1
        self.list.setVisible(several)
        if not several:
            return
        lines = [f"{cut(each.name, 40)}: {headline(each)}" for each in answer.predictions]
        with QSignalBlocker(self.list):
            while self.list.count() > len(lines):
                self.list.takeItem(self.list.count() - 1)
            for place, line in enumerate(lines):
                if place == self.list.count():
                    self.list.addItem(QListWidgetItem())
                item = self.list.item(place)
                if item.text() != line:
                    item.setText(line)
                    item.setToolTip(answer.predictions[place].trouble or line)
            self.list.setCurrentRow(answer.shown)
