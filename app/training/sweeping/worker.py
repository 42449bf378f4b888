"""A process that trains runs one after the other: orders come as lines of JSON, events go back as such.

An order is ``{"train": FOLDER, "resume": true, "file": PATH}``, ``"pause"``, ``"resume"``, ``"step"`` or ``"stop"``.
The process ends when it can read no more orders; a training that is on is stopped then and keeps its place.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TextIO

from app.training.control import Control
from app.training.events import Event, Failed
from app.training.folder import DRAWING
from app.training.sweeping.lines import line_of


class _Desk:
    """What is to be done, and the control of what is being done."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self.control = Control()
        self._over = False

    def read(self, orders: TextIO) -> None:
        """Take orders until there are no more. In a thread of its own."""
        for line in orders:
            order = json.loads(line)
            if isinstance(order, dict):
                self.jobs.put(order)
            elif order in ("pause", "resume", "step", "stop"):
                getattr(self.control, order)()
        self.jobs.put(None)
        self.control.stop()


def main() -> None:
    """Serve until the orders end."""
    # Whatever a library prints must not come between the lines.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", newline="\n")
    sys.stdout = sys.stderr
    desk = _Desk()
    threading.Thread(target=desk.read, args=(sys.stdin,), daemon=True).start()
    while (job := desk.jobs.get()) is not None:
        for event in _trained(Path(job["train"]), bool(job["resume"]), job.get("file"), desk.control):
            line = line_of(event)
            if line is not None:
                print(line, file=out, flush=True)


def _trained(folder: Path, resume: bool, file: str | None, control: Control) -> Iterator[Event]:
    from app.core.compile.net import compile_net
    from app.core.storage.files import open_project
    from app.data.source_looks import looked_at
    from app.training.loop import train
    from app.training.run_folders import remembering
    from app.training.threads import prepare_threads

    try:
        project = looked_at(open_project(folder / DRAWING).project, Path(file) if file else None, resume)
        net = compile_net(project)
        prepare_threads(net, project.recipe)
        events = train(net, project.recipe, out=folder, resume=folder if resume else None, control=control)
        yield from remembering(events, folder, Path(file) if file else None)
    except Exception as error:  # one variant that cannot be trained must not cost the others
        yield Failed(None, " ".join(str(error).split()) or type(error).__name__)
