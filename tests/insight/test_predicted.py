"""Numbers that a net says against the true ones, next to plain torch; and pictures of one's own with a table of
numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
import torch
from PIL import Image

from app.core.graph.model import Graph, Project
from app.core.starting.exchange import exchange
from app.core.storage.templates import load
from app.data.source_looks import looked_at, schema_of
from app.insight.part_predictions import parts_for
from app.insight.predicted_picture import predicted_of
from app.insight.samples import load_samples
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look, Subject
from app.insight.view_runner import views
from app.training.events import EpochDone
from app.training.loop import train
from nodes.api.registry import find
from nodes.reading.face_pictures import face_pictures
from tests.insight.test_generative import looked
from tests.training.nets import compiled, only


def small(**settings: object) -> Project:
    project = load("age")
    nodes = dict(project.graph.nodes)
    nodes["faces"] = replace(nodes["faces"], params=MappingProxyType({"pictures": 60, "side": 20, **settings}))
    return replace(project, graph=Graph.of(nodes.values(), project.graph.wires))


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(small())


def tiles(look: Look, **settings: object) -> tuple[Tiles, ...]:
    return views()["predicted"].pictures(look, settings)


def test_what_is_said_is_what_the_net_says(look: Look) -> None:
    """Fails if answers and truth are of other samples, an error or the baseline is another one, or the axes are
    exchanged."""
    parts = parts_for(look.net)
    ((numbers, batch),) = parts.read(parts.index("validation"))
    with torch.no_grad():
        said = look.model(batch["faces.image"])[:, 0]
    true = batch["faces.age"][:, 0]
    found = predicted_of(look.subject, "validation", 0)
    assert np.allclose(found.said, said.numpy(), atol=1e-5)
    assert np.array_equal(found.numbers, numbers.numpy())
    plot, shown = tiles(look, count=3)
    error = torch.nn.functional.l1_loss(said, true)
    base = torch.nn.functional.l1_loss(true.mean().expand(len(true)), true)
    r2 = 1 - torch.nn.functional.mse_loss(said, true) / true.var(correction=0)
    assert f"Mean absolute error {error:.3g}, R² {r2:.3f}; always saying their mean" in plot.note
    assert f"would be {base:.3g} off" in plot.note
    assert plot.plot is not None
    assert plot.plot.x_label == "true age"
    assert np.allclose(plot.plot.points, torch.stack([true, said], 1).numpy(), atol=1e-5)
    worst = (said - true).abs().argsort(descending=True)[:3]
    assert np.allclose(shown.maps, batch["faces.image"][worst].permute(0, 2, 3, 1).numpy(), atol=1e-6)
    assert shown.labels == tuple(f"{true[at]:.3g} → {said[at]:.3g}".replace("-", "−") for at in worst)
    first = tiles(look, count=2, order="as they come")[1]
    assert np.allclose(first.maps, batch["faces.image"][:2].permute(0, 2, 3, 1).numpy(), atol=1e-6)


def test_a_net_without_numbers_is_told_what_to_do(look: Look) -> None:
    """Fails if a usual net, an answer that is not there, a missing part or weights that are no numbers give a
    traceback."""
    for name in ("lenet_digits", "segment", "variational_autoencoder", "gan_points"):
        with pytest.raises(NoPicture, match="Age from a face"):
            tiles(looked(name))
    with pytest.raises(NoPicture, match="says 1 number, counted from 0"):
        tiles(look, number=1)
    with pytest.raises(NoPicture, match="test part"):
        tiles(look, part="test")
    broken = looked(small())
    with torch.no_grad():
        next(broken.model.parameters()).fill_(float("nan"))
    with pytest.raises(NoPicture, match="not numbers"):
        tiles(broken)


def test_one_of_several_numbers() -> None:
    """Fails if another number of a box is shown, or it is called by another name."""
    look = looked("localise")
    parts = parts_for(look.net)
    read = [batch for _, batch in parts.read(parts.index("validation"))]
    found = predicted_of(look.subject, "validation", 2)
    assert found.name == "width"
    assert np.allclose(found.true, torch.cat([batch["shapes.box"] for batch in read])[:, 2].numpy())


def test_faces_show_their_age() -> None:
    """Fails if what is drawn says nothing about the age: children have larger eyes, the old lighter hair and lines."""
    pictures, ages = face_pictures(600, 40, 0.0, 3)
    assert np.array_equal(face_pictures(600, 40, 0.0, 3)[0], pictures)
    assert not np.array_equal(face_pictures(600, 40, 0.0, 4)[0], pictures)
    assert ages.min() >= 1
    assert ages.max() <= 90
    whites = ((pictures > 0.72).all(1) & (np.ptp(pictures, axis=1) < 0.02))[:, 15:25].sum((1, 2))
    young, grown = ages[:, 0] < 8, (ages[:, 0] > 25) & (ages[:, 0] < 40)
    assert whites[young].mean() > 1.5 * whites[grown].mean()
    hair = np.ptp(pictures[:, :, 6:8, 19:21], axis=1).mean((1, 2))  # how colourful it is
    assert hair[ages[:, 0] > 75].mean() < 0.5 * hair[grown].mean()


def test_pictures_of_ones_own_with_a_table_of_ages(tmp_path: Path) -> None:
    """Fails if a folder with a table of numbers cannot take the place of the made-up faces, its numbers are taken for
    classes, or the view does not show them."""
    pictures, ages = face_pictures(40, 20, 0.0, 0)
    rows = ["file,age"]
    for at, (picture, years) in enumerate(zip(pictures, ages[:, 0])):
        Image.fromarray(np.round(picture.transpose(1, 2, 0) * 255).astype(np.uint8)).save(tmp_path / f"face{at}.png")
        rows.append(f"face{at}.png,{years:.1f}")
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    layer = find("Pictures")
    assert layer is not None
    settings = layer.settings({"path": str(tmp_path), "size": (20, 20), "colour": "RGB"})
    found = exchange(small(), "faces", layer, settings, schema_of(layer, settings))
    assert found.left == ()
    project = looked_at(found.command.apply(small()))
    net = compiled(project)
    model = net.model(0)
    events = list(train(net, replace(project.recipe, epochs=2, device="cpu"), model=model))
    errors = [done.metrics["val_mae"] for done in only(events, EpochDone)]
    assert len(errors) == 2
    seen = predicted_of(Look(Subject(net, model.eval(), load_samples(net, project.recipe))).subject, "validation", 0)
    assert {round(each, 1) for each in seen.true.tolist()} <= {round(each, 1) for each in ages[:, 0].tolist()}
    assert seen.errors.mean() == pytest.approx(errors[-1], rel=1e-4)
