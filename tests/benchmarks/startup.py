"""From process start to a painted, usable window, next to a bare PySide6 window started the same way.

Both as for somebody who starts the program a second time: with the files of Python already translated, which they are
here in a folder of this benchmark alone, whatever the environment says.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.pairs import verdict
from tools.virtual_display import virtual_display

ROOT = Path(__file__).parents[2]
PAIRS = 11
AIM, MOST_SECONDS = 3.6, 0.9

# Measures like the program does: from the start of the process, as the system knows it, to the first paint.
BARE = """
import os, sys, time
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QMainWindow, QLabel

def seconds():
    ticks = int(open("/proc/self/stat").read().rsplit(")", 1)[1].split()[19])
    return time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")

class Window(QMainWindow):
    def paintEvent(self, event):
        super().paintEvent(event)
        QTimer.singleShot(0, self.tell)
    def tell(self):
        print("painted", round(seconds(), 3), flush=True)
        QApplication.instance().quit()

app = QApplication(sys.argv)
window = Window()
window.setCentralWidget(QLabel("bare"))
window.resize(1366, 768)
window.show()
app.exec()
"""


def _seconds(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """When the process told of what: "painted" and, of the program, "complete" (panels and drawing below the page)."""
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    return {word: float(second) for word, second in (line.split() for line in done.stdout.splitlines())}


def _environment(folder: Path) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    mine = {"NETLOOM_HOME": str(folder / "home"), "NETLOOM_STARTUP_PROBE": "1"}
    return {**inherited, **mine, "PYTHONPYCACHEPREFIX": str(folder / "translated")}


def main() -> bool:
    """Print both; whether ours is in time."""
    with virtual_display(), tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        ours, bare = [], []
        for index in range(PAIRS + 1):
            bare.append(_seconds([sys.executable, "-c", BARE], environment)["painted"])
            ours.append(_seconds([sys.executable, "main.py"], environment))
            if index == 0:  # the first pair fills the caches
                ours.clear()
                bare.clear()
    painted = statistics.median(each["painted"] for each in ours)
    complete = statistics.median(each["complete"] for each in ours)
    ratio = statistics.median(one["painted"] / other for one, other in zip(ours, bare, strict=True))
    met = ratio <= AIM and painted < MOST_SECONDS
    verdict(
        "process start to painted window",
        f"{painted:.2f} s, bare PySide6 window {statistics.median(bare):.2f} s, ratio {ratio:.2f} "
        f"(median of {PAIRS} pairs); panels in sight made after {complete:.2f} s",
        f"at most {AIM} times the bare window, and under {MOST_SECONDS} s",
        met,
    )
    return met
