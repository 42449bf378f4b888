"""Sequences of like length in buckets, so that a batch is padded to the longest of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nodes.api.feeds import Trim
from nodes.api.params import Int
from nodes.api.sources import Lengths

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


def trims(lengths: Sequence[tuple[tuple[str, ...], Tensor, bool]], buckets: int) -> tuple[Trim, ...]:
    """How far each field is padded where there are so many buckets; see ``in_buckets``. None without any."""
    found = in_buckets(lengths, buckets) if buckets else []
    return tuple(Trim(tuple(fields), steps, before) for fields, steps, before in found)


def in_buckets(
    lengths: Sequence[tuple[Sequence[str], Tensor, bool]], buckets: int
) -> list[tuple[Sequence[str], Tensor, bool]]:
    """How far samples are padded in buckets of about equally many that are alike in length: to the longest of theirs.
    Given are fields that are equally long, how many steps of each sample are real (n,), and whether padding stands
    before them. It gives the same with the steps of the longest."""
    import torch

    total = torch.stack([each for _, each, _ in lengths]).sum(0)
    count = len(total)
    buckets = min(buckets, count)
    place = torch.empty(count, dtype=torch.int64)
    place[total.argsort(stable=True)] = torch.arange(count)
    bucket = place * buckets // count
    found = []
    for fields, each, before in lengths:
        longest = torch.zeros(buckets, dtype=torch.int64)
        longest.scatter_reduce_(0, bucket, each.clamp(min=1), "amax")
        found.append((fields, longest[bucket], before))
    return found


def told(buckets: int, *lengths: Lengths) -> tuple[Lengths, ...]:
    """What a program is told of lengths: nothing where all samples are padded alike."""
    return lengths if buckets else ()
