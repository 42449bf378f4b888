"""The command palette as the window has it: its box is made when it is first asked for."""

from __future__ import annotations

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
        self._box: CommandBox | None = None

    @property
    def box(self) -> CommandBox:
        """The box, open or closed."""
        if self._box is None:
            from app.ui.commander.box import CommandBox

            self._box = CommandBox(self._window)
        return self._box

    def ask(self) -> None:
        """Open the box; a second time closes it."""
        self.box.ask()
