"""What the window remembers between two starts: theme, arrangement, recent files. One small JSON file."""

from __future__ import annotations

import base64
import binascii
import json
import logging
import os
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

_log = logging.getLogger(__name__)
MOST_RECENT = 10
KEPT_RUNS = 30
SMALLEST_SCALE, LARGEST_SCALE = 75, 200  # percent


def home() -> Path:
    """The folder for settings and the log: NETLOOM_HOME if it is set, else where this system keeps such things."""
    place = os.environ.get("NETLOOM_HOME")
    if place:
        return Path(place)
    from platformdirs import user_config_path

    return user_config_path("netloom", appauthor=False)


@dataclass(frozen=True)
class SettingsValues:
    """The values. Empty means: never set, use what fits this machine."""

    theme: str = ""
    recent: tuple[str, ...] = ()
    folder: str = ""
    data_folder: str = ""  # where own data was taken from last
    geometry: bytes = field(default=b"", repr=False)
    arrangement: bytes = field(default=b"", repr=False)
    trusted_layers: tuple[str, ...] = ()  # contents of layer files that may run, and those that may not
    refused_layers: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()  # of the command palette, the one used last first
    scale: int = 100  # of the interface, in percent
    light_presentation: bool = False
    minimap: bool = True
    snap: bool = True
    keep_runs: int = KEPT_RUNS  # the last ones; older ones are deleted after a training
    last: str = ""  # what was worked on last: a file, or the folder of a run whose drawing has no file


class Settings:
    """The remembered values and their file. A damaged file, or none, gives the defaults.

    Every change reads the file again before it writes, so that two windows do not forget each other's recent files.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path if path is not None else home() / "window.json"
        self.values = _read(self.path)

    def change(self, **values: Any) -> None:
        """Remember these values (fields of ``SettingsValues``). Where none can be written, they are forgotten."""
        self.values = replace(_read(self.path), **values)
        try:
            _write(self.path, self.values)
        except OSError as error:
            _log.warning("The settings could not be saved to %s: %s", self.path, error)

    def add_recent(self, path: Path) -> None:
        """Put a file at the top of the recent files, and its folder first in the next file dialog."""
        text = str(path.absolute())
        others = tuple(entry for entry in _read(self.path).recent if entry != text)
        self.change(recent=(text, *others)[:MOST_RECENT], folder=str(path.absolute().parent), last=text)

    def forget_recent(self, path: Path) -> None:
        """Take a file off the list, because it is gone or cannot be read."""
        text = str(path.absolute())
        self.change(recent=tuple(entry for entry in _read(self.path).recent if entry != text))


def _read(path: Path) -> SettingsValues:
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return SettingsValues()
    except (OSError, ValueError, RecursionError) as error:
        _log.warning("The settings in %s cannot be read, so the defaults are used: %s", path, error)
        return SettingsValues()
    if not isinstance(raw, dict):
        return SettingsValues()
    return SettingsValues(**{each.name: _sound(each.name, raw.get(each.name)) for each in fields(SettingsValues)})


def _sound(name: str, value: Any) -> Any:
    """A value as it stands in the file, made what the field ``name`` can hold; its default where it cannot."""
    usual = getattr(SettingsValues, name)
    if isinstance(usual, bytes):
        return _bytes(value)
    if isinstance(usual, tuple):
        texts = tuple(entry for entry in value if isinstance(entry, str)) if isinstance(value, list) else ()
        return texts[:MOST_RECENT] if name == "recent" else texts
    if name == "scale":
        return value if type(value) is int and SMALLEST_SCALE <= value <= LARGEST_SCALE else usual
    if name == "keep_runs":
        return value if type(value) is int and value > 0 else usual
    return value if type(value) is type(usual) else usual


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return b""


def _write(path: Path, values: SettingsValues) -> None:
    """In one step, so that a crash leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    entries = asdict(values).items()
    kept = {name: base64.b64encode(value).decode() if isinstance(value, bytes) else value for name, value in entries}
    text = json.dumps(kept, indent=1)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
