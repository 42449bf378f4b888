"""Several runs as one: their averaged answers, beside those of each."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from app.cli.main import run as command
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.data import catalog
from app.training import batches
from app.training.checkpoints import LoadedRun, load_run
from app.training.ensemble import ensemble
from app.training.loop import train
from app.training.refusal import CannotTrain
from tests.training.nets import FAST, autoencoder, digits_net, linear_net


def trained(place: Path, project: Project, **changes: object) -> LoadedRun:
    recipe = replace(FAST, metrics=("accuracy",), epochs=1).with_settings(**changes)
    list(train(compile_net(replace(project, recipe=recipe)), recipe, out=place))
    return load_run(place)


def test_the_averaged_answers_are_those_of_plain_torch(tmp_path: Path) -> None:
    """Two nets of different layers. Fails if scores are averaged and not probabilities, or samples are others."""
    wide = digits_net(
        ("flatten", "Flatten"), ("h", "Linear", {"out_features": 30}), ("o", "Linear", {"out_features": 10})
    )
    runs = [trained(tmp_path / "a", linear_net()), trained(tmp_path / "b", wide, lr=0.5)]
    found = ensemble(runs)
    net = runs[0].net
    data = batches.load(net.plan)
    index = batches.divide(net.plan, data, 0.2, 0).validation
    feed = catalog.load(net.plan.sources[0])
    images, labels = feed.fields["image"][index], feed.fields["label"][index]
    with torch.no_grad():
        shares = [functional.softmax(run.model(images).double(), 1) for run in runs]
    right = [(each.argmax(1) == labels).double().mean().item() for each in (*shares, sum(shares))]
    assert [member.metrics["accuracy"] for member in found.members] == pytest.approx(right[:2])
    assert found.metrics["accuracy"] == pytest.approx(right[2])
    assert found.agree == pytest.approx((shares[0].argmax(1) == shares[1].argmax(1)).double().mean().item())
    assert (found.part, found.samples) == ("validation", len(index))


def test_only_samples_that_none_has_learned_from_are_asked(tmp_path: Path) -> None:
    """Fails if a net is measured on what another seed put into its training part."""
    runs = [trained(tmp_path / str(seed), linear_net(), seed=seed) for seed in (0, 1)]
    found = ensemble(runs)
    parts = []
    for seed in (0, 1):
        data = batches.load(runs[0].net.plan)
        parts.append(set(batches.divide(runs[0].net.plan, data, 0.2, seed).validation.tolist()))
    assert found.samples == len(parts[0] & parts[1]) < len(parts[0])
    assert "were kept from all of them" in found.remarks[0]


def test_folds_need_a_part_that_all_have_held_out(tmp_path: Path) -> None:
    """Fails if folds of one seed are told that their seeds differ, or are refused where there is a test part."""
    for test, place in ((0.0, tmp_path / "none"), (0.1, tmp_path / "test")):
        runs = [trained(place / str(fold), linear_net(), folds=3, fold=fold, test=test) for fold in (1, 2)]
        if test:
            assert ensemble(runs).part == "test"
            continue
        with pytest.raises(CannotTrain, match=r"they are folds.*test part"):
            ensemble(runs)


def test_numbers_are_averaged(tmp_path: Path) -> None:
    """Fails if a net that tells numbers is taken for one of classes."""
    runs = [trained(tmp_path / str(place), autoencoder(), lr=lr) for place, lr in enumerate((0.1, 0.3))]
    found = ensemble(runs)
    assert found.agree is None
    name = next(iter(found.metrics))
    assert found.metrics[name] <= max(member.metrics[name] for member in found.members)


def test_what_cannot_be_averaged_is_refused_in_a_sentence(tmp_path: Path) -> None:
    """Fails if classes are averaged with numbers, or one run is called an ensemble."""
    one, other = trained(tmp_path / "a", linear_net()), trained(tmp_path / "b", autoencoder())
    with pytest.raises(CannotTrain, match="same question"):
        ensemble([one, other])
    with pytest.raises(CannotTrain, match="two runs"):
        ensemble([one])


def test_the_command_tells_each_and_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a member is missing, or two runs are evaluated as one without being asked to."""
    for seed in (0, 0):
        trained(tmp_path / f"s{len(list(tmp_path.iterdir()))}", linear_net(), seed=seed)
    names = [str(each) for each in sorted(tmp_path.iterdir())]
    assert command(["evaluate", *names, "--ensemble"]) == 0
    said = capsys.readouterr().out
    assert all(Path(name).name in said for name in names)
    assert "together" in said
    assert command(["evaluate", *names]) == 2
    assert "--ensemble" in capsys.readouterr().err
    assert command(["evaluate", names[0], "--ensemble"]) == 2
