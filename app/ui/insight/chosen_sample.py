"""The sample that everybody looks at."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.insight.view import SampleChoice


class ChosenSample(QObject):
    """A validation sample by its number, or one of all the data. ``sample_changed`` tells that it is another one."""

    sample_changed = Signal(int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sample = 0
        self._chosen: SampleChoice | None = None

    @property
    def sample(self) -> int:
        """Which of the samples everybody looks at, counted from 0."""
        return self._sample

    def choose_sample(self, index: int) -> None:
        """Look at this one of the validation samples in all pictures."""
        if index != self._sample or self._chosen is not None:
            self._sample, self._chosen = index, None
            self.sample_changed.emit(index)

    @property
    def chosen(self) -> SampleChoice | None:
        """The sample of all the data that everybody looks at, in place of one for validation; None without one."""
        return self._chosen

    def choose_of_data(self, chosen: SampleChoice) -> None:
        """Look at this sample in all pictures, whatever part it is in."""
        if chosen != self._chosen:
            self._chosen = chosen
            self.sample_changed.emit(self._sample)
