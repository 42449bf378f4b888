"""Pieces that several pictures of rearranging share."""

from __future__ import annotations

from nodes.api import Sheet


def numbered(sheet: Sheet, x: float, y: float, rows: int, columns: int, cell: float) -> None:
    texts = [[str(row * columns + column + 1) for column in range(columns)] for row in range(rows)]
    sheet.grid(x, y, rows, columns, cell, lambda row, column: 0.15 + 0.2 * row, texts)


def taken(sheet: Sheet, rows: range) -> None:
    sheet.grid(30, 10, 5, 4, 16, lambda row, column: "family" if row in rows else None)
    sheet.arrow((102, 50), (136, 50), "accent")
    sheet.grid(150, 50 - 8 * len(rows), len(rows), 4, 16, "family")
