"""Memory of the idle program: its window with a drawing and torch loaded, next to a bare PySide6 with torch; and what
trainings make a process grow by, next to what was promised."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks import growth
from tests.benchmarks.pairs import verdict
from tools.virtual_display import virtual_display

ROOT = Path(__file__).parents[2]
RUNS = 3
AIM = 350.0  # MB resident
MOST = 1.30  # times a bare process with PySide6 and torch
QUIET_SECONDS = 4.0
LONGEST_SECONDS = 120.0
TORCH = "libtorch_cpu"
BARE = "import sys, torch, PySide6.QtWidgets\nsys.stdin.read()"
KINDS = ("resident", "proportional", "private")


def main() -> bool:
    """Print all; whether the trainings keep their promise and the idle window stays within its own."""
    if not Path("/proc/self/smaps_rollup").exists():
        print("       memory is measured on Linux only")
        return True
    with virtual_display((1366, 768)):
        ours = _median([sys.executable, "main.py", "lenet_digits"])
        bare = _median([sys.executable, "-c", BARE])
    words = ", ".join(f"{value:.0f} MB {kind}" for kind, value in zip(KINDS, ours, strict=True))
    beside = ", ".join(f"{value:.0f} MB {kind}" for kind, value in zip(KINDS, bare, strict=True))
    ratio = ours[0] / bare[0]
    met = ours[0] < AIM and ratio <= MOST
    verdict(
        "idle window with LeNet-5, torch loaded",
        f"{words}; resident {ratio:.2f} times the bare process (median of {RUNS})",
        f"under {AIM:.0f} MB, and at most {MOST:.2f} times the bare process",
        met,
    )
    print(f"       a bare process with PySide6 and torch: {beside}", flush=True)
    return growth.main() and met


def _median(command: list[str]) -> list[float]:
    runs = []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as home, _running(command, home) as process:
            _wait_until_quiet(process)
            runs.append(sizes(process.pid))
    return [statistics.median(each) for each in zip(*runs, strict=True)]


@contextmanager
def _running(command: list[str], home: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "NETLOOM_HOME": home}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_until_quiet(process: subprocess.Popen[bytes]) -> None:
    """Until torch is there and nothing has been calculated for a while: the pictures in the nodes have come."""
    end = time.monotonic() + LONGEST_SECONDS
    quiet_since, worked = time.monotonic(), 0.0
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended by itself, with status {process.returncode}")
        now = _seconds_worked(process.pid)
        if now - worked > 0.05 or TORCH not in Path(f"/proc/{process.pid}/maps").read_text():
            quiet_since, worked = time.monotonic(), now
        elif time.monotonic() - quiet_since > QUIET_SECONDS:
            return
        time.sleep(0.25)
    raise RuntimeError(f"{process.args!r} did not come to rest within {LONGEST_SECONDS:.0f} s")


def _seconds_worked(pid: int) -> float:
    """Seconds of a processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sizes(pid: int) -> tuple[float, float, float]:
    """Megabytes of a process: resident, its share of what several use, and what it has for itself."""
    found: dict[str, float] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
        key, size, *_ = line.split()
        found[key] = int(size) * 1024 / 1e6
    return found["Rss:"], found["Pss:"], found["Private_Clean:"] + found["Private_Dirty:"]
