"""Two looks side by side, compared with plain torch on both."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.insight.compared import COMPARED
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Subject
from app.insight.views import views
from app.training import checkpoints, snapshots
from app.training.loop import train
from tests.insight.conftest import Trained


def looked(where: Trained, node: str, given: Mapping[str, Any], sample: int = 0) -> tuple[Tiles, ...]:
    project = where.net.project
    assert project is not None
    samples = load_samples(where.net, project.recipe)
    return views()["compare"].pictures(Look(Subject(where.net, where.model, samples), node, sample), given)


def answers(where: Trained, node: str, sample: int) -> np.ndarray:
    project = where.net.project
    assert project is not None
    image = load_samples(where.net, project.recipe).fields["digits.image"][sample : sample + 1]
    return where.net.capture(where.model, [image])[node][0].detach().numpy()


def test_two_samples_and_their_difference(lenet: Trained) -> None:
    """Fails if the difference is that of other samples, has the other sign, or both pictures have scales of their
    own."""
    first, between, second = looked(lenet, "relu1", {"other_sample": 5}, sample=2)
    one, two = answers(lenet, "relu1", 2), answers(lenet, "relu1", 5)
    np.testing.assert_allclose(first.maps, one, atol=1e-6)
    np.testing.assert_allclose(second.maps, two, atol=1e-6)
    np.testing.assert_allclose(between.maps, two - one, atol=1e-6)
    assert (first.low, first.high) == (second.low, second.high)
    assert between.low == -between.high
    norm = float(np.linalg.norm(two - one))
    assert f"{norm:.3g}" in between.note
    assert f"{100 * norm / np.linalg.norm(one):.1f} %" in between.note
    (_, same, _) = looked(lenet, "relu1", {"other_sample": 2}, sample=2)
    assert same.note == "They are equal."


def test_a_pinned_layer_and_unit_stay(lenet: Trained) -> None:
    """Fails if the selected layer is shown in the place of the pinned one, or another channel than the pinned one."""
    first, _, _ = looked(lenet, "fc1", {"other_sample": 1, "layer": "conv2", "unit": 3})
    assert first.maps.shape == (1, 10, 10)
    np.testing.assert_allclose(first.maps[0], answers(lenet, "conv2", 0)[3], atol=1e-6)
    scores, gap, _ = looked(lenet, "fc3", {"other_sample": 1})
    assert scores.layout == gap.layout == "bars"
    np.testing.assert_allclose(gap.maps.reshape(-1), answers(lenet, "fc3", 1) - answers(lenet, "fc3", 0), atol=1e-5)


@pytest.mark.parametrize("what", COMPARED)
def test_everything_that_can_be_compared(lenet: Trained, what: str) -> None:
    """Fails if one kind of picture ends in an error."""
    first, between, second = looked(lenet, "conv1", {"what": what, "other_sample": 1})
    np.testing.assert_allclose(between.maps, second.maps - first.maps, atol=1e-6)
    assert bool(between.maps.any()) == (what != "filters")  # weights are the same for every sample


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"other_sample": "same"}, "Say what to compare with"),
        ({"other_sample": 9_999}, "no validation sample 9999"),
        ({"other_epoch": 3}, "Train first, or open a run"),
        ({"other_run": "nowhere"}, "no folder nowhere"),
        ({"other_sample": 1, "unit": 6}, "no unit 6; there are 6"),
        ({"other_sample": 1, "layer": "conv9"}, "no layer conv9"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(lenet: Trained, given: dict[str, Any], sentence: str) -> None:
    """Fails if one of these ends in an error, or compares something else in silence."""
    with pytest.raises(NoPicture, match=sentence):
        looked(lenet, "conv1", given)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs of one drawing, of two epochs each, which are kept."""
    folders = []
    for seed in (0, 1):
        project = load("mlp_digits")
        folder = tmp_path_factory.mktemp("runs") / f"run-{seed}"
        net = compile_net(project)
        recipe = Recipe(lr=0.01, epochs=2, batch_size=256, seed=seed, keep=5)
        list(train(net, recipe, out=folder))
        folders.append(folder)
    return folders[0], folders[1]


def _run(folder: Path, given: Mapping[str, Any]) -> tuple[Tiles, ...]:
    run = checkpoints.load_run(folder)
    samples = load_samples(run.net, run.project.recipe)
    subject = Subject(run.net, run.model, samples, folder=folder)
    return views()["compare"].pictures(Look(subject, "fc1"), {"what": "filters", **given})


def test_two_epochs_and_two_runs(runs: tuple[Path, Path]) -> None:
    """Fails if another epoch or run is read than the one that is named, or a run is not found by its name."""
    one, two = runs
    there = {each.epoch for each in snapshots.kept_epochs(one)}
    epoch = min(there)
    _, between, _ = _run(one, {"other_epoch": epoch})
    before = checkpoints.weights_at(one, epoch)["fc1.weight"]
    now = checkpoints.load_run(one).model.get_submodule("fc1").weight.detach()  # type: ignore[union-attr]
    assert isinstance(now, torch.Tensor)
    np.testing.assert_allclose(between.maps.reshape(64, 64), (before - now).numpy(), atol=1e-6)
    first, gap, other = _run(one, {"other_run": str(two)})
    theirs = checkpoints.load_run(two).model.get_submodule("fc1").weight.detach()  # type: ignore[union-attr]
    assert isinstance(theirs, torch.Tensor)
    np.testing.assert_allclose(gap.maps.reshape(64, 64), (theirs - now).numpy(), atol=1e-6)
    assert (first.title, other.title) == (one.name, two.name)
    with pytest.raises(NoPicture, match=r"Epoch 77 .* was not kept"):
        _run(one, {"other_epoch": 77})
