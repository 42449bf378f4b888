"""What was understood of data: each guess with its choices, and what was skipped and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from app.ui import scale
from app.ui.dialogs import show_list
from app.ui.flow import FlowLayout
from app.ui.labels import TintedLabel, eliding_button, emptied
from app.ui.layouts import column, row, turn
from nodes.api import Guess, Schema, cut, listed

Decide = Callable[[str, Any], object]  # takes a setting and a value for it
MOST_BUTTONS = 3  # choices that stand as buttons; of more, a menu
_NARROW = 520  # below this the choices stand under the sentence
_NAMED = 3  # of what was skipped, in the line


class GuessRow(QWidget):
    """One guess: the sentence, and a button for each choice; the one in force is pressed."""

    def __init__(self, guess: Guess, decide: Decide) -> None:
        super().__init__()
        self.guess = guess
        sentence = TintedLabel(guess.sentence, "text", wrap=True)
        choices = QWidget()
        self._choices = FlowLayout(choices, spacing=4)
        self.buttons: list[QPushButton] = []
        offered = [(label, value) for label, value in guess.choices if value is not None]
        if len(offered) <= MOST_BUTTONS:
            for label, value in offered:
                self._choices.addWidget(self._choice(label, value, decide))
        else:
            self._choices.addWidget(self._menu(offered, decide))
        self._box = row((sentence, 1), choices, of=self, spacing=6)

    def _choice(self, label: str, value: Any, decide: Decide) -> QPushButton:
        pressed = value == self.guess.chosen
        tip = f"It is read so now: {label}" if pressed else f"Read it so instead: {label}. Undo takes it back."
        made = eliding_button(cut(label, 60).replace("&", "&&"), tip, partial(decide, self.guess.setting, value))
        made.setCheckable(True)
        made.setChecked(pressed)
        made.clicked.connect(lambda: made.setChecked(pressed))  # what is in force is told by the data, not by the click
        self.buttons.append(made)
        return made

    def _menu(self, offered: Sequence[tuple[str, Any]], decide: Decide) -> QPushButton:
        now = next((label for label, value in offered if value == self.guess.chosen), str(self.guess.chosen))
        made = eliding_button(cut(now, 60).replace("&", "&&"), f"Read so now: {now}. Press for others.", lambda: None)
        menu = QMenu(made)
        for label, value in offered:
            entry = menu.addAction(cut(label, 80).replace("&", "&&"))
            entry.setCheckable(True)
            entry.setChecked(value == self.guess.chosen)
            entry.triggered.connect(lambda _checked=False, to=value: decide(self.guess.setting, to))
        made.setMenu(menu)
        self.buttons.append(made)
        return made

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        turn(self._box, self.width() < scale.letters_px(_NARROW))


class DataFacts(QWidget):
    """Shows a schema. ``chosen`` carries a setting and the value that was chosen for it."""

    chosen = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        column(of=self, spacing=4)
        self.rows: list[GuessRow] = []
        self._shown: object = None

    def show_schema(self, schema: Schema | None, remarks: Sequence[str] = ()) -> None:
        """Show the guesses and skipped files of a schema, and those remarks that do not stand in its sentence."""
        key = (schema.guesses, schema.skipped, schema.skipped_count) if schema is not None else None
        if self._shown == (key, tuple(remarks)):
            return
        self._shown = (key, tuple(remarks))
        box = emptied(self)
        self.rows.clear()
        if schema is not None:
            for guess in schema.guesses:
                made = GuessRow(guess, self.chosen.emit)
                self.rows.append(made)
                box.addWidget(made)
            for remark in remarks:
                box.addWidget(_line(remark, "text"))
            if schema.skipped_count:
                box.addWidget(_line(skipped_words(schema), "text.soft"))
                if schema.skipped_count > _NAMED or any(len(each.reason) > 60 for each in schema.skipped):
                    tip = "Every file that was left out, with the reason"
                    box.addWidget(eliding_button("All that was skipped…", tip, partial(self._list, schema)))
        self.setVisible(bool(box.count()))

    def _list(self, schema: Schema) -> None:
        lines = [f"{each.name}: {each.sentence}" for each in schema.skipped]
        if schema.skipped_count > len(lines):
            lines.append(f"and {schema.skipped_count - len(lines):,} more")
        show_list(self.window(), "Skipped", "These are no samples, and why:", lines)


def skipped_words(schema: Schema) -> str:
    """What was skipped, in a line: the first names with their reasons."""
    named = [f"{cut(each.name)} ({each.sentence.rstrip('.')})" for each in schema.skipped[:_NAMED]]
    more = schema.skipped_count - len(named)
    return f"Skipped: {listed(named, letters=200)}" + (f" and {more:,} more." if more else ".")


def _line(text: str, role: str) -> TintedLabel:
    return TintedLabel(text, role, wrap=True)
