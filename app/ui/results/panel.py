"""The panel Results: how good the answers of the net are, while it trains and afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTabBar, QToolButton, QWidget

from app.insight.view import PART_WORDS, SampleChoice
from app.jobs.messages import Ended, Picture
from app.ui import scale, theme
from app.ui.data.page_stack import PageStack
from app.ui.insight.panel import LookPanel
from app.ui.insight.views import NothingToShow, ViewRequest
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import ElidedLabel, TintedLabel, button
from app.ui.latest_job import LatestJob
from app.ui.layouts import column, row, turn
from app.ui.qdocument import QDocument
from app.ui.results.asking import JudgementAnswer, JudgeOf, compare, make_harder
from app.ui.results.pages import ClassesPage, HarderPage, HardestPage, MatrixPage, NumbersPage, SurePage, WordsPage
from app.ui.results.slices import FIRST, SlicesPage, slice_up
from app.ui.results.slices import LATER as SLICED_LATER
from app.ui.session import Session
from nodes.api import cut
from nodes.api.words import figure

if TYPE_CHECKING:
    from app.training.judging.baselines import Baselines
    from app.training.judging.slices import Slice

KEY = "results"
EMPTY = (
    "Train the network (F5), and here you see how good it is: which class it takes for which, or how far its numbers "
    "are from the true ones, its hardest samples, whether it is as often right as it is sure, and what one would get "
    "without a net."
)
WAITING = "The answers come in a moment."
COMPARING = "What one would get without a net is being computed…"
LATER = "What one would get without a net is computed when the training has ended."
PARTS = ("validation", "train", "test")
MATRIX, CLASSES, NUMBERS, HARDEST, SURE, HARDER, WORDS, SLICES = range(8)
_NARROW = 720
_BETWEEN = " · "  # facts
MOST_MOMENTS = 64  # losses of the samples that are remembered, while the training goes on


class ResultFacts(ElidedLabel):
    """One line of facts, of which the last ones are left out where there is no room for all; the tooltip has them."""

    def _cut(self, width: int) -> str:
        shown = self._full.split(_BETWEEN)
        while shown and self.fontMetrics().horizontalAdvance(_BETWEEN.join(shown)) > width - 2:
            del shown[-1]
        return _BETWEEN.join(shown)


class ResultsPanel(LookPanel):
    """Asks for the answers to the samples of a part while somebody can see it. ``samples_wanted`` carries the source,
    the numbers of its samples and what they are; the test part is asked for by nobody but the user."""

    samples_wanted = Signal(str, object, str)

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(session, qdocument, parent)
        self.shown: JudgementAnswer | None = None
        self.baselines: Baselines | None = None
        self._compared: tuple[object, ...] | None = None  # what the baselines are of
        runner = session.runner
        self._comparing = LatestJob(runner, self, self._take_baselines, self._compare_ended)
        self._hardening = LatestJob(runner, self, self._take_harder, self._harder_ended)
        self._slicing = LatestJob(runner, self, self._take_slices, self._slice_ended)
        self._sliced: tuple[object, ...] | None = None  # what the slices are of
        self._round = 0
        self._moments: list[tuple[float, dict[int, float]]] = []
        self.parts = CalmCombo(
            "Part",
            "Of which samples: the test part is not touched until you choose it",
            ((f"{PART_WORDS[name].capitalize()} part", name) for name in PARTS),
        )
        self.parts.ask_for_all()
        self.parts.currentIndexChanged.connect(self._another_part)
        self.pages = QTabBar()
        for scrolling in self.pages.findChildren(QToolButton):  # where the panel is too narrow for all of them
            scrolling.setToolTip("More pages")
        self.pages.setDrawBase(False)
        self.pages.setExpanding(False)
        self.pages.setUsesScrollButtons(True)
        self.pages.setAccessibleName("What to see of the results")
        self.sentence = ResultFacts()
        self.matrix, self.classes, self.numbers = MatrixPage(), ClassesPage(), NumbersPage()
        self.hardest, self.sure, self.harder, self.words = HardestPage(), SurePage(), HarderPage(), WordsPage()
        self.slices = SlicesPage()
        self.content = PageStack()
        self._tabs: list[tuple[str, str]] = []
        for title, tip, page in (
            ("Matrix", "Which class is taken for which; a click opens the samples", self.matrix),
            ("Classes", "Recall, precision and F1 of each class", self.classes),
            ("Predicted", "Predicted against true, and the residuals", self.numbers),
            ("Hardest", "The samples with the largest losses: wrong labels first", self.hardest),
            ("Sureness", "Is it as often right as it is sure? And when had it better not answer?", self.sure),
            ("Harder", "How the answers become worse with noise and rotation", self.harder),
            ("In words", "An evaluation in words, with intervals, beside what needs no net", self.words),
            ("Slices", "Results by brightness, size, length or a column of the table", self.slices),
        ):
            self.content.addWidget(page)
            self._tabs.append((title, tip))
        self._show_tabs((MATRIX, CLASSES, SLICES, HARDEST, SURE, HARDER, WORDS))
        self.message = TintedLabel(EMPTY, "text", wrap=True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.train = button("Train", "Train the drawing (F5)", session.train, "train")
        nothing = self._nothing = QWidget()
        column(1, self.message, row(1, self.train, 1), 1, of=nothing, spacing=8)
        self.content.addWidget(nothing)
        self._head = row(row(self.parts, (self.pages, 1), spacing=8), (self.sentence, 1), spacing=8)
        column(self._head, (self.content, 1), of=self, margins=(10, 6, 8, 6), spacing=4)
        self.pages.currentChanged.connect(self._page_chosen)
        self.matrix.chosen.connect(self._open_cell)
        self.hardest.pointed.connect(self._point)
        self.harder.wanted.connect(self._make_harder)
        self.slices.chosen.connect(self._open_slice)
        session.model_ready.connect(self._other_net)
        session.state_changed.connect(self._state_changed)
        self._say(EMPTY)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < scale.letters_px(_NARROW)
        turn(self._head, narrow)
        theme.dress_narrow(self.pages, narrow)

    # What is asked for

    @property
    def part(self) -> str:
        """Of which samples."""
        part: str = self.parts.currentData()
        return part

    @property
    def _folder(self) -> Path | None:
        session = self.session
        if session.busy and session.run is not None:
            return session.run.folder
        return session.trained.run if session.trained is not None else None

    @property
    def _something(self) -> bool:
        """Whether there is a net that has learned something, or is about to."""
        return self.session.busy or self.session.trained is not None

    def wanted(self) -> dict[str, ViewRequest | None]:
        return {KEY: JudgeOf(self.part, self._folder, self._round) if self._something else None}

    def ask(self) -> None:
        super().ask()
        if not self._something:
            self._say(EMPTY)
        elif self.shown is None:
            self._say(WAITING)
        elif self._seen:
            self._compare()

    def forget(self) -> None:
        self.shown = None
        self._moments.clear()
        self.baselines, self._compared = None, None
        self.harder.clear()
        with QSignalBlocker(self.parts):
            self.parts.setCurrentIndex(0)
        self._say(EMPTY if not self._something else WAITING)

    def _other_net(self) -> None:
        self._round += 1
        self.harder.clear()
        self.ask()

    def _another_part(self) -> None:
        self.shown = None
        self._moments.clear()
        self.baselines, self._compared = None, None
        self.harder.clear()
        self.ask()

    def _state_changed(self, state: str) -> None:
        if state == "starting":
            self._moments.clear()
            self.baselines, self._compared = None, None
        self.harder.start.setEnabled(state == "idle")
        self.train.setVisible(state == "idle")
        self.ask()

    # What came

    def take(self, key: str, content: object) -> None:
        if isinstance(content, JudgementAnswer):
            self._show(content)
        elif isinstance(content, NothingToShow):
            self.shown = None
            self._say(content.sentence)

    def _show(self, shown: JudgementAnswer) -> None:
        answers = shown.judgement.answers
        if answers.part != self.part:
            return
        first = self.shown is None or self.shown.judgement.answers.kind != answers.kind
        self.shown = shown
        if shown.live:
            self._remember(shown)
        if first:
            self._offer(answers.kind, answers.confusion is not None, answers.labels is not None)
        self._show_page()
        self._say_result()
        self._compare()

    def _offer(self, kind: str, counted: bool, labels: bool) -> None:
        """The pages that fit the answers."""
        first = (MATRIX, CLASSES) if counted else (CLASSES,) if labels else ()
        of_classes = (*first, SLICES, HARDEST, SURE, HARDER, WORDS)
        of_kind = {"classes": of_classes, "numbers": (NUMBERS, SLICES, HARDEST, HARDER, WORDS)}
        self._show_tabs(of_kind.get(kind, (HARDEST, WORDS)))

    def _show_tabs(self, pages: Sequence[int]) -> None:
        """These and no others; hidden ones would leave a gap. The page that is seen stays, if it is among them."""
        if [self.pages.tabData(at) for at in range(self.pages.count())] == list(pages):
            return
        current = self.page
        with QSignalBlocker(self.pages):
            while self.pages.count():
                self.pages.removeTab(0)
            for page in pages:
                title, tip = self._tabs[page]
                at = self.pages.addTab(title)
                self.pages.setTabToolTip(at, tip)
                self.pages.setTabData(at, page)
            self.pages.setCurrentIndex(list(pages).index(current) if current in pages else 0)

    @property
    def page(self) -> int:
        """The page that is chosen."""
        found = self.pages.tabData(self.pages.currentIndex())
        return int(found) if found is not None else MATRIX

    def _remember(self, shown: JudgementAnswer) -> None:
        """The losses of the samples at this moment of the training; of many moments every second one goes."""
        answers = shown.judgement.answers
        at = float(len(self._moments))
        losses = dict(zip(answers.numbers.tolist(), answers.losses.tolist(), strict=True))
        words = shown.caption.rsplit(" ", 1)[-1]  # in epoch 3
        epoch = float(words) if words.isdigit() else at
        if self._moments and self._moments[-1][0] == epoch:
            self._moments[-1] = (epoch, losses)
        else:
            self._moments.append((epoch, losses))
        if len(self._moments) > MOST_MOMENTS:
            del self._moments[1::2]

    def _say_result(self) -> None:
        shown = self.shown
        if shown is None:
            return
        answers, found = shown.judgement.answers, shown.judgement.intervals
        some = f" of {answers.whole:,}" if answers.count < answers.whole else ""
        said = []
        if "accuracy" in found:
            each = found["accuracy"]
            said.append(f"{100 * each.value:.1f} % right (95 %: {100 * each.low:.1f} to {100 * each.high:.1f})")
        elif "mae" in found:
            each = found["mae"]
            said.append(f"off by {figure(each.value)} (95 %: {figure(each.low)} to {figure(each.high)})")
            if "r2" in found:
                said.append(f"R² {found['r2'].value:.3f}".replace("-", "−"))
        for other in self.baselines.entries if self.baselines is not None else ():
            value = other.metrics.get("accuracy") or other.metrics.get("mae")
            if value is not None:
                number = f"{100 * value.value:.1f} %" if "accuracy" in other.metrics else figure(value.value)
                said.append(f"{other.name} {number}")
        self.sentence.say(_BETWEEN.join((*said, f"{answers.count:,}{some} samples", shown.caption)))

    def _say(self, sentence: str) -> None:
        self.message.setText(sentence)
        self.train.setVisible(sentence == EMPTY and not self.session.busy)
        self.sentence.say("")
        self.pages.setEnabled(False)
        self.content.setCurrentWidget(self._nothing)

    def _page_chosen(self, _: int) -> None:
        if self.shown is not None:
            self._show_page()

    def _show_page(self) -> None:
        """Fill the page that is seen, and no other."""
        shown, page = self.shown, self.page
        assert shown is not None
        self.pages.setEnabled(True)
        self.content.setCurrentIndex(page)
        if page == HARDEST:
            self.hardest.show_judged(shown, self._moments)
        elif page == WORDS:
            waiting = "" if self.baselines is not None else LATER if self.session.busy else COMPARING
            self.words.show_judged(shown, self.baselines, waiting)
        elif page == SLICES:
            self._slice()
        elif page != HARDER:
            pages: dict[int, Any] = {
                MATRIX: self.matrix,
                CLASSES: self.classes,
                NUMBERS: self.numbers,
                SURE: self.sure,
            }
            pages[page].show_judged(shown)

    # Beside it, what needs no net

    def _compare(self) -> None:
        """Compute the baselines once for each run and part, when no training would have to share the machine."""
        if self.session.busy or self._comparing.on or self.session.trained is None or self.shown is None:
            return
        wanted = (self._folder, self.part)
        if self._compared == wanted:
            return
        self._compared = wanted
        find, folder = self.session.looker.subject(), self._folder
        self._comparing.start(partial(compare, find, self.part, folder))

    def _take_baselines(self, picture: Picture) -> None:
        if self._compared == (self._folder, self.part):
            self.baselines = picture.content
            if self.shown is not None:
                self._say_result()
                if self.page == WORDS:
                    self._show_page()

    def _compare_ended(self, ended: Ended) -> None:
        if self._compared is not None and self._compared != (self._folder, self.part):
            self._compare()

    # Slices

    def _slice(self) -> None:
        """Divide the samples once for each net and part, when somebody looks and no training goes on."""
        if self.session.busy:
            self._sliced = None
            self.slices.clear(SLICED_LATER)
            return
        wanted = (self._folder, self.part, self._round)
        if self._slicing.on or self._sliced == wanted:
            return
        self._sliced = wanted
        self.slices.clear(FIRST)
        self._slicing.start(partial(slice_up, self.session.looker.subject(), self.part))

    def _take_slices(self, picture: Picture) -> None:
        if self.shown is not None and self._sliced == (self._folder, self.part, self._round):
            self.slices.show_slices(picture.content, self.shown.judgement.answers.kind)

    def _slice_ended(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            self.slices.clear(ended.sentence)
        if self.shown is not None and self.page == SLICES:
            self._slice()

    def _open_slice(self, chosen: Slice) -> None:
        """Show the samples of a slice."""
        shown = self.shown
        if shown is not None:
            words = f"{chosen.trait} from {figure(chosen.low)} to {figure(chosen.high)}"
            self.samples_wanted.emit(shown.source, chosen.numbers, words)

    # Harder samples

    def _make_harder(self) -> None:
        if self._hardening.on:
            self._hardening.stop()
            return
        if self.session.busy or self.shown is None:
            return
        self.harder.start.setText("Stop")
        self._hardening.start(partial(make_harder, self.session.looker.subject(), self.part))

    def _take_harder(self, picture: Picture) -> None:
        if self.shown is not None:
            self.harder.show_harder(picture.content, self.shown.judgement.answers.kind == "classes")

    def _harder_ended(self, ended: Ended) -> None:
        self.harder.start.setText("Measure")
        if ended.outcome == "failed":
            self.harder.clear(ended.sentence)

    # Hand

    def _open_cell(self, right: int, chosen: int) -> None:
        """Show the samples of a class that were taken for another, or that were recognised."""
        shown = self.shown
        if shown is None:
            return
        answers = shown.judgement.answers
        if not answers.single:
            self.session.said.emit("Each sample has many answers, so a cell belongs to no sample of its own.")
            return
        places = (answers.truth == right) & (answers.predicted == chosen)
        numbers = answers.numbers[places]
        if not len(numbers):
            self.session.said.emit("No sample is in this cell.")
            return
        one, other = cut(answers.words[right], 30), cut(answers.words[chosen], 30)
        words = f"{one} recognised" if right == chosen else f"{one} taken for {other}"
        self.samples_wanted.emit(shown.source, numbers, words)

    def _point(self, at: int) -> None:
        """Everybody looks at this one of the hardest samples."""
        shown = self.shown
        if shown is not None and at < len(shown.hard):
            number = int(shown.judgement.answers.numbers[shown.hard[at]])
            self.session.choose_of_data(SampleChoice(number, shown.names[at], self.part))
