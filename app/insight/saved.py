"""The pictures of a view as a file: what the window and the command line write."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from app.insight.pictures import below_each_other, npz, png, render
from app.insight.tiles import Tiles

ENDINGS = (".png", ".svg", ".npz")


def saved(pictures: Sequence[Tiles], ending: str, *, width: int = 960) -> bytes:
    """What a file of these pictures holds, by its ending: one picture of all of them with titles, legends, scales and
    notes (``.png``), the same with sharp lines (``.svg``), or the numbers (``.npz``).

    Raises:
        NoPicture: for SVG where there are neither lines nor bars.
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
    raise ValueError(f"A view is saved as {', '.join(ENDINGS)}, not as {ending}.")


def size_words(content: bytes) -> str:
    """What is in such a file, in a word or two: ``960×720``, ``as numbers``."""
    if content.startswith(b"\x89PNG"):
        width, height = struct.unpack(">II", content[16:24])
        return f"{width}×{height}"
    return "as numbers" if content.startswith(b"PK") else "as SVG"
