"""What a net says about pictures, and where it looks for each word."""

from __future__ import annotations

import weakref
from collections import Counter
from dataclasses import replace

import numpy as np

from app.core.compile.net import CompiledNet
from app.insight.attention import attention_weights
from app.insight.calls import first_with
from app.insight.capture import arguments, array, undisturbed, values_of
from app.insight.part_predictions import parts_for
from app.insight.places import in_colour, lit, places_of
from app.insight.tiles import NoPicture, Tiles
from app.insight.translations import answers_table
from app.insight.view import Look
from app.training.writing.translating import Translator, answers, captioner_of
from nodes.api import NoData

COLUMNS = 6


def captions_pictures(look: Look, beam: int, count: int) -> tuple[Tiles, ...]:
    """The words of one sample with the places that they look at, and answers beside the truth for several.

    Raises:
        NoPicture: if the net writes no sentence about a picture, or there are no samples.
    """
    try:
        captioner = captioner_of(look.net)
        words = words_tiles(look, captioner)
        if f"{captioner.own.node}.{captioner.target}" not in look.subject.samples.several():
            return (words,)  # a picture from a file, about which nobody has said anything
        return words, _table(look, captioner, beam, count)
    except NoData as reason:
        raise NoPicture(str(reason)) from None


def attention_of(net: CompiledNet, captioner: Translator) -> str:
    """The path of the attention in the decoder; empty if it has none."""
    inner = captioner.step.inner
    name = captioner.step.name
    found = first_with(inner, lambda text: "ttention" in text, f"{name}/") if inner is not None else None
    return found or ""


def words_tiles(look: Look, captioner: Translator) -> Tiles:
    """The picture, and for each word that the net writes, greedily, the picture lit where it looks before."""
    own = captioner.own.node
    key = f"{captioner.step.name}.{captioner.scores}"
    batch = look.batch
    picture = in_colour(batch[f"{own}.{captioner.asked}"][:1])[0]
    given = arguments(look.net, look.model, batch)
    numbers: list[int] = values_of(look.net, look.model, given, [key])[key][0].argmax(1).tolist()
    steps = numbers.index(captioner.end) if captioner.end in numbers else len(numbers)
    path = attention_of(look.net, captioner)
    grid = places_of(look.net, path) if path else None
    maps, labels, note = [picture], ["picture"], ""
    if grid is not None:
        found = attention_weights(look, path)
        shares = array(found[0].values.nan_to_num().mean(0), f"The attention of {path}")
        for step in range(steps):
            maps.append(lit(picture, shares[step].reshape(grid)))
            labels.append(captioner.said(numbers[step : step + 1]))
        note = f"Each word below the picture lit where {path} looked before it was written, brightest where most. "
    else:
        note = "The decoder has no attention over places of the picture, so nobody knows where it looks. "
    entry = next(each for each in captioner.step.loop if each.name == captioner.token)
    told = "It is told the right word before each. " if entry.true_values == "always" else ""
    right, target = "", batch.get(f"{own}.{captioner.target}")
    if target is not None:
        truth = captioner.plain(target[0].tolist())
        right = "That is right." if captioner.plain(numbers) == truth else f"The truth: {captioner.said(truth)}."
    return Tiles(
        np.stack(maps),
        0.0,
        1.0,
        "rgb",
        captioner.said(numbers[:steps]) or "–",
        tuple(labels),
        columns=min(COLUMNS, len(maps)),
        note=f"{right} {note}{told}".strip(),
    )


def _table(look: Look, captioner: Translator, beam: int, count: int) -> Tiles:
    """Answers beside the truth, and what would be right without looking."""
    table = answers_table(look, captioner, beam, count)
    fields = look.subject.samples.several()
    own = captioner.own.node
    waits = look.subject.seconds is not None and look.subject.progress is not None
    most = count if waits else None
    truths = [captioner.plain(row) for row in fields[f"{own}.{captioner.target}"][:most].tolist()]
    usual = usual_sentence(look.net, captioner)
    guessed = sum(truth == usual for truth in truths)
    said = f'Always saying "{captioner.said(usual)}", the most frequent of the training, is right for {guessed}'
    if len(truths) > 1:
        asked = fields[f"{own}.{captioner.asked}"][:most].roll(1, 0)
        with undisturbed(look.model):
            blind = answers(captioner, look.model, asked)
        found = sum(each.tokens == truth for each, truth in zip(blind, truths))
        said += f"; the net shown the picture of another sample, for {found}"
    return replace(table, note=f"Baselines: {said} of {len(truths)}. {table.note}")


_usual: weakref.WeakKeyDictionary[CompiledNet, tuple[int, ...]] = weakref.WeakKeyDictionary()


def usual_sentence(net: CompiledNet, captioner: Translator) -> tuple[int, ...]:
    """The most frequent sentence of the training part; of equal ones that which comes first.

    Raises:
        NoPicture: if there is no data.
    """
    if net not in _usual:
        parts = parts_for(net)
        field = f"{captioner.own.node}.{captioner.target}"
        counts = Counter(
            captioner.plain(row) for _, batch in parts.read(parts.index("train")) for row in batch[field].tolist()
        )
        _usual[net] = counts.most_common(1)[0][0]
    return _usual[net]
