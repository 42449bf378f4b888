"""Processes that train, seen from the one that started them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from queue import Empty, SimpleQueue

from app.training.control import Control
from app.training.events import BatchDone, Cancelled, Event, Failed, Finished
from app.training.sweeping.lines import event_of

_ENDINGS = (Finished, Cancelled, Failed)


class Worker:
    """One process. ``number`` is the job that it is at; None while it has none."""

    def __init__(self, told: SimpleQueue[tuple[Worker, Event | None]]) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"}
        code = "from app.training.sweeping.worker import main; main()"
        quiet = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # of Windows
        self._process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=sys.platform != "win32",  # Ctrl+C is for the one that started it, which says stop
            creationflags=quiet,
        )
        self.number: int | None = None
        self.gone = False
        self._told = told
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()

    def train(self, number: int, folder: Path, resume: bool, file: Path | None) -> None:
        """Give it a job."""
        self.number = number
        self._say({"train": str(folder), "resume": resume, "file": str(file) if file else None})

    def order(self, word: str) -> None:
        """``pause``, ``resume``, ``step`` or ``stop`` what it is at."""
        self._say(word)

    def close(self) -> None:
        """Let it end."""
        with contextlib.suppress(OSError):
            assert self._process.stdin is not None
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._ear.join()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _say(self, order: object) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it is gone; its silence is told by the listener
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            event = event_of(line)
            if event is not None:
                self._told.put((self, event))
        self.gone = True
        self._told.put((self, None))


class Pool:
    """As many processes as are worth it, each with one job at a time. They pause and stop as the control says."""

    def __init__(self, control: Control, every_batch: bool = False) -> None:
        self._control = control
        self._open = True
        self._workers: list[Worker] = []
        self._told: SimpleQueue[tuple[Worker, Event | None]] = SimpleQueue()
        self._jobs: list[tuple[int, Path, bool, Path | None]] = []
        self._every_batch = every_batch
        self._last = ""

    def add(self, number: int, folder: Path, resume: bool, file: Path | None) -> None:
        """A run to train: its folder holds the drawing."""
        self._jobs.append((number, folder, resume, file))

    @property
    def waiting(self) -> list[int]:
        """The jobs that nobody has begun."""
        return [job[0] for job in self._jobs]

    @property
    def busy(self) -> bool:
        """Whether anything is to be done or being done."""
        return bool(self._jobs) or any(worker.number is not None for worker in self._workers)

    def employ(self, most: int) -> None:
        """Hand out jobs, to at most so many processes."""
        free = [worker for worker in self._workers if worker.number is None and not worker.gone]
        while self._jobs and len([w for w in self._workers if w.number is not None]) < most:
            worker = free.pop() if free else Worker(self._told)
            if worker not in self._workers:
                self._workers.append(worker)
                if len(self._workers) == 1:
                    threading.Thread(target=self._follow, daemon=True).start()
            worker.train(*self._jobs.pop(0))
            if self._last == "pause":
                worker.order("pause")

    def order(self, word: str) -> None:
        """``pause``, ``resume``, ``step`` or ``stop`` all."""
        if word in ("pause", "resume"):
            self._last = word
        if word == "stop":
            self._jobs.clear()
        for worker in self._workers:
            if worker.number is not None:
                worker.order(word)

    def heard(self, wait: float = 0.0) -> list[tuple[int, Event]]:
        """What was told since; waits so many seconds for the first, if there is nothing."""
        found: list[tuple[int, Event]] = []
        while True:
            try:
                worker, event = self._told.get(timeout=wait) if wait and not found else self._told.get_nowait()
            except Empty:
                return found
            number = worker.number
            if number is None:
                continue
            if event is None:
                event = Failed(None, "The process that trained this variant has ended without a word.")
            if isinstance(event, _ENDINGS):
                worker.number = None
            if self._every_batch or not isinstance(event, BatchDone):
                found.append((number, event))

    def _follow(self) -> None:
        """Pass on what the control says, also while whoever employs the processes is at something else."""
        paused = stopped = False
        while self._open:
            if self._control.stopped and not stopped:
                stopped = True
                self.order("stop")
            elif self._control.paused != paused:
                paused = self._control.paused
                self.order("pause" if paused else "resume")
            time.sleep(0.05)

    def close(self) -> None:
        """End all processes."""
        self._open = False
        for worker in self._workers:
            worker.order("stop")
        for worker in self._workers:
            worker.close()
        self._workers.clear()
