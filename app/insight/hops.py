"""Where a net looks that asks a memory several times: the shares of each attention that has one question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.capture import array, undisturbed
from app.insight.numbers import percent
from app.insight.tiles import NoPicture, Tiles
from app.insight.word_vectors import words_of
from nodes.reading.texts import PADDING

ATTENTION = "scaled_dot_product_attention("  # as it is printed
NEEDED = "needed"  # the field that says which places are needed


@dataclass(frozen=True)
class Hops:
    """``shares`` (hops, places), of 1 for each hop, and the names of the hops."""

    names: tuple[str, ...]
    shares: np.ndarray


def hops_of(net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor]) -> Hops:
    """The shares of each scaled dot-product attention whose query has one step, for the first sample: the softmax of
    query · key / √features. Those with the memory of the first one.

    Raises:
        NoPicture: if there is none.
    """
    steps = [
        step
        for step in net.plan.graph.running
        if step.call is not None
        and any(ATTENTION in str(line) for line in step.call.forward)
        and {"query", "key"} <= step.inputs.keys()
        and step.outputs["output"].sizes[0] == 1
    ]
    if not steps:
        raise NoPicture(
            "No attention of this net asks with one question. Wire a list with one step to the query of a Scaled "
            "dot-product attention, as the template Memory network does."
        )
    refs = {step.name: (step.inputs["query"][0], step.inputs["key"][0]) for step in steps}
    nodes = {ref.node for pair in refs.values() for ref in pair}
    try:
        given = [values[:1] for values in net.inputs_from(batch)]
        with undisturbed(model):
            values = net.capture(model, given, sorted(nodes))
    except KeyError as missing:
        raise NoPicture(str(missing.args[0])) from None
    rows: list[np.ndarray] = []
    names: list[str] = []
    for name, (query, key) in refs.items():
        asked, memory = values[query.node][0].double(), values[key.node][0].double()
        share = torch.softmax(asked @ memory.T / sqrt(memory.shape[1]), 1)[0]
        if not rows or len(share) == len(rows[0]):
            rows.append(array(share, f"The attention of {name}"))
            names.append(name)
    return Hops(tuple(names), np.stack(rows))


def hops_picture(net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor]) -> Tiles:
    """A row for each sentence of the story, a column for each hop; what is asked and answered above, what is right
    below.

    Raises:
        NoPicture: as ``hops_of``.
    """
    found = hops_of(net, model, batch)
    places = found.shares.shape[1]
    lines, asked = _told(net, batch, places)
    needed = next((values[0] for key, values in batch.items() if key.endswith(f".{NEEDED}")), None)
    marked = [] if needed is None else [place for place in range(min(places, len(needed))) if bool(needed[place])]
    rows = [f"{'→ ' if place in marked else ''}{line}" for place, line in enumerate(lines)]
    values = np.ascontiguousarray(found.shares.T)[None]
    answer, right = _answer(net, model, batch)
    note = f"Right: {right}. " if right else ""
    return Tiles(
        values,
        0.0,
        1.0,
        "viridis",
        f"{asked or 'Where each hop looks'}{f' {answer}' if answer else ''}",
        (*rows, *found.names),
        layout="table",
        note=note + ("→ marks the sentences that are needed." if marked else ""),
        percent=True,
    )


def _told(net: CompiledNet, batch: Mapping[str, Tensor], places: int) -> tuple[list[str], str]:
    """The places of the memory in words, and the question; numbers and nothing where they are no words."""
    lines, asked = [f"place {number}" for number in range(1, places + 1)], ""
    for source in net.plan.sources:
        for field, shape in source.fields.items():
            key = f"{source.node}.{field}"
            words = words_of(source, field) if shape.dtype == "int" and shape.rank and key in batch else ()
            if not words:
                continue
            codes = batch[key][0].tolist()
            if shape.rank == 2 and shape.sizes[0] == places:
                lines = [said(words, row) or "–" for row in codes]
            elif shape.rank == 1 and shape.sizes[0] == places:
                lines = [words[code] if code < len(words) else str(code) for code in codes]
            elif shape.rank == 1:
                asked = f"{said(words, codes)}?"
    return lines, asked


def said(words: Sequence[str], codes: Sequence[int]) -> str:
    """The words of a sentence without those that fill it up."""
    return " ".join(words[code] for code in codes if 0 <= code < len(words) and words[code] != PADDING)


def _answer(net: CompiledNet, model: nn.Module, batch: Mapping[str, Tensor]) -> tuple[str, str]:
    """What the net says with its share, and what is right, where it chooses a class."""
    from app.core.compile.decision import decision_of
    from app.training.net_inputs import reads_of
    from app.training.prediction import answered

    try:
        reads = reads_of(net.plan)
    except ValueError:
        return "", ""
    given = {field: batch[f"{reads.own.node}.{field}"][0].cpu() for field in reads.fields}
    (told,) = answered(net, model, reads, [("it", given)])
    decision = decision_of(net.plan)
    if not told.classes or decision is None:
        return "", ""
    word, chance = told.classes[0]
    source, _, field = decision.label.partition(".")
    words = next((words_of(each, field) for each in net.plan.sources if each.node == source), ())
    right = int(batch[decision.label][0]) if decision.label in batch else -1
    return f"{word}, {percent(chance)}", words[right] if 0 <= right < len(words) else ""
