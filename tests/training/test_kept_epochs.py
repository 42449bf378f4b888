"""Epochs that stay on disk, and runs that begin from them."""

from __future__ import annotations

import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

from app.core.graph.recipe import Recipe
from app.training import run_files, snapshots
from app.training.checkpoints import BadRun, load_run, weights_at
from app.training.control import Control
from app.training.events import BatchDone, Diagnosed, EpochDone, Event, Failed, Finished, Started
from app.training.folder import KEPT, STATE, WEIGHTS, read_changes, read_metrics
from app.training.kept_runs import past
from app.training.loop import train
from app.training.remover import GONE
from app.training.run_description import about
from app.training.snapshots import kept_epochs, lasting, spread
from tests.training.nets import FAST, compiled, moody_net, only, same_weights

SHORT = replace(FAST, epochs=5, optimizer="Adam", lr=0.01)
NET = compiled(moody_net())


def trained(recipe: Recipe, **how: object) -> tuple[nn.Module, list[Event]]:
    model = NET.model(recipe.seed)
    told = list(train(NET.with_recipe(recipe), recipe, model=model, **how))  # type: ignore[arg-type]
    assert isinstance(told[-1], Finished), told[-1]
    return model, told


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "parent"
    trained(SHORT, out=folder)
    return folder


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "SGD", "momentum": 0.9, "schedule": "one-cycle"},
        {"optimizer": "Muon", "average": 0.9},
        {"schedule": "reduce-on-plateau", "accumulate": 2, "stopping": "no-better", "patience": 9},
    ],
    ids=["Adam", "one cycle", "Muon, averaged", "plateau"],
)
@pytest.mark.parametrize("epoch", [0, 3])
def test_a_branch_ends_with_the_bits_of_its_parent(settings: dict[str, object], epoch: int, tmp_path: Path) -> None:
    """Fails if a kept epoch lacks anything: a moment, a schedule, the mean of the weights, the random numbers."""
    recipe = SHORT.with_settings(**settings)
    whole, told = trained(recipe, out=tmp_path / "parent")
    torch.manual_seed(77)
    branch, again = trained(recipe, out=tmp_path / "branch", resume=tmp_path / "parent", at=epoch)
    assert same_weights(whole, branch)
    first = {done.epoch: dict(done.metrics) for done in only(told, EpochDone)}
    assert {done.epoch: dict(done.metrics) for done in only(again, EpochDone)} == {
        number: values for number, values in first.items() if number > epoch
    }
    assert only(again, Started)[0].resumed_epoch == epoch
    assert [entry["epoch"] for entry in read_metrics(tmp_path / "branch")] == [1, 2, 3, 4, 5]


def test_the_weights_of_an_epoch_are_those_at_its_end(tmp_path: Path) -> None:
    """Fails if an epoch is kept before its last step, or if a later one writes into the same file."""
    model, seen = NET.model(0), {}
    for event in train(NET, SHORT, model=model, out=tmp_path):
        if isinstance(event, Started | EpochDone):
            seen[getattr(event, "epoch", 0)] = {n: v.clone() for n, v in model.state_dict().items()}
    assert sorted(seen) == [0, 1, 2, 3, 4, 5]
    for epoch, values in seen.items():
        found = weights_at(tmp_path, epoch)
        assert found.keys() == values.keys()
        assert all(torch.equal(found[name], value) for name, value in values.items())


def test_a_branch_may_have_another_recipe_and_says_what_stays_behind(parent: Path, tmp_path: Path) -> None:
    """Fails if a branch is held to the optimizer of its parent, or changes to another one in silence."""
    recipe = SHORT.with_settings(optimizer="SGD", lr=0.05, batch_size=100, schedule="cosine", epochs=4)
    _, told = trained(recipe, out=tmp_path, resume=parent, at=2)
    said = [each.sentence for each in only(told, Diagnosed) if each.code == "branch"]
    assert said == ["SGD starts afresh: what Adam had gathered is of no use to it."]
    assert [done.epoch for done in only(told, EpochDone)] == [3, 4]
    known = about(tmp_path)
    assert (known.parent, known.left) == (str(parent.absolute()), 2)
    assert [each.epoch for each in kept_epochs(tmp_path)] == [2, 3, 4]
    assert [each.epoch for each in kept_epochs(parent)] == [0, 1, 2, 3, 4, 5]  # as it was


def test_a_branch_cannot_look_at_samples_that_were_held_out(parent: Path, tmp_path: Path) -> None:
    """Fails if another seed, share or fold deals validation samples into the training of a branch."""
    for changes in ({"seed": 3}, {"validation": 0.4}, {"folds": 3, "fold": 2}):
        recipe = SHORT.with_settings(**changes)
        told = list(train(NET.with_recipe(recipe), recipe, out=tmp_path / "no", resume=parent, at=2))
        assert isinstance(told[-1], Failed)
        assert "held out" in told[-1].sentence or "learned from" in told[-1].sentence


def test_an_epoch_without_state_continues_from_its_weights(parent: Path, tmp_path: Path) -> None:
    """Fails if weights alone cannot be continued from, or nobody says that the rest starts afresh."""
    shutil.copytree(parent, tmp_path / "copy")
    (tmp_path / "copy" / KEPT / "3" / STATE).unlink()
    model, told = NET.model(0), []
    for event in train(NET, SHORT, out=tmp_path / "b", resume=tmp_path / "copy", at=3, model=model):
        if isinstance(event, Started):
            assert all(torch.equal(v, weights_at(parent, 3)[n]) for n, v in model.state_dict().items())
        told.append(event)
    assert isinstance(told[-1], Finished)
    assert any("only the weights were kept" in each.sentence for each in only(told, Diagnosed))
    assert [done.epoch for done in only(told, EpochDone)] == [4, 5]


def test_what_was_changed_before_goes_along_and_what_came_later_does_not(tmp_path: Path) -> None:
    """Fails if a branch begins with a learning rate that its parent had only later, or forgets an earlier one."""
    control, told = Control(), []
    for event in train(NET, SHORT, out=tmp_path / "a", control=control):
        told.append(event)
        if isinstance(event, BatchDone) and event.batch == 2 and event.epoch in (2, 4):
            control.set_lr(0.02 if event.epoch == 2 else 0.001)
    _, again = trained(SHORT, out=tmp_path / "b", resume=tmp_path / "a", at=3)
    assert [done.lr for done in only(again, EpochDone)] == [0.02, 0.02]
    assert [each.value for each in read_changes(tmp_path / "b")] == [0.02]


@pytest.mark.parametrize(("keep", "snapshots"), [(2, 4), (0, 3), (3, 0), (1, 1), (0, 0), (2, 200)])
def test_no_more_stays_than_the_recipe_says(keep: int, snapshots: int, tmp_path: Path) -> None:
    """Fails if the folder grows with every epoch, or if what should stay is thrown away."""
    recipe = replace(SHORT, epochs=9, keep=keep, snapshots=snapshots)
    _, told = trained(recipe, out=tmp_path)
    epochs = [each.epoch for each in kept_epochs(tmp_path)]
    losses = {done.epoch: done.metrics["val_loss"] for done in only(told, EpochDone)}
    wanted = {min(losses, key=losses.__getitem__), *range(10 - keep, 10)} if keep else set()
    thinned = set(epochs) - wanted
    assert wanted <= set(epochs)
    assert len(thinned) <= snapshots
    if snapshots >= 3:
        gaps = {b - a for a, b in zip(sorted(spread(9, snapshots, 1)), sorted(spread(9, snapshots, 1))[1:])}
        assert 0 in epochs
        assert len(gaps) == 1
    assert (
        not any(entry.is_dir() and int(entry.name) not in epochs for entry in os.scandir(tmp_path / KEPT))
        if (keep or snapshots)
        else not (tmp_path / KEPT).exists()
    )


@pytest.mark.parametrize("most", [1, 2, 3, 5, 20, 64])
def test_an_epoch_that_was_left_out_is_never_wanted_later(most: int) -> None:
    """Fails if thinning asks for an epoch that it has thrown away, or goes beyond its number."""
    before: set[int] = {0}
    for epoch in range(300):
        now = set(spread(epoch, most, 100))
        assert len(now) <= most
        assert now <= before | {epoch}
        assert 0 in now
        before = now


def test_large_weights_stay_fewer_times_and_without_their_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if the room on disk depends on nothing but the number of epochs."""
    trained(replace(SHORT, epochs=1), out=tmp_path / "one")
    weights = (tmp_path / "one" / WEIGHTS).stat().st_size
    monkeypatch.setattr(snapshots, "MOST_BYTES", 3 * weights)
    trained(replace(SHORT, epochs=7, keep=1), out=tmp_path / "a")
    found = {each.epoch: each.whole for each in kept_epochs(tmp_path / "a")}
    best_and_last = lasting(7, replace(SHORT, keep=1), 7)
    assert {0, 4} <= set(found)
    assert len(set(found) - best_and_last) <= 4  # the best may be another one
    assert not found[0]
    assert found[7]
    monkeypatch.setattr(snapshots, "MOST_BYTES", weights - 1)
    assert spread(5, 20, weights) == set()


def test_a_run_that_goes_on_forgets_epochs_it_has_not_reached(parent: Path, tmp_path: Path) -> None:
    """Fails if epochs of another past stay behind the place where a run is continued."""
    shutil.copytree(parent, tmp_path / "copy")
    shutil.copytree(tmp_path / "copy" / KEPT / "5", tmp_path / "copy" / KEPT / "8")
    trained(replace(SHORT, epochs=6), resume=tmp_path / "copy")
    assert [each.epoch for each in kept_epochs(tmp_path / "copy")] == [0, 1, 2, 3, 4, 5, 6]
    trained(replace(SHORT, epochs=1), out=tmp_path / "copy")
    assert [each.epoch for each in kept_epochs(tmp_path / "copy")] == [0, 1]


def test_what_was_not_kept_is_said(parent: Path, tmp_path: Path) -> None:
    """Fails if an epoch that is not there ends in a traceback, or the run's own folder is written over."""
    with pytest.raises(BadRun, match=r"Epoch 17 of .* was not kept. It has 0, 1, 2"):
        weights_at(parent, 17)
    with pytest.raises(BadRun, match="is not the folder of a run"):
        weights_at(tmp_path / "nothing", 1)
    same = list(train(NET, SHORT, resume=parent, at=2))
    assert isinstance(same[-1], Failed)
    assert "another folder" in same[-1].sentence
    assert load_run(parent).epoch == 5


def test_names_that_are_no_epochs_are_left_alone(parent: Path, tmp_path: Path) -> None:
    """Fails if a folder from a stranger with odd names, or none of the files, is taken for an epoch."""
    shutil.copytree(parent, tmp_path / "copy")
    for name in ("007", "-1", "١", "x", "99999999999"):
        shutil.copytree(tmp_path / "copy" / KEPT / "1", tmp_path / "copy" / KEPT / name)
    (tmp_path / "copy" / KEPT / "44").mkdir()
    assert [each.epoch for each in kept_epochs(tmp_path / "copy")] == [0, 1, 2, 3, 4, 5]


def test_a_packed_run_can_be_branched_where_it_is_unpacked(parent: Path, tmp_path: Path) -> None:
    """Fails if handing a run on loses the epochs that it has kept."""
    found = past(parent)
    assert found is not None
    with open(tmp_path / "runs.zip", "wb") as file:
        run_files.pack([found], file)
    with zipfile.ZipFile(tmp_path / "runs.zip") as packed:
        packed.extractall(tmp_path / "there")
    trained(SHORT, out=tmp_path / "b", resume=tmp_path / "there" / "parent", at=4)


def test_what_is_being_removed_is_no_epoch_and_is_gone_in_the_end(tmp_path: Path) -> None:
    """Fails if an epoch that is removed in another thread is still offered meanwhile, if what a crash left of one stays
    for ever, or if an epoch stays where such a rest has its name."""
    folder = tmp_path / "a"
    trained(replace(SHORT, epochs=2, keep=1, snapshots=0), out=folder)
    for rest in ("1", "7"):
        (folder / KEPT / f"{rest}{GONE}").mkdir(exist_ok=True)
        (folder / KEPT / f"{rest}{GONE}" / STATE).write_bytes(b"half")
        shutil.copyfile(folder / WEIGHTS, folder / KEPT / f"{rest}{GONE}" / WEIGHTS)
    assert all(each.epoch <= 2 for each in kept_epochs(folder))
    for told in train(NET.with_recipe(SHORT), replace(SHORT, epochs=9, keep=1, snapshots=0), resume=folder):
        if isinstance(told, EpochDone):
            assert told.epoch in [each.epoch for each in kept_epochs(folder)]
            assert len(kept_epochs(folder)) <= 2  # the best and the last
    there = {each.name for each in (folder / KEPT).iterdir()}
    assert there == {str(each.epoch) for each in kept_epochs(folder)}
