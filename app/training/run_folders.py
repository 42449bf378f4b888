"""Where the runs of a person lie: in one folder of the window, or wherever the command line was told to write them.

The latter are listed in ``elsewhere.jsonl`` in that folder, one path a line, so that the window finds them. Needs no
torch.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

from app.core.storage.files import write_atomic
from app.training.events import Event, Started
from app.training.run_description import noting

log = logging.getLogger(__name__)

_LIST = "elsewhere.jsonl"
_MOST = 200  # paths that are kept, the latest
_MOST_BYTES = 4 * 1024 * 1024


def home() -> Path:
    """The folder of the window's runs: in NETLOOM_HOME if that is set, else where this system keeps data of
    programs."""
    place = os.environ.get("NETLOOM_HOME")
    if place:
        return Path(place) / "runs"
    from platformdirs import user_data_path

    return user_data_path("netloom", appauthor=False) / "runs"


def elsewhere() -> list[Path]:
    """The folders of runs outside ``home`` that were remembered, the latest first. They may be gone by now."""
    path = home() / _LIST
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        lines = path.read_bytes().splitlines()
    except OSError:
        return []
    found: dict[Path, None] = {}
    for line in reversed(lines):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, str) and os.path.isabs(entry) and "\0" not in entry:
            found.setdefault(Path(entry))
    return list(found)[:_MOST]


def remember(folder: Path) -> None:
    """Let the window find the run in ``folder``. Where that cannot be written, it only is not found."""
    place, folder = home(), Path(os.path.abspath(folder))
    known = elsewhere()
    if folder.parent == place.absolute() or folder in known[:1]:
        return
    try:
        place.mkdir(parents=True, exist_ok=True)
        line = json.dumps(str(folder)).encode() + b"\n"
        if len(known) < _MOST:
            with open(place / _LIST, "ab") as file:  # another training may add one at the same moment
                file.write(line)
        else:
            kept = [json.dumps(str(each)).encode() + b"\n" for each in reversed(known[: _MOST // 2]) if each != folder]
            write_atomic(place / _LIST, b"".join([*kept, line]))
    except OSError as error:
        log.warning("Where the run %s lies could not be noted: %s", folder, error)


def remembering(events: Iterator[Event], folder: Path, file: Path | None) -> Generator[Event]:
    """The events of a training, while all that the window wants to know of it is noted; see ``noting``."""
    with closing(noting(events, folder, file)) as noted:
        for event in noted:
            if isinstance(event, Started):
                remember(folder)
            yield event
