"""By which signs a folder or file is one of pictures or of videos: a few names, nothing of the contents."""

from __future__ import annotations

import os
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from nodes.api.schema import Recognised
from nodes.reading.archives import is_zip
from nodes.reading.folder_names import shared
from nodes.reading.listing import SIDECARS, TABLES, begins, ending, hidden
from nodes.reading.part_names import part_called, parts_called
from nodes.reading.pictures import ENDINGS, begins_as_picture

_MOST = 2_000  # names that are looked at
_EACH = 64  # of one folder
_TOGETHER = 8  # names that follow one another: of single ones, every second would be all sounds and none of their texts
_BARE = 24  # files without any ending that are looked into
_FRAMES = re.compile(r"^frame[ _-]?[0-9]+$", re.IGNORECASE)  # names that say what they are
_FRAME = re.compile(r"^(.*?)([0-9]+)$")


def pictures_at(path: Path) -> Recognised | None:
    """Whether pictures are what a path holds."""
    if path.is_file() and not is_zip(path):
        known = (ending(path.name) in ENDINGS and _is_picture(path)) or begins(path, begins_as_picture)
        return Recognised({"path": str(path)}, 0.3) if known else None
    names = list(names_at(path))
    if path.is_dir():
        bare = [name for name in names if not ending(name)]
        # Of files without any ending a few, from all over, tell what they are.
        some = bare[:: max(1, len(bare) // _BARE)]
        if some and sum(begins(path / name, begins_as_picture) for name in some) > 0.5 * len(some):
            names = [name if ending(name) else f"{name}.png" for name in names]
    share = _share(names)
    if share < 0.34:
        return None
    return Recognised({"path": str(path)}, 0.5 + 0.4 * share)


def videos_at(path: Path) -> Recognised | None:
    """Whether a path holds folders of numbered pictures, which are the frames of videos, in folders of classes."""
    if path.is_file() and not is_zip(path):
        return None
    names = list(names_at(path))
    if _share(names) < 0.34:
        return None
    names = [name for name in names if ending(name) in ENDINGS]
    # Where the names say that they are frames, one class is enough; else what holds all is no class but the data.
    if not all(_FRAMES.match(_stem(name)) for name in names):
        names = _without_root(names)
    clips: dict[str, list[str]] = {}
    for name in names:
        clips.setdefault(name.rpartition("/")[0], []).append(_stem(name))
    parts = parts_called({folder.partition("/")[0] for folder in clips})
    depth = {
        len([each for each in folder.split("/") if not part_called(each) and each not in parts]) for folder in clips
    }
    if not clips or min(depth) < 2 or len(clips) < 2:
        return None
    running = sum(_running(stems) for stems in clips.values())
    return Recognised({"path": str(path)}, 0.95) if running >= 0.8 * len(clips) else None


def _stem(name: str) -> str:
    return name.rpartition("/")[2].rpartition(".")[0]


def _without_root(names: list[str]) -> list[str]:
    """Names without the folders that all of them lie in, as the one folder of a zip file: these are no classes."""
    while names:
        roots = {name.partition("/")[0] for name in names}
        if len(roots) > 1 or any("/" not in name for name in names) or part_called(next(iter(roots))):
            break
        names = [name.partition("/")[2] for name in names]
    return names


def _running(stems: list[str]) -> bool:
    """Whether names are one word with numbers that follow one another."""
    found = [_FRAME.match(stem) for stem in stems]
    if len(stems) < 2 or not all(found):
        return False
    before = {each[1] for each in found if each}
    numbers = sorted(int(each[2]) for each in found if each)
    steps = {later - earlier for earlier, later in pairwise(numbers)}
    # Of a long folder only some names were seen, so that steps may be larger than 1; they begin near 0 all the same.
    return len(before) == 1 and (steps == {1} or (len(stems) >= _EACH and 0 not in steps))


def _share(names: list[str]) -> float:
    """Which share of what counts are pictures. What only lies beside them counts little."""
    kinds: Counter[str] = Counter()
    for name in names:
        kind = ending(name)
        if kind in ENDINGS:
            kinds["pictures"] += 1
        elif kind in TABLES or kind in SIDECARS:
            kinds["beside"] += 1
        else:
            kinds["others"] += 1
    counted = kinds["pictures"] + kinds["others"] + kinds["beside"] / 4
    return kinds["pictures"] / counted if counted else 0.0


def _is_picture(path: Path) -> bool:
    """Whether a file begins as one of the usual kinds does."""
    try:
        with path.open("rb") as file:
            begin = file.read(16)
    except OSError:
        return False
    marks = (
        b"\xff\xd8",
        b"\x89PNG",
        b"GIF8",
        b"BM",
        b"II*\0",
        b"MM\0*",
        b"RIFF",
        b"P1",
        b"P2",
        b"P3",
        b"P4",
        b"P5",
        b"P6",
    )
    return begin.startswith(marks) or ending(path.name) not in (
        "jpg",
        "jpeg",
        "png",
        "gif",
        "bmp",
        "tif",
        "tiff",
        "webp",
    )


def names_at(path: Path) -> tuple[str, ...]:
    """Names of files at a path, at most _MOST, of each folder a few, the outer folders first."""
    return shared(_some_names, path)


def _some_names(path: Path) -> tuple[str, ...]:
    return tuple(_names(path))


def _names(path: Path) -> Iterator[str]:
    if path.is_file():
        try:
            with zipfile.ZipFile(path) as file:
                names = [name for name in file.namelist()[: 50 * _MOST] if not name.endswith("/")]
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return
        step = _TOGETHER * max(1, len(names) // _MOST)
        some = [name for at in range(0, len(names), step) for name in names[at : at + _TOGETHER]]
        yield from (name for name in some if not any(hidden(part) for part in name.split("/")))
        return
    waiting = [""]
    count = folders = 0
    while waiting and count < _MOST and folders < _MOST // 4:
        folder = waiting.pop(0)
        folders += 1
        files = 0
        try:
            with os.scandir(os.path.join(path, folder)) as entries:
                for looked, entry in enumerate(entries):
                    name = f"{folder}/{entry.name}" if folder else entry.name
                    if hidden(entry.name):
                        continue
                    if entry.is_dir(follow_symlinks=name.count("/") < 3):
                        if len(waiting) < _MOST:
                            waiting.append(name)
                    elif files < _EACH:
                        files += 1
                        count += 1
                        yield name
                    elif len(waiting) > 20 or looked > _MOST:
                        break
        except OSError:
            continue
