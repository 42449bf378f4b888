"""Samples of like length in a batch, each batch cut to where its longest ends. A program of its own takes these
functions as they stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Generator, Tensor


def alike(order: Tensor, lengths: Tensor, size: int, generator: Generator) -> Tensor:
    """The samples of ``order`` such that pieces of ``size`` are alike in length. Which of them come together is as
    random as the order was, and so is the order of the pieces; a last piece that is smaller stays the last."""
    import torch

    order = order[lengths[order].argsort(stable=True)]
    whole = len(order) // size
    pieces = order[: whole * size].reshape(whole, size)
    # What is left over may be of any length, so that no sample is always alone.
    pieces = pieces[torch.randperm(whole, generator=generator)]
    return torch.cat([pieces.flatten(), order[whole * size :]])


def trimmed(
    batch: Mapping[str, Tensor], index: Tensor, trims: Sequence[tuple[Sequence[str], Tensor, bool]]
) -> dict[str, Tensor]:
    """The batch of these samples, its sequences as long as the longest needs. ``trims`` are fields, how many steps each
    sample needs, and whether padding stands before them."""
    found = dict(batch)
    for fields, sizes, before in trims:
        steps = int(sizes[index].max())
        for name in fields:
            values = found[name]
            found[name] = (values[:, -steps:] if before else values[:, :steps]).contiguous()
    return found
