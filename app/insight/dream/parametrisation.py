"""How a picture is written down while it is being changed.

The same gradient leads to different pictures, depending on the numbers it moves. Pixels change one by one and collect
grain. Frequencies, each with the weight it has in photographs (1/f), change broad forms first; and colours that are
made independent of each other do not drag one another along (Olah et al. 2017, "Preconditioning and parameterization").
"""

from __future__ import annotations

from typing import Literal, Protocol

import torch
from torch import Tensor

Kind = Literal["pixels", "frequencies"]

# How red, green and blue go together in photographs: columns are light–dark, and two opponent colours (the square root
# of their covariance in ImageNet, as in Olah et al. 2017), divided by the length of the longest. The opponent colours
# count three times as much as in photographs, where there is little of them: a dream may be more colourful.
_COLOURS = torch.tensor([[0.26, 0.09, 0.02], [0.27, 0.00, -0.05], [0.27, -0.09, 0.03]])
_COLOURS = _COLOURS / _COLOURS.norm(dim=0).max() * torch.tensor([1.0, 3.0, 3.0])
# Forms that are broader than so many pixels change no faster than these: else a large picture is soon all clouds of
# black and white.
_BROAD = 48
# Values right at 0 or 1 cannot be written as a sigmoid of something finite.
_EDGE = 0.02


class Parametrisation(Protocol):
    """Pictures and the numbers behind them."""

    numbers: Tensor

    def picture(self) -> Tensor:
        """The pictures ``(n, *shape)`` with values in 0..1, as a function of ``numbers``."""
        ...


class Pixels:
    """One number for each pixel and channel, brought into 0..1 by a sigmoid."""

    def __init__(self, start: Tensor) -> None:
        self.numbers = _logits(start).requires_grad_()

    def picture(self) -> Tensor:
        return torch.sigmoid(_mixed(self.numbers))


class Frequencies:
    """One complex number for each frequency, scaled by 1/f, so that equal steps change broad forms more than grain."""

    def __init__(self, start: Tensor) -> None:
        height, width = start.shape[-2:]
        self._size = (height, width)
        across = torch.fft.rfftfreq(width)[None, :]
        down = torch.fft.fftfreq(height)[:, None]
        frequency = torch.sqrt(across**2 + down**2)
        weight = 1.0 / torch.clamp(frequency, min=1.0 / min(max(height, width), _BROAD))
        # A size of its own for each picture would make a step of the same length mean something else in each.
        self._weight = (weight / weight.mean()).to(start.device)
        spectrum = torch.fft.rfft2(_logits(start), norm="ortho") / self._weight
        self.numbers = torch.view_as_real(spectrum).clone().requires_grad_()

    def picture(self) -> Tensor:
        spectrum = torch.view_as_complex(self.numbers) * self._weight
        logits = torch.fft.irfft2(spectrum, s=self._size, norm="ortho")
        return torch.sigmoid(_mixed(logits))


def parametrised(kind: Kind, start: Tensor) -> Parametrisation:
    """``start`` (n, *shape) in 0..1, or one without batch, written down in that way. Only pictures have frequencies."""
    if start.dim() in (1, 3):
        start = start[None]
    if kind == "frequencies" and start.dim() == 4 and min(start.shape[-2:]) > 1:
        return Frequencies(start)
    return Pixels(start)


def noise(shape: tuple[int, ...], level: float, strength: float, generator: torch.Generator) -> Tensor:
    """A start of almost nothing: ``level`` with a little noise, from a generator of its own."""
    return (level + strength * torch.randn(shape, generator=generator)).clamp(_EDGE, 1 - _EDGE)


def _mixed(numbers: Tensor) -> Tensor:
    """Independent colours as red, green and blue; other numbers of channels stay as they are."""
    if numbers.dim() != 4 or numbers.shape[1] != 3:
        return numbers
    return torch.einsum("rc,nchw->nrhw", _COLOURS.to(numbers), numbers)


def _logits(start: Tensor) -> Tensor:
    """The numbers whose picture is ``start``."""
    logits = torch.logit(start.clamp(_EDGE, 1 - _EDGE))
    if logits.dim() != 4 or logits.shape[1] != 3:
        return logits
    return torch.einsum("cr,nrhw->nchw", torch.linalg.inv(_COLOURS).to(logits), logits)
