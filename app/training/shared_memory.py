"""What processes of one machine tell each other through memory that all of them see.

Gloo sends through sockets, and hands each message from thread to thread three times. Where all cores compute, such a
thread waits for its turn behind another process, often for some milliseconds, of a step that takes twenty. Here whoever
waits looks at a number in memory until the others have written theirs.
"""

from __future__ import annotations

import mmap
import os
import platform
import select
import tempfile
import time
from collections.abc import Sequence

import torch
from torch import Tensor, distributed

MOST = 4 << 20  # bytes of a tensor that goes this way; of larger ones the copying takes longer than any waiting
FOLDER = "/dev/shm"
SPINNING = 0.02  # seconds; who waits longer sleeps in between, and sees whether the others are still there
NAP = 0.0005
LEFT = -1  # in the place of a counter: that process says nothing more
_MARK = 64  # bytes between two counters: a cache line, so that nobody slows another down
# Their writes are seen by other cores in the order in which they were made: first the tensor, then the counter.
_IN_ORDER = ("x86_64", "AMD64")


class SharedMemory:
    """The two collectives of ``torch.distributed`` that a ``Joint`` needs, among the processes of one machine.

    Every process counts its calls in a place of its own, and has two slots for what it says, which take turns: whoever
    is one call ahead of the slowest does not write where that one still reads.
    """

    def __init__(self, memory: mmap.mmap, rank: int, others: Sequence[int]) -> None:
        """``others`` are file descriptors, by rank, that can be read once such a process has ended; -1 for this one."""
        self._rank, self._others = rank, others
        self._memory = memory
        self._counters = memoryview(memory)[: _MARK * len(others)].cast("q")
        self._calls = 0

    def all_reduce(self, tensor: Tensor) -> None:
        """Add up the tensors of all processes, in the order of their ranks."""
        if not _suits(tensor):
            distributed.all_reduce(tensor)
            return
        first, *more = self._said(tensor)
        tensor.copy_(first)
        for each in more:
            tensor.add_(each)

    def all_gather(self, tensors: Sequence[Tensor], tensor: Tensor) -> None:
        """Copy the tensors of all processes, all of one shape, to ``tensors``."""
        if not _suits(tensor):
            distributed.all_gather(list(tensors), tensor)
            return
        for place, each in zip(tensors, self._said(tensor), strict=True):
            place.copy_(each)

    def _said(self, tensor: Tensor) -> list[Tensor]:
        """What each process says in this call; to be read before the next one."""
        self._calls += 1
        start = _MARK * len(self._others) + self._calls % 2 * MOST * len(self._others)
        slots = [
            torch.frombuffer(self._memory, dtype=tensor.dtype, count=tensor.numel(), offset=start + MOST * rank)
            for rank in range(len(self._others))
        ]
        slots[self._rank].copy_(tensor.view(-1))
        self._counters[self._place(self._rank)] = self._calls
        for rank in range(len(self._others)):
            self._wait(rank)
        return [slot.view(tensor.shape) for slot in slots]

    def leave(self) -> None:
        """Say nothing more, which whoever waits for this process hears at once."""
        self._counters[self._place(self._rank)] = LEFT

    def _place(self, rank: int) -> int:
        return _MARK // 8 * rank

    def _wait(self, rank: int) -> None:
        """Until that process has spoken.

        Raises:
            DistError: if it has ended or left before.
        """
        counters, place, calls = self._counters, self._place(rank), self._calls
        until = time.perf_counter() + SPINNING
        while counters[place] < calls:
            if counters[place] == LEFT:
                raise distributed.DistError(f"Process {rank} has left.")
            if time.perf_counter() < until:
                os.sched_yield()
                continue
            ended = select.poll()
            ended.register(self._others[rank], select.POLLIN)
            if ended.poll(0) and counters[place] < calls:
                raise distributed.DistError(f"Process {rank} has ended.")
            time.sleep(NAP)


def _suits(tensor: Tensor) -> bool:
    """Whether it goes this way. All processes come to the same, as their tensors are alike."""
    return tensor.device.type == "cpu" and tensor.is_contiguous() and 0 < tensor.nbytes <= MOST


def shared_memory() -> SharedMemory | None:
    """What all processes of this group share, where all are on one machine that has a core for each, and each can see
    whether the others have ended; else None. Every process must call it."""
    rank, world = distributed.get_rank(), distributed.get_world_size()
    here = hasattr(os, "pidfd_open") and platform.machine() in _IN_ORDER and not torch.cuda.is_available()
    file = None
    if here and rank == 0:
        try:
            file = tempfile.NamedTemporaryFile(dir=FOLDER, prefix="netloom-")  # noqa: SIM115
            os.posix_fallocate(file.fileno(), 0, world * (_MARK + 2 * MOST))  # else a full folder ends the program
        except OSError:
            file = None
    told: list[tuple[str, int, int, str]] = [("", 0, 0, "")] * world
    cores = len(os.sched_getaffinity(0)) if here else 0
    space = os.readlink("/proc/self/ns/pid") if here else ""
    distributed.all_gather_object(told, (file.name if file is not None else "", os.getpid(), cores, space))
    name = told[0][0]
    found = None
    if here and name and all(cores >= world and theirs == space for _, _, cores, theirs in told):
        try:
            with open(name, "r+b") as opened:
                memory = mmap.mmap(opened.fileno(), 0)
            others = [os.pidfd_open(pid) if each != rank else -1 for each, (_, pid, _, _) in enumerate(told)]
            found = SharedMemory(memory, rank, others)
        except OSError:  # another machine, or a system that forbids it
            found = None
    all_found: list[bool] = [False] * world
    distributed.all_gather_object(all_found, found is not None)
    if file is not None:
        file.close()  # the name goes; the memory stays while somebody uses it
    return found if all(all_found) else None
