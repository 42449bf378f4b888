"""What additive and multiplicative attention have in common: what arrives and what leaves."""

from __future__ import annotations

from nodes.api import Shape
from nodes.api.shapes import flat, kept_steps, sequence


def looked_at(query: Shape, memory: Shape, keep: Shape | None) -> tuple[int, int, int, tuple[int, ...]]:
    """The features of the query, the steps and the features of the memory, and the steps of the query: none if it is
    one list of numbers.

    Raises:
        ShapeError: if they do not go together.
    """
    features = flat(query, "query")
    steps, memory_features = sequence(memory, "memory")
    kept_steps(keep, steps)
    return features, steps, memory_features, query.sizes[:-1]


def outputs(query_steps: tuple[int, ...], steps: int, features: int) -> dict[str, Shape]:
    """The mix, and how much of each step is in it."""
    return {"output": Shape((*query_steps, features)), "weights": Shape((*query_steps, steps))}
