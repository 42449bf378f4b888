"""One step of several models: gradients, losses and what the metrics read, from the printed functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad_and_value, vmap

from app.core.compile.net import CompiledNet
from app.core.compile.uncompiled import spare_transforms
from app.training.together.tracing import Flat, traced
from app.training.together.weights import StackedWeights

Batch = Mapping[str, Tensor]

WORTH_TRACING = 30  # uses of a form: tracing takes about as long as it saves in so many


class CannotJoin(Exception):
    """The net cannot be computed for many at once. The message follows ``because``."""


class _Masked(nn.Module):
    """Stands for a Dropout: what it multiplies by was drawn before."""

    def __init__(self, masks: DropoutMasks, p: float) -> None:
        super().__init__()
        self._masks = masks
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        return x * self._masks.next(x, self)


class DropoutMasks:
    """What the dropouts of a model multiply by in one pass, in the order in which they are called."""

    def __init__(self) -> None:
        self.given: Sequence[Tensor] | None = None  # None notes what is asked for
        self.asked: list[tuple[torch.Size, tuple[int, ...], int]] = []  # shape, strides, number of the dropout
        self._modules: list[_Masked] = []
        self._place = 0

    def begin(self, given: Sequence[Tensor] | None) -> None:
        """Before a pass."""
        self.given, self._place = given, 0
        if given is None:
            self.asked = []

    def next(self, x: Tensor, module: _Masked) -> Tensor:
        """What the next dropout multiplies by."""
        if self.given is None:
            self.asked.append((x.shape, x.stride(), self._modules.index(module)))
            return torch.ones_like(x)
        self._place += 1
        return self.given[self._place - 1]

    def put_into(self, model: nn.Module) -> None:
        """Stand in the place of every Dropout."""
        for parent in list(model.modules()):
            for name, child in list(parent.named_children()):
                if type(child) is nn.Dropout:
                    self._modules.append(_Masked(self, child.p))
                    setattr(parent, name, self._modules[-1])


class JointStep:
    """Computes what is needed for a step of all models, and for their validation.

    Batches of one shape share a form, which is traced once: a list of torch's calls without what ``vmap`` and autograd
    do between them, which takes longer than the calls themselves. What cannot be traced is computed untraced.

    Args:
        net: the drawing; any of the trainings will do, as their printed models are equal up to numbers.
        losses: the module of the losses.
        names: of the losses that are added up.
        rows: the weights of all models.
        absent: whether a field of the data never holds a number.
    """

    def __init__(
        self,
        net: CompiledNet,
        losses: nn.Module,
        names: Sequence[str],
        rows: StackedWeights,
        absent: Callable[[str, float], bool] = lambda field, number: False,
    ) -> None:
        spare_transforms()
        self._rows, self._names, self._absent = rows, tuple(names), absent
        self._losses = losses
        self._masks = DropoutMasks()
        device, kind = rows.values.device, rows.values.dtype
        self._learning = net.model(0).to(device, kind).train()
        self._masks.put_into(self._learning)
        self._still = net.model(0).to(device, kind).eval()
        # The printed text as it is, without the decorator that would keep it from being differentiated.
        self._printed = net.functions["validation_step"].__wrapped__
        self._forms: dict[Any, ShapedStep] = {}

    def form(self, batch: Batch, shared: bool, training: bool, uses: int = 0) -> ShapedStep:
        """How batches like this one are computed. ``shared``: one batch serves all models, else each has its own.
        ``uses`` is how often the form will be used, as far as that is known.

        Raises:
            CannotJoin: if they cannot.
        """
        key = shared, training, tuple((name, value.shape, value.dtype) for name, value in batch.items())
        found = self._forms.get(key)
        if found is None:
            found = self._forms[key] = self._made(batch, shared, training)
            found.expected = uses
        return found

    def _made(self, batch: Batch, shared: bool, training: bool) -> ShapedStep:
        model, rows = self._learning if training else self._still, self._rows
        fields, weights, others = list(batch), list(rows.trained), list(rows.fixed)
        told: list[Any] = []

        def values(trained: Mapping[str, Tensor], fixed: Mapping[str, Tensor], masks: Any, fields: Batch) -> Any:
            self._masks.begin(masks)
            returned, read = self._printed(
                lambda *inputs: functional_call(model, {**trained, **fixed}, inputs), self._losses, fields
            )
            told[:] = [list(returned), list(read)]
            total = returned[self._names[0]]
            for name in self._names[1:]:
                total = total + returned[name]
            return total, (list(returned.values()), list(read.values()))

        one = {name: value if shared else value[0] for name, value in batch.items()}
        with torch.no_grad():  # notes the masks, and what is told
            first = {name: value[0].clone() for name, value in rows.trained.items()}
            values(first, {name: value[0].clone() for name, value in rows.fixed.items()}, None, one)
        asked = list(self._masks.asked) if training else []
        count = len(rows.values)
        masks = [torch.ones((count, *shape), dtype=rows.values.dtype, device=rows.values.device) for shape, *_ in asked]
        dims = (0, 0, 0, None if shared else 0)
        inner = grad_and_value(values, has_aux=True) if training else values
        joint = vmap(inner, in_dims=dims, randomness="error")

        def flat(*tensors: Tensor) -> list[Tensor]:
            left = list(tensors)

            def taken(some: int) -> list[Tensor]:
                head, left[:some] = left[:some], []
                return head

            trained, fixed = dict(zip(weights, taken(len(weights)))), dict(zip(others, taken(len(others))))
            given, fed = taken(len(masks)), dict(zip(fields, taken(len(fields))))
            result = joint(trained, fixed, given, fed)
            if training:
                gradients, (_, (losses, read)) = result
                return [gradients[name] for name in weights] + [*losses, *read]
            _, (losses, read) = result
            return [*losses, *read]

        arguments = [*rows.trained.values(), *rows.fixed.values(), *masks, *batch.values()]
        _try(flat, arguments, rows)
        weights_now = [*rows.trained.values(), *rows.fixed.values()]
        before = len(weights_now) + len(masks)

        def absent(place: int, number: float) -> bool:
            return place >= before and self._absent(fields[place - before], number)

        return ShapedStep(flat, weights_now, len(rows.trained), masks, asked, told[0], told[1], absent)

    def alone(self, row: int, batch: Batch, masks: Sequence[Tensor]) -> tuple[Sequence[Tensor], float]:
        """The gradients of one model and its loss, computed by itself with these masks. Its buffers stay."""
        trained = {name: value[row].detach().clone().requires_grad_() for name, value in self._rows.trained.items()}
        fixed = {name: value[row].clone() for name, value in self._rows.fixed.items()}
        self._masks.begin(masks)
        returned, _ = self._printed(
            lambda *inputs: functional_call(self._learning, trained | fixed, inputs), self._losses, batch
        )
        total: Tensor = sum((returned[name] for name in self._names[1:]), start=returned[self._names[0]])
        found = torch.autograd.grad(total, list(trained.values()), allow_unused=True)
        known = [torch.zeros_like(weight) if each is None else each for each, weight in zip(found, trained.values())]
        return known, float(total.detach())

    def dropout_rates(self, model: nn.Module) -> list[float]:
        """The rates of the dropouts of a model, in the order of ``asked``."""
        return [each.p for parent in model.modules() for each in parent.children() if type(each) is nn.Dropout]


def _try(flat: Flat, arguments: Sequence[Tensor], rows: StackedWeights) -> None:
    """Compute it once, and see that it can be.

    Raises:
        CannotJoin: if it cannot.
    """
    changing = {id(value) for value in rows.fixed.values()}  # such as the averages of batch norm
    try:
        with torch.no_grad():
            flat(*(value.clone() if id(value) in changing else value for value in arguments))
    except Exception as error:
        raise CannotJoin(_in_short(error)) from error


def _in_short(error: Exception) -> str:
    if "randomness" in str(error):
        return "a layer draws random numbers in a way of its own"
    return "torch cannot compute this net for many at once"


class ShapedStep:
    """The joint computation for batches of one shape."""

    def __init__(
        self,
        flat: Flat,
        weights: Sequence[Tensor],
        trained: int,
        masks: Sequence[Tensor],
        asked: Sequence[tuple[torch.Size, tuple[int, ...], int]],
        losses: Sequence[str],
        read: Sequence[str],
        absent: Callable[[int, float], bool],
    ) -> None:
        self._flat, self._weights, self._trained = flat, list(weights), trained
        self._absent = absent
        self.asked = asked
        self.masks = list(masks), [torch.ones_like(mask) for mask in masks]  # the one is drawn while the other is used
        self.losses, self.read = losses, read
        self.expected = 0
        self._uses = 0

    def __call__(
        self, batch: Batch, masks: Sequence[Tensor] = ()
    ) -> tuple[Sequence[Tensor], list[Tensor], dict[str, Tensor]]:
        """Gradients in the order of the weights (none without training), the losses (models,) in order, and what the
        metrics read, each with a first dimension for the models. ``masks`` are those of the dropouts, as ``asked``."""
        arguments = [*self._weights, *masks, *batch.values()]
        self._uses += 1
        with torch.no_grad():
            if self._uses == (1 if self.expected >= WORTH_TRACING else WORTH_TRACING):
                self._trace(arguments)
            told = self._flat(*arguments)
        losses = len(told) - len(self.read)
        gradients = losses - len(self.losses)
        read = dict(zip(self.read, told[losses:]))
        return told[:gradients], list(told[gradients:losses]), read

    def _trace(self, arguments: Sequence[Tensor]) -> None:
        """Turn it into a list of torch's calls, if that can be."""
        changing = range(self._trained, len(self._weights))
        tried = [value.clone() if place in changing else value for place, value in enumerate(arguments)]
        self._flat = traced(self._flat, tried, self._trained, self._absent) or self._flat
