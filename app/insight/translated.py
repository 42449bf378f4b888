"""What a net writes for validation samples, greedily and with a beam, beside the truth."""

from __future__ import annotations

from math import exp

import numpy as np

from app.insight.capture import undisturbed
from app.insight.numbers import percent
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.training.writing.translating import Answer, Translator, answers, edits, share_right, translator_of
from nodes.api import NoData, cut

_LETTERS = 44  # of a question beside its answer


def translated_picture(look: Look, beam: int, count: int) -> Tiles:
    """A table with a row for each sample: the symbols that are wrong as a share of those of the truth (edit distance),
    and the probability of the answer. The title sums up all samples at hand, not only those that are shown.

    Raises:
        NoPicture: if the net writes no sequence of its own.
    """
    try:
        return answers_table(look, translator_of(look.net), beam, count)
    except NoData as reason:
        raise NoPicture(str(reason)) from None


def answers_table(look: Look, translator: Translator, beam: int, count: int) -> Tiles:
    """The table of a net that reads a sequence or a picture.

    Raises:
        NoPicture: if there are no samples.
        NoData: if the net gives no numbers.
    """
    try:
        fields = look.subject.samples.several()
        # A training that waits for this is not kept waiting for more than what is shown.
        waits = look.subject.seconds is not None and look.subject.progress is not None
        most = count if waits else None
        asked = fields[f"{translator.own.node}.{translator.asked}"][:most]
        told = fields[f"{translator.own.node}.{translator.target}"][:most]
        with undisturbed(look.model):
            greedy = answers(translator, look.model, asked)
            found = answers(translator, look.model, asked, beam) if beam > 1 else greedy
            forced, free = (share_right(translator, look.model, asked, told, each) for each in (True, False))
    except KeyError:
        raise NoPicture("There are no samples of the data to translate. Choose validation samples.") from None
    truths = [translator.plain(row) for row in told.tolist()]
    rows, values = [], []
    for number, (answer, truth) in enumerate(zip(found[:count], truths[:count])):
        read = translator.question(asked[number].tolist()) if translator.read else f"picture {number}"
        question = cut(read, _LETTERS)
        wrong = "" if answer.tokens == truth else f", not {translator.said(truth)}"
        rows.append(f"{question} → {translator.said(answer.tokens) or '–'}{wrong}")
        rate = edits(answer.tokens, truth) / max(len(truth), 1)
        values.append([rate, exp(answer.log_probability)])
    return Tiles(
        np.array(values, np.float32)[None],
        0.0,
        max(1.0, float(np.max(values))),
        "viridis",
        f"{_sum(found, truths)} ({f'beam of {beam}' if beam > 1 else 'greedy'})",
        (*rows, "symbols wrong", "probability"),
        layout="table",
        note=(f"Greedy: {_sum(greedy, truths)}. " if beam > 1 else "")
        + f"The next symbol is right at {percent(forced)} of the steps if the net is told the truth of those before "
        f"(teacher forcing), at {percent(free)} if it runs free, as here. "
        'The truth stands behind "not". A symbol is wrong if it has to be changed, taken out or put in.',
        percent=True,
    )


def _sum(found: list[Answer], truths: list[tuple[int, ...]]) -> str:
    """How many answers are right, and which share of all symbols is wrong."""
    right = sum(answer.tokens == truth for answer, truth in zip(found, truths))
    wrong = sum(edits(answer.tokens, truth) for answer, truth in zip(found, truths))
    share = percent(wrong / max(sum(map(len, truths)), 1))
    return f"{right} of {len(truths)} right, {share} of the symbols wrong"
