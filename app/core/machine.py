"""How much memory this machine, or its GPU, has free. Standard library only; nothing is loaded for the answer."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class FreeMemory:
    """Bytes that a program can still have, of all that there are."""

    free: int
    total: int


def main_memory() -> FreeMemory | None:
    """The main memory, or None if this system does not say. What the system keeps only to be faster counts as free;
    a container has no more than it may have."""
    ask: dict[str, Callable[[], FreeMemory | None]] = {"linux": _linux, "darwin": _macos, "win32": _windows}
    try:
        return ask.get(sys.platform, _posix)() or _posix()
    except (OSError, ValueError, AttributeError, IndexError):
        return None


def gpu_memory() -> FreeMemory | None:
    """The memory of the GPU that torch computes on, or None while torch has not used one yet: neither torch nor CUDA
    is started for the question. What torch holds but does not use counts as free."""
    torch: Any = sys.modules.get("torch")
    try:
        if torch is None or not torch.cuda.is_initialized():
            return None
        free, total = torch.cuda.mem_get_info()
        return FreeMemory(free + torch.cuda.memory_reserved() - torch.cuda.memory_allocated(), total)
    except (RuntimeError, AttributeError):  # still being imported, or the driver is gone
        return None


def _linux(proc: Path = _PROC, groups: Path = _GROUPS) -> FreeMemory | None:
    text = (proc / "meminfo").read_text()
    total, free = (re.search(rf"^{name}:\s*(\d+)", text, re.MULTILINE) for name in ("MemTotal", "MemAvailable"))
    if total is None or free is None:
        return None  # a kernel older than 3.14
    room = FreeMemory(int(free[1]) * 1024, int(total[1]) * 1024)
    limit = _limited(proc, groups)
    return room if limit is None else FreeMemory(min(room.free, limit.free), min(room.total, limit.total))


def _limited(proc: Path, groups: Path) -> FreeMemory | None:
    """What the control groups of this process leave it, the tightest of them; None if none sets a limit."""
    try:
        entries = (line.split(":", 2) for line in (proc / "self/cgroup").read_text().splitlines())
        inside = next((path for number, _, path in entries if number == "0"), "/").strip("/")
    except (OSError, ValueError):
        return None
    found: FreeMemory | None = None
    folder = groups / inside
    while folder == groups or groups in folder.parents:
        room = _of_group(folder)
        if room is not None and (found is None or room.free < found.free):
            found = room
        folder = folder.parent
    return found


def _of_group(folder: Path) -> FreeMemory | None:
    try:
        limit = (folder / "memory.max").read_text().strip()
        if limit == "max":
            return None
        used = int((folder / "memory.current").read_text())
        stat = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        # Files that were read are given back when memory is short.
        return FreeMemory(max(0, int(limit) - used + int(stat.get("inactive_file", 0))), int(limit))
    except (OSError, ValueError):
        return None


def _posix() -> FreeMemory | None:
    sysconf: Callable[[str], int] | None = getattr(os, "sysconf", None)
    if sysconf is None:
        return None
    page = sysconf("SC_PAGE_SIZE")
    return FreeMemory(sysconf("SC_AVPHYS_PAGES") * page, sysconf("SC_PHYS_PAGES") * page)


def _macos(library: Any = None) -> FreeMemory | None:
    library = library if library is not None else ctypes.CDLL(None)

    def ask(name: str) -> int:
        value, size = ctypes.c_uint64(0), ctypes.c_size_t(8)
        if library.sysctlbyname(name.encode(), ctypes.byref(value), ctypes.byref(size), None, ctypes.c_size_t(0)):
            raise OSError(f"sysctl does not know {name}")
        return value.value

    # Free pages, those that hold files, and those that programs have marked as not needed.
    pages = sum(ask(f"vm.page_{kind}_count") for kind in ("free", "pageable_external", "purgeable"))
    return FreeMemory(pages * ask("hw.pagesize"), ask("hw.memsize"))


class _MemoryStatus(ctypes.Structure):
    _fields_ = [
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        *((name, ctypes.c_uint64) for name in ("total", "free", "file_total", "file_free", "space", "space_free", "x")),
    ]


def _windows(library: Any = None) -> FreeMemory | None:
    library = library if library is not None else ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not library.GlobalMemoryStatusEx(ctypes.byref(status)):
        return None
    return FreeMemory(status.free, status.total)
