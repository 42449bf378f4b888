"""The samples of a source: which of them, by class, part and words; what they look like; and what is corrected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QMenu, QWidget

from app.core.commands.corrections import CorrectSamples, ForgetCorrections
from app.core.graph.model import MAIN
from app.jobs.messages import Ended, Picture
from app.jobs.runner import Runner
from app.ui import scale
from app.ui.data.sample_model import SampleModel, corrected_samples, part_words
from app.ui.data.sample_table import SampleTable
from app.ui.data.sound_strip import SoundStrip
from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import Remark, TintedLabel, eliding_button, let_clear, text_line
from app.ui.latest_job import LatestJob
from app.ui.layouts import column, row, turn
from app.ui.pace import later
from app.ui.qdocument import QDocument
from nodes.api import cut

if TYPE_CHECKING:
    import numpy as np

    from app.insight.browsing import BrowsedSample, Browser

TYPING_MS = 250
SCROLLING_MS = 25
_NARROW = 620  # below this the words to search for stand under the choices
MOST_CLASSES = 1_000  # in the list; of more, one searches
_MENU_CLASSES = 40
LEFT_OUT = "left out"


class SamplesPage(QWidget):
    """``pointed`` carries the number of the sample that everybody is to look at."""

    pointed = Signal(int)

    def __init__(self, runner: Runner, qdocument: QDocument) -> None:
        super().__init__()
        self._qdocument = qdocument
        self.browser: Browser | None = None
        self.model = SampleModel()
        self.model.setParent(self)  # lives and dies with the page, whatever Python lets go first
        self.table = SampleTable(self.model)
        self._reading = LatestJob(runner, self, self._on_read, self._on_read_all)
        self._searching = LatestJob(runner, self, self._on_found, self._on_searched)
        self._found: Any = None
        self.classes = CalmCombo("Class", "Show the samples of one class")
        tip = "Show the samples that are trained on, that check the result, or that are kept for a test"
        self.parts = CalmCombo("Part", tip)
        tip = "Show the samples whose name, class or text has these words in it"
        self.words = text_line("Search names, classes and texts", "Search samples", tip)
        let_clear(self.words)
        self.count = TintedLabel("", "text.soft")
        self.undo_all = eliding_button("Undo all corrections", "", self._forget)
        self._only: tuple[np.ndarray, str] | None = None
        self.only = eliding_button("All samples", "Show all samples again", self.show_all, "close")
        self.only.hide()
        self.note = Remark("text")
        self._typing = later(self, self._ask)
        for box in (self.classes, self.parts):
            box.currentIndexChanged.connect(lambda _: self._other_filter())
        self.words.textChanged.connect(lambda _: self._typing.start(TYPING_MS))
        self.words.textEdited.connect(lambda _: self._drop_only())
        self.words.returnPressed.connect(self._ask)
        self._scrolled = later(self, self._fetch)
        self._pointing = later(self, self._point)
        self._number = -1
        self.table.wanted.connect(lambda: self._scrolled.start(SCROLLING_MS))
        self.table.pointed.connect(self._current)
        self.table.leave_out_wanted.connect(self.toggle_left_out)
        self.table.class_wanted.connect(self.give_class_by_key)
        self.table.menu_wanted.connect(self.show_menu)
        first, second = QWidget(), QWidget()
        self._first = row(self.classes, self.parts, of=first, spacing=6)
        self._second = row(self.only, (self.words, 1), self.count, self.undo_all, of=second, spacing=6)
        self._rows = row(first, (second, 1), spacing=6)
        self.sounds = SoundStrip(runner)
        self._body = row((self.table, 1), self.sounds)
        column(self._rows, self.note, (self._body, 1), of=self, spacing=4)
        self._show_corrections()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange(self.width())

    def showEvent(self, event: QShowEvent) -> None:
        """Other data may have come while another page was in front, and none of it was read then."""
        super().showEvent(event)
        self._scrolled.start(0)

    def arrange(self, width: int) -> None:
        """Stand in so much room, also while it is behind another page, of which Qt tells it nothing."""
        narrow = width < scale.letters_px(_NARROW)
        turn(self._rows, narrow)
        turn(self._body, narrow)
        self.sounds.arrange(narrow)

    # What is shown

    def show_browser(self, browser: Browser | None, same: bool = False) -> None:
        """Show this data; ``same`` if only what is corrected, or which part a sample is in, has changed."""
        self.browser = browser
        self._stop()
        if not same or browser is None:
            self.sounds.show_sample(browser, -1)
        if browser is None:  # what was chosen, searched for and read is there still if the same data comes back
            self.model.show_source(None, None)
            return
        number = self._number if same else -1
        if not same:
            self.model.forget()
        self._fill_choices(browser, same)
        self._show_corrections()
        if not same:
            self.words.blockSignals(True)
            self.words.clear()
            self.words.blockSignals(False)
        self._number = number
        self._ask()

    def _fill_choices(self, browser: Browser, keep: bool) -> None:
        for box, entries, every in (
            (self.classes, list(enumerate(browser.words[:MOST_CLASSES])), "All classes"),
            (self.parts, _parts(browser), "All parts"),
        ):
            before = box.currentData() if keep else None
            box.blockSignals(True)
            box.clear()
            box.addItem(every, None)
            for value, words in entries:
                box.addItem(cut(words, 40), value)
            box.setCurrentIndex(max(0, box.findData(before)) if before is not None else 0)
            box.blockSignals(False)
            box.setVisible(bool(entries))

    @property
    def node(self) -> str:
        """The source that is shown."""
        return self.browser.node if self.browser is not None else ""

    def search_for(self, words: str) -> None:
        """Show the samples whose name has these words in it."""
        self._drop_only()
        self.classes.setCurrentIndex(0)
        self.parts.setCurrentIndex(0)
        self.words.setText(words)
        self._typing.stop()
        self._ask()

    def show_only(self, numbers: np.ndarray, words: str) -> None:
        """Show these samples and no others; ``words`` say which they are."""
        import numpy as np

        self._only = (np.sort(numbers), words)
        self.only.setText(f"{cut(words, 40)} ({len(numbers):,})")
        self.only.show()
        for box in (self.classes, self.parts, self.words):
            box.blockSignals(True)
        self.classes.setCurrentIndex(0)
        self.parts.setCurrentIndex(0)
        self.words.clear()
        for box in (self.classes, self.parts, self.words):
            box.blockSignals(False)
        self._ask()

    def show_all(self) -> None:
        """Show all samples again, as they are chosen by class, part and words."""
        if self._only is not None:
            self._drop_only()
            self._ask()

    def _drop_only(self) -> None:
        self._only = None
        self.only.hide()

    def _other_filter(self) -> None:
        self._drop_only()
        self._ask()

    # Which samples

    def _ask(self) -> None:
        """Find the samples that are asked for, in a job."""
        browser = self.browser
        if browser is None:
            return
        self._typing.stop()
        self._searching.let_go()
        if self._only is not None:
            self._take_numbers(self._only[0][self._only[0] < browser.length])
            return
        place, part, text = self.classes.currentData(), self.parts.currentData(), self.words.text()
        if place is None and part is None and not text.strip():
            self._take_numbers(None)
            return
        self._found = None
        self.count.setText("searching…")
        self._searching.start(partial(_search, browser, place, part, text))

    def _on_found(self, picture: Picture) -> None:
        if picture.key == "how far":
            done, total = picture.content
            self.count.setText(f"searching… {done:,} of {total:,}")
        else:
            self._found = picture.content

    def _on_searched(self, ended: Ended) -> None:
        if self._found is not None:
            self._take_numbers(self._found)
        else:
            self.say(ended.sentence)

    def _take_numbers(self, numbers: np.ndarray | None) -> None:
        browser = self.browser
        assert browser is not None
        kept = self._number
        self.model.show_source(browser, numbers)
        one, several = browser.schema.noun
        shown, total = self.model.count, browser.length
        self.count.setText(
            f"{total:,} {one if total == 1 else several}" if numbers is None else f"{shown:,} of {total:,}"
        )
        self.say("" if shown else f"No {one} is like this. Choose all classes and parts, or search for other words.")
        place = self.model.place_of_number(kept) if kept >= 0 else -1
        if place >= 0:
            self.table.point_at(place)
        self._fetch()

    def say(self, sentence: str) -> None:
        """A sentence above the samples; none if it is empty."""
        self.note.say(sentence)

    # What they look like

    def _fetch(self) -> None:
        """Read what is in sight, unless something is being read: its end asks again."""
        browser = self.browser
        if browser is None or self._reading.on or not self.isVisible():
            return
        wanted = self.model.missing(self.table.places_in_sight())
        if wanted:
            self._reading.start(partial(_read, browser, wanted))

    def _on_read(self, picture: Picture) -> None:
        browser, glimpses = picture.content
        if self.browser is not None and browser.feed is self.browser.feed:
            self.model.take(glimpses)

    def _on_read_all(self, ended: Ended) -> None:
        if ended.outcome == "failed":
            self.say(ended.sentence)
        else:
            self._fetch()

    def _stop(self) -> None:
        self._reading.stop()
        self._searching.let_go()

    # The sample that everybody looks at

    def _current(self, number: int) -> None:
        if number != self._number:
            self._number = number
            self._pointing.start(0)

    def _point(self) -> None:
        if self._number >= 0:
            self.sounds.show_sample(self.browser, self._number)
            self.pointed.emit(self._number)

    # Corrections

    def follow_document(self) -> None:
        """What is corrected may have changed."""
        self._show_corrections()

    def _show_corrections(self) -> None:
        from app.core.commands.corrections import corrections_of

        node = self._qdocument.project.graph.nodes.get(self.node)
        corrections = corrections_of(node) if node is not None else ()
        if self.browser is not None:
            self.model.show_corrections(corrections)
        self.undo_all.setVisible(bool(corrections))
        self.undo_all.setText(f"Undo all corrections ({len(corrections):,})")
        self.undo_all.setToolTip(
            "Every sample has the class that its data says, and none is left out. Undo brings them back."
        )

    def _chosen(self) -> list[BrowsedSample]:
        found = (self.model.glimpse(number) for number in self.table.chosen())
        return [each for each in found if each is not None]

    def _correctable(self) -> str:
        """Why the chosen samples cannot be corrected, in a sentence; empty if they can."""
        browser = self.browser
        if browser is None or not self.table.chosen():
            return "Choose a sample first."
        if browser.feed.length is None:
            return "This data is drawn anew for each batch, so there is no sample to correct."
        if not self._chosen():
            return "These samples are still being read."
        return ""

    def toggle_left_out(self) -> None:
        """Leave the chosen samples out, or take them in again if all of them are left out."""
        why_not = self._correctable()
        if why_not:
            self.say(why_not)
            return
        chosen = self._chosen()
        if all(self.model.left_out(each) for each in chosen):
            self._do(CorrectSamples(MAIN, self.node, {n: (w, w) for n, (w, _) in self._as(chosen, None).items()}))
        else:
            self._do(CorrectSamples(MAIN, self.node, self._as(chosen, None)))

    def give_class(self, word: str | None) -> None:
        """Give the chosen samples this class; None: the one that their data says."""
        why_not = self._correctable()
        if not why_not and not (self.browser is not None and self.browser.words):
            why_not = "This data has no classes."
        if why_not:
            self.say(why_not)
            return
        chosen = self._chosen()
        given = {each.name: (self.model.own_word(each), word or self.model.own_word(each)) for each in chosen}
        self._do(CorrectSamples(MAIN, self.node, given))

    def give_class_by_key(self, key: int) -> None:
        """The class that is called like the digit, else the one with this number, counted from 1."""
        words = self.browser.words if self.browser is not None else ()
        if key < 0:
            self.give_class(None)
        elif str(key) in words:
            self.give_class(str(key))
        elif 0 < key <= len(words):
            self.give_class(words[key - 1])
        else:
            self.say(f"There is no class {key}." if words else "This data has no classes.")

    def _as(self, chosen: Sequence[BrowsedSample], word: str | None) -> dict[str, tuple[str, str | None]]:
        return dict(corrected_samples(self.model, chosen, word))

    def _do(self, command: CorrectSamples | ForgetCorrections) -> None:
        self.say("")
        self._qdocument.do_step(command)

    def _forget(self) -> None:
        self._do(ForgetCorrections(MAIN, self.node))

    def show_menu(self, place: QPoint) -> None:
        """What can be done with the chosen samples."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        why_not = self._correctable()
        if why_not:
            menu.addAction(why_not).setEnabled(False)
            menu.popup(place)
            return
        chosen = self._chosen()
        some = "it" if len(chosen) == 1 else f"these {len(chosen):,}"
        out = all(self.model.left_out(each) for each in chosen)
        menu.addAction(
            f"{'Take' if out else 'Leave'} {some} {'in again' if out else 'out'}\tDelete", self.toggle_left_out
        )
        words = self.browser.words if self.browser is not None else ()
        if words:
            now = {self.model.word_of(each) for each in chosen}
            classes = menu.addMenu("Give another class")
            for at, word in enumerate(words[:_MENU_CLASSES]):
                key = (
                    word if word.isdigit() and len(word) == 1 else str(at + 1) if at < 9 and not _digits(words) else ""
                )
                entry = classes.addAction(cut(word, 40).replace("&", "&&") + (f"\t{key}" if key else ""))
                entry.setCheckable(True)
                entry.setChecked(now == {word})
                entry.triggered.connect(partial(_call, partial(self.give_class, word)))
            if len(words) > _MENU_CLASSES:
                classes.addAction(f"and {len(words) - _MENU_CLASSES:,} more").setEnabled(False)
            menu.addAction("As the data says\tR", partial(self.give_class, None))
        if self.model.corrections:
            menu.addSeparator()
            menu.addAction(self.undo_all.text(), self._forget)
        menu.popup(place)


def _digits(words: Sequence[str]) -> bool:
    return any(word.isdigit() and len(word) == 1 for word in words)


def _call(action: Callable[[], object], *_: object) -> None:
    action()


def _parts(browser: Browser) -> list[tuple[str, str]]:
    found = []
    if browser.divided:
        for name in ("train", "validation", "test"):
            if name in browser.by_part:
                found.append((name, part_words(name).capitalize()))
    if browser.left_out:
        found.append((LEFT_OUT, "Left out"))
    return found


def _search(browser: Browser, place: int | None, part: str | None, text: str) -> Iterator[Picture]:
    from app.insight.browsing import SearchProgress

    for found in browser.search(place, part, text):
        if isinstance(found, SearchProgress):
            yield Picture("how far", (found.done, found.total))
        else:
            yield Picture("found", found)


def _read(browser: Browser, numbers: Sequence[int]) -> Iterator[Picture]:
    """A few at a time, so that the first ones are seen while the last ones are read."""
    for start in range(0, len(numbers), 32):
        piece = numbers[start : start + 32]
        yield Picture(("read", start), (browser, browser.read(piece)))
