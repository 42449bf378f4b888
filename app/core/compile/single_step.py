"""Runs one step of a printed ``forward`` by itself, on values that somebody hands it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import CodeType
from typing import Any

from torch import Tensor, nn

from app.core.compile.filling import BLOCK, used_rows
from app.core.compile.plan import PlannedStep
from nodes.api import When


def run_alone(
    step: PlannedStep, owner: nn.Module, arrived: Mapping[str, Sequence[Tensor]], samples: int, names: Mapping[str, Any]
) -> dict[str, Tensor]:
    """What a step gives for these values at its ports, by output port.

    Args:
        step: the layer or block.
        owner: the module that has its module as an attribute: the model, or the instance of the block it stands in.
        arrived: the values at its input ports, with the batch, in the order of the wires.
        samples: how many there are, for a layer that reads nothing.
        names: what its printed lines use: the globals of the printed file.
    """
    values = {f"_{port}{place}": value for port, many in arrived.items() for place, value in enumerate(many)}
    inputs = {port: [f"_{port}{place}" for place in range(len(many))] for port, many in arrived.items()}
    outputs = {port: f"out_{port}" for port in step.outputs}
    lines = step.call.forward if step.call is not None else BLOCK
    # Every output is wanted here, whoever reads it in the drawing.
    every = [line.text if isinstance(line, When) else line for line in lines]
    rows = used_rows(step, every, f"self.{step.attribute}", outputs, inputs, str(samples))
    found: dict[str, Any] = {"self": owner, **values}
    exec(_code("\n".join(rows)), dict(names), found)
    return {port: found[name] for port, name in outputs.items() if isinstance(found.get(name), Tensor)}


@lru_cache(maxsize=256)
def _code(text: str) -> CodeType:
    """The same step is run many times, and compiling its lines takes longer than a small layer."""
    return compile(text, "<step>", "exec")
