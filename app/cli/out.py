"""How commands speak: results to stdout, one plain sentence to stderr if something is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from app.core.graph.model import Project
from app.core.storage.files import UnreadableDrawing, write_atomic
from app.core.storage.templates import open_file_or_template
from app.data.source_looks import looked_at


class Stop(Exception):
    """Ends the command with a sentence for the user and exit status 1."""


class OutputClosed(Exception):
    """Whoever read the output has read enough and gone. Not a BrokenPipeError, which click would call a failure."""


class Usage(Exception):
    """The command line asks for something that does not exist; exit status 2."""


_SPELT_OUT = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}


def say(text: str = "") -> None:
    """A line of the result."""
    _print(text, sys.stdout)


def say_json(value: Any) -> None:
    """The result as one JSON object on one line."""
    _print(json.dumps(value, ensure_ascii=False, allow_nan=False), sys.stdout)


def say_on(text: str) -> None:
    """A part of a longer text."""
    _print(text, sys.stdout, end="")


def complain(text: str) -> None:
    """A sentence about what is wrong."""
    _print(text, sys.stderr)


def _print(text: str, stream: TextIO, end: str = "\n") -> None:
    """A line. What the terminal has no letter for, such as × in plain ASCII, becomes a question mark; what would give
    it an order instead of a letter, as a name in a file of a stranger may, is written out: ``\\x1b``.

    Raises:
        Stop: if it goes to a file that cannot take it.
        OutputClosed: if it goes to a program that has ended.
    """
    text = text.translate(_SPELT_OUT)
    with _telling_plainly(stream):
        try:
            print(text, end=end, file=stream, flush=True)
        except UnicodeEncodeError:
            coding = stream.encoding
            print(text.replace("×", "x").encode(coding, "replace").decode(coding), end=end, file=stream, flush=True)


@contextlib.contextmanager
def _telling_plainly(stream: TextIO) -> Iterator[None]:
    """What goes wrong while a stream is written, in the words of this program."""
    try:
        yield
    except BrokenPipeError:
        abandon(stream)
        if stream is not sys.stderr:
            raise OutputClosed from None
    except OSError as error:
        abandon(stream)
        if stream is not sys.stderr:
            raise Stop(f"The result cannot be written: {error.strerror or error}.") from None


def abandon(stream: TextIO) -> None:
    """Let what could not be written go, so that Python does not try again at its end and complain in its own words."""
    with contextlib.suppress(OSError, ValueError):  # one that is no file has nothing to be written at the end
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def sound_project(what: str, as_seen: bool = False) -> tuple[Project, Path | None]:
    """The project of a file or template that was read without any loss. ``as_seen``: its data as it was seen last.

    Raises:
        Stop: if it cannot be read, or not whole; ``check`` lists what is wrong.
    """
    try:
        opened, path = open_file_or_template(what)
    except UnreadableDrawing as error:
        raise Stop(str(error)) from None
    if opened.complaints:
        name = path.name if path is not None else what
        lines = [f"{name}: {complaint}" for complaint in opened.complaints]
        remedy = "Open it in the window, look at it and save it, or mend the file; then try again."
        raise Stop("\n".join([*lines, f"{name} was not used, because it could not be read whole. {remedy}"]))
    return looked_at(opened.project, path, as_seen), path


def deliver(out: Path, content: bytes, what: str, *, quiet: bool = False) -> None:
    """Write a result where the user asked for it, and say what it is, unless it should be ``quiet``. A file named - is
    the standard output; then the sentence goes to stderr.

    Raises:
        Stop: if that place cannot be written to.
        OutputClosed: if it is a program that has ended.
    """
    if str(out) == "-":
        with _telling_plainly(sys.stdout):
            sys.stdout.buffer.write(content)
            sys.stdout.flush()
        complain(what)
        return
    _write_file(out, content)
    if not quiet:
        say(f"{out}: {what}")


def _write_file(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, content)
    except OSError as error:
        raise Stop(f"{path} cannot be written: {error.strerror or error}. Choose another place.") from None
