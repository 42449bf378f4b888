"""Pictures of attention."""

from __future__ import annotations

import math

from nodes.api import Settings, Sheet
from nodes.api.curves import softmax


def attention(sheet: Sheet, settings: Settings) -> str:
    size, cell, causal = 5, 15.0, settings.get("causal") is True
    left, top = 84.0, 12.0

    def weight(row: int, column: int) -> float:
        if causal and column > row:
            return 0.0
        scores = [2.2 * math.cos((row - each) * 1.1) - 0.2 * each for each in range(row + 1 if causal else size)]
        return softmax(scores)[column]

    sheet.grid(left, top, size, size, cell, lambda row, column: 1.3 * weight(row, column))
    sheet.frame(left, top + 2 * cell, size * cell, cell)
    sheet.text(left - 6, top + 37, "asks", side="left")
    sheet.text(left + 37, 94, "answers")
    sheet.arrow((left + 77, top + 37), (196, top + 37), "accent")
    sheet.grid(202, top + 8, 4, 1, cell, lambda row, column: 0.3 + 0.2 * row)
    more = " Steps that come later are hidden." if causal else ""
    return f"Each step asks all steps how well they fit. The shares of a row add up to 1 and mix the values.{more}"


def blocks(sheet: Sheet, words: tuple[str, ...]) -> None:
    width = 200 / len(words)
    sheet.arrow((2, 58), (16, 58))
    for place, word in enumerate(words):
        x = 18 + place * (width + 4)
        room = width - 8
        sheet.box(x, 42, room, 32, "pale", "family")
        sheet.text(x + room / 2, 58, word, "ink")
        sheet.arrow((x + room, 58), (x + width + 3, 58))
        sheet.arc((x - 4, 40), (x + room + 6, 54), 18, "accent")
