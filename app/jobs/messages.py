"""What a job tells the window: bundles of events while it runs, and exactly one ending."""

from __future__ import annotations

import traceback
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any, Literal

from app.training.events import Cancelled, Failed, Finished, Probed

Outcome = Literal["finished", "cancelled", "failed"]


@dataclass(frozen=True, slots=True)
class Picture:
    """Something to look at, made by a job. A newer one with the same ``key`` takes its place on the way."""

    key: Hashable
    content: Any


@dataclass(frozen=True, slots=True)
class Bundle:
    """Events of one job, in order, that reach the window together."""

    job: int
    events: tuple[object, ...]

    @property
    def pictures(self) -> list[Picture]:
        """Those that are something to look at."""
        return [event for event in self.events if isinstance(event, Picture)]


@dataclass(frozen=True, slots=True)
class Ended:
    """The one ending of a job.

    ``event`` is the ending that the generator itself gave (``Finished``, ``Cancelled`` or ``Failed``), if it gave one.
    ``node`` and ``sentence`` say where and why it failed; ``details`` is the traceback, for a log and never for a
    window.
    """

    job: int
    outcome: Outcome
    event: object = None
    node: str | None = None
    sentence: str = ""
    details: str = ""


def key_of(event: object) -> Hashable | None:
    """The key under which a newer event replaces this one, or None for an event that must never be lost."""
    if isinstance(event, Picture):
        return ("picture", event.key)
    if isinstance(event, Probed):
        return ("probed", event.request if isinstance(event.request, Hashable) else id(event.request))
    return None


def ending_of(job: int, event: object) -> Ended | None:
    """The ending that this event announces, or None if the job goes on."""
    if isinstance(event, Finished):
        return Ended(job, "finished", event)
    if isinstance(event, Cancelled):
        return Ended(job, "cancelled", event)
    if isinstance(event, Failed):
        return Ended(job, "failed", event, event.node, event.sentence)
    return None


def failure(job: int, error: BaseException) -> Ended:
    """The ending for an exception that came out of a job. An error that knows its layer says so in ``node``. What
    Netloom raised on purpose, such as that there is no picture, says all there is to know and has no traceback."""
    node = getattr(error, "node", None)
    ours = isinstance(error, ValueError) and type(error).__module__.partition(".")[0] in ("app", "nodes")
    details = "" if ours else "".join(traceback.format_exception(error))
    return Ended(job, "failed", None, node if isinstance(node, str) else None, sentence_for(error), details)


def sentence_for(error: BaseException) -> str:
    """An exception in words. Those that Netloom raises on purpose are sentences already (all are ``ValueError``)."""
    text = " ".join(str(error).split())
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError" or "not enough memory" in text:
        return "The memory is full. Use a smaller batch size, or a smaller network."
    if isinstance(error, OSError):
        place = f" ({error.filename})" if error.filename else ""
        return f"A file could not be read or written{place}: {error.strerror or text or 'the reason is not known'}."
    if isinstance(error, ValueError) and text.endswith((".", "!", "?")):
        return text
    text = text if len(text) <= 300 else text[:297] + "…"
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"The work stopped because of an error that Netloom did not expect: {said.rstrip('.')}."
