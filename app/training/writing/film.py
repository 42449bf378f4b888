"""What a net wrote at some steps of its training, kept with the run."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.training.folder import TEXTS
from nodes.api import NoData

if TYPE_CHECKING:
    from torch import nn

    from app.core.compile.net import CompiledNet
    from app.training.writing.sampling import Letter

log = logging.getLogger(__name__)

FIRST = (100, 300, 500, 700, 1200, 2000)  # steps at which it writes, then after every thousand
LENGTH = {"characters": 300, "words": 60}
MOST_FRAMES = 200


@dataclass(frozen=True)
class FilmFrame:
    """What was written after so many steps of the training, with the net's probability of each piece and the
    candidates that it had."""

    iteration: int
    epoch: int
    pieces: tuple[str, ...]
    probabilities: tuple[float, ...]
    others: tuple[tuple[tuple[str, float], ...], ...]

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self.pieces)

    def as_dict(self) -> dict[str, Any]:
        """As a line of the file. Probabilities are rounded: they are looked at, and not calculated with."""
        return {
            "iteration": self.iteration,
            "epoch": self.epoch,
            "pieces": list(self.pieces),
            "probabilities": [round(each, 4) for each in self.probabilities],
            "others": [[[word, round(chance, 3)] for word, chance in each] for each in self.others],
        }


def frame_of(letters: Sequence[Letter], iteration: int, epoch: int) -> FilmFrame:
    """What was written as a frame."""
    return FilmFrame(
        iteration,
        epoch,
        tuple(each.text for each in letters),
        tuple(each.probability for each in letters),
        tuple(each.others for each in letters),
    )


def is_due(iteration: int) -> bool:
    """Whether the net writes after so many steps."""
    return iteration in FIRST or (iteration > FIRST[-1] and iteration % 1000 == 0)


class Film:
    """Lets a net write on the way of its training. One that cannot write costs nothing."""

    def __init__(self, net: CompiledNet, folder: Path | None) -> None:
        self._folder = folder
        self._writer = None
        if folder is None:
            return
        from app.training.writing.writer import writer_of

        try:
            self._writer = writer_of(net)
        except (NoData, ValueError):
            return

    @property
    def wanted(self) -> bool:
        """Whether there is a net that writes, and a place for it."""
        return self._writer is not None

    def after_step(self, model: nn.Module, iteration: int, epoch: int) -> bool:
        """Write where it is due; whether anything was done. The training goes on as if nobody had looked."""
        if self._writer is None or self._folder is None or not is_due(iteration):
            return False
        from app.training.writing.sampling import write

        try:
            letters = list(write(self._writer, model, length=LENGTH[self._writer.unit], seed=iteration))
            add_frame(self._folder, frame_of(letters, iteration, epoch))
        except (NoData, RuntimeError, OSError) as reason:
            log.info("Nothing was written for the film: %s", reason)
            self._writer = None
        return True


def add_frame(folder: Path, frame: FilmFrame) -> None:
    """Add a frame to the film of a run.

    Raises:
        OSError: if that fails.
    """
    with open(folder / TEXTS, "a", encoding="utf-8") as file:
        file.write(json.dumps(frame.as_dict(), ensure_ascii=False) + "\n")


def read_film(folder: Path) -> tuple[FilmFrame, ...]:
    """The film of a run, by iteration; what cannot be read is left out, of two at one iteration the last counts."""
    try:
        lines = (folder / TEXTS).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    frames: dict[int, FilmFrame] = {}
    for line in lines[-10 * MOST_FRAMES :]:
        frame = _frame(line)
        if frame is not None:
            frames[frame.iteration] = frame
    return tuple(frames[iteration] for iteration in sorted(frames))[-MOST_FRAMES:]


def _frame(line: str) -> FilmFrame | None:
    try:
        told = json.loads(line)
        pieces = tuple(str(each) for each in told["pieces"])
        chances = tuple(min(1.0, max(0.0, float(each))) for each in told["probabilities"])
        others = tuple(tuple((str(word), float(chance)) for word, chance in each) for each in told["others"])
        frame = FilmFrame(int(told["iteration"]), int(told["epoch"]), pieces, chances, others)
    except (ValueError, KeyError, TypeError):
        return None
    return frame if len(pieces) == len(chances) == len(others) <= 10_000 else None
