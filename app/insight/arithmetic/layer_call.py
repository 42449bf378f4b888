"""What a layer's arithmetic is built from: what arrives, its weights and its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import MovedStage, ProbedMeanStage
from app.insight.arithmetic.stage import GivenStage, Index, Stage

Stages = dict[str, Stage]


@dataclass(frozen=True, eq=False)
class LayerCall:
    """One layer with one sample.

    Attributes:
        node: its path.
        settings: those of its node.
        module: its torch module, or None.
        arrived: what arrives, by port, in the order of the wires.
        output: what it gives, by port, float64 without the batch.
        run: gives its outputs for other inputs, with a batch of one.
    """

    node: str
    settings: Mapping[str, Any]
    module: nn.Module | None
    arrived: Mapping[str, Sequence[Stage]]
    output: Mapping[str, np.ndarray]
    run: Callable[[Mapping[str, Sequence[Tensor]]], Mapping[str, Tensor]]
    inputs: Mapping[str, Sequence[Tensor]]  # as the layer got them, with the batch of one
    before: str = ""  # what stands before the names of weights, of a layer that is repeated

    @property
    def x(self) -> Stage:
        """What arrives first."""
        return next(iter(self.arrived.values()))[0]

    @property
    def every(self) -> list[Stage]:
        """All that arrives, in order."""
        return [stage for many in self.arrived.values() for stage in many]

    def weight(self, name: str) -> GivenStage:
        """A weight or a measured number of the module.

        Raises:
            AttributeError: if it has none.
        """
        value = _attribute(self.module, name)
        if value is None:
            raise AttributeError(name)
        return self.known(value, name)

    def maybe(self, name: str) -> GivenStage | None:
        """The same, or None."""
        value = _attribute(self.module, name)
        return self.known(value, name) if value is not None else None

    def known(self, value: Tensor, name: str) -> GivenStage:
        """A tensor of the module as a stage."""
        values = value.detach().double().cpu().numpy()
        learned = isinstance(value, nn.Parameter)

        def how(index: Index) -> Derivation:
            rule = (
                "It is a weight: training has made it." if learned else "It was measured, or is fixed; no sum makes it."
            )
            return Derivation("given", rule, float(values[index]))

        return GivenStage(values, self.node, self.before + name, how)

    # Found out by asking the layer

    def moved(self, *ports: str, port: str = "output") -> MovedStage:
        """For a layer that only moves numbers: it is given the numbers of the places instead, at all its inputs or at
        those of these ``ports``; the others get what they got."""
        varied = {name: many for name, many in self.arrived.items() if not ports or name in ports}
        stages = [stage for many in varied.values() for stage in many]
        shapes = [stage.shape for stage in stages]
        counts = [int(np.prod(shape)) for shape in shapes]
        starts = np.cumsum([1, *counts])

        def asked(factor: int) -> np.ndarray:
            codes, at, place = {}, iter(zip(starts, shapes, counts)), 0
            for name, many in self.inputs.items():
                if name not in varied:
                    codes[name] = list(many)
                    continue
                made = []
                for tensor in many:
                    start, shape, count = next(at)
                    code = (torch.arange(count, dtype=torch.float64) + int(start)) * factor
                    made.append(code.reshape(1, *shape).to(tensor.device))
                    place += 1
                codes[name] = made
            return self.run(codes)[port][0].detach().double().cpu().numpy()

        once, twice = asked(1), asked(-1)
        flat = np.rint(once).astype(np.int64)
        fixed = once == twice
        which = np.searchsorted(starts, flat, side="right") - 1
        which = np.where(fixed, -1, which)
        return MovedStage(stages, which, flat - starts[np.maximum(which, 0)], self.output[port])

    def shares(self, rule: str, port: str = "output") -> ProbedMeanStage:
        """For a layer whose outputs are weighted sums of what arrives first: how much each counts is its slope."""
        name = next(iter(self.inputs))
        tensor = self.inputs[name][0]

        def slopes(index: Index) -> np.ndarray:
            leaf = tensor.detach().double().requires_grad_()
            with torch.enable_grad():
                made = self.run({**self.inputs, name: [leaf]})[port][(0, *index)]
            (found,) = torch.autograd.grad(made, leaf)
            return found[0].detach().cpu().numpy()

        return ProbedMeanStage(self.x, self.output[port], slopes, rule)


def _attribute(module: nn.Module | None, name: str) -> Tensor | None:
    found: Any = module
    for step in name.split("."):
        found = getattr(found, step, None)
    return found if isinstance(found, Tensor) else None
