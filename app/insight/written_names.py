"""Names that a net writes, letter by letter, each drawn by its probability."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

import numpy as np
import torch

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanSource
from app.insight.capture import device_of, undisturbed
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.word_vectors import words_of
from app.training import batches
from nodes.api import NoData, quoted
from nodes.reading.texts import END, PADDING, START

NEEDS = {"text", "next", "origin"}


@dataclass(frozen=True)
class WrittenName:
    """One name, how probable each of its letters was where it was drawn, and whether it is in the data."""

    name: str
    chances: tuple[float, ...]
    known: bool = False

    @property
    def mean(self) -> float:
        """The geometric mean of the probabilities."""
        return exp(sum(log(max(chance, 1e-30)) for chance in self.chances) / max(len(self.chances), 1))


def writer_of(net: CompiledNet) -> tuple[PlanSource, str]:
    """The source of the names, and the key of the scores of the next letter.

    Raises:
        NoPicture: if the net writes no names.
    """
    for source in net.plan.sources:
        if source.fields.keys() >= NEEDS:
            for loss in net.plan.losses:
                wires = loss.operands
                if {"prediction", "target"} <= wires.keys() and wires["target"].key == f"{source.node}.next":
                    return source, wires["prediction"].key
    raise NoPicture(
        "This view is about nets that write names. Take the source Names to write, as the template "
        "Writer of names does."
    )


def write(look: Look, origin: int, count: int, temperature: float, seed: int) -> list[WrittenName]:
    """So many names of an origin. Each letter is drawn from the softmax of the scores, divided by the temperature;
    the same seed draws the same ones.

    Raises:
        NoPicture: if the net writes no names.
    """
    source, scored = writer_of(look.net)
    read, told = words_of(source, "text"), words_of(source, "next")
    place = {letter: number for number, letter in enumerate(read)}
    length = source.fields["text"].sizes[0]
    device = device_of(look.model)
    text = torch.zeros(count, length, dtype=torch.int64)
    text[:, 0] = place[START]
    chances: list[list[float]] = [[] for _ in range(count)]
    names = [""] * count
    going = set(range(count))
    generator = torch.Generator().manual_seed(seed)
    with undisturbed(look.model), torch.no_grad():
        for step in range(length):
            batch = {f"{source.node}.text": text.to(device), f"{source.node}.origin": torch.full((count,), origin)}
            batch = {key: value.to(device) for key, value in batch.items()}
            returned = look.model(*look.net.inputs_from(batch))
            scores = look.net.outputs(returned)[scored][:, step].double().cpu()
            scores[:, told.index(PADDING)] = -torch.inf  # the net never learned when to write what fills names up
            scores[:, len(told) :] = -torch.inf  # room for letters that there are not
            if not bool(scores.isfinite().any(1).all()):
                raise NoPicture("The net gives no numbers any more. Use a smaller learning rate and train again.")
            shares = (scores / temperature).softmax(1)
            drawn = torch.multinomial(shares, 1, generator=generator)[:, 0]
            for row in sorted(going):
                letter = told[int(drawn[row])]
                chances[row].append(float(shares[row, drawn[row]]))
                if letter == END:
                    going.discard(row)
                    continue
                names[row] += letter
                if step + 1 < length:
                    text[row, step + 1] = place[letter]
            if not going:
                break
    known = _known(look.net, source, told)
    return [WrittenName(name, tuple(each), name in known) for name, each in zip(names, chances)]


def _known(net: CompiledNet, source: PlanSource, told: Sequence[str]) -> set[str]:
    try:
        feed = batches.joined(net.plan).feeds[source.node]
    except NoData:
        return set()
    stop = (PADDING, END)
    rows = feed.at(torch.arange(feed.length or 0), None, ["next"])["next"].tolist()
    return {"".join(told[code] for code in row if told[code] not in stop) for row in rows}


def written_picture(look: Look, origin: str, count: int, temperature: float, seed: int) -> Tiles:
    """The names as a table, with how probable their letters were.

    Raises:
        NoPicture: if the net writes no names, or none of this origin.
    """
    source, _ = writer_of(look.net)
    origins = words_of(source, "origin")
    wanted = origin.strip() or origins[0]
    chosen = next((number for number, each in enumerate(origins) if each.lower() == wanted.lower()), None)
    if chosen is None:
        close = difflib.get_close_matches(wanted, origins, 1, 0.5)
        raise NoPicture(
            f"There are no names of the origin {quoted(wanted, 40)}. "
            f"{f'Did you mean {close[0]}?' if close else 'There are: ' + ', '.join(origins) + '.'}"
        )
    made = write(look, chosen, count, temperature, seed)
    rows = [_shown(each) for each in made]
    values = np.array([[each.mean] for each in made], np.float32)[None]
    copied = sum(each.known for each in made)
    return Tiles(
        values,
        0.0,
        1.0,
        "viridis",
        f"{count} {origins[chosen]} name{'s' * (count != 1)}, temperature {temperature:g}",
        (*rows, "a letter, in the mean"),
        layout="table",
        note=f"{copied} of {count} stand in the data and are marked with *; the others are made up by the net.",
        percent=True,
    )


def _shown(made: WrittenName) -> str:
    name = made.name or "–"
    return f"{name.title()}{'*' if made.known else ''}"
