"""Settings that leave nothing to be learned are blamed for a loss that stands still, not the learning rate."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from app.core.checks.problems import SetTraining
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.training.diagnosis import Diagnosis
from app.training.held_back import held_back
from nodes.api import SetParam
from tests.support.epochs import epoch_done
from tests.training.nets import FAST, compiled, digits_net


def dropping(p: float) -> Project:
    return digits_net(("flatten", "Flatten"), ("drop", "Dropout", {"p": p}), ("fc1", "Linear", {"out_features": 10}))


@pytest.mark.parametrize(
    ("settings", "words", "fix"),
    [
        ({"clip_norm": 1e-6}, "clipped to 1e-06", SetTraining("clip_norm", 1.0)),
        ({"clip_value": 1e-7}, "clipped to 1e-07", SetTraining("clip_value", 1.0)),
        ({"l1": 0.5}, "L1 penalty of 0.5", SetTraining("l1", 0.0001)),
        ({"weight_decay": 0.5}, "weight decay of 0.5", SetTraining("weight_decay", 0.0001)),
    ],
)
def test_a_setting_of_the_recipe_is_named_and_mended(settings: dict[str, Any], words: str, fix: SetTraining) -> None:
    """Fails if a setting that keeps every weight where it is goes unnamed, or the button sets another one."""
    found = held_back(FAST.with_settings(**settings), None)
    assert found is not None
    assert words in found.words
    assert found.fixes == (fix,)


@pytest.mark.parametrize(
    "settings",
    [
        {"clip_norm": 0.5},
        {"clip_value": 0.01},
        {"optimizer": "Adam", "clip_norm": 1e-6},
        {"l1": 0.001},
        {"optimizer": "AdamW", "AdamW.weight_decay": 0.5},
        {},
    ],
)
def test_what_people_use_is_not_blamed(settings: dict[str, Any]) -> None:
    """Fails if a usual setting is blamed, or clipping where steps do not depend on the size of a gradient."""
    assert held_back(Recipe(optimizer="SGD").with_settings(**settings), dropping(0.8)) is None


def test_a_layer_that_lets_nothing_through_is_the_one_to_blame() -> None:
    """Fails if a loss that stands still behind a dropout of nearly all is pinned to the loss, or if the button sets
    something else."""
    project = dropping(0.99)
    doctor = Diagnosis(compiled(project).plan, FAST, batches=45, project=project)
    doctor.first_loss(2.3)
    epochs = [epoch_done(number, 50, train_loss=2.3, lr=FAST.lr) for number in range(1, 5)]
    found = [each for done in epochs for each in doctor.after_epoch(done, lambda nodes: {})]
    assert [each.node for each in found] == ["drop"]
    assert found[0].fixes == (SetParam("p", 0.5),)


def test_labels_that_are_smoothed_away_are_named() -> None:
    """Fails if a loss that cannot fall, as its labels say next to nothing, is blamed on the learning rate."""
    project = dropping(0.1)
    loss = project.graph.nodes["loss"].with_param("label_smoothing", 0.95)
    found = held_back(FAST, replace(project, graph=project.graph.with_nodes(loss)))
    assert found is not None
    assert (found.node, found.fixes) == ("loss", (SetParam("label_smoothing", 0.1),))
