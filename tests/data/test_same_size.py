"""Pictures of one's own under nets that cannot be made to fit another size: a generator and its judge, a decoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from app.core.compile.net import compile_net
from app.core.compile.plan import make_plan
from app.core.graph.model import Project
from app.core.inference import infer
from app.core.starting.exchange import SourceExchange, exchange, taught
from app.core.starting.first_net import fitted_net
from app.core.storage import templates
from app.data.source_looks import schema_of
from app.training import batches
from nodes.api import Layer
from nodes.api.registry import find
from nodes.reading import cache


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for number in range(12):
        values = random.integers(0, 255, (70 + number, 90, 3), np.uint8)
        Image.fromarray(values).save(tmp_path / f"{number}.png")
    return tmp_path


def tried(template: str, photos: Path, **chosen: object) -> tuple[Project, Layer, SourceExchange]:
    project, layer = templates.load(template), find("Pictures")
    assert layer is not None
    source = next(n.name for n in project.graph.nodes.values() if n.type in ("MNIST5k", "FacePatches", "Digits"))
    settings = layer.settings({**layer.defaults(), "path": str(photos), **chosen})
    return project, layer, exchange(project, source, layer, settings, schema_of(layer, settings))


@pytest.mark.parametrize(
    ("template", "sizes"),
    [("dcgan_digits", (1, 28, 28)), ("face_arithmetic", (1, 25, 25)), ("lapgan_digits", (1, 8, 8))],
)
def test_pictures_are_made_to_fit_a_net_that_cannot_be(template: str, sizes: tuple[int, ...], photos: Path) -> None:
    """Fails if photos under a generator and its judge leave a problem that a student has to solve, what is known of
    the data is not what it then is, or the net does not train on it."""
    project, layer, done = tried(template, photos)
    assert done.left == ()
    assert done.changes[0] == f"pictures are made {sizes[1]}×{sizes[2]}, grey"
    assert schema_of(layer, layer.settings(done.settings)).shapes == done.schema.shapes
    node = done.command.apply(project).graph.nodes[done.name]
    changed = taught(done.command.apply(project), node, done.schema)
    assert infer(changed).problems == ()
    plan = make_plan(changed)
    batch = batches.load(plan).feeds[done.name].at(torch.tensor([0, 5]), None, ["image"])["image"]
    assert tuple(batch.shape[1:]) == sizes
    compile_net(changed)


def test_a_net_that_can_be_made_to_fit_is_and_a_chosen_size_stays(photos: Path) -> None:
    """Fails if photos are shrunk to 8 × 8 where the last layer could as well become larger, or the size that somebody
    has chosen is overruled."""
    assert tried("autoencoder_digits", photos)[2].schema.shapes["image"].sizes == (3, 64, 64)
    asked = tried("dcgan_digits", photos, size=(32, 32))[2]
    assert asked.left
    assert asked.schema.shapes["image"].sizes == (3, 32, 32)


def test_a_drawing_for_them_knows_their_size(photos: Path) -> None:
    """Fails if the command line gets a drawing whose data is said to be as large as before."""
    layer = find("Pictures")
    assert layer is not None
    settings = layer.settings({**layer.defaults(), "path": str(photos)})
    made = fitted_net(templates.load("face_arithmetic"), layer, settings, schema_of(layer, settings)).project
    assert infer(made).problems == ()
