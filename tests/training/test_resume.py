"""A run that was stopped and continued ends with the weights of a run without a break, to the last bit."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
import torch
from torch import nn

from app.core.compile.net import CompiledNet
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.training import checkpoints, threads
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.events import BatchDone, Cancelled, EpochDone, Event, Failed, Finished, Started
from app.training.loop import train
from tests.training.nets import FAST, compiled, digits_net, moody_net, only, same_weights

LONG = replace(FAST, epochs=3)
RECIPES = {
    "SGD": LONG,
    "SGD without momentum": LONG.with_settings(momentum=0.0),
    "Adam": LONG.with_settings(optimizer="Adam", lr=0.002, weight_decay=0.01),
}


@pytest.fixture(scope="module")
def net() -> CompiledNet:
    return compiled(moody_net())


def whole(net: CompiledNet, recipe: Recipe, folder: Path) -> tuple[nn.Module, list[Event]]:
    """A run without a break."""
    events = list(train(net, recipe, out=folder))
    assert isinstance(events[-1], Finished)
    return load_run(folder).model, events


def stop_by_closing(net: CompiledNet, recipe: Recipe, folder: Path, after: int) -> list[Event]:
    """Take events until so many batches are done, then ask for no more."""
    running = cast(Generator[Event], train(net, recipe, out=folder))
    seen: list[Event] = []
    for event in running:
        seen.append(event)
        if len(only(seen, BatchDone)) == after:
            break
    running.close()
    return seen


def stop_by_control(net: CompiledNet, recipe: Recipe, folder: Path, after: int) -> list[Event]:
    """Press Stop once so many batches are done."""
    control = Control()
    seen: list[Event] = []
    for event in train(net, recipe, out=folder, control=control):
        seen.append(event)
        if len(only(seen, BatchDone)) == after:
            control.stop()
    assert isinstance(seen[-1], Cancelled)
    return seen


def test_threads_are_those_of_the_beginning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a run of the command line is continued in the window with fewer threads, which round in another way."""
    monkeypatch.setattr(threads, "_AVAILABLE", 2)
    lenet = compiled(templates.load("lenet_digits"))
    recipe = replace(FAST, batch_size=64, epochs=1, test=0.5)
    torch.set_num_threads(2)
    expected, _ = whole(lenet, recipe, tmp_path / "whole")
    stop_by_control(lenet, recipe, tmp_path / "broken", 5)
    torch.set_num_threads(1)
    later = list(train(lenet, recipe, resume=tmp_path / "broken"))
    assert isinstance(later[-1], Finished)
    assert torch.get_num_threads() == 2
    assert same_weights(load_run(tmp_path / "broken").model, expected)


def test_other_batches_are_other_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a run that goes on with larger batches keeps the one thread that was right for small ones."""
    monkeypatch.setattr(threads, "_AVAILABLE", 2)
    lenet = compiled(templates.load("lenet_digits"))
    assert isinstance(list(train(lenet, replace(FAST, batch_size=512, epochs=1), out=tmp_path))[-1], Finished)
    torch.set_num_threads(2)
    assert isinstance(list(train(lenet, replace(FAST, batch_size=1024), resume=tmp_path))[-1], Finished)
    assert torch.get_num_threads() == 2


@pytest.mark.parametrize("optimizer", RECIPES)
@pytest.mark.parametrize("stop", [stop_by_closing, stop_by_control])
@pytest.mark.parametrize("after", [1, 4, 6, 9, 18], ids=lambda n: f"{n}_batches")
def test_weights_are_those_of_an_unbroken_run(
    net: CompiledNet, tmp_path: Path, optimizer: str, stop: object, after: int
) -> None:
    """Fails if moments, dropout's random numbers, the order of samples, buffers of batch norm or the position are
    lost: stopped in the middle of the first epoch, at its last batch, later, and at the very last batch."""
    recipe = RECIPES[optimizer]
    expected, unbroken = whole(net, recipe, tmp_path / "whole")
    before = stop(net, recipe, tmp_path / "broken", after)  # type: ignore[operator]
    torch.manual_seed(999)  # whatever else the program draws meanwhile
    later = list(train(net, recipe, resume=tmp_path / "broken"))
    assert isinstance(later[-1], Finished)
    found = load_run(tmp_path / "broken")
    assert same_weights(found.model, expected)
    told = [e.loss for e in only([*before, *later], BatchDone)]
    assert told == [e.loss for e in only(unbroken, BatchDone)]
    assert numbers(found.metrics) == numbers(load_run(tmp_path / "whole").metrics)


def numbers(metrics: tuple[object, ...]) -> list[dict[str, object]]:
    """Lines of metrics without what a clock measured."""
    clocks = ("seconds", "samples_per_second")
    return [{k: v for k, v in entry.items() if k not in clocks} for entry in metrics]  # type: ignore[attr-defined]


def test_broken_many_times(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if a run can be continued once but not again."""
    expected, _ = whole(net, LONG, tmp_path / "whole")
    stop_by_closing(net, LONG, tmp_path / "run", 2)
    for _ in range(4):
        running = cast(Generator[Event], train(net, LONG, resume=tmp_path / "run"))
        for count, _event in enumerate(e for e in running if isinstance(e, BatchDone)):
            if count == 2:
                break
        running.close()
    list(train(net, LONG, resume=tmp_path / "run"))
    assert same_weights(load_run(tmp_path / "run").model, expected)


def test_into_another_folder(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if continuing elsewhere changes the old run, or loses the numbers of the epochs before."""
    expected, _ = whole(net, LONG, tmp_path / "whole")
    stop_by_closing(net, LONG, tmp_path / "old", 8)
    old = {file: file.read_bytes() for file in (tmp_path / "old").rglob("*") if file.is_file()}
    events = list(train(net, LONG, resume=tmp_path / "old", out=tmp_path / "new"))
    assert cast(Started, events[0]).resumed_epoch == 1
    assert {file: file.read_bytes() for file in (tmp_path / "old").rglob("*") if file.is_file()} == old
    found = load_run(tmp_path / "new")
    assert same_weights(found.model, expected)
    assert [entry["epoch"] for entry in found.metrics] == [1, 2, 3]


def test_more_epochs_continue_a_finished_run(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if a finished run cannot be trained on, or if it starts over."""
    expected, _ = whole(net, LONG, tmp_path / "whole")
    whole(net, replace(LONG, epochs=2), tmp_path / "short")
    events = list(train(net, LONG, resume=tmp_path / "short"))
    assert [event.epoch for event in only(events, EpochDone)] == [3]
    assert same_weights(load_run(tmp_path / "short").model, expected)


def test_a_finished_run_stays_finished(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if continuing a finished run trains further, or ends without its numbers."""
    expected, unbroken = whole(net, LONG, tmp_path)
    events = list(train(net, LONG, resume=tmp_path))
    assert [type(event) for event in events] == [Started, Finished]
    assert cast(Finished, events[-1]).metrics == cast(Finished, unbroken[-1]).metrics
    assert same_weights(load_run(tmp_path).model, expected)


def test_another_learning_rate_is_taken_over(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if a continued run ignores the recipe's new learning rate."""
    whole(net, replace(LONG, epochs=1), tmp_path)
    done = only(train(net, replace(LONG, epochs=2, lr=0.01), resume=tmp_path), EpochDone)
    assert done[0].lr == 0.01


def test_a_learning_rate_changed_while_training_is_kept(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if what the student set at the slider is forgotten by stop and continue."""
    control = Control()
    control.set_lr(0.03)
    list(train(net, replace(LONG, epochs=1), out=tmp_path, control=control))
    done = only(train(net, LONG, resume=tmp_path), EpochDone)
    assert done[0].lr == 0.03


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"seed": 1}, "seed 0, not 1"),
        ({"validation": 0.3}, "held out 0.2, not 0.3"),
        ({"folds": 3}, "fold that is held out none, not 1 of 3"),
        ({"optimizer": "Adam"}, "optimizer SGD, not Adam"),
        ({"batch_size": 32}, "batch size 256, not 32"),
    ],
)
def test_what_would_be_another_experiment_is_refused(
    net: CompiledNet, tmp_path: Path, change: dict[str, object], word: str
) -> None:
    """Fails if validation samples can be learned from by continuing with another seed or share, and the like."""
    stop_by_closing(net, LONG, tmp_path, 3)
    (failed,) = train(net, replace(LONG, **change), resume=tmp_path)  # type: ignore[arg-type]
    assert isinstance(failed, Failed)
    assert word in failed.sentence


def test_another_drawing_is_refused(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if a run can be continued with layers it never had."""
    stop_by_closing(net, LONG, tmp_path, 3)
    other = digits_net(
        ("conv1", "Conv2d", {"out_channels": 3, "kernel_size": (3, 3)}),
        ("bn1", "BatchNorm2d"),
        ("relu1", "Tanh"),
        ("flatten", "Flatten"),
        ("drop1", "Dropout", {"p": 0.5}),
        ("fc1", "Linear", {"out_features": 10}),
    )
    (failed,) = train(compiled(other), LONG, resume=tmp_path)
    assert isinstance(failed, Failed)
    assert "its layers have changed" in failed.sentence


def test_looking_does_not_change_the_result(net: CompiledNet, tmp_path: Path) -> None:
    """Fails if pictures made while training draw random numbers, leave gradients or switch the mode of the model."""
    expected, _ = whole(net, LONG, tmp_path / "whole")
    control = Control()

    def peek(view: object) -> float:
        view.model.eval()  # type: ignore[attr-defined]
        torch.rand(100)
        inputs = view.net.inputs_from(view.batch)  # type: ignore[attr-defined]
        view.model(*inputs).sum().backward()  # type: ignore[attr-defined]
        return 1.0

    for event in train(net, LONG, out=tmp_path / "looked_at", control=control):
        if isinstance(event, BatchDone):
            control.ask(peek)
    assert same_weights(load_run(tmp_path / "looked_at").model, expected)


def crash_after(count: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Makes the ``count``-th renaming from now on fail, as if the power had gone."""
    real, calls = checkpoints.os.replace, iter(range(1000))

    def replace_or_die(*args: object) -> None:
        if next(calls) == count:
            raise KeyboardInterrupt
        real(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints.os, "replace", replace_or_die)
        yield


@pytest.mark.parametrize("count", [0, 1])
def test_a_crash_while_saving_leaves_a_run_that_continues(
    net: CompiledNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Fails if weights of one moment are continued with the state of another: died before the first file was put in
    its place, and between the two."""
    expected, _ = whole(net, LONG, tmp_path / "whole")
    stop_by_closing(net, LONG, tmp_path / "run", 3)
    running = train(net, LONG, resume=tmp_path / "run")
    for event in running:
        if isinstance(event, BatchDone) and event.batch == 6:
            break
    crashing = crash_after(count, monkeypatch)
    next(crashing)
    with pytest.raises(KeyboardInterrupt):
        next(e for e in running if isinstance(e, EpochDone))
    next(crashing, None)
    events = list(train(net, LONG, resume=tmp_path / "run"))
    assert isinstance(events[-1], Finished)
    assert same_weights(load_run(tmp_path / "run").model, expected)
    assert [entry["epoch"] for entry in load_run(tmp_path / "run").metrics] == [1, 2, 3]
