"""Three pictures to one: their codes are added and subtracted, and the net draws what belongs to the sum."""

from __future__ import annotations

import numpy as np
import torch

from app.insight.carried_light import carried_light
from app.insight.generative import (
    answer_picture,
    as_pictures,
    code_of,
    codes_of,
    compared_pictures,
    pictures_of_codes,
    value_of,
)
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import Look, Samples

SIGNS = (1.0, -1.0, 1.0)


def arithmetic_picture(look: Look, chosen: tuple[int, int, int]) -> Tiles:
    """The samples a, b and c, what the net draws of the code of each, and what it draws of a − b + c.

    Raises:
        NoPicture: if there is no such sample, no code, or nothing behind it is a picture.
    """
    code = code_of(look.net, look.node)
    answer_picture(look.net, look.model, code.name)  # says why, if nothing is drawn
    samples = look.subject.samples
    fields = samples.several()
    known = codes_of(look.net, look.model, fields, code)
    for number in chosen:
        if not 0 <= number < len(known):
            raise NoPicture(
                f"There is no sample {number}; there are {len(known)}, numbered from 0 to {len(known) - 1}."
            )
    picked = known[list(chosen)]
    total = (torch.tensor(SIGNS)[:, None] * picked).sum(0, keepdim=True)
    drawn = pictures_of_codes(look.net, look.model, fields, code, torch.cat([picked, total]))
    shown = [*_originals(look, chosen, drawn), *drawn]
    names = [_name(samples, number) for number in chosen]
    labels = [f"{letter}: {name}" for letter, name in zip("abc", names)] if len(shown) > 4 else []
    labels += [f"copy of {letter}" for letter in "abc"] + ["a − b + c"]
    pictures = np.stack(shown)
    colour = pictures.ndim == 4
    low, high = (0.0, 1.0) if colour or (pictures.min() >= 0 and pictures.max() <= 1) else rising_scale(pictures)
    nearest = int((known - total).norm(dim=1).argmin())
    far = float((known[nearest] - total[0]).norm())
    usual = float(torch.pdist(known).median()) if len(known) > 2 else 0.0
    note = (
        f"{code.name}: the code of {names[0]} minus that of {names[1]} plus that of {names[2]}. Nearest to it is the "
        f"code of {_name(samples, nearest)}, {far:.2g} away; two samples are {usual:.2g} apart in the median."
    )
    if look.subject.seconds is None:  # a training does not wait for it
        carried = carried_light(look, code, known)
        note += f" {carried.sentence}" if carried is not None else ""
    return Tiles(
        pictures.astype(np.float32), low, high, "rgb" if colour else "gray", "a − b + c in the code", tuple(labels),
        columns=len(shown), note=note,
    )  # fmt: skip


def _name(samples: Samples, number: int) -> str:
    """What a sample is called; several may be held ready of which one has a name."""
    return samples.names[number] if number < len(samples.names) else f"sample {number}"


def _originals(look: Look, chosen: tuple[int, int, int], drawn: np.ndarray) -> list[np.ndarray]:
    """The pictures themselves, where the net's answer is compared with them; none where they are of another size."""
    from app.insight.capture import arguments

    fields = look.subject.samples.several()
    for each in compared_pictures(look.net, look.model):
        some = {name: value[list(chosen)] for name, value in fields.items()}
        truth = value_of(look.net, look.model, arguments(look.net, look.model, some), some, each.truth)
        pictures = as_pictures(truth.reshape(len(truth), *each.shape.sizes))
        if pictures.shape[1:] == drawn.shape[1:]:
            return list(pictures)
    return []
