"""Will it fit in memory? The answer for the drawing as it is now, in the status bar and on the drawing's page."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from app.core.any_length import steps_counted
from app.core.graph.recipe import Recipe
from app.core.machine import FreeMemory, gpu_memory, main_memory
from app.core.memory import Memory, estimate, of_text, refusal, size_text, too_little
from app.ui.pace import later

if TYPE_CHECKING:
    from app.ui.base_window import BaseWindow

_SETTLE_MS = 100  # after the last of several edits: the answer is not worth holding up the hand that draws


@dataclass(frozen=True)
class MemoryVerdict:
    """What is said of the memory: ``short`` for the status bar, ``sentence`` if it does not fit, ``tip`` with the
    parts. ``short`` is empty while there is nothing to train."""

    short: str = ""
    sentence: str = ""
    tip: str = ""

    @property
    def fits(self) -> bool:
        """Whether there is nothing to complain of."""
        return not self.sentence


def verdict(memory: Memory, room: FreeMemory | None, recipe: Recipe, device: str, steps: str = "") -> MemoryVerdict:
    """The words for an estimate next to what ``device`` has free; ``room`` is None if that is not known. ``steps`` says
    how long a sample is thought to be that may have any length."""
    if not memory.gradients:
        return MemoryVerdict()  # nothing could be trained
    tip = _parts(memory, recipe, steps)
    if room is None:
        return MemoryVerdict(f"training takes {size_text(memory.total)}", "", tip)
    free = f"<br>{escape(device[:1].upper() + device[1:])} has {size_text(room.free)} free"
    tip += f"{free}, of {size_text(room.total)} in all."
    sentence = refusal(memory, room, device)
    amount = of_text(memory.total, room.free)
    if not sentence:
        return MemoryVerdict(f"fits: {amount}", "", tip)
    batch = memory.largest_batch(room)
    helps = f"batch size {batch:,} would" if 0 < batch < memory.batch else "use smaller layers"
    return MemoryVerdict(f"will not fit: {amount}; {helps}", sentence, f"<b>{escape(sentence)}</b><br>{tip}")


def _parts(memory: Memory, recipe: Recipe, steps: str) -> str:
    """The estimate in its parts, one a line."""
    samples = "1 sample" if memory.batch == 1 else f"{memory.batch:,} samples"
    samples += f" of {steps}" if steps else ""
    parts = [
        (memory.weights, "the weights"),
        (memory.gradients, "their gradients"),
        (memory.optimizer, f"what {recipe.optimizer} remembers"),
        (memory.values, f"the values of {samples} on their way"),
        (memory.spare, "room to work in"),
    ]
    rows = "".join(
        f"<tr><td align=right>{size_text(size)}</td><td>&nbsp;{escape(words)}</td></tr>" for size, words in parts
    )
    return (
        f"Training takes about {size_text(memory.total)}:<table>{rows}</table>"
        "An estimate; the data set and torch itself come on top."
    )


class MemoryFacts(QObject):
    """Follows drawing, recipe and device of one window, and tells status bar and inspector what is to be said."""

    def __init__(self, window: BaseWindow) -> None:
        super().__init__(window)
        self._window = window
        self._room: FreeMemory | None = None
        self._closed = False
        self.verdict = MemoryVerdict()
        self._timer = later(self, self.refresh)
        window.qdocument.changed.connect(self._later)
        window.session.device_changed.connect(self._later)
        window.session.state_changed.connect(self._later)
        self.refresh()

    @Slot()
    def _later(self, *_: object) -> None:
        if not self._closed:
            self._timer.start(_SETTLE_MS)

    def close(self) -> None:
        """Say nothing any more: the window goes, and a training that ends with it would still be heard."""
        self._closed = True
        self._timer.stop()

    def refresh(self) -> None:
        """Say it as it is now."""
        document = self._window.qdocument.document
        recipe = document.project.recipe
        device, room = self._device(recipe)
        memory = estimate(document.project, document.report)
        self.verdict = verdict(memory, room, recipe, device, steps_counted(document.report.main))
        self._window.listing.say_memory(too_little(memory, room, device))
        self._window.status.show_memory(self.verdict.short, self.verdict.tip, self.verdict.fits)
        if self._window.panels_made:
            self._window.inspector.drawing.show_memory(self.verdict.short, self.verdict.tip, self.verdict.sentence)

    def _device(self, recipe: Recipe) -> tuple[str, FreeMemory | None]:
        """Where the training would compute, and what is free there. A training that is on has taken its share
        already, so that what was free before it counts."""
        session = self._window.session
        on_gpu = session.device.startswith("CUDA")
        if recipe.device == "cuda" and not on_gpu:
            return "the GPU", None  # torch is not loaded yet, or there is none
        if not session.busy or self._room is None:
            self._room = gpu_memory() if on_gpu else main_memory()
        return ("the GPU" if on_gpu else "this computer"), self._room
