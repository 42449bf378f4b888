"""One net that several processes train together, each with its part of every batch; printed into training programs."""

import torch
from torch import nn


def agreed(yes, device):
    """What the first process says, in all of them."""
    said = torch.tensor([float(yes)], device=device)
    torch.distributed.broadcast(said, 0)
    return said.item() > 0


class Share:
    """Which rows of a batch belong to this process. Of a batch with fewer rows than processes some get none; these
    compute the first row for nothing, so that all do the same."""

    def __init__(self, count, rank, world, collectives):
        self.count, self.rank, self.world, self.collectives = count, rank, world, collectives
        ends = [count * each // world for each in range(world + 1)]
        self.sizes = [ends[each + 1] - ends[each] for each in range(world)]
        self.none = not self.sizes[rank]
        self.rows = slice(0, 1) if self.none else slice(ends[rank], ends[rank + 1])
        self.size = self.rows.stop - self.rows.start

    def whole(self, own):
        """The rows of all processes, in their order."""
        sent = own.new_zeros((max(self.sizes), *own.shape[1:]))
        if not self.none:
            sent[: self.size] = own
        got = [torch.empty_like(sent) for _ in self.sizes]
        self.collectives.all_gather(got, sent)
        return torch.cat([each[:size] for each, size in zip(got, self.sizes)])


class Rows(torch.autograd.Function):
    """The rows of this process; on the way back, the gradients of all rows."""

    @staticmethod
    def forward(ctx, whole, share):
        ctx.share = share
        return whole[share.rows].clone()

    @staticmethod
    def backward(ctx, gradient):
        return ctx.share.whole(gradient.contiguous()) / ctx.share.world, None


class Whole(torch.autograd.Function):
    """The rows of all processes. On the way back the gradient of the own ones, as many times as there are processes:
    the mean over the processes then is the sum of what each has of its rows, and stays right for what all compute."""

    @staticmethod
    def forward(ctx, own, share):
        ctx.share = share
        return share.whole(own)

    @staticmethod
    def backward(ctx, gradient):
        own = gradient[ctx.share.rows] * ctx.share.world
        return own * 0 if ctx.share.none else own, None


class Summed(torch.autograd.Function):
    """The sum over all processes, both ways."""

    @staticmethod
    def forward(ctx, own, collectives):
        ctx.collectives = collectives
        whole = own.clone(memory_format=torch.contiguous_format)
        collectives.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx, gradient):
        return Summed.forward(ctx, gradient, ctx.collectives), None


class Joint:
    """Stands in for a model in ``training_step`` and ``validation_step``. Every process must call it alike.

    Each process knows the whole batch. It computes the rows that are its own, and gets the values that leave the model
    from the others, so that losses and metrics are those of the whole batch in all of them, whatever a loss does with
    it. Gradients of weights are added up at the end of each way back, batch norm measures all rows, and random numbers
    are drawn for all rows by each process, which takes its own. ``DistributedDataParallel`` takes the mean of the
    gradients, which is another number where the last batch is uneven or a loss is no mean; ``SyncBatchNorm`` refuses
    CPUs.

    Its parts are those of the model. What is its own begins with _, as no layer does.
    """

    def __init__(self, model, wishes_end=lambda: False, collectives=torch.distributed):
        self._model = model
        self._collectives = collectives  # whose all_reduce and all_gather are called
        self._rank, self._world = torch.distributed.get_rank(), torch.distributed.get_world_size()
        self._working = True  # else each process computes alone
        self._ending = False  # whether one of them wished so
        self._wishes_end = wishes_end
        self._share = None  # of the batch that is computed
        self._unseen = {}  # how often a part of the model has drawn no random number
        self._arrived = []  # weights whose gradient has come on this way back
        self._before = {}  # gradients of earlier ways back, of all processes
        self._weights = [weight for weight in model.parameters() if weight.requires_grad]
        for weight in self._weights:
            weight.register_hook(lambda _, weight=weight: self._arrives(weight))
        for module in model.modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                plain = module.forward
                module.__dict__["forward"] = lambda x, norm=module, plain=plain: self._normed(norm, plain, x)
        with torch.no_grad():
            for value in model.state_dict().values():
                torch.distributed.broadcast(value, 0)

    def __call__(self, *inputs):
        return self._shared(self._model, *inputs)

    def __getattr__(self, name):
        """A part of the model, as the steps of several objectives call them."""
        found = getattr(self._model, name)
        if not isinstance(found, nn.Module):
            return found
        return lambda *inputs, **named: self._shared(found, *inputs, **named)

    def _shared(self, module, *inputs, **named):
        """What a module gives for a batch, of which this process computes its rows."""
        counts = [len(each) for each in (*inputs, *named.values()) if isinstance(each, torch.Tensor) and each.ndim]
        if not self._working or not counts:
            return module(*inputs, **named)
        share = self._share = Share(counts[0], self._rank, self._world, self._collectives)

        def own(value):
            if not isinstance(value, torch.Tensor) or not value.ndim or len(value) != share.count:
                return value
            return Rows.apply(value, share) if value.requires_grad else value[share.rows]

        given, called = [own(each) for each in inputs], {name: own(each) for name, each in named.items()}
        try:
            if self._unseen.get(module, 0) < 3:
                with Drawing(share) as drawing:
                    returned = module(*given, **called)
                if module.training:
                    self._unseen[module] = 0 if drawing.drawn else self._unseen.get(module, 0) + 1
            else:
                returned = module(*given, **called)
        finally:
            self._share = None
        if isinstance(returned, tuple):
            return tuple(Whole.apply(each, share) for each in returned)
        return Whole.apply(returned, share)

    def _normed(self, norm, plain, x):
        """Batch norm over the rows of all processes."""
        share = self._share
        if share is None or not (norm.training or norm.running_mean is None):
            return plain(x)
        dims = [dim for dim in range(x.ndim) if dim != 1]
        shape = [-1 if dim == 1 else 1 for dim in range(x.ndim)]
        count = share.count * (x.numel() // (x.shape[0] * x.shape[1]))
        if count <= 1:
            raise ValueError(f"Expected more than 1 value per channel when training, got input size {tuple(x.shape)}")
        kind, x = x.dtype, x.float() if x.itemsize == 2 else x  # autocast gives 16 bits, too few to measure with
        counts = 0.0 if share.none else 1.0
        mean = Summed.apply(x.sum(dims) * counts, self._collectives) / count
        away = x - mean.view(shape)
        spread = Summed.apply(away.square().sum(dims) * counts, self._collectives) / count
        if norm.training and norm.running_mean is not None:
            with torch.no_grad():
                norm.num_batches_tracked.add_(1)
                part = norm.momentum if norm.momentum is not None else 1.0 / norm.num_batches_tracked.item()
                norm.running_mean.lerp_(mean, part)
                norm.running_var.lerp_(spread * (count / (count - 1)), part)
        out = away * (spread + norm.eps).rsqrt().view(shape)
        return (out * norm.weight.view(shape) + norm.bias.view(shape) if norm.affine else out).to(kind)

    def _arrives(self, weight):
        """The gradient of a weight is about to be added to what is there."""
        if self._working:
            if weight.grad is not None:
                self._before[weight], weight.grad = weight.grad, None
            if not self._arrived:
                torch.autograd.Variable._execution_engine.queue_callback(self._reduce)
            self._arrived.append(weight)

    def _reduce(self):
        """At the end of the way back: the mean of the gradients of all processes."""
        arrived = set(self._arrived)
        weights = [weight for weight in self._weights if weight in arrived and weight.grad is not None]
        self._arrived = []
        with torch.no_grad():
            wish = weights[0].new_tensor([float(self._wishes_end())])
            sent = torch.cat([*(weight.grad.reshape(-1) for weight in weights), wish])
            self._collectives.all_reduce(sent)
            parts = (sent / self._world).split([*(weight.numel() for weight in weights), 1])
            self._ending = self._ending or parts[-1].item() > 0
            for weight, part in zip(weights, parts):
                weight.grad.copy_(part.view(weight.shape))
            for weight, before in self._before.items():
                weight.grad = before.add_(weight.grad)
        self._before = {}


class Drawing(torch.utils._python_dispatch.TorchDispatchMode):
    """Draws random numbers for all rows and takes those of this process, so that all processes draw the same, and
    what one process alone would."""

    def __init__(self, share):
        super().__init__()
        self.drawn = False
        self.share = share

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        share, kwargs = self.share, kwargs or {}
        if torch.Tag.nondeterministic_seeded not in func.tags:
            return func(*args, **kwargs)
        self.drawn = True
        first, *others = args
        sizes = list(first.shape) if isinstance(first, torch.Tensor) else list(first) if isinstance(first, list) else []
        dim = sizes.index(share.size) if share.size in sizes else None
        if dim is None:
            return func(*args, **kwargs)  # for all rows alike
        sizes[dim] = share.count
        if not isinstance(first, torch.Tensor):  # rand, randn
            return func(sizes, *others, **kwargs).narrow(dim, share.rows.start, share.size)
        alone = not any(isinstance(each, torch.Tensor) for each in others)
        if func._schema.is_mutable and alone:  # bernoulli_
            whole = func(first.new_empty(sizes), *others, **kwargs)
            return first.copy_(whole.narrow(dim, share.rows.start, share.size))
        if "_like" in func._schema.name:
            whole = func(first.new_empty(sizes), *others, **kwargs)
            return whole.narrow(dim, share.rows.start, share.size).clone()
        # What draws as its values say: from a seed for each process, so that all stand at the same place afterwards.
        seed, state = int(torch.randint(2**62, ())), torch.get_rng_state()
        torch.manual_seed(seed + share.rank)
        try:
            return func(*args, **kwargs)
        finally:
            torch.set_rng_state(state)
