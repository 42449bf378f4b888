"""What is freed while a network computes is there for its next step, and afterwards the system has it back."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.core import heap

# A program of its own, because pytest's process has a heap with a past. It counts the pages that the system has to
# give for pieces like those of a step of training, which are asked for, written and freed again and again.
PROGRAM = """
import ctypes, resource, sys, threading
from app.core import heap
heap.share_one_heap()
library = ctypes.CDLL(None)
library.malloc.restype, library.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
library.free.argtypes = [ctypes.c_void_p]
SIZE, PIECES = 5_000_000, 20  # more than a heap of one thread may hold

def step():
    pieces = [library.malloc(SIZE) for _ in range(PIECES)]
    for piece in pieces:
        ctypes.memset(piece, 1, SIZE)
    for piece in reversed(pieces):
        library.free(piece)

def pages(steps):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(steps):
        step()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()

def work():
    PLACE
found = []
if sys.argv[1] == "thread":
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
else:
    work()
print(*found)
"""
STEP = 20 * 5_000_000  # bytes
LARGE_PAGES = Path("/sys/kernel/mm/transparent_hugepage/enabled")
ONE_STEP = STEP // 4096  # pages

glibc = pytest.mark.skipif(heap._library is None, reason="glibc only")


def measured(code: str, where: str = "main") -> list[float]:
    """What ``found`` holds at the end of a fresh program in which ``code`` ran."""
    program = PROGRAM.replace("PLACE", code.replace("\n", "\n    "))
    done = subprocess.run([sys.executable, "-c", program, where], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [float(word) for word in done.stdout.split()]


@glibc
@pytest.mark.parametrize("where", ["main", "thread"])
def test_the_second_step_gets_the_memory_of_the_first(where: str) -> None:
    """Fails if freed memory goes back to the system after each step, in the main thread or in that of a job."""
    code = "with heap.kept():\n    found.append(pages(1))\n    found.append(pages(10))"
    first, later = measured(code, where)
    assert first > ONE_STEP / 2, "the program does not measure what it should"
    assert later < ONE_STEP / 2


@glibc
def test_afterwards_the_system_has_it_back() -> None:
    """Fails if a program holds the memory of a training that has ended."""
    inside, outside = measured("with heap.kept():\n    step()\n    found.append(resident())\nfound.append(resident())")
    assert inside - outside > 0.8 * STEP


def test_little_is_kept_and_much_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if every training of a small net asks for its pages anew, or if one beside it keeps those of a large one or
    of one of which nobody knows how large it is."""
    asked: list[int] = []
    monkeypatch.setattr(heap, "hand_back", lambda: asked.append(len(heap._entered)))
    with heap.kept(heap.LITTLE):
        pass
    assert asked == []
    for much in (heap.LITTLE + 1, 0):
        with heap.kept(heap.LITTLE), heap.kept(much):
            pass
        assert asked.pop() == 0
        assert not asked
    with heap.kept(heap.LITTLE):
        pass
    assert asked == []


@glibc
def test_afterwards_it_is_as_in_any_program() -> None:
    """Fails if memory is kept after the end too: what the heap holds on top, or a piece so large that any program would
    get it from the system alone."""
    before, after, faults = measured(
        "with heap.kept():\n"
        "    step()\n"
        "found.append(resident())\n"
        "step()\n"
        "found.append(resident())\n"
        "SIZE, PIECES = 50_000_000, 1\n"
        "globals().update(SIZE=SIZE, PIECES=PIECES)\n"
        "step()\n"
        "found.append(pages(1))"
    )
    assert after - before < 0.8 * STEP
    assert faults > 50_000_000 // 4096 / 2


@glibc
def test_the_last_to_leave_ends_it() -> None:
    """Fails if the end of a dream takes the memory of the training beside it."""
    later, after = measured(
        "with heap.kept():\n"
        "    with heap.kept():\n"
        "        step()\n"
        "    pages(1)\n"
        "    found.append(pages(10))\n"
        "found.append(len(heap._entered))"
    )
    assert later < ONE_STEP / 2
    assert after == 0


@glibc
@pytest.mark.parametrize("where", ["main", "thread"])
def test_a_large_net_gets_no_heap_with_holes(where: str) -> None:
    """Fails if the pieces of a large net stay with the process, where each leaves a hole that the next, a little larger
    one, does not fit into; also if a dream beside it, or one that ends, brings that back."""
    code = (
        "def holes():\n"
        "    for size in range(2_000_000, 8_000_000, 200_000):\n"
        "        globals().update(SIZE=size)\n"
        "        step()\n"
        "    return resident()\n"
        "before = resident()\n"
        "with heap.kept(heap.SMALL + 1):\n"
        "    step()\n"
        "    with heap.kept():\n"
        "        found.append(holes() - before)\n"
        "    found.append(holes() - before)\n"
        "with heap.kept(), heap.kept(heap.SMALL + 1):\n"
        "    found.append(holes() - before)"
    )
    assert max(measured(code, where)) < 0.2 * STEP


@glibc
def test_a_small_net_keeps_what_it_was_promised_and_no_more() -> None:
    """Fails if the heap of a small net outgrows what was promised for good, or if its pieces go back at each step."""
    first, later, kept = measured(
        "before = resident()\n"
        "with heap.kept(60_000_000):\n"
        "    globals().update(SIZE=2_000_000)\n"
        "    found.extend([pages(1), pages(10)])\n"
        "    globals().update(SIZE=5_000_000)\n"
        "    step()\n"
        "    found.append(resident() - before)"
    )
    assert first > 20 * 2_000_000 // 4096 / 2, "the program does not measure what it should"
    assert later < first / 2
    assert kept < 1.25 * 60_000_000


@glibc
@pytest.mark.parametrize("chosen", [None, "0"])
def test_large_tensors_come_in_large_pages(chosen: str | None) -> None:
    """Fails if torch has made its first tensor before it is told, or if what the user has set counts for nothing."""
    program = (
        "import app, os, resource, torch\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "kept = torch.ones(32 * 2**20)\n"
        "print(os.environ['THP_MEM_ALLOC_ENABLE'], resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"
    )
    environment = {name: value for name, value in os.environ.items() if name != "THP_MEM_ALLOC_ENABLE"}
    environment |= {"THP_MEM_ALLOC_ENABLE": chosen} if chosen is not None else {}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    told, faults = done.stdout.split()
    assert told == (chosen or "1")
    policy = LARGE_PAGES.read_text() if LARGE_PAGES.exists() else "[never]"
    if "[madvise]" in policy:  # else the system alone decides
        assert (int(faults) < 32 * 2**20 * 4 // 4096 / 4) == (chosen is None)


def test_an_error_inside_ends_it_too() -> None:
    """Fails if a training that breaks leaves the heap as it was for the training."""
    before = list(heap._entered)
    with pytest.raises(RuntimeError), heap.kept():
        raise RuntimeError
    assert heap._entered == before


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a system without glibc gets an error instead of a training."""
    monkeypatch.setattr(sys, "platform", "win32")
    assert heap._glibc() is None
    monkeypatch.setattr(heap, "_library", None)
    heap.share_one_heap()
    with heap.kept():
        pass
