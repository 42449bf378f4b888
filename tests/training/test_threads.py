"""How many threads torch gets."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import make_plan
from app.core.storage import templates
from app.training import threads
from tests.training.nets import compiled


@pytest.fixture
def eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_AVAILABLE", 8)


def lenet() -> CompiledNet:
    return compiled(templates.load("lenet_digits"))


@pytest.mark.usefixtures("eight")
def test_more_work_gets_more_threads() -> None:
    """Fails if a small net waits for many threads, or a large batch is left to one."""
    net = lenet()
    assert net.project is not None
    recipe = net.project.recipe
    assert threads.threads_for(net, replace(recipe, batch_size=8)) == 1
    assert threads.threads_for(net, replace(recipe, batch_size=32)) == 2
    assert 2 < threads.threads_for(net, replace(recipe, batch_size=128)) < 8
    assert threads.threads_for(net, replace(recipe, batch_size=4096)) == 8


@pytest.mark.usefixtures("eight")
def test_a_window_keeps_one_core() -> None:
    """Fails if a training takes the core on which the window should repaint."""
    net = lenet()
    assert net.project is not None
    large = replace(net.project.recipe, batch_size=4096)
    assert threads.threads_for(net, large, window=True) == 7
    plan_only = compile_net(make_plan(net.project))
    assert threads.threads_for(plan_only, large) == 8


def test_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the number is only worked out."""
    monkeypatch.setattr(threads, "_AVAILABLE", 2)
    net = lenet()
    assert net.project is not None
    assert threads.prepare_threads(net, net.project.recipe) == 2
    assert torch.get_num_threads() == 2
    assert threads.prepare_threads(net, net.project.recipe, window=True) == 1
    assert torch.get_num_threads() == 1


def test_a_continued_run_takes_no_more_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a run from a larger machine crowds a smaller one."""
    monkeypatch.setattr(threads, "_AVAILABLE", 2)
    threads.continue_threads(8)
    assert torch.get_num_threads() == 2
