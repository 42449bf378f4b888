"""Times in the past, as a person says them."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QLocale


def moment(when: float, now: datetime | None = None) -> str:
    """A time in the past as a person says it: ``today at 14:32``, ``on 3 October 2026 at 14:32``."""
    try:
        then = datetime.fromtimestamp(when)
    except (OverflowError, OSError, ValueError):
        return "at an unknown time"
    days = ((now or datetime.now()).date() - then.date()).days
    locale = QLocale(QLocale.Language.English)
    day = {0: "today", 1: "yesterday"}.get(days) or f"on {then.day} {locale.monthName(then.month)} {then.year}"
    return f"{day} at {then:%H:%M}"
