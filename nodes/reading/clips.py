"""The frames of videos: which pictures make up a clip, and which of them are taken."""

from __future__ import annotations

from collections.abc import Sequence

from nodes.reading.classes import Arrangement
from nodes.reading.listing import Listing


def clips_of(found: Listing, made: Arrangement) -> list[list[int]]:
    """The numbers of the frames of each clip, in the order of clips and frames as people count."""
    clips: dict[int, list[int]] = {}
    for number in made.ordered(found):
        clips.setdefault(found.folder_of[number], []).append(number)
    return list(clips.values())


def frames_of(clip: Sequence[int], frames: int, step: int) -> list[int]:
    """The frames that are taken of a clip: every ``step``-th, or spread evenly over it where ``step`` is 0. What is
    missing at the end is its last frame."""
    last = len(clip) - 1
    if step:
        return [clip[min(index * step, last)] for index in range(frames)]
    if len(clip) < frames:
        return [clip[min(index, last)] for index in range(frames)]
    # Halves up in whole numbers: a rounded float may differ from machine to machine.
    return [clip[(2 * index * last + frames - 1) // (2 * (frames - 1))] for index in range(frames)]


def short_clips(clips: Sequence[Sequence[int]], frames: int, step: int) -> list[str]:
    """That some clips have fewer frames than are taken, in a sentence."""
    needed = (frames - 1) * max(step, 1) + 1
    short = sum(1 for clip in clips if len(clip) < needed)
    if not short:
        return []
    amount = "1 clip has" if short == 1 else f"{short:,} clips have"
    return [f"{amount} fewer than {needed:,} frames and {'keep' if short > 1 else 'keeps'} showing the last one"]
