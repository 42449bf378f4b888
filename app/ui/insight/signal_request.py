"""What the Signals panel asks of a net, and what it gets back. Carried out in jobs, next to the net; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.insight.view import Subject

if TYPE_CHECKING:
    from app.insight.signal_values import LayerSignal


@dataclass(frozen=True, eq=False)
class SignalsSeen:
    """The layers at one moment. ``progress`` is in epochs; None where no training runs. ``samples`` were looked at."""

    layers: tuple[LayerSignal, ...]
    progress: float | None
    samples: int
    caption: str


@dataclass(frozen=True)
class SignalsOf:
    """What passes through every layer."""

    node: str | None = None

    def look(self, subject: Subject) -> SignalsSeen:
        """Measure it. While a training runs, the next step after this one is measured, too, for the next look."""
        from app.insight.layer_signals import layer_signals

        updates = subject.updates
        measured = updates.last() if updates is not None else {}
        if updates is not None:
            updates.wanted = True
        samples = subject.samples
        layers = layer_signals(subject.net, subject.model, samples.several(), measured)
        return SignalsSeen(layers, subject.progress, samples.count, subject.caption)
