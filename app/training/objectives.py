"""Which losses change which weights. Each step of the training serves the objectives in turn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from app.core.compile.plan import Plan, PlanLoss


@dataclass(frozen=True, slots=True)
class Objective:
    """Losses that are added up, and the nodes that their sum trains (None: all).

    An adversarial pair has two objectives: one trains the generator, the other the discriminator.
    """

    losses: tuple[str, ...]
    updates: tuple[str, ...] | None = None

    def total(self, values: Mapping[str, Tensor]) -> Tensor:
        """The number to be made small, from the values of the losses by name. The printed code has multiplied each
        with its weight already."""
        total: Tensor | None = None
        for name in self.losses:
            total = values[name] if total is None else total + values[name]
        assert total is not None, "an objective has at least one loss"
        return total

    def parameters(self, model: nn.Module) -> list[nn.Parameter]:
        """The weights it trains, in the model's order; each once, also where layers share them."""
        return [
            parameter
            for name, parameter in model.named_parameters()
            if parameter.requires_grad and (self.updates is None or name.split(".", 1)[0] in self.updates)
        ]


def objectives(plan: Plan) -> tuple[Objective, ...]:
    """The objectives of a drawing: losses that train the same nodes are served together.

    The setting ``updates`` of a loss names them (default all); a node that shares weights stands for their owner.
    """
    owners = {step.name: step.attribute for step in plan.graph.steps}
    together: dict[tuple[str, ...] | None, list[str]] = {}
    for loss in plan.losses:
        together.setdefault(_updates(loss, owners), []).append(loss.name)
    return tuple(Objective(tuple(group), updates) for updates, group in together.items())


def _updates(loss: PlanLoss, owners: Mapping[str, str]) -> tuple[str, ...] | None:
    """The owners of the weights that the loss trains, in one order however they were chosen."""
    named = loss.settings.get("updates")
    return tuple(sorted({owners.get(name, name) for name in named})) if named else None
