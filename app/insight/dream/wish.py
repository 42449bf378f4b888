"""From the settings of the view ``dream`` to the steps of a dream, with the words around its pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from app.core.compile.net import CompiledNet
from app.insight.anatomy import classes, picture_input, probe_name
from app.insight.dream.ascent import DreamSettings, DreamStep, dream
from app.insight.dream.grammar import parse
from app.insight.dream.objective import channel_count
from app.insight.dream.reading import DreamNet
from app.insight.dream.tiled import tiled_dream
from app.insight.images import load_for, load_photo
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, ViewStep
from nodes.api import cut

WHOLE_UP_TO = 512  # pixels of a side; larger pictures are made in tiles
GROUP = 16  # pictures of different channels that are made at once
MOST_CHANNELS = 256


def how_of(settings: Mapping[str, Any]) -> DreamSettings:
    """The settings of the view that say how a dream is made."""
    names = ("steps", "seed", "octaves", "growth", "kind", "turn", "stretch", "calm", "plain", "blur", "speed", "count")
    shift = settings.get("shift", "usual")
    how = {name: settings[name] for name in names if name in settings}
    return DreamSettings(**how, shift=None if shift == "usual" else int(shift))


def dreamt(look: Look, settings: Mapping[str, Any], going_on: np.ndarray | None = None) -> Iterator[ViewStep]:
    """The pictures of the view ``dream``, step by step.

    Args:
        going_on: a picture ``(h, w)`` or ``(h, w, 3)`` in 0..1 that a dream had come to; it goes on from there.

    Raises:
        NoPicture: if there is nothing to dream of, or to begin with.
    """
    first: float | None = None
    title = f"What excites {_words(look, settings)}"
    begun = _begun(look, settings, going_on)
    for step, labels in _steps(look, settings, going_on):
        first = step.score if first is None else first
        maps = step.images
        octave = f" Octave {step.octave} of {step.octaves}." if step.octaves > 1 else ""
        said = f"Begun with {begun}. Score {first:.2f} at the start, {step.score:.2f} after {step.step} steps.{octave}"
        colours = "rgb" if maps.ndim == 4 else "gray"
        note = f"{said} {step.note}".strip()
        tiles = Tiles(maps, 0.0, 1.0, colours, title, labels, note=note)  # type: ignore[arg-type]
        yield ViewStep(step.step, step.steps, (tiles,), step.score)


def _words(look: Look, settings: Mapping[str, Any]) -> str:
    """What is dreamt of."""
    channel, objective = settings.get("channel", "all"), str(settings.get("objective", "")).strip()
    if objective:
        return cut(objective, 60)
    if channel in ("all", "each"):
        return look.node if channel == "all" else f"each channel of {look.node}"
    scores, words = classes(look.net), look.classes
    of_class = scores is not None and scores.node == look.node and int(channel) < len(words)
    return f"{look.node}, class {words[int(channel)]}" if of_class else f"{look.node}, channel {channel}"


def _begun(look: Look, settings: Mapping[str, Any], going_on: np.ndarray | None) -> str:
    if going_on is not None:
        return "the picture before"
    if settings.get("image"):
        return Path(str(settings["image"])).name
    begin = settings.get("begin", "noise")
    return "noise" if begin == "noise" else f"sample {begin}"


def _steps(
    look: Look, settings: Mapping[str, Any], going_on: np.ndarray | None
) -> Iterator[tuple[DreamStep, tuple[str, ...]]]:
    net, node = look.net, look.node
    channel, objective = settings.get("channel", "all"), str(settings.get("objective", "")).strip()
    if objective and channel != "all":
        raise NoPicture("Name a channel or an objective, but not both: an objective says which channels it means.")
    how = how_of(settings)
    if channel == "each":
        if how.count > 1:
            raise NoPicture("Each channel gets one picture. Set pictures to 1, or choose one channel.")
        yield from _each(look, settings, how)
        return
    one = channel if isinstance(channel, int) else None
    start = _start(look, settings, going_on)
    size = _size(net, settings, start)
    if size is not None and max(size) > WHOLE_UP_TO:
        if objective and any(term.picture and term.sign != "~" for term in parse(objective)):
            raise NoPicture(
                f"Content and style belong to a whole picture, and one of {max(size)} pixels is made piece by piece. "
                f"Choose a size of at most {WHOLE_UP_TO}."
            )
        picture = start if start is not None else _noise(net, size, how.seed)
        if picture.dtype != np.uint8:
            picture = (np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8)
        for step in tiled_dream(net, look.model, node, one, picture, objective=objective, words=look.classes, how=how):
            yield step, ()
        return
    image = start.astype(np.float32) / 255 if start is not None and start.dtype == np.uint8 else start
    for step in dream(net, look.model, node, one, image, objective=objective, words=look.classes, how=how, size=size):
        yield step, tuple(f"picture {number}" for number in range(1, len(step.images) + 1)) if how.count > 1 else ()


def _each(look: Look, settings: Mapping[str, Any], how: DreamSettings) -> Iterator[tuple[DreamStep, tuple[str, ...]]]:
    """A picture for each channel, some at a time; those that are still to come are grey."""
    net, node = look.net, look.node
    start = _start(look, settings, None)
    size = _size(net, settings, start)
    reading = DreamNet(net, look.model)
    probe = probe_name(net, node) if node else ""
    blank = torch.zeros(1, *reading.sizes, device=reading.device)
    count = channel_count(reading.values(blank, [probe])[probe])
    shown = min(count, MOST_CHANNELS)
    labels = tuple(_label(look, channel) for channel in range(shown))
    said = f"The first {shown} of {count} channels." if shown < count else ""
    image = start.astype(np.float32) / 255 if start is not None and start.dtype == np.uint8 else start
    done: list[np.ndarray] = []
    scores: list[float] = []
    groups = [range(first, min(first + GROUP, shown)) for first in range(0, shown, GROUP)]
    steps = how.steps * len(groups)
    for number, group in enumerate(groups):
        last: DreamStep | None = None
        steps_of = dream(net, look.model, node, list(group) if len(group) > 1 else group[0], image, how=how, size=size)
        try:
            for last in steps_of:
                if number and not last.step:
                    continue
                maps = last.images
                every = [*done, maps, np.full((shown - group.stop, *maps.shape[1:]), 0.5, np.float32)]
                same = [_like(each, maps) for each in every if len(each)]
                mean = sum([*scores, last.score * len(group)]) / (group.stop)
                note = f"{said} {last.note}".strip()
                whole = np.concatenate(same)
                at = number * how.steps + last.step
                yield DreamStep(at, steps, mean, whole, last.octave, last.octaves, note), labels
        except NoPicture as reason:
            if "dead" not in str(reason) or len(groups) == 1:
                raise
        if last is not None:
            done.append(last.images)
            scores.append(last.score * len(group))
        elif done:
            done.append(np.full((len(group), *done[0].shape[1:]), 0.5, np.float32))
    if not done:
        raise NoPicture(f"Every channel of {node} answers the same to every picture that was tried: all are dead.")


def _like(images: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Pictures as large as others are just now, on the way through the octaves."""
    if images.shape[1:3] == others.shape[1:3]:
        return images
    rows = np.arange(others.shape[1]) * images.shape[1] // others.shape[1]
    columns = np.arange(others.shape[2]) * images.shape[2] // others.shape[2]
    return images[:, rows][:, :, columns]


def _label(look: Look, channel: int) -> str:
    scores, words = classes(look.net), look.classes
    named = scores is not None and scores.node == look.node and channel < len(words)
    return words[channel] if named else str(channel)


def _start(look: Look, settings: Mapping[str, Any], going_on: np.ndarray | None) -> np.ndarray | None:
    """The picture to begin with, ``(c, h, w)`` uint8 or float32 in 0..1; None for noise."""
    net, image, begin = look.net, str(settings.get("image", "")), settings.get("begin", "noise")
    entry = picture_input(net)
    if going_on is not None:
        pixels = np.asarray(going_on, np.float32)
        return _as_read(pixels, entry.shape.sizes)
    if image and begin != "noise":
        raise NoPicture("Begin with a picture or with a sample, but not with both.")
    size = settings.get("size", "net")
    if image:
        if size == "net":
            return load_for(net, image)
        if entry.shape.rank != 3:
            raise NoPicture("This net does not read pictures, so it cannot begin with one.")
        return load_photo(image, entry.shape.sizes[0], None if size == "photo" else int(size))
    if begin == "noise":
        return None
    samples = look.subject.samples
    key = f"{entry.node}.{entry.port}"
    if key not in samples.fields:
        samples = load_samples(net, net.plan.recipe)
    if not 0 <= int(begin) < samples.count:
        raise NoPicture(f"There is no sample {begin}; there are {samples.count}, counted from 0.")
    found = samples.one(int(begin))[key][0].float().clamp(0, 1).cpu()
    if size not in ("net", "photo") and found.dim() == 3:
        share = int(size) / max(found.shape[-2:])
        sides = [max(1, round(side * share)) for side in found.shape[-2:]]
        found = torch.nn.functional.interpolate(found[None], sides, mode="bilinear", align_corners=False)[0]
    made: np.ndarray = found.numpy()
    return made


def _as_read(pixels: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
    if len(sizes) != 3:
        return pixels.reshape(sizes)
    if pixels.ndim == 3:
        return np.ascontiguousarray(np.moveaxis(pixels, -1, 0))
    return np.repeat(pixels[None], sizes[0], 0)


def _size(net: CompiledNet, settings: Mapping[str, Any], start: np.ndarray | None) -> tuple[int, int] | None:
    """Height and width of the dream, where it is not as the net reads it."""
    wanted, sizes = settings.get("size", "net"), picture_input(net).shape.sizes
    if len(sizes) != 3:
        if wanted != "net":
            raise NoPicture("The net reads a list of numbers, which has no size to choose. Leave size as it is.")
        return None
    if start is not None:
        own = (int(start.shape[1]), int(start.shape[2]))
        return None if own == tuple(sizes[1:]) else own
    if wanted == "photo":
        raise NoPicture("The size photo is that of a picture to begin with, and none was named. Give a number instead.")
    if wanted == "net":
        return None
    share = int(wanted) / max(sizes[1:])
    found = (max(1, round(sizes[1] * share)), max(1, round(sizes[2] * share)))
    return None if found == tuple(sizes[1:]) else found


def _noise(net: CompiledNet, size: tuple[int, int], seed: int) -> np.ndarray:
    """Faint noise as large as that."""
    channels = picture_input(net).shape.sizes[0]
    rng = np.random.default_rng(seed)
    return rng.integers(118, 138, (channels, *size), dtype=np.uint8)
