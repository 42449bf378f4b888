"""A training that will not fit is warned of before its first step, and refused only where nothing would fit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Project
from app.core.inference import infer
from app.core.machine import FreeMemory
from app.core.memory import estimate
from app.core.reports import Report
from app.core.storage.templates import load
from app.training.events import Diagnosed, Failed, Finished
from app.training.loop import train
from tests.training.nets import FAST, compiled, linear_net

GB, MB = 2**30, 2**20


def test_a_training_warns_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a training that will not fit begins without a word, is forbidden, or one that fits is warned of."""
    project = load("lenet_digits")
    recipe = replace(project.recipe, epochs=1, batch_size=512)
    warned = "app.training.memory_check.main_memory"
    monkeypatch.setattr(warned, lambda: FreeMemory(5 * MB, 16 * GB))
    events = list(train(compile_net(project), recipe))
    findings = [event for event in events if isinstance(event, Diagnosed) and event.code == "memory"]
    assert len(findings) == 1
    assert "Use a batch size of" in findings[0].sentence
    assert isinstance(events[-1], Finished)
    monkeypatch.setattr(warned, lambda: FreeMemory(8 * GB, 16 * GB))
    assert not [e for e in train(compile_net(project), recipe) if isinstance(e, Diagnosed) and e.code == "memory"]
    monkeypatch.setattr(warned, lambda: None)
    assert not [e for e in train(compile_net(project), recipe) if isinstance(e, Diagnosed) and e.code == "memory"]


def test_a_system_is_not_asked_for_next_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a training of a moment waits for an answer that can only be yes, or a larger one does not ask."""
    asked: list[str] = []
    for name in ("logistic_regression", "lenet_digits"):

        def room(name: str = name) -> FreeMemory:
            asked.append(name)
            return FreeMemory(8 * GB, 16 * GB)

        monkeypatch.setattr("app.training.memory_check.main_memory", room)
        project = load(name)
        recipe = replace(project.recipe, epochs=1, batch_size=32, device="cpu")
        assert isinstance(list(train(compile_net(project), recipe))[-1], Finished)
    assert asked == ["lenet_digits"]


def test_a_batch_has_no_more_than_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a batch size beyond all samples is warned of as if there were so many."""
    project = load("lenet_digits")
    recipe = replace(project.recipe, epochs=1, batch_size=1_000_000)
    room_for_all = estimate(replace(project, recipe=replace(recipe, batch_size=1800)), infer(project)).total
    monkeypatch.setattr("app.training.memory_check.main_memory", lambda: FreeMemory(room_for_all, 16 * GB))
    assert not [e for e in train(compile_net(project), recipe) if isinstance(e, Diagnosed) and e.code == "memory"]


def test_where_not_one_sample_fits_nothing_is_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the weights of a net for which there is no room are made before anybody says so: the system would end
    the program."""
    project = load("lenet_digits")
    net = compile_net(project)
    monkeypatch.setattr("app.training.memory_check.main_memory", lambda: FreeMemory(MB // 2, 16 * GB))
    monkeypatch.setattr(type(net), "model", lambda *_: pytest.fail("the net was built"))
    (only,) = train(net, project.recipe)
    assert isinstance(only, Failed)
    assert "Even one sample" in only.sentence


def test_a_warning_leaves_room_for_the_holes_of_a_heap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a training is said to fit where there is room for the estimate alone, to the last byte."""
    project = load("lenet_digits")
    recipe = replace(project.recipe, epochs=1, batch_size=512)
    exact = estimate(replace(project, recipe=recipe), infer(project)).total
    monkeypatch.setattr("app.training.memory_check.main_memory", lambda: FreeMemory(exact, 16 * GB))
    assert [e for e in train(compile_net(project), recipe) if isinstance(e, Diagnosed) and e.code == "memory"]


def test_shapes_are_inferred_once_for_all_trainings_of_a_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if each question before a training infers the whole drawing again, or if what was inferred is not that of
    the drawing with the recipe in use."""
    asked: list[Project] = []

    def counted(project: Project) -> Report:
        asked.append(project)
        return infer(project)

    monkeypatch.setattr("app.core.compile.net.infer", counted)
    net = compiled(linear_net())
    first, second = replace(FAST, epochs=1), replace(FAST, epochs=1, batch_size=7, optimizer="SGD")
    for recipe in (first, second):
        assert isinstance(list(train(net, recipe))[-1], Finished)
    assert len(asked) == 1
    other = net.with_recipe(second)
    assert other.project is not None
    assert other.project.recipe == second
    assert other.report == infer(other.project)
    assert CompiledNet(net.plan).report is None
