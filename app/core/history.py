"""Earlier and later values with the titles of the steps between them. Undo shows an earlier value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

Value = TypeVar("Value")
MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class _HistoryStep(Generic[Value]):
    title: str
    value: Value  # the value on the other side of the step
    merge_key: object = None
    known: object = None  # what else is to be remembered of the step


@dataclass(frozen=True, slots=True)
class Mark(Generic[Value]):
    """A place in a history."""

    present: Value
    past: tuple[_HistoryStep[Value], ...]
    future: tuple[_HistoryStep[Value], ...]


class History(Generic[Value]):
    """The present value and the way to and from it. Values share their parts, so keeping them is cheap."""

    def __init__(self, value: Value) -> None:
        self._present = value
        self._past: list[_HistoryStep[Value]] = []
        self._future: list[_HistoryStep[Value]] = []
        self._clean: Value | None = value
        self._sealed = True

    @property
    def present(self) -> Value:
        """The value now."""
        return self._present

    @property
    def undo_title(self) -> str | None:
        """The step that undo takes back, or None."""
        return self._past[-1].title if self._past else None

    @property
    def redo_title(self) -> str | None:
        """The step that redo does again, or None."""
        return self._future[-1].title if self._future else None

    @property
    def undo_known(self) -> object:
        """What was pushed with the step that undo takes back; None if there is none."""
        return self._past[-1].known if self._past else None

    @property
    def redo_known(self) -> object:
        """What was pushed with the step that redo does again; None if there is none."""
        return self._future[-1].known if self._future else None

    @property
    def clean(self) -> bool:
        """Whether the present is the value that was last marked, or equal to it."""
        return self._present is self._clean or self._present == self._clean

    def push(self, value: Value, title: str, merge_key: object = None, known: object = None) -> None:
        """Go on to a new value. Steps with the same ``merge_key`` in a row become one, until ``seal``; of these, what
        is ``known`` of the last one counts."""
        merges = (
            merge_key is not None and not self._sealed and bool(self._past) and self._past[-1].merge_key == merge_key
        )
        if merges:
            earlier = self._past.pop()
            self._past.append(_HistoryStep(title, earlier.value, merge_key, known))
        else:
            self._past.append(_HistoryStep(title, self._present, merge_key, known))
            del self._past[:-MOST_STEPS]
        self._present = value
        self._future.clear()
        self._sealed = False

    def amend(self, change: Callable[[Value], Value]) -> None:
        """Make the same change of every value, earlier and later ones too: something that was found out, and no step.
        What was saved counts as saved."""
        made: dict[int, Value] = {}

        def changed(value: Value) -> Value:
            if id(value) not in made:
                made[id(value)] = change(value)
            return made[id(value)]

        kept = (self._present, self._clean)  # so that nothing takes their identity meanwhile
        self._present = changed(self._present)
        self._clean = changed(kept[1]) if kept[1] is not None else None
        for steps in (self._past, self._future):
            steps[:] = [_HistoryStep(step.title, changed(step.value), step.merge_key) for step in steps]

    def seal(self) -> None:
        """Let the next step stand on its own."""
        self._sealed = True

    def undo(self) -> bool:
        """Go one step back; False if there is none."""
        return self._go(self._past, self._future)

    def redo(self) -> bool:
        """Go one step forward again; False if there is none."""
        return self._go(self._future, self._past)

    def _go(self, ahead: list[_HistoryStep[Value]], behind: list[_HistoryStep[Value]]) -> bool:
        if not ahead:
            return False
        step = ahead.pop()
        behind.append(replace(step, value=self._present))
        self._present = step.value
        self._sealed = True
        return True

    def mark(self) -> Mark[Value]:
        """Where the history stands, for ``return_to``. Ends the merging of steps."""
        self._sealed = True
        return Mark(self._present, tuple(self._past), tuple(self._future))

    def return_to(self, mark: Mark[Value]) -> None:
        """Be as at the mark again, as if the steps since then had never been: they cannot be done again either."""
        self._present = mark.present
        self._past = list(mark.past)
        self._future = list(mark.future)
        self._sealed = True

    def mark_unclean(self) -> None:
        """No value counts as saved any more."""
        self._clean = None

    def mark_clean(self) -> None:
        """Call the present value saved."""
        self._clean = self._present
        self._sealed = True
