"""An editor for a number whose 0 stands for something else: a stride that follows the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.ui.inspector.numbers import NumberEditor, SidesEditor, WordedEditor
from nodes.api import Int, Sides


class ZeroEditor(WordedEditor):
    """Shows the word in the place of 0, and tells of 0 when the word is chosen. A number begins with 1."""

    def __init__(self, param: Int | Sides) -> None:
        worded = replace(param, words=(param.zero,))
        super().__init__(worded, NumberEditor(worded) if isinstance(worded, Int) else SidesEditor(worded))
        self._zero: Any = 0 if isinstance(param, Int) else (0,) * param.count
        self._last = 1 if isinstance(param, Int) else (1,) * param.count

    def _worded(self, value: Any) -> Any:
        return self._words[0] if value == self._zero else value

    def _meant(self, value: Any) -> Any:
        return self._zero if isinstance(value, str) else value

    def show_value(self, value: Any) -> None:
        super().show_value(self._worded(value))

    def show_different(self, values: Sequence[Any]) -> None:
        super().show_different([self._worded(value) for value in values])

    def _tell(self, value: Any) -> None:
        self.edited.emit(self._meant(value))
