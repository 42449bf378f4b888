"""A computation that is noted as a graph gives the numbers of torch, and what reads numbers is not noted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor
from torch.func import grad, vmap

from app.training.together.graph_recording import CannotNote, graph_of


def gradients(weights: Tensor, inputs: Tensor, labels: Tensor) -> list[Tensor]:
    """Of the losses of three small nets at once."""

    def loss(weight: Tensor) -> Tensor:
        return torch.nn.functional.cross_entropy(torch.tanh(inputs @ weight), labels)

    return [vmap(grad(loss))(weights)]


def changed_in_place(mean: Tensor, value: Tensor) -> list[Tensor]:
    first = mean * 2
    mean.mul_(0.5).add_(value)
    return [first, mean + first, mean.sum()]


def with_constant(one: Tensor, other: Tensor) -> list[Tensor]:
    return [one * torch.arange(4.0), *torch.max(other, dim=0)]


def numbers(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


CASES: dict[str, tuple[Callable[..., Sequence[Tensor]], Sequence[Tensor]]] = {
    "gradients": (gradients, [numbers(3, 5, 4), numbers(6, 5), torch.arange(6) % 4]),
    "in place": (changed_in_place, [numbers(4), numbers(4)]),
    "constants": (with_constant, [numbers(4), numbers(7, 4)]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_graph_gives_the_same_for_other_numbers(name: str) -> None:
    """Fails if a call is left out, gets another argument, or numbers of the noted run stay in the graph."""
    computed, arguments = CASES[name]
    with torch.no_grad():
        graph = graph_of(computed, [each.clone() for each in arguments], {})
        fresh = [each.flip(0).clone() for each in arguments]
        wanted = computed(*[each.clone() for each in fresh])
        found = graph(*fresh)
    assert len(found) == len(wanted)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted))


def test_calls_are_put_in_the_place_of_others() -> None:
    """Fails if what stands instead of a call is not noted, or a call is lost for which there is nothing instead."""
    instead = {torch.ops.aten.tanh.default: lambda x: x.exp() if x.dim() == 1 else NotImplemented}
    graph = graph_of(lambda one, two: [one.tanh(), two.tanh()], [numbers(4), numbers(2, 2)], instead)
    one, two = numbers(3, 4)[0], numbers(3, 2, 2)[0]
    assert torch.equal(graph(one, two)[0], one.exp())
    assert torch.equal(graph(one, two)[1], two.tanh())


READS: dict[str, Callable[[Tensor], Sequence[Tensor]]] = {
    "a number": lambda x: [x * x.sum().item()],
    "a condition": lambda x: [x if x.sum() > 0 else -x],
    "a mask": lambda x: [x[x > 0]],
    "places": lambda x: [x.nonzero()],
    "chance": lambda x: [torch.rand(4, generator=torch.Generator())],
}


@pytest.mark.parametrize("name", READS)
def test_what_reads_numbers_is_not_noted(name: str) -> None:
    """Fails if a graph would go on with a decision that was made for other numbers."""
    with pytest.raises(CannotNote):
        graph_of(READS[name], [numbers(4)], {})
