"""The pictures that a generator makes on its way from noise to a sample."""

from __future__ import annotations

import numpy as np
import torch

from app.core.compile.generating import made_of_noise_alone
from app.insight.capture import values_of
from app.insight.generative import as_pictures, generator_in, noise_for, probe_of
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look

NEGATIVE = 0.1  # share of values of what is no picture but a difference


def stages_picture(look: Look, count: int, seed: int) -> Tiles:
    """A row for each sample: every picture that is made of noise alone in the main drawing, enlarged to the last one's
    size dot by dot. Details are differences, so 0 of theirs is grey.

    Raises:
        NoPicture: if the net has no generator of pictures, or one that works in a single stage.
    """
    net = look.net
    generator = generator_in(net)
    if generator is None or generator.shape.kind != "image":
        raise NoPicture("This net makes no pictures of noise. The template Coarse to fine does, in two stages.")
    channels, *sides = generator.shape.sizes
    stages = [
        (ref, shape)
        for ref, shape in made_of_noise_alone(net.plan)
        if shape.kind == "image"
        and shape.sizes[0] == channels
        and all(s % t == 0 for s, t in zip(sides, shape.sizes[1:]))
    ]
    if len(stages) < 2:
        raise NoPicture(
            f"{generator.made.node} makes its pictures in one stage; New samples shows them. The template Coarse to "
            "fine has two stages."
        )
    names = [probe_of(net, *ref) for ref, _ in stages]
    values = values_of(net, look.model, noise_for(net, look.model, generator, count, seed), names)
    columns = []
    for name, (ref, shape) in zip(names, stages):
        value = values[name].float()
        if ref != generator.made and float((value < 0).float().mean()) > NEGATIVE:  # details, which are added
            value = 0.5 + value / 2
        times = [side // small for side, small in zip(sides, shape.sizes[1:])]
        larger = value.repeat_interleave(times[0], 2).repeat_interleave(times[1], 3)
        columns.append(as_pictures(torch.clamp(larger, 0, 1)))
    pictures = np.stack(columns, axis=1).reshape(count * len(stages), *columns[0].shape[1:])
    labels = tuple(f"{ref.node}, {'×'.join(map(str, shape.sizes[1:]))}" for ref, shape in stages) * count
    return Tiles(
        pictures.astype(np.float32), 0.0, 1.0, "rgb" if pictures.ndim == 4 else "gray",
        f"{count} samples from coarse to fine", labels, columns=len(stages),
        note=f"From left to right: {', '.join(ref.node for ref, _ in stages)}; noise with seed {seed}.",
    )  # fmt: skip
