"""Which samples are learned from and which are held out to check the result."""

from __future__ import annotations

import torch
from torch import Tensor


def split(count: int, validation: float, seed: int, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Sorted indices of the training and of the validation samples.

    They depend on the arguments alone, never on torch's own generator, so that a continued run holds out the same
    samples. With ``labels`` (one class each) every class is held out in the same proportion, to within one sample.
    Where anything is to be held out, both parts get at least one sample.

    Raises:
        ValueError: if there are fewer samples than parts.
    """
    if count < 1 or (validation > 0 and count < 2):
        samples = "1 sample" if count == 1 else f"{count} samples"
        raise ValueError(f"{samples} cannot be divided. Use more data, or hold out nothing.")
    held_out = min(max(round(count * validation), 1), count - 1) if validation > 0 else 0
    order = torch.randperm(count, generator=torch.Generator().manual_seed(seed))
    if labels is not None:
        order = order[torch.argsort(labels[order], stable=True)]
    # Evenly spread over the classes lying side by side, as the teeth of a comb: exactly `held_out` in all, and from
    # each class its share rounded up or down.
    place = torch.arange(count)
    chosen = (place + 1) * held_out // count > place * held_out // count
    return order[~chosen].sort().values, order[chosen].sort().values
