"""Which losses change which weights. Each step of the training serves the objectives in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from app.core.compile.plan import PlanLoss


@dataclass(frozen=True, slots=True)
class Objective:
    """Losses that are added up, each times its weight, and the nodes that their sum trains (None: all).

    An adversarial pair has two objectives: one trains the generator, the other the discriminator.
    """

    losses: tuple[str, ...]
    weights: tuple[float, ...]
    updates: tuple[str, ...] | None = None

    def total(self, values: Mapping[str, Tensor]) -> Tensor:
        """The number to be made small, from the values of the losses by name."""
        total: Tensor | None = None
        for name, weight in zip(self.losses, self.weights):
            value = values[name] if weight == 1.0 else values[name] * weight
            total = value if total is None else total + value
        assert total is not None, "an objective has at least one loss"
        return total

    def parameters(self, model: nn.Module) -> list[nn.Parameter]:
        """The weights it trains, in the model's order; each once, also where layers share them."""
        return [
            parameter
            for name, parameter in model.named_parameters()
            if parameter.requires_grad and (self.updates is None or name.split(".", 1)[0] in self.updates)
        ]


def objectives(losses: Sequence[PlanLoss]) -> tuple[Objective, ...]:
    """The objectives of a drawing: losses that train the same nodes are served together.

    A loss layer may have the settings ``weight`` (default 1) and ``updates`` (names of nodes; default all).
    """
    together: dict[tuple[str, ...] | None, list[PlanLoss]] = {}
    for loss in losses:
        updates = loss.settings.get("updates")
        together.setdefault(tuple(updates) if updates else None, []).append(loss)
    return tuple(
        Objective(
            tuple(loss.name for loss in group),
            tuple(float(loss.settings.get("weight", 1.0)) for loss in group),
            updates,
        )
        for updates, group in together.items()
    )
