"""How far the look through all samples is, and what it has found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QProgressBar, QWidget

from app.ui.data.examinations import ExaminationState
from app.ui.dialogs import show_list
from app.ui.labels import Remark, TintedLabel, eliding_button, emptied
from app.ui.layouts import column, row

if TYPE_CHECKING:
    from app.data.examination import Examination, UnreadableSample

_NAMED = 3  # samples that cannot be read, while the look goes on


class LookThrough(QWidget):
    """Hidden while there is nothing to say. ``stopped`` and ``wanted`` tell that a look is to end, or to begin."""

    stopped = Signal()
    wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = Remark()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName("Looking through all samples")
        self.stop = eliding_button("Stop looking", "Look no further; what was found stays", self.stopped.emit)
        self.again = eliding_button("Look through", "Look through all samples of the data", self.wanted.emit)
        self._progress = QWidget()
        row((self.bar, 1), self.stop, of=self._progress, spacing=6)
        self._findings = QWidget()
        column(of=self._findings, spacing=4)
        column(self.words, self._progress, row(self.again, 1), self._findings, of=self, spacing=4)
        self._shown: object = None
        self.show_look(None, "")

    @property
    def sentences(self) -> list[str]:
        """What it says was found."""
        return [each.text() for each in self._findings.findChildren(TintedLabel)]

    def show_look(self, look: ExaminationState | None, noun: str) -> None:
        """Show what is known of a look through samples that are called ``noun``."""
        self.setVisible(look is not None)
        if look is None:
            return
        self._progress.setVisible(look.on)
        self.again.setVisible(look.stopped or bool(look.trouble))
        if look.on:
            self.bar.setRange(0, look.total)
            self.bar.setValue(look.done)
        self.words.say(_words(look, noun))
        self._show_findings(look)

    def _show_findings(self, look: ExaminationState) -> None:
        found = look.found
        unread = found.unreadable if found is not None else look.unread
        said = list(found.remarks) if found is not None else []
        if found is None:
            said = [each.sentence for each in unread]
            said, more = said[:_NAMED], len(said) - _NAMED
            if more > 0:
                said.append(f"{more:,} more cannot be read.")
        key = (said, len(unread))
        if key == self._shown:
            return
        self._shown = key
        box = emptied(self._findings)
        for sentence in said:
            line = TintedLabel(sentence, "text", wrap=True)
            line.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            box.addWidget(line)
        if len(unread) > 1:
            count = found.unreadable_count if found is not None else len(unread)
            tip = "Every sample that cannot be read, with the reason"
            box.addWidget(eliding_button("All that cannot be read…", tip, lambda: self._list(unread, count)))
        self._findings.setVisible(bool(box.count()))

    def _list(self, unread: tuple[UnreadableSample, ...], count: int) -> None:
        lines = [each.sentence for each in unread]
        if count > len(lines):
            lines.append(f"and {count - len(lines):,} more")
        show_list(self.window(), "Unreadable", "These cannot be read, and are left out of a training:", lines)


def _words(look: ExaminationState, noun: str) -> str:
    if look.trouble:
        return look.trouble
    if look.stopped:
        return f"Stopped after {look.done:,} of {look.total:,} {noun}." if look.total else "Stopped."
    if look.found is not None:
        return _looked_through(look.found, noun)
    if look.waiting:
        return f"The look through all {noun} goes on when the training rests."
    so_far = f": {look.done:,} of {look.total:,}" if look.total else ""
    return f"Looking through all {noun}{so_far}…"


def _looked_through(found: Examination, noun: str) -> str:
    """With what cannot be read, how many can: the data is said to have all of them, as its files are counted."""
    if found.unreadable_count:
        readable = f"{found.samples:,} of {found.samples + found.unreadable_count:,} {noun} can be read"
        return f"{readable}." if found.remarks else f"{readable}; nothing else was found."
    if found.remarks:
        return ""
    all_of_it = "It was" if found.samples == 1 else f"All {found.samples:,} {noun} were"
    return f"{all_of_it} looked through; nothing more was found."
