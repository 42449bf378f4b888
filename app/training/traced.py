"""A printed step at the speed of its torch calls alone.

An accelerator behind the printed step: for each shape of a batch the step is recorded once (``tracing``) and then run
as a flat list of calls. What it gives is compared with the step untraced, to the bit, before it counts; where it
cannot be recorded or would differ, the step stays as it is printed.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from app.training.tracing import Backwards, Recorder, Run, TracedOptimizer, steps_of

log = logging.getLogger(__name__)

Told = tuple[dict[str, Tensor], dict[str, Tensor]]  # losses by name, and what the metrics read
Step = Callable[..., Told]  # of model, losses, optimizers, batch, and what else it takes

WORTH = 100  # steps to come: recording, comparing and compiling take as long as 30 to 60 of them gain
UNTRACED = 2  # steps of a shape before it is recorded: the first ones find out what optimizers and kernels need
COMPARED = 2  # steps of a shape that are computed in both ways
SLOW = 0.1  # seconds; a step that takes longer gains less than could be measured
MOST_SHAPES = 8
MOST_BYTES = 256 * 1024**2  # of weights, which are copied for the comparison
# Calls without autograd need not look for it. Where torch has no such switch, not recording is the next best.
below_autograd: Callable[[], Any] = getattr(torch._C, "_AutoDispatchBelowADInplaceOrView", torch.no_grad)
_INTEGERS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


@dataclass
class _Shape:
    """What is known of batches of one shape. The first of ``runs`` is the step as a list of calls, which counts once
    it was ``compared`` often enough."""

    seen: int = 0
    seconds: float = float("inf")  # of the quickest step
    runs: list[Run] = field(default_factory=list)  # the next best behind it
    compared: int = 0
    refused: bool = False


class TracedStep:
    """Takes printed steps, traced where that is possible and worth it.

    Args:
        step: the printed step.
        model: in training mode, with its losses.
        optimizers: by name, as the step calls them.
        to_come: steps of the training.
        others: modules that a step takes behind the batch, and reads alone.
    """

    def __init__(
        self,
        step: Step,
        model: nn.Module,
        losses: nn.Module,
        optimizers: Mapping[str, Any],
        to_come: int,
        others: Sequence[nn.Module] = (),
    ) -> None:
        self._step, self._model, self._losses, self._optimizers = step, model, losses, optimizers
        self.to_come = to_come
        self._taken = 0
        self.quick = 0  # steps that were taken as a list of calls
        self._others = tuple(others)
        self._state = self._found()  # the function's inputs besides the fields
        self._weights = [weight for each in optimizers.values() for g in each.param_groups for weight in g["params"]]
        self._shapes: dict[Any, _Shape] = {}
        size = sum(value.nbytes for value in self._state)
        self._off = size > MOST_BYTES or any(value.device.type != "cpu" for value in self._state)

    def __call__(self, batch: Mapping[str, Tensor]) -> Told:
        """One step, as the printed one takes it."""
        if self._off or not self._model.training:
            return self._untraced(batch)
        if not self._shapes and self.to_come - self._taken < WORTH:  # a training of a moment: nothing is worth it
            self._taken += 1
            return self._untraced(batch)
        fields = tuple(batch.values())
        key = (
            *[(name, value.shape, value.stride(), value.dtype) for name, value in batch.items()],
            *[weight.requires_grad for weight in self._weights],
        )
        shape = self._shapes.get(key)
        self._taken += 1
        if shape is None:
            if len(self._shapes) == MOST_SHAPES:  # sentences of every length, say
                return self._untraced(batch)
            shape = self._shapes[key] = _Shape()
        if shape.compared == COMPARED:
            try:
                self.quick += 1
                with below_autograd():
                    return shape.runs[0](self._optimizers, *self._state, *fields)
            except Exception:
                shape.refused, shape.compared = True, 0
                self._untraced(batch)  # raises the same, from a line that belongs to a node
                raise
        return self._prepared(shape, batch)

    def _untraced(self, batch: Mapping[str, Tensor]) -> Told:
        return self._step(self._model, self._losses, self._optimizers, batch, *self._others)

    def _found(self) -> list[Tensor]:
        return [value for module in (self._model, self._losses, *self._others) for value in _state(module)]

    def _prepared(self, shape: _Shape, batch: Mapping[str, Tensor]) -> Told:
        """A step on the way to the traced one."""
        if shape.refused:
            return self._untraced(batch)
        if shape.runs:
            return self._compared(shape, batch)
        shape.seen += 1
        to_come = max(0, self.to_come - self._taken) * shape.seen / self._taken
        if shape.seen > UNTRACED and shape.seconds < SLOW and to_come >= WORTH:
            return self._recorded(shape, batch)
        start = time.perf_counter()
        told = self._untraced(batch)
        shape.seconds = min(shape.seconds, time.perf_counter() - start)
        return told

    def _recorded(self, shape: _Shape, batch: Mapping[str, Tensor]) -> Told:
        """A step that is noted as it is taken."""
        recorder = Recorder([*self._state, *batch.values()])
        noted = {name: TracedOptimizer(recorder, name, each) for name, each in self._optimizers.items()}
        with Backwards(recorder, self._weights), recorder:
            told = self._step(self._model, self._losses, noted, batch, *self._others)
        same = all(a is b for a, b in zip(self._state, self._found(), strict=True))
        shape.runs = recorder.functions(told) if same else []
        if not shape.runs:
            shape.refused = True
            log.info("Steps stay untraced: %s.", recorder.refused or "a buffer is replaced in each")
        return told

    def _compared(self, shape: _Shape, batch: Mapping[str, Tensor]) -> Told:
        """A step as it is printed, which counts, and beside it the traced one."""
        before, random = _copies(self._state), torch.get_rng_state()
        witnesses = {name: _Witness(each) for name, each in self._optimizers.items()}
        told = self._step(self._model, self._losses, witnesses, batch, *self._others)
        after, random_after = _copies(self._state), torch.get_rng_state()
        gradients = [weight.grad for weight in self._weights]
        _put(self._state, before)
        torch.set_rng_state(random)
        try:
            again = {name: _Again(each) for name, each in witnesses.items()}
            with below_autograd():
                found = shape.runs[0](again, *self._state, *batch.values())
            same = all(each.same for each in again.values()) and all(map(_same_values, found, told))
            same &= _same(self._state, after) and torch.equal(torch.get_rng_state(), random_after)
            reason = "they would differ"
        except Exception as error:
            same, reason = False, str(error)
        finally:
            _put(self._state, after)
            torch.set_rng_state(random_after)
            for weight, gradient in zip(self._weights, gradients):
                weight.grad = gradient
        shape.compared += 1
        if not same:
            shape.compared = 0
            del shape.runs[0]
            shape.refused = not shape.runs
            log.info("A traced step is not used: %s.", reason)
        return told


class _Witness:
    """An optimizer that takes its steps, and notes with which gradients and to which weights."""

    def __init__(self, optimizer: Any) -> None:
        self._optimizer = optimizer
        self.param_groups = optimizer.param_groups
        self.weights = [weight for group in self.param_groups for weight in group["params"]]
        self.taken: list[tuple[list[Tensor | None], list[Tensor]]] = []  # gradients of each step, and where it led

    def zero_grad(self) -> None:
        self._optimizer.zero_grad()

    def step(self) -> None:
        gradients = [weight.grad.clone() if weight.grad is not None else None for weight in self.weights]
        self._optimizer.step()
        self.taken.append((gradients, _copies(self.weights)))


class _Again:
    """Stands in for an optimizer whose steps are known: compares the gradients, and puts the weights there."""

    def __init__(self, witness: _Witness) -> None:
        self._witness = witness
        self._taken = 0
        self._alike = True

    @property
    def same(self) -> bool:
        """Whether all steps were taken again, with the same gradients."""
        return self._alike and self._taken == len(self._witness.taken) > 0

    def zero_grad(self) -> None:
        for weight in self._witness.weights:
            weight.grad = None

    def step(self) -> None:
        witness = self._witness
        gradients, left = witness.taken[self._taken]
        self._taken += 1
        found = [weight.grad for weight in witness.weights]
        self._alike &= _same(found, gradients) and all(
            steps_of(one) == steps_of(other)  # an optimizer goes through both at once
            for one, other in zip(found, witness.weights)
            if one is not None
        )
        _put(witness.weights, left)


def _state(module: nn.Module) -> list[Tensor]:
    return [*module.parameters(), *module.buffers()]


def _copies(values: Sequence[Tensor]) -> list[Tensor]:
    return [value.detach().clone() for value in values]


def _put(values: Sequence[Tensor], others: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for value, other in zip(values, others, strict=True):
            value.copy_(other)


def _same(found: Sequence[Tensor | None], wanted: Sequence[Tensor | None]) -> bool:
    return len(found) == len(wanted) and all(map(_equal, found, wanted))


def _same_values(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> bool:
    return list(found) == list(wanted) and _same(list(found.values()), list(wanted.values()))


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    """Whether two values have the same bits."""
    if one is None or other is None:
        return one is other
    if (one.dtype, one.shape) != (other.dtype, other.shape):
        return False
    bits = _INTEGERS.get(one.element_size()) if one.dtype is not torch.bool and not one.is_complex() else one.dtype
    return torch.equal(one.detach().view(bits), other.detach().view(bits)) if bits else False
