"""Pictures that a net gives, beside those that went in and those that it should give."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from app.insight.anatomy import own_weights, part, picture_input
from app.insight.capture import arguments, values_of
from app.insight.generative import (
    PictureLoss,
    as_pictures,
    compared_pictures,
    disturbed,
    leading_to,
    psnr,
    similarity,
    value_of,
)
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look

SEED = 0  # of the noise that is added as in training


def copies_picture(look: Look, count: int, difference: bool) -> Tiles:
    """A row for each of ``count`` samples: what went in where that is another picture, or what the net makes grey of
    it, the answer with its PSNR, what it should be, and the difference.

    Raises:
        NoPicture: if no loss compares an answer with a picture.
    """
    found = compared_pictures(look.net, look.model)
    if not found:
        raise NoPicture(
            "No loss here compares an answer with a picture. Wire the picture that the net should give to the target "
            "of a loss of numbers, such as MSE; an autoencoder's is the picture that goes in."
        )
    pair = found[-1]
    batch = _some(look.subject.samples.several(), count)
    given = arguments(look.net, look.model, batch)
    net, model, noisy = disturbed(look.net, look.model, SEED)
    rows, columns = pair.shape.sizes[1:]
    answer = value_of(net, model, given, batch, pair.answer).reshape(-1, *pair.shape.sizes)
    truth = value_of(look.net, look.model, given, batch, pair.truth).reshape(-1, *pair.shape.sizes)
    entered = batch[f"{picture_input(look.net).node}.{picture_input(look.net).port}"]
    shown: dict[str, Tensor] = {}
    if noisy:
        shown["disturbed"] = values_of(net, model, given, [noisy])[noisy].reshape(-1, *pair.shape.sizes)
    else:
        small, grey = _made_small(look, pair), _made_grey(look, pair)
        if grey:
            shown["grey"] = values_of(look.net, look.model, given, [grey])[grey]
        if small:
            entered = values_of(look.net, look.model, given, [small])[small]
        if entered.ndim == 4 and (entered.shape != truth.shape or not torch.equal(entered.to(truth), truth)):
            shown["in"] = _sized(entered, rows, columns, "nearest")
            if min(entered.shape[2:]) < min(rows, columns):
                shown["bicubic"] = _sized(entered, rows, columns, "bicubic")
    shown["answer"], shown["truth"] = answer, truth
    colour = any(each.shape[1] == 3 for each in shown.values())
    pictures = {name: _coloured(as_pictures(values), colour) for name, values in shown.items()}
    low, high = (0.0, 1.0) if colour else _range(pictures["truth"])
    if difference:
        apart = np.abs(pictures["answer"] - pictures["truth"])
        pictures["difference"] = apart if colour else low + apart
    maps, labels = [], []
    for at in range(len(truth)):
        for name, values in pictures.items():
            maps.append(values[at])
            word = name
            if name in ("answer", "bicubic", "grey") and low >= 0 and high <= 1:
                decibel = psnr(values[at], pictures["truth"][at])
                alike = similarity(values[at], pictures["truth"][at])
                word = f"{name} {decibel:.1f} dB, {alike:.3f}" if np.isfinite(decibel) else f"{name}, the same"
            labels.append(word)
    note = "dB: peak signal-to-noise ratio, behind it SSIM; more is closer." if low >= 0 and high <= 1 else ""
    if noisy:
        note = f"{note} The noise is that of {noisy}, as in training.".strip()
    return Tiles(
        np.stack(maps).astype(np.float32), low, high, "rgb" if colour else "gray",
        f"{pair.loss}: what goes in and what comes out", tuple(labels), columns=len(pictures), note=note,
    )  # fmt: skip


def _some(samples: Mapping[str, Tensor], count: int) -> dict[str, Tensor]:
    """So many of the samples, from the first to the last of them: pieces of one photo stand in its order, and the first
    ones may all be sky."""
    held = min(map(len, samples.values()), default=0)
    chosen = torch.linspace(0, held - 1, min(count, held)).round().long() if held else torch.zeros(0, dtype=torch.long)
    return {name: values[chosen.to(values.device)] for name, values in samples.items()}


def _made_small(look: Look, pair: PictureLoss) -> str:
    """The first layer before the answer that gives the picture in a smaller size and learns nothing, such as a pooling
    that makes the task of a super-resolution; empty if there is none."""
    before = leading_to(look.net, pair.answer.node)
    for step in look.net.plan.graph.running:
        given = next(iter(step.outputs.values()))
        fits = given.kind == "image" and given.sizes[0] == pair.shape.sizes[0] and given.sizes[1] < pair.shape.sizes[1]
        if step.name in before and fits and not own_weights(look.model, part(look.net, step.name)):
            return step.name
    return ""


def _made_grey(look: Look, pair: PictureLoss) -> str:
    """The first layer before the answer that gives the colour picture in one channel and learns nothing, which makes
    the task of colouring; empty if there is none."""
    before = leading_to(look.net, pair.answer.node)
    for step in look.net.plan.graph.running:
        given = next(iter(step.outputs.values()))
        fits = pair.shape.sizes[0] == 3 and given.kind == "image" and given.sizes == (1, *pair.shape.sizes[1:])
        if step.name in before and fits and not own_weights(look.model, part(look.net, step.name)):
            return step.name
    return ""


def _sized(values: Tensor, rows: int, columns: int, mode: str) -> Tensor:
    """Pictures in another size."""
    options = {} if mode == "nearest" else {"align_corners": False}
    return torch.nn.functional.interpolate(values.float(), size=(rows, columns), mode=mode, **options)


def _coloured(values: np.ndarray, colour: bool) -> np.ndarray:
    return np.repeat(values[..., None], 3, -1) if colour and values.ndim == 3 else values


def _range(values: np.ndarray) -> tuple[float, float]:
    low, high = min(0.0, float(values.min())), max(1.0, float(values.max()))
    return low, high
