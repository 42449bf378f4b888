"""The part of a net that makes samples out of noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.core.compile.plan import Plan, Ref
from nodes.api import Shape


@dataclass(frozen=True)
class Generator:
    """The part of a net that makes samples out of noise: where the noise enters, what it makes, and of which shape.
    ``shape`` is that of the data, ``real`` the field that it imitates."""

    noise: tuple[str, ...]
    made: Ref
    shape: Shape
    real: str


def generator_of(plan: Plan) -> Generator | None:
    """The generator of a net with a source of noise: what is made of noise alone and has the shape of the data."""
    noise = {source.node for source in plan.sources if source.type == "Noise"}
    data = [
        (f"{entry.node}.{entry.port}", entry.shape)
        for entry in plan.inputs
        if entry.node not in noise and entry.shape.dtype == "float"
    ]
    if not noise or not data:
        return None
    key, shape = data[0]
    made: Ref | None = None
    for ref, given in made_of_noise_alone(plan):
        if given.sizes == shape.sizes or (given.rank == 1 and given.values == shape.values):
            made = ref
    return Generator(tuple(sorted(noise)), made, shape, key) if made is not None else None


def made_of_noise_alone(plan: Plan) -> Iterator[tuple[Ref, Shape]]:
    """The values in the main drawing that noise alone leads to, in the order in which they are made."""
    clean = {source.node for source in plan.sources if source.type == "Noise"}
    for step in plan.graph.running:
        refs = [ref.node for refs in step.inputs.values() for ref in refs]
        if refs and all(ref in clean for ref in refs):
            clean.add(step.name)
            port, given = next(iter(step.outputs.items()))
            yield Ref(step.name, port), given
