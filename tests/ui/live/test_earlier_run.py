"""Which training belongs to a drawing: by its net, by its file, and what is said of what no longer fits."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.commands import EditAll, GroupNodes, MoveNodes, Rename, SetRecipe, SetSetting
from app.core.commands.base import Command
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training.checkpoints import load_run
from app.training.loop import train
from app.training.run_description import change_about, noting
from app.ui.insight.subject_cache import SubjectCache
from app.ui.training import runs
from app.ui.training.earlier_run import trained_before
from app.ui.training.run_names import named

RECIPE = Recipe(epochs=2, batch_size=256, validation=0.2, device="cpu")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of an MLP that had no file."""
    folder = tmp_path_factory.mktemp("before") / "run"
    list(noting(train(compile_net(load("mlp_digits")), RECIPE, out=folder), folder, None))
    return folder


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLOOM_HOME", str(tmp_path / "home"))


class Keep:
    """Puts copies of a run among the window's own, each older than the one before."""

    def __init__(self, original: Path) -> None:
        self.original, self.count = original, 0

    def __call__(self, file: Path | None = None, project: Project | None = None) -> Path:
        self.count += 1
        folder = runs.home() / f"mlp-20260131-1405{self.count:02d}"
        shutil.copytree(self.original, folder)
        if project is not None:
            shutil.rmtree(folder)
            list(noting(train(compile_net(project), RECIPE, out=folder), folder, file))
        change_about(folder, file)
        weights = folder / "weights.safetensors"
        os.utime(weights, (1e9 - self.count * 3600,) * 2)
        return folder


@pytest.fixture
def keep(original: Path) -> Keep:
    return Keep(original)


def mlp() -> Project:
    return load("mlp_digits")


def edited(*commands: Command) -> Project:
    return EditAll(commands=commands).apply(mlp())


def test_the_same_net_is_known_wherever_its_file_is(keep: Keep, tmp_path: Path) -> None:
    """Fails if a file that was moved, renamed, copied, or never had been there loses its training."""
    folder = keep(tmp_path / "old.netloom")
    for path in (tmp_path / "old.netloom", tmp_path / "else" / "new.netloom", None):
        found = trained_before(mlp(), path)
        assert found is not None
        assert found.past.folder == folder
        assert (found.changed, found.moves) == ((), ())


def test_places_words_and_recipe_do_not_make_another_net(keep: Keep) -> None:
    """Fails if a drawing that was tidied, or is to be trained longer, no longer knows its training."""
    keep()
    moved = edited(MoveNodes("", {"fc1": (500.0, 90.0)}), SetRecipe(setting="epochs", value=50))
    found = trained_before(replace(moved, title="Mine"), None)
    assert found is not None
    assert found.changed == ()


def test_another_drawing_has_no_training(keep: Keep, tmp_path: Path) -> None:
    """Fails if what was learned by one drawing is offered to another, be it at the same path."""
    path = tmp_path / "old.netloom"
    keep(path)
    assert trained_before(load("lenet_digits"), None) is None
    assert trained_before(load("lenet_digits"), path) is None
    assert trained_before(Project(), path) is None
    assert trained_before(edited(SetSetting("", ("fc1",), "out_features", 7)), tmp_path / "copy.netloom") is None


def test_a_changed_drawing_is_known_by_its_file_and_says_what_differs(keep: Keep, tmp_path: Path) -> None:
    """Fails if an edit after the training makes it disappear, or what no longer fits is not named."""
    path = tmp_path / "old.netloom"
    folder = keep(path)
    now = edited(SetSetting("", ("fc1",), "out_features", 7), MoveNodes("", {"fc2": (500.0, 90.0)}))
    found = trained_before(now, path)
    assert found is not None
    assert found.past.folder == folder
    assert found.changed == ("changed fc1",)
    assert trained_before(now, None, {folder}) is not None  # known from this window


def test_renamed_layers_keep_what_they_learned(keep: Keep) -> None:
    """Fails if a new name costs the weights, or two layers that change their names get each other's."""
    folder = keep()
    now = edited(Rename(old="fc1", new="spare"), Rename(old="relu1", new="fc1"), Rename(old="spare", new="relu1"))
    found = trained_before(now, None)
    assert found is not None
    assert found.changed == ()
    weights = SubjectCache().subject(found.trained(now)).model.state_dict()
    learned = load_run(folder).model.state_dict()
    assert torch.equal(weights["relu1.weight"], learned["fc1.weight"])
    assert torch.equal(weights["fc2.weight"], learned["fc2.weight"])


def test_the_newest_run_of_the_same_net_is_offered(keep: Keep, tmp_path: Path) -> None:
    """Fails if an older run, one of another version, or one of somebody else's copy is offered first."""
    mine = tmp_path / "mine.netloom"
    wider = edited(SetSetting("", ("fc1",), "out_features", 7))
    changed, copied = keep(mine, wider), keep(tmp_path / "copy.netloom")
    newer, older = keep(mine), keep(mine)
    found = trained_before(mlp(), mine)
    assert found is not None
    assert found.past.folder == newer
    assert {past.folder for past in found.others} == {older, copied}
    found = trained_before(wider, mine)
    assert found is not None
    assert found.past.folder == changed
    shutil.rmtree(newer)
    found = trained_before(mlp(), mine)
    assert found is not None
    assert found.past.folder == older


def test_what_is_of_no_use_is_not_offered(keep: Keep) -> None:
    """Fails if a run that learned nothing, is damaged, was declined, or cannot be read is offered."""
    folder = keep()
    change_about(folder, declined=True)
    assert trained_before(mlp(), None, declined=False) is None
    assert trained_before(mlp(), None) is not None
    (folder / "weights.safetensors").write_bytes(b"")
    assert trained_before(mlp(), None) is None
    (keep() / "drawing.netloom").write_text("{")
    (keep() / "weights.safetensors").unlink()
    assert trained_before(mlp(), None) is None


def test_a_line_without_its_weights_is_not_counted(keep: Keep) -> None:
    """Fails if a process that was killed between the two promises an epoch that the weights do not have."""
    folder = keep()
    lines = (folder / "metrics.jsonl").read_text().splitlines()
    with (folder / "metrics.jsonl").open("a") as file:
        file.write(lines[-1].replace('"epoch": 2', '"epoch": 3') + "\n")
    past = runs.past(folder)
    assert past is not None
    assert past.epoch == load_run(folder).epoch == 2


def test_blocks_are_compared_inside(keep: Keep, tmp_path: Path) -> None:
    """Fails if a change within a block passes for the same net, or a layer moved there counts as one."""
    path = tmp_path / "blocks.netloom"
    grouped = GroupNodes("", ("fc1", "relu1"), "pair").apply(mlp())
    keep(path, grouped)
    where = next(iter(grouped.blocks))
    placed = MoveNodes(where, {"fc1": (700.0, 0.0)}).apply(grouped)
    found = trained_before(placed, None)
    assert found is not None
    assert found.changed == ()
    wider = SetSetting(where, ("fc1",), "out_features", 9).apply(placed)
    found = trained_before(wider, path)
    assert found is not None
    assert found.changed == (f"changed fc1 in block {where}",)


def test_names_tell_runs_apart(keep: Keep, tmp_path: Path) -> None:
    """Fails if two runs are called the same, or file, data, settings or result are missing from a name."""
    first, second = keep(tmp_path / "one.netloom"), keep(tmp_path / "one.netloom")
    other = keep(None, replace(edited(SetSetting("", ("fc1",), "out_features", 9)), title="A wide one"))
    for apart in (1, 0):  # in the same minute, in the same second
        for folder in (first, second):
            os.utime(folder / "weights.safetensors", (1e9 + apart * (folder == first),) * 2)
        found = {run.past.folder: run for run in named(runs.latest(None))}
        assert len({run.line for run in found.values()}) == 3
    past = runs.past(first)
    assert past is not None
    accuracy = past.epochs[-1].val_accuracy
    assert accuracy is not None
    line = found[first].line
    assert line.startswith("one.netloom · Handwritten digits, 8×8 · Adam 0.002, batch 256 · ")
    assert f"{100 * accuracy:.1f} % (2 epochs)" in line
    assert found[other].line.startswith("A wide one · ")


def test_names_say_what_changed_since_the_run_before(keep: Keep, tmp_path: Path) -> None:
    """Fails if runs of one drawing that differ in a layer or a setting cannot be told apart."""
    path = tmp_path / "one.netloom"
    newer = keep(path, edited(SetSetting("", ("fc1",), "out_features", 9)))
    older = keep(path)
    found = {run.past.folder: run for run in named(runs.latest(None))}
    assert found[newer].changes == "fc1: 64 → 9 outputs"
    assert found[older].changes == ""
