"""The training that is on, and who has asked it for what: an answer goes to whoever asked, and to nobody else."""

from __future__ import annotations

from collections.abc import Callable

from app.training.control import Control, Request
from app.training.events import Probed


class LiveTraining:
    """Passes requests on to a training, and its answers back. Used in the window's thread only."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._waiting: dict[int, tuple[Request, Callable[[Probed], None]]] = {}

    @property
    def paused(self) -> bool:
        """Whether the training rests, or will after the batch it is in."""
        return self._control.paused

    def ask(self, request: Request, answered: Callable[[Probed], None]) -> None:
        """Have ``request`` carried out between two batches, and be told the answer; never, if the training ends."""
        self._waiting[id(request)] = (request, answered)
        self._control.ask(request)

    def hear(self, probed: Probed) -> None:
        """The training has answered something."""
        _, answered = self._waiting.pop(id(probed.request), (None, None))
        if answered is not None:
            answered(probed)
