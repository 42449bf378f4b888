"""The frames of videos: which pictures make up a clip, and which of them are taken."""

from __future__ import annotations

from collections.abc import Sequence

from nodes.api.schema import Guess
from nodes.reading.classes import LabelsAndParts
from nodes.reading.listing import Listing

USUAL = 16  # frames that are taken of a clip unless another number is chosen


def clips_of(found: Listing, made: LabelsAndParts) -> list[list[int]]:
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


def frames_asked(clips: Sequence[Sequence[int]], frames: int, step: int) -> list[Guess]:
    """How many frames are taken, to be chosen at a click where the clips are shorter than that, or were when it was
    chosen. Frames that are counted off by ``step`` were chosen with care."""
    lengths = [len(clip) for clip in clips]
    shortest, longest = max(2, min(lengths, default=2)), max(2, max(lengths, default=2))
    if step or (shortest >= frames and frames not in (shortest, longest)):
        return []
    have = f"{shortest:,}" if shortest == longest else f"{shortest:,} to {longest:,}"
    choices = tuple((f"{count:,} frames", count) for count in sorted({shortest, longest, USUAL, frames}))
    if len(choices) == 1:
        return []
    said = f"The clips have {have} frames; {frames:,} are taken of each, spread evenly."
    return [Guess("frames", said, choices, frames)]
