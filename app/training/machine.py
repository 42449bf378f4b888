"""What this machine offers: Python, torch, devices and why CUDA is or is not used, memory, versions. No window needed.

Everything is asked anew at each call and nothing is raised: what does not work is a fact too. torch is imported only
when its facts are asked for, so that a broken one can be told of.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from app.core.machine import main_memory
from app.core.memory import of_text, size_text

# What pyproject.toml asks for; a test compares them.
PACKAGES = (
    "PySide6-Essentials",
    "torch",
    "pyqtgraph",
    "networkx",
    "numpy",
    "scikit-learn",
    "captum",
    "safetensors",
    "pillow",
    "typer",
    "rich",
    "platformdirs",
    "polars",
    "scipy",
    "soundfile",
    "deflate",
)
_DRIVER = Path("/proc/driver/nvidia/version")
_THREAD_SETTINGS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "CUDA_VISIBLE_DEVICES")


@dataclass(frozen=True)
class MachineFact:
    """A name and what was found. Where something does not work, ``fine`` is False and the value names the remedy."""

    name: str
    value: str
    fine: bool = True

    def __str__(self) -> str:
        return f"{self.name}: {self.value}"


@dataclass(frozen=True)
class MachineSection:
    """Facts that belong together."""

    title: str
    facts: tuple[MachineFact, ...]


def sections() -> Iterator[MachineSection]:
    """Everything that can be found out without a window; torch comes second, because it may take a second to load."""
    for title, part in (("System", system), ("torch", torch_facts), ("Memory", memory), ("Versions", versions)):
        try:
            yield MachineSection(title, tuple(part()))
        except Exception as error:  # a machine that does not answer one question still answers the others
            yield MachineSection(
                title, (MachineFact(title, f"could not be asked ({type(error).__name__}: {error})", False),)
            )


def as_text(found: Iterator[MachineSection] | tuple[MachineSection, ...] | list[MachineSection]) -> str:
    """The facts as plain text, one a line, for a letter about a problem."""
    blocks = []
    for section in found:
        lines = [f"{'' if fact.fine else 'NOT WORKING: '}{fact}" for fact in section.facts]
        blocks.append("\n".join([f"[{section.title}]", *lines]))
    return "\n\n".join(blocks) + "\n"


# System


def system() -> Iterator[MachineFact]:
    """Python and the operating system."""
    fine = sys.version_info >= (3, 11)
    remedy = "" if fine else "; Netloom needs 3.11 or newer"
    yield MachineFact("Python", f"{platform.python_version()} ({sys.executable}){remedy}", fine)
    yield MachineFact("System", f"{platform.platform()}, {os.cpu_count()} cores")
    for name in _THREAD_SETTINGS:
        if name in os.environ:
            yield MachineFact(name, f"{os.environ[name] or 'empty'} (set in the environment)")


# torch


def torch_facts() -> Iterator[MachineFact]:
    """Version, threads, OpenMP and the devices; one fact that says why if torch cannot be loaded."""
    try:
        import torch
    except Exception as error:  # a broken installation raises OSError, ImportError and others
        words = " ".join(str(error).split()) or type(error).__name__
        missing = isinstance(error, ModuleNotFoundError) and error.name == "torch"
        reason = "is not installed" if missing else f"does not load: {words}"
        yield MachineFact("torch", f"{reason}. Drawing works, training does not. Run make setup again.", False)
        return
    yield MachineFact("torch", str(torch.__version__))
    yield MachineFact("Threads", f"{torch.get_num_threads()} of {os.cpu_count()} cores in this part of the program")
    yield from _parallel(torch)
    yield _cpu(torch)
    yield from _cuda(torch)


def _parallel(torch: Any) -> Iterator[MachineFact]:
    """OpenMP and the libraries for matrices, as torch was built."""
    text = str(torch.__config__.parallel_info())
    rows = [row.strip() for row in text.splitlines()]
    backend = next((row.partition(":")[2].strip() for row in rows if row.startswith("ATen parallel backend")), "")
    version = next((row for row in rows if row.startswith("OpenMP ") and row[7:8].isdigit()), "")
    if version or backend:
        yield MachineFact(
            "OpenMP", f"{version.removeprefix('OpenMP ') or 'none'}; torch computes in parallel with {backend}"
        )
    for name in ("mkl", "mkldnn"):
        part = getattr(torch.backends, name, None)
        if part is not None:
            yield MachineFact(
                {"mkl": "MKL", "mkldnn": "oneDNN"}[name], "used" if part.is_available() else "not in this torch"
            )


def _cpu(torch: Any) -> MachineFact:
    try:
        float(torch.ones(2, 2).matmul(torch.ones(2, 2)).sum())
    except RuntimeError as error:
        return MachineFact("CPU", f"does not compute: {error}. Run make setup again.", False)
    return MachineFact("CPU", f"computes{f' ({_processor()})' if _processor() else ''}")


def _processor() -> str:
    try:
        rows = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor()
    return next((row.partition(":")[2].strip() for row in rows if row.startswith("model name")), platform.processor())


def _cuda(torch: Any) -> Iterator[MachineFact]:
    reason = why_no_cuda(torch)
    if reason is not None:
        yield MachineFact("CUDA", f"not used, because {reason}")
        return
    yield MachineFact("CUDA", f"used; torch was built for CUDA {torch.version.cuda}")
    for index in range(torch.cuda.device_count()):
        yield _gpu(torch, index)


def _gpu(torch: Any, index: int) -> MachineFact:
    word = f"GPU {index}"
    try:
        name = torch.cuda.get_device_name(index)
        torch.ones(2, device=f"cuda:{index}").sum().item()
        free, total = torch.cuda.mem_get_info(index)
        major, minor = torch.cuda.get_device_capability(index)
    except RuntimeError as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        return MachineFact(word, f"does not compute: {first}. Set the device to CPU, or update the driver.", False)
    return MachineFact(word, f"{name}, {of_text(free, total)} free, compute capability {major}.{minor}")


def why_no_cuda(
    torch: Any, environment: Mapping[str, str] = os.environ, driver: Callable[[], bool] | None = None
) -> str | None:
    """Why this torch cannot use a GPU of NVIDIA here, as the end of a sentence, or None if it can."""
    if torch.cuda.is_available():
        return None
    if torch.version.cuda is None:
        return f"this torch ({torch.__version__}) was built without it"
    hidden = environment.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in ("", "-1"):
        return f"CUDA_VISIBLE_DEVICES is “{hidden}” in the environment, which hides every GPU"
    if not (driver or _has_driver)():
        return f"this system has no driver of NVIDIA; torch itself is built for CUDA {torch.version.cuda}"
    return f"the driver of NVIDIA offers no GPU that torch for CUDA {torch.version.cuda} can use; it may be too old"


def _has_driver() -> bool:
    return _DRIVER.exists() or shutil.which("nvidia-smi") is not None


# Memory


def memory() -> Iterator[MachineFact]:
    """All of the machine's memory, what is free of it for programs, and what this program takes."""
    room = main_memory()
    if room is None:
        yield MachineFact("Memory", "this system does not tell")
    else:
        yield MachineFact("Total", size_text(room.total))
        yield MachineFact("Free", size_text(room.free))
    own = _of_this_program()
    if own is not None:
        yield own


def _of_this_program() -> MachineFact | None:
    """What this process holds in memory now; where the system does not tell, the most it ever held."""
    try:
        rows = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        resident = next(row.split()[1] for row in rows if row.startswith("VmRSS:"))
        return MachineFact("This program", size_text(int(resident) * 1024))
    except (OSError, ValueError, IndexError, StopIteration):
        pass
    try:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        # macOS counts in bytes, others in kilobytes.
        return MachineFact("This program, at most", size_text(most if sys.platform == "darwin" else most * 1024))
    except (ImportError, OSError, ValueError):
        return None


# Versions


def versions() -> Iterator[MachineFact]:
    """Every package that the program is made of."""
    for name in PACKAGES:
        try:
            yield MachineFact(name, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield MachineFact(name, "is missing. Run make setup again.", False)
