"""Attention inside a block that runs over time: rows are what is read, columns what is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.anatomy import LayerPart, part
from app.insight.capture import arguments, array, values_of
from app.insight.labelled_tiles import MOST_TABLE
from app.insight.letters import shown_token
from app.insight.tiles import Tiles
from app.insight.view import Look
from app.training.writing.translating import Translator, translator_of
from nodes.api import NoData
from nodes.reading.texts import PADDING

if TYPE_CHECKING:
    from app.insight.attention import Weights


def loop_around(net: CompiledNet, path: str) -> LayerPart | None:
    """The innermost block over time in which a layer lies; None for none."""
    names = path.split("/")[:-1]
    every = (part(net, "/".join(names[:count])) for count in range(len(names), 0, -1))
    return next((each for each in every if each.step.loop), None)


@contextmanager
def over_time(model: nn.Module, loop: str, layer: str) -> Iterator[tuple[list[None], list[tuple[Tensor, ...]]]]:
    """While the model runs: an entry for each round of the loop, and what the layer gave; nothing for an empty one."""
    rounds: list[None] = []
    answers: list[tuple[Tensor, ...]] = []

    def round_(module: nn.Module, given: Any, returned: Any) -> None:
        rounds.append(None)

    def answer(module: nn.Module, given: Any, returned: Any) -> None:
        answers.append(returned)

    handles = [model.get_submodule(loop).register_forward_hook(round_)]
    if layer:
        handles.append(model.get_submodule(layer).register_forward_hook(answer))
    try:
        yield rounds, answers
    finally:
        for handle in handles:
            handle.remove()


def written_table(look: Look, node: str, found: Sequence[Weights], said: str = "") -> Tiles | None:
    """The attention of a decoder that writes what it has read in other words; None where it is no such decoder, or the
    table would be too large to read."""
    loop = loop_around(look.net, node)
    try:
        translator = translator_of(look.net)
    except NoData:
        return None
    if loop is None or loop.path != translator.step.name or len(found) != 1 or found[0].values.shape[0] != 1:
        return None
    values = array(found[0].values[0].nan_to_num(), f"The attention of {node}").T
    asked = look.batch[f"{translator.own.node}.{translator.asked}"][0].tolist()
    told = _told(look, translator)
    if values.shape != (len(asked), len(told)):
        return None
    read = [place for place, number in enumerate(asked) if translator.read[number] != PADDING]
    last = told.index(translator.end) if translator.end in told else len(told) - 1
    values = np.ascontiguousarray(values[read, : last + 1])
    if not values.size or max(values.shape) > MOST_TABLE:
        return None
    letters = [shown_token(translator.read[asked[place]]) for place in read]
    symbols = [translator.written[number] if number < len(translator.written) else "?" for number in told[: last + 1]]
    answer, right = translator.plain(told), ""
    truth = look.batch.get(f"{translator.own.node}.{translator.target}")
    if truth is not None:  # a line that somebody has typed has none
        wanted = translator.plain(truth[0].tolist())
        right = "That is right. " if answer == wanted else f"The truth is {translator.said(wanted)}. "
    entry = next(each for each in translator.step.loop if each.name == translator.token)
    free = "It is told the truth of the step before. " if entry.true_values == "always" else ""
    return Tiles(
        values[None],
        0.0,
        1.0,
        "viridis",
        f"{translator.question(asked)} → {translator.said(answer)}",
        (*letters, *symbols),
        layout="table",
        note=f"{said}{right}Each column is a step of {node}: how much it looked at each thing that was read, before "
        f"it wrote what stands above. {free}".strip(),
        percent=True,
    )


def _told(look: Look, translator: Translator) -> list[int]:
    """What was written at each step."""
    key = f"{translator.step.name}.{translator.scores}"
    given = arguments(look.net, look.model, look.batch)
    scores = values_of(look.net, look.model, given, [key])[key][0]
    numbers: list[int] = scores.argmax(1).tolist()
    return numbers
