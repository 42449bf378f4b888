"""How far long work is: a bar with the time left on a terminal, plain lines where the output goes to a file."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from app.cli.out import say

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class ProgressBar(Protocol):
    """Shows one piece of work after another. Use it in a ``with`` block."""

    def start(self, text: str, total: int) -> None:
        """Begin a piece of work of so many steps."""
        ...

    def at(self, done: int, text: str, detail: str) -> None:
        """So many steps are done; ``detail`` are the newest numbers."""
        ...

    def milestone(self, text: str) -> None:
        """A line that stays, with the time left on plain output."""
        ...

    def note(self, sentence: str) -> None:
        """A sentence that stays."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def bar() -> ProgressBar:
    """A moving bar if somebody watches, else lines."""
    return RichBar() if sys.stdout.isatty() else Lines()


def clock(seconds: float) -> str:
    """``0:07``, ``12:30`` or ``1:02:03``."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


class Lines:
    """Milestones and notes as lines of their own."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._done = 0
        self._total = 1

    def start(self, text: str, total: int) -> None:
        self._begun, self._done, self._total = time.monotonic(), 0, total

    def at(self, done: int, text: str, detail: str) -> None:
        self._done = done

    def milestone(self, text: str) -> None:
        left = ""
        if self._done:
            pace = (time.monotonic() - self._begun) / self._done
            left = f"   {clock(pace * (self._total - self._done))} left"
        say(text + left)

    def note(self, sentence: str) -> None:
        say(sentence)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class RichBar:
    """A bar that moves, with the time left; milestones and notes scroll by above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        # Numbers and names are not to be coloured or read as markup: a layer may be called anything.
        self._progress: Progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=Console(highlight=False, markup=False, emoji=False),
            transient=True,
        )
        self._task: TaskID | None = None

    def start(self, text: str, total: int) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(text, total=total, detail="")

    def at(self, done: int, text: str, detail: str) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=done, description=text, detail=detail)

    def milestone(self, text: str) -> None:
        self._progress.console.print(text)

    def note(self, sentence: str) -> None:
        self._progress.console.print(sentence)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()
