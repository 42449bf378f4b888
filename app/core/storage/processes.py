"""Which process wrote something, and whether it still runs."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_ON_WINDOWS = os.name == "nt"
_ON_LINUX = sys.platform == "linux"


@dataclass(frozen=True)
class Process:
    """A process as it can be found again. Numbers are used again after a while, so ``started`` belongs to it.

    ``started`` is any text that stays the same while the process runs; empty where the system does not tell.
    """

    number: int
    started: str
    machine: str

    @property
    def living(self) -> bool:
        """Whether it runs on this machine now. One of another machine cannot be asked and counts as ended."""
        if self.machine != this_machine():
            return False
        return exists(self.number) and started(self.number) == self.started


@cache
def this_machine() -> str:
    """The name of this computer."""
    import platform  # with subprocess; the window is seen before anybody asks

    return platform.node()


@cache
def _of(number: int) -> Process:
    return Process(number, started(number), this_machine())


def this_process() -> Process:
    """The one that asks."""
    return _of(os.getpid())


def exists(number: int) -> bool:
    """Whether there is a process of this number now; its own, or another one that was given the same number."""
    if number <= 0:
        return False
    if _ON_WINDOWS:
        return bool(started(number))
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OverflowError:
        return False
    except OSError:
        return True  # it belongs to somebody else
    return not _dead(number)


def _dead(number: int) -> bool:
    """Whether it has ended and only waits for its parent to take notice (a zombie)."""
    with contextlib.suppress(OSError, IndexError):
        return _fields(number)[0] in (b"Z", b"X")
    return False


def _fields(number: int) -> list[bytes]:
    """What Linux tells of a process, from its state on; its name before that may hold anything."""
    return Path(f"/proc/{number}/stat").read_bytes().rpartition(b")")[2].split()


def started(number: int) -> str:
    """When the process of this number began, as a text to compare; empty if that cannot be found out."""
    if _ON_LINUX:
        with contextlib.suppress(OSError, IndexError):
            return f"{_boot()} {int(_fields(number)[19])}"
        return ""
    if _ON_WINDOWS:
        return _started_on_windows(number)
    import subprocess  # here, so that no start waits for it where it is not needed

    with contextlib.suppress(OSError, subprocess.SubprocessError):
        asked = ["ps", "-o", "lstart=", "-p", str(number)]
        return subprocess.run(asked, capture_output=True, text=True, timeout=5, check=False).stdout.strip()
    return ""


@cache
def _boot() -> str:
    """Linux counts from its own start, so that belongs to the time."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    return ""


def _started_on_windows(number: int) -> str:
    import ctypes
    from ctypes import wintypes

    system = getattr(ctypes, "windll").kernel32  # noqa: B009  elsewhere there is none, and the type check knows
    handle = system.OpenProcess(0x1000, False, number)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return ""
    try:
        status = wintypes.DWORD()
        times = [wintypes.FILETIME() for _ in range(4)]
        if not system.GetExitCodeProcess(handle, ctypes.byref(status)) or status.value != 259:  # STILL_ACTIVE
            return ""
        if not system.GetProcessTimes(handle, *(ctypes.byref(each) for each in times)):
            return ""
        return str((times[0].dwHighDateTime << 32) + times[0].dwLowDateTime)
    finally:
        system.CloseHandle(handle)
