"""Random sequences of steps on something that keeps its state, and may need time: windows, not values.

Like a rule based state machine of hypothesis, but each sequence is run once: a window that answered a little earlier
or later would be taken for one that cannot decide. A seed gives the same sequence again, as far as windows do.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import given
from hypothesis import strategies as st

Method = TypeVar("Method", bound=Callable[..., None])
_BYTES = 100_000  # enough choices for the longest sequence


def rule(**draws: st.SearchStrategy[Any]) -> Callable[[Method], Method]:
    """Marks a method as a step; its arguments are drawn."""

    def marked(method: Method) -> Method:
        method.draws = draws  # type: ignore[attr-defined]
        return method

    return marked


def precondition(needs: Callable[[Any], object]) -> Callable[[Method], Method]:
    """Marks a step as one that can be taken only while something is so. Stands above ``rule``."""

    def marked(method: Method) -> Method:
        method.needs = needs  # type: ignore[attr-defined]
        return method

    return marked


class Steps:
    """What can be done, in methods marked with ``rule``; ``check`` says what must hold after each."""

    taken: list[str]

    def begin(self, data: st.DataObject) -> None:
        """Set up."""

    def check(self) -> None:
        """What must hold after each step."""

    def end(self) -> None:
        """What must hold at the end."""

    def run(self, data: st.DataObject, count: int) -> None:
        """Take so many steps."""
        self.taken = []
        methods = [
            getattr(self, name) for name in sorted(dir(type(self))) if hasattr(getattr(type(self), name), "draws")
        ]
        self.begin(data)
        self.check()
        for _ in range(count):
            able = [each for each in methods if not hasattr(each, "needs") or each.needs(self)]
            step = data.draw(st.sampled_from(able))
            chosen = {name: data.draw(strategy) for name, strategy in step.draws.items()}
            shown = ", ".join(
                f"{name}={value}" for name, value in chosen.items() if not isinstance(value, st.DataObject)
            )
            self.taken.append(f"{step.__name__}({shown})")
            step(**chosen)
            self.check()
        self.end()
        self.taken.append("the end")


def take(make: Callable[[], Steps], seed: int, count: int) -> None:
    """Run one sequence.

    Raises:
        AssertionError: with the seed and the steps, if something did not hold or an error came up.
    """
    steps = make()

    @given(data=st.data())
    def sequence(data: st.DataObject) -> None:
        steps.run(data, count)

    try:
        sequence.hypothesis.fuzz_one_input(random.Random(seed).randbytes(_BYTES))  # type: ignore[attr-defined]
    except Exception as error:
        way = "\n  ".join(steps.taken)
        raise AssertionError(f"seed {seed}, after {len(steps.taken)} steps: {error!r}\n  {way}") from error
    assert steps.taken[-1:] == ["the end"], "the bytes were not enough for so many steps"
