"""The picture of a number."""

from __future__ import annotations

from nodes.api import Settings, Sheet


def number(sheet: Sheet, settings: Settings) -> str:
    value = settings.get("value", settings.get("start", 1.0))
    sheet.box(80, 30, 80, 40, "pale", "family")
    sheet.text(120, 50, f"{value:g}" if isinstance(value, int | float) else str(value), "ink", bold=True)
    sheet.arrow((162, 50), (196, 50))
    return "A number that depends on no input; one that is learned begins with the value shown."
