"""Sequences of like length in buckets, so that a batch is padded to the longest of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodes.api.feeds import Trim
from nodes.api.params import Int

if TYPE_CHECKING:
    from torch import Tensor

BUCKETS = Int(
    "buckets",
    0,
    low=0,
    high=100,
    zero="all of one length",
    help="Samples of like length are trained together, and padded to the longest of their bucket alone: quicker. "
    "Needs a net that leaves padding out.",
)
NOT_IN_BUCKETS = "A program of its own pads all samples to one length. Set buckets to 0 to print it."


def trims(lengths: Sequence[tuple[tuple[str, ...], Tensor, bool]], buckets: int) -> tuple[Trim, ...]:
    """How far each field is padded in each of so many buckets of about equally many samples. ``lengths`` are fields
    that are equally long, how many steps of each sample are real (n,), and whether padding stands before them."""
    import torch

    if not buckets or not lengths:
        return ()
    total = torch.stack([each for _, each, _ in lengths]).sum(0)
    count = len(total)
    place = torch.empty(count, dtype=torch.int64)
    place[total.argsort(stable=True)] = torch.arange(count)
    bucket = place * min(buckets, count) // count
    found = []
    for fields, each, before in lengths:
        longest = torch.zeros(min(buckets, count), dtype=torch.int64)
        longest.scatter_reduce_(0, bucket, each.clamp(min=1), "amax")
        found.append(Trim(fields, longest[bucket], before))
    return tuple(found)
