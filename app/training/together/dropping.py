"""What dropouts multiply by, drawn for each training from the random numbers that it would have drawn by itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Streams:
    """The random numbers of several trainings. Trainings that stand at the same random state and drop as much draw the
    same, so that is done once.

    Args:
        states: of torch's generator, one for each training.
        rates: of the dropouts of each training, in the order of its modules.
    """

    def __init__(self, states: Sequence[Tensor], rates: Sequence[Sequence[float]]) -> None:
        self._of: list[int] = []  # the stream of each training
        self._generators: list[torch.Generator] = []
        self._rates: list[Sequence[float]] = []
        self._shares: dict[int, Tensor] = {}
        self._before: dict[int, list[Tensor]] = {}  # by the number of a batch
        known: dict[tuple[bytes, tuple[float, ...]], int] = {}
        for state, some in zip(states, rates, strict=True):
            key = bytes(state.tolist()), tuple(some)
            if key not in known:
                known[key] = len(self._generators)
                generator = torch.Generator()
                generator.set_state(state)
                self._generators.append(generator)
                self._rates.append(tuple(some))
            self._of.append(known[key])

    def state(self, number: int) -> Tensor:
        """The random state of a training now."""
        return self._generators[self._of[number]].get_state()

    def __len__(self) -> int:
        """How many different ones there are."""
        return len(self._generators)

    def remember(self, number: int) -> None:
        """Keep where they stand before the draws of a batch."""
        self._before = {n: states for n, states in self._before.items() if n == number - 1}
        self._before[number] = [generator.get_state() for generator in self._generators]

    def rewind(self, number: int) -> None:
        """Go back to before the draws of a batch that will not be computed now, if they were made already."""
        for generator, state in zip(self._generators, self._before.get(number, ())):
            generator.set_state(state)
        self._before.clear()

    def draw(self, masks: Sequence[Tensor], asked: Sequence[tuple[torch.Size, tuple[int, ...], int]]) -> None:
        """Fill the masks (trainings, *shape) of one step: what ``torch.dropout`` would multiply by on a CPU."""
        first: dict[int, int] = {}  # who has drawn already, by stream
        copies = []
        every = [mask.unbind() for mask in masks]
        for number, stream in enumerate(self._of):
            if stream in first:
                copies.append((number, first[stream]))
                continue
            first[stream] = number
            generator, rates = self._generators[stream], self._rates[stream]
            for rows, (shape, strides, dropout) in zip(every, asked, strict=True):
                _draw(rows[number], shape, strides, rates[dropout], generator)
        for mask, (_, _, dropout) in zip(masks, asked, strict=True):
            mask.div_(self._kept_share(dropout, mask))
            for number, other in copies:
                mask[number].copy_(mask[other])

    def _kept_share(self, dropout: int, mask: Tensor) -> Tensor:
        """By what the masks of a dropout are divided: the share of what it keeps, of each training."""
        if dropout not in self._shares:
            rates = [self._rates[stream][dropout] for stream in self._of]
            kept = [1.0 if p == 1.0 else 1.0 - p for p in rates]
            self._shares[dropout] = torch.tensor(kept, dtype=mask.dtype, device=mask.device)
        return self._shares[dropout].view(-1, *[1] * (mask.ndim - 1))


def _draw(mask: Tensor, shape: torch.Size, strides: tuple[int, ...], p: float, generator: torch.Generator) -> None:
    """Ones where a value is kept, zeros where it is dropped."""
    if p in (0.0, 1.0):  # torch draws nothing then
        mask.fill_(1.0 - p)
        return
    # Laid out as the values are that it is multiplied with, for that is the order of the draws.
    drawn = mask if mask.stride() == strides else torch.empty_strided(shape, strides, dtype=mask.dtype)
    drawn.bernoulli_(1.0 - p, generator=generator)
    if drawn is not mask:
        mask.copy_(drawn)
