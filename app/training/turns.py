"""Who serves which objective: the turns that each step of the training takes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.optim import Optimizer

from app.core.compile.plan import Plan
from app.core.graph.recipe import Recipe
from app.training.objectives import Objective, objectives
from app.training.recipe import optimizer_for
from app.training.refusal import CannotTrain
from app.training.steps import Steps


@dataclass(frozen=True, slots=True)
class Turn:
    """An objective, the optimizer that serves it, and what it trains if that is not everything."""

    objective: Objective
    optimizer: Optimizer
    steps: Steps
    parameters: list[nn.Parameter] | None


def turns_for(plan: Plan, recipe: Recipe, model: nn.Module) -> list[Turn]:
    """The turns of a drawing, with fresh optimizers for the parameters of ``model``.

    Raises:
        CannotTrain: if an objective has nothing to train.
    """
    turns = []
    for objective in objectives(plan):
        parameters = objective.parameters(model)
        if not parameters and objective.updates is not None:
            raise CannotTrain(
                f"This loss should train {' and '.join(objective.updates)} alone, but nothing can be learned "
                "there. Choose layers with weights that are not frozen, or none for all.",
                objective.losses[0],
            )
        if not parameters:
            raise CannotTrain(
                "There is nothing to learn here: no layer has weights. Add a Fully connected layer or a "
                "convolution before the loss.",
                objective.losses[0],
            )
        optimizer = optimizer_for(recipe, parameters)
        trained = None if objective.updates is None else parameters
        turns.append(Turn(objective, optimizer, Steps(optimizer), trained))
    return turns
