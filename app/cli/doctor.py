"""What works on this machine and what does not: Python, torch, devices, memory, Qt, display."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata

from app.cli.out import say

_QT_PROBE = """
import sys
from PySide6 import __version__
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(sys.argv)
screen = app.primaryScreen()
size = screen.size() if screen else None
print(__version__, app.platformName(), f"{size.width()}x{size.height()}" if size else "no screen", sep="|")
"""
_PACKAGES = ("pyqtgraph", "networkx", "numpy", "scikit-learn", "captum", "safetensors", "pillow")


def doctor() -> int:
    """Print the findings; status 1 if something that every command needs does not work. A missing display is only
    told: without one, all but the window works."""
    sound = True
    for part in (_python, _torch, _packages, _memory, _qt):
        for fine, line in part():
            sound = sound and (fine or part is _qt)
            say(f"{'ok ' if fine else 'NO '} {line}")
    return 0 if sound else 1


Finding = tuple[bool, str]


def _python() -> Iterator[Finding]:
    yield sys.version_info >= (3, 11), f"Python {platform.python_version()} on {platform.platform()}"


def _torch() -> Iterator[Finding]:
    try:
        import torch
    except Exception as error:  # a broken installation raises OSError, ImportError and others
        yield False, f"torch does not load: {error}. Run make setup again."
        return
    yield True, f"torch {torch.__version__}, {torch.get_num_threads()} threads of {os.cpu_count()} cores"
    try:
        float(torch.ones(2, 2).matmul(torch.ones(2, 2)).sum())
        yield True, "CPU: computes"
    except RuntimeError as error:
        yield False, f"CPU: {error}"
    if torch.version.cuda is None:
        yield True, "CUDA: not used, because this torch was built without it"
    elif not torch.cuda.is_available():
        yield True, "CUDA: not used, because torch finds no GPU with a working driver"
    else:
        for index in range(torch.cuda.device_count()):
            yield _cuda(torch, index)


def _cuda(torch: object, index: int) -> Finding:
    name = torch.cuda.get_device_name(index)  # type: ignore[attr-defined]
    try:
        free, total = torch.cuda.mem_get_info(index)  # type: ignore[attr-defined]
        torch.ones(2, device=f"cuda:{index}").sum().item()  # type: ignore[attr-defined]
    except RuntimeError as error:
        return False, f"CUDA {index}: {name} does not compute: {error}"
    return True, f"CUDA {index}: {name}, {free / 1e9:.1f} of {total / 1e9:.1f} GB free"


def _packages() -> Iterator[Finding]:
    for name in _PACKAGES:
        try:
            yield True, f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            yield False, f"{name} is missing. Run make setup again."


def _memory() -> Iterator[Finding]:
    sysconf: Callable[[str], int] | None = getattr(os, "sysconf", None)
    if sysconf is None:
        return
    try:
        page = sysconf("SC_PAGE_SIZE")
        total, free = sysconf("SC_PHYS_PAGES") * page, sysconf("SC_AVPHYS_PAGES") * page
    except (ValueError, OSError):
        return
    yield True, f"memory: {free / 1e9:.1f} of {total / 1e9:.1f} GB free"


def _qt() -> Iterator[Finding]:
    """Asks in a process of its own: Qt ends the process when it finds no display."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _QT_PROBE], capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        yield False, f"Qt: does not answer ({error})"
        return
    if done.returncode == 0 and "|" in done.stdout:
        version, name, screen = done.stdout.strip().split("|")
        yield True, f"Qt {version} on the platform {name}, screen {screen}"
        return
    reason = next((row for row in done.stderr.splitlines() if row.strip()), "it ended without a word")
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        reason = "there is no display; the window needs one, everything else works (make demo shows it)"
    yield False, f"Qt: {reason}"
