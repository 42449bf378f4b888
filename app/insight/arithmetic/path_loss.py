"""The arithmetic of CTC: all ways through the steps that spell a text, counted step by step (Graves et al. 2006)."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from app.insight.arithmetic.layer_call import Stages
from app.insight.arithmetic.losses import LOSS, AskedLoss, also
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import Worked
from app.insight.arithmetic.stage import Index, Stage


class _Ways(Stage):
    """The logarithm of the probability of all ways that stand at a sign of the text, with blanks between, after a step:
    (steps, signs)."""

    def __init__(self, logs: Stage, signs: list[int], blank: int) -> None:
        self._logs, self._signs, self._blank = logs, signs, blank

    def _from(self, sign: int) -> list[int]:
        """The signs at which a way may have stood a step before: the same, the last one, or over a blank."""
        found = [sign] + ([sign - 1] if sign else [])
        over = sign > 1 and self._signs[sign] != self._blank and self._signs[sign] != self._signs[sign - 2]
        return [*found, sign - 2] if over else found

    @cached_property
    def values(self) -> np.ndarray:
        logs = self._logs.values
        found = np.full((len(logs), len(self._signs)), -np.inf)
        found[0, :2] = logs[0, self._signs[:2]]
        for step in range(1, len(logs)):
            for sign, kind in enumerate(self._signs):
                found[step, sign] = np.logaddexp.reduce(found[step - 1, self._from(sign)]) + logs[step, kind]
        return found

    def made(self, index: Index) -> Derivation:
        step, sign = index
        own = self._logs.term((step, self._signs[sign]))
        called = "the blank" if self._signs[sign] == self._blank else f"class {self._signs[sign]}"
        if step == 0:
            if sign > 1:
                return Derivation("given", "No way begins so far inside the text: its probability is 0.", float("-inf"))
            rule = f"A way begins with {called}: the logarithm of its probability at the first step."
            return Derivation("moved", rule, own.value, (own,))
        before = [self.term((step - 1, each)) for each in self._from(sign)]
        total = float(np.logaddexp.reduce([term.value for term in before]))
        result = total + own.value
        rule = f"All ways that stood here, or before it, one step earlier, and then say {called}."
        powers = " + ".join(f"exp({short(term.value)})" for term in before)
        lines = (f"log({powers}) = {short(total)}", f"{bracketed(total)} + {bracketed(own.value)} = {short(result)}")
        return Derivation("function", rule, result, (own, *before), lines=lines)


def paths(asked: AskedLoss) -> Stages:
    """Minus the logarithm of the probability of all ways that spell the text, divided by its length."""
    logs, targets = asked.arrived["log_probs"], asked.arrived["targets"].values.astype(int)
    blank = int(asked.settings.get("blank", 0))
    length = int((targets != blank).sum())
    signs = [blank]
    for letter in targets[:length]:
        signs += [int(letter), blank]
    ways = _Ways(logs, signs, blank).named(asked.node, "ways")
    last = len(logs.values) - 1
    skips = bool(asked.settings.get("zero_infinity", True))

    def loss(index: Index, *ends: float) -> float:
        total = float(np.logaddexp.reduce(ends))
        return 0.0 if skips and np.isinf(total) else -asked.weight * total / max(length, 1)

    def said(index: Index, *ends: float) -> str:
        if skips and np.isinf(np.logaddexp.reduce(ends)):
            return "the text does not fit into the steps and is skipped"
        times = f"{short(asked.weight)} × " if asked.weight != 1 else ""
        powers = " + ".join(f"exp({short(end)})" for end in ends)
        return f"{times}−log({powers}) / {max(length, 1)}"

    rule = (
        "Minus the logarithm of all ways that end with the last letter or the blank behind it, divided by the number "
    )
    rule += f"of letters.{also(asked)}"
    ends = range(max(len(signs) - 2, 0), len(signs))
    return {LOSS: Worked((), lambda index: [ways.term((last, end)) for end in ends], rule, loss, said), "ways": ways}
