"""A copy of a net that is asked about pictures of any size it can read, and computes no more than it is asked for."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence

import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput
from app.insight.anatomy import picture_input
from app.insight.capture import device_of
from app.insight.dream.folding import fold
from app.insight.dream.transforms import resized
from app.insight.tiles import NoPicture

# Pictures from here on are laid out pixel by pixel and not colour by colour, in which convolutions on a CPU are up to
# twice as fast.
_LARGE = 64 * 64


class DreamNet:
    """The net with weights of its own that never change."""

    def __init__(self, net: CompiledNet, model: nn.Module) -> None:
        self.net = net
        self.entry: PlanInput = picture_input(net)
        self.name = self.entry.variable
        self.sizes = self.entry.shape.sizes
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        for module in self.model.modules():
            if isinstance(module, nn.RNNBase):
                module.flatten_parameters()  # a copy has its weights apart, of which a GPU warns at each call
        self.device = device_of(self.model)
        self._seen_as: tuple[int, int] | None = None
        self._by_pixel = False
        if len(self.sizes) == 3 and self.sizes[0] > 1 and self.sizes[1] * self.sizes[2] >= _LARGE:
            self._by_pixel = True
            self.model = self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def settle(self, nodes: Collection[str]) -> None:
        """Nothing but these nodes is asked for from now on."""
        if self._by_pixel:
            fold(self.net, self.model, {name.split(".")[0] for name in nodes})
            self.model = self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    def made_for(self, height: int, width: int, nodes: Sequence[str]) -> None:
        """Pictures of this size come from now on. Where the net cannot read them and they are smaller than what it was
        made for, it sees them enlarged.

        Raises:
            NoPicture: if it cannot read them and they are larger.
        """
        self._seen_as = None
        if len(self.sizes) != 3 or (height, width) == tuple(self.sizes[1:]):
            return
        blank = torch.zeros(1, self.sizes[0], height, width, device=self.device)
        try:
            with torch.no_grad():
                self.values(blank, nodes)
        except NoPicture:
            own = (self.sizes[-2], self.sizes[-1])
            if height > own[0] or width > own[1]:
                raise NoPicture(
                    f"{', '.join(nodes)} can only be asked about pictures of {own[0]}×{own[1]}, not {height}×{width}: "
                    "a layer before it is made for that size. Leave the size as it is, or choose an earlier layer."
                ) from None
            self._seen_as = own

    def values(self, pictures: Tensor, nodes: Sequence[str], grad: bool = False) -> Mapping[str, Tensor]:
        """Values of the nodes; further inputs of the net are zero.

        Raises:
            NoPicture: for a node without a value, or a size that a layer cannot read.
        """
        if self._seen_as is not None:
            pictures = resized(pictures, *self._seen_as)
        if self._by_pixel:
            pictures = pictures.contiguous(memory_format=torch.channels_last)
        given = []
        for entry in self.net.plan.inputs:
            kind = torch.float32 if entry.shape.dtype == "float" else torch.int64
            empty = (len(pictures), *entry.shape.sizes)
            given.append(pictures if entry is self.entry else torch.zeros(empty, dtype=kind, device=self.device))
        try:
            return self.net.capture(self.model, given, nodes, grad=grad, no_further=True)
        except KeyError as missing:
            raise NoPicture(str(missing.args[0])) from None
        except RuntimeError as error:
            if isinstance(error, torch.OutOfMemoryError):
                raise
            place, sentence = self.net.explain(error)
            raise NoPicture(f"{place}: {sentence}" if place else sentence) from error
