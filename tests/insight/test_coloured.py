"""A photo in grey beside what a net makes of it, and photos that training does not see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from app.insight.view_runner import views
from nodes.api import Shape, ShapeError
from nodes.api.registry import find
from nodes.reading.bundled import file_of
from nodes.sources.colour_photos import PHOTOS, load
from tests.insight.test_generative import looked
from tests.support.drawings import chain, node
from tests.training.nets import compiled


def test_grey_answer_and_photo_stand_side_by_side() -> None:
    """Fails if the grey picture is not what the net gets to see, a decibel belongs to another picture, or the colours
    that the net adds are lost."""
    look = looked("colorize")
    shown = views()["copies"].pictures(look, {"count": 2})[0]
    assert [label.split()[0] for label in shown.labels[:4]] == ["grey", "answer", "truth", "difference"]
    photo = look.subject.samples.several()["turned.output"][[0, -1]]
    weights = torch.tensor([0.299, 0.587, 0.114])
    grey = torch.einsum("nchw,c->nhw", photo, weights).numpy()
    assert np.allclose(shown.maps[0::4], grey[..., None].repeat(3, -1), atol=1e-6)
    assert np.array_equal(shown.maps[2::4], photo.permute(0, 2, 3, 1).numpy())
    with torch.no_grad():
        answer = look.model(photo)
    assert np.allclose(shown.maps[1::4], answer.permute(0, 2, 3, 1).numpy().clip(0, 1), atol=1e-5)
    for at in range(2):
        for row, value in ((0, shown.maps[4 * at]), (1, shown.maps[4 * at + 1])):
            error = float(((value.astype(float) - shown.maps[4 * at + 2]) ** 2).mean())
            assert shown.labels[4 * at + row].split()[1] == f"{10 * np.log10(1 / error):.1f}"


def test_a_net_that_adds_nothing_gives_the_grey_photo() -> None:
    """Fails if the baseline that the template speaks of, grey itself, is not what the net begins with."""
    look = looked("colorize")
    tint = dict(look.model.named_modules())["tint"]
    assert isinstance(tint, nn.Conv2d)
    with torch.no_grad():
        tint.weight.zero_()
        assert tint.bias is not None
        tint.bias.zero_()
        photo = look.subject.samples.several()["turned.output"][:3]
        answer = look.model(photo)
    assert torch.allclose(answer, answer[:, :1].expand(-1, 3, -1, -1))
    assert torch.allclose(answer[:, 0], (photo * torch.tensor([0.299, 0.587, 0.114])[:, None, None]).sum(1), atol=1e-6)


@pytest.mark.parametrize("unseen", ["cat", "rocket"])
def test_the_unseen_photo_is_in_no_part_that_learns(unseen: str) -> None:
    """Fails if a patch of the photo that checks is learned from, or patches are not those of the file."""
    fields, parts = load(unseen=unseen, patch=25, shrink=2)
    held = fields["photo"] == list(PHOTOS).index(unseen)
    assert set(parts["validation"].tolist()) == set(held.nonzero()[:, 0].tolist())
    assert len(parts["train"]) + len(parts["validation"]) == len(held)
    assert not set(parts["train"].tolist()) & set(parts["validation"].tolist())
    package, way, rows, columns = PHOTOS[unseen]
    with Image.open(Path(file_of(package, way, "", ""))) as picture:
        assert (picture.height, picture.width) == (rows, columns)
        corner = np.asarray(picture.convert("RGB"))[:50, 50:100].astype(float) / 255
    mean = (corner[0::2, 0::2] + corner[1::2, 0::2] + corner[0::2, 1::2] + corner[1::2, 1::2]) / 4
    second = fields["image"][held][1].permute(1, 2, 0).numpy()  # right of the first
    assert np.allclose(second, mean, atol=1e-6)


def test_grey_needs_three_channels() -> None:
    """Fails if a grey picture is made grey once more, without a word."""
    layer = find("Grayscale")
    assert layer is not None
    with pytest.raises(ShapeError, match="but 1 arrives"):
        layer.build({"x": [Shape((1, 8, 8))]}, layer.settings({}))


def test_grey_is_that_of_pillow() -> None:
    """Fails if the channels are weighted in another order."""
    from app.core.graph.model import Graph, Project

    nodes = [node("photos", "ColourPhotos"), node("grey", "Grayscale"), node("out", "Output")]
    project = Project("Grey", graph=Graph.of(nodes, chain("photos.image", "grey", "out")))
    bytes_ = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    given = torch.from_numpy(bytes_).permute(2, 0, 1)[None].float() / 255
    made = compiled(project).model(0)(given)[0, 0].numpy() * 255
    assert np.abs(made - np.asarray(Image.fromarray(bytes_).convert("L"), float)).max() < 1
