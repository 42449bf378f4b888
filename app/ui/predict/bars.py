"""What a net says of one sample: a bar for each class, or numbers by name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetrics, QHelpEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.insight.numbers import percent
from app.ui import scale, theme

IN_ORDER = 12  # classes that keep their places while their bars grow; of more, the likeliest stand first
MOST = 30  # rows
_LEAST_BAR = 40
_LEAST_WORDS = 90  # a longer name may be cut for the bar beside it
_GAP = 6
_THIN = 3  # pixels at 100 %, of a bar below its number


def number_words(number: float) -> str:
    """A number that a net says, in the same digits wherever it stands."""
    return f"{number:,.6g}"


def seen_word(word: str) -> str:
    """A class as it can be seen: a blank, or the end of a line, in quotes."""
    return word if word.strip() else repr(word)


class Bars(QWidget):
    """``rows`` are the words with their shares of 1, or None for each where they are numbers, and what stands behind
    them; ``best`` is the place of the likeliest, -1 where there is none, and ``strong`` are those that are the answer.
    ``marks`` are shares from before."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, float | None, str]] = []
        self.best = -1
        self.strong: frozenset[int] = frozenset()
        self.more = 0
        self.marks: list[float] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.MinimumExpanding)
        theme.notifier.changed.connect(self._grow)
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self._show([], -1, 0, "Nothing is asked yet")

    def show_classes(self, classes: Sequence[tuple[str, float]], words: Sequence[str], several: bool = False) -> None:
        """Show shares of classes, the likeliest first as they come; few ones stand in the order of ``words``. Where
        ``several`` can be true at once, all above one half are the answer, which may be none."""
        if len(classes) <= IN_ORDER and len(words) == len(classes):
            share_of = dict(classes)
            shown = [(word, share_of[word]) for word in words if word in share_of]
        else:
            shown = list(classes[:MOST])
        best = max(range(len(shown)), key=lambda at: shown[at][1], default=-1)
        said = ", ".join(f"{seen_word(word)} {percent(share)}" for word, share in classes[:3])
        self._show(
            [(seen_word(word), share, percent(share)) for word, share in shown], best, len(classes) - len(shown), said
        )
        if several:
            self.strong = frozenset(at for at, (_, share) in enumerate(shown) if share > 0.5)

    def show_rows(self, rows: Sequence[tuple[str, float, str]], marks: Sequence[float] = (), best: int = -1) -> None:
        """Show shares with words of their own behind the bars; a thin line at each of ``marks``."""
        shown: list[tuple[str, float | None, str]] = list(rows[:MOST])
        said = ", ".join(f"{word} {end}" for word, _, end in rows[:3])
        self._show(shown, best, max(0, len(rows) - MOST), said)
        self.marks = list(marks[: len(shown)])

    def show_words(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show words by name."""
        shown: list[tuple[str, float | None, str]] = [(name, None, words) for name, words in rows[:MOST]]
        self._show(shown, -1, len(rows) - len(shown), ", ".join(f"{name} {words}" for name, words in rows[:3]))

    def show_numbers(self, numbers: Sequence[tuple[str, float]]) -> None:
        """Show numbers by name."""
        shown = [(name, None, number_words(number)) for name, number in numbers[:MOST]]
        said = ", ".join(f"{name} {words}" for name, _, words in shown[:3])
        self._show(list(shown), -1, len(numbers) - len(shown), said)

    def show_steps(self, steps: Sequence[tuple[str, str, float]]) -> None:
        """Show the class of each step with its share, in their order."""
        shown: list[tuple[str, float | None, str]] = [
            (f"{seen_word(name)} → {seen_word(word)}", share, percent(share)) for name, word, share in steps
        ]
        said = ", ".join(f"{name} {rest}" for name, _, rest in shown[:3])
        self._show(shown[:MOST], -1, max(0, len(shown) - MOST), said)

    def _show(self, rows: list[tuple[str, float | None, str]], best: int, more: int, said: str) -> None:
        self.rows, self.best, self.more, self.marks = rows, best, more, []
        self.strong = frozenset({best})
        self.setAccessibleName(said)
        self._grow()

    def _grow(self) -> None:
        self.setMinimumHeight(self._least_line() * self._count())
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._grow()

    def _count(self) -> int:
        return len(self.rows) + bool(self.more)

    def _line(self) -> int:
        """The height of a row: comfortable where there is room, close where all rows are to be seen at once."""
        least = self._least_line()
        return max(least, min(least + scale.px(6), self.height() // max(1, self._count())))

    def _least_line(self) -> int:
        return self.fontMetrics().height() + (scale.px(_THIN) if self._room_for_bars() < scale.px(_LEAST_BAR) else 0)

    def _room_for_bars(self) -> int:
        """The width between the words and the numbers. In too little of it a bar lies below its number."""
        if not any(share is not None for _, share, _ in self.rows):
            return self.width()
        words, ends = self._widths(self.fontMetrics())
        return self.width() - words - 3 * scale.px(_GAP) - ends

    def sizeHint(self) -> QSize:
        return QSize(scale.px(240), self.minimumHeight())

    def _widths(self, metrics: QFontMetrics) -> tuple[int, int]:
        """Those of the words and of what stands behind the bars."""
        words = max((metrics.horizontalAdvance(word) for word, _, _ in self.rows), default=0) * 1.08 + scale.px(2)
        ends = round(1.1 * max((metrics.horizontalAdvance(end) for _, _, end in self.rows), default=0)) + scale.px(4)
        bars = any(share is not None for _, share, _ in self.rows)
        room = self.width() - ends - scale.px(20) - (scale.px(_LEAST_BAR) if bars else 0)
        if bars and room < min(words, scale.px(_LEAST_WORDS)):  # no bar stands between
            room = self.width() - ends - scale.px(20)
        return min(round(words), max(room, scale.px(24))), ends

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:
            metrics, line, gap = self.fontMetrics(), self._line(), scale.px(_GAP)
            below = self._room_for_bars() < scale.px(_LEAST_BAR)
            thin = scale.px(_THIN) if below else 0
            wide, ends = self._widths(metrics)
            plain = painter.font()
            bold = painter.font()
            bold.setBold(True)
            left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            for place, (word, share, end) in enumerate(self.rows):
                top = place * line
                painter.setFont(bold if place in self.strong else plain)
                painter.setPen(theme.color("text"))
                shown = metrics.elidedText(word, Qt.TextElideMode.ElideRight, wide)
                painter.drawText(QRectF(2, top, wide + gap, line - thin), left, shown)
                if share is None:
                    painter.drawText(QRectF(wide + 2 * gap, top, self.width() - wide - 2 * gap, line), left, end)
                    continue
                begin = wide + 2 * gap
                room = max(1.0, self.width() - begin - ends - gap)
                track = QRectF(begin, top + scale.px(3), room, line - scale.px(6))
                if below:
                    room = self.width() - 4.0
                    track = QRectF(2, top + line - thin, room, thin)
                painter.fillRect(track, theme.color("field"))
                painter.fillRect(
                    QRectF(track.left(), track.top(), room * min(1.0, max(0.0, share)), track.height()),
                    theme.color("accent") if place in self.strong else theme.faded("accent", 0.55),
                )
                if place < len(self.marks):
                    at = track.left() + room * min(1.0, max(0.0, self.marks[place]))
                    high = QRectF(at - 1, track.top() - scale.px(2), scale.px(2), track.height() + scale.px(4))
                    painter.fillRect(high, theme.color("text"))
                painter.drawText(QRectF(self.width() - ends - 2, top, ends, line - thin), right, end)
            if self.more:
                painter.setFont(plain)
                painter.setPen(theme.color("text.soft"))
                box = QRectF(2, len(self.rows) * line, self.width() - 4, line)
                painter.drawText(box, left, f"and {self.more:,} more")

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = event.pos().y() // self._line()
            text = "{0}: {2}".format(*self.rows[place]) if 0 <= place < len(self.rows) else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
