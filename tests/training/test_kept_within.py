"""Weights that stay on disk from the middle of long epochs."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from app.cli.main import run as command
from app.core.graph.recipe import Recipe
from app.training import run_files, snapshots
from app.training.checkpoints import BadRun, load_run, weights_at
from app.training.control import Control
from app.training.events import BatchDone, Event, Finished
from app.training.kept_runs import past
from app.training.loop import train
from app.training.position import At, TrainingPosition, at_from, at_short, at_words
from app.training.snapshots import kept_epochs, kept_points, within
from tests.training.nets import FAST, compiled, moody_net, same_weights

LONG = replace(FAST, epochs=1, batch_size=8, optimizer="Adam", lr=0.01)  # 1,437 samples are 180 batches
NET = compiled(moody_net())


def trained(recipe: Recipe, **how: object) -> tuple[nn.Module, list[Event]]:
    model = NET.model(recipe.seed)
    told = list(train(NET.with_recipe(recipe), recipe, model=model, **how))  # type: ignore[arg-type]
    return model, told


def moments(run: Path) -> list[At]:
    return [each.at for each in kept_points(run)]


def batches(told: list[Event]) -> int:
    return next(event.batches for event in told if isinstance(event, BatchDone))


def test_each_moment_has_the_weights_of_its_step(tmp_path: Path) -> None:
    """Fails if a moment is kept a step too early or too late, or a later step writes into its file."""
    model, seen = NET.model(0), {}
    for event in train(NET, LONG, model=model, out=tmp_path):
        if isinstance(event, BatchDone):
            seen[event.batch] = {name: value.clone() for name, value in model.state_dict().items()}
    points = [each for each in kept_points(tmp_path) if each.batch]
    assert {1, 2, 5, 10, 20, 50} <= {each.batch for each in points}
    assert not any(each.whole for each in points), "they have no state to be continued from"
    for each in points:
        found = weights_at(tmp_path, each.at)
        assert found.keys() == seen[each.batch].keys()
        assert all(torch.equal(value, seen[each.batch][name]) for name, value in found.items())
    assert [each.epoch for each in kept_epochs(tmp_path)] == [0, 1], "a branch begins at the end of an epoch"


@pytest.mark.parametrize("settings", [{}, {"average": 0.9}, {"optimizer": "SGD", "schedule": "one-cycle"}])
def test_a_run_that_keeps_them_ends_with_the_same_bits(settings: dict[str, object], tmp_path: Path) -> None:
    """Fails if keeping them draws a random number, or leaves the mean of the weights in the place of the weights."""
    recipe = LONG.with_settings(**settings)
    with_them, _ = trained(recipe, out=tmp_path / "with")
    without, _ = trained(recipe.with_settings(snapshots=0), out=tmp_path / "without")
    assert any(isinstance(at, TrainingPosition) for at in moments(tmp_path / "with"))
    assert not any(isinstance(at, TrainingPosition) for at in moments(tmp_path / "without"))
    assert same_weights(with_them, without)


def test_of_averaged_weights_the_mean_is_kept(tmp_path: Path) -> None:
    """Fails if a moment shows other weights than the end of an epoch would: those that are trained, not their mean."""
    *_, first = trained(LONG.with_settings(average=0.9, snapshots=20), out=tmp_path)[1]
    assert isinstance(first, Finished)
    start, one = weights_at(tmp_path, 0), weights_at(tmp_path, TrainingPosition(0, 1))
    plain = tmp_path / "plain"
    trained(LONG, out=plain)
    step = weights_at(plain, TrainingPosition(0, 1))
    # The mean after the first step is that step's weights, or lies on the way to them.
    name = "fc1.weight"
    moved, whole = one[name] - start[name], step[name] - start[name]
    share = float((moved * whole).sum() / (whole * whole).sum())
    assert 0.05 < share <= 1.001
    two = weights_at(tmp_path, TrainingPosition(0, 2))[name]
    assert not torch.equal(two, weights_at(plain, TrainingPosition(0, 2))[name])


def test_a_run_that_was_stopped_in_an_epoch_keeps_the_same_moments(tmp_path: Path) -> None:
    """Fails if a continued run forgets what was kept before the stop, or keeps what lies behind it."""
    trained(LONG, out=tmp_path / "whole")
    control = Control()
    for event in train(NET, LONG, out=tmp_path / "two", control=control):
        if isinstance(event, BatchDone) and event.batch == 15:
            control.stop()
    before = [at for at in moments(tmp_path / "two") if isinstance(at, TrainingPosition)]
    assert before[-1].batch <= 16
    assert TrainingPosition(0, 10) in before
    trained(LONG, out=tmp_path / "two", resume=tmp_path / "two")
    assert moments(tmp_path / "two") == moments(tmp_path / "whole")
    for at in moments(tmp_path / "whole"):
        one, other = weights_at(tmp_path / "whole", at), weights_at(tmp_path / "two", at)
        assert all(torch.equal(value, other[name]) for name, value in one.items()), at


def test_going_back_forgets_what_lies_behind(tmp_path: Path) -> None:
    """Fails if a run that stands at a step keeps moments of another future."""
    trained(LONG, out=tmp_path)
    snapshots.forget(tmp_path, after=TrainingPosition(0, 10))
    assert max(each.batch for each in kept_points(tmp_path)) == 10
    assert moments(tmp_path)[0] == 0
    snapshots.forget(tmp_path, after=0)
    assert moments(tmp_path) == [0]


@pytest.mark.parametrize("epochs", [1, 2, 3, 5, 10, 20, 100])
@pytest.mark.parametrize("count", [100, 125, 1000, 31_250])
def test_they_are_few_and_those_of_longer_runs_are_among_them(epochs: int, count: int) -> None:
    """Fails if a long run fills the disk, or one that goes on for more epochs wants other moments than it has."""
    recipe = replace(LONG, epochs=epochs)
    first, second = within(0, count, recipe), within(1, count, recipe)
    assert all(0 < each < count for each in first | second)
    assert len(second) * epochs <= recipe.snapshots
    assert {1, 2, 5, 10, 20} <= first
    assert within(0, count, replace(recipe, epochs=2 * epochs)) <= first
    assert within(0, 99, recipe) == frozenset(), "short epochs need none"
    assert within(0, count, replace(recipe, snapshots=0)) == frozenset()


def test_the_files_stay_within_their_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if more stay than snapshots say, or than there is room for, or the early ones are thinned out first."""
    trained(LONG.with_settings(snapshots=5), out=tmp_path / "five")
    few = [at for at in moments(tmp_path / "five") if isinstance(at, TrainingPosition)]
    assert len(few) == 5
    size = (tmp_path / "five" / "weights.safetensors").stat().st_size
    monkeypatch.setattr(snapshots, "MOST_BYTES_WITHIN", 3 * size + 600)
    trained(LONG, out=tmp_path / "three")
    three = [at for at in moments(tmp_path / "three") if isinstance(at, TrainingPosition)]
    assert len(three) == 3
    assert three[0].batch <= 5 < three[-1].batch
    monkeypatch.setattr(snapshots, "MOST_BYTES_WITHIN", size // 2)
    trained(LONG, out=tmp_path / "none")
    assert moments(tmp_path / "none") == [0, 1]


def test_a_packed_run_has_them(tmp_path: Path) -> None:
    """Fails if a run loses its moments where it is handed on."""
    trained(LONG, out=tmp_path / "run")
    whole = past(tmp_path / "run")
    assert whole is not None
    with open(tmp_path / "runs.zip", "wb") as file:
        run_files.pack([whole], file)
    with zipfile.ZipFile(tmp_path / "runs.zip") as packed:
        packed.extractall(tmp_path / "other")
    assert moments(tmp_path / "other" / "run") == moments(tmp_path / "run")


def test_the_command_looks_at_a_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if --epoch 1:10 is another moment than step 10 of the first epoch, or a film leaves steps out."""
    trained(LONG, out=tmp_path / "run")
    rest = [str(tmp_path / "run"), "--view", "filters", "--node", "fc1", "-o"]
    assert command(["inspect", "--epoch", "1:10", *rest, str(tmp_path / "x.npz")]) == 0
    wanted: Tensor = weights_at(tmp_path / "run", TrainingPosition(0, 10))["fc1.weight"]
    with np.load(tmp_path / "x.npz") as numbers:
        assert np.array_equal(np.sort(numbers["maps"], None), np.sort(wanted.numpy(), None))
    capsys.readouterr()
    assert command(["inspect", *rest, str(tmp_path / "x.gif")]) == 0
    assert f"in {len(moments(tmp_path / 'run'))} pictures" in capsys.readouterr().out
    assert command(["inspect", "--epoch", "1:11", *rest, str(tmp_path / "y.png")]) == 1
    assert "Epoch 1, step 11 of " in capsys.readouterr().err
    numbers_of = [str(tmp_path / "run"), "--view", "histogram", "--node", "fc1", "--against", "1", "--step", "10"]
    assert command(["inspect", *numbers_of, "-o", str(tmp_path / "h.png")]) == 0
    assert command(["inspect", *numbers_of[:-3], "0", *numbers_of[-2:], "-o", str(tmp_path / "h.png")]) != 0


def test_a_moment_is_called_the_same_everywhere() -> None:
    """Fails if what the slider says cannot be asked of the command line."""
    for at, words, short in ((3, "epoch 3", "3"), (TrainingPosition(0, 50), "epoch 1, step 50", "1:50")):
        assert (at_words(at), at_short(at), at_from(short)) == (words, short, at)
    assert [at_from(text) for text in ("", ":", "1:", ":5", "0:5", "1:0", "x", "1:2:3", "-1", "²")] == [None] * 10


def test_a_name_that_is_no_moment_is_passed_over(tmp_path: Path) -> None:
    """Fails if a stranger's folder ends the list, or is taken for a moment."""
    trained(LONG, out=tmp_path)
    good = moments(tmp_path)
    for name in ("0+", "+5", "00+5", "0+05", "0+0", "0+x", "0+5+6"):
        (tmp_path / "kept" / name).mkdir()
    assert moments(tmp_path) == good
    with pytest.raises(BadRun, match=r"Epoch 2, step 7 of .* was not kept"):
        weights_at(tmp_path, TrainingPosition(1, 7))
    assert load_run(tmp_path).epoch == 1
