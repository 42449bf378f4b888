"""Collects the events of a job until the window takes them. Every sample is kept; only pictures are replaced."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any

from app.jobs.messages import key_of

# More often than this nobody sees a difference, and each bundle costs the window a repaint.
BUNDLES_PER_SECOND = 20


class Gather:
    """Filled by the worker, emptied by the window.

    The window empties it at its own pace, so a busy window gets fewer and larger bundles, never a queue of old ones.
    """

    def __init__(self, key: Callable[[Any], Hashable | None] = key_of) -> None:
        self._key = key
        self._lock = threading.Lock()
        self._events: dict[Hashable, object] = {}  # in order of arrival
        self._count = 0

    def add(self, event: object) -> bool:
        """Keep an event. True if nothing was waiting before, so that the window has to be told."""
        key = self._key(event)
        with self._lock:
            first = not self._events
            if key is None:
                self._count += 1
                key = ("kept", self._count)
            else:
                # A newer picture stands where it arrived, not where the older one stood.
                self._events.pop(key, None)
            self._events[key] = event
            return first

    def take(self) -> tuple[object, ...]:
        """Everything that waits, in order; nothing waits afterwards."""
        with self._lock:
            events, self._events = self._events, {}
        return tuple(events.values())
