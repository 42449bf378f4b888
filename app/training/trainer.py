"""Executes the printed functions that train: makes the optimizers, takes steps, and knows how to go on after a break.

What is computed stands in the generated file (``app.core.compile.training``) and nowhere else; here is what a file
cannot have: a learning rate that changes while the training is on, and state that is kept and given back.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from app.core.checks.problems import FixElsewhere, SetTraining
from app.core.compile.net import CompiledNet
from app.core.compile.objective_parts import needed_by, trains
from app.core.compile.objectives import BadObjective, Objective, objectives
from app.training.origin import layer_of
from app.training.processes import working
from app.training.refusal import CannotTrain
from app.training.steps import FusedSteps, accelerated
from app.training.traced import TracedStep
from nodes.api import SetParam
from nodes.modules.joint import Joint, agreed

Values = Mapping[str, Tensor]
RATES = ("lr", "initial_lr", "max_lr", "min_lr", "warm_lr")  # of an optimizer's group; a schedule puts the others there


WARMED = "warmed"  # batches that a warm-up has seen, in the state of its schedule


def behind(schedule: Any) -> Any:
    """The schedule of torch that a warm-up leads to, if it is one; None where the rate stays."""
    return getattr(schedule, "schedule", None) if hasattr(schedule, "warm") else schedule


class OptimizerLike(Protocol):
    """An optimizer, or what stands in for one."""

    param_groups: list[dict[str, Any]]


def weights_of(optimizer: OptimizerLike) -> list[Tensor]:
    """What an optimizer changes."""
    return [weight for group in optimizer.param_groups for weight in group["params"]]


@dataclass(frozen=True)
class TrainerState:
    """What a trainer knows besides the weights. ``rates`` are the learning rates that the schedules start from, by
    objective; ``stopping`` are the attributes of the stop rule, ``average`` is the mean of the weights so far."""

    optimizers: Sequence[Mapping[str, Any]]
    schedules: Sequence[Mapping[str, Any]] = ()
    rates: Sequence[float] | None = None  # None in older files
    stopping: Mapping[str, Any] = field(default_factory=dict)
    average: Mapping[str, Tensor] = field(default_factory=dict)
    scaler: Mapping[str, Any] = field(default_factory=dict)  # of gradients in 16 bits
    target: Mapping[str, Tensor] = field(default_factory=dict)  # the weights of the slow copy
    copied: int = 0  # batches that it has taken in


class Trainer:
    """The functions of a net at work on one model; ``joint`` stands in for it where several processes train it.

    Raises:
        CannotTrain: if an objective has nothing to train.
    """

    def __init__(
        self, net: CompiledNet, model: nn.Module, losses: nn.Module, batches: int, joint: Joint | None = None
    ) -> None:
        self.net = net
        self.joint = joint
        self.recipe = net.plan.recipe
        self.model = model
        self.losses = losses
        self.batches = batches
        self.objectives = self._objectives()
        call = net.functions
        self._training_step, self._validation_step = call["training_step"], call["validation_step"]
        self.metric_sums, self.metric_values = call.get("metric_sums"), call.get("metric_values")
        self._after_batch, self._after_epoch = call.get("after_batch"), call.get("after_epoch")
        self.optimizers: dict[str, Optimizer] = call["make_optimizers"](model)
        self.factors = {  # of each group of weights: how many times as fast as the rest it learns
            each.name: [g["lr"] / each.lr(self.recipe) for g in self.optimizers[each.name].param_groups]
            for each in self.objectives
        }
        self._steps: dict[str, Optimizer | FusedSteps] = {n: accelerated(each) for n, each in self.optimizers.items()}
        make = call.get("make_schedules")
        self.schedules: dict[str, Any] = make(self.optimizers, batches) if make is not None else {}
        stopping = call.get("make_stopping")
        self.stopping: Any = stopping() if stopping is not None else None
        average = call.get("make_average")
        self.average: Any = average(model) if average is not None else None
        scaler = call.get("make_scaler")
        self._device = next((value.device for value in model.parameters()), torch.device("cpu"))
        self.scaler: Any = scaler(self._device) if scaler is not None else None
        copied = call.get("make_target")
        self.target: Any = copied(model) if copied is not None else None
        # What a step takes behind the batch.
        self._last = tuple(each for each in (self.scaler, self.target) if each is not None)
        self.rates = {each.name: each.lr(self.recipe) for each in self.objectives}
        others = (self.target,) if self.target is not None else ()
        self._traced = TracedStep(self._training_step, model, losses, self._steps, self.recipe.epochs * batches, others)

    def _objectives(self) -> tuple[Objective, ...]:
        try:
            found = objectives(self.net.plan)
            for objective in found:
                objective.optimizer(self.recipe)
        except BadObjective as bad:
            raise CannotTrain(str(bad), bad.node) from None
        for objective in found:
            self._check(objective)
        if self.recipe.adversarial:
            self._check_attack(found)
        if self.recipe.accumulate > 1 and (len(found) > 1 or found[0].updates is not None):
            raise CannotTrain(
                "Gradients can be added up over several batches where one sum of losses trains all layers; here losses "
                "train layers of their own. Set accumulate to 1 and choose a larger batch size instead.",
                fixes=(SetTraining("accumulate", 1),),
            )
        return found

    def _check_attack(self, found: Sequence[Objective]) -> None:
        """Refuse adversarial samples where there is no one loss to make large, or nothing that can be moved."""
        off = (SetTraining("adversarial", 0.0),)
        if len(found) > 1 or found[0].updates is not None:
            raise CannotTrain(
                "Adversarial samples make one sum of losses large that trains all layers; here losses train layers of "
                "their own. Set adversarial to 0.",
                fixes=off,
            )
        if not any(entry.shape.dtype == "float" for entry in self.net.plan.inputs):
            raise CannotTrain(
                "What enters this net are whole numbers, such as words, which cannot be moved a little. Set "
                "adversarial to 0.",
                fixes=off,
            )

    def _check(self, objective: Objective) -> None:
        """Refuse an objective without weights that it could change."""
        named = [(n.split(".", 1)[0], p) for n, p in self.model.named_parameters() if p.requires_grad]
        if not any(objective.updates is None or attribute in objective.updates for attribute, _ in named):
            if objective.updates is not None:
                raise CannotTrain(
                    f"This loss should train {' and '.join(objective.updates)} alone, but nothing can be learned "
                    "there. Choose layers with weights that are not frozen, or none for all.",
                    objective.losses[0],
                )
            raise self._nothing_to_learn(objective)
        needed = needed_by(self.net.plan, objective)
        before = {s.attribute for s in self.net.plan.graph.running if s.name in needed and trains(objective, s)}
        if not any(attribute in before for attribute, _ in named):
            raise _teaches_nothing(objective.losses[0])

    def _nothing_to_learn(self, objective: Objective) -> CannotTrain:
        """Why no weight changes: all are frozen, or there are none."""
        names = [name for name, _ in self.model.named_parameters()]
        graph = self.net.plan.graph
        layer = next(filter(None, (layer_of(graph, name) for name in reversed(names))), None)
        if names:
            sentence = "There is nothing to learn here: all weights are frozen. Unfreeze a layer"
            unfreeze = (FixElsewhere(layer, SetParam("frozen", False)),) if layer is not None else ()
            said = f"{sentence}, such as {layer}." if layer else f"{sentence}."
            return CannotTrain(said, objective.losses[0], unfreeze)
        return CannotTrain(
            "There is nothing to learn here: no layer has weights. Add a Fully connected layer or a convolution before "
            "the loss.",
            objective.losses[0],
        )

    # Steps

    def step(
        self, batch: Values, optimizers: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """One step of every objective. Gives the value of each loss, and what the metrics read. ``optimizers`` stand
        in for its own.

        Raises:
            CannotTrain: if no gradient reaches the weights.
        """
        done: tuple[dict[str, Tensor], dict[str, Tensor]]
        try:
            if optimizers is not None:
                done = self._training_step(self.model, self.losses, optimizers, batch, *self._last)
            elif self.joint is not None:
                with working(self.joint):
                    done = self._training_step(self.joint, self.losses, self._steps, batch, *self._last)
            elif self.scaler is not None:
                done = self._training_step(self.model, self.losses, self._steps, batch, *self._last)
            else:
                done = self._traced(batch)
        except RuntimeError as error:
            if "does not require grad" in str(error):
                raise _teaches_nothing(self.objectives[0].losses[0]) from error
            raise
        self.between_batches()
        return done

    def between_batches(self) -> None:
        """Let the slow copy, the mean of the weights and the schedules take in a step."""
        if self.target is not None:
            self.target.update(self.model)
        if self.average is not None:
            self.average.update()
        if self._after_batch is not None:
            self._after_batch(self.schedules)

    @property
    def changes_between_batches(self) -> bool:
        """Whether there is anything to do between two steps."""
        return self.average is not None or self._after_batch is not None or self.target is not None

    def stands_behind(self, epochs: int, batches: int) -> None:
        """Of the steps of the training so many are taken, which counts for whether tracing is worth it."""
        self._traced.to_come = max(0, (self.recipe.epochs - epochs) * self.batches - batches)

    def traced(self, batch: Values, optimizers: Mapping[str, Any]) -> None:
        """The printed step alone, with other optimizers; whatever it raises is raised."""
        self._training_step(self.model, self.losses, optimizers, batch, *self._last)

    def validate(self, batch: Values) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """The same numbers for samples that nothing is learned from. The model should be in evaluation mode."""
        done: tuple[dict[str, Tensor], dict[str, Tensor]]
        if self.joint is None:
            done = self._validation_step(self.model, self.losses, batch)
        else:
            with working(self.joint):
                done = self._validation_step(self.joint, self.losses, batch)
        return done

    def after_epoch(self, metrics: Mapping[str, float]) -> None:
        """Let schedules and stop rule take in the numbers of an epoch."""
        if self._after_epoch is not None:
            self._after_epoch(self.model, self.schedules, self.stopping, metrics)

    @property
    def over(self) -> bool:
        """Whether the stop rule says that the training should end."""
        if self.stopping is None:
            return False
        over = bool(self.stopping.over)
        return over if self.joint is None else bool(agreed(over, self._device))  # clocks differ

    @property
    def lr(self) -> float:
        """The learning rate of the next step, of the first objective, for layers that learn as fast as the rest."""
        name = self.objectives[0].name
        groups, factors = self.optimizers[name].param_groups, self.factors[name]
        usual = next((group["lr"] for group, factor in zip(groups, factors) if factor == 1.0), None)
        return float(usual if usual is not None else groups[0]["lr"] / factors[0])

    def set_lr(self, lr: float) -> None:
        """Use another learning rate for what follows the recipe. A schedule goes on as if it had started from it: the
        rate of the next step is as large a part of ``lr`` as it was of the rate before."""
        for objective in self.objectives:
            if "lr" not in objective.own:
                self.set_own_lr(objective.name, lr)

    def set_own_lr(self, name: str, lr: float) -> None:
        """The same for one objective."""
        before, schedule = self.rates[name], behind(self.schedules.get(name))
        self.rates[name] = lr
        for group in self.optimizers[name].param_groups:
            for key in RATES:
                if key in group:
                    group[key] = lr * (group[key] / before)
        if schedule is not None and hasattr(schedule, "base_lrs"):
            for listed in ("base_lrs", "max_lrs"):
                if hasattr(schedule, listed):
                    setattr(schedule, listed, [lr * (each / before) for each in getattr(schedule, listed)])
            # Said by get_last_lr, and by a schedule that only sets what has changed.
            schedule._last_lr = [group["lr"] for group in self.optimizers[name].param_groups]

    def skip(self, epochs: int, batches: int) -> None:
        """Bring fresh schedules to where they would be after so many epochs, and batches of the next. One that watches
        does not know what it has missed."""
        rule = self.recipe.schedule_declared
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the optimizers have taken no step yet
            for epoch in range(epochs + 1):
                for _ in range(self.batches if epoch < epochs else batches):
                    if self._after_batch is not None:
                        self._after_batch(self.schedules)
                if epoch < epochs and rule.when == "epoch" and not rule.watches:
                    for schedule in self.schedules.values():
                        schedule.step()

    # State

    def state(self) -> TrainerState:
        """Everything that is not in the weights."""
        return TrainerState(
            [each.state_dict() for each in self.optimizers.values()],
            [self._state_of(each) for each in self.schedules.values()],
            [self.rates[name] for name in self.optimizers],
            dict(vars(self.stopping)) if self.stopping is not None else {},
            {name: value.clone() for name, value in self.average.average.items()} if self.average is not None else {},
            self.scaler.state_dict() if self.scaler is not None else {},
            {n: value.clone() for n, value in self.target.copy.state_dict().items()} if self.target is not None else {},
            self.target.batches if self.target is not None else 0,
        )

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """The mean of the weights stands in the place of the weights, where there is one."""
        if self.average is None:
            yield
            return
        self.average.swap()
        try:
            yield
        finally:
            self.average.swap()

    def _state_of(self, schedule: Any) -> dict[str, Any]:
        """The state of a schedule; of a warm-up how far it is, beside that of the schedule behind it."""
        inner = behind(schedule)
        state: dict[str, Any] = inner.state_dict() if inner is not None else {}
        return state | {WARMED: schedule.done} if self.recipe.warmup else state

    @property
    def epochs_since_best(self) -> int:
        """How many epochs ago the weights were that the stop rule keeps; 0 without one."""
        return int(getattr(self.stopping, "epochs", 0))

    def best_weights(self) -> dict[str, Tensor] | None:
        """Give the model the mean of its weights, or those that the stop rule has kept. Gives those of before, if they
        may be others."""
        if self.stopping is None and self.average is None:
            return None
        before = {name: value.clone() for name, value in self.model.state_dict().items()}
        if self.average is not None and self.average.average:
            self.model.load_state_dict(self.average.average)
        if self.stopping is not None:
            with torch.no_grad():
                self.stopping.finish(self.model)
        return before


def _teaches_nothing(loss: str) -> CannotTrain:
    return CannotTrain(
        "No layer with weights stands before this loss, so it can teach nothing. Wire the output of the last layer to "
        "it.",
        loss,
    )
