"""A look at very many files, made by a process of its own: Python lets only one thread run at a time, and a window
beside it would stutter."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from nodes.api.layer import Layer
from nodes.api.schema import NoData, Schema
from nodes.reading.listing import TooMany

MANY = 4_000  # files, from which on a look is made apart
_INSIDE = "NETLOOM_LOOKS_APART"  # in the environment of such a process: when the look began, in seconds since 1970
_Found = TypeVar("_Found")
_MOST_STARTED = 60.0  # seconds; what is more was a clock that was set


def apart() -> bool:
    """Whether a look can be handed to another process: not from there again, and not from a packed program."""
    return _INSIDE not in os.environ and bool(sys.executable) and not getattr(sys, "frozen", False)


def begun() -> float:
    """When the look began by ``time.perf_counter``: now, or before the process for it was started. On a busy machine
    that alone can take a second."""
    try:
        before = time.time() - float(os.environ.get(_INSIDE, "nan"))
    except ValueError:
        before = 0.0
    return time.perf_counter() - (before if 0 <= before <= _MOST_STARTED else 0.0)


def looked_apart(module: str, settings: Mapping[str, Any], began: float) -> Schema | None:
    """What the source that a file of ``nodes.sources`` declares says with these settings; None where no process can be
    had. ``began`` is what ``begun`` said.

    Raises:
        NoData: as ``describe`` does.
    """
    call = f"from nodes.reading.separate_process import answer; answer({module!r})"
    root = str(Path(__file__).parents[2])
    since = repr(time.time() - (time.perf_counter() - began))
    environment = {**os.environ, _INSIDE: since, "PYTHONPATH": os.pathsep.join([root, *filter(None, sys.path)])}
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # on Windows a console would flash up
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", call],  # nothing is imported from the folder in which the program was started
            input=json.dumps(settings).encode(),
            capture_output=True,
            env=environment,
            creationflags=hidden,
            check=False,
        )
        said = pickle.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, EOFError, pickle.UnpicklingError):
        return None
    if isinstance(said, str):
        raise NoData(said)
    return Schema(**said) if isinstance(said, dict) else None


def gathered_or_told(
    gather: Callable[[int | None], _Found], module: str, settings: Mapping[str, Any], began: float
) -> _Found | Schema:
    """What ``gather`` finds, which takes how many files it may list at most; where these are too many to be listed
    beside a window, what a process of its own says of them, by ``looked_apart``.

    Raises:
        NoData: as ``gather`` and ``describe`` do.
    """
    try:
        return gather(MANY if apart() else None)
    except TooMany:
        return looked_apart(module, settings, began) or gather(None)


def answer(module: str) -> None:
    """The other process: reads the settings, and writes what ``describe`` says."""
    import importlib

    declared = vars(importlib.import_module(module)).values()
    found = next(each.source for each in declared if isinstance(each, Layer) and each.source is not None)
    said: Any
    try:
        schema = found.describe(**json.loads(sys.stdin.buffer.read()))
        said = {each.name: getattr(schema, each.name) for each in fields(schema)}
        # What may not be changed cannot be pickled.
        said = {name: dict(value) if isinstance(value, Mapping) else value for name, value in said.items()}
    except NoData as reason:
        said = str(reason)
    sys.stdout.buffer.write(pickle.dumps(said))
