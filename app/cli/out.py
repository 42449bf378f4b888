"""How commands speak: results to stdout, one plain sentence to stderr if something is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from app.core.graph.model import Project
from app.core.storage.files import Unreadable, write_atomic
from app.core.storage.templates import open_file_or_template


class Stop(Exception):
    """Ends the command with a sentence for the user and exit status 1."""


class Usage(Exception):
    """The command line asks for something that does not exist; exit status 2."""


def say(text: str = "") -> None:
    """A line of the result."""
    print(text, flush=True)


def say_json(value: Any) -> None:
    """The result as one JSON object on one line."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)


def complain(text: str) -> None:
    """A sentence about what is wrong."""
    print(text, file=sys.stderr, flush=True)


def sound_project(what: str) -> tuple[Project, Path | None]:
    """The project of a file or template that was read without any loss.

    Raises:
        Stop: if it cannot be read, or not whole; ``check`` lists what is wrong.
    """
    try:
        opened, path = open_file_or_template(what)
    except Unreadable as error:
        raise Stop(str(error)) from None
    if opened.complaints:
        name = path.name if path is not None else what
        raise Stop("\n".join(f"{name}: {complaint}" for complaint in opened.complaints))
    return opened.project, path


def write_file(path: Path, content: bytes) -> None:
    """Write a result where the user asked for it.

    Raises:
        Stop: if that place cannot be written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror or error}. Choose another place.") from None
