"""The steps of an optimizer, without what torch prepares anew for each of them."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer


class Steps:
    """Takes the steps of a fused ``Adam`` or ``SGD`` with one group of parameters.

    The first step is torch's own. It finds out what never changes afterwards: which parameters take part, on which
    device, with which moments. ``Optimizer.step`` asks all that again for every batch, which is a tenth of LeNet's
    time; here the same kernel gets the same tensors at once. Parameters and the optimizer's state are the same to the
    bit (a test compares them), so checkpoints know nothing of this.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        (group,) = optimizer.param_groups
        self._optimizer = optimizer
        self._parameters: list[Tensor] = list(group["params"])
        self._moments: tuple[list[Tensor], ...] | None = None

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    def step(self) -> None:
        """Change the parameters by their gradients, in place."""
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        if self._moments is None or len(gradients) < len(self._parameters):
            self._optimizer.step()
            self._moments = self._found(gradients)
            return
        with torch.no_grad():
            if isinstance(self._optimizer, Adam):
                self._adam(gradients, *self._moments)
            else:
                self._sgd(gradients, *self._moments)

    def _found(self, gradients: list[Tensor]) -> tuple[list[Tensor], ...] | None:
        """The moments after a step, or None if the next step has to ask again."""
        kinds = {(each.device.type, each.dtype, each.layout) for each in (*self._parameters, *gradients)}
        if kinds != {("cpu", torch.float32, torch.strided)} or len(gradients) < len(self._parameters):
            return None
        states = [self._optimizer.state[parameter] for parameter in self._parameters]
        if isinstance(self._optimizer, Adam):
            return tuple([state[name] for state in states] for name in ("exp_avg", "exp_avg_sq", "step"))
        if isinstance(self._optimizer, SGD):
            momentum = self._optimizer.param_groups[0]["momentum"]
            return ([state["momentum_buffer"] for state in states] if momentum else [],)
        return None

    # The functions with an underscore are what torch.optim.adam and torch.optim.sgd call in the end; torch is pinned.

    def _adam(self, gradients: list[Tensor], first: list[Tensor], second: list[Tensor], steps: list[Tensor]) -> None:
        group = self._optimizer.param_groups[0]  # another one after load_state_dict
        beta1, beta2 = group["betas"]
        torch._foreach_add_(steps, 1)
        torch._fused_adam_(
            self._parameters,
            gradients,
            first,
            second,
            [],
            steps,
            lr=group["lr"],
            beta1=beta1,
            beta2=beta2,
            weight_decay=group["weight_decay"],
            eps=group["eps"],
            amsgrad=False,
            maximize=False,
        )

    def _sgd(self, gradients: list[Tensor], buffers: list[Tensor]) -> None:
        group = self._optimizer.param_groups[0]  # another one after load_state_dict
        torch._fused_sgd_(
            self._parameters,
            gradients,
            buffers,
            weight_decay=group["weight_decay"],
            momentum=group["momentum"],
            lr=group["lr"],
            dampening=group["dampening"],
            nesterov=group["nesterov"],
            maximize=False,
            is_first_step=False,
        )
