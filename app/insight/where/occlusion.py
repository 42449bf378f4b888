"""Occlusion: how much the answer falls when a window of the picture is covered."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

import torch
from torch import Tensor

from app.core import heap
from app.insight.explanation import AT_ONCE, Explanation
from app.insight.tiles import NoPicture
from app.insight.where.method import PlaceMap
from app.insight.where.nearby import LocalOcclusion

WINDOWS = 8  # about as many are worked out together: more maps would leave the caches
LARGE = 96  # pixels of each side, from which on it pays to work out only what a window reaches


def places(side: int, window: int, stride: int) -> list[int]:
    """Where windows begin along one side. A last one is moved back so far that it ends at the edge: otherwise places
    near the edge would be covered less often, or not at all."""
    starts = list(range(0, side - window + 1, stride))
    if starts[-1] + window < side:
        starts.append(side - window)
    return starts


def occlusion(explained: Explanation, window: int, stride: int, fill: float | None = None) -> PlaceMap:
    """For each place the mean of what the answer lost over all windows that covered it (Zeiler and Fergus 2014).

    Args:
        window, stride: in pixels.
        fill: what covers the picture; None is its mean.

    Raises:
        NoPicture: if the window is larger than the picture, or what is read is no picture.
    """
    picture = explained.picture
    if picture.dim() != 4:
        raise NoPicture("A window can be covered in a picture only. Use saliency for lists of numbers.")
    height, width = picture.shape[2:]
    if window > min(height, width):
        raise NoPicture(f"A window of {window} pixels does not fit into {height}×{width}. Use a smaller one.")
    cover = float(picture.mean()) if fill is None else fill
    corners = [(y, x) for y in places(height, window, stride) for x in places(width, window, stride)]
    lost, covered = torch.zeros(height, width), torch.zeros(height, width)
    with explained.undisturbed(), torch.no_grad(), heap.kept():
        nearby = explained.nearby(window) if min(height, width) >= LARGE else None
        whole = float((explained.of(nearby.unchanged) if nearby else explained.plain_answers(picture))[0])
        for some, answers in _answers(explained, nearby, corners, window, cover):
            for (y, x), answer in zip(some, answers.tolist()):
                lost[y : y + window, x : x + window] += whole - answer
                covered[y : y + window, x : x + window] += 1
    says = (
        f"What the answer loses when a window of {window}×{window} pixels is covered there: red places are needed for "
        f"{explained.what}, blue ones were in its way."
    )
    return PlaceMap((lost / covered.clamp(min=1))[None], True, says, "what {what} needs")


def _answers(
    explained: Explanation, nearby: LocalOcclusion | None, corners: list[tuple[int, int]], window: int, fill: float
) -> Iterator[tuple[list[tuple[int, int]], Tensor]]:
    """What the net answers to a few covered pictures at a time."""
    picture = explained.picture
    alike = max(1, round(len(corners) / WINDOWS))  # batches of one size: a small last one costs nearly as much
    batches = _covered(picture, corners, window, fill, AT_ONCE if nearby is None else ceil(len(corners) / alike))
    if nearby is None:
        yield from ((some, explained.plain_answers(batch)) for some, batch in batches)
        return
    cover = torch.full((picture.shape[1], window, window), fill, dtype=picture.dtype, device=picture.device)
    for number, (some, batch) in enumerate(batches):
        answers = explained.of(nearby.answers([(y, x, cover) for y, x in some]))
        if (
            not number and not nearby.well_known
        ):  # a layer that somebody else has written may read other places than it says
            if not torch.allclose(answers[:1], explained.plain_answers(batch[:1]), rtol=1e-3, atol=1e-4):
                yield some, explained.plain_answers(batch)
                yield from ((some, explained.plain_answers(batch)) for some, batch in batches)
                return
        yield some, answers


def _covered(
    picture: Tensor, corners: list[tuple[int, int]], window: int, fill: float, at_once: int
) -> Iterator[tuple[list[tuple[int, int]], Tensor]]:
    for first in range(0, len(corners), at_once):
        some = corners[first : first + at_once]
        batch = picture.repeat(len(some), 1, 1, 1)
        for row, (y, x) in zip(batch, some):
            row[:, y : y + window, x : x + window] = fill
        yield some, batch
