"""Cross-validation: which samples each fold holds out, and the runs that ``train --folds`` makes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.model_selection import TimeSeriesSplit
from torch import Tensor

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.files import save_project
from app.data import folds as folds_module
from app.data.splits import divide
from app.training.batches import divide as parts_of
from app.training.batches import load
from app.training.checkpoints import load_run
from app.training.folds import sentence, spreads
from app.training.refusal import CannotTrain
from tests.training.nets import FAST, linear_net

Capture = pytest.CaptureFixture[str]


def every(count: int, folds: int, test: float = 0.0, **more: object) -> list[tuple[Tensor, Tensor, Tensor]]:
    return [folds_module.divide_fold(divide, folds, fold, count, test, 3, more) for fold in range(1, folds + 1)]


@pytest.mark.parametrize("test", [0.0, 0.2])
@pytest.mark.parametrize("folds", [2, 5, 10])
def test_each_sample_is_held_out_once_with_its_class_in_proportion(folds: int, test: float) -> None:
    """Fails if a sample is held out twice or never, a class is bunched in one fold, or the test part is another one
    than without folds."""
    labels = torch.tensor([0] * 83 + [1] * 41 + [2] * 20)[torch.randperm(144, generator=torch.Generator())]
    found = every(144, folds, test, labels=labels)
    kept = divide(144, 0.0, test, 3, labels)[2]
    rest = sorted(set(range(144)) - set(kept.tolist()))
    assert sorted(torch.cat([held for _, held, _ in found]).tolist()) == rest
    for learn, held, third in found:
        assert sorted([*learn.tolist(), *held.tolist()]) == rest
        assert third.tolist() == kept.tolist()
        for label in range(3):
            whole = int((labels[rest] == label).sum())
            assert abs(int((labels[held] == label).sum()) - whole / folds) <= 1
    sizes = [len(held) for _, held, _ in found]
    assert max(sizes) - min(sizes) <= 1


def test_no_group_is_torn() -> None:
    """Fails if a group has samples on both sides, or all large groups are in one fold."""
    generator = torch.Generator().manual_seed(2)
    groups = torch.repeat_interleave(torch.arange(40), torch.randint(1, 9, (40,), generator=generator))
    groups = groups[torch.randperm(len(groups), generator=generator)]
    labels = groups % 2
    found = every(len(groups), 4, labels=labels, groups=groups)
    assert sorted(torch.cat([held for _, held, _ in found]).tolist()) == list(range(len(groups)))
    for learn, held, _ in found:
        assert not set(groups[learn].tolist()) & set(groups[held].tolist())
        assert abs(len(held) - len(groups) / 4) <= 4
    with pytest.raises(ValueError, match="cannot be cut into 50 parts"):
        every(len(groups), 50, groups=groups)


def test_a_series_is_checked_with_what_comes_later() -> None:
    """Fails if a run learns from what lies behind the part that it holds out, or shares values with it."""
    for (learn, held, _), (theirs, held_theirs) in zip(
        every(120, 5, ordered=True), TimeSeriesSplit(5).split(np.zeros(120)), strict=True
    ):
        assert (learn.tolist(), held.tolist()) == (theirs.tolist(), held_theirs.tolist())
    for learn, held, _ in every(120, 5, ordered=True, overlap=4):
        assert int(learn.max()) + 4 < int(held.min())
        assert held.tolist() == list(range(int(held.min()), int(held.max()) + 1))
    learn, held, kept = every(100, 3, 0.2, ordered=True)[-1]
    assert int(learn.max()) < int(held.min()) <= int(held.max()) < int(kept.min())


def test_parts_of_the_data_itself() -> None:
    """Fails if its test samples are learned from, or those that it checks with are never used."""
    own = {"train": torch.arange(60), "validation": torch.arange(60, 80), "test": torch.arange(80, 100)}
    found = every(100, 4, parts=own)
    assert sorted(torch.cat([held for _, held, _ in found]).tolist()) == list(range(80))
    assert all(kept.tolist() == list(range(80, 100)) for *_, kept in found)


def test_the_recipe_divides_and_refuses(tmp_path: Path) -> None:
    """Fails if a run of one fold does not hold out its part, or a fold that there is not is trained."""
    recipe = replace(FAST, folds=3, fold=2)
    net = compile_net(replace(linear_net(), recipe=recipe))
    data = load(net.plan)
    found = parts_of(net.plan, data, recipe.validation, recipe.seed)
    wanted = folds_module.divide_fold(divide, 3, 2, data.length, 0.0, recipe.seed, {"labels": data["digits.label"]})
    assert found.validation.tolist() == wanted[1].tolist()
    for changed, words in ((replace(recipe, fold=4), "no fold 4"), (replace(recipe, validation=0.0), "above 0")):
        refused = compile_net(replace(linear_net(), recipe=changed))
        with pytest.raises(CannotTrain, match=words):
            parts_of(refused.plan, data, changed.validation, changed.seed)
    assert Recipe().with_settings(folds=5).as_dict()["folds"] == 5
    assert "folds" not in Recipe().as_dict()


def test_the_sentence_has_mean_and_spread() -> None:
    """Fails if the deviation is divided by n, or a number that one run lacks is told."""
    results = [{"val_accuracy": value, "val_loss": loss} for value, loss in ((0.9, 1.0), (0.92, 1.5), (0.97, 0.5))]
    found = spreads([*results[:2], {**results[2], "val_f1": 0.5}])
    assert found.keys() == {"accuracy", "loss"}
    assert (found["accuracy"].mean, found["accuracy"].deviation) == pytest.approx(
        (np.mean([0.9, 0.92, 0.97]), np.std([0.9, 0.92, 0.97], ddof=1))
    )
    assert sentence(results, 3).startswith("3 folds: accuracy 93.0 % ± 3.6 (90.0 to 97.0), loss 1 ± 0.5 (0.5 to 1.5); ")
    assert sentence(results, 5).startswith("3 of 5 folds: ")


def test_the_command_trains_a_run_for_each_fold(tmp_path: Path, capsys: Capture) -> None:
    """Fails if a fold is no run of its own that can be looked into, or the numbers told are not those of the runs."""
    file = tmp_path / "net.netloom"
    save_project(replace(linear_net(), recipe=FAST), file)
    assert run(["train", str(file), "--folds", "3", "--out", str(tmp_path / "cv"), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines].count("finished") == 3
    told = lines[-1]
    assert told["event"] == "folds"
    runs = [load_run(tmp_path / "cv" / f"fold-{fold}") for fold in (1, 2, 3)]
    assert [each.project.recipe.fold for each in runs] == [1, 2, 3]
    accuracies = [each.metrics[-1]["val_accuracy"] for each in runs]
    assert told["metrics"]["accuracy"]["mean"] == pytest.approx(np.mean(accuracies))
    assert told["metrics"]["accuracy"]["deviation"] == pytest.approx(np.std(accuracies, ddof=1))
    assert told["sentence"].startswith("3 folds: accuracy ")
    held = []
    for each in runs:
        recipe = each.project.recipe
        held += parts_of(each.net.plan, load(each.net.plan), recipe.validation, recipe.seed).validation.tolist()
    assert sorted(held) == list(range(1797))
    assert run(["evaluate", str(tmp_path / "cv" / "fold-2"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 599
    assert run(["train", str(file), "--folds", "3", "--out", str(tmp_path / "cv")]) == 1
    assert "is there already" in capsys.readouterr().err
    assert run(["train", str(file), "--folds", "3", "--set", "fold=2", "--out", str(tmp_path / "one")]) == 0
    assert load_run(tmp_path / "one").project.recipe.fold == 2
