"""Questions about pictures that somebody has written, as the net of a training reads them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import torch
from torch import Tensor

from app.training.net_inputs import NetInputs
from nodes.api import NoData, cut, quoted
from nodes.api.corrections import class_words
from nodes.reading.texts import PADDING, UNKNOWN


def question_numbers(text: str, words: Sequence[str], length: int, before: bool) -> Tensor:
    """The numbers of the words of a question (length,), filled up with 0 before or behind them. A word that was not in
    the training is unknown where its data has a number for that.

    Raises:
        NoData: for words that the net has never seen, and for a question that is empty or too long.
    """
    tokens = text.lower().replace("?", " ").replace(",", " ").strip(" .!").split()
    places = {each.lower(): number for number, each in enumerate(words)}
    known = cut(", ".join(each for each in words if each not in (PADDING, UNKNOWN)), 240)
    if not tokens:
        raise NoData(f"There is no question. Write one with words that the net knows: {known}.")
    for token in tokens:
        if token not in places and UNKNOWN not in places:
            close = difflib.get_close_matches(token, places, 1, 0.7)
            meant = f"Did you mean {close[0]}?" if close else f"It knows: {known}."
            raise NoData(f"The net has never seen the word {quoted(token, 40)}. {meant}")
    if len(tokens) > length:
        raise NoData(f"The net reads {length} words at most, and the question has {len(tokens)}.")
    found, gap = [places.get(token, places.get(UNKNOWN, 0)) for token in tokens], [0] * (length - len(tokens))
    return torch.tensor(gap + found if before else found + gap)


def asked_tokens(text: str, reads: NetInputs) -> Tensor:
    """A question (steps,) as the net of ``reads`` reads it beside a picture.

    Raises:
        NoData: as ``question_numbers``, and for a net that is asked nothing.
    """
    name = reads.question
    if not name or reads.trained is None:
        raise NoData("This net reads no question beside a picture.")
    words = class_words(reads.trained.fields[name])
    behind = reads.own.settings.get("padding") == "behind"
    return question_numbers(text, words, reads.fields[name].sizes[0], not behind)


def asked_words(numbers: Sequence[int], reads: NetInputs) -> str:
    """What a question says, with its sign."""
    assert reads.trained is not None
    words = class_words(reads.trained.fields[reads.question])
    told = [words[number] for number in numbers if 0 <= number < len(words) and words[number] != PADDING]
    return f"{' '.join(told)}?"
