"""A field of pictures that is read from the files the first time and from what was decoded after that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from nodes.api.feeds import Each
from nodes.api.schema import Unreadable
from nodes.reading.cache import Decoded

if TYPE_CHECKING:
    import numpy
    from torch import Tensor


class Kept:
    """Samples of bytes, handed on as float32 from 0 to 1; or of float32, handed on as they are.

    ``read`` gives the sample with a number as an array of ``sizes`` of that ``kind`` and raises ``Unreadable``; it is
    called from several threads at once. ``decoded`` holds sample i under ``places[i]``. Of what is damaged the reason
    is remembered, so that nobody tries it again in every epoch. Where ``rewritten`` says that the file of a
    sample is another one by now, nothing that was decoded of it before is handed on, and ``read`` says why.
    """

    def __init__(
        self,
        sizes: tuple[int, ...],
        places: Sequence[int],
        read: Callable[[int], numpy.ndarray[Any, Any]],
        decoded: Decoded,
        kind: str = "uint8",
        rewritten: Callable[[int], bool] = lambda number: False,
    ) -> None:
        self._sizes = sizes
        self._kind = kind
        self._places = places
        self._read = read
        self._decoded = decoded
        self._rewritten = rewritten
        self._bad: dict[int, str] = {}
        self._each = Each(len(places), self._fresh)

    def __len__(self) -> int:
        return len(self._places)

    def _fresh(self, number: int) -> numpy.ndarray[Any, Any]:
        if number in self._bad:
            raise Unreadable(self._bad[number])
        try:
            values = self._read(number)
        except Unreadable as reason:
            if getattr(reason.__cause__, "errno", None) is None:  # else it is the disk's word, and a disk comes back
                self._bad[number] = str(reason)
            raise
        self._decoded.write(self._places[number], values)
        return values

    def at(self, index: Tensor) -> Tensor:
        """Samples (n, ...) in this order.

        Raises:
            Unreadable: if one of them cannot be read.
        """
        import numpy
        import torch

        numbers = index.tolist()
        values = numpy.empty((len(numbers), *self._sizes), self._kind)
        held = values.view(numpy.uint8)
        fresh = [
            at
            for at, number in enumerate(numbers)
            if not self._decoded.read(self._places[number], held[at]) or self._rewritten(number)
        ]
        if fresh:
            read = self._each.at(torch.tensor([numbers[at] for at in fresh]))
            values[fresh] = read.numpy()
        if self._kind != "uint8":
            return torch.from_numpy(values)
        return torch.from_numpy(values).to(torch.float32).div_(255)
