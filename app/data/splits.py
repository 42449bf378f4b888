"""Which samples are learned from, which are held out to check the result, and which nobody looks at until asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def divide(
    count: int,
    validation: float,
    test: float,
    seed: int,
    labels: Tensor | None = None,
    groups: Tensor | None = None,
    ordered: bool = False,
    without: Tensor | None = None,
    parts: Mapping[str, Tensor] | None = None,
    overlap: int = 0,
) -> tuple[Tensor, Tensor, Tensor]:
    """Indices of the samples for training, for validation and for the test; none in two parts.

    They depend on the arguments alone, never on torch's own generator. ``labels`` (one class each): every class is held
    out in the same proportion, to within one sample, and some of it is left to learn from. ``groups`` (a number each):
    no group is torn, and the shares are as near as the groups allow. ``ordered``: the last samples are the test, those
    before them the validation; ``overlap`` samples before each of these are in no part, as they share values with it.
    ``without`` are samples in no part. ``parts`` are those that the data brings: what it holds out stays held out, and
    only what it does not say is cut from the rest. Each part has at least one sample.

    Raises:
        ValueError: if there are too few samples or groups, or nothing would be left to learn from.
    """
    import numpy
    import torch

    own = {name: torch.as_tensor(part) for name, part in (parts or {}).items()}
    free = numpy.ones(count, dtype=bool)
    for name, part in own.items():
        if name != "train":
            free[part.numpy()] = False
    learn = own["train"] if "train" in own else torch.from_numpy(free.nonzero()[0])
    if without is not None and len(without):
        learn = learn[~torch.isin(learn, without)]
        own = {name: part[~torch.isin(part, without)] for name, part in own.items()}
    shares = {"test": test, "validation": validation}
    shared = overlap if ordered else 0

    def apart(samples: torch.Tensor, validation: torch.Tensor) -> torch.Tensor:
        """Those that share no values with what is held out."""
        if not shared or not len(validation):
            return samples
        begins = torch.bincount((validation - shared).clamp(min=0), minlength=count + 1)
        ends = torch.bincount((validation + shared + 1).clamp(max=count), minlength=count + 1)
        return samples[(begins - ends).cumsum(0)[samples] == 0]

    for name, part in own.items():
        if name != "train" and shares[name] > 0:
            learn = apart(learn, part)
    cut = [name for name in shares if shares[name] > 0 and name not in own]
    total = len(learn)
    if total <= len(cut):
        samples = "1 sample" if total == 1 else f"{total} samples"
        raise ValueError(f"{samples} cannot be divided. Use more data, or hold out nothing.")
    if total <= len(cut) * (1 + shared):
        raise ValueError(
            f"Of {total:,} samples {shared:,} have to be left out between two parts, because they share values with "
            "their neighbours, and then too few are left. Make the samples shorter, use more data, or hold out nothing."
        )
    if sum(shares[name] for name in cut) >= 1:
        raise ValueError(
            f"Validation ({validation:g}) and test ({test:g}) together take all samples, so that none is left to learn "
            "from. Make one of them smaller."
        )
    held = {"test": learn[:0], "validation": learn[:0]}
    for place, name in enumerate(cut):
        others = len(cut) - place  # parts that need something, too
        wanted = min(max(round(total * shares[name]), 1), len(learn) - others * (1 + shared))
        generator = torch.Generator().manual_seed(seed)
        if groups is None and not ordered:
            # By numpy, because a window divides the data before anything trains: each kind of operation that torch
            # does for the first time takes up to a megabyte.
            places = torch.randperm(len(learn), generator=generator).numpy()
            if labels is not None:
                ranks = numpy.unique(labels.numpy()[learn.numpy()], return_inverse=True)[1]
                places = places[ranks[places].argsort(kind="stable")]
            # Evenly spread over the classes lying side by side, as the teeth of a comb: exactly as many as wanted, and
            # from each class its share rounded up or down.
            teeth = numpy.arange(len(learn) + 1) * wanted // len(learn)
            chosen = numpy.zeros(len(learn), dtype=bool)
            chosen[places[teeth[1:] > teeth[:-1]]] = True
            if labels is not None:
                gone = (numpy.bincount(ranks, ~chosen) == 0).nonzero()[0]
                if len(gone) < wanted:  # nothing could be learned of a class of which all is held out
                    for rank in gone:
                        chosen[(ranks == rank).argmax()] = False
        else:
            units = torch.arange(len(learn)) if groups is None else groups[learn].unique(return_inverse=True)[1]
            number = int(units.max()) + 1
            if number <= others:
                together = "1 group" if number == 1 else f"{number} groups"
                raise ValueError(
                    f"The samples form {together} that may not be torn, too few to hold some out. Use data with more "
                    "groups, or hold out nothing."
                )
            if ordered:
                first = torch.full((number,), len(learn)).scatter_reduce(0, units, torch.arange(len(learn)), "amin")
                line = first.argsort()  # the groups as they begin; each is one sample where there are none
                behind = torch.bincount(units)[line].flip(0).cumsum(0)[: number - others]
                taken = line[number - 1 - int((behind - wanted).abs().argmin()) :]
            else:
                kinds = labels[learn].unique(return_inverse=True)[1] if labels is not None else torch.zeros_like(units)
                width = int(kinds.max()) + 1
                table = torch.bincount(units * width + kinds, minlength=number * width).reshape(number, width).double()
                target = table.sum(0) * wanted / len(learn)
                best, taken = float("inf"), units[:0]
                for attempt in range(max(1, min(50, 20_000 // number))):
                    order = torch.randperm(number, generator=generator)
                    if attempt == 0:  # the large ones first, then small ones that fill what is left
                        order = order[table.sum(1)[order].argsort(descending=True, stable=True)]
                    some: list[int] = []
                    gathered, distance = torch.zeros_like(target), float("inf")
                    for unit in order.tolist():
                        nearer = float((gathered + table[unit] - target).abs().sum())
                        if nearer < (distance if some else float(target.sum())) and len(some) < number - others:
                            gathered, distance = gathered + table[unit], nearer
                            some.append(unit)
                    if not some:  # each is larger than what is wanted
                        some = [int(table.sum(1).argmin())]
                        distance = float((table[some[0]] - target).abs().sum())
                    if distance < best:
                        best, taken = distance, torch.tensor(some)
                    if best == 0:
                        break
            chosen = torch.isin(units, taken).numpy()
        held[name] = torch.from_numpy(learn.numpy()[chosen])
        learn = apart(torch.from_numpy(learn.numpy()[~chosen]), held[name])
    if validation > 0 and "validation" in own:
        held["validation"] = own["validation"]
    return learn, held["validation"], own.get("test", held["test"])


def split(count: int, validation: float, seed: int, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The same without a test part.

    Raises:
        ValueError: if there are fewer samples than parts.
    """
    return divide(count, validation, 0.0, seed, labels)[:2]
