"""Pictures for codes in a plane, and for codes that are drawn at random."""

from __future__ import annotations

import numpy as np
import torch

from app.insight.generative import (
    DRAWS,
    as_pictures,
    code_of,
    codes_of,
    drawn_codes,
    generator_in,
    made_of_noise,
    pictures_of_codes,
)
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import Look


def walk_picture(look: Look, middle: tuple[float, float], count: int, reach: float, axes: tuple[int, int]) -> Tiles:
    """``count`` × ``count`` pictures whose codes differ in two numbers; all others are at the mean of the samples.

    Raises:
        NoPicture: if there is no code, or nothing behind it is a picture.
    """
    code = code_of(look.net, look.node)
    samples = look.subject.samples.several()
    known = codes_of(look.net, look.model, samples, code)
    width = known.shape[1]
    if max(axes) >= width:
        many = f"{width} numbers, counted from 0 to {width - 1}" if width > 1 else "a single number, which is 0"
        raise NoPicture(f"The code {code.name} has {many}; there is no number {max(axes)}.")
    mean, spread = known.mean(0), known.std(0, correction=0)
    steps = torch.linspace(-reach, reach, count) if count > 1 else torch.zeros(1)
    codes = mean.repeat(count * count, 1)
    across, down = steps + middle[0], middle[1] - steps  # upwards is more
    codes[:, axes[0]] = mean[axes[0]] + spread[axes[0]] * across.repeat(count)
    codes[:, axes[1]] = mean[axes[1]] + spread[axes[1]] * down.repeat_interleave(count)
    pictures = pictures_of_codes(look.net, look.model, samples, code, codes)
    colour = pictures.ndim == 4
    low, high = (0.0, 1.0) if colour else _scale(pictures)
    dead = [str(axis) for axis in axes if float(spread[axis]) < 1e-6]
    note = f"{code.name}: number {axes[0]} grows to the right, number {axes[1]} upwards."
    if dead:
        note += f" Number {' and '.join(dead)} is the same for all samples, so nothing changes along it."
    return Tiles(
        pictures.astype(np.float32), low, high, "rgb" if colour else "gray", f"Codes of {code.name} and what they draw",
        columns=count, note=note,
    )  # fmt: skip


def generated_picture(look: Look, count: int, seed: int) -> Tiles:
    """New samples: what a generator makes of noise, or an autoencoder of codes that are drawn.

    Raises:
        NoPicture: if the net makes nothing.
    """
    pictures, note = generated(look, count, seed)
    colour = pictures.ndim == 4
    low, high = (0.0, 1.0) if colour else _scale(pictures)
    return Tiles(pictures.astype(np.float32), low, high, "rgb" if colour else "gray", f"{count} new samples", note=note)


def generated(look: Look, count: int, seed: int) -> tuple[np.ndarray, str]:
    """As ``generated_picture``: the pictures, ``(count, height, width)`` or with colours, and what they were drawn
    from.

    Raises:
        NoPicture: if the net makes no pictures.
    """
    generator = generator_in(look.net)
    if generator is not None:
        if generator.shape.kind != "image":
            elsewhere = " Generator and judge shows them as points." if generator.shape.sizes == (2,) else ""
            raise NoPicture(f"{generator.made.node} makes lists of numbers, {generator.shape}: no pictures.{elsewhere}")
        made = made_of_noise(look.net, look.model, generator, count, seed)
        real = look.subject.samples.several().get(generator.real, made)
        return as_pictures(_like(made, real)), f"Made by {generator.made.node} of noise with seed {seed}."
    code = code_of(look.net, look.node)
    samples = look.subject.samples.several()
    known = codes_of(look.net, look.model, samples, code)
    standard = code.call is not None and code.call.constructor == DRAWS
    codes = drawn_codes(known, count, seed, standard)
    drawn = "the standard normal distribution" if standard else "a normal distribution around the codes of samples"
    pictures = pictures_of_codes(look.net, look.model, samples, code, codes)
    return pictures, f"Codes of {code.name} drawn from {drawn}, seed {seed}."


def _like(made: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Made pictures as real ones are shown: values beyond black and white are these, and −1 is black where the data go
    from −1 to 1, as those of a tanh do."""
    low, high = float(real.min()), float(real.max())
    if low < -1.05 or high > 1.05:
        return made
    return (((made + 1) / 2) if low < -0.05 else made).clamp(0, 1)


def _scale(values: np.ndarray) -> tuple[float, float]:
    return (0.0, 1.0) if values.min() >= 0 and values.max() <= 1 else rising_scale(values)
