"""What a net writes for validation samples, greedily and with a beam, beside the truth."""

from __future__ import annotations

from dataclasses import replace
from math import exp

import numpy as np
import torch

from app.insight.attention import attention_pictures
from app.insight.capture import undisturbed
from app.insight.numbers import percent
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Samples
from app.training.writing.translating import Translation, Translator, answers, edits, share_right, translator_of
from nodes.api import NoData, cut
from nodes.reading.texts import UNKNOWN

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


def translated_line(look: Look, line: str, beam: int) -> tuple[Tiles, ...]:
    """What the net writes for a line, greedily and with a beam, with its probability; and where it looks on the way.

    Raises:
        NoPicture: if the net writes no sequence of its own, or cannot read the line.
    """
    try:
        translator = translator_of(look.net)
        asked = translator.numbers(line)
        ways = {1: "greedy"} | ({beam: f"beam of {beam}"} if beam > 1 else {})
        with undisturbed(look.model):
            found = {said: answers(translator, look.model, asked[None], width)[0] for width, said in ways.items()}
    except NoData as reason:
        raise NoPicture(str(reason)) from None
    rows = [f"{said} → {translator.said(answer.tokens) or '–'}" for said, answer in found.items()]
    unknown = int((asked == translator.read.index(UNKNOWN)).sum()) if UNKNOWN in translator.read else 0
    note = "How likely the net holds the whole answer, its end among it."
    if unknown:
        note = f"{unknown} of what stands there {'was' if unknown == 1 else 'were'} not known from the training. {note}"
    table = Tiles(
        np.array([[[exp(answer.log_probability)] for answer in found.values()]], np.float32),
        0.0,
        1.0,
        "viridis",
        cut(f"{translator.question(asked.tolist())} → {translator.said([*found.values()][-1].tokens) or '–'}", 100),
        (*rows, "probability"),
        layout="table",
        note=note,
        percent=True,
    )
    (fed,) = translator.step.inputs[translator.token]
    # What a decoder reads that never reads its own answer.
    told = torch.full((translator.own.fields[translator.target].sizes[0],), translator.start)
    before = found[ways[1]].tokens[: len(told) - 1]
    told[1 : len(before) + 1] = torch.tensor(before, dtype=torch.int64)
    given = {translator.asked: asked, fed.port: told}
    fields = {f"{translator.own.node}.{name}": values[None] for name, values in given.items()}
    own = replace(look.subject, samples=Samples(fields, (cut(line, _LETTERS),)))
    try:
        return (table, *attention_pictures(replace(look, subject=own, sample=0, node=""), "all"))
    except NoPicture:  # a decoder without attention
        return (table,)


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


def _sum(found: list[Translation], truths: list[tuple[int, ...]]) -> str:
    """How many answers are right, and which share of all symbols is wrong."""
    right = sum(answer.tokens == truth for answer, truth in zip(found, truths))
    wrong = sum(edits(answer.tokens, truth) for answer, truth in zip(found, truths))
    share = percent(wrong / max(sum(map(len, truths)), 1))
    return f"{right} of {len(truths)} right, {share} of the symbols wrong"
