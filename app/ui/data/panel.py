"""The panel for data: which source, its sentence, its samples, numbers over all of them, and what is odd."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from operator import is_not
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QPaintEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QProgressBar, QTabBar, QWidget
from shiboken6 import isValid

from app.core.document import Change
from app.core.graph.model import Project
from app.core.graph.roles import role_of
from app.core.graph.seen import seen_of
from app.data.understanding import sentence_of
from app.insight.view import SampleChoice
from app.jobs.messages import Ended, Picture
from app.ui import scale, theme
from app.ui.data.collect_page import CollectPage
from app.ui.data.examination_follower import ExaminationFollower
from app.ui.data.facts_table import Cell, DataTable
from app.ui.data.overview import (
    CLASSES_STRETCHED,
    FEATURES,
    FEATURES_STRETCHED,
    ODD,
    ODD_STRETCHED,
    PART_ROLES,
    class_heads,
    class_lines,
    feature_lines,
    odd_lines,
)
from app.ui.data.page_stack import PageStack
from app.ui.data.panel_words import EMPTY, ENDLESS, LOADING, MANY, OF_WORDS, READING, WAITING
from app.ui.data.sample_model import part_words
from app.ui.data.samples_page import SamplesPage
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import ElidedLabel, TintedLabel, eliding_button
from app.ui.latest_job import LatestJob
from app.ui.layouts import column, row, turn
from app.ui.qdocument import QDocument
from app.ui.session import Session
from nodes.api import cut
from nodes.api.corrections import CORRECTIONS

if TYPE_CHECKING:
    import numpy as np

    from app.insight.browsing import Browser

SAMPLES, CLASSES, FEATURE_PAGE, PROBLEMS, COLLECT = range(5)
_EXAMINED = (CLASSES, FEATURE_PAGE, PROBLEMS)
_NARROW = 760  # below this the sentence stands under the names of the pages
_LOW = 190  # unless the panel is lower than this: then its samples need the line


class DataPanel(QWidget):
    """``open_wanted`` and ``folder_wanted`` ask for data of one's own. It holds the data only while it can be seen."""

    open_wanted = Signal()
    folder_wanted = Signal()

    def __init__(self, session: Session, qdocument: QDocument, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session, self.qdocument = session, qdocument
        self.browser: Browser | None = None
        self._node = ""
        self._key: tuple[object, object] | None = None  # of what is shown, or being read
        self._data: object = None  # the data that was shown last
        self._job = LatestJob(session.runner, self, self._on_read, self._on_ended)
        self._seen = False
        self._came: Any = None
        self.source = CalmCombo("Source", "Which data of the drawing")
        self.source.ask_for_all()
        self.source.currentIndexChanged.connect(self._chosen)
        self.pages = QTabBar(drawBase=False, expanding=False)
        self.pages.setAccessibleName("What to see of the data")
        self.sentence = ElidedLabel("")
        self.samples = SamplesPage(session.runner, qdocument)
        self.samples.pointed.connect(self._pin)
        self.samples.table.paste_wanted.connect(self._paste)
        self.content = PageStack()
        self.examining = ExaminationFollower(session, qdocument, self)
        self.examining.changed.connect(self._show_examined)
        self.classes = DataTable("Classes", ("class",), CLASSES_STRETCHED)
        self.features = DataTable("Features", FEATURES, FEATURES_STRETCHED)
        self.odd = DataTable("Problems of the data", ODD, ODD_STRETCHED)
        self.classes.facts.marks = {part_words(part): role for part, role in PART_ROLES.items() if part}
        self.classes.opened.connect(self._open_class)
        self.odd.opened.connect(self._open_odd)
        self._add_page("Samples", "The samples one by one", self.samples)
        self._add_page("Classes", "How many samples each class has in each part, and its mean picture", self.classes)
        self._add_page("Features", "Range, histogram, missing values and correlation of each feature", self.features)
        self.collect = CollectPage(session.runner, qdocument)
        self._add_page("Problems", "What was skipped, cannot be read, or is there twice, and why", self.odd)
        self._add_page("Collect", "Draw, paste or paint samples of your own", self.collect)
        self.how_far = QProgressBar()
        self.how_far.setAccessibleName("Looking through all samples")
        self.how_far_words = ElidedLabel("")
        self.stop_looking = eliding_button("Cancel", "Look no further", self.examining.stop)
        self.look_through = eliding_button(
            "Look through all", "Ranges, duplicates and what cannot be read, of all samples", self._examine
        )
        self._looking = QWidget()
        shown = (self.how_far, 1), (self.how_far_words, 2), self.stop_looking, self.look_through
        row(*shown, of=self._looking, spacing=6)
        self._looking.hide()
        self.pages.currentChanged.connect(self._page_chosen)
        self.message = TintedLabel("", "text", wrap=True)
        self.progress = QProgressBar(minimum=0, maximum=0, textVisible=False)
        self.progress.setAccessibleName("Reading the data")
        self.open_file = eliding_button(
            "Open a file…", "Pictures in a zip, a table, arrays, texts, sounds", self.open_wanted.emit
        )
        self.open_folder = eliding_button(
            "Open a folder…", "A folder of pictures, texts or sounds", self.folder_wanted.emit
        )
        self.again = eliding_button("Look again", "Read the data once more", self.look_again)
        self.draw = eliding_button("Draw samples…", "Collect samples of your own", self._collect)
        nothing = QWidget()
        column(
            1,
            self.message,
            self.progress,
            row(self.open_file, self.open_folder, self.draw, self.again, 1, spacing=6),
            2,
            of=nothing,
            spacing=8,
        )
        self._nothing = nothing
        self.content.addWidget(nothing)
        self._head = row(row(self.source, self.pages, 0, spacing=8), (self.sentence, 1), spacing=8)
        column(self._head, self._looking, (self.content, 1), of=self, margins=(10, 6, 8, 6), spacing=4)
        qdocument.changed.connect(self._on_document)
        session.torch_ready.connect(self.refresh)
        self._say(EMPTY, offering=True)

    def _add_page(self, title: str, tip: str, page: QWidget) -> int:
        self.content.addWidget(page)
        place = self.pages.addTab(title)
        self.pages.setTabToolTip(place, tip)
        return place

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < scale.letters_px(_NARROW)
        low = self.height() < scale.letters_px(_LOW)
        turn(self._head, narrow and not low)
        self.sentence.setVisible(not (narrow and low))  # the page says how many samples there are
        for page in (self.samples, self.collect):
            page.arrange(self.width())
        theme.dress_narrow(self.pages, narrow)

    # Seen or not

    @property
    def in_sight(self) -> bool:
        """Whether somebody can see it, and not only the tab that stands for it."""
        return self.isVisible() and not self.visibleRegion().isEmpty()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self, self.refresh)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._let_go()

    def came_or_went(self, in_front: bool) -> None:
        """It has come before the other panels of its row, or gone behind one."""
        if in_front:
            self.refresh()
        else:
            self._let_go()

    def _let_go(self) -> None:
        """Hold nothing of the data while nobody looks at it."""
        if not isValid(self.classes.facts):  # the window is being taken down, and its tables went first
            return
        self._seen = False
        self._job.let_go()
        self.browser, self._key = None, None
        self._show_browser(None, False)

    # Which source

    def sources(self) -> list[str]:
        """The sources of the drawing."""
        return [name for name, node in self.qdocument.project.graph.nodes.items() if role_of(node) == "source"]

    @property
    def node(self) -> str:
        """The source that is shown; empty where there is none."""
        names = self.sources()
        return self._node if self._node in names else names[0] if names else ""

    def set_node(self, name: str, home: str = "") -> None:
        """Show this one, if it is a source: it was selected on the canvas."""
        if name in self.sources() and name != self._node:
            self._node = name
            self.refresh()

    def show_only(self, node: str, numbers: np.ndarray, words: str) -> None:
        """Show these samples of a source, which are called so, until all are asked for again."""
        if node in self.sources():
            self._node = node
        self.pages.setCurrentIndex(SAMPLES)
        self.samples.show_only(numbers, words)
        self.refresh()

    def collect_for(self, node: str) -> None:
        """Where samples of this source are made: painted, drawn or pasted."""
        self.set_node(node)
        self._collect()

    def _chosen(self) -> None:
        name = self.source.currentData()
        if name:
            self._node = name
            self.refresh()

    def _show_sources(self) -> None:
        names = self.sources()
        self.source.offer((name, name) for name in names)
        with QSignalBlocker(self.source):
            self.source.setCurrentIndex(self.source.findData(self.node))
        self.source.setVisible(len(names) > 1)

    # Reading

    def refresh(self) -> None:
        """Read what is to be seen, if it has become something else."""
        self._seen = self.in_sight
        self._show_sources()
        self.collect.show_node(self.node)
        if not self._seen:
            return
        node, project = self.node, self.qdocument.project
        if not node:
            self._key = None
            self.browser = None
            self._job.let_go()  # what is being read is in the drawing no more
            self._show_browser(None, False)
            self._say(EMPTY, offering=True)
            return
        if not self.session.torch_loaded:
            self._say(self.session.torch_failure or LOADING)
            return
        key = key_of_look(project, node)
        if key == self._key:
            return
        same_data = self.browser is not None and key[0] == self._data
        self._key = key
        if not same_data:
            self.browser = None
            self._show_browser(None, False)
            self._say(READING.format(name=node), busy=True)
        self._came = None
        self._job.start(partial(_browse, project, node))

    def look_again(self) -> None:
        """Read the data once more."""
        self._key = self._data = None
        self.refresh()

    def _on_read(self, picture: Picture) -> None:
        self._came = picture.content

    def _on_ended(self, ended: Ended) -> None:
        came, self._came = self._came, None
        if not self.in_sight:
            self._let_go()
            return
        if came is None or isinstance(came, str):
            self.browser = None
            self._show_browser(None, False)
            self._say(came or ended.sentence or "The data was not read.", again=True)
            return
        assert self._key is not None
        same = self._key[0] == self._data
        self.browser, self._data = came, self._key[0]
        self._show_browser(came, same)

    def _show_browser(self, browser: Browser | None, same: bool) -> None:
        self.samples.show_browser(browser, same)
        self.examining.show_browser(browser)
        if browser is not None:
            self.sentence.say(sentence_of(browser.schema))
            self._show_page()
            self._examine_if_seen()

    def _say(self, sentence: str, *, offering: bool = False, busy: bool = False, again: bool = False) -> None:
        self.message.setText(sentence)
        self.progress.setVisible(busy)
        self.open_file.setVisible(offering)
        self.open_folder.setVisible(offering)
        self.draw.setVisible(offering)
        self.again.setVisible(again)
        self.sentence.say("")
        self._show_page()

    def _show_page(self) -> None:
        """The page that is chosen; a sentence in its place while there is no data to show there."""
        place = self.pages.currentIndex()
        if self.browser is None and place != COLLECT:
            self.content.setCurrentWidget(self._nothing)
        else:
            self.content.setCurrentIndex(place)

    def _collect(self) -> None:
        self.pages.setCurrentIndex(COLLECT)

    def _paste(self) -> None:
        """A picture in the clipboard becomes a sample of its own."""
        self._collect()
        self.collect.paste()

    def _page_chosen(self, place: int) -> None:
        if not isValid(self.classes.facts):
            return
        self._show_page()
        self._examine_if_seen()
        self._show_examined()

    # Looking through all samples

    def _examine_if_seen(self) -> None:
        """Begin when somebody wants to see what comes of it; beside a training it waits."""
        if self.pages.currentIndex() in _EXAMINED and self.browser is not None:
            self.examining.ask()

    def _examine(self) -> None:
        self.examining.ask(again=True)

    _featured: tuple[object, object] = (None, None)  # of what the features are shown

    def _show_examined(self) -> None:
        browser, looked = self.browser, self.examining
        page = self.pages.currentIndex()
        if browser is None:
            self._featured = (None, None)
            for table in (self.classes, self.features, self.odd):
                table.show_lines(())
            self.pages.setTabText(PROBLEMS, "Problems")
            return
        if page == CLASSES:
            self.classes.show_lines(class_lines(browser, looked), class_heads(browser))
        elif page == FEATURE_PAGE:
            look = looked.look
            known = (browser, looked.found or (look.measured if look is not None else None))
            if any(map(is_not, known, self._featured)):  # and not for each word on how far the look is
                self._featured = known
                self.features.show_lines(feature_lines(browser, looked))
        lines = odd_lines(browser, looked)
        if page == PROBLEMS:
            self.odd.show_lines(lines)
        self.pages.setTabText(PROBLEMS, f"Problems ({len(lines):,})" if lines else "Problems")
        self._show_how_far(lines)

    def _show_how_far(self, lines: Sequence[object]) -> None:
        look, page = self.examining.look, self.pages.currentIndex()
        at_work = self.examining.at_work
        total = look.total if look is not None else 0
        self.how_far.setVisible(at_work)
        self.stop_looking.setVisible(at_work)
        self.look_through.setVisible(look is not None and (look.stopped or bool(look.trouble)))
        words = ""
        if look is None:
            words = "" if self.browser is None or self.browser.feed.length is not None else ENDLESS
        elif look.trouble:
            words = look.trouble
        elif look.waiting and look.on:
            words = WAITING
        elif at_work:
            self.how_far.setRange(0, total)
            self.how_far.setValue(look.done)
            self.how_far.setFormat(f"{look.done:,} of {total:,}")
            words = "Looking through all samples…"
        elif look.found is None:
            words = f"Stopped at {look.done:,} of {total:,} samples."
        elif page == PROBLEMS and not lines:
            words = "Nothing odd was found."
        elif page == FEATURE_PAGE and not self.features.facts.lines:
            words = OF_WORDS if self.browser is not None and self.browser.kind == "texts" else MANY
        elif page == CLASSES and not self.classes.facts.lines:
            words = "This data has no classes."
        self.how_far_words.say(words)
        self._looking.setVisible(page in _EXAMINED and bool(words))

    def _open_class(self, line: tuple[Cell, ...]) -> None:
        """The samples of this class."""
        at = self.samples.classes.findText(cut(line[0].text, 40))
        if at >= 0:
            self.pages.setCurrentIndex(SAMPLES)
            self.samples.words.clear()
            self.samples.parts.setCurrentIndex(0)
            self.samples.classes.setCurrentIndex(at)
            self.samples.table.setFocus()

    def _open_odd(self, line: tuple[Cell, ...]) -> None:
        """The sample that this is about."""
        if line[0].text in ("the same", "cannot be read") and line[1].text:
            self.pages.setCurrentIndex(SAMPLES)
            self.samples.search_for(line[1].text)
            self.samples.table.setFocus()

    # Following

    @Slot(object)
    def _on_document(self, change: Change) -> None:
        if change.opened:
            self._node = ""
            self.samples.show_all()
        if change.before is not change.after:
            self.samples.follow_document()
            self.refresh()

    def _pin(self, number: int) -> None:
        """Everybody looks at this sample, if the network reads this data."""
        browser = self.browser
        if browser is None or browser.feed.length is None or not self.qdocument.project.graph.out_of(browser.node):
            return
        self.session.choose_of_data(SampleChoice(number, browser.name_of(number), browser.part_of(number)))


def key_of_look(project: Project, node: str) -> tuple[object, object]:
    """What the samples, and what their corrections and parts, depend on."""
    drawn = project.graph.nodes[node]
    settings = {name: value for name, value in drawn.params.items() if name != CORRECTIONS}
    seen = seen_of(project.schemas, drawn)
    stamp = seen.schema.stamp if seen is not None and seen.schema is not None and not seen.trouble else ""
    data = (node, drawn.type, json.dumps(settings, sort_keys=True, default=str), stamp)
    recipe = project.recipe
    sources = tuple(
        (name, each.type, tuple(project.graph.out_of(name)))
        for name, each in project.graph.nodes.items()
        if role_of(each) == "source"
    )
    corrections = drawn.params.get(CORRECTIONS, ())
    shares = recipe.validation, recipe.test, recipe.folds, recipe.fold
    return data, (*shares, recipe.seed, sources, corrections)


def _browse(project: Project, node: str) -> Iterator[Picture]:
    from app.insight.browsing import Browser
    from nodes.api import NoData

    try:
        yield Picture("browser", Browser(project, node))
    except (NoData, ValueError) as reason:
        yield Picture("browser", str(reason))
