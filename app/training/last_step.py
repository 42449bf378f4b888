"""The last step of a training, weight by weight: old, gradient, learning rate, new. Kept only while somebody looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

SMALL = 100_000  # weights


@dataclass(frozen=True, eq=False)
class LastStep:
    """What one step did to every weight that is trained, by name. ``gradients`` are those that the optimizer was given;
    ``rates`` the learning rates, ``optimizers`` the names of who took the step. ``number`` counts steps from 1."""

    number: int
    old: Mapping[str, Tensor]
    gradients: Mapping[str, Tensor]
    new: Mapping[str, Tensor]
    rates: Mapping[str, float]
    optimizers: Mapping[str, str]


@dataclass
class StepRecorder:
    """Takes down steps while ``wanted``: whoever looks sets it, and finds the next step in ``last``. The first step of
    a small net is taken down for whoever looks only after it."""

    model: nn.Module
    wanted: bool = False
    last: LastStep | None = None
    optimizers: Mapping[str, Optimizer] = field(default_factory=dict)
    _old: dict[str, Tensor] | None = None

    def __post_init__(self) -> None:
        self.wanted = sum(weight.numel() for weight in self.model.parameters()) <= SMALL

    def before(self) -> bool:
        """To be called before each step. Whether it is taken down."""
        self._old = None
        if self.wanted:
            self._old = {n: w.detach().clone() for n, w in self.model.named_parameters() if w.requires_grad}
            self.wanted = False
        return self._old is not None

    def after(self, number: int) -> None:
        """The step has been taken."""
        if self._old is None:
            return
        weights = dict(self.model.named_parameters())
        names = {id(weight): name for name, weight in weights.items()}
        rates, takers = dict[str, float](), dict[str, str]()
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                for weight in group["params"]:
                    if (name := names.get(id(weight))) is not None:
                        rates[name], takers[name] = float(group["lr"]), type(optimizer).__name__
        with torch.no_grad():
            self.last = LastStep(
                number,
                self._old,
                {name: weights[name].grad.clone() for name in self._old if weights[name].grad is not None},  # type: ignore[union-attr]
                {name: weights[name].detach().clone() for name in self._old},
                rates,
                takers,
            )
        self._old = None
