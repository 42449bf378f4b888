"""What processes of one machine tell each other through memory. Threads stand in for them: each has its own view."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
import torch
from torch import Tensor

from app.training import shared_memory as module
from app.training.shared_memory import MOST, SharedMemory

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells that another process has ended")
WORLD = 3


@pytest.fixture
def memory() -> mmap.mmap:
    return mmap.mmap(-1, WORLD * (64 + 2 * MOST))


@pytest.fixture
def alive() -> Iterator[int]:
    """Says that this process has not ended."""
    told = os.pidfd_open(os.getpid())
    yield told
    os.close(told)


def all_do(memory: mmap.mmap, alive: int, do: Callable[[int, SharedMemory], None]) -> None:
    """Each of three in a thread of its own."""
    failed: list[BaseException] = []

    def run(rank: int) -> None:
        try:
            do(rank, SharedMemory(memory, rank, [alive] * WORLD))
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(WORLD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    if failed:
        raise failed[0]


def of_rank(rank: int, turn: int, kind: torch.dtype = torch.float32) -> Tensor:
    generator = torch.Generator().manual_seed(100 * turn + rank)
    return (torch.rand(5 + turn % 7, 3, generator=generator) * 9).to(kind)


def test_sums_and_rows_of_many_turns(memory: mmap.mmap, alive: int) -> None:
    """Fails if a process reads what another has not written yet or already written anew, if the rows come in another
    order than that of the ranks, or if two processes come to sums with other bits."""
    sums: list[list[Tensor]] = [[] for _ in range(WORLD)]
    rows: list[list[list[Tensor]]] = [[] for _ in range(WORLD)]

    def do(rank: int, shared: SharedMemory) -> None:
        for turn in range(60):
            own = of_rank(rank, turn)
            shared.all_reduce(own)
            sums[rank].append(own)
            sent = of_rank(rank, turn)
            got = [torch.empty_like(sent) for _ in range(WORLD)]
            shared.all_gather(got, sent)
            rows[rank].append(got)

    all_do(memory, alive, do)
    for turn in range(60):
        wanted = torch.stack([of_rank(rank, turn) for rank in range(WORLD)])
        for rank in range(WORLD):
            torch.testing.assert_close(sums[rank][turn], wanted.double().sum(0).float())
            assert torch.equal(sums[rank][turn], sums[0][turn])
            assert torch.equal(torch.stack(rows[rank][turn]), wanted)


@pytest.mark.parametrize("kind", [torch.int64, torch.bfloat16, torch.float64, torch.bool])
def test_tensors_of_every_kind(kind: torch.dtype, memory: mmap.mmap, alive: int) -> None:
    """Fails if the bytes of a tensor of other numbers than 32-bit floats are read wrong."""
    found: dict[int, list[Tensor]] = {}

    def do(rank: int, shared: SharedMemory) -> None:
        found[rank] = [torch.empty(5, 3, dtype=kind) for _ in range(WORLD)]
        shared.all_gather(found[rank], of_rank(rank, 0, kind))

    all_do(memory, alive, do)
    for rank in range(WORLD):
        assert all(torch.equal(each, of_rank(place, 0, kind)) for place, each in enumerate(found[rank]))


def test_a_process_that_has_ended_is_not_waited_for(memory: mmap.mmap, alive: int) -> None:
    """Fails if a process waits for ever for one that is gone, or if what it had still said is lost."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    told = os.pidfd_open(gone.pid)
    gone.wait()
    try:
        said = torch.ones(4)
        one, other = SharedMemory(memory, 0, [alive, told]), SharedMemory(memory, 1, [alive, alive])
        thread = threading.Thread(target=other.all_reduce, args=(torch.ones(4),))
        thread.start()  # it speaks once, and then no more
        one.all_reduce(said)
        thread.join()
        assert torch.equal(said, torch.full((4,), 2.0))
        with pytest.raises(torch.distributed.DistError, match="Process 1 has ended"):
            one.all_reduce(said)
    finally:
        os.close(told)


def test_what_is_too_large_goes_the_usual_way(memory: mmap.mmap, alive: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a tensor larger than its slot overwrites that of another process, instead of going through torch."""
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(module.distributed, "all_reduce", lambda tensor: asked.append(tuple(tensor.shape)))
    monkeypatch.setattr(module.distributed, "all_gather", lambda tensors, tensor: asked.append(tuple(tensor.shape)))
    shared = SharedMemory(memory, 0, [alive] * WORLD)
    large = torch.zeros(MOST // 4 + 1)
    shared.all_reduce(large)
    shared.all_gather([large, large], large)
    shared.all_reduce(torch.zeros(0))
    assert asked == [tuple(large.shape)] * 2 + [(0,)]
