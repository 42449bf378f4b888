"""Where a run lies, in one line."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from app.ui.labels import TintedLabel


class KeptPlace(TintedLabel):
    """Where the run is kept, in what room is left: the path gives way in its middle, then all of it is left out."""

    _LEAST = 12  # letters of a path; with fewer nobody knows the place

    def __init__(self) -> None:
        super().__init__("", "text.soft")
        self._path = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, path: str) -> None:
        """Show this path as far as it fits; the tooltip has all of it."""
        self._path = path
        self.setToolTip(f"kept in {path}" if path else "")
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        metrics, before = self.fontMetrics(), "kept in "
        room = self.width() - 4 - metrics.horizontalAdvance(before)
        path = metrics.elidedText(self._path, Qt.TextElideMode.ElideMiddle, room)
        seen = path == self._path or room >= metrics.averageCharWidth() * self._LEAST
        self.setText(before + path if path and seen else "")
