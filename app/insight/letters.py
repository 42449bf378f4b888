"""The letters or words of a text sample, and which simple questions about them a unit answers."""

from __future__ import annotations

from collections.abc import Sequence

from app.insight.tiles import NoPicture
from app.insight.view import Look
from nodes.reading.texts import PADDING

MOST_SAID = 160


def words_of_tokens(look: Look) -> tuple[str, tuple[str, ...]] | None:
    """The input that is a text (its key in a batch), and the words for its numbers; None where there is none."""
    from app.insight.part_predictions import parts_for

    for entry in look.net.plan.inputs:
        if entry.shape.dtype != "int" or entry.shape.rank != 1:
            continue
        try:
            feeds = parts_for(look.net).data.feeds
        except NoPicture:
            return None
        schema = feeds[entry.node].schema if entry.node in feeds else None
        if schema is not None and entry.port in schema.fields and schema.fields[entry.port].words:
            return f"{entry.node}.{entry.port}", schema.fields[entry.port].words
    return None


def tokens_of(look: Look) -> tuple[str, ...]:
    """The letters or words of the sample that is looked at; none where it is no text."""
    known = words_of_tokens(look)
    if known is None:
        return ()
    key, words = known
    numbers = look.batch[key][0].tolist()
    return tuple(words[number] if 0 <= number < len(words) else "?" for number in numbers)


def shown_token(token: str) -> str:
    """A letter that can be seen: a space is none."""
    return {" ": "_", "\n": "\\n", "\t": "\\t"}.get(token, token)


def by_letters(words: Sequence[str]) -> bool:
    """Whether a text goes by letters and not by words."""
    plain = [word for word in words if len(word) != 2 or word[0] != "\\"]
    return all(len(word) <= 1 for word in plain if not word.startswith("<"))


def steps_said(look: Look, steps: int) -> str:
    """What stands at the steps, in a sentence, without padding where a layer leaves it out; empty where the sample is
    no text of that length."""
    tokens = tokens_of(look)
    if len(tokens) > steps:
        tokens = tuple(token for token in tokens if token != PADDING)
    if len(tokens) != steps:
        return ""
    text = ("" if by_letters(tokens) else " ").join("·" if token == PADDING else shown_token(token) for token in tokens)
    return f"Steps from 0 on: {text[:MOST_SAID]}{'…' if len(text) > MOST_SAID else ''}"
