"""Batches of samples of like length, each cut to where its longest ends."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from app.core.checks.problems import FixElsewhere
from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.data.buckets import trimmed
from app.data.joined import JoinedFeed
from app.training.refusal import CannotTrain
from nodes.api import SetParam
from nodes.api.feeds import Trim

FEW = 4  # samples that are tried in both lengths
_SAME = 1e-4  # of the loss


def lengths_of(data: JoinedFeed) -> Tensor | None:
    """How long each sample is that is to be trained with others of its length (n,); None where none is."""
    every = [trim.sizes for feed in data.feeds.values() for trim in feed.trims]
    return torch.stack(every).sum(0) if every else None


class BatchTrimming:
    """Cuts the batches of these data."""

    def __init__(self, data: JoinedFeed) -> None:
        self._trims = [
            Trim(tuple(f"{node}.{name}" for name in trim.fields), trim.sizes, trim.before)
            for node, feed in data.feeds.items()
            for trim in feed.trims
        ]

    def __bool__(self) -> bool:
        return bool(self._trims)

    def __call__(self, batch: Mapping[str, Tensor], index: Tensor) -> dict[str, Tensor]:
        """The batch of these samples, its sequences as long as the longest needs."""
        read = [Trim(tuple(key for key in trim.fields if key in batch), *trim[1:]) for trim in self._trims]
        return trimmed(batch, index.cpu(), read)


def check_buckets(net: CompiledNet, model: nn.Module, losses: nn.Module, data: JoinedFeed, learn: Tensor) -> None:
    """That padding changes nothing in this net: a few short samples have the same losses at both lengths.

    Raises:
        CannotTrain: if not, or if the net wants samples of one length.
    """
    lengths = lengths_of(data)
    if lengths is None:
        return
    trimming = BatchTrimming(data)
    index = learn.cpu()[lengths[learn.cpu()].argsort()[:FEW]]
    device = next((each.device for each in model.parameters()), torch.device("cpu"))
    whole, _, _ = data.read_what_can_be(index, None, None)
    if not whole:
        return
    node = next(node for node, feed in data.feeds.items() if feed.trims)
    told = []
    for batch in (whole, trimming(whole, index)):
        moved = {key: values.to(device) for key, values in batch.items()}
        try:
            with evaluating(model), torch.no_grad():
                told.append(net.loss_values(losses, model(*net.inputs_from(moved)), moved))
        except (RuntimeError, ValueError, IndexError):
            if not told:
                return  # it does not work at all, and that is said elsewhere
            raise _refusal(node, "This net reads samples of one length alone") from None
    for name, value in told[0].items():
        if not torch.allclose(value, told[1][name], rtol=_SAME, atol=_SAME):
            raise _refusal(node, f"In this net padding changes the result ({name}), so it cannot be cut off")


def _refusal(node: str, sentence: str) -> CannotTrain:
    return CannotTrain(
        f"{sentence}. Wire a padding mask to keep of the layers that have one, or set buckets of {node} to 0.",
        node,
        fixes=(FixElsewhere(node, SetParam("buckets", 0)),),
    )
