"""Films of dreams: a zoom without end, the way of one dream, and one class through the epochs of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from app.insight.dream.wish import dreamt
from app.insight.strips import enlarged
from app.insight.tiles import NoPicture
from app.insight.time.film import ENDINGS, gif, mp4
from app.insight.view import Look
from app.training.position import At, at_words

SIDE = 256  # pixels of the longer side that a film of small pictures has at least


def bytes_of(image: np.ndarray) -> np.ndarray:
    """A picture of values in 0..1 as uint8; row by row, because it may be large."""
    made = np.empty(image.shape, np.uint8)
    for first in range(0, len(image), 256):
        piece = np.clip(image[first : first + 256], 0, 1) * np.float32(255)
        made[first : first + 256] = np.round(piece)
    return made


def crisp(image: np.ndarray, side: int) -> np.ndarray:
    """A picture as uint8, small ones enlarged by whole factors to about ``side``."""
    pixels = bytes_of(image)
    return enlarged(pixels, max(1, side // max(pixels.shape[:2])))


def zoomed(image: np.ndarray, factor: float) -> np.ndarray:
    """The middle of a picture in 0..1, as large as the whole: one step into it."""
    height, width = image.shape[:2]
    tall, wide = height / factor, width / factor
    box = ((width - wide) / 2, (height - tall) / 2, (width + wide) / 2, (height + tall) / 2)
    planes = image[..., None] if image.ndim == 2 else image
    made = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(planes[..., index], np.float32)).resize(
                (width, height), Image.Resampling.BICUBIC, box
            )
        )
        for index in range(planes.shape[-1])
    ]
    whole: np.ndarray = np.clip(np.stack(made, -1), 0, 1)
    return whole[..., 0] if image.ndim == 2 else whole


def zoom(
    look: Look, settings: Mapping[str, Any], start: np.ndarray, frames: int, factor: float, each: int
) -> Iterator[np.ndarray]:
    """Pictures in 0..1: the first is ``start``, and each goes ``factor`` into the one before and dreams on for ``each``
    steps."""
    if max(start.shape[:2]) > 512:
        raise NoPicture("A film of a picture this large would take days. Use a size of 512 or less.")
    image = start
    yield image
    for number in range(1, frames):
        own = {**settings, "steps": each, "octaves": 1, "count": 1, "seed": int(settings.get("seed", 0)) + number}
        own |= {"image": "", "begin": "noise", "size": "net"}
        for step in dreamt(look, own, going_on=zoomed(image, factor)):
            image = step.pictures[0].maps[0]
        yield image


def through_epochs(run: Path, look: Look, settings: Mapping[str, Any]) -> Iterator[tuple[At, np.ndarray]]:
    """The same dream, with the same seed, of the weights at every moment that was kept: when it was, and the picture.

    Raises:
        NoPicture: if the run has kept none.
    """
    from app.training.checkpoints import BadRun, weights_at
    from app.training.snapshots import kept_points

    epochs = [each.at for each in kept_points(run)]
    if not epochs:
        raise NoPicture("This run has kept no epochs. Train with snapshots above 0, then there is a film to make.")
    found = False
    for epoch in epochs:
        model = look.net.model(seed=0)
        try:
            model.load_state_dict(dict(weights_at(run, epoch)))
        except (BadRun, RuntimeError) as error:
            raise NoPicture(f"The weights of {at_words(epoch)} cannot be used: {error}") from None
        at_epoch = Look(replace(look.subject, model=model.eval()), look.node, look.sample)
        try:
            *_, last = dreamt(at_epoch, settings)
        except NoPicture as reason:
            if "dead" not in str(reason):
                raise
            continue  # a unit may wake later
        found = True
        yield epoch, last.pictures[0].maps[0]
    if not found:
        raise NoPicture("At every epoch it answers the same to every picture: it is dead. Choose another channel.")


def film_bytes(frames: Iterable[np.ndarray], ending: str, *, per_second: int = 15, comment: str = "") -> bytes:
    """What a film file holds: frames ``(h, w)`` or ``(h, w, 3)`` uint8, all of one size. ``comment`` is kept in a GIF;
    an MP4 has no place for it.

    Raises:
        NoPicture: for another ending than those of films, or an MP4 where nothing can write one.
    """
    if ending.lower() not in ENDINGS:
        raise NoPicture(f"A film is a .gif or an .mp4 file, not {ending or 'one without an ending'}.")
    wait = round(100 / per_second) * 10  # a GIF counts in hundredths of a second
    if ending.lower() == ".mp4":
        return mp4(map(_even, frames), wait, wait)
    return gif(map(_even, frames), wait, wait, comment)


def _even(frame: np.ndarray) -> np.ndarray:
    """A frame in colour with even sides, which an MP4 must have: the last row or column stands twice."""
    coloured = np.repeat(frame[..., None], 3, -1) if frame.ndim == 2 else frame
    return np.pad(coloured, ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0)), mode="edge")


def captioned(pixels: np.ndarray, words: str) -> np.ndarray:
    """A frame with words in its lower left corner, light on dark."""
    picture = Image.fromarray(pixels).convert("RGB")
    draw = ImageDraw.Draw(picture)
    left, top, right, bottom = draw.textbbox((0, 0), words)
    x, y = 4, picture.height - (bottom - top) - 8
    draw.rectangle((x - 3, y - 3, x + right - left + 4, picture.height - 2), fill=(0, 0, 0))
    draw.text((x - left, y - top), words, fill=(255, 255, 255))
    return np.asarray(picture).copy()


def frame_of(image: np.ndarray, size: tuple[int, int] | None = None) -> np.ndarray:
    """A picture in 0..1 as a frame: small ones crisp and large, or all of ``size`` (height, width)."""
    made = crisp(image, SIDE)
    if size is not None and made.shape[:2] != size:
        made = np.asarray(Image.fromarray(made).resize((size[1], size[0]), Image.Resampling.BICUBIC)).copy()
    return made
