"""A field for each number or date of a row, and one list for the words of a category."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QDoubleValidator
from PySide6.QtWidgets import QFormLayout, QLineEdit, QSizePolicy, QWidget

from app.ui.inspector.boxes import CalmCombo
from app.ui.labels import TintedLabel, emptied, label_of
from app.ui.layouts import ScrollArea
from nodes.api import cut
from nodes.reading.tables_days import as_date, days_of

MOST = 64  # numbers that can be typed; longer rows come from files


class RowForm(ScrollArea):
    """``edited`` tells that a value was typed or chosen."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._inner = QWidget()
        self._form = QFormLayout(self._inner)
        self._form.setContentsMargins(0, 0, 6, 0)
        self._form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.DontWrapRows)
        self.setWidget(self._inner)
        self.names: tuple[str, ...] = ()
        self.fields: dict[str, QLineEdit] = {}
        self.choices: dict[str, CalmCombo] = {}
        self._words: dict[str, list[str]] = {}
        self._dates: dict[str, str] = {}
        self._days: dict[str, float] = {}

    def ask_for(self, names: Sequence[str], dates: Mapping[str, str] | None = None) -> None:
        """Fields for the numbers of a row with these names; those such as ``city: Rome`` are words of one category.
        ``dates`` are those that are days, by name, with the format in which they are written."""
        if tuple(names) == self.names and dict(dates or {}) == self._dates:
            return
        self.names, self._dates, self._days = tuple(names), dict(dates or {}), {}
        emptied(self._inner)
        self.fields, self.choices = {}, {}
        self._words = _categories(names)
        shown = set()
        if len(names) > MOST:
            self._form.addRow(TintedLabel(f"Rows of {len(names):,} numbers come from a file.", "text.soft", wrap=True))
            return
        for name in names:
            title = name.partition(": ")[0]
            if title in self._words:
                if title not in shown:
                    self._add_choice(title)
                    shown.add(title)
                continue
            field = QLineEdit()
            field.setAccessibleName(name)
            if name in self._dates:
                field.setPlaceholderText("2026-01-31")
                field.setToolTip(f"A date for {cut(name, 60)}, such as 2026-01-31")
            else:
                field.setValidator(QDoubleValidator(field))
                field.setToolTip(f"A number for {cut(name, 60)}")
            field.textEdited.connect(lambda _: self.edited.emit())
            self.fields[name] = field
            self._form.addRow(label_of(field, cut(name, 28), name), field)

    def _add_choice(self, title: str) -> None:
        entries = ((cut(word, 60), word) for word in self._words[title])
        box = CalmCombo(title, f"The word for {cut(title, 60)}", entries)
        box.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        box.activated.connect(lambda _: self.edited.emit())
        self.choices[title] = box
        self._form.addRow(label_of(box, cut(title, 28), title), box)

    def values(self) -> dict[str, float]:
        """The numbers by name; what is not typed yet, or is no number, is 0. A date that is not typed to its end is the
        one before."""
        for name, format in self._dates.items():
            days = days_of(self.fields[name].text(), format) if name in self.fields else None
            if days is not None:
                self._days[name] = days
        found = {
            name: self._days.get(name, 0.0) if name in self._dates else _number(field.text())
            for name, field in self.fields.items()
        }
        for title, box in self.choices.items():
            for word in self._words[title]:
                found[f"{title}: {word}"] = float(word == box.currentData())
        return found

    def show_values(self, row: Mapping[str, float]) -> None:
        """Show these numbers."""
        for name, field in self.fields.items():
            value = row.get(name, 0.0)
            if name in self._dates:
                self._days[name] = value
            field.setText(as_date(value, self._dates[name]) if name in self._dates else f"{value:.6g}")
        for title, box in self.choices.items():
            best = max(self._words[title], key=lambda word: row.get(f"{title}: {word}", 0.0))
            box.setCurrentIndex(box.findData(best))


def _categories(names: Sequence[str]) -> dict[str, list[str]]:
    """The words of each category with more than one."""
    found: dict[str, list[str]] = {}
    for name in names:
        title, colon, word = name.partition(": ")
        if colon:
            found.setdefault(title, []).append(word)
    return {title: words for title, words in found.items() if len(words) > 1}


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ".")) if text.count(",") == 1 and "." not in text else float(text)
    except ValueError:
        return 0.0
