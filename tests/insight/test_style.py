"""A picture painted in the style of another, as the window and the command show it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.core.inference import infer
from app.core.storage.templates import load
from app.core.weights.pretrained import pretrained_for
from app.insight.anatomy import picture_input
from app.insight.dream.grammar import parse
from app.insight.style_picture import last_of_sizes, objective_of
from app.insight.tiles import NoPicture
from app.insight.view import Look, Samples, Subject
from app.insight.view_runner import views
from tests.insight.conftest import Trained


def test_content_stands_beside_style_and_result(lenet: Trained, tmp_path: Path) -> None:
    """Fails if the chosen sample is not what is painted, or what grows beside both is not told step by step."""
    stripes = np.tile(np.array([0, 255], np.uint8), (32, 16))
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    entry = picture_input(lenet.net)
    pictures = torch.rand(5, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    samples = Samples({f"{entry.node}.{entry.port}": pictures}, tuple("abcde"))
    look = Look(Subject(lenet.net, lenet.model, samples), sample=3)
    steps = list(views()["style"].steps(look, {"style": str(tmp_path / "stripes.png"), "steps": 5}))
    assert [each.done for each in steps] == list(range(6))
    first, last = steps[0].pictures[0], steps[-1].pictures[0]
    pixels = pictures[3, 0].numpy()
    for shown in (first, last):
        assert np.allclose(shown.maps[0], pixels)
        assert np.allclose(shown.maps[1], stripes / 255)
        assert shown.labels[:2] == ("content", "style")
    assert np.allclose(first.maps[2], pixels, atol=0.02), "it begins with the content"
    assert not np.allclose(last.maps[2], pixels, atol=0.02)


def test_without_a_file_the_last_sample_gives_the_style(lenet: Trained) -> None:
    """Fails if the picture that is painted gives its own style, or the label names another sample."""
    entry = picture_input(lenet.net)
    pictures = torch.rand(3, 1, 32, 32, generator=torch.Generator().manual_seed(1))
    samples = Samples({f"{entry.node}.{entry.port}": pictures}, ("cat", "grass", "cells"))
    for chosen, other, called in ((0, 2, "cells"), (2, 1, "grass")):
        look = Look(Subject(lenet.net, lenet.model, samples), sample=chosen)
        shown = next(iter(views()["style"].steps(look, {"steps": 1}))).pictures[0]
        assert np.allclose(shown.maps[0], pictures[chosen, 0].numpy())
        assert np.allclose(shown.maps[1], pictures[other, 0].numpy())
        assert shown.labels[1] == f"style: {called}"


def test_the_template_is_offered_the_real_weights() -> None:
    """Fails if a layer of it has another name or size than in the net whose weights a package brings."""
    known = pretrained_for(infer(load("style")).main)
    assert known is not None
    assert known.template == "efficientnet_lite0"


def test_layers_are_chosen_by_the_size_of_their_maps(lenet: Trained) -> None:
    """Fails if a layer is taken twice, one without maps is taken, or what was named is not what is used."""
    last = last_of_sizes(lenet.net)
    shapes = {step.name: next(iter(step.outputs.values())).sizes for step in lenet.net.plan.graph.running}
    assert len({shapes[name][1:] for name in last}) == len(last) > 0
    terms = parse(objective_of(lenet.net, "conv1, conv2", "conv2", 4.0))
    assert [(each.node, each.sign, each.weight) for each in terms] == [
        ("conv2", "=", 1.0), ("conv1", "#", 2.0), ("conv2", "#", 2.0),
    ]  # fmt: skip


def test_what_cannot_be_painted_is_said(lenet: Trained, mlp: Trained, tmp_path: Path) -> None:
    """Fails if a missing picture, a net without maps or a layer that is not there ends in a traceback."""
    Image.fromarray(np.zeros((8, 8), np.uint8)).save(tmp_path / "x.png")
    paint = str(tmp_path / "x.png")
    for of, settings, words in (
        (lenet, {}, "Choose the picture whose style"),
        (lenet, {"style": "/nowhere/x.png"}, "There is no file"),
        (lenet, {"style": paint}, "no picture to paint"),
        (mlp, {"style": paint}, "knows no style"),
    ):
        look = Look(Subject(of.net, of.model, Samples({}, ())))
        with pytest.raises(NoPicture, match=words):
            list(views()["style"].steps(look, settings))
