"""Words and numbers in pictures, with the scalable font that comes inside pillow, so that no font need be installed.

That font (Aileron) lacks some signs that we write: × and − are drawn here, others are replaced by what it has.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from app.insight.strips import Colour

_REPLACED = str.maketrans({
    "…": "...", "–": "−", "—": "−", "→": ">", "‘": "'", "’": "'", "≤": "<=", "≥": ">=",
    "√": "root of ", "∞": "inf", "²": "^2", "³": "^3", "Φ": "Phi", "Σ": "sum of ",
})  # fmt: skip
_DRAWN = re.compile("([×−])")


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise RuntimeError("This pillow was built without FreeType, so it has no scalable font. Install pillow anew.")
    return font


def _known(text: str) -> str:
    """``text`` in signs that the font has; letters lose their accents, anything else becomes a question mark."""
    plain = text.translate(_REPLACED)
    if plain.isascii():
        return plain
    apart = unicodedata.normalize("NFKD", plain)
    kept = (sign for sign in apart if not unicodedata.combining(sign))
    return "".join(sign if sign.isascii() or sign in "×−·±" else "?" for sign in kept)


def _sign_width(size: int) -> float:
    return 0.62 * size


def text_width(text: str, size: int) -> float:
    """Width of the words in pixels."""
    font = _font(size)
    return sum(_sign_width(size) if part in ("×", "−") else font.getlength(part) for part in _DRAWN.split(_known(text)))


def line_height(size: int) -> int:
    """Height of a line with room for letters that reach below it."""
    return round(size * 1.3)


def draw_text(image: Image.Image, x: float, y: float, text: str, size: int, colour: Colour, align: float = 0.0) -> None:
    """Write one line whose top is at ``y``. ``align``: 0 begins at ``x``, 0.5 centres on it, 1 ends there."""
    font, pen = _font(size), ImageDraw.Draw(image)
    x -= align * text_width(text, size)
    stroke = max(1, round(size / 13))
    for part in _DRAWN.split(_known(text)):
        if part in ("×", "−"):
            middle_x, middle_y, half = round(x + _sign_width(size) / 2), round(y + 0.6 * size), round(0.19 * size)
            if part == "−":
                pen.line([(middle_x - half, middle_y), (middle_x + half, middle_y)], colour, stroke)
            else:
                pen.line([(middle_x - half, middle_y - half), (middle_x + half, middle_y + half)], colour, stroke)
                pen.line([(middle_x - half, middle_y + half), (middle_x + half, middle_y - half)], colour, stroke)
            x += _sign_width(size)
        elif part:
            pen.text((x, y), part, colour, font)
            x += font.getlength(part)


def draw_upward(image: Image.Image, x: float, y: float, text: str, size: int, colour: Colour, paper: Colour) -> None:
    """Write one line that runs upwards, centred on ``y``, with its upper side at ``x``."""
    width, height = round(text_width(text, size)) + 2, line_height(size)
    slip = Image.new("RGB", (width, height), paper)
    draw_text(slip, 1, 0, text, size, colour)
    image.paste(slip.rotate(90, expand=True), (round(x), round(y - width / 2)))


def wrapped(text: str, size: int, width: float) -> list[str]:
    """``text`` in lines that are at most ``width`` wide, broken between words; a longer word stays whole, and so
    does what a space holds together that does not break (U+00A0)."""
    lines: list[str] = []
    for word in filter(None, re.split(r"[ \t\n]+", text)):
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def shortened(text: str, size: int, width: float) -> str:
    """``text``, cut at its end with dots if it is wider than ``width``."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "...", size) > width:
        text = text[:-1]
    return f"{text.rstrip()}..." if text else ""


def number(value: float, step: float | None = None) -> str:
    """A number as a scale shows it: three significant digits, or as many decimals as ``step`` needs."""
    if step is None:
        text = f"{value:.3g}"
    else:
        decimals = max(0, -int(f"{step:e}".split("e")[1]) + (f"{step:.1e}"[2] != "0"))
        text = f"{value:.{decimals}f}" if step >= 1e-4 and abs(value) < 1e6 else f"{value:.3g}"
    text = re.sub(r"e([+-])0?(\d)", r"e\1\2", text).replace("e+", "e")
    return text.replace("-", "−") if float(value) != 0 else "0"
