"""Where values enter and leave."""

from __future__ import annotations

from nodes.api import Settings, Sheet


def way_in(sheet: Sheet, settings: Settings) -> str:
    sheet.arrow((30, 50), (92, 50), "family", 2.4)
    sheet.box(96, 20, 110, 60, "pale", "family")
    sheet.text(151, 50, "the drawing", "ink")
    return "Here values enter."


def way_out(sheet: Sheet, settings: Settings) -> str:
    sheet.box(34, 20, 110, 60, "pale", "family")
    sheet.text(89, 50, "the drawing", "ink")
    sheet.arrow((146, 50), (210, 50), "family", 2.4)
    return "Here values leave."
