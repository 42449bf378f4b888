"""What a net with a CTC loss spells: its scores for each step, read as letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, inf, log

import numpy as np

from app.core.compile.decision import Spelling, spelling_of
from app.core.compile.plan import Plan, Ref
from app.data.source_looks import schema_of
from nodes.api import NoData
from nodes.api.corrections import class_words
from nodes.api.registry import find
from nodes.reading.texts import PADDING


@dataclass(frozen=True, slots=True)
class SpeltText:
    """Some letters by their numbers, with the probability that a search gives them; ``steps`` is where each began,
    where one path was followed."""

    letters: tuple[int, ...]
    probability: float
    steps: tuple[int, ...] = ()


@dataclass(frozen=True)
class Speller:
    """A net that spells. ``output`` is where its scores stand among what the model gives, ``words`` what each class is
    called; ``joined`` stands between two of them: nothing between letters, a blank between words."""

    where: Spelling
    output: int
    words: tuple[str, ...]
    joined: str

    @property
    def blank(self) -> int:
        """The class that means nothing new."""
        return self.where.blank

    def said(self, letters: Sequence[int]) -> str:
        """Letters as a text."""
        plain = {"\\n": "\n", "\\t": "\t"}
        words = [self.words[n] if n < len(self.words) else str(n) for n in letters]
        return self.joined.join(plain.get(word, word) for word in words)

    def shown(self, number: int) -> str:
        """A class as it can stand in a picture."""
        if number == self.blank:
            return "nothing"
        word = self.words[number] if number < len(self.words) else str(number)
        return "_" if word == " " else word


def speller_of(plan: Plan) -> Speller:
    """How this net spells.

    Raises:
        NoData: if it does not.
    """
    where = spelling_of(plan)
    places = {output.key: place for place, output in enumerate(plan.outputs)}
    if where is None or where.steps.key not in places:
        raise NoData("This net has no CTC loss, so it does not spell. Add one to a net that answers at each step.")
    origin = plan.origin(Ref(where.letters.node, where.letters.port))
    words: tuple[str, ...] = ()
    own = next((each for each in plan.sources if each.node == origin.node), None)
    if own is not None:
        layer = find(own.type)
        assert layer is not None
        schema = own.seen or schema_of(layer, own.settings)
        words = class_words(schema.fields[origin.port]) if origin.port in schema.fields else ()
    letters = [word for number, word in enumerate(words) if number != where.blank and word != PADDING]
    by_letters = bool(letters) and all(len(word) == 1 or word[0] == "\\" for word in letters)
    return Speller(where, places[where.steps.key], words, "" if by_letters else " ")


def likeliest(scores: np.ndarray, blank: int) -> SpeltText:
    """The likeliest class of each step of log-probabilities (steps, classes), without repeats and blanks (Graves et al.
    2006): greedy decoding. Each letter stands at the step of its run where it is likeliest."""
    path = scores.argmax(1)
    starts = np.flatnonzero(np.diff(path, prepend=-1))
    ends = [*starts[1:], len(path)]
    letters, steps = [], []
    for start, end in zip(starts.tolist(), ends):
        letter = int(path[start])
        if letter != blank:
            letters.append(letter)
            steps.append(start + int(scores[start:end, letter].argmax()))
    return SpeltText(tuple(letters), exp(float(scores.max(1).sum())), tuple(steps))


def searched(scores: np.ndarray, blank: int, beam: int) -> list[SpeltText]:
    """The likeliest texts, the likeliest first, by a search that keeps ``beam`` of them at each step and adds up all
    paths that spell the same (Hannun et al. 2014). Where ``beam`` keeps all, the probabilities are exact."""
    kept: dict[tuple[int, ...], tuple[float, float]] = {(): (0.0, -inf)}  # log, of paths that end in blank, or not
    for row in scores.tolist():
        found: dict[tuple[int, ...], list[float]] = defaultdict(lambda: [-inf, -inf])
        likely = [number for number, score in enumerate(row) if score > -30]
        for text, (still, new) in kept.items():
            both = _added(still, new)
            for number in likely:
                score = row[number]
                if number == blank:
                    same = found[text]
                    same[0] = _added(same[0], both + score)
                    continue
                longer = found[(*text, number)]
                if text and text[-1] == number:
                    same = found[text]
                    same[1] = _added(same[1], new + score)
                    longer[1] = _added(longer[1], still + score)
                else:
                    longer[1] = _added(longer[1], both + score)
        best = sorted(found, key=lambda text: _added(*found[text]), reverse=True)[:beam]
        kept = {text: (found[text][0], found[text][1]) for text in best}
    return [SpeltText(text, exp(_added(*ends))) for text, ends in kept.items()]


def _added(one: float, other: float) -> float:
    """The logarithm of the sum of two numbers whose logarithms these are."""
    high, low = (one, other) if one > other else (other, one)
    return high if low == -inf else high + log(1 + exp(low - high))
