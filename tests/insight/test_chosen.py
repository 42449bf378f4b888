"""Any sample of the data can be the one that is looked at, whichever part it is in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.data.source_looks import looked_at
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture
from app.insight.view import SampleChoice
from app.training import batches
from tests.support.drawings import chain, node, small_net


def test_a_training_sample_comes_with_all_its_fields() -> None:
    """Fails if another sample than the chosen one is sent through the net, or its class is another's."""
    project = small_net()
    net = compile_net(project)
    samples = load_samples(net, project.recipe)
    data = batches.joined(net.plan)
    parts = batches.divide(net.plan, data, project.recipe.validation, project.recipe.seed)
    number = int(parts.training[17])
    one = samples.only(SampleChoice(number, f"sample {number + 1:,}", "train"))
    assert one.count == 1
    assert torch.equal(one.one(0)["digits.image"], data["digits.image"][number : number + 1])
    assert one.names == (samples.classes[int(data["digits.label"][number])],)
    assert one.picture == samples.picture


def pictures_net(folder: Path) -> Project:
    graph = Graph.of(
        [
            node("pictures", "Pictures", path=str(folder)),
            node("flatten", "Flatten"),
            node("fc1", "Linear", out_features=2),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("pictures.image", "flatten", "fc1", "loss.prediction"),
            Wire("pictures", "label", "loss", "target"),
        ],
    )
    return looked_at(Project("Own", graph=graph))


def test_a_number_that_another_sample_has_now_is_refused(tmp_path: Path) -> None:
    """Fails if a file that came meanwhile is shown under the name of the one that was chosen."""
    folder = tmp_path / "own"
    for word, shade in (("light", 200), ("dark", 50)):
        for at in range(3):
            (folder / word).mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.full((8, 8), shade + at, np.uint8)).save(folder / word / f"m{at}.png")
    project = pictures_net(folder)
    feed = batches.joined(compile_net(project).plan).feeds["pictures"]
    chosen = SampleChoice(1, feed.name_of(1), "train")
    samples = load_samples(compile_net(project), project.recipe)
    assert samples.only(chosen).count == 1
    del feed
    Image.fromarray(np.full((8, 8), 9, np.uint8)).save(folder / "dark" / "a0.png")
    again = pictures_net(folder)
    later = load_samples(compile_net(again), replace(again.recipe, seed=1))
    with pytest.raises(NoPicture, match="Choose another sample"):
        later.only(chosen)
    with pytest.raises(NoPicture, match="Choose another sample"):
        later.only(SampleChoice(99, "dark/m99.png"))
