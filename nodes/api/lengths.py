"""Layers for sequences of any length: what a layer is at one length must be what it is at every other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from nodes.api.calls import Built
from nodes.api.shape_error import ShapeError
from nodes.api.shapes import Shape, describe

VARIANTS = 2  # other lengths that are tried


class FixedLength(ShapeError):
    """A layer that works at one length alone, where any may arrive."""

    @classmethod
    def of(cls, inputs: Mapping[str, Sequence[Shape]], port: str = "") -> FixedLength:
        """The refusal of what arrives, at ``port`` if the layer has said where it is wrong."""
        every = [(name, shape) for name, arrived in inputs.items() for shape in arrived if shape.variants]
        name, shape = next((each for each in every if each[0] == port), every[0])
        what = describe(shape)
        if sum(map(len, inputs.values())) > 1:
            what += f" (at {name})"
        return cls(
            f"This layer is made for one length, but {what} arrives, and any stands for any number of steps. Make one "
            "answer of the whole sequence before it (a recurrent layer with last step only, or a mean over time), or "
            "give the data one length (buckets 0, any length off).",
            port=port or name,
        )


def of_any_length(built: Built, others: Sequence[Built], inputs: Mapping[str, Sequence[Shape]]) -> Built:
    """``built``, with its outputs of any length where they differ in ``others``, which are the same layer for the
    variants of what arrives.

    Raises:
        FixedLength: if its weights or its lines are other ones, so that one net could not read all lengths.
    """
    outputs = {}
    for other in others:
        if other.call != built.call or dict(other.weights) != dict(built.weights):
            raise FixedLength.of(inputs)
    for port, shape in built.outputs.items():
        found = [other.outputs[port] for other in others]
        if any((each.rank, each.dtype, each.classes) != (shape.rank, shape.dtype, shape.classes) for each in found):
            raise FixedLength.of(inputs)
        outputs[port] = replace(shape, variants=tuple(each.sizes for each in found))
    return replace(built, output=None, outputs=outputs)
