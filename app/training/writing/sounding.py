"""A net that goes on with a sound: at each value it tells which level comes next."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.data.source_looks import schema_of
from app.training.writing.carrying import stepper_of
from app.training.writing.sampling import drawn
from app.training.writing.writer import Writer, device_of, scores_place
from nodes.api import NoData
from nodes.api.registry import find
from nodes.reading.mu_law import from_mu_law, mu_law

MOST = 2_000_000  # values
TOGETHER = 64  # values between which nothing else is done


@dataclass(frozen=True)
class SoundWriter:
    """A net that goes on with a sound of ``rate`` values a second, each one of so many ``levels``."""

    writer: Writer
    rate: int
    levels: int

    def wave(self, numbers: Sequence[int]) -> np.ndarray:
        """Levels as values from -1 to 1, float32."""
        return from_mu_law(np.asarray(numbers, np.int64), self.levels)

    def numbers(self, path: Path) -> list[int]:
        """The levels of a sound in a file, at the rate of the training.

        Raises:
            NoData: if it cannot be read, with the reason.
        """
        from nodes.reading.sounds import head, wave_of, why_not

        try:
            with path.open("rb") as file:
                known = head(file, path.name)
            count = max(1, min(MOST, int(known.seconds * self.rate)))
            wave = wave_of(str(path), self.rate, count, False)[0]
        except ValueError as reason:
            raise NoData(str(reason)) from reason
        except Exception as error:
            raise NoData(f"{path.name} {why_not(error)}") from error
        return [int(number) for number in mu_law(wave, self.levels)]


def sounder_of(net: CompiledNet) -> SoundWriter:
    """How this net goes on with a sound.

    Raises:
        NoData: if it does not, with the reason.
    """
    plan = net.plan
    refusal = NoData("This net does not go on with a sound: it has to read levels of a sound, and tell the next one.")
    if len(plan.inputs) != 1 or plan.inputs[0].shape.dtype != "int" or plan.inputs[0].shape.rank != 1:
        raise refusal
    (entry,) = plan.inputs
    own = next((source for source in plan.sources if source.node == entry.node), None)
    layer = find(own.type) if own is not None else None
    if own is None or layer is None:
        raise refusal
    schema = own.seen or schema_of(layer, own.settings)
    levels, rate = schema.settled.get("mu_law"), schema.settled.get("rate")
    if not isinstance(levels, int) or not isinstance(rate, int):
        raise refusal
    output = scores_place(plan, levels, entry.shape.sizes[0])
    if output is None:
        raise refusal
    words = tuple(map(str, range(plan.outputs[output].shape.sizes[1])))
    return SoundWriter(Writer(net, own, entry.port, words, output, entry.shape.sizes[0], "values", False), rate, levels)


def sounds(net: CompiledNet) -> SoundWriter | None:
    """The same, None for a net that does not."""
    try:
        return sounder_of(net)
    except NoData:
        return None


def continued(
    sounder: SoundWriter,
    model: nn.Module,
    start: Sequence[int],
    *,
    length: int,
    temperature: float = 1.0,
    seed: int = 0,
) -> Iterator[int]:
    """The levels that follow on ``start``, one by one. Layers that look back keep what they heard, so that each value
    costs as much however long the sound is.

    Raises:
        NoData: if the net looks ahead.
    """
    device = device_of(model)
    tokens = torch.tensor([list(start)], device=device)
    stepper = stepper_of(sounder.writer, model)
    generator = torch.Generator().manual_seed(seed)
    with stepper.attached():
        left = length
        while left:
            some: list[int] = []
            with evaluating(model), torch.no_grad():
                for _ in range(min(TOGETHER, left)):
                    scores = stepper.read(tokens)[0, : sounder.levels].float().cpu()
                    some.append(drawn(scores, temperature, generator))
                    tokens = torch.tensor([[some[-1]]], device=device)
            left -= len(some)
            yield from some


def beginning(net: CompiledNet, sounder: SoundWriter, number: int) -> tuple[list[int], str]:
    """A sample of the data to go on with, and what it is called; numbers beyond the last begin anew.

    Raises:
        NoData: if the data is not there any more.
    """
    from app.training import batches

    own = sounder.writer.own
    feed = batches.load(net.plan).feeds[own.node]
    assert feed.length
    number %= feed.length
    levels = feed.at(torch.tensor([number]), None, [sounder.writer.field])[sounder.writer.field][0]
    return levels.tolist(), feed.name_of(number)
