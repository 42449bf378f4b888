"""Who serves which objective: the turns that each step of the training takes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn
from torch.optim import Optimizer

from app.core.compile.plan import Plan
from app.core.graph.recipe import Recipe
from app.core.problems import At
from app.training.objectives import Objective, objectives
from app.training.origin import layer_of
from app.training.recipe import optimizer_for
from app.training.refusal import CannotTrain
from app.training.steps import Steps
from nodes.api import SetParam


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
            raise _nothing_to_learn(plan, model, objective)
        optimizer = optimizer_for(recipe, parameters)
        trained = None if objective.updates is None else parameters
        turns.append(Turn(objective, optimizer, Steps(optimizer), trained))
    return turns


def _nothing_to_learn(plan: Plan, model: nn.Module, objective: Objective) -> CannotTrain:
    """Why no weight changes: all are frozen, or there are none."""
    names = [name for name, _ in model.named_parameters()]
    layer = next(filter(None, (layer_of(plan.graph, name) for name in reversed(names))), None)
    if names:
        sentence = "There is nothing to learn here: all weights are frozen. Unfreeze a layer"
        unfreeze = (At(layer, SetParam("frozen", False)),) if layer is not None else ()
        return CannotTrain(f"{sentence}, such as {layer}." if layer else f"{sentence}.", objective.losses[0], unfreeze)
    return CannotTrain(
        "There is nothing to learn here: no layer has weights. Add a Fully connected layer or a convolution before the "
        "loss.",
        objective.losses[0],
    )
