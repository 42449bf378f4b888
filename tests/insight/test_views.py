"""Views of a run for the command line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.insight.samples import load_samples, validation_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view_runner import Options, steps_of
from app.insight.views import views
from app.training.batches import divide
from app.training.batches import load as load_data
from app.training.checkpoints import LoadedRun, load_run
from app.training.events import Finished
from app.training.loop import train
from nodes.api import BadSetting
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


def look(run: LoadedRun, view: str, node: str | None = None, options: Options | None = None) -> Tiles:
    """The first picture of a view in the end."""
    *_, last = steps_of(run, view, node, options)
    return last.pictures[0]


def test_no_view_of_the_command_line_has_gone() -> None:
    """Fails if a view is renamed, which breaks what people have written down."""
    assert set(views()) >= {"filters", "activations", "attribution", "adversarial", "dream"}


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
    _, kept, _ = divide(run.net.plan, fields, 0.2, 5)
    held = validation_samples(run)
    assert held.count == len(kept)
    assert np.array_equal(held.at(0, held.count)["digits.image"], fields["digits.image"][kept])
    assert held.classes == tuple("0123456789")
    tiles = look(run, "activations", "digits", {"sample": 2})
    assert np.array_equal(tiles.maps, fields["digits.image"][kept][2])


@pytest.mark.parametrize(
    ("view", "node_name", "options", "sentence"),
    [
        ("filter", "fc1", {}, r"no view 'filter'. Did you mean filters"),
        ("heat", "fc1", {}, r"no view 'heat'. Choose from activations, adversarial"),
        ("filters", None, {}, r"Name the layer.*fc1"),
        ("filters", "relu1", {}, r"relu1 \(ReLU\) has no weights"),
        (
            "filters",
            "fc1",
            {"show": "nicely"},
            r"show must be one of auto, kernels, strength, mean, input, but it is .nicely",
        ),
        ("filters", "fc1", {"smaple": 3}, r"no option 'smaple'"),
        ("activations", "fc1", {"sample": 9999}, r"no validation sample 9999; there are 359"),
        ("activations", "fc9", {}, r"no layer fc9"),
        ("attribution", None, {"method": "magic"}, r"method must be one of integrated, saliency, .*, but it is .magic"),
        ("adversarial", "fc1", {}, r"fc1 does not give them. Use fc2"),
        ("adversarial", None, {"epsilon": float("nan")}, r"epsilon must be a number above 0 to 1, but it is nan"),
        (
            "adversarial",
            None,
            {"show": "mean"},
            r"adversarial has no option show; that is for filters and keypoints. It has: sample, image, epsilon",
        ),
        (
            "filters",
            "fc1",
            {"sample": 0},
            r"filters has no option sample; that is for activations and adversarial and .* and [0-9]+ more",
        ),
        ("filters", "fc1", {"epsilon": 0.1}, r"filters has no option epsilon"),
        (
            "activations",
            "fc1",
            {"weight": "weight"},
            r"activations has no option weight; that is for filters and histogram. It has: sample, image\.",
        ),
        ("attribution", None, {"epsilon": 0.1}, r"attribution has no option epsilon"),
    ],
)
def test_what_cannot_be_shown_is_said(
    run: LoadedRun, view: str, node_name: str | None, options: dict[str, object], sentence: str
) -> None:
    """Fails if a wrong word on the command line is a KeyError."""
    with pytest.raises((NoPicture, BadSetting), match=sentence):
        look(run, view, node_name, options)


def test_a_run_without_data_says_so(run: LoadedRun, tmp_path: Path) -> None:
    """Fails if a drawing with an Input in the place of data is looked at with nothing, or with other noise than in the
    window."""
    every = [node("picture", "Input", shape=(1, 8, 8)), node("conv1", "Conv2d", out_channels=2)]
    project = Project("Bare", graph=Graph.of(every, chain("picture", "conv1")))
    net = compile_net(project)
    bare = replace(run, project=project, net=net, model=net.model(seed=0))
    assert look(bare, "filters", "conv1").count == 2
    noise = load_samples(net, project.recipe).fields["picture.output"][:1]
    with torch.no_grad():
        answer = bare.model.get_submodule("conv1")(noise)[0].numpy()
    assert np.allclose(look(bare, "activations", "conv1").maps, answer, atol=1e-6)
