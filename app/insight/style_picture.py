"""Content and style of two pictures put together, by the layers of a net that has seen many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from app.core.compile.net import CompiledNet
from app.insight.anatomy import picture_input
from app.insight.dream.ascent import as_shown, dream
from app.insight.dream.grammar import ObjectiveTerm, written
from app.insight.images import load_for
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, ViewStep

SIZES = 5  # of maps, from which a layer each says what the style is
SMALLEST = 4  # dots of a side; smaller maps know no places


def styled(look: Look, settings: Mapping[str, Any]) -> Iterator[ViewStep]:
    """The pictures of the view ``style``, step by step: content, style and result.

    Raises:
        NoPicture: if the net reads no pictures, none is given, or there is no such layer.
    """
    net = look.net
    entry = picture_input(net)
    if entry.shape.rank != 3:
        raise NoPicture("This net reads a list of numbers, which has no style. Open one that reads pictures.")
    objective = objective_of(net, settings["layers"], settings["keep"], settings["strength"])
    batch = look.batch
    key = f"{entry.node}.{entry.port}"
    paint, called = _paint(look, settings["style"], key)
    if key not in batch:
        raise NoPicture("There is no picture to paint. Choose a sample, or a picture from a file.")
    photo = batch[key][0].float().clamp(0, 1).cpu().numpy()
    pictures = {"content": photo, "style": paint}
    how = {name: settings[name] for name in ("steps", "seed", "calm", "speed")}
    known = as_shown(photo), as_shown(paint)
    first: float | None = None
    for step in dream(net, look.model, "", None, photo, objective=objective, shake=False, pictures=pictures, **how):
        first = step.score if first is None else first
        images = np.stack([*known, step.image])
        said = f"Distance {-first:.3g} at the start, {-step.score:.3g} after {step.step} steps: {objective}."
        tiles = Tiles(
            images.astype(np.float32), 0.0, 1.0, "rgb" if images.ndim == 4 else "gray", "Content, style and result",
            ("content", called, f"step {step.step}"), columns=3, note=f"{said} {step.note}".strip(),
        )  # fmt: skip
        yield ViewStep(step.step, step.steps, (tiles,), step.score)


def _paint(look: Look, file: str, key: str) -> tuple[np.ndarray, str]:
    """The picture whose style is taken, (channels, height, width), and what it is called: that of the file, or else the
    last of the samples, before that the one that is painted.

    Raises:
        NoPicture: if the file cannot be read, or there is no other sample.
    """
    if file:
        return load_for(look.net, file), "style"
    samples = look.others or look.subject.samples
    pictures = samples.several().get(key)
    for place in range(-1, -1 - min(2, len(pictures) if pictures is not None else 0), -1):
        assert pictures is not None
        if not torch.equal(pictures[place], look.batch[key][0]):
            name = samples.names[place] if len(samples.names) == len(pictures) else "the last sample"
            return pictures[place].float().clamp(0, 1).cpu().numpy(), f"style: {name}"
    raise NoPicture("Choose the picture whose style is to be taken: a painting, or a texture.")


def objective_of(net: CompiledNet, layers: str, keep: str, strength: float) -> str:
    """What is made large: minus the distances to both, each a share of what it is measured by. Where no layer is named,
    the style is that of the last layer of each size of maps and the content that of the middle one.

    Raises:
        NoPicture: if no layer gives maps.
    """
    last = last_of_sizes(net)
    chosen = [name.strip() for name in layers.split(",") if name.strip()] or last
    kept = keep.strip() or (last[len(last) // 2] if last else "")
    if not chosen or not kept:
        raise NoPicture("No layer of this net gives maps, so it knows no style. Open one with convolutions.")
    terms = [ObjectiveTerm(kept, 1.0, picture="content", sign="=")]
    if strength:
        terms += [ObjectiveTerm(name, strength / len(chosen), picture="style", sign="#") for name in chosen[:15]]
    return written(tuple(terms))


def last_of_sizes(net: CompiledNet) -> list[str]:
    """The last layer of each size of maps in the main drawing, from the largest to the smallest, at most ``SIZES``."""
    found: dict[tuple[int, ...], str] = {}
    for step in net.plan.graph.running:
        if len(step.outputs) != 1 or step.name in net.plan.unused:
            continue
        shape = next(iter(step.outputs.values()))
        if shape.kind == "image" and shape.dtype == "float" and min(shape.sizes[1:]) >= SMALLEST and shape.sizes[0] > 3:
            found[shape.sizes[1:]] = step.name
    return list(found.values())[:SIZES]
