"""The steps of an optimizer, without what torch prepares anew for each of them.

An accelerator behind the printed step: ``training_step`` calls ``zero_grad`` and ``step`` of what it is given, and gets
the same weights from either, to the bit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, Optimizer


class FusedSteps:
    """Takes the steps of a fused ``Adam`` or ``SGD`` with one group of parameters.

    The first step is torch's own. It finds out what never changes afterwards: which parameters take part, with which
    moments. ``Optimizer.step`` asks all that again for every batch, which is a tenth of LeNet's time; here the same
    kernel gets the same tensors at once. Parameters and the optimizer's state are the same to the bit (a test compares
    them), so checkpoints know nothing of this. Whatever is not plain numbers on the CPU goes torch's own way.

    Raises:
        ValueError: for an optimizer, or a setting of it, that is not known here.
    """

    def __init__(self, optimizer: Optimizer) -> None:
        group = optimizer.param_groups[0]
        known = type(optimizer) in (Adam, SGD) and group["fused"] and not group["maximize"]
        known = known and len(optimizer.param_groups) == 1
        if not known or group.get("amsgrad"):
            raise ValueError(f"Steps cannot be taken for {optimizer}.")
        self._optimizer = optimizer
        self._parameters: list[Tensor] = list(group["params"])
        kinds = {(each.device.type, each.dtype, each.layout) for each in self._parameters}
        self._plain = kinds == {("cpu", torch.float32, torch.strided)}
        self._moments: tuple[list[Tensor], ...] | None = None
        self._counts = torch.empty(0)  # of Adam's steps, of which each parameter has a view
        optimizer.register_load_state_dict_post_hook(self._forget)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The optimizer's own."""
        return self._optimizer.param_groups

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self._parameters:
            parameter.grad = None

    def step(self) -> None:
        """Change the parameters by their gradients, in place."""
        gradients = [parameter.grad for parameter in self._parameters if parameter.grad is not None]
        whole = len(gradients) == len(self._parameters)
        if self._moments is None or not whole:
            self._optimizer.step()
            dense = all(gradient.layout is torch.strided for gradient in gradients)
            self._moments = self._found() if self._plain and whole and dense else None
            return
        with torch.no_grad():
            if isinstance(self._optimizer, Adam):
                self._adam(gradients, *self._moments)
            else:
                self._sgd(gradients, *self._moments)

    def _forget(self, _: Optimizer) -> None:
        """Ask again: other moments were loaded."""
        self._moments = None

    def _found(self) -> tuple[list[Tensor], ...]:
        """The moments after a step of torch."""
        if isinstance(self._optimizer, SGD) and not self._optimizer.param_groups[0]["momentum"]:
            return ([],)  # it has no state, and asking for it would make some
        names = ("exp_avg", "exp_avg_sq", "step") if isinstance(self._optimizer, Adam) else ("momentum_buffer",)
        states = [self._optimizer.state[parameter] for parameter in self._parameters]
        if isinstance(self._optimizer, Adam):  # they are counted up by one call instead of one for each
            self._counts = torch.stack([state["step"] for state in states])
            for state, count in zip(states, self._counts):
                state["step"] = count
        return tuple([state[name] for state in states] for name in names)

    # The functions with an underscore are what torch.optim.adam and torch.optim.sgd call in the end; the tests
    # compare with those, so another version of torch that changed them would be noticed.

    def _adam(self, gradients: list[Tensor], first: list[Tensor], second: list[Tensor], steps: list[Tensor]) -> None:
        group = self._optimizer.param_groups[0]  # another one after load_state_dict
        beta1, beta2 = group["betas"]
        self._counts.add_(1)
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


def accelerated(optimizer: Optimizer) -> Optimizer | FusedSteps:
    """The same optimizer for a training loop: with quicker steps where they are known, else as it is."""
    try:
        return FusedSteps(optimizer)
    except (ValueError, KeyError):
        return optimizer
