"""Where a run lies, in one line."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy

from app.ui.labels import FittedLabel


class KeptPlace(FittedLabel):
    """Where the run is kept, in what room is left: the path gives way in its middle, then all of it is left out."""

    _LEAST = 12  # letters of a path; with fewer nobody knows the place

    def __init__(self) -> None:
        super().__init__("", "text.soft")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, text: str) -> None:
        """Show this path as far as it fits; the tooltip has all of it."""
        self.setToolTip(f"kept in {text}" if text else "")
        super().say(text)

    def _cut(self, width: int) -> str:
        metrics, before = self.fontMetrics(), "kept in "
        room = width - 4 - metrics.horizontalAdvance(before)
        path = metrics.elidedText(self._full, Qt.TextElideMode.ElideMiddle, room)
        seen = path == self._full or room >= metrics.averageCharWidth() * self._LEAST
        return before + path if path and seen else ""
