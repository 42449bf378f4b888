"""What the pictures of merges share."""

from __future__ import annotations

from nodes.api import Sheet


def side_by_side(sheet: Sheet, sign: str, shares: tuple[float, float, float]) -> None:
    for place, share in enumerate(shares):
        x = (24.0, 110.0, 186.0)[place]
        sheet.grid(x, 30, 3, 3, 13, share)
    sheet.disc(87, 50, 10, "family", sign)
    sheet.text(168, 50, "=", "ink", bold=True)
