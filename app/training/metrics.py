"""Averages over an epoch: loss, and accuracy where a loss compares scores with classes.

torchmetrics gives the same accuracy (a test compares the two) but takes 33 µs for each batch where this takes 5, and
1.1 s to be imported, which would come on top of the first press of Train.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from app.core.compile.plan import Plan


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the scores for classes are (position among the model's outputs) and where the right class is.

    ``threshold`` is set where a single score decides between the classes 0 and 1, which may stand in a list of one
    (``listed``); ``channels`` says that there is a class for every dot of an image, whose scores are the channels.
    """

    output: int
    target: str
    threshold: float | None = None
    listed: bool = False
    channels: bool = False

    def scores(self, returned: Tensor | tuple[Tensor, ...]) -> Tensor:
        """The scores out of what the model returned; the last axis runs over the classes."""
        scores = returned[self.output] if isinstance(returned, tuple) else returned
        if self.threshold is not None:
            pair = [torch.full_like(scores, self.threshold), scores]
            return torch.cat(pair, -1) if self.listed else torch.stack(pair, -1)
        return scores.movedim(1, -1) if self.channels else scores


# Losses that read one score for two classes, and the score from which on it stands for class 1.
THRESHOLDS = {"BCELoss": 0.5, "BCEWithLogitsLoss": 0.0, "HingeLoss": 0.0}


def decision_of(plan: Plan) -> Decision | None:
    """What accuracy is measured on: the first loss with a score for each class, or one for two, and a class from the
    data."""
    shapes = {f"{source.node}.{port}": shape for source in plan.sources for port, shape in source.fields.items()}
    places = {output.key: place for place, output in enumerate(plan.outputs)}
    for loss in plan.losses:
        prediction, target = loss.operands.get("prediction"), loss.operands.get("target")
        if prediction is None or target is None or prediction.key not in places or target.kind != "field":
            continue
        scores, truth = plan.outputs[places[prediction.key]].shape, shapes.get(target.key)
        if truth is None or truth.dtype != "int":
            continue
        place, single = places[prediction.key], scores.sizes in (truth.sizes, (*truth.sizes, 1))
        if single and loss.type in THRESHOLDS:
            return Decision(place, target.key, THRESHOLDS[loss.type], listed=scores.rank > truth.rank)
        if single or loss.type in ("BCELoss", "BCEWithLogitsLoss"):
            continue
        if scores.rank == 3 and scores.sizes[1:] == truth.sizes:
            return Decision(place, target.key, channels=True)
        if scores.rank and scores.sizes[:-1] == truth.sizes:
            return Decision(place, target.key)
    return None


# Scores are kept for so many batches and then compared with the classes together: a comparison of 32 samples costs
# almost as much as one of 500. Large scores (a class for every pixel) are compared at once, to save memory.
TOGETHER = 16
LARGE = 65_536


class Averages:
    """Sums over batches. What comes from the device stays there until it is asked for, so no batch waits."""

    def __init__(self, device: torch.device) -> None:
        self.loss = 0.0
        self.samples = 0
        self._decisions = 0
        self._right = torch.zeros((), dtype=torch.int64, device=device)
        self._kept: list[tuple[Tensor, Tensor]] = []

    def add_loss(self, loss: float, samples: int) -> None:
        """The mean loss of a batch of so many samples."""
        self.loss += loss * samples
        self.samples += samples

    def add_decisions(self, scores: Tensor, target: Tensor) -> None:
        """Count how often the highest score stands at the right class."""
        self._kept.append((scores.detach(), target))
        if len(self._kept) == TOGETHER or scores.numel() > LARGE:
            self._compare()

    def _compare(self) -> None:
        if self._kept:
            scores, targets = (torch.cat(parts) for parts in zip(*self._kept))
            self._kept.clear()
            self._right += (scores.argmax(-1) == targets).sum()
            self._decisions += targets.numel()

    @property
    def mean_loss(self) -> float:
        """Mean over the samples; not a number if there were none."""
        return self.loss / self.samples if self.samples else float("nan")

    @property
    def accuracy(self) -> float | None:
        """Share of right decisions, None if there were none. Waits for the device."""
        self._compare()
        return int(self._right) / self._decisions if self._decisions else None

    def state(self) -> dict[str, float]:
        """Everything as plain numbers, for a checkpoint in the middle of an epoch."""
        self._compare()
        return {"loss": self.loss, "samples": self.samples, "decisions": self._decisions, "right": int(self._right)}

    def restore(self, state: Mapping[str, float]) -> None:
        """Continue from a saved state."""
        self.loss, self.samples = float(state["loss"]), int(state["samples"])
        self._decisions = int(state["decisions"])
        self._right.fill_(int(state["right"]))
