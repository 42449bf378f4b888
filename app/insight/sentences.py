"""What every layer answers to a sentence, word by word, and what changes where one word is another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from app.insight.capture import arguments, array, undisturbed
from app.insight.numbers import percent
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import Look
from app.training.any_length import reads_length
from app.training.net_inputs import NetInputs, reads_of
from app.training.prediction import answered
from app.training.typed_text import written_tokens
from nodes.api import cut
from nodes.api.corrections import class_words
from nodes.reading.texts import PADDING

_LETTERS = 14  # of a word above a column
_STEPS_TOLD = 8
_SAID = 400  # letters of what is told for each word
_CLASSES = 12  # of which the course is told


@dataclass(frozen=True)
class SentenceValues:
    """The numbers of the words (steps,), and the values of each layer for them, without the batch."""

    tokens: Tensor
    values: Mapping[str, np.ndarray]
    said: str
    note: str = ""


def reads_text(look: Look) -> NetInputs:
    """What the net reads, if it reads one line of text.

    Raises:
        NoPicture: if it does not.
    """
    try:
        reads = reads_of(look.net.plan)
    except ValueError as reason:
        raise NoPicture(str(reason)) from None
    (field, *others) = reads.fields
    known = reads.trained.fields.get(field) if reads.trained is not None else None
    if others or reads.kind != "tokens" or known is None or not class_words(known):
        raise NoPicture("This view is about nets that read one line of text whose words are known.")
    return reads


def answers_to(look: Look, reads: NetInputs, tokens: Tensor, note: str = "") -> SentenceValues:
    """What the layers answer to these words.

    Raises:
        NoPicture: if the net refuses them.
    """
    (field,) = reads.fields
    given = arguments(look.net, look.model, {f"{reads.own.node}.{field}": tokens[None]})
    with undisturbed(look.model):
        try:
            found = look.net.capture(look.model, given, None)
        except RuntimeError as error:
            place, sentence = look.net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error
    drawn = look.net.project.graph.nodes if look.net.project is not None else {}
    masks = {name for name, each in drawn.items() if each.type == "PaddingMask"}  # which say nothing of the words
    values = {
        name: array(value[0], f"The answer of {name}")
        for name, value in found.items()
        if value.is_floating_point() and value.dim() > 1 and name not in masks
    }
    (told,) = answered(look.net, look.model, reads, [("it", {field: tokens})])
    if told.classes:
        word = told.classes[0][0]
        said = f"{word if word[:1].isalnum() else f'“{word}”'}, {percent(told.classes[0][1])}"
    elif told.steps:
        said = cut(" ".join(word for _, word, _ in told.steps), _SAID)
    else:
        said = ", ".join(f"{name} {number:.3g}" for name, number in told.numbers[:_STEPS_TOLD])
    return SentenceValues(tokens, values, said, note)


def size_at_steps(value: np.ndarray, steps: int) -> np.ndarray | None:
    """The root mean square of an answer at each step (steps,); None for one that has no steps."""
    if value.ndim < 2 or value.shape[0] != steps:
        return None
    return np.sqrt((value.reshape(steps, -1).astype(np.float64) ** 2).mean(1))


def sentence_pictures(look: Look, text: str, instead: str) -> tuple[Tiles, ...]:
    """How much each layer answers at each word of ``text``, or of the chosen sample where it is empty; with
    ``instead`` how much the answers to that differ, and the share by which each layer changes.

    Raises:
        NoPicture: if the net reads no text, or knows none of the words.
    """
    reads = reads_text(look)
    (field,) = reads.fields
    assert reads.trained is not None
    words = class_words(reads.trained.fields[field])
    takes = partial(reads_length, look.net, look.model, reads)
    try:
        tokens, note = (look.batch[f"{reads.own.node}.{field}"][0], "")
        if text.strip():
            tokens, note = written_tokens(text, reads, takes)
        first = answers_to(look, reads, tokens.cpu(), note)
        if not instead.strip():
            return (*_sizes(first, words), *_so_far(look, reads, tokens.cpu(), words))
        other, note = written_tokens(instead, reads, takes)
        if len(other) != len(tokens):
            # Two lines of different length are compared at the length of the training, if they fit into it.
            first = answers_to(look, reads, *written_tokens(text, reads)) if text.strip() else first
            other, note = written_tokens(instead, reads)
    except (ValueError, KeyError) as reason:
        raise NoPicture(str(reason)) from None
    return _changes(first, answers_to(look, reads, other, note), words)


def _shown(words: Sequence[str], *tokens: Tensor) -> tuple[list[int], list[str]]:
    """The steps that are no padding in every sentence, and what stands there; ``good → bad`` where they differ. Where
    nothing pads, a short line is filled up with blanks before it (see ``written_tokens``), which are left out, too."""
    rows = [[words[code] if code < len(words) else str(code) for code in each.tolist()] for each in tokens]
    steps = [step for step in range(len(rows[0])) if any(row[step] != PADDING for row in rows)] or [0]
    if PADDING not in words:
        begun = next((step for step in steps if any(row[step] != " " for row in rows)), 0)
        steps = [step for step in steps if step >= begun]
    said = []
    for step in steps:
        here = list(dict.fromkeys("–" if row[step] == PADDING else cut(row[step], _LETTERS) for row in rows))
        said.append(" → ".join(here))
    return steps, said


def _table(rows: Mapping[str, np.ndarray], labels: Sequence[str], title: str, note: str) -> Tiles:
    values = np.stack(list(rows.values())).astype(np.float32)[None]
    scale = (0.0, max(float(values.max()), 1e-6))
    return Tiles(values, *scale, "viridis", title, (*rows, *labels), layout="table", note=note)


def _sizes(found: SentenceValues, words: Sequence[str]) -> tuple[Tiles, ...]:
    steps, labels = _shown(words, found.tokens)
    rows: dict[str, np.ndarray] = {}
    whole: dict[str, float] = {}
    for name, value in found.values.items():
        sizes = size_at_steps(value, len(found.tokens))
        if sizes is not None:
            rows[name] = sizes[steps]
        whole[name] = float(np.sqrt((value.astype(np.float64) ** 2).mean()))
    amounts = np.array(list(whole.values()), np.float32)
    bars = Tiles(
        amounts.reshape(1, 1, -1),
        *rising_scale(np.append(amounts, 0.0)),
        "viridis",
        "What every layer answers to it",
        tuple(whole),
        layout="bars",
        x_label="layer",
        note="Root mean square of all its values.",
    )
    if not rows:
        return (bars,)
    # Layers are of different size, and on one scale the largest alone would be seen.
    rows = {name: row / max(float(row.max()), 1e-12) for name, row in rows.items()}
    note = "How much each layer answers at each word (root mean square), as a share of the most that it answers."
    values = np.stack(list(rows.values())).astype(np.float32)[None]
    table = Tiles(
        values, 0.0, 1.0, "viridis", f"It says: {found.said}", (*rows, *labels), layout="table",
        note=f"{found.note} {note}".strip(), percent=True,
    )  # fmt: skip
    return table, bars


def prefixes(tokens: Tensor, padding: int, before: bool) -> list[Tensor]:
    """The sentence as far as each of its words, filled up with ``padding`` before or behind, as it was."""
    held = tokens[tokens != padding]
    made = []
    for count in range(1, len(held) + 1):
        gap = torch.full((len(tokens) - count,), padding, dtype=tokens.dtype)
        made.append(torch.cat([gap, held[:count]] if before else [held[:count], gap]))
    return made


def _so_far(look: Look, reads: NetInputs, tokens: Tensor, words: Sequence[str]) -> tuple[Tiles, ...]:
    """What the net says of the sentence as far as each word, where it chooses one of a few classes for all of it."""
    if PADDING not in words:
        return ()
    padding = words.index(PADDING)
    (field,) = reads.fields
    cut_off = prefixes(tokens, padding, bool(tokens[0] == padding) or reads.own.settings.get("padding") == "before")
    told = list(answered(look.net, look.model, reads, [("it", {field: each}) for each in cut_off]))
    if not told or not told[0].classes or not 2 <= len(told[0].classes) <= _CLASSES:
        return ()
    names = [name for name, _ in told[-1].classes]
    rows = {name: np.array([dict(each.classes)[name] for each in told]) for name in names}
    _, labels = _shown(words, tokens)
    values = np.stack(list(rows.values())).astype(np.float32)[None]
    note = "The net has learned from whole sentences, so what it says of a part is a guess."
    title = "What it says as far as each word"
    return (Tiles(values, 0.0, 1.0, "viridis", title, (*rows, *labels), layout="table", note=note, percent=True),)


def _changes(first: SentenceValues, second: SentenceValues, words: Sequence[str]) -> tuple[Tiles, ...]:
    steps, labels = _shown(words, first.tokens, second.tokens)
    rows: dict[str, np.ndarray] = {}
    shares: dict[str, float] = {}
    for name, before in first.values.items():
        after = second.values[name]
        sizes = size_at_steps(after - before, len(first.tokens))
        if sizes is not None:
            rows[name] = sizes[steps]
        length = float(np.linalg.norm(before.astype(np.float64)))
        shares[name] = float(np.linalg.norm((after - before).astype(np.float64))) / length if length else 0.0
    note = " ".join(dict.fromkeys(filter(None, (first.note, second.note))))
    what = f"{first.said} → {second.said}"
    amounts = np.array(list(shares.values()), np.float32)
    bars = Tiles(
        amounts.reshape(1, 1, -1),
        *rising_scale(np.append(amounts, 0.0)),
        "viridis",
        "How much each layer changes",
        tuple(shares),
        layout="bars",
        x_label="layer",
        note="Length of the difference, as a share of the answer before.",
        percent=True,
    )
    if not rows:
        return (bars,)
    said = f"{note} Root mean square of what changes at each word.".strip()
    return _table(rows, labels, f"It says: {what}", said), bars
