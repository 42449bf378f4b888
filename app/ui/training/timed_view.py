"""A plot that knows how long it has painted. Imports pyqtgraph, so it is itself imported late."""

from __future__ import annotations

import time

import pyqtgraph as pg
from PySide6.QtGui import QPaintEvent


class TimedView(pg.PlotWidget):
    """``painted`` counts seconds of the window's thread."""

    painted = 0.0

    def paintEvent(self, event: QPaintEvent) -> None:
        start = time.thread_time()
        super().paintEvent(event)
        self.painted += time.thread_time() - start
