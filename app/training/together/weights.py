"""The weights of several models as the rows of one matrix, and the optimizers that change the rows.

The models stay models: their parameters and buffers become views of the rows, so that whatever reads or writes a
model, such as a stop rule or a checkpoint, finds it as it is after each step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from app.training.steps import FusedSteps, accelerated
from app.training.trainer import Trainer

SHARED = "params"  # of a group: the weights themselves


class StackedWeights:
    """Row k of ``values`` has the trained weights of model k; ``trained`` and ``fixed`` are the same numbers by name,
    each with a first dimension for the models. ``fixed`` are frozen weights and buffers, which may be of other kinds.

    Args:
        models: of the same class and with the same weights frozen, on one device.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        first, count = models[0], len(models)
        trained = {name: value for name, value in first.named_parameters() if value.requires_grad}
        self.sizes = {name: value.numel() for name, value in trained.items()}
        kind = next(iter(trained.values()))
        self.values = torch.empty(count, sum(self.sizes.values()), dtype=kind.dtype, device=kind.device)
        self.gradients = torch.zeros_like(self.values)
        self.rows = list(self.values.unbind())
        self.trained: dict[str, Tensor] = {}
        place = 0
        for name, value in trained.items():
            self.trained[name] = self.values[:, place : place + value.numel()].view(count, *value.shape)
            place += value.numel()
        others = [name for name, value in first.named_parameters() if not value.requires_grad]
        buffers = [name for name, _ in first.named_buffers()]
        self.fixed = {name: torch.stack([_get(model, name).detach() for model in models]) for name in others}
        self.fixed |= {name: torch.stack([_get(model, name).detach() for model in models]) for name in buffers}
        with torch.no_grad():
            for number, model in enumerate(models):
                for name, all_of_them in self.trained.items():
                    weight = _get(model, name)
                    all_of_them[number].copy_(weight)
                    weight.data = all_of_them[number]
                for name, all_of_them in self.fixed.items():
                    _get(model, name).data = all_of_them[number]

    def set_gradients(self, gradients: Sequence[Tensor]) -> None:
        """Take in what was computed, in the order of ``trained``: each (models, *shape)."""
        count = len(self.values)
        torch.cat([each.reshape(count, -1) for each in gradients], 1, out=self.gradients)


def _get(model: nn.Module, name: str) -> Tensor:
    module, _, own = name.rpartition(".")
    value: Tensor = getattr(model.get_submodule(module), own)
    return value


class _Row(nn.Module):
    """Stands for a model whose weights are rows."""

    def __init__(self, rows: Sequence[Tensor]) -> None:
        super().__init__()
        self.rows = nn.ParameterList(nn.Parameter(row) for row in rows)


class RowOptimizer:
    """Changes the rows of trainings that are optimized alike, as the optimizers of these trainings would.

    Args:
        trainers: those of the trainings; they keep the settings, which a schedule may change, and get the state.
        rows: which rows of ``weights`` are theirs.
    """

    def __init__(self, trainers: Sequence[Trainer], rows: Sequence[int], weights: StackedWeights) -> None:
        self._real: list[Optimizer] = [next(iter(each.optimizers.values())) for each in trainers]
        model = _Row([weights.rows[row] for row in rows])
        self._own: Optimizer = next(iter(trainers[0].net.functions["make_optimizers"](model).values()))
        self._weights = list(model.parameters())
        for weight, row in zip(self._weights, rows, strict=True):
            weight.grad = weights.gradients[row]
        self._give_back()
        self.take_settings(trainers[0])
        self._steps: Optimizer | FusedSteps = accelerated(self._own)
        for real in self._real:
            real._opt_called = True  # type: ignore[attr-defined]  # a schedule asks whether it takes steps; here it does

    def step(self) -> None:
        """Change the rows by their gradients."""
        self._steps.step()

    def take_settings(self, trainer: Trainer) -> None:
        """Go on with the settings that the optimizer of a training has now, on which all agree."""
        real = next(iter(trainer.optimizers.values()))
        settings = {name: value for name, value in real.param_groups[0].items() if name != SHARED}
        self._own.param_groups[0].update(settings)

    def keep(self) -> None:
        """Let the optimizers of the trainings know what was gathered, for a checkpoint."""
        for weight, real in zip(self._weights, self._real, strict=True):
            gathered: Mapping[str, Any] = self._own.state.get(weight, {})
            place = 0
            for each in real.param_groups[0][SHARED]:
                part = slice(place, place + each.numel())
                place = part.stop
                if gathered:
                    real.state[each] = {
                        name: value[part].view_as(each)
                        if isinstance(value, Tensor) and value.shape == weight.shape
                        else (value.clone() if isinstance(value, Tensor) else value)
                        for name, value in gathered.items()
                    }

    def _give_back(self) -> None:
        """Begin with what the optimizers of the trainings have gathered."""
        for weight, real in zip(self._weights, self._real, strict=True):
            states = [real.state.get(each) for each in real.param_groups[0][SHARED]]
            if not all(states):
                continue
            known: list[Mapping[str, Any]] = [state for state in states if state]
            shapes = [each.shape for each in real.param_groups[0][SHARED]]
            self._own.state[weight] = {
                name: torch.cat([state[name].detach().reshape(-1) for state in known])
                if isinstance(value, Tensor)
                and value.shape == shapes[0]
                and value.numel() == shapes[0].numel() != 0
                and all(state[name].shape == shape for state, shape in zip(known, shapes))
                else (value.clone() if isinstance(value, Tensor) else value)
                for name, value in known[0].items()
            }
