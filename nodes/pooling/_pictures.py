"""Pictures that several poolings share."""

from __future__ import annotations

from nodes.api import Settings, Sheet
from nodes.api.pictures import Colour, side, words_of

_NUMBERS = ((1, 5, 2, 0), (3, 3, 8, 6), (6, 0, 1, 3), (2, 4, 7, 1))


def _pool(sheet: Sheet, settings: Settings, word: str) -> str:
    size = side(settings, "kernel_size", 2, 2) or 2
    cell = 20.0
    texts = [[str(value) for value in row] for row in _NUMBERS]
    shades = [0.18, 0.42, 0.66, 0.9]
    fills = {
        (row, column): shades[2 * (row // size % 2) + column // size % 2] for row in range(4) for column in range(4)
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
    results = {(row, column): shades[2 * row + column] for row in range(2) for column in range(2)}
    sheet.grid(146, 10 + cell, len(out), len(out), wide / len(out) * 1.0, results, out)
    sheet.arrow((108, 50), (140, 50), "accent")
    return f"Of each window of {words_of(settings, 'kernel_size', 2)} only the {word} value stays."


def max_pool(sheet: Sheet, settings: Settings) -> str:
    return _pool(sheet, {**settings, "kernel_size": settings.get("kernel_size", 2)}, "largest")


def average_pool(sheet: Sheet, settings: Settings) -> str:
    return _pool(sheet, settings, "mean").replace("only the mean value", "the mean")


def _pool_row(sheet: Sheet, word: str) -> None:
    values = (1, 5, 2, 0, 3, 8, 4, 2)
    shades = [0.2 + 0.23 * (place // 2) for place in range(8)]
    fills: dict[tuple[int, int], Colour] = {(0, place): shades[place] for place in range(8)}
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
    sheet.stack(30, 32, 4, 4, 4, 14, fills={(0, 0): "pale", (0, 1): "pale", (1, 0): "pale"})
    sheet.frame(30, 32, 28, 28)
    sheet.arrow((112, 54), (148, 54), "accent")
    sheet.stack(156, 42, 2, 2, 2, 18, fills={(0, 0): "family"})
    return f"Of each small cube of {words_of(settings, 'kernel_size', 2)} one value stays."


def adaptive_parts(sheet: Sheet, settings: Settings) -> str:
    sheet.grid(24, 11, 6, 6, 13, lambda row, column: 0.2 + 0.22 * (2 * (row // 3) + column // 3))
    sheet.grid(152, 26, 2, 2, 24, lambda row, column: 0.2 + 0.22 * (2 * row + column))
    sheet.arrow((108, 50), (144, 50), "accent")
    return (
        f"The image is cut into {words_of(settings, 'output_size', 2)} parts, whatever its size; each gives one value."
    )
