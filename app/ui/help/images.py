"""Pictures of layers that look at images, sequences and volumes through a window, and of those that only rearrange."""

from __future__ import annotations

from typing import Any

from PySide6.QtGui import QColor

from app.ui import theme
from app.ui.help.sheet import Sheet
from nodes.api.curves import Settings

MOST_KERNEL = 5
_NUMBERS = ((1, 5, 2, 0), (3, 3, 8, 6), (6, 0, 1, 3), (2, 4, 7, 1))


def side(settings: Settings, name: str, usual: int, most: int) -> int:
    """The first number of a setting, small enough to be drawn."""
    value: Any = settings.get(name, usual)
    if isinstance(value, (tuple, list)) and value:
        value = value[0]
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        return usual if not isinstance(value, int) else max(0, value)
    return min(value, most)


def words_of(settings: Settings, name: str, usual: int = 1) -> str:
    """A setting as it stands in a sentence: ``5×5``."""
    value: Any = settings.get(name, usual)
    if isinstance(value, (tuple, list)):
        return "×".join(str(each) for each in value)
    return str(value)


def _window(sheet: Sheet, kernel: int, stride: int, second: bool = False) -> None:
    """A window on the grid at the left, and the value that it gives in the one at the right."""
    size, cell = 7, 11.0
    left, top = 12.0, 12.0
    places = max(1, (size - kernel) // stride + 1)
    at = min(1, places - 1)
    colors: dict[tuple[int, int], QColor] = {}
    for row in range(kernel):
        for column in range(kernel):
            colors[(at * stride + row, at * stride + column)] = sheet.pale
    sheet.grid(left, top, size, size, cell, colors)
    sheet.frame(left + at * stride * cell, top + at * stride * cell, kernel * cell, kernel * cell)
    out = min(places, 7)
    right = 150.0
    low = top + (size - out) * cell / 2
    sheet.grid(right, low, out, out, cell, {(at, at): sheet.family})
    if second:
        for depth in (1, 2):
            sheet.stroke(sheet.line, 0.8)
            sheet.painter.drawRect(sheet.rect(right + 4 * depth, low - 4 * depth, out * cell, out * cell))
    start = (left + (at * stride + kernel) * cell, top + (at * stride + kernel / 2) * cell)
    sheet.arrow(start, (right + at * cell - 1, low + (at + 0.5) * cell), sheet.accent)


def convolution(sheet: Sheet, settings: Settings) -> str:
    kernel = side(settings, "kernel_size", 3, MOST_KERNEL)
    _window(sheet, kernel, side(settings, "stride", 1, 3) or 1, second=True)
    return (
        f"A window of {words_of(settings, 'kernel_size', 3)} slides over the image in steps of "
        f"{words_of(settings, 'stride')}. At each place it gives one number for each filter."
    )


def local(sheet: Sheet, settings: Settings) -> str:
    for row in range(2):
        for column in range(2):
            fill = sheet.shade(0.25 + 0.22 * (2 * row + column))
            sheet.grid(12 + 38 * column, 12 + 38 * row, 3, 3, 12, fill)
            sheet.box(162 + 20 * column, 28 + 20 * row, 20, 20, fill)
    sheet.arrow((96, 48), (152, 48), sheet.accent)
    return "Like a convolution, but each place has weights of its own, so an eye is looked for only where eyes are."


def separable(sheet: Sheet, settings: Settings) -> str:
    for channel in range(3):
        y = 6 + 32 * channel
        fill = sheet.shade(0.3 + 0.3 * channel)
        sheet.grid(10, y, 3, 3, 8, {(0, 0): fill, (0, 1): fill, (1, 0): fill, (1, 1): fill})
        sheet.arrow((38, y + 12), (66, y + 12))
        sheet.grid(72, y + 2, 2, 2, 10, {(0, 0): fill})
        sheet.segment((94, y + 12), (150, 50), fill, 2.0)
    sheet.disc(158, 50, 8, sheet.family, "+")
    sheet.arrow((167, 50), (186, 50))
    sheet.grid(190, 35, 3, 3, 10, {(0, 0): sheet.family})
    return "First one window for each channel by itself, then a weighted sum over the channels at each pixel."


def convolution_1d(sheet: Sheet, settings: Settings) -> str:
    kernel = side(settings, "kernel_size", 3, MOST_KERNEL)
    _row(sheet, kernel, side(settings, "stride", 1, 3) or 1)
    return (
        f"A window of {words_of(settings, 'kernel_size', 3)} steps slides along the sequence in steps of "
        f"{words_of(settings, 'stride')}; each place gives one number for each filter."
    )


def _row(sheet: Sheet, kernel: int, stride: int) -> None:
    size, cell, left = 12, 17.0, 18.0
    at = stride
    sheet.grid(left, 16, 1, size, cell, {(0, at + step): sheet.pale for step in range(kernel)})
    sheet.frame(left + at * cell, 16, kernel * cell, cell)
    places = max(1, (size - kernel) // stride + 1)
    start = left + (size - places) * cell / 2
    sheet.grid(start, 66, 1, places, cell, {(0, 1 if places > 1 else 0): sheet.family})
    spot = start + (1.5 if places > 1 else 0.5) * cell
    sheet.arrow((left + (at + kernel / 2) * cell, 34), (spot, 64), sheet.accent)


def convolution_3d(sheet: Sheet, settings: Settings) -> str:
    fills = {(row, column): sheet.pale for row in (1, 2) for column in (1, 2)}
    sheet.stack(20, 30, 4, 5, 5, 12, fills=fills)
    sheet.frame(32, 42, 24, 24)
    sheet.frame(37, 37, 24, 24)
    sheet.arrow((64, 50), (146, 52), sheet.accent)
    sheet.stack(152, 38, 3, 4, 4, 12, fills={(1, 1): sheet.family})
    return "A small cube slides through the volume in all three directions; each place gives one number per filter."


def transposed(sheet: Sheet, settings: Settings) -> str:
    stride = side(settings, "stride", 2, 3) or 2
    kernel = side(settings, "kernel_size", 3, 4)
    sheet.grid(24, 28, 3, 3, 14, {(1, 1): sheet.family})
    size = min(8, 2 * stride + kernel)
    cell = 80 / size
    fills = {(stride + row, stride + column): sheet.pale for row in range(kernel) for column in range(kernel)}
    sheet.grid(134, 8, size, size, cell, fills)
    sheet.frame(134 + stride * cell, 8 + stride * cell, kernel * cell, kernel * cell)
    sheet.arrow((54, 49), (134 + stride * cell - 2, 8 + (stride + kernel / 2) * cell), sheet.accent)
    return (
        f"Each value is painted with a window of weights into a larger image; steps of {words_of(settings, 'stride')}."
    )


def transposed_1d(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(75, 14, 1, 5, 18, {(0, 2): sheet.family})
    sheet.grid(21, 66, 1, 11, 18, {(0, 4): sheet.pale, (0, 5): sheet.pale, (0, 6): sheet.pale})
    sheet.frame(21 + 4 * 18, 66, 54, 18)
    sheet.arrow((120, 34), (120, 63), sheet.accent)
    return "Each value is spread with a window of weights into a longer sequence."


# Pooling


def _pool(sheet: Sheet, settings: Settings, word: str) -> str:
    size = side(settings, "kernel_size", 2, 2) or 2
    cell = 20.0
    texts = [[str(value) for value in row] for row in _NUMBERS]
    shades = [0.18, 0.42, 0.66, 0.9]
    fills = {
        (row, column): sheet.shade(shades[2 * (row // size) + column // size])
        for row in range(4)
        for column in range(4)
    }
    sheet.grid(24, 10, 4, 4, cell, fills, texts)
    out = []
    for row in range(0, 4, size):
        line = []
        for column in range(0, 4, size):
            values = [_NUMBERS[row + i][column + j] for i in range(size) for j in range(size)]
            line.append(f"{max(values) if word == 'largest' else sum(values) / len(values):g}")
        out.append(line)
    wide = 2 * cell
    results = {(row, column): sheet.shade(shades[2 * row + column]) for row in range(2) for column in range(2)}
    sheet.grid(146, 10 + cell, len(out), len(out), wide / len(out) * 1.0, results, out)
    sheet.arrow((108, 50), (140, 50), sheet.accent)
    return f"Of each window of {words_of(settings, 'kernel_size', 2)} only the {word} value stays."


def max_pool(sheet: Sheet, settings: Settings) -> str:
    return _pool(sheet, {**settings, "kernel_size": settings.get("kernel_size", 2)}, "largest")


def average_pool(sheet: Sheet, settings: Settings) -> str:
    return _pool(sheet, settings, "mean").replace("only the mean value", "the mean")


def _pool_row(sheet: Sheet, word: str) -> None:
    values = (1, 5, 2, 0, 3, 8, 4, 2)
    shades = [sheet.shade(0.2 + 0.23 * (place // 2)) for place in range(8)]
    fills: dict[tuple[int, int], QColor] = {(0, place): shades[place] for place in range(8)}
    sheet.grid(32, 14, 1, 8, 22, fills, [[str(value) for value in values]])
    pairs = [values[place : place + 2] for place in range(0, 8, 2)]
    out = [f"{max(pair) if word == 'largest' else sum(pair) / 2:g}" for pair in pairs]
    sheet.grid(54, 66, 1, 4, 33, lambda r, c: shades[2 * c], [out])
    for place in range(4):
        sheet.arrow((54 + 44 * place, 38), (70 + 33 * place, 63))


def max_pool_1d(sheet: Sheet, settings: Settings) -> str:
    _pool_row(sheet, "largest")
    return f"Of each window of {words_of(settings, 'kernel_size', 2)} steps only the largest value stays."


def average_pool_1d(sheet: Sheet, settings: Settings) -> str:
    _pool_row(sheet, "mean")
    return f"Of each window of {words_of(settings, 'kernel_size', 2)} steps the mean stays."


def pool_3d(sheet: Sheet, settings: Settings) -> str:
    sheet.stack(30, 32, 4, 4, 4, 14, fills={(0, 0): sheet.pale, (0, 1): sheet.pale, (1, 0): sheet.pale})
    sheet.frame(30, 32, 28, 28)
    sheet.arrow((112, 54), (148, 54), sheet.accent)
    sheet.stack(156, 42, 2, 2, 2, 18, fills={(0, 0): sheet.family})
    return f"Of each small cube of {words_of(settings, 'kernel_size', 2)} one value stays."


def adaptive(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(24, 11, 6, 6, 13, lambda row, column: sheet.shade(0.2 + 0.22 * (2 * (row // 3) + column // 3)))
    sheet.grid(152, 26, 2, 2, 24, lambda row, column: sheet.shade(0.2 + 0.22 * (2 * row + column)))
    sheet.arrow((108, 50), (144, 50), sheet.accent)
    return (
        f"The image is cut into {words_of(settings, 'output_size', 2)} parts, whatever its size; each gives one value."
    )


def global_average(sheet: Sheet, settings: Settings) -> str:
    for channel in range(3):
        y = 5 + 32 * channel
        fill = sheet.shade(0.3 + 0.3 * channel)
        sheet.grid(24, y, 3, 3, 9, fill)
        sheet.arrow((58, y + 13), (140, y + 13), sheet.accent)
        sheet.box(146, y + 4, 18, 18, fill)
    sheet.text(99, 36, "mean")
    return "Each channel becomes one number: the mean of all its pixels."


def pixel_shuffle(sheet: Sheet, settings: Settings) -> str:
    shades = [sheet.shade(share) for share in (0.2, 0.45, 0.7, 0.95)]
    for channel, fill in enumerate(shades):
        sheet.grid(20 + 42 * (channel % 2), 8 + 42 * (channel // 2), 2, 2, 18, fill)
    sheet.arrow((108, 50), (140, 50), sheet.accent)
    sheet.grid(148, 10, 4, 4, 20, lambda row, column: shades[2 * (row % 2) + column % 2])
    return "The channels become the pixels of a finer image."


def upsample(sheet: Sheet, settings: Settings) -> str:
    factor = side(settings, "scale_factor", 2, 4) or 2
    sheet.grid(34, 28, 2, 2, 22, lambda row, column: sheet.shade(0.2 + 0.25 * (2 * row + column)))
    sheet.arrow((96, 50), (134, 50), sheet.accent)
    size = 2 * factor
    sheet.grid(
        146, 12, size, size, 76 / size, lambda row, c: sheet.shade(0.2 + 0.25 * (2 * (row // factor) + c // factor))
    )
    return f"Each pixel becomes {factor}×{factor} pixels."


# Rearranging


def _numbered(sheet: Sheet, x: float, y: float, rows: int, columns: int, cell: float) -> None:
    texts = [[str(row * columns + column + 1) for column in range(columns)] for row in range(rows)]
    sheet.grid(x, y, rows, columns, cell, lambda row, column: sheet.shade(0.15 + 0.2 * row), texts)


def flatten(sheet: Sheet, settings: Settings) -> str:
    _numbered(sheet, 14, 24, 3, 3, 18)
    sheet.arrow((74, 51), (92, 51), sheet.accent)
    fills: dict[tuple[int, int], QColor] = {(0, place): sheet.shade(0.15 + 0.2 * (place // 3)) for place in range(9)}
    sheet.grid(97, 43, 1, 9, 15.5, fills, [[str(place + 1) for place in range(9)]])
    return "All values in one row, line by line. Nothing is computed."


def reshape(sheet: Sheet, settings: Settings) -> str:
    _numbered(sheet, 24, 32, 2, 4, 18)
    sheet.arrow((106, 50), (138, 50), sheet.accent)
    fills = lambda row, column: sheet.shade(0.15 + 0.2 * ((row * 2 + column) // 4))  # noqa: E731
    sheet.grid(154, 14, 4, 2, 18, fills, [[str(row * 2 + column + 1) for column in range(2)] for row in range(4)])
    return "The same values in the same order, cut into other sizes."


def permute(sheet: Sheet, settings: Settings) -> str:
    _numbered(sheet, 24, 32, 2, 4, 18)
    sheet.arrow((106, 50), (138, 50), sheet.accent)
    fills = lambda row, column: sheet.shade(0.15 + 0.2 * column)  # noqa: E731
    sheet.grid(154, 14, 4, 2, 18, fills, [[str(column * 4 + row + 1) for column in range(2)] for row in range(4)])
    return "Axes change places: what was a row is now a column."


def pad(sheet: Sheet, settings: Settings) -> str:
    fills = lambda row, column: sheet.shade(0.5)  # noqa: E731
    sheet.grid(36, 28, 3, 3, 15, fills)
    sheet.arrow((94, 50), (128, 50), sheet.accent)
    sheet.grid(142, 12, 5, 5, 15, lambda row, column: sheet.shade(0.5) if 0 < row < 4 and 0 < column < 4 else None)
    return "A border is put around; what was inside stays as it is."


def repeat(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(30, 41, 1, 3, 18, lambda row, column: sheet.shade(0.3 + 0.25 * column))
    sheet.arrow((92, 50), (126, 50), sheet.accent)
    sheet.grid(142, 14, 4, 3, 18, lambda row, column: sheet.shade(0.3 + 0.25 * column))
    return f"The same vector again for each of {words_of(settings, 'times', 4)} steps."


def _taken(sheet: Sheet, rows: range) -> None:
    sheet.grid(30, 10, 5, 4, 16, lambda row, column: sheet.family if row in rows else None)
    sheet.arrow((102, 50), (136, 50), sheet.accent)
    sheet.grid(150, 50 - 8 * len(rows), len(rows), 4, 16, sheet.family)


def select(sheet: Sheet, settings: Settings) -> str:
    _taken(sheet, range(2, 3))
    return f"One place along an axis is taken out: number {words_of(settings, 'index', 0)}, counted from 0."


def slice_(sheet: Sheet, settings: Settings) -> str:
    _taken(sheet, range(1, 4))
    return "A stretch along one axis is kept, the rest is left out."


def squeeze(sheet: Sheet, settings: Settings) -> str:
    sheet.text(70, 50, "1 × 4 × 3", bold=True)
    sheet.arrow((106, 50), (138, 50), sheet.accent)
    sheet.text(174, 50, "4 × 3", bold=True)
    return "An axis of size 1 is left out. The values stay as they are."


def unsqueeze(sheet: Sheet, settings: Settings) -> str:
    sheet.text(66, 50, "4 × 3", bold=True)
    sheet.arrow((102, 50), (134, 50), sheet.accent)
    sheet.text(174, 50, "1 × 4 × 3", bold=True)
    return "One more axis, of size 1. The values stay as they are."


def statistics(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(24, 12, 4, 5, 18, lambda row, column: sheet.shade(0.2 + 0.18 * ((row * 3 + column * 2) % 5)))
    sheet.text(69, 94, "time")
    for row, word in enumerate(("mean", "deviation")):
        sheet.arrow((118, 34 + 34 * row), (142, 34 + 34 * row), sheet.accent)
        sheet.grid(148, 26 + 34 * row, 1, 4, 16, lambda r, c: sheet.shade(0.4 + 0.15 * c))
        sheet.text(180, 18 + 34 * row, word, theme.color("text"))
    return "For each feature the mean over time and how far the values lie from it."
