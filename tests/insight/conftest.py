"""Nets that know digits, trained once for all tests of this folder by a loop of a few lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Project
from app.core.storage.templates import load
from app.training.batches import load as load_data


@dataclass(frozen=True)
class Trained:
    """A net with its data."""

    net: CompiledNet
    model: nn.Module
    images: Tensor
    labels: Tensor


def trained(project: Project, epochs: int) -> Trained:
    """The net of a drawing with one picture and one label, after a short training."""
    net = compile_net(project)
    model = net.model(seed=0)
    fields = load_data(net.plan)
    images = next(fields[name] for name in fields.names if name.endswith("image"))
    labels = next(fields[name] for name in fields.names if name.endswith("label"))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    generator = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(epochs):
        for piece in torch.randperm(len(images), generator=generator).split(32):
            loss = nn.functional.cross_entropy(model(images[piece]), labels[piece])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    optimizer.zero_grad()
    return Trained(net, model.eval(), images, labels)


@pytest.fixture(scope="package", autouse=True)
def _one_thread() -> Iterator[None]:
    """Nets this small are no faster on two threads, and on a busy machine the threads wait for each other: a dream
    took 30 s instead of 2 s beside three other programs."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="package")
def lenet(_one_thread: None) -> Trained:
    """LeNet on digits of 32×32, right in about 97 of 100 cases."""
    return trained(load("lenet_digits"), epochs=4)


@pytest.fixture(scope="package")
def mlp(_one_thread: None) -> Trained:
    """Two fully connected layers on digits of 8×8, with Dropout."""
    return trained(load("mlp_digits"), epochs=6)


@pytest.fixture
def untouched_random_numbers() -> Iterator[None]:
    """Fails if the test's work drew from torch's own generator."""
    before = torch.get_rng_state()
    yield
    assert torch.equal(torch.get_rng_state(), before)
