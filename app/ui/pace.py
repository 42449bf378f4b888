"""When something is done: once and later, or as often as a training has time for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

OF_LAST = 3  # times that are remembered; the first of a kind is often slow


def later(parent: QObject, call: Callable[[], object], ms: int = 0) -> QTimer:
    """A timer that calls once, so many milliseconds after it was started. Started again before, it begins anew."""
    timer = QTimer(parent, singleShot=True, interval=ms)
    timer.timeout.connect(call)
    return timer


class Pace:
    """Rests so long that all times together take at most a share of the time: what costs more happens less often.

    A training computes between the steps of Python, and so does the window. While the one has the interpreter the other
    waits, and what the window does is lost to the training even where there is a core for each.
    """

    def __init__(self, share: float, least_ms: int, most_ms: int | None = None) -> None:
        self._share, self._least, self._most = share, least_ms, most_ms
        self._seconds: deque[float] = deque(maxlen=OF_LAST)

    def took(self, seconds: float) -> None:
        """It was done once more, and that took so long."""
        self._seconds.append(seconds)

    def forget(self) -> None:
        """What is done from now on is something else."""
        self._seconds.clear()

    @property
    def rest_ms(self) -> int:
        """From the end of one time to the beginning of the next."""
        # The shortest of the last ones: in the others the machine, or what is done once, has taken its time as well.
        usual = min(self._seconds, default=0.0)
        rest = max(self._least, round(1000 * usual * (1 / self._share - 1)))
        return rest if self._most is None else min(rest, self._most)
