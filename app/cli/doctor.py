"""What works on this machine and what does not: Python, torch, devices, memory, Qt, display."""

from __future__ import annotations

import os
import subprocess
import sys

from app.cli.out import say
from app.training.machine import MachineFact, MachineSection, sections

_QT_PROBE = """
import sys
from PySide6 import __version__
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv)
screen = app.primaryScreen()
size = screen.size() if screen else None
print(__version__, app.platformName(), f"{size.width()}x{size.height()}" if size else "none", sep="|")
"""


def doctor() -> int:
    """Print the findings; status 1 if something that every command needs does not work. A missing display is only
    told: without one, all but the window works."""
    sound = True
    for section in sections():
        _print(section)
        sound = sound and all(fact.fine for fact in section.facts)
    _print(MachineSection("Window", (_qt(),)))
    return 0 if sound else 1


def _print(section: MachineSection) -> None:
    for fact in section.facts:
        # "Memory: Total: 16 GB" says whose total it is; most names say it themselves.
        place = "Memory, " if section.title == "Memory" else ""
        say(f"{'ok ' if fact.fine else 'NO '} {place}{fact}")


def _qt() -> MachineFact:
    """Asks in a process of its own: Qt ends the process when it finds no display."""
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _QT_PROBE], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return MachineFact("Qt", f"does not answer ({error})", False)
    if done.returncode == 0 and "|" in done.stdout:
        version, name, screen = done.stdout.strip().split("|")
        return MachineFact("Qt", f"{version} on the platform {name}, screen {screen}")
    reason = next((row for row in done.stderr.splitlines() if row.strip()), "it ended without a word")
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        reason = "there is no display; the window needs one, everything else works (netloom --help lists it)"
    return MachineFact("Qt", reason, False)
