"""The scale as one window offers it."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.ui import scale, theme
from app.ui.base_window import BaseWindow


class Scaling(QObject):
    """The scale as one window offers it: an entry for each step in the View menu, keys for larger and smaller."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._docks = window.docks
        titles = {str(percent): f"{percent} %" for percent in scale.PERCENTS}
        self.entries = window.actions_table.choices("scales", titles, lambda key: self.choose(int(key)))
        scale.leave(window.canvas)  # it has its own zoom, and may become small
        self._shown = theme.scale()
        theme.notifier.changed.connect(self._show)
        self._show()

    @property
    def percent(self) -> int:
        """The scale in use."""
        return round(100 * theme.scale())

    def choose(self, percent: int) -> None:
        """Show everything at this scale, and the next time too."""
        if not self._window.presentation.on:  # which is large only for as long as it lasts
            self._window.settings.change(scale=percent)
        if percent != self.percent:  # which Qt needs a part of a second for, in which nothing else is shown
            self._window.say(f"Showing everything at {percent} %…")
            self._window.statusBar().repaint()
        scale.apply(percent)
        self._window.say(f"Interface scale {percent} %")

    def larger(self) -> None:
        """One step larger."""
        self._step(min((each for each in scale.PERCENTS if each > self.percent), default=None))

    def smaller(self) -> None:
        """One step smaller."""
        self._step(max((each for each in scale.PERCENTS if each < self.percent), default=None))

    def _step(self, percent: int | None) -> None:
        if percent is None:
            self._window.say(f"{self.percent} % is as far as it goes.")
        else:
            self.choose(percent)

    def _show(self) -> None:
        for key, entry in self.entries.items():
            entry.setChecked(int(key) == self.percent)
        if self._shown != theme.scale():
            self._shown = theme.scale()
            self._docks.share_room()
            self._docks.adapt_soon()
