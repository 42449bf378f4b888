"""What somebody draws, writes or types, as the net of a training reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from app.data.centring import BOX, SIDE, centred
from nodes.reading.texts import PADDING, UNKNOWN, shown_word, tokens_of

if TYPE_CHECKING:
    from app.training.prepared import Reads

SMALL = 64  # pixels of a side: drawings for larger pictures are taken as they stand
DARK, BRIGHT = 0.35, 0.65  # what a border counts as
_INK = 0.3  # of the brightest: what counts as drawn in a picture of the data
_FEWEST = 8  # dots of a side that a digit can be told from
_SAME = 0.25  # of the deviation of the dots: a picture that differs less from another is the same one


def border(pictures: Tensor) -> float:
    """The mean brightness along the borders of pictures (n, channels, height, width)."""
    edges = [pictures[..., 0, :], pictures[..., -1, :], pictures[..., 1:-1, 0], pictures[..., 1:-1, -1]]
    return float(torch.cat([edge.flatten() for edge in edges]).float().mean())


def differs(training: float | None, picture: float) -> bool:
    """Whether one of two borders is dark and the other bright."""
    return training is not None and ((training < DARK and picture > BRIGHT) or (training > BRIGHT and picture < DARK))


def drawn_picture(ink: np.ndarray, sizes: Sequence[int], known: Tensor | None) -> tuple[Tensor, str]:
    """A drawing, ink (h, w) from 0 to 1, as a picture (channels, height, width) of these ``sizes``, in the way of the
    pictures of the data ``known`` (n, channels, height, width); and how it was made, in a sentence.

    Small grey pictures are centred as digits of MNIST are; where those of the data fill more or less of their side,
    a drawing does so, too. Where pictures of the data are bright at their borders, ink is dark.
    """
    channels, height, width = sizes
    bright = known is not None and border(known) > 0.5
    if channels == 1 and max(height, width) <= SMALL:
        small, said = _centred(ink, height, width, known, bright)
    else:
        small = resized(torch.from_numpy(np.ascontiguousarray(ink, dtype=np.float32)), height, width)
        said = f"The whole pad is the picture, scaled to {height} × {width}."
    if bright:
        small = 1 - small
        said += " Dark on light, as the training pictures are."
    return small.expand(channels, height, width).contiguous(), said


def _centred(ink: np.ndarray, height: int, width: int, known: Tensor | None, bright: bool) -> tuple[Tensor, str]:
    share = _share(1 - known if bright else known) if known is not None else BOX / SIDE
    usual = abs(share - BOX / SIDE) < 0.12
    inner = min(height, width)
    side = SIDE if usual else 4 * inner
    box = BOX if usual else max(1, round(share * side))
    digit = torch.from_numpy(centred(ink, box, side))
    made = torch.zeros(height, width)
    top, left = (height - inner) // 2, (width - inner) // 2
    coarse = _coarseness(known, inner) if known is not None else 1
    small = resized(digit, inner // coarse, inner // coarse)
    made[top : top + inner, left : left + inner] = resized(small, inner, inner)
    if usual:
        then = "" if inner == SIDE else f", then scaled to {height} × {width}"
        return made, f"Centred and scaled as MNIST is: a box of 20 × 20 in 28 × 28{then}."
    dots = f", from {inner // coarse} × {inner // coarse} dots" if coarse > 1 else ""
    return made, f"Centred and scaled as the training pictures are: it fills {100 * share:.0f} % of the side{dots}."


def _share(pictures: Tensor) -> float:
    """How much of a side the longer side of what is drawn fills, in the median of pictures with dark borders."""
    found = []
    for picture in pictures.float().mean(1):
        top = float(picture.max())
        drawn = picture > _INK * top
        if top <= 0 or not bool(drawn.any()):
            continue
        rows, columns = drawn.any(1).nonzero(), drawn.any(0).nonzero()
        longer = max(int(rows[-1] - rows[0]), int(columns[-1] - columns[0])) + 1
        found.append(longer / min(picture.shape))
    return min(1.0, float(np.median(found))) if found else BOX / SIDE


def _coarseness(pictures: Tensor, side: int) -> int:
    """By how much pictures of the data were enlarged from fewer dots, as far as that can be seen: a drawing with finer
    lines than any of them would be strange to the net."""
    grey = pictures.float().mean(1)
    spread = float(grey.std())
    if not spread or grey.shape[1] != side or grey.shape[2] != side:
        return 1
    for factor in (8, 4, 2):
        if side % factor == 0 and side // factor >= _FEWEST:
            again = torch.stack([resized(resized(each, side // factor, side // factor), side, side) for each in grey])
            if float((again - grey).pow(2).mean().sqrt()) < _SAME * spread:
                return factor
    return 1


def resized(picture: Tensor, height: int, width: int) -> Tensor:
    """A picture (h, w) with another size: averaged where it becomes smaller, smooth where it becomes larger."""
    if picture.shape == (height, width):
        return picture
    if picture.shape[0] >= height and picture.shape[1] >= width:
        return adaptive_avg_pool2d(picture[None, None], (height, width))[0, 0]
    return interpolate(picture[None, None], size=(height, width), mode="bilinear", align_corners=False)[0, 0]


def written_tokens(text: str, reads: Reads, takes: Callable[[int], bool] | None = None) -> tuple[Tensor, str]:
    """A line of text as the tokens (steps,) that the net reads; and what had to be done with it, in a sentence. Where
    the net ``takes`` another length than that of its training, a line that is longer stays whole, and one that is
    shorter is not filled up, unless short ones were so in the training.

    Raises:
        ValueError: if nobody knows the words of the training, or the text has none of them.
    """
    (name,) = reads.fields
    field = reads.trained.fields.get(name) if reads.trained is not None else None
    words = field.words if field is not None else ()
    if not words:
        raise ValueError("The words that the net was trained on are not known, so a line of text cannot be read.")
    places = {word: number for number, word in enumerate(words)}
    length = reads.shape.sizes[0]
    settings = reads.own.settings
    found = _tokens(text, _unit(reads, words), bool(settings.get("lower", False)))
    unknown = places.get(UNKNOWN)
    numbers = [places.get(token, unknown) for token in found]
    strange = [token for token, number in zip(found, numbers) if number is None or number == unknown]
    kept = [number for number in numbers if number is not None]
    if not kept:
        raise ValueError("Write something that the net knows: none of this was in the data of its training.")
    windows = PADDING not in places
    over = len(kept) - length
    if (over > 0 or (windows and over < 0)) and takes is not None and takes(len(kept)):
        said = [_strange(strange)] if strange else []
        if over > 0:
            said.append(f"All {len(kept):,} are read; in the training there were at most {length:,}.")
        return torch.tensor(kept), " ".join(said)
    # A text is cut as those of the training are: its begin counts; where the next token is told, its end does.
    kept = kept[-length:] if windows else kept[:length]
    gap = [places.get(PADDING, places.get(" ", kept[0]))] * (length - len(kept))
    behind = settings.get("padding") == "behind"
    said = []
    if strange:
        said.append(_strange(strange))
    if over > 0:
        said.append(f"The {'last' if windows else 'first'} {length:,} count.")
    elif windows and gap:
        said.append(f"Shorter than the {length:,} that it reads; the rest is filled up.")
    return torch.tensor(kept + gap if behind else gap + kept), " ".join(said)


def _strange(tokens: Sequence[str]) -> str:
    return f"Not known from the training: {', '.join(dict.fromkeys(tokens[:5]))}."


def _unit(reads: Reads, words: Sequence[str]) -> str:
    told = str(reads.own.settings.get("unit", "auto"))
    if told == "auto" and reads.trained is not None:
        told = str(reads.trained.settled.get("unit", "auto"))
    if told != "auto":
        return told
    plain = [word for word in words if not word.startswith("<") and not word.startswith("\\")]
    return "characters" if all(len(word) == 1 for word in plain) else "words"


def _tokens(text: str, unit: str, lower: bool) -> list[str]:
    text = text.lower() if lower else text
    return [shown_word(token) for token in tokens_of(text, unit)]


def typed_row(values: Mapping[str, float], reads: Reads) -> Tensor:
    """Numbers by name as the row (features,) that the net reads; what is not named is 0."""
    return torch.tensor([float(values.get(name, 0.0)) for name in row_names(reads)])


def row_names(reads: Reads) -> tuple[str, ...]:
    """What the numbers of a row are called."""
    (name,) = reads.fields
    field = reads.trained.fields.get(name) if reads.trained is not None else None
    count = reads.shape.sizes[0]
    return field.names if field is not None and field.names else tuple(f"{name} {at}" for at in range(1, count + 1))
