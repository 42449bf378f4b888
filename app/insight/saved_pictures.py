"""The pictures of a view as a file: what the window and the command line write."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from app.insight.arithmetic.notation import lines
from app.insight.pictures import below_each_other, npz, png, render
from app.insight.tiles import NoPicture, Tiles

ENDINGS = (".png", ".svg", ".npz", ".txt")


def saved(pictures: Sequence[Tiles], ending: str, *, width: int = 960) -> bytes:
    """What a file of these pictures holds, by its ending: one picture of all of them with titles, legends, scales and
    notes (``.png``), the same with sharp lines (``.svg``), the numbers (``.npz``), or what is told in words
    (``.txt``).

    Raises:
        NoPicture: for SVG where there are neither lines nor bars, and for text where there is no arithmetic.
        ValueError: for another ending.
    """
    match ending.lower():
        case ".png":
            return png(below_each_other([render(tiles, width=width) for tiles in pictures]))
        case ".npz":
            return npz(pictures)
        case ".svg":
            from app.insight.vector import svg

            return svg(pictures, width=width)
        case ".txt":
            return _text(pictures).encode()
    raise ValueError(f"A view is saved as {', '.join(ENDINGS)}, not as {ending}.")


def _text(pictures: Sequence[Tiles]) -> str:
    told = [line for tiles in pictures for line in (lines(tiles.number, None) if tiles.number else tiles.text)]
    if not told:
        raise NoPicture("This view has no text. Save it as a picture (.png), or its numbers (.npz).")
    return "".join(f"{line}\n" for line in told)


def size_words(content: bytes) -> str:
    """What is in such a file, in a word or two: ``960×720``, ``as numbers``."""
    if content.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", content[16:24])
        return f"{width}×{height}"
    if content.startswith(b"PK"):
        return "as numbers"
    return "as SVG" if content.lstrip().startswith(b"<") else "as text"
