"""What dropouts multiply by, drawn for each training from the random numbers that it would have drawn by itself."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class RandomStreams:
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
        self._whose = torch.tensor(self._of)
        self._rooms: dict[tuple[int, torch.Size], Tensor] = {}  # by dropout and shape, where several share a stream

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
        drawn = [self._room(mask, dropout) for mask, (_, _, dropout) in zip(masks, asked, strict=True)]
        every = [each.unbind() for each in drawn]
        for stream, (generator, rates) in enumerate(zip(self._generators, self._rates, strict=True)):
            for rows, (shape, strides, dropout) in zip(every, asked, strict=True):
                _draw(rows[stream], shape, strides, rates[dropout], generator)
        for mask, each, (_, _, dropout) in zip(masks, drawn, asked, strict=True):
            each.div_(self._kept_share(dropout, each))
            if each is not mask:
                torch.index_select(each, 0, self._whose, out=mask)

    def _room(self, mask: Tensor, dropout: int) -> Tensor:
        """Where the draws of all streams have room: in the mask, if each training has a stream of its own."""
        if len(self._of) == len(self):
            return mask
        key = dropout, mask.shape
        if key not in self._rooms:
            self._rooms[key] = mask.new_empty(len(self), *mask.shape[1:])
        return self._rooms[key]

    def _kept_share(self, dropout: int, drawn: Tensor) -> Tensor:
        """By what the draws of a dropout are divided: the share of what it keeps, of each stream."""
        if dropout not in self._shares:
            rates = [rates[dropout] for rates in self._rates]
            kept = [1.0 if p == 1.0 else 1.0 - p for p in rates]
            self._shares[dropout] = torch.tensor(kept, dtype=drawn.dtype, device=drawn.device)
        return self._shares[dropout].view(-1, *[1] * (drawn.ndim - 1))


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
