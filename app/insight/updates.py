"""What an optimizer makes of a weight: old weight, gradient, learning rate, new weight."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.capture import device_of, undisturbed
from app.insight.tiles import NoPicture
from app.insight.wire_values import WeightMoved, WireValues, two


@dataclass(frozen=True, eq=False)
class WeightStep:
    """One weight at one step: ``new`` is what the optimizer makes of ``old``, by this gradient."""

    name: str
    old: np.ndarray
    gradient: np.ndarray
    rate: float
    new: np.ndarray
    optimizer: str

    @property
    def plain(self) -> bool:
        """Whether the new weight is the old one minus rate times gradient."""
        return bool(np.allclose(self.new, self.old - self.rate * self.gradient, rtol=1e-5, atol=1e-6 * self.reach))

    @property
    def reach(self) -> float:
        """The size of the largest weight: single precision keeps seven digits of it."""
        return float(np.abs(self.old).max(initial=0.0))


def weight_steps(net: CompiledNet, model: nn.Module, found: WireValues) -> tuple[WeightStep, ...]:
    """What the first step of the recipe's optimizer, fresh, makes of these gradients; where no loss is drawn, that of
    plain gradient descent with the recipe's learning rate. The model stays as it is."""
    moved: dict[str, WeightMoved] = {}
    parameters = dict(model.named_parameters())
    for weight in (each for many in found.weights.values() for each in many):
        if weight.gradient is None or not parameters[weight.name].requires_grad:
            continue
        before = moved.get(weight.name)  # layers that share a weight each have a part of its gradient
        total = weight.gradient if before is None or before.gradient is None else before.gradient + weight.gradient
        moved[weight.name] = WeightMoved(weight.name, weight.value, total)
    return stepped(net, model, tuple(moved.values()))


def next_step(net: CompiledNet, model: nn.Module, fields: Mapping[str, Tensor]) -> tuple[WeightStep, ...]:
    """The same for all samples of a batch at once, in evaluation mode.

    Raises:
        NoPicture: if the drawing has no loss, or the batch lacks what it reads.
    """
    losses = net.losses()
    if losses is None:
        raise NoPicture("Without a loss nothing is trained. Add a loss such as Cross-entropy.")
    device = device_of(model)
    batch = {name: value.to(device) for name, value in fields.items()}
    weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
    with undisturbed(model, True), torch.enable_grad():
        try:
            made = net.loss_values(losses.to(device), model(*net.inputs_from(batch)), net.looking_ahead(model, batch))
        except KeyError as missing:
            raise NoPicture(f"The loss reads {missing.args[0]}, and the samples do not have it.") from None
        total = torch.stack([value.sum() for value in made.values()]).sum()
        found = torch.autograd.grad(total, list(weights.values()), allow_unused=True) if total.requires_grad else ()
    moved = (
        WeightMoved(name, _now(weight), _now(gradient))
        for (name, weight), gradient in zip(weights.items(), found)
        if gradient is not None
    )
    return stepped(net, model, tuple(moved))


def stepped(net: CompiledNet, model: nn.Module, gradients: Sequence[WeightMoved]) -> tuple[WeightStep, ...]:
    """What the recipe's optimizer, fresh, makes of these gradients in its first step."""
    moved = {each.name: each for each in gradients}
    if not moved:
        return ()
    made = net.functions.get("make_optimizers")
    if made is None:
        rate = net.plan.recipe.lr
        return tuple(
            WeightStep(name, each.value, _there(each), rate, each.value - rate * _there(each), "gradient descent")
            for name, each in moved.items()
        )
    twin = copy.deepcopy(model)
    optimizers: Mapping[str, torch.optim.Optimizer] = made(twin)
    weights = dict(twin.named_parameters())
    for name, each in moved.items():
        mine = weights[name]
        mine.grad = torch.from_numpy(_there(each)).to(mine.device, mine.dtype).reshape(mine.shape)
    names: dict[str, tuple[float, str]] = {}
    owners = {id(weight): name for name, weight in weights.items()}
    for optimizer in optimizers.values():
        for group in optimizer.param_groups:
            for trained in group["params"]:
                names[owners[id(trained)]] = float(group["lr"]), type(optimizer).__name__
        optimizer.step()
    return tuple(
        WeightStep(name, each.value, _there(each), names[name][0], _now(weights[name]), names[name][1])
        for name, each in moved.items()
        if name in names
    )


def _there(weight: WeightMoved) -> np.ndarray:
    assert weight.gradient is not None
    return weight.gradient


def _now(weight: Tensor) -> np.ndarray:
    return weight.detach().double().cpu().numpy()


def update_lines(step: WeightStep) -> tuple[str, ...]:
    """Old weight, gradient, learning rate, new weight: of a single number, or of the one with the largest gradient."""
    at = tuple(int(each) for each in np.unravel_index(int(np.abs(step.gradient).argmax()), step.gradient.shape))
    place = f"{step.name}{list(at)}" if at else step.name
    old, gradient, new = float(step.old[at]), float(step.gradient[at]), float(step.new[at])
    said = []
    if step.old.size > 1:
        change = np.linalg.norm(step.new - step.old)
        said.append(
            f"{step.name}: {step.old.size:,} weights, norm {two(float(np.linalg.norm(step.old)))}; the gradient has "
            f"norm {two(float(np.linalg.norm(step.gradient)))}, the step {two(float(change))}. The largest gradient:"
        )
    said.append(f"{place}: old weight {_exact(old)}, gradient {_exact(gradient)}, learning rate {step.rate:g}")
    signed = f"({_exact(gradient)})" if gradient < 0 else _exact(gradient)
    if step.plain:
        said.append(f"new weight = {_exact(old)} − {step.rate:g} × {signed} = {_exact(new)}")
    else:
        said.append(f"{step.optimizer} moves it by {_exact(new - old)}: new weight {_exact(new)}")
    return tuple(said)


def _exact(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")
