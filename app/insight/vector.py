"""Pictures as SVG: lines and bars stay sharp at every size, and maps stand in it as the pixels they are."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from html import escape

from app.insight.pictures import png, render
from app.insight.plot_vector import plot_elements
from app.insight.plots import Box, Mark, PlotText, Stroke, bar_marks, ink_on, line_marks
from app.insight.strips import LIGHT, Paper
from app.insight.text import text_width, wrapped
from app.insight.tiles import NoPicture, Tiles

MARGIN, TEXT = 24, 18
_ANCHORS = {0.0: "start", 0.5: "middle", 1.0: "end"}


def svg(pictures: Sequence[Tiles], *, width: int = 960, height: int = 440, paper: Paper = LIGHT) -> bytes:
    """An SVG file of these pictures below each other, with title, legend and note; each plot ``height`` high.

    Raises:
        NoPicture: if there are maps alone.
    """
    if all(tiles.layout == "grid" for tiles in pictures):
        raise NoPicture("There are no lines and no bars in this view, so SVG has no use. Save it as .png or .npz.")
    parts: list[str] = []
    top = 0.0
    for tiles in pictures:
        piece, high = _one(tiles, width, height, paper)
        parts.append(f'<g transform="translate(0 {top:g})">{piece}</g>')
        top += high
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{top:g}" viewBox="0 0 {width} {top:g}" '
        f'font-family="sans-serif" font-size="{TEXT}">'
        f'<rect width="100%" height="100%" fill="{_hex(paper.back)}"/>'
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{"".join(parts)}</svg>\n'.encode()


def _one(tiles: Tiles, width: int, height: int, paper: Paper) -> tuple[str, float]:
    """The elements of one picture, and how high it is."""
    if tiles.layout not in ("lines", "bars", "plot"):
        pixels = render(tiles, width=width, paper=paper)
        packed = base64.b64encode(png(pixels)).decode()
        high, wide = pixels.shape[:2]
        return f'<image width="{wide}" height="{high}" href="data:image/png;base64,{packed}"/>', float(high)
    inner, line = width - 2 * MARGIN, 1.3 * TEXT
    # Nobody knows which font will draw it: a little wider than ours is safe.
    marks: list[Mark] = []
    y = float(MARGIN)
    for words in wrapped(tiles.title, round(1.25 * TEXT), inner):
        marks.append(PlotText(MARGIN, y, words))
        y += line
    y += line / 2
    if tiles.layout == "plot":
        plot = "".join(plot_elements(tiles, inner, height, TEXT, paper, _width))
    else:
        make = line_marks if tiles.layout == "lines" else bar_marks
        plot = "".join(_elements(make(tiles, inner, height, line, _width), paper))
    body = f'<g transform="translate({MARGIN} {y:g})">{plot}</g>'
    y += height + line / 2
    for words in wrapped(tiles.note, round(1.1 * TEXT), inner):
        marks.append(PlotText(MARGIN, y, words, ink="soft"))
        y += line
    return body + "".join(_elements(marks, paper)), y + MARGIN / 2


def _width(words: str) -> float:
    return 1.1 * text_width(words, TEXT)


def _elements(marks: Sequence[Mark], paper: Paper) -> Iterator[str]:
    for mark in marks:
        colour = _hex(ink_on(mark.ink, paper))
        if isinstance(mark, Stroke):
            points = " ".join(f"{x:.2f},{y:.2f}" for x, y in mark.points)
            dash = ' stroke-dasharray="6 3"' if mark.dashed else ""
            yield (
                f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{mark.width:g}" '
                f'stroke-linejoin="round"{dash}/>'
            )
        elif isinstance(mark, Box):
            yield (
                f'<rect x="{mark.x:.2f}" y="{mark.y:.2f}" width="{mark.width:.2f}" height="{mark.height:.2f}" '
                f'fill="{colour}"/>'
            )
        else:
            anchor = _ANCHORS.get(mark.align, "start")
            text = escape(_clean(mark.text))
            place = f'x="{mark.x:.2f}" y="{mark.y + 0.9 * TEXT:.2f}"'
            yield f'<text {place} text-anchor="{anchor}" fill="{colour}">{text}</text>'


def _clean(text: str) -> str:
    """Without the control characters that no XML file may hold."""
    return "".join(
        sign if sign >= " " and sign not in "\ufffe\uffff" and not "\ud800" <= sign <= "\udfff" else " "
        for sign in text
    )


def _hex(colour: tuple[int, int, int]) -> str:
    red, green, blue = colour
    return f"#{red:02x}{green:02x}{blue:02x}"
