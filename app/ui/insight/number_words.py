"""What is told beside pictures: the lines of a view, or the arithmetic of a number with links, back to the numbers
before and on to each that went in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QTextBrowser

from app.ui import theme

if TYPE_CHECKING:
    from app.insight.arithmetic.number import Number, NumberPlace, NumberTerm

MOST = 10  # terms that are written out
MOST_BEFORE = 6  # numbers of the way that are named


def _plain(line: str) -> str:
    """A line as it stands, with its margin."""
    return "&nbsp;" * (len(line) - len(line.lstrip())) + escape(line.lstrip())


class NumberWords(QTextBrowser):
    """Tells one number, or lines. ``walked`` is sent with the place of another number, ``went_back`` with how many
    remain of the way that led here. Backspace goes one back; Tab reaches every link."""

    walked = Signal(object)
    went_back = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setAccessibleName("Arithmetic of the number")
        self.setToolTip("How it was made. A click on a number goes on to it, Backspace goes back")
        self._number: Number | None = None
        self._way: tuple[NumberPlace, ...] = ()
        self._lines: tuple[str, ...] = ()
        self._html = ""
        self._places: dict[str, NumberPlace] = {}
        self.anchorClicked.connect(self._follow)
        theme.notifier.changed.connect(self._write)
        self.hide()

    @property
    def number(self) -> Number | None:
        """What is told."""
        return self._number

    def show_number(self, number: Number | None, way: Sequence[NumberPlace] = ()) -> None:
        """Tell a number, and the ``way`` to it, which ends with its own place; None hides the words."""
        self._number, self._way, self._lines = number, tuple(way), ()
        self.setVisible(number is not None)
        self._write()

    def show_lines(self, lines: Sequence[str]) -> None:
        """Tell these lines; none hide the words."""
        self._number, self._way, self._lines = None, (), tuple(lines)
        self.setVisible(bool(lines))
        self._write()

    def _write(self) -> None:
        self._places = {}
        rows = self._rows(self._number) if self._number is not None else map(_plain, self._lines)
        text = "".join(f"<p style='margin:0 0 4px 0'>{row}</p>" for row in rows if row)
        if text != self._html:  # nothing moves under the pointer while a training goes on and the number stays
            bar = self.verticalScrollBar()
            at = bar.value()
            self._html = text
            self.setHtml(text)
            bar.setValue(at)

    def _rows(self, number: Number) -> Iterator[str]:
        from app.insight.arithmetic.notation import lines, short

        if len(self._way) > 1:
            first = max(0, len(self._way) - 1 - MOST_BEFORE)
            before = [
                self._link(f"back:{index + 1}", place.name)
                for index, place in enumerate(self._way[:-1])
                if index >= first
            ]
            yield " › ".join([*(["…"] if first else []), *before, escape(number.place.name)])
        yield f"<b>{escape(number.place.name)} = {short(number.value)}</b>"
        made = number.made
        yield escape(made.rule)
        if made.how == "sum" and made.terms:
            yield self._sum(number)
            if made.share != 1:
                yield escape(lines(number)[-1])
            return
        for line in lines(number)[2:]:
            if not any(term.name and line.startswith(f"{term.name} = ") for term in made.terms):
                yield escape(line)
        for place, term in enumerate(made.terms[:MOST]):
            name = self._term_link(f"value:{place}", term, term.name or "a number that stands nowhere")
            yield f"{name} = {short(term.value)}"
        if len(made.terms) > MOST:
            yield f"and {len(made.terms) - MOST:,} more"

    def _sum(self, number: Number) -> str:
        from app.insight.arithmetic.notation import bracketed, short

        made = number.made
        parts = [self._term_link(f"more:{place}", term, bracketed(term.value)) for place, term in enumerate(made.more)]
        order = sorted(range(len(made.terms)), key=lambda place: -abs(made.terms[place].product))[:MOST]
        for place in sorted(order):
            term = made.terms[place]
            value = self._term_link(f"value:{place}", term, bracketed(term.value))
            if term.factor is None:
                parts.append(value)
                continue
            weight = escape(bracketed(term.factor))
            if term.factor_place is not None:
                self._places[f"weight:{place}"] = term.factor_place
                weight = self._link(f"weight:{place}", bracketed(term.factor), term.factor_place.name)
            parts.append(f"{weight}&nbsp;×&nbsp;{value}")
        rest = [term.product for place, term in enumerate(made.terms) if place not in order]
        if rest:
            parts.append(f"… ({len(rest):,} more: {short(sum(rest))})")
        total = sum(term.product for term in made.terms) + sum(term.value for term in made.more)
        return f"{' + '.join(parts)} = <b>{short(total)}</b>"

    def _term_link(self, key: str, term: NumberTerm, text: str) -> str:
        if term.place is None:
            return escape(text)
        self._places[key] = term.place
        return self._link(key, text, term.place.name)

    def _link(self, key: str, text: str, tip: str = "") -> str:
        style = f"color:{theme.color('link').name()};text-decoration:none"
        return f"<a href='{key}' title='{escape(tip)}' style='{style}'>{escape(text)}</a>"

    def _follow(self, link: QUrl) -> None:
        key = link.toString()
        if key.startswith("back:"):
            self.went_back.emit(int(key.removeprefix("back:")))
        elif key in self._places:
            self.walked.emit(self._places[key])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace and len(self._way) > 1:
            self.went_back.emit(len(self._way) - 1)
            return
        super().keyPressEvent(event)
