"""Steps without their preparations change the weights exactly as torch's own steps do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer

from app.training.steps import FusedSteps

Make = Callable[[Iterable[Tensor]], Optimizer]
OPTIMIZERS: dict[str, Make] = {
    "adam": lambda weights: Adam(weights, 0.01, fused=True),
    "adam_decay": lambda weights: Adam(weights, 0.01, weight_decay=0.1, fused=True),
    "sgd": lambda weights: SGD(weights, 0.1, fused=True),
    "sgd_momentum": lambda weights: SGD(weights, 0.1, momentum=0.9, weight_decay=0.01, fused=True),
}


class Pair:
    """The same net twice: one steps as torch does, the other without the preparations."""

    def __init__(self, make: Make) -> None:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.Flatten(), nn.Linear(3 * 36, 5), nn.ReLU(), nn.Linear(5, 2))
        net[0].weight.data = net[0].weight.data.to(memory_format=torch.channels_last)  # type: ignore[union-attr,operator]
        self.nets = [net, copy.deepcopy(net)]
        self.optimizers = [make(each.parameters()) for each in self.nets]
        self.steps = FusedSteps(self.optimizers[1])
        self.asked = 0
        original = self.optimizers[1].step

        def counted() -> None:
            self.asked += 1
            original()

        self.optimizers[1].step = counted  # type: ignore[method-assign,assignment]

    def go(self, count: int = 1, without: int | None = None) -> None:
        """Take steps on both; ``without`` is the place of a weight that has no gradient."""
        for _ in range(count):
            pictures = torch.rand(4, 1, 8, 8)
            for place, net in enumerate(self.nets):
                (self.steps if place else self.optimizers[0]).zero_grad()
                assert all(weight.grad is None for weight in net.parameters())
                net(pictures).square().sum().backward()
                if without is not None:
                    list(net.parameters())[without].grad = None
            self.optimizers[0].step()
            self.steps.step()

    def same(self) -> bool:
        """Whether weights and moments are equal to the bit."""
        states = [optimizer.state_dict() for optimizer in self.optimizers]
        if [{place: list(state) for place, state in each["state"].items()} for each in states[:1]] != [
            {place: list(state) for place, state in each["state"].items()} for each in states[1:]
        ]:
            return False  # what is saved has other names, and a run that has it could not be continued
        moments = [
            [value for state in each["state"].values() for value in state.values() if value is not None]
            for each in states
        ]
        weights = [list(net.parameters()) for net in self.nets]
        return all(
            len(ours) == len(theirs) and all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
            for theirs, ours in (moments, weights)
        )


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_and_moments_are_those_of_torch(name: str) -> None:
    """Fails if a setting is not handed on, a moment is forgotten, or steps are not counted."""
    pair = Pair(OPTIMIZERS[name])
    pair.go(7)
    assert pair.same()
    assert pair.asked == 1, "after its first step, torch was asked again"


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_another_learning_rate_counts_at_once(name: str) -> None:
    """Fails if the settings of the first step are kept."""
    pair = Pair(OPTIMIZERS[name])
    pair.go(2)
    for optimizer in pair.optimizers:
        optimizer.param_groups[0]["lr"] = 0.5
    pair.go(2)
    assert pair.same()


# torch's own SGD with momentum cannot take a weight in whose first gradient comes late.
@pytest.mark.parametrize(
    ("name", "when"), [(n, w) for n in OPTIMIZERS for w in ("first", "later") if (n, w) != ("sgd_momentum", "first")]
)
def test_a_weight_without_gradient_is_left_alone(name: str, when: str) -> None:
    """Fails if gradients are dealt out to the wrong weights when one has none, as in a branch that a step skips."""
    pair = Pair(OPTIMIZERS[name])
    if when == "later":
        pair.go(2)
    pair.go(1, without=0)
    pair.go(2)
    assert pair.same()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_loaded_moments_are_used(name: str) -> None:
    """Fails if a run that is continued goes on with moments or settings from before they were loaded."""
    pair = Pair(OPTIMIZERS[name])
    pair.go(3)
    kept = copy.deepcopy([optimizer.state_dict() for optimizer in pair.optimizers])
    for optimizer, state in zip(pair.optimizers, kept, strict=True):
        state["param_groups"][0]["lr"] = 0.02
        for moments in state["state"].values():
            moments.update({name: value * 2 for name, value in moments.items() if value is not None})
        optimizer.load_state_dict(state)
    pair.go(3)
    assert pair.same()


def test_weights_of_another_kind_go_torchs_way() -> None:
    """Fails if double precision reaches a call that was prepared for single."""
    weight = nn.Parameter(torch.ones(3, dtype=torch.float64))
    optimizer = Adam([weight], 0.1, fused=True)
    asked = []
    optimizer.register_step_post_hook(lambda *_: asked.append(1))
    steps = FusedSteps(optimizer)
    for _ in range(2):
        steps.zero_grad()
        weight.sum().backward()
        steps.step()
    assert torch.allclose(weight, torch.full((3,), 0.8, dtype=torch.float64), atol=1e-6)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda weights: torch.optim.AdamW(weights, fused=True),
        lambda weights: Adam(weights, amsgrad=True, fused=True),
        lambda weights: Adam(weights, maximize=True, fused=True),
        lambda weights: SGD(weights, 0.1),
    ],
    ids=["AdamW", "amsgrad", "maximize", "not_fused"],
)
def test_what_is_not_known_is_refused(make: Make) -> None:
    """Fails if an optimizer that steps in another way gets the steps of Adam or SGD."""
    with pytest.raises(ValueError, match="Steps cannot be taken"):
        FusedSteps(make([nn.Parameter(torch.ones(2))]))
