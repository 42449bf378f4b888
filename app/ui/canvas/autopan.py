"""Moves the view while something is dragged near the edge of the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QPointF, Qt, QTimer

from app.ui.canvas.tools.base import Pointer, Tool

if TYPE_CHECKING:
    from app.ui.canvas.graph_view import GraphView

BAND = 44.0  # pixels: so close to an edge, the view begins to move
FASTEST = 1300.0  # pixels a second, at the edge itself
_CANVASES = 2.0  # a second, at most: in a small canvas a drawing would rush past
GONE = 90.0  # pixels outside of the canvas: the hand has gone elsewhere
_TICK_MS = 15
_LONGEST = 0.05  # seconds: after a hitch, the view does not jump

Depths = tuple[float, float, float, float]


class EdgePan(QObject):
    """The view follows a gesture to the edge, the faster the closer.

    A gesture that begins near an edge (a layer that comes in from the palette) moves the view only as far as it goes
    deeper into the band than where it began.
    """

    def __init__(self, canvas: GraphView) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._tool: Tool | None = None
        self._view = QPointF()
        self._keys = Qt.KeyboardModifier.NoModifier
        self._idle: Depths = (0.0, 0.0, 0.0, 0.0)  # what moves nothing, for each edge
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def is_moving(self) -> bool:
        """Whether the view is moving by itself."""
        return self._timer.isActive()

    @property
    def hand(self) -> QPointF | None:
        """Where something is being dragged now, in pixels of the canvas; None if nothing is."""
        return self._view if self._tool is not None and self._canvas.tool is self._tool else None

    def feel(self, at: Pointer) -> None:
        """The mouse moved during the gesture of the canvas."""
        tool = self._canvas.tool
        if tool is None or not tool.pans_at_edge or not tool.dragging:
            self.stop()
            return
        if tool is not self._tool:
            self._tool = tool
            self._idle = self._depths(tool.began_at)
        self._view, self._keys = QPointF(at.view), at.keys
        if self._speed().isNull():
            self._timer.stop()
        elif not self._timer.isActive():
            self._clock.start()
            self._timer.start()

    def stop(self) -> None:
        """Hold the view where it is."""
        self._timer.stop()
        self._tool = None

    def _depths(self, at: QPointF) -> Depths:
        """How deep a point is in the band of each edge (left, top, right, bottom): 0 outside of it, 1 at the edge."""
        width, height = float(self._canvas.width()), float(self._canvas.height())
        across, down = min(BAND, width / 6), min(BAND, height / 6)

        def depth(distance: float, band: float) -> float:
            return min(1.0, max(0.0, (band - distance) / band))

        return (
            depth(at.x(), across),
            depth(at.y(), down),
            depth(width - at.x(), across),
            depth(height - at.y(), down),
        )

    def _speed(self) -> QPointF:
        """Pixels a second by which the drawing moves."""
        area = self._canvas.rect().toRectF().adjusted(-GONE, -GONE, GONE, GONE)
        if not area.contains(self._view):
            return QPointF()
        now = self._depths(self._view)
        self._idle = tuple(map(min, self._idle, now))  # type: ignore[assignment]
        left, top, right, bottom = (
            ((deep - idle) / (1.0 - idle)) ** 2 if deep > idle else 0.0
            for deep, idle in zip(now, self._idle, strict=True)
        )
        across = min(FASTEST, _CANVASES * self._canvas.width())
        down = min(FASTEST, _CANVASES * self._canvas.height())
        return QPointF((left - right) * across, (top - bottom) * down)

    def _tick(self) -> None:
        canvas, tool = self._canvas, self._tool
        if tool is None or canvas.tool is not tool:
            self.stop()
            return
        seconds = min(self._clock.restart() / 1000.0, _LONGEST)
        step = self._speed() * seconds
        canvas.pan_by(step.x(), step.y())
        # What is dragged stays under the pointer, which points at another place of the drawing now.
        tool.move(Pointer(self._view, canvas.camera.to_scene(self._view), self._keys))
