"""Free memory, read without any package: every system's way, here with files and libraries that answer as it would."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.core import machine
from app.core.machine import FreeMemory

GB = 2**30
MEMINFO = (
    "MemTotal:       16777216 kB\nMemFree:         1048576 kB\nMemAvailable:    8388608 kB\nHugePages_Total:       0\n"
)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    (folder / "self").mkdir(parents=True)
    (folder / "meminfo").write_text(MEMINFO)
    (folder / "self/cgroup").write_text("1:name=systemd:/x\n0::/outer/inner\n")
    return folder


def group(folder: Path, limit: str, used: int, files: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "memory.max").write_text(f"{limit}\n")
    (folder / "memory.current").write_text(f"{used}\n")
    (folder / "memory.stat").write_text(f"anon {used - files}\ninactive_file {files}\n")


def test_this_machine_answers() -> None:
    """Fails if the machine that runs the tests does not say how much memory it has."""
    room = machine.main_memory()
    assert room is not None
    assert 0 < room.free <= room.total
    assert room.total > GB // 2


def test_linux_counts_what_the_system_would_give_back(proc: Path, tmp_path: Path) -> None:
    """Fails if memory that holds files only for speed counts as taken."""
    assert machine._linux(proc, tmp_path / "none") == FreeMemory(8 * GB, 16 * GB)


def test_a_container_has_what_it_may_have(proc: Path, tmp_path: Path) -> None:
    """Fails if the limit of a container is not seen, so that a training is killed that was said to fit."""
    groups = tmp_path / "groups"
    group(groups / "outer", str(4 * GB), 3 * GB, GB)
    group(groups / "outer/inner", "max", GB)
    assert machine._linux(proc, groups) == FreeMemory(2 * GB, 4 * GB)
    group(groups / "outer/inner", str(GB), GB)
    assert machine._linux(proc, groups) == FreeMemory(0, GB)
    (proc / "self/cgroup").unlink()
    assert machine._linux(proc, groups) == FreeMemory(8 * GB, 16 * GB)


def test_windows_and_macos_are_asked_in_their_own_way() -> None:
    """Fails if the structures or names with which these systems are asked are wrong."""

    def status(target: Any) -> int:
        found = target._obj
        assert found.length == ctypes.sizeof(found) == 64
        found.total, found.free = 16 * GB, 3 * GB
        return 1

    assert machine._windows(SimpleNamespace(GlobalMemoryStatusEx=status)) == FreeMemory(3 * GB, 16 * GB)
    assert machine._windows(SimpleNamespace(GlobalMemoryStatusEx=lambda target: 0)) is None
    values = {
        b"vm.page_free_count": 10,
        b"vm.page_pageable_external_count": 20,
        b"vm.page_purgeable_count": 5,
        b"hw.pagesize": 16384,
        b"hw.memsize": 16 * GB,
    }

    def sysctl(name: bytes, value: Any, size: Any, new: object, length: object) -> int:
        if name not in values:
            return -1
        value._obj.value = values[name]
        return 0

    library = SimpleNamespace(sysctlbyname=sysctl)
    assert machine._macos(library) == FreeMemory(35 * 16384, 16 * GB)
    del values[b"hw.memsize"]
    with pytest.raises(OSError, match="memsize"):
        machine._macos(library)


def test_a_system_that_does_not_answer_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the window breaks where the size of the memory cannot be had."""

    def fails() -> None:
        raise OSError("no")

    for name in ("_linux", "_macos", "_windows", "_posix"):
        monkeypatch.setattr(machine, name, fails)
    assert machine.main_memory() is None


def test_nothing_is_loaded_for_the_answer() -> None:
    """Fails if asking for free memory, or for the estimate, loads torch."""
    code = (
        "import sys; from app.core import machine, memory; from app.core.inference import infer\n"
        "from app.core.storage.templates import load; p = load('lenet_digits'); memory.estimate(p, infer(p))\n"
        "assert machine.gpu_memory() is None; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_torch_holds_without_need_counts_as_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if memory that torch keeps from the last training counts as taken, or a GPU is started by the question."""
    cuda = SimpleNamespace(
        is_initialized=lambda: True,
        mem_get_info=lambda: (2 * GB, 8 * GB),
        memory_reserved=lambda: 5 * GB,
        memory_allocated=lambda: GB,
    )
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]
    assert machine.gpu_memory() == FreeMemory(6 * GB, 8 * GB)
    cuda.is_initialized = lambda: False
    assert machine.gpu_memory() is None
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace())  # type: ignore[arg-type]
    assert machine.gpu_memory() is None
