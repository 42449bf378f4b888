"""The processes that ``torchrun`` has started to train together: which this one is, and how they meet."""

from __future__ import annotations

import atexit
import logging
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

import torch
from torch import distributed, nn

from app.training.control import Control
from app.training.shared_memory import SharedMemory, shared_memory
from nodes.modules.joint import Joint

LOST = "Another process of this training has ended"  # begins the sentence
# In the store: that the first one has come, why one of them cannot go on, and whether somebody has said so.
_CAME, _FAILED, _TOLD = "came", "failed", "told"
_SIGNS = ("gloo", "peer", "nccl", "connection", "timed out", "process group")  # in what torch says of another process


@dataclass(frozen=True)
class Processes:
    """One of ``world`` processes; ``rank`` 0 is the one that writes and speaks."""

    rank: int
    world: int
    shared: SharedMemory | None = None  # what they tell each other through, where it is not torch's way

    @property
    def first(self) -> bool:
        return self.rank == 0

    def joint(self, model: nn.Module, control: Control) -> Joint:
        """The model as all processes train it."""
        joint = Joint(model, lambda: control.stopped, self.shared or distributed)
        joint._working = False
        return joint


@contextmanager
def working(joint: Joint) -> Iterator[None]:
    """Inside, all processes compute together; else whoever looks at the net does so alone."""
    joint._working = True
    try:
        yield
    finally:
        joint._working = False


def one_wishes_to_end(joint: Joint) -> bool:
    """Whether one of the processes wished so before the step that was taken last; all hear the same."""
    return bool(joint._ending)


def started() -> Processes | None:
    """Meet the others, where ``torchrun`` has started several; else None."""
    world = _world()
    if world < 2:
        return None
    # Not every build of torch has them.
    from torch.distributed.distributed_c10d import PrefixStore
    from torch.distributed.rendezvous import rendezvous

    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count())
    if not distributed.is_initialized():
        enough = torch.cuda.device_count() >= int(os.environ.get("LOCAL_WORLD_SIZE", world))
        store, rank, world = next(rendezvous("env://"))
        kinds = "cpu:gloo,cuda:nccl" if enough and torch.cuda.is_available() else "gloo"
        words = PrefixStore("netloom", store)
        if rank == 0:
            words.set(_CAME, "1")
        own = PrefixStore("default_pg", store)
        distributed.init_process_group(kinds, store=own, rank=rank, world_size=world)
        _words.append(words)
        atexit.register(ended)
    return Processes(distributed.get_rank(), distributed.get_world_size(), shared_memory())


def _world() -> int:
    """How many processes there are to meet; 1 where there is nothing to meet by."""
    if not {"RANK", "MASTER_ADDR"} <= os.environ.keys() or not distributed.is_available():
        return 1
    return int(os.environ.get("WORLD_SIZE", "1") or 1)


def first_comes(seconds: float) -> bool:
    """Wait until the first process has come to meet the others, who then refuses nothing more by itself, or for so
    long at most. For one that cannot come."""
    until = time.monotonic() + seconds
    if _world() > 1:
        from torch.distributed.distributed_c10d import PrefixStore
        from torch.distributed.rendezvous import rendezvous

        # Where the first one keeps the store itself, and ends before it does, nobody answers.
        with suppress(RuntimeError, ValueError):
            store = PrefixStore("netloom", next(rendezvous("env://", timeout=timedelta(seconds=seconds)))[0])
            while time.monotonic() < until:
                if store.check([_CAME]):
                    return True
                time.sleep(0.05)
    time.sleep(max(0.0, until - time.monotonic()))
    return False


_words: list[Any] = []  # where they leave words for each other, once they have met


def fails(sentence: str, shared: SharedMemory | None) -> None:
    """Tell the others why this process cannot go on; those that wait for it hear it at once."""
    with suppress(RuntimeError):  # the store is gone with the process that kept it
        for words in _words:
            words.set(_FAILED, sentence)
    if shared is not None:
        shared.leave()


def has_been_told() -> bool:
    """Whether a process has said why another one failed."""
    with suppress(RuntimeError):
        return any(words.check([_TOLD]) for words in _words)
    return False


def may_tell() -> bool:
    """Whether it is for this process to say so: yes for the first one that asks."""
    with suppress(RuntimeError):
        return all(words.add(_TOLD, 1) == 1 for words in _words)
    return True


def why_lost() -> str:
    """Why another process cannot go on, for the first one to say; empty if that is not known, or said already."""
    with suppress(RuntimeError):
        for words in _words:
            if distributed.get_rank() == 0 and words.check([_FAILED]) and may_tell():
                return str(words.get(_FAILED).decode(errors="replace"))
    return ""


def met() -> bool:
    """Whether this process has met others."""
    return distributed.is_available() and distributed.is_initialized()


def meet() -> None:
    """Wait for the others."""
    distributed.barrier()


def ended() -> None:
    """Part from the others, and wait for the threads of the process group.

    Without it a process may abort on its way out ("terminate called without an active exception"; torch 2.13.0 with
    gloo on CPUs): the thread that has carried out a collective lets go of its tensors afterwards, for which it asks for
    the interpreter's lock. Where Python is about to end by then, it ends the thread instead, within a destructor.
    """
    if distributed.is_initialized():
        distributed.destroy_process_group()


def leave() -> NoReturn:
    """Part after all has gone well, and end this process at once, with status 0. The run's files must be written and
    closed by now: what Python does on its way out, such as calling ``atexit``, is left out.

    ``torchrun`` calls a training that ended well a failed one if a process aborts on that way; see ``ended``. Two of 34
    did although the process group had been destroyed, for a reason that was not found.
    """
    ended()
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(0)


def lost_another(error: BaseException) -> bool:
    """Whether it says that another process is gone."""
    if not met():
        return False
    text = str(error).lower()
    return isinstance(error, distributed.DistError) or any(word in text for word in _SIGNS)
