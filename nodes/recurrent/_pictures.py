"""What the pictures of recurrent layers share."""

from __future__ import annotations

from nodes.api import Sheet


def unrolled(sheet: Sheet, word: str, memory: bool, gates: str) -> None:
    for step in range(3):
        x = 34 + 68 * step
        sheet.box(x, 28, 42, 40, "pale", "family")
        sheet.text(x + 21, 41 if gates else 48, word, "ink", bold=True)
        if gates:
            sheet.text(x + 21, 57, gates)
        sheet.arrow((x + 21, 86), (x + 21, 70))
        sheet.text(x + 30, 91, f"x{'₁₂₃'[step]}")
        sheet.arrow((x + 21, 27), (x + 21, 12))
        if step < 2:
            sheet.arrow((x + 43, 58), (x + 66, 58), "accent", 1.6)
            if memory:
                sheet.arrow((x + 43, 36), (x + 66, 36), "family", 2.2)
    sheet.text(22, 58, "h", "accent", bold=True)
    if memory:
        sheet.text(22, 36, "c", "family", bold=True)


def one_step(sheet: Sheet, word: str, memory: bool) -> None:
    sheet.box(96, 28, 50, 44, "pale", "family")
    sheet.text(121, 50, word, "ink", bold=True)
    sheet.arrow((121, 92), (121, 74))
    sheet.text(132, 92, "x")
    sheet.arrow((40, 60), (94, 60), "accent", 1.6)
    sheet.arrow((148, 60), (200, 60), "accent", 1.6)
    sheet.text(30, 60, "h₀", "accent", bold=True)
    sheet.text(212, 60, "h₁", "accent", bold=True)
    if memory:
        sheet.arrow((40, 38), (94, 38), "family", 2.2)
        sheet.arrow((148, 38), (200, 38), "family", 2.2)
        sheet.text(30, 38, "c₀", "family", bold=True)
        sheet.text(212, 38, "c₁", "family", bold=True)
