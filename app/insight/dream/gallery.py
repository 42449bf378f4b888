"""The dreams that were made here, newest first: pictures in a folder of the user, each with its recipe inside."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

from app.core.storage.files import write_atomic

MOST = 200  # pictures; of more, the oldest are let go
_NAME = re.compile(r"dream-\d{8}-\d{6}-\d{3}\.png")


def folder() -> Path:
    """Where they lie."""
    from platformdirs import user_data_path

    return user_data_path("netloom", appauthor=False) / "dreams"


def kept() -> list[Path]:
    """The pictures that there are, the newest first. Nothing else that lies there is touched or shown."""
    with contextlib.suppress(OSError):
        return sorted((path for path in folder().iterdir() if _NAME.fullmatch(path.name)), reverse=True)
    return []


def keep(content: bytes) -> Path | None:
    """Put a PNG file there; None where that is not possible, which must not keep anybody from dreaming."""
    now = time.time()
    name = time.strftime("dream-%Y%m%d-%H%M%S", time.localtime(now)) + f"-{int(now % 1 * 1000):03}.png"
    place = folder() / name
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(place, content)
    except OSError:
        return None
    for old in kept()[MOST:]:
        with contextlib.suppress(OSError):
            old.unlink()
    return place
