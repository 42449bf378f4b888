"""Simple questions about the letters or words of a text, and how far the units of a layer follow their answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from app.insight.activations import activations
from app.insight.calls import layer_at
from app.insight.letters import by_letters, shown_token, tokens_of, words_of_tokens
from app.insight.tiles import NoPicture, Tiles, signed_scale
from app.insight.unit_responses import counted, values_over
from app.insight.view import Look
from nodes.reading.texts import PADDING

OPENS, CLOSES = "([{«", ")]}»"
VOWELS = frozenset("aeiouyäöüáàâéèêíìîóòôúùûåæø")
MOST_NAMED = 6
LINE = 40  # letters of the coloured text that stand side by side
LEFT_OUT = (PADDING, "")
_RECURRENT = ("LSTM", "GRU", "RNN")


def questions(tokens: Sequence[str]) -> dict[str, np.ndarray]:
    """The answers to each question at each step ``(time,)``: 1 and 0 for yes and no, or a number. A text that begins in
    the middle of something is taken to begin outside of quotes and brackets."""
    letters = by_letters(tokens)
    end = [token in ("\n", "\\n") for token in tokens]
    space = [token.isspace() or last for token, last in zip(tokens, end)]
    found: dict[str, Sequence[float]] = {}
    if letters:
        found["vowel"] = [token.lower() in VOWELS for token in tokens]
        found["consonant"] = [token.isalpha() and token.lower() not in VOWELS for token in tokens]
        found["space"] = [gap and not last for gap, last in zip(space, end)]
        found["word so far"] = _since([not (token.isalnum() or token in "'’-") for token in tokens])
    else:
        found["word length"] = [0 if token.startswith("<") else len(token) for token in tokens]
        found["unknown word"] = [token == "<unk>" for token in tokens]
    found["capital"] = [token[:1].isupper() for token in tokens]
    found["digit"] = [token[:1].isdigit() for token in tokens]
    found["sign"] = [
        bool(token) and not gap and not token[0].isalnum() and not token.startswith("<")
        for token, gap in zip(tokens, space)
    ]
    found["line end"] = end
    found["in quotes"] = _inside_quotes(tokens)
    found["in brackets"] = _inside_brackets(tokens)
    found["line so far"] = _since(end)
    found["sentence so far"] = _since([token[:1] in (".", "!", "?") for token in tokens])
    found["sample so far"] = list(range(len(tokens)))
    return {name: np.array(answers, np.float64) for name, answers in found.items()}


def _since(starts: Sequence[bool]) -> list[float]:
    """How many steps have gone since the last one that starts anew."""
    found, count = [], 0
    for start in starts:
        count = 0 if start else count + 1
        found.append(float(count))
    return found


def _inside_quotes(tokens: Sequence[str]) -> list[float]:
    """Whether a quote is open; the quotes themselves count as inside."""
    found, open_ = [], False
    for token in tokens:
        turns = token in ('"', "“", "”", "``", "''")
        found.append(float(open_ or turns))
        if turns:
            open_ = not open_ if token == '"' else token in ("“", "``")
    return found


def _inside_brackets(tokens: Sequence[str]) -> list[float]:
    found, depth = [], 0
    for token in tokens:
        depth += token in OPENS and bool(token)
        found.append(float(depth > 0))
        depth = max(0, depth - (token in CLOSES and bool(token)))
    return found


class UnitCorrelations:
    """Pearson's correlation of units with questions, added up piece by piece."""

    def __init__(self) -> None:
        self.names: tuple[str, ...] = ()
        self.count = 0
        self._sums: list[np.ndarray] = []

    def add(self, values: np.ndarray, answers: Mapping[str, np.ndarray]) -> None:
        """Values ``(steps, units)`` and the answers at the same steps."""
        asked = np.stack(list(answers.values()), axis=1)
        self.names = tuple(answers)
        values = values.astype(np.float64)
        sums = [values.sum(0), (values**2).sum(0), asked.sum(0), (asked**2).sum(0), values.T @ asked]
        self._sums = [old + new for old, new in zip(self._sums, sums)] if self._sums else sums
        self.count += len(values)

    def found(self) -> np.ndarray:
        """``(units, questions)``; 0 where a unit or an answer never changes."""
        unit, unit2, asked, asked2, both = (each / self.count for each in self._sums)
        spread = np.sqrt(np.maximum(unit2 - unit**2, 0))[:, None] * np.sqrt(np.maximum(asked2 - asked**2, 0))[None]
        together = both - unit[:, None] * asked[None]
        return np.divide(together, spread, out=np.zeros_like(together), where=spread > 1e-9)


def letter_pictures(look: Look, unit: int | str, part: str, most: int | str) -> tuple[Tiles, ...]:
    """How far each unit of a layer follows each question, as one map, and by question the unit that does most; for one
    unit as bars, with the sample coloured by what the unit says at each letter or word.

    Raises:
        NoPicture: if the net reads no text, or the layer has no value for each of its steps.
    """
    known = words_of_tokens(look)
    if known is None:
        raise NoPicture("This net reads no text whose letters or words are known, so there is nothing to ask about.")
    key, words = known
    sums, samples, whole = UnitCorrelations(), 0, 0
    with _states(look) as states:
        for _, batch, value, every in values_over(look.subject, look.node, part, most):
            tokens, value = batch[key], _at_steps(states[-1], batch[key], words) if states else value
            states.clear()
            if value.dim() != 3 or value.shape[1] != tokens.shape[1]:
                raise NoPicture(
                    f"{look.node} has no value for each step of the text. Choose a layer that reads it step by step, "
                    "such as an embedding, or an LSTM that hands on more than its last step."
                )
            if not torch.isfinite(value).all():
                raise NoPicture(
                    f"{look.node} answers with values that are not numbers. Train again with a smaller rate."
                )
            samples, whole = samples + len(tokens), every
            _ask(look.node, sums, tokens, value, words)
    if not sums.count:
        raise NoPicture("There is no sample with letters in it.")
    found, said = sums.found(), counted(samples, whole, part)
    if isinstance(unit, int):
        return _one(look, found, sums.names, unit, said)
    return (_all(look.node, found, sums.names, said),)


def _ask(node: str, sums: UnitCorrelations, tokens: Tensor, value: Tensor, words: Sequence[str]) -> None:
    """Add what is answered for these samples; what only fills them up is not asked about."""
    if not torch.isfinite(value).all():
        raise NoPicture(f"{node} answers with values that are not numbers. Train again with a smaller rate.")
    for row, answer in zip(tokens.tolist(), value.float().cpu().numpy()):
        texts = [words[number] if 0 <= number < len(words) else "?" for number in row]
        counts = np.array([text not in LEFT_OUT for text in texts])
        if counts.any():
            asked = questions(texts)
            sums.add(answer[counts], {name: each[counts] for name, each in asked.items()})


def _at_steps(said: Tensor | PackedSequence, tokens: Tensor, words: Sequence[str]) -> Tensor:
    """What a layer said at each step (n, steps, units); one that leaves out padding says nothing, 0, where that is."""
    if isinstance(said, Tensor):
        return said
    packed, lengths = pad_packed_sequence(said, batch_first=True)
    real = tokens != (words.index(PADDING) if PADDING in words else 0)
    found = packed.new_zeros(*tokens.shape, packed.shape[2])
    for row, (places, count) in enumerate(zip(real, lengths.tolist(), strict=True)):
        at = places.nonzero()[:, 0][:count]
        found[row, at] = packed[row, : len(at)]
    return found


@contextmanager
def _states(look: Look) -> Iterator[list[Tensor | PackedSequence]]:
    """While the net runs: what a recurrent layer says at every step (n, steps, units), packed where it leaves out
    padding, also where it hands on only the last; nothing for any other layer."""
    found: list[Tensor | PackedSequence] = []
    where = layer_at(look.net, look.node)
    module = look.model.get_submodule(where.address) if where is not None and where.type in _RECURRENT else None

    def heard(module: nn.Module, given: Any, returned: Any) -> None:
        if isinstance(returned, tuple) and isinstance(returned[0], Tensor | PackedSequence):
            found.append(returned[0])

    handle = module.register_forward_hook(heard) if module is not None else None
    try:
        yield found
    finally:
        if handle is not None:
            handle.remove()


def _all(node: str, found: np.ndarray, names: tuple[str, ...], said: str) -> Tiles:
    pairs = [np.unravel_index(each, found.shape) for each in np.argsort(-np.abs(found), axis=None)]
    seen: set[int] = set()
    named: list[str] = []
    for row, column in pairs:
        if column not in seen and abs(found[row, column]) > 0:
            seen.add(int(column))
            named.append(f"unit {row} with {names[column]} ({found[row, column]:.2f})".replace("-", "−"))
        if len(named) == MOST_NAMED:
            break
    strongest = f"Strongest: {', '.join(named)}. " if named else "No unit follows any of them. "
    order = ", ".join(f"{index} {name}" for index, name in enumerate(names))
    return Tiles(
        found.T.astype(np.float32)[None], -1.0, 1.0, "diverging", f"{node}: which questions on a text its units follow",
        x_label="unit", y_label="question", note=f"{strongest}Correlation over {said}. Questions: {order}.",
        text=_best(found, names),
    )  # fmt: skip


def _best(found: np.ndarray, names: tuple[str, ...]) -> tuple[str, ...]:
    """The unit that follows each question most, the question that is followed most first."""
    best = np.abs(found).argmax(0)
    lines = []
    for place in np.argsort(-np.abs(found).max(0), kind="stable"):
        value = float(found[best[place], place])
        said = f"unit {best[place]} ({value:.2f})".replace("-", "−") if value else "no unit"
        lines.append(f"{names[place]}: {said}")
    return tuple(lines)


def _one(look: Look, found: np.ndarray, names: tuple[str, ...], unit: int, said: str) -> tuple[Tiles, ...]:
    if unit >= len(found):
        raise NoPicture(f"{look.node} has no unit {unit}; it has {len(found)}, numbered from 0 to {len(found) - 1}.")
    values = found[unit].astype(np.float32)
    bars = Tiles(
        values.reshape(1, 1, -1), -1.0, 1.0, "diverging", f"{look.node}: which questions unit {unit} follows", names,
        layout="bars", note=f"Correlation over {said}: 1 and −1 follow it exactly, 0 not at all.",
    )  # fmt: skip
    tokens = tokens_of(look)
    if not tokens:
        return (bars,)
    with _states(look) as states:
        shown = activations(look.net, look.model, look.batch, look.node).maps[0]
    key, words = words_of_tokens(look) or ("", ())
    told = _at_steps(states[-1], look.batch[key], words) if states and key else None
    answer = told[0, :, unit].float().cpu().numpy() if told is not None else shown[unit]
    low, high = signed_scale(answer)
    coloured = Tiles(
        answer.reshape(-1, 1, 1), low, high, "diverging", f"{look.node}: what unit {unit} says at each step",
        tuple(shown_token(token) for token in tokens), columns=min(LINE if by_letters(tokens) else 8, len(tokens)),
    )  # fmt: skip
    return bars, coloured
