"""Runs as files to hand on: the numbers of all epochs as a table, or all that lies in their folders. Needs no torch."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from app.training.folder import FILES, KEPT, read_metrics
from app.training.kept_runs import KeptRun, folder_called
from app.training.snapshots import kept_points


def numbers(pasts: Sequence[KeptRun]) -> str:
    """A line for each epoch of each run as CSV, with the names of ``metrics.jsonl``; what was not measured is empty."""
    called = [(past.about.name or folder_called(past.folder), past.folder) for past in pasts]
    told = [(name, entry) for name, folder in called for entry in read_metrics(folder)]
    names = list(dict.fromkeys(name for _, entry in told for name in entry))
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["run", *names])
    for run, entry in told:
        values = (entry.get(name) for name in names)
        writer.writerow([run, *("" if value is None else value for value in values)])
    return file.getvalue()


def pack(pasts: Sequence[KeptRun], file: BinaryIO) -> None:
    """All files of these runs as a zip, each run in a folder of its own name.

    Raises:
        OSError: if one cannot be read, or the zip not be written.
    """
    taken: set[str] = set()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for past in pasts:
            name, count = past.folder.name, 1
            while name in taken:
                count += 1
                name = f"{past.folder.name}-{count}"
            taken.add(name)
            for part in FILES:
                path: Path = past.folder / part
                if path.is_file():
                    packed.write(path, f"{name}/{part}")
            for point in kept_points(past.folder):
                for path in point.folder.iterdir():
                    if path.name in FILES and path.is_file():
                        packed.write(path, f"{name}/{KEPT}/{point.folder.name}/{path.name}")
