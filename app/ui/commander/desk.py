"""The command palette as the window has it: its box is made when it is first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow
    from app.ui.commander.box import CommandBox


class Commander(QObject):
    """Opens the command palette of one window."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window

    @cached_property
    def box(self) -> CommandBox:
        """The box, open or closed."""
        from app.ui.commander.box import CommandBox

        return CommandBox(self._window)

    def ask(self) -> None:
        """Open the box; a second time closes it."""
        self.box.ask()
