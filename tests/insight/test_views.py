"""Views of a run for the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.insight.tiles import NoPicture
from app.insight.views import VIEWS, held_out, look
from app.training.batches import divide
from app.training.batches import load as load_data
from app.training.checkpoints import LoadedRun, load_run
from app.training.events import Finished
from app.training.loop import train
from tests.support.drawings import chain, node


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> LoadedRun:
    """A short run on digits of 8×8, read from its folder."""
    folder = tmp_path_factory.mktemp("run")
    recipe = Recipe(epochs=3, seed=5, device="cpu")
    net = compile_net(load("mlp_digits"))
    *_, end = train(net, recipe, out=folder)
    assert isinstance(end, Finished)
    return load_run(folder)


def test_there_are_the_four_views_of_the_command_line() -> None:
    """Fails if a view is renamed, which breaks what people have written down."""
    assert tuple(VIEWS) == ("filters", "activations", "attribution", "adversarial")


@pytest.mark.parametrize(
    ("view", "node_name", "options", "shape"),
    [
        ("filters", "fc1", {}, (64, 8, 8)),
        ("activations", "fc2", {"sample": 3}, (1, 1, 10)),
        ("attribution", None, {"sample": 3, "method": "saliency"}, (1, 8, 8)),
        ("attribution", "relu1", {"channel": 4}, (1, 8, 8)),
        ("adversarial", None, {"epsilon": 0.2}, (3, 8, 8)),
        ("adversarial", "fc2", {}, (3, 8, 8)),
    ],
)
def test_each_view_gives_its_picture(
    run: LoadedRun, view: str, node_name: str | None, options: dict[str, object], shape: tuple[int, ...]
) -> None:
    """Fails if a view does not work on a run that was read from its files."""
    assert look(run, view, node_name, options).maps.shape == shape


def test_samples_are_those_that_training_never_saw(run: LoadedRun) -> None:
    """Fails if a picture of what the net has learned by heart is shown as a test."""
    fields = load_data(run.net.plan)
    _, kept = divide(run.net.plan, fields, 0.2, 5)
    held = held_out(run)
    assert held.count == len(kept)
    assert np.array_equal(held.at(0, held.count)["digits.image"], fields["digits.image"][kept])
    assert held.labels == tuple("0123456789")
    tiles = look(run, "activations", "digits", {"sample": 2})
    assert np.array_equal(tiles.maps, fields["digits.image"][kept][2])


@pytest.mark.parametrize(
    ("view", "node_name", "options", "sentence"),
    [
        ("heat", "fc1", {}, r"no view 'heat'. Choose from filters, activations"),
        ("filters", None, {}, r"Name the layer.*fc1"),
        ("filters", "relu1", {}, r"relu1 \(ReLU\) has no weights"),
        ("filters", "fc1", {"show": "nicely"}, r"'nicely'. Choose from auto"),
        ("filters", "fc1", {"smaple": 3}, r"no option 'smaple'"),
        ("activations", "fc1", {"sample": 9999}, r"no held-out sample 9999; there are 359"),
        ("activations", "fc9", {}, r"no layer fc9"),
        ("attribution", None, {"method": "magic"}, r"'magic'. Choose from integrated, saliency"),
        ("adversarial", "fc1", {}, r"fc1 does not give them. Use fc2"),
        ("adversarial", None, {"epsilon": float("nan")}, r"above 0 and at most 1"),
        (
            "adversarial",
            None,
            {"method": "saliency"},
            r"adversarial has no option method; that is for attribution. It has: sample, channel",
        ),
        (
            "filters",
            "fc1",
            {"sample": 0},
            r"filters has no option sample; that is for activations and attribution and adv",
        ),
        ("filters", "fc1", {"epsilon": 0.1}, r"filters has no option epsilon"),
        (
            "activations",
            "fc1",
            {"weight": "weight"},
            r"activations has no option weight; that is for filters. It has: sample\.",
        ),
        ("attribution", None, {"epsilon": 0.1}, r"attribution has no option epsilon"),
    ],
)
def test_what_cannot_be_shown_is_said(
    run: LoadedRun, view: str, node_name: str | None, options: dict[str, object], sentence: str
) -> None:
    """Fails if a wrong word on the command line is a KeyError."""
    with pytest.raises(NoPicture, match=sentence):
        look(run, view, node_name, options)


def test_a_run_without_data_says_so(run: LoadedRun, tmp_path: Path) -> None:
    """Fails if a drawing with an Input in the place of data is looked at with nothing."""
    every = [node("picture", "Input", shape=(1, 8, 8)), node("conv1", "Conv2d", out_channels=2)]
    project = Project("Bare", graph=Graph.of(every, chain("picture", "conv1")))
    net = compile_net(project)
    bare = replace(run, project=project, net=net, model=net.model(seed=0))
    assert look(bare, "filters", "conv1").count == 2
    with pytest.raises(NoPicture, match="No data comes out of picture"):
        look(bare, "activations", "conv1")
