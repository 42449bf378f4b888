"""What every editor of a setting is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.ui.inspector.scrub import Scrub
from app.ui.layouts import row
from nodes.api import BadSetting, Param


class Editor(QWidget):
    """Shows one value and tells of changes that a person makes.

    ``edited`` carries a value that the setting takes; of several sides, None stands for one that stays as it is.
    ``hinted`` says why what stands in the field is not taken, with an empty text when it is. ``show_value`` tells
    nobody, and leaves a field alone that already says the same, so that a cursor in it stays where it is.
    """

    edited = Signal(object)
    hinted = Signal(str)

    def __init__(self, param: Param) -> None:
        super().__init__()
        self.param = param
        self._row = row(of=self, spacing=4)

    def show_value(self, value: Any) -> None:
        """Show a value that the setting takes."""
        raise NotImplementedError(f"{type(self).__name__} must show its value")

    def show_different(self, values: Sequence[Any]) -> None:
        """Show that there are several values, none of which is shown. What a person sets then counts for all."""
        raise NotImplementedError(f"{type(self).__name__} must show that values differ")

    def scrubs(self) -> tuple[Scrub, ...]:
        """The gestures that drag a number of this setting; a label may be a handle of the first."""
        return ()

    def fields(self) -> tuple[QWidget, ...]:
        """The widgets that take the keyboard, in order."""
        raise NotImplementedError(f"{type(self).__name__} must name its fields")

    def offer(self, names: Callable[[], Sequence[str]]) -> None:
        """Tell who knows the names of the layers that may be chosen. Most settings do not ask for any."""

    def set_narrow(self, narrow: bool) -> None:
        """Take less room, because another button stands beside the field. Most fields can be narrow anyway."""

    def describe(self, tooltip: str, name: str) -> None:
        """Give every field the tooltip and the name that a screen reader says."""
        for index, field in enumerate(self.fields()):
            field.setToolTip(tooltip)
            field.setAccessibleName(name if index == 0 else f"{name}, {index + 1}")
            field.setAccessibleDescription(self.param.help)
        if self.fields():
            self.setFocusProxy(self.fields()[0])

    def refusal(self, value: Any) -> str:
        """Why the setting cannot take ``value``, in the student's words; empty if it can."""
        try:
            self.param.check(value)
        except BadSetting as bad:
            return sentence(self.param, str(bad))
        return ""


def sentence(param: Param, text: str) -> str:
    """A refusal with the student's word in the place of torch's name."""
    title = param.title[:1].upper() + param.title[1:]
    return title + text.removeprefix(param.name) if text.startswith(param.name) else text
