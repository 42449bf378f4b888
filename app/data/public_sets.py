"""Which public sets can be got, and where they lie once they are there. Loads nothing of what getting them needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import MappingProxyType

from nodes.api.downloads import Download
from nodes.api.files import files_of

UNPACKED = ".unpacked"  # an empty file that says that all of a zip was taken out


@cache
def downloads() -> Mapping[str, Download]:
    """The sets that can be got, by their id."""
    found = {
        each.id: each for file in files_of("downloads") for each in vars(file).values() if isinstance(each, Download)
    }
    return MappingProxyType(dict(sorted(found.items())))


def home() -> Path:
    """Where sets are kept: below NETLOOM_HOME if that is set, else where this system keeps data of programs."""
    place = os.environ.get("NETLOOM_HOME")
    if place:
        return Path(place) / "data"
    from platformdirs import user_data_path

    return user_data_path("netloom", appauthor=False) / "data"


def path_of(wanted: Download, folder: Path | None = None) -> Path:
    """What the source of a set is given once it is there."""
    place = folder if folder is not None else home() / wanted.id
    return place / wanted.opens if wanted.opens else place


def is_there(wanted: Download, folder: Path | None = None) -> bool:
    """Whether a set was got before, by names and sizes alone."""
    place = folder if folder is not None else home() / wanted.id
    if wanted.unpack:
        return (place / UNPACKED).exists()
    return all(size_of(place / file.name) == file.size for file in wanted.files)


def size_of(path: Path) -> int:
    """Bytes of a file; 0 if there is none."""
    with suppress(OSError):
        return path.stat().st_size
    return 0
