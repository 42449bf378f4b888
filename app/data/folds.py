"""Cross-validation: which samples each of several runs holds out, so that each sample is held out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def divide_fold(
    divide: Callable[..., Any],
    folds: int,
    fold: int,
    count: int,
    test: float,
    seed: int,
    known: Mapping[str, Any],
) -> tuple[Tensor, Tensor, Tensor]:
    """Indices of the samples for training, for validation and for the test in the run ``fold`` (from 1) of ``folds``.

    The test part is that of ``divide`` (see ``splits``), whose other arguments are ``known``: ``labels``, ``groups``
    and so on. What is left is cut into as many parts as there are folds, each held out in one run; the classes are
    spread evenly over them, and no group is torn. A series (``ordered``) is cut into one part more, in its order: each
    run learns from all that was before the part that it holds out, and from nothing behind it. A validation part of
    the data's own is not set apart.

    Raises:
        ValueError: if there are too few samples or groups.
    """
    import torch

    labels, groups, overlap = known.get("labels"), known.get("groups"), known.get("overlap", 0)
    own = dict(known.get("parts") or {})
    checked = own.pop("validation", None)
    if checked is not None and "train" in own:
        own["train"] = torch.cat([torch.as_tensor(own["train"]), torch.as_tensor(checked)]).unique()
    learn, _, kept = divide(count, 0.0, test, seed, **{**known, "parts": own})
    learn = learn.sort().values
    units = torch.arange(len(learn)) if groups is None else groups[learn].unique(return_inverse=True)[1]
    number, pieces = int(units.max()) + 1, folds + 1 if known.get("ordered") else folds
    if number < pieces:
        raise ValueError(f"{number:,} samples or groups cannot be cut into {pieces:,} parts. Use fewer folds.")
    place = torch.empty(number, dtype=torch.int64)
    if known.get("ordered"):
        first = torch.full((number,), len(learn)).scatter_reduce(0, units, torch.arange(len(learn)), "amin")
        line = first.argsort()
        behind = torch.bincount(units)[line].cumsum(0)
        block = (behind - 1) * pieces // len(learn)
        if len(block.unique()) < pieces:  # some groups are larger than a part
            block = torch.arange(number) * pieces // number
        place[line] = block
        validation, before = learn[place[units] == fold], learn[place[units] < fold]
        if overlap:  # what shares values with the part that is held out
            before = before[before + overlap < validation.min()]
        if not len(before):
            raise ValueError("Too few samples are left before the first part that is held out. Use fewer folds.")
        return before, validation, kept
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(number, generator=generator)
    kinds = labels[learn].unique(return_inverse=True)[1] if labels is not None else torch.zeros_like(units)
    if groups is None:
        order = order[torch.argsort(kinds[order], stable=True)]
        place[order] = torch.arange(number) % folds
    else:
        width = int(kinds.max()) + 1
        table = torch.bincount(units * width + kinds, minlength=number * width).reshape(number, width).double()
        order = order[table.sum(1)[order].argsort(descending=True, stable=True)]
        filled, wanted = torch.zeros(folds, width, dtype=torch.double), table.sum(0) / folds
        for done, unit in enumerate(order.tolist()):
            worse = (filled + table[unit] - wanted).abs().sum(1) - (filled - wanted).abs().sum(1)
            worse += 1e-6 * filled.sum(1)
            empty = filled.sum(1) == 0
            if int(empty.sum()) >= number - done:  # each part gets one group at least
                worse[~empty] = float("inf")
            best = int(worse.argmin())
            place[unit] = best
            filled[best] += table[unit]
    chosen = place[units] == fold - 1
    return learn[~chosen], learn[chosen], kept
