"""One net that several processes train together, each with its part of every batch.

Every process knows the whole batch. It computes the rows that are its own, and gets the values that leave the model
from the others, so that losses and metrics are those of the whole batch in all of them: whatever a loss does with the
samples of a batch, it is done as by one process. Gradients of weights are added up over the processes at the end of
each way back. Batch norm measures all rows, and random numbers are drawn for all rows by each process, which then
takes its own. So the training computes what one process would, up to rounding.

``DistributedDataParallel`` takes the mean of the gradients instead, which is another number where the last batch is
uneven or a loss is no mean; ``SyncBatchNorm`` refuses CPUs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.autograd import Function
from torch.nn.modules.batchnorm import _BatchNorm
from torch.utils._python_dispatch import TorchDispatchMode

UNSEEN = 3  # runs of a model without a random number, after which none is looked for


class Share:
    """Which rows of a batch belong to this process. Of a batch with fewer rows than processes some get none; these
    compute the first row for nothing, so that all do the same."""

    def __init__(self, count: int, rank: int, world: int) -> None:
        self.count, self.rank, self.world = count, rank, world
        self.first, self.last = count * rank // world, count * (rank + 1) // world
        self.none = self.first == self.last
        self.rows = slice(0, 1) if self.none else slice(self.first, self.last)
        self.size = self.rows.stop - self.rows.start

    @property
    def sizes(self) -> list[int]:
        """How many rows each process has."""
        ends = [self.count * rank // self.world for rank in range(self.world + 1)]
        return [end - start for start, end in pairwise(ends)]

    def whole(self, own: Tensor) -> Tensor:
        """The rows of all processes, in their order."""
        sizes = self.sizes
        sent = own.new_zeros((max(sizes), *own.shape[1:]))
        if not self.none:
            sent[: self.size] = own
        got = [torch.empty_like(sent) for _ in sizes]
        distributed.all_gather(got, sent)
        return torch.cat([each[:size] for each, size in zip(got, sizes)])


class _Rows(Function):
    """The rows of this process; on the way back, the gradients of all rows."""

    @staticmethod
    def forward(ctx: Any, whole: Tensor, share: Share) -> Tensor:
        ctx.share = share
        return whole[share.rows].clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        return ctx.share.whole(gradient.contiguous()) / ctx.share.world, None


class _Whole(Function):
    """The rows of all processes. On the way back the gradient of the own ones, as many times as there are processes:
    the mean over the processes then is the sum of what each has of its rows, and stays right for what all compute."""

    @staticmethod
    def forward(ctx: Any, own: Tensor, share: Share) -> Tensor:
        ctx.share = share
        return share.whole(own)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:  # type: ignore[override]
        share = ctx.share
        own = gradient[share.rows] * share.world
        return own * 0 if share.none else own, None


class _Sum(Function):
    """The sum over all processes, both ways."""

    @staticmethod
    def forward(ctx: Any, own: Tensor) -> Tensor:
        return _summed(own)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:  # type: ignore[override]
        return _summed(gradient)


def _summed(own: Tensor) -> Tensor:
    whole = own.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(whole)
    return whole


class Joint:
    """Stands in for a model in the printed functions. Every process must call it alike.

    Args:
        model: the same in all processes; its weights and buffers become those of the first.
        wishes_end: asked after each way back; where one process says yes, ``ending`` becomes true in all.
    """

    def __init__(self, model: nn.Module, wishes_end: Callable[[], bool] = lambda: False) -> None:
        self.model = model
        self.rank, self.world = distributed.get_rank(), distributed.get_world_size()
        self.ending = False
        self._wishes_end = wishes_end
        self._share: Share | None = None  # of the batch that is computed
        self._working = False
        self._unseen: dict[nn.Module, int] = {}
        self._arrived: list[Tensor] = []  # weights whose gradient has come on this way back
        self._before: dict[Tensor, Tensor] = {}  # gradients of earlier ways back, of all processes
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        self._place = {weight: place for place, weight in enumerate(weights)}
        for weight in weights:
            weight.register_hook(partial(self._arrives, weight))
        for module in model.modules():
            if isinstance(module, _BatchNorm):
                module.forward = partial(self._normed, module, module.forward)  # type: ignore[method-assign]
        with torch.no_grad():
            for value in model.state_dict().values():
                distributed.broadcast(value, 0)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Inside, models are computed and gradients added up by all processes together."""
        self._working = True
        try:
            yield
        finally:
            self._working = False

    def agreed(self, yes: bool) -> bool:
        """What the first process says, in all of them."""
        said = torch.tensor([float(yes)], device=next(self.model.parameters()).device)
        distributed.broadcast(said, 0)
        return bool(said.item())

    # Forward

    def __call__(self, *inputs: Any) -> Any:
        return self._shared(self.model, inputs)

    def __getattr__(self, name: str) -> Any:
        """A part of the model, as the steps of several objectives call them."""
        found = getattr(self.model, name)
        return partial(self._part, found) if isinstance(found, nn.Module) else found

    def _part(self, module: nn.Module, *inputs: Any, **named: Any) -> Any:
        return self._shared(module, inputs, named)

    def _shared(self, module: nn.Module, inputs: Sequence[Any], named: Mapping[str, Any] | None = None) -> Any:
        named = named or {}
        counts = [len(each) for each in (*inputs, *named.values()) if isinstance(each, Tensor) and each.ndim]
        if not self._working or not counts:
            return module(*inputs, **named)
        share = self._share = Share(counts[0], self.rank, self.world)

        def own(value: Any) -> Any:
            if not isinstance(value, Tensor) or not value.ndim or len(value) != share.count:
                return value
            return _Rows.apply(value, share) if value.requires_grad else value[share.rows]

        given = [own(each) for each in inputs], {name: own(each) for name, each in named.items()}
        try:
            if (unseen := self._unseen.get(module, 0)) < UNSEEN:
                drawing = _Drawing(share)
                with drawing:
                    returned = module(*given[0], **given[1])
                self._unseen[module] = 0 if drawing.drawn or not module.training else unseen + 1
            else:
                returned = module(*given[0], **given[1])
        finally:
            self._share = None
        if isinstance(returned, tuple):
            return tuple(_Whole.apply(each, share) for each in returned)
        return _Whole.apply(returned, share)

    def _normed(self, norm: _BatchNorm, plain: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        """Batch norm over the rows of all processes."""
        share = self._share
        measures = norm.training or norm.running_mean is None
        if share is None or not measures:
            return plain(x)
        dims = [dim for dim in range(x.ndim) if dim != 1]
        shape = [-1 if dim == 1 else 1 for dim in range(x.ndim)]
        count = share.count * (x.numel() // (x.shape[0] * x.shape[1]))
        if count <= 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {tuple(x.shape)}")
        weight = 0.0 if share.none else 1.0
        mean = _Sum.apply(x.sum(dims) * weight) / count
        away = x - mean.view(shape)
        spread = _Sum.apply(away.square().sum(dims) * weight) / count
        if norm.training and norm.running_mean is not None and norm.running_var is not None:
            with torch.no_grad():
                share_now = norm.momentum
                if norm.num_batches_tracked is not None:
                    norm.num_batches_tracked.add_(1)
                    if share_now is None:
                        share_now = 1.0 / float(norm.num_batches_tracked)
                norm.running_mean.lerp_(mean, share_now or 0.0)
                norm.running_var.lerp_(spread * (count / (count - 1)), share_now or 0.0)
        out: Tensor = away * (spread + norm.eps).rsqrt().view(shape)
        if norm.weight is not None:
            out = out * norm.weight.view(shape)
        return out + norm.bias.view(shape) if norm.bias is not None else out

    # Backward

    def _arrives(self, weight: Tensor, _: Tensor) -> None:
        """The gradient of a weight is about to be added to what is there."""
        if not self._working:
            return
        if weight.grad is not None:
            self._before[weight], weight.grad = weight.grad, None
        if not self._arrived:
            torch.autograd.Variable._execution_engine.queue_callback(self._reduce)
        self._arrived.append(weight)

    def _reduce(self) -> None:
        """At the end of the way back: the mean of the gradients of all processes."""
        arrived = sorted(dict.fromkeys(self._arrived), key=self._place.__getitem__)
        self._arrived = []
        with torch.no_grad():
            gradients = [weight.grad for weight in arrived if weight.grad is not None]
            wish = gradients[0].new_tensor([float(self._wishes_end())])
            flat = torch.cat([*(each.reshape(-1) for each in gradients), wish])
            distributed.all_reduce(flat)
            *parts, wish = flat.split([*(each.numel() for each in gradients), 1])
            self.ending = self.ending or bool(wish.item() > 0)
            for gradient, part in zip(gradients, parts):
                gradient.copy_(part.view(gradient.shape) / self.world)
            for weight, before in self._before.items():
                weight.grad = before if weight.grad is None else before.add_(weight.grad)
        self._before = {}


class _Drawing(TorchDispatchMode):
    """Draws random numbers for all rows and takes those of this process, so that all processes draw the same, and
    what one process alone would."""

    def __init__(self, share: Share) -> None:
        super().__init__()
        self.drawn = False
        self._share = share

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        self.drawn = True
        first, *others = args
        sizes = list(first.shape) if isinstance(first, Tensor) else list(first) if isinstance(first, list) else []
        share = self._share
        dim = next((dim for dim, size in enumerate(sizes) if size == share.size), None)
        if dim is None:
            return func(*args, **kwargs)  # for all rows alike
        sizes[dim] = share.count
        if not isinstance(first, Tensor):  # rand, randn
            return func(sizes, *others, **kwargs).narrow(dim, share.rows.start, share.size)
        if func._schema.is_mutable and len([each for each in args if isinstance(each, Tensor)]) == 1:  # bernoulli_
            whole = func(first.new_empty(sizes), *others, **kwargs)
            return first.copy_(whole.narrow(dim, share.rows.start, share.size))
        if "_like" in func._schema.name:
            whole = func(first.new_empty(sizes), *others, **kwargs)
            return whole.narrow(dim, share.rows.start, share.size).clone()
        return self._apart(func, args, kwargs)

    def _apart(self, func: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """What draws as its values say: from a seed for each process, so that the others stay where they are."""
        seed = int(torch.randint(2**62, ()))
        state = torch.get_rng_state()
        torch.manual_seed(seed + self._share.rank)
        try:
            return func(*args, **kwargs)
        finally:
            torch.set_rng_state(state)
