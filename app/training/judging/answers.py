"""The answers of a net to many samples, each with its own loss."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.decision import Decision, decision_of, estimate_of
from app.core.compile.net import CompiledNet
from app.training.judging.explained import Explained

MOST_CLASSES = 2000  # of a confusion matrix: one of 10,000 classes would take 800 MB
MOST_DOTS = 200_000  # single answers that are kept where each sample has many
_NOTHING = np.empty(0)


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a net says of n samples. Numpy alone, so that it may cross threads.

    ``numbers`` (n,) are those of the samples in the data, ``losses`` (n,) what the losses say of each alone, not a
    number where that cannot be asked; ``whole`` is how many samples the part has, where only some were asked about.

    Of classes: ``right`` (n,) is the share of right answers of each sample, of which there is one (``single``) or one
    for every dot or step; ``answered`` (n,) counts them, 0 where a sample has no class. ``truth``, ``predicted`` and
    the probabilities of both, ``sure`` for what was chosen and ``of_truth`` for what was right, are (n,) where there is
    one answer a sample, else some of all answers. ``confusion`` (classes, classes) counts right classes (rows) by
    chosen ones; None for too many, and of labels: of these ``labels`` (labels, 4) counts how often each was found, true
    and told, and answered at all, and ``words`` are their names.

    Of numbers: ``truth`` and ``predicted`` likewise; ``distance`` and ``squares`` (n,) are the mean absolute and the
    mean squared error of each sample, ``sums`` (n, 4) what it adds to R² (``r2_sums``).
    """

    part: str
    numbers: np.ndarray
    losses: np.ndarray
    whole: int
    kind: str = ""  # classes, numbers, or neither
    single: bool = True
    words: tuple[str, ...] = ()
    truth: np.ndarray = field(default_factory=lambda: _NOTHING)
    predicted: np.ndarray = field(default_factory=lambda: _NOTHING)
    sure: np.ndarray = field(default_factory=lambda: _NOTHING)
    of_truth: np.ndarray = field(default_factory=lambda: _NOTHING)
    right: np.ndarray = field(default_factory=lambda: _NOTHING)
    answered: np.ndarray = field(default_factory=lambda: _NOTHING)
    confusion: np.ndarray | None = None
    labels: np.ndarray | None = None
    distance: np.ndarray = field(default_factory=lambda: _NOTHING)
    squares: np.ndarray = field(default_factory=lambda: _NOTHING)
    sums: np.ndarray = field(default_factory=lambda: _NOTHING)

    @property
    def count(self) -> int:
        """How many samples were asked about."""
        return len(self.numbers)

    @property
    def accuracy(self) -> float:
        """The share of right answers, where classes are told."""
        if self.confusion is not None:
            return float(self.confusion.trace() / max(1, self.confusion.sum()))
        return float(np.nanmean(self.right)) if len(self.right) else float("nan")


class PredictionCollector:
    """Gathers answers batch by batch."""

    def __init__(self, net: CompiledNet, losses: nn.Module | None) -> None:
        self._net, self._losses = net, losses
        self._decision, self._estimate = decision_of(net.plan), estimate_of(net.plan)
        self._read = reader(self._decision) if self._decision is not None else None
        self._kept: dict[str, list[np.ndarray]] = {}
        self._confusion: Tensor | None = None
        self._labels: Tensor | None = None
        self._single = True
        self._every = 1  # of the answers, where a sample has many
        self._explained = Explained()

    @property
    def count(self) -> int:
        """How many samples there are so far."""
        return sum(map(len, self._kept.get("numbers", ())))

    def add(self, numbers: Tensor, batch: Mapping[str, Tensor], returned: Any, whole: int) -> None:
        """The answers to a batch of the samples with these numbers; ``whole`` is how many there will be at most."""
        with torch.no_grad():
            self._keep("numbers", numbers)
            self._keep("losses", own_losses(self._net, self._losses, returned, batch, len(numbers)))
            if self._decision is not None:
                self._add_classes(self._decision, batch, returned, len(numbers), whole)
            elif self._estimate is not None:
                self._add_numbers(batch, returned, len(numbers), whole)

    def _keep(self, name: str, values: Tensor) -> None:
        self._kept.setdefault(name, []).append(values.detach().cpu().numpy())

    def _add_classes(
        self, decision: Decision, batch: Mapping[str, Tensor], returned: Any, count: int, whole: int
    ) -> None:
        assert self._read is not None
        scores = list(self._net.outputs(returned).values())[decision.output]
        target = batch[decision.target]
        target = (target.argmax(-1) if decision.soft else target).long()
        predicted, probabilities = self._read(scores.float(), target)
        known = (target >= 0) & (target < decision.classes)
        if decision.ignored is not None:
            known &= target != decision.ignored
        truth = target.clamp(0, decision.classes - 1)
        sure = probabilities.gather(-1, predicted.unsqueeze(-1)).squeeze(-1)
        of_truth = probabilities.gather(-1, truth.unsqueeze(-1)).squeeze(-1)
        right = ((predicted == truth) & known).reshape(count, -1).double()
        answered = known.reshape(count, -1).sum(1)
        self._keep("right", right.sum(1) / answered)
        self._keep("answered", answered)
        if decision.labels:
            hit, told = predicted * truth * known, predicted * known
            each = torch.stack([hit, truth * known, told, known.long()], -1).reshape(-1, decision.labels, 4)
            counted = each.sum(0).cpu()
            self._labels = counted if self._labels is None else self._labels + counted
        elif decision.classes <= MOST_CLASSES:
            pairs = (decision.classes * truth + predicted)[known].flatten()
            counted = torch.bincount(pairs, minlength=decision.classes**2).cpu()
            self._confusion = counted if self._confusion is None else self._confusion + counted
        self._keep_some(count, whole, known, truth=truth, predicted=predicted, sure=sure, of_truth=of_truth)

    def _keep_some(self, count: int, whole: int, known: Tensor | None, **values: Tensor) -> None:
        """Keep one value a sample, or some of all where there are many."""
        each = next(iter(values.values())).reshape(count, -1).shape[1]
        self._single = each == 1
        if self._single:
            for name, value in values.items():
                value = value.reshape(count)
                if known is not None and name in ("truth", "predicted"):
                    value = torch.where(known.reshape(count), value, -1)
                self._keep(name, value)
            return
        self._every = max(1, -(-max(whole, count) * each // MOST_DOTS))
        for name, value in values.items():
            flat = value[known] if known is not None else value
            self._keep(name, flat.flatten()[:: self._every])

    def _add_numbers(self, batch: Mapping[str, Tensor], returned: Any, count: int, whole: int) -> None:
        assert self._estimate is not None
        outputs = self._net.outputs(returned)
        told = outputs[self._estimate.prediction.key].double()
        operand = self._estimate.truth
        truth = (outputs if operand.kind == "output" else batch)[operand.key].double()
        told, truth = told.reshape(count, -1), truth.reshape(count, -1)
        wrong = told - truth
        self._keep("distance", wrong.abs().mean(1))
        self._keep("squares", wrong.square().mean(1))
        self._explained.add(wrong.square(), truth)
        self._keep_some(count, whole, None, truth=truth, predicted=told)

    def answers(self, part: str, whole: int, words: Sequence[str] = ()) -> Predictions:
        """Everything that was gathered."""
        joined = {name: np.concatenate(pieces) for name, pieces in self._kept.items()}
        kind = "classes" if self._decision is not None else "numbers" if self._estimate is not None else ""
        classes = self._decision.classes if self._decision is not None else 0
        confusion = self._confusion.reshape(classes, classes).numpy() if self._confusion is not None else None
        if kind == "numbers" and joined:
            joined["sums"] = self._explained.sums()
        empty = {"numbers": np.empty(0, np.int64), "losses": _NOTHING}
        return Predictions(
            part,
            whole=whole,
            kind=kind,
            single=self._single,
            words=tuple(words),
            confusion=confusion,
            labels=self._labels.numpy() if self._labels is not None else None,
            **{**empty, **joined},
        )


def reader(decision: Decision) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """What gives the chosen classes and the probability of each class along the last dimension, from scores and right
    classes: of the very lines that the printed metrics have."""
    plain = replace(decision, ignored=None)  # what is ignored stays in its place here
    lines = (f"predicted = {plain.predicted}", *plain.probabilities, "return predicted, probabilities")
    names: dict[str, Any] = {"torch": torch}
    exec("def read(scores, target):\n" + "\n".join(f"    {line}" for line in lines), names)
    found: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]] = names["read"]
    return found


def own_losses(
    net: CompiledNet, losses: nn.Module | None, returned: Any, batch: Mapping[str, Tensor], count: int
) -> Tensor:
    """The sum of all losses of each sample (count,) as if it were a batch of its own; not a number where that cannot
    be asked, as of a loss that compares samples with each other."""
    nothing = torch.full((count,), torch.nan, dtype=torch.double)
    if losses is None:
        return nothing
    outputs = net.outputs(returned)
    operands = {o.variable: o for loss in net.plan.losses for o in loss.operands.values()}
    arguments = [outputs[o.key] if o.kind == "output" else batch[o.key] for o in operands.values()]
    if any(value.ndim == 0 or len(value) != count for value in arguments):
        return nothing

    def alone(*values: Tensor) -> Tensor:
        found: Mapping[str, Tensor] = losses(*(value.unsqueeze(0) for value in values))
        return torch.stack([value.double() for value in found.values()]).sum()

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on what torch vectorises one by one
            return torch.func.vmap(alone)(*arguments)
    except (RuntimeError, ValueError, TypeError, IndexError):
        pass
    try:
        return torch.stack([alone(*(value[at] for value in arguments)) for at in range(count)])
    except (RuntimeError, ValueError, TypeError, IndexError):
        return nothing
