"""What a dream makes large: a number for each picture, put together from small parts that can be added and scaled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_MOST_GUIDES = 784  # places of a guide that others are compared with
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

    return DreamObjective(frozenset([node]), lambda values, _: _strongest(channel_of(values[node], channel)))


def each_unit(node: str, channels: Sequence[int]) -> DreamObjective:
    """As ``unit``, with a channel of its own for each of several pictures; each may come as several copies in a row."""

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        value = values[node]
        copies = len(value) // len(channels)
        places = [channel_of(value[at * copies : (at + 1) * copies], one) for at, one in enumerate(channels)]
        return _strongest(torch.cat(places))

    return DreamObjective(frozenset([node]), score)


def neuron(node: str, channel: int, row: int, column: int) -> DreamObjective:
    """One single number of a map: the answer of a channel at one place, counted from 0."""
    return DreamObjective(frozenset([node]), lambda values, _: values[node][:, channel, row, column])


def direction(node: str, weights: Mapping[int, float]) -> DreamObjective:
    """How far the answers go in a direction between channels: their products with the weights, which count as if their
    squares summed up to 1; of a map, the mean of the strongest quarter of its places."""
    length = sum(weight * weight for weight in weights.values()) ** 0.5

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        value = values[node]
        return _strongest(torch.stack([channel_of(value, c) * (w / length) for c, w in weights.items()]).sum(0))

    return DreamObjective(frozenset([node]), score)


def guided(node: str, guide: Tensor) -> DreamObjective:
    """How much the layer finds of what it found in another picture, whose value of the node is ``guide`` (1, ...).

    Of a map: each place is compared with the place of the guide that it resembles most, by their product, and the mean
    of all is taken (guided DeepDream, 2015). The guide counts with a mean length of 1.
    """
    wanted = _features(guide)[0]
    wanted = wanted[:: max(1, len(wanted) // _MOST_GUIDES)]
    wanted = wanted / wanted.norm(dim=1).mean().clamp_min(1e-12)

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        return (_features(values[node]) @ wanted.T).amax(2).mean(1)

    return DreamObjective(frozenset([node]), score)


def content(node: str, guide: Tensor) -> DreamObjective:
    """How near the layer's values are to those for another picture, ``guide`` (1, ...): minus the mean squared
    difference, as a share of the guide's mean square (Gatys et al. 2015). 0 is the same, −1 as far as nothing at all.
    Maps of another size are compared as large as the guide's."""
    size = guide.square().mean().clamp_min(1e-12)

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        value = values[node]
        if value.dim() == 4 and value.shape[2:] != guide.shape[2:]:
            value = torch.nn.functional.interpolate(value, guide.shape[2:], mode="bilinear", align_corners=False)
        return -(value - guide).square().flatten(1).mean(1) / size

    return DreamObjective(frozenset([node]), score)


def style(node: str, guide: Tensor) -> DreamObjective:
    """How near what goes together in the layer is to that for another picture: minus the squared difference of the Gram
    matrices of the channels, as a share of the guide's own (Gatys et al. 2015). Where something lies does not matter,
    nor how large the pictures are: the matrices are means over the places."""
    wanted = _grams(guide)
    size = wanted.square().sum().clamp_min(1e-24)

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        return -(_grams(values[node]) - wanted).square().flatten(1).sum(1) / size

    return DreamObjective(frozenset([node]), score)


def _grams(value: Tensor) -> Tensor:
    """What goes together: the mean products of channels over all places, ``(n, channels, channels)``."""
    features = _features(value)
    return features.transpose(1, 2) @ features / features.shape[1]


def sameness(node: str, pictures: int) -> DreamObjective:
    """How much several pictures look alike to a layer: the mean cosine between what goes together in each of them
    (Gram matrices of the channels), from 0 to 1. Subtracted, it makes them differ (Olah et al. 2017, "Diversity")."""

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        grams = _grams(values[node])
        copies = len(grams) // pictures
        flat = grams.reshape(pictures, copies, -1).mean(1)
        flat = flat / flat.norm(dim=1, keepdim=True).clamp_min(1e-12)
        alike = flat @ flat.T
        others = (alike.sum(1) - alike.diagonal()) / max(pictures - 1, 1)
        return others.repeat_interleave(copies)

    return DreamObjective(frozenset([node]), score)


def _strongest(places: Tensor) -> Tensor:
    """The mean of the strongest quarter of ``(n, places)``."""
    if places.shape[1] == 1:
        return places[:, 0]
    return places.topk(max(1, places.shape[1] // 4), dim=1).values.mean(1)


def _features(value: Tensor) -> Tensor:
    """``(n, places, channels)`` of what a layer gives."""
    if value.dim() <= 2:
        return value.reshape(len(value), 1, -1)
    return value if value.dim() == 3 else value.flatten(2).transpose(1, 2)


def layer(node: str) -> DreamObjective:
    """Everything the layer answers, strong answers counting more: the mean square, as in DeepDream (2015)."""

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        return values[node].square().flatten(1).mean(1)

    return DreamObjective(frozenset([node]), score)


def rivals(node: str, channel: int) -> DreamObjective:
    """How far the strongest other units come up together: ``log Σ exp`` of them. Subtracted from a class score it
    leaves what belongs to that class alone; without it, a dream of 8 may look like a 3 to the net."""
    return each_rivals(node, (channel,))


def each_rivals(node: str, channels: Sequence[int]) -> DreamObjective:
    """As ``rivals``, with a class of its own for each of several pictures; each may come as several copies in a row."""

    def score(values: Mapping[str, Tensor], _: Tensor) -> Tensor:
        value = values[node]
        own = torch.as_tensor(channels, device=value.device).repeat_interleave(len(value) // len(channels))
        return value.masked_fill(torch.nn.functional.one_hot(own, value.shape[-1]).bool(), -torch.inf).logsumexp(-1)

    return DreamObjective(frozenset([node]), score)


def roughness() -> DreamObjective:
    """Total variation (Rudin, Osher and Fatemi 1992): how much neighbouring pixels differ. Subtracted, it takes the
    grain out of a picture, which excites a net but tells an eye nothing."""

    def score(_: Mapping[str, Tensor], pictures: Tensor) -> Tensor:
        down = (pictures[..., 1:, :] - pictures[..., :-1, :]).abs().flatten(1).mean(1)
        across = (pictures[..., 1:] - pictures[..., :-1]).abs().flatten(1).mean(1)
        return down + across

    return DreamObjective(frozenset(), score)


def loudness() -> DreamObjective:
    """How far the values stand from the grey in the middle, squared (L2). Subtracted, it keeps black and white for what
    needs them."""
    return DreamObjective(frozenset(), lambda _, pictures: (pictures - 0.5).square().flatten(1).mean(1))


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
