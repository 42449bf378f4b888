"""How a window or a signal handler talks to a running training, from any thread. No torch here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

# A request gets a TrainingView (see training_view.py) and gives what Probed carries. It runs between two batches, in
# the training's thread, and should take no longer than a few milliseconds.
Request = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class PendingRequests:
    """What the loop has to do before the next batch."""

    lr: float | None
    changes: Mapping[str, float]
    edit: Any
    requests: tuple[Request, ...]
    stop: bool
    go: bool


class Control:
    """Wishes for a run, collected until the loop looks, which it does between two batches."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._stopped = False
        self._paused = False
        self._steps = 0
        self._stepping = False  # whether the last order was a single step
        self._lr: float | None = None
        self._changes: dict[str, float] = {}
        self._edit: Any = None
        self._requests: list[Request] = []
        # Read by the loop before every batch without the lock: most of the time there is nothing to do.
        self.attention = False

    @property
    def paused(self) -> bool:
        """Whether the run rests, or will after the batch it is in."""
        return self._paused

    @property
    def stepping(self) -> bool:
        """Whether the order that was taken last is a single step."""
        return self._stepping

    @property
    def stopped(self) -> bool:
        """Whether the run was asked to end."""
        return self._stopped

    def stop(self) -> None:
        """End after this batch, also from a pause; the position is kept so that the run can be continued."""
        self._change(stopped=True)

    def pause(self) -> None:
        """Rest after this batch. Requests are still served."""
        self._change(paused=True, steps=0)

    def resume(self) -> None:
        """Go on after a pause."""
        self._change(paused=False, steps=0)

    def step(self) -> None:
        """Do one more batch, then rest."""
        with self._condition:
            self._paused = True
            self._steps += 1
            self._wake()

    def set_lr(self, lr: float) -> None:
        """Use another learning rate from the next batch on.

        Raises:
            ValueError: if it is not a number above 0.
        """
        if not 0 < lr < float("inf"):
            raise ValueError(f"The learning rate must be a number above 0, but it is {lr}.")
        self._change(lr=lr)

    def change(self, setting: str, value: float) -> None:
        """Use another value of a setting: ``lr``, ``batch_size``, ``Adam.weight_decay`` and the like, or the drop rate
        of a layer (``dropout1.p``). It counts from the next batch on; the batch size from the next epoch on. What may
        not change is said by a ``Diagnosed``."""
        if setting == "lr":
            self.set_lr(value)
            return
        with self._condition:
            self._changes[setting] = value
            self._wake()

    def edit(self, edit: Any) -> None:
        """Train another drawing from the next batch on (see ``editing.Edit``); a later one takes the place of one that
        still waits. What came of it is told by an ``Edited``; a training that cannot go on with it rests."""
        self._change(edit=edit)

    def ask(self, request: Request) -> None:
        """Have something computed between two batches; the answer comes as ``Probed``. While a single step is on or
        granted, that is after the step, so that the answer shows what it did.

        A request that is equal to one still waiting is not added again.
        """
        with self._condition:
            if request not in self._requests:
                self._requests.append(request)
            self._wake()

    def _change(self, **values: Any) -> None:
        with self._condition:
            for name, value in values.items():
                setattr(self, f"_{name}", value)
            self._wake()

    def _wake(self) -> None:
        self.attention = bool(self._stopped or self._paused or self._requests or self._lr is not None or self._changes)
        self.attention = self.attention or self._edit is not None
        self._condition.notify_all()

    def take(self, *, ending: bool = False) -> PendingRequests:
        """For the loop: what is wished for now. A granted step is used up by this.

        Requests wait until the step is done. Where one step follows the other (a key that is held) they are served
        between two, else they would wait for as long as it is held. ``ending`` says that no batch follows at all.
        """
        with self._condition:
            step = self._paused and self._steps > 0 and not self._stopped and not ending
            requests = () if step and not self._stepping else tuple(self._requests)
            if step:
                self._steps -= 1
            self._stepping = step
            orders = PendingRequests(
                self._lr, dict(self._changes), self._edit, requests, self._stopped, step or not self._paused
            )
            self._lr = self._edit = None
            self._changes.clear()
            if requests:
                self._requests.clear()
            self._wake()
            return orders

    def wait(self) -> None:
        """For the loop: rest until there is something to do other than to stay paused."""
        with self._condition:
            while self._paused and not (
                self._steps or self._stopped or self._requests or self._lr is not None or self._changes or self._edit
            ):
                self._condition.wait()
