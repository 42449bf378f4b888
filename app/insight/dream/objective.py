"""What a dream makes large: a number for each picture, put together from small parts that can be added and scaled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

# Values of nodes by name, and the pictures (n, c, h, w) they belong to -> one number for each picture (n,).
Score = Callable[[Mapping[str, Tensor], Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class DreamObjective:
    """A score to be made large, and the nodes whose values it needs."""

    nodes: frozenset[str]
    score: Score

    def __call__(self, values: Mapping[str, Tensor], pictures: Tensor) -> Tensor:
        return self.score(values, pictures)

    def __add__(self, other: DreamObjective) -> DreamObjective:
        return DreamObjective(self.nodes | other.nodes, lambda v, p: self.score(v, p) + other.score(v, p))

    def __mul__(self, factor: float) -> DreamObjective:
        return DreamObjective(self.nodes, lambda v, p: self.score(v, p) * factor)

    __rmul__ = __mul__


def unit(node: str, channel: int) -> DreamObjective:
    """The answer of one channel, feature or class score; of a map, the mean of its strongest quarter.

    The mean over the whole map, which is usual, says little in the first layers: a convolution is linear, so that mean
    follows the brightness of the picture, and the dream would be plain black or white.
    """

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        places = channel_of(values[node], channel)
        return places.topk(max(1, places.shape[1] // 4), dim=1).values.mean(1)

    return DreamObjective(frozenset([node]), score)


def layer(node: str) -> DreamObjective:
    """Everything the layer answers, strong answers counting more: the mean square, as in DeepDream (2015)."""

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        return values[node].square().flatten(1).mean(1)

    return DreamObjective(frozenset([node]), score)


def rivals(node: str, channel: int) -> DreamObjective:
    """How far the strongest other units come up together: ``log Σ exp`` of them. Subtracted from a class score it
    leaves what belongs to that class alone; without it, a dream of 8 may look like a 3 to the net."""

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        value = values[node]
        others = torch.arange(value.shape[-1], device=value.device) != channel
        return value[..., others].logsumexp(-1)

    return DreamObjective(frozenset([node]), score)


def roughness() -> DreamObjective:
    """Total variation (Rudin, Osher and Fatemi 1992): how much neighbouring pixels differ. Subtracted, it takes the
    grain out of a picture, which excites a net but tells an eye nothing."""

    def score(_: Mapping[str, Tensor], pictures: Tensor) -> Tensor:
        down = (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().flatten(1).mean(1)
        across = (pictures[..., 1:] - pictures[..., :-1]).abs().flatten(1).mean(1)
        return down + across

    return DreamObjective(frozenset(), score)


def ink() -> DreamObjective:
    """How bright the picture is on the whole. Subtracted, it keeps a dark background dark where nothing is needed."""
    return DreamObjective(frozenset(), lambda _, pictures: pictures.flatten(1).mean(1))


def channel_of(value: Tensor, channel: int) -> Tensor:
    """One channel of ``(n, c, h, w)``, feature of ``(n, t, f)`` or unit of ``(n, f)``, as ``(n, places)``."""
    if value.dim() == 1:
        return value[:, None]
    if value.dim() == 2:
        return value[:, channel, None]
    return value[..., channel] if value.dim() == 3 else value[:, channel].flatten(1)


def channel_count(value: Tensor) -> int:
    """How many channels, features or units ``value`` (with batch) has."""
    if value.dim() == 1:
        return 1
    return value.shape[-1] if value.dim() <= 3 else value.shape[1]
