"""How many threads torch gets."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.compile.net import CompiledNet, compile_net
from app.core.compile.plan import make_plan
from app.core.storage import templates
from app.training import threads
from app.training.events import Diagnosed, Finished
from app.training.loop import train
from tests.training.nets import compiled


@pytest.fixture
def eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_AVAILABLE", 8)
    monkeypatch.setattr(threads, "_CHOSEN", False)


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
    assert threads.threads_for(net, replace(recipe, batch_size=4096)) == 7


@pytest.mark.usefixtures("eight")
def test_one_core_stays_free(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a training takes the core on which the window should repaint, or passes over OMP_NUM_THREADS."""
    net = lenet()
    assert net.project is not None
    large = replace(net.project.recipe, batch_size=4096)
    plan_only = compile_net(make_plan(net.project))
    assert threads.threads_for(net, large) == threads.threads_for(plan_only, large) == 7
    monkeypatch.setattr(threads, "_CHOSEN", True)
    assert threads.threads_for(net, large) == threads.threads_for(plan_only, large) == 8


def test_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the number is only worked out."""
    monkeypatch.setattr(threads, "_CHOSEN", False)
    net = lenet()
    assert net.project is not None
    for available, used in ((3, 2), (2, 1), (1, 1)):
        monkeypatch.setattr(threads, "_AVAILABLE", available)
        assert threads.prepare_threads(net, net.project.recipe) == used
        assert torch.get_num_threads() == used


def test_a_continued_run_takes_no_more_than_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a run from a larger machine crowds a smaller one."""
    monkeypatch.setattr(threads, "_AVAILABLE", 2)
    threads.continue_threads(8)
    assert torch.get_num_threads() == 2


def test_fewer_threads_than_before_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a run goes on with other weights than without the break and nothing says so, or if something does where
    nothing is different."""
    project = templates.load("mlp_digits")
    recipe = replace(project.recipe, epochs=1)
    net = compiled(project)
    torch.set_num_threads(2)
    assert not [e for e in train(net, recipe, out=tmp_path / "run") if isinstance(e, Diagnosed) and e.code == "threads"]
    for available, told in ((2, False), (1, True)):
        monkeypatch.setattr(threads, "_AVAILABLE", available)
        shutil.copytree(tmp_path / "run", tmp_path / str(available))
        events = list(train(net, replace(recipe, epochs=2), resume=tmp_path / str(available)))
        said = [event.sentence for event in events if isinstance(event, Diagnosed) and event.code == "threads"]
        assert isinstance(events[-1], Finished)
        assert bool(said) is told
        assert all("2 threads" in sentence for sentence in said)
