"""What lies in a run's folder, and the numbers that it tells of each epoch. Needs no torch.

==================== =====================================================================================
drawing.netloom      the drawing with the recipe that was used
net.py               the code that ran
weights.safetensors  all weights and buffers by name; nothing in this format can be executed
state.pt             optimizer, random state and position; read with ``weights_only=True``
metrics.jsonl        one JSON object per epoch
metrics.damaged      metrics.jsonl as it was, if a run went on although some of its lines could not be read
changes.jsonl        one JSON object for each setting that was changed on the way; not there if none was
losses.safetensors   the loss of each training sample over the epochs; see judging/own_losses.py
texts.jsonl          what the net wrote at some steps of the training, one JSON object each; see writing/film.py
baselines.json       what needs no net, for comparison; written when somebody asks, see judging/baselines.py
run.json             where the drawing lay, how the training ended; see about.py
kept                 a folder for each epoch that can be gone back to; see kept.py
tensorboard          event files, where the recipe asks for them
==================== =====================================================================================
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeGuard

from app.core.storage.files import write_atomic
from app.training.events import UNREADABLE, Changed, Edited, EpochDone

DRAWING = "drawing.netloom"
CODE = "net.py"
WEIGHTS = "weights.safetensors"
STATE = "state.pt"
METRICS = "metrics.jsonl"
DAMAGED = "metrics.damaged"  # as METRICS was, when a run with lines that cannot be read went on
ABOUT = "run.json"
ORDER = "order"  # in the metadata of WEIGHTS: the names in the order in which the layers work, as JSON
CHANGES = "changes.jsonl"
KEPT = "kept"
BOARD = "tensorboard"
OWN_LOSSES = "losses.safetensors"
BASELINES = "baselines.json"
TEXTS = "texts.jsonl"
FILES = (DRAWING, CODE, WEIGHTS, STATE, METRICS, CHANGES, OWN_LOSSES, TEXTS, BASELINES, ABOUT)
MOST = 10**12  # no run has more epochs, batches or samples, and no sum of losses is larger
_TAIL = 8192  # bytes, more than a line of the metrics has
_WHOLE = ("epoch", "epochs")
_CLOCK = ("seconds", "samples_per_second", "lr")
_MOST_METRICS = 1000  # of one epoch
_MOST_CHANGES = 10_000
_MOST_LETTERS = 2000


def add_metrics(folder: Path, numbers: Mapping[str, Any]) -> None:
    """Add the numbers of one epoch. What is not a finite number is written as null, as JSON knows no infinity.

    Raises:
        OSError: if that fails.
    """
    plain = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in numbers.items()}
    with open(folder / METRICS, "a", encoding="utf-8") as file:
        file.write(json.dumps(plain) + "\n")


def add_change(folder: Path, change: Changed) -> None:
    """Add a line about a setting that was changed while the run was on.

    Raises:
        OSError: if that fails.
    """
    with open(folder / CHANGES, "a", encoding="utf-8") as file:
        file.write(json.dumps(change.as_dict()) + "\n")


def add_edit(folder: Path, edited: Edited) -> None:
    """Add a line about an edit of the drawing while the run was on.

    Raises:
        OSError: if that fails.
    """
    with open(folder / CHANGES, "a", encoding="utf-8") as file:
        entry = {"epoch": edited.epoch, "batch": edited.batch, "edited": edited.sentence}
        file.write(json.dumps(entry) + "\n")


def read_edits(folder: Path) -> tuple[Edited, ...]:
    """The edits of the drawing on the way, as far as they can be read."""
    found = []
    for entry in _lines(folder / CHANGES):
        epoch, batch, said = count(entry.get("epoch")), count(entry.get("batch")), entry.get("edited")
        if epoch and batch and isinstance(said, str):
            found.append(Edited(epoch, batch, said[:_MOST_LETTERS]))
    return tuple(found)


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """The objects in a file of JSON lines, as far as they can be read."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if not path.is_file():
            return
        for line in path.read_text(encoding="utf-8").splitlines()[:_MOST_CHANGES]:
            with contextlib.suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if isinstance(entry, dict):
                    yield entry


def read_changes(folder: Path) -> tuple[Changed, ...]:
    """The settings that were changed on the way, as far as they can be read."""
    found: list[Changed] = []
    for entry in _lines(folder / CHANGES):
        epoch, batch, setting = count(entry.get("epoch")), count(entry.get("batch")), entry.get("setting")
        before, value = entry.get("before"), entry.get("value")
        if epoch and batch and isinstance(setting, str) and is_number(before) and is_number(value):
            found.append(Changed(epoch, batch, setting[:80], before, value))
    return tuple(found)


def keep_metrics(folder: Path, entries: Iterable[Mapping[str, Any]]) -> None:
    """Write the numbers anew, for a run that continues from before its last line.

    Lines that cannot be read are not lost: the file is kept as it was, beside the new one.

    Raises:
        OSError: if that fails.
    """
    if damaged_lines(folder):
        write_atomic(folder / DAMAGED, (folder / METRICS).read_bytes())
    write_atomic(folder / METRICS, "".join(json.dumps(dict(entry)) + "\n" for entry in entries).encode())


def read_metrics(folder: Path, last: bool = False) -> tuple[Mapping[str, Any], ...]:
    """The numbers of each epoch, as far as they can be read; a line that a crash cut off is left out. ``last`` reads
    the end of the file alone: the last epochs, however many there were."""
    entries: list[Mapping[str, Any]] = []
    path = folder / METRICS
    with contextlib.suppress(OSError):
        if not path.is_file():  # a pipe or a device may never end
            return ()
        with open(path, "rb") as file:
            if last:
                file.seek(max(0, path.stat().st_size - _TAIL))
            lines = file.read().splitlines()
        for line in lines:
            with contextlib.suppress(ValueError, RecursionError):
                entry = json.loads(line)
                if isinstance(entry, dict) and count(entry.get("epoch")) is not None:
                    entries.append(entry)
        if last and lines and not entries:  # a line with hundreds of metrics
            return read_metrics(folder)[-1:]
    return tuple(entries)


def damaged_lines(folder: Path) -> tuple[int, ...]:
    """Which lines of the metrics cannot be read, the first being 1. A last one without an end is none: a crash cut it
    off, and its epoch does not count."""
    path = folder / METRICS
    try:
        lines = path.read_bytes().split(b"\n")[:-1] if path.is_file() else []
    except OSError:
        return ()
    return tuple(number for number, line in enumerate(lines, 1) if line.strip() and not _is_epoch(line))


def _is_epoch(line: bytes) -> bool:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return False
    if not isinstance(entry, dict) or count(entry.get("epoch")) is None:
        return False
    return epoch_of(entry) is not None or entry.get("train_loss", 0) is None  # a loss that was no number


def epoch_of(entry: Mapping[str, Any]) -> EpochDone | None:
    """The event of an earlier epoch; None if its line does not hold all of it, or its loss was no number. Whatever
    else is a number there was measured; older runs wrote null for what was not."""
    if not all(count(entry.get(name)) is not None for name in _WHOLE):
        return None
    if not all(is_number(entry.get(name)) for name in (*_CLOCK, "train_loss")) or len(entry) > _MOST_METRICS:
        return None
    others = {
        name: value for name, value in entry.items() if name not in (*_WHOLE, *_CLOCK, UNREADABLE) and value is not None
    }
    if not all(is_number(value) for value in others.values()):
        return None
    metrics = MappingProxyType({name: float(value) for name, value in others.items()})
    lost = count(entry.get(UNREADABLE)) or 0
    clock = {name: entry[name] for name in _CLOCK}
    return EpochDone(entry["epoch"], entry["epochs"], metrics, unreadable=lost, **clock)


def count(value: object) -> int | None:
    """``value`` if it counts epochs, batches or samples: none of which is as large as a number in a file may be."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MOST else None


def is_number(value: object) -> TypeGuard[float]:
    """Whether it is a number that a run could have."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MOST
