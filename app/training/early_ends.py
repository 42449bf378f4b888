"""What ends a training before its last epoch, and what is told then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from app.core.checks.problems import SetTraining
from app.core.compile.net import CompiledNet
from app.training.checkpoints import BadRun
from app.training.divergence import Divergence
from app.training.events import Event, Failed
from app.training.processes import LOST, lost_another, why_lost
from app.training.recipe import computes_with_16_bits, device_for
from app.training.refusal import CannotTrain

_BITS = ("dtype", "BFloat16", "Half", "same type")  # in what torch says where numbers have other bits than they should

log = logging.getLogger(__name__)


class StopRequested(Exception):
    """Asked to end. It carries no event, because the position has to be kept first."""


class DoctorGaveUp(Exception):
    """The doctor gives up on this run."""

    def __init__(self, reason: Divergence) -> None:
        super().__init__(reason.finding.sentence)
        self.finding = reason.finding
        self.useless = reason.useless


def refused(refusal: Exception) -> Failed:
    """The ending for what was refused with a sentence."""
    return Failed(getattr(refusal, "node", None), str(refusal), getattr(refusal, "fixes", ()))


def keeping(told: Iterable[Event], save: Callable[[bool], None]) -> Iterator[Event]:
    """What is still to be told of a run whose data fails on the way: its position is kept as at a stop, so that it
    goes on there once the data is back. A disk that is full as well must not hide the reason."""
    with suppress(DoctorGaveUp, BadRun, OSError):
        try:
            yield from told
        except GeneratorExit:  # whoever listened has gone, and that keeps the position as well
            save(True)
            raise
        save(True)


def failed(net: CompiledNet, error: Exception, out: Path | None) -> Failed:
    """The ending for an exception. RuntimeError counts too: torch raises it for wrong shapes and full memory."""
    log.info("The training failed.", exc_info=error)
    if isinstance(error, OSError) and not lost_another(error):
        return Failed(None, f"The run cannot be written to {out}: {error.strerror or error}. Choose another folder.")
    if lost_another(error):
        folder = out if out is not None else "RUN"
        kept = f" What was kept goes on with: netloom train --resume {folder}"
        why = why_lost()
        if why:
            return Failed(None, f"Another process of this training has failed, so all end: {why.rstrip('.')}.{kept}")
        return Failed(None, f"{LOST}, so this one ends as well.{kept}")
    node, sentence = net.explain(error)
    if _has_16_bits(net) and any(words in str(error) for words in _BITS):
        # As a layer of one's own may, which takes numbers with the bits of its weights alone.
        reason = sentence.removeprefix("torch refused: ").rstrip(".")
        said = f"This cannot be computed with mixed precision (torch: {reason}). Set the precision to single."
        return Failed(node, said, (SetTraining("precision", "single"),))
    return Failed(node, sentence)


def _has_16_bits(net: CompiledNet) -> bool:
    """Whether its layers were computed with 16 bits: on a CPU without instructions for them the precision changes
    nothing, and so it is not why anything failed."""
    recipe = net.plan.recipe
    try:
        return computes_with_16_bits(recipe, device_for(recipe))
    except CannotTrain:  # of a GPU that is gone
        return False
