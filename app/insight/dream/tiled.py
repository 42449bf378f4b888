"""Dreams on pictures that are too large to be asked about as a whole: tile by tile, in memory of about two copies.

As in DeepDream (2015) the pixels themselves are moved, each tile by its own gradient, and where the tiles meet is
another place at each step, so that no seam is left. A tile is looked at with a rim around it: what a net sees of it
then depends on its neighbours as in the whole picture, as far as the rim reaches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from math import ceil

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from app.core import heap
from app.core.compile.net import CompiledNet
from app.insight.dream.ascent import AscentSetup, DreamSettings, DreamStep
from app.insight.dream.transforms import blurred, in_turn
from app.insight.tiles import NoPicture

CORE, RIM = 384, 32
PREVIEW = 512  # pixels of the longer side of what is shown on the way
_SHARE = 0.3  # of ``DreamSettings.speed``: how far a step moves the pixels, on the mean
_REMEMBERED = 0.9  # of the sizes of the gradients before, by which each is divided


def tiles(height: int, width: int, core: int, offset: tuple[int, int] = (0, 0)) -> Iterator[tuple[slice, slice]]:
    """Places that cover a picture once, ``core`` wide and high; ``offset`` says where the first ones end."""

    def cuts(side: int, first: int) -> list[tuple[int, int]]:
        edges = sorted({0, side, *range(first % core, side, core)})
        return list(pairwise(edges))

    for top, bottom in cuts(height, offset[0]):
        for left, right in cuts(width, offset[1]):
            yield slice(top, bottom), slice(left, right)


def seen_around(place: slice, side: int, seen: int) -> slice:
    """A piece of ``seen`` pixels (or all there are) with ``place`` in its middle, moved inwards at the edges."""
    seen = min(seen, side)
    start = (place.start + place.stop - seen) // 2
    start = max(0, min(start, side - seen))
    return slice(start, start + seen)


def tiled_gradient(
    gradient: Callable[[Tensor], Tensor],
    picture: Tensor,
    core: int = CORE,
    rim: int = RIM,
    offset: tuple[int, int] = (0, 0),
) -> Iterator[tuple[slice, slice, Tensor]]:
    """The gradient of a picture ``(c, h, w)``, tile by tile: ``(c, rows, columns)`` for each place.

    ``gradient`` gives that of a mean over what it is shown, ``(1, c, h, w)``; here it comes as that of a sum over the
    pixels, so that it does not depend on how large the pieces are. It is that of the whole picture where ``rim`` is at
    least the receptive field and ``offset`` fits the strides.
    """
    height, width = picture.shape[-2:]
    for rows, columns in tiles(height, width, core, offset):
        tall, wide = (seen_around(place, side, core + 2 * rim) for place, side in ((rows, height), (columns, width)))
        piece = picture[None, :, tall, wide]
        found = gradient(piece)[0] * (piece.shape[-1] * piece.shape[-2])
        inner = slice(rows.start - tall.start, rows.stop - tall.start)
        across = slice(columns.start - wide.start, columns.stop - wide.start)
        yield rows, columns, found[:, inner, across]


def tiled_dream(
    net: CompiledNet,
    model: nn.Module,
    node: str,
    channel: int | None,
    picture: np.ndarray,
    *,
    objective: str = "",
    words: Sequence[str] = (),
    how: DreamSettings,
) -> Iterator[DreamStep]:
    """As ``dream``, on a picture ``(channels, h, w)`` uint8 at its own size. After each tile a small picture of the
    whole is given, in the end the whole. ``score`` is the mean over the tiles of the step before it is made.

    Raises:
        NoPicture: as ``dream``, and for several pictures at once.
    """
    if how.count > 1:
        raise NoPicture("A picture in tiles is made one at a time. Set count to 1.")
    with heap.kept(heap.SMALL + 1):  # large pieces go back at once: this may fill most of what there is
        yield from _Tiled(net, model, node, channel, picture, objective, words, how).steps()


class _Tiled:
    def __init__(
        self,
        net: CompiledNet,
        model: nn.Module,
        node: str,
        channel: int | None,
        picture: np.ndarray,
        objective: str,
        words: Sequence[str],
        how: DreamSettings,
    ) -> None:
        self.how, self.start = how, picture
        height, width = picture.shape[1:]
        self.rim = RIM
        seen = (min(CORE + 2 * RIM, height), min(CORE + 2 * RIM, width))
        self.climb = AscentSetup(net, model, node, channel, None, objective, words, replace(how, size=seen, octaves=1))
        self.climb.transform, self.climb.copies = in_turn(()), 1
        self.climb.penalty = self.climb.penalties(from_noise=False)
        self.generator = torch.Generator().manual_seed(how.seed)
        self.size: float | None = None

    def steps(self) -> Iterator[DreamStep]:
        how, done, score = self.how, 0, 0.0
        height, width = self.start.shape[1:]
        count = min(how.octaves, how.steps)
        sizes = [
            (max(CORE // 4, round(height / how.growth**back)), max(CORE // 4, round(width / how.growth**back)))
            for back in range(count - 1, -1, -1)
        ]
        sizes = [(min(tall, height), min(wide, width)) for tall, wide in sizes]
        sizes = list(dict.fromkeys(sizes))
        picture: Tensor | None = None
        for number, size in enumerate(sizes, 1):
            picture = self._grown(picture, sizes[number - 2] if number > 1 else None, size)
            self._made_for(*size)
            if number == 1:
                yield self._step(0, 0.0, picture, 1, len(sizes))
            for _ in range(how.steps * number // len(sizes) - how.steps * (number - 1) // len(sizes)):
                scores: list[float] = []
                for _place in self._moved(picture, scores):
                    yield self._step(done, score or scores[-1], picture, number, len(sizes))
                done += 1
                score = sum(scores) / len(scores)
                if done < how.steps:
                    yield self._step(done, score, picture, number, len(sizes))
        assert picture is not None
        whole = picture.permute(1, 2, 0).numpy() if picture.shape[0] == 3 else picture.mean(0).numpy()
        yield DreamStep(how.steps, how.steps, score, whole[None], len(sizes), len(sizes), self._note(*sizes[-1]))

    def _note(self, height: int, width: int) -> str:
        count = ceil(height / CORE) * ceil(width / CORE)
        return f"{width}×{height} pixels, in {count:,} tiles. {self.climb.note}".strip()

    def _made_for(self, height: int, width: int) -> None:
        seen = CORE + 2 * self.rim
        self.climb.reading.made_for(min(seen, height), min(seen, width), sorted(self.climb.goal.nodes))

    def _grown(self, picture: Tensor | None, before: tuple[int, int] | None, size: tuple[int, int]) -> Tensor:
        """The picture of the next octave: what the photo is at that size, and what was dreamt into it. One colour at a
        time, because each is large."""
        made = torch.empty(self.start.shape[0], *size)
        for channel, dots in enumerate(self.start):
            own = torch.from_numpy(_sized(dots, size)).float().div_(255)
            if picture is not None and before is not None:
                dreamt = picture[channel] - torch.from_numpy(_sized(dots, before)).float().div_(255)
                own += nn.functional.interpolate(dreamt[None, None], size, mode="bilinear", align_corners=False)[0, 0]
            made[channel] = own.clamp_(0, 1)
        return made

    def _moved(self, picture: Tensor, scores: list[float]) -> Iterator[None]:
        """Each tile goes one step up."""
        climb, how = self.climb, self.how

        def gradient(piece: Tensor) -> Tensor:
            piece = piece.contiguous()
            found = climb.gradient(piece, climb.climbed, tell=True)
            scores.append(climb.last_score)
            found = blurred(found, how.blur)
            if climb.penalty is None:
                return found
            pull = found.square().mean().sqrt() * found.numel()
            seen = piece.detach().requires_grad_()
            (held,) = torch.autograd.grad(climb.penalty({}, seen).sum(), seen)
            return found - pull * held

        offset = torch.randint(0, CORE, (2,), generator=self.generator).tolist()
        for rows, columns, found in tiled_gradient(gradient, picture, offset=(offset[0], offset[1])):
            own = float(found.square().mean().sqrt())
            # One size for all tiles: divided by its own, the least hint in a clear sky would count like a face.
            self.size = own if self.size is None else _REMEMBERED * self.size + (1 - _REMEMBERED) * own
            step = found * (_SHARE * how.speed / max(self.size, own / 4, 1e-20))
            picture[:, rows, columns] = (picture[:, rows, columns] + step).clamp_(0, 1)
            yield

    def _step(self, done: int, score: float, picture: Tensor, octave: int, octaves: int) -> DreamStep:
        every = max(1, max(picture.shape[1:]) // PREVIEW)
        small = picture[:, ::every, ::every]
        shown = small.permute(1, 2, 0) if small.shape[0] == 3 else small.mean(0)
        note = self._note(picture.shape[1], picture.shape[2])
        return DreamStep(done, self.how.steps, score, shown.numpy().copy()[None], octave, octaves, note)


def _sized(dots: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if dots.shape == size:
        return dots
    return np.array(Image.fromarray(dots).resize((size[1], size[0]), Image.Resampling.LANCZOS))
