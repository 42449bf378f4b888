"""The peaks of heat maps, next to plain torch and to the places that the maps were made of."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch

from app.core.graph.model import Graph
from app.core.storage.templates import load
from app.insight.keypoints_picture import keypoints_of
from app.insight.part_predictions import parts_for
from app.insight.plot import class_inks
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.view_runner import views
from app.training.heat_maps import peaks
from nodes.reading.triangle_pictures import triangle_pictures
from tests.insight.test_generative import looked

SIDE = 20


@pytest.fixture(scope="module")
def look() -> Look:
    """The template with few, small pictures."""
    project = load("keypoints")
    nodes = dict(project.graph.nodes)
    nodes["triangles"] = replace(nodes["triangles"], params=MappingProxyType({"pictures": 40, "side": SIDE}))
    return looked(replace(project, graph=Graph.of(nodes.values(), project.graph.wires)))


def picture(look: Look, **settings: object) -> Tiles:
    return views()["keypoints"].pictures(look, settings)[0]


def test_a_peak_is_where_the_bell_was_put() -> None:
    """Fails if columns and rows are exchanged, a place is half a dot off, or one at the edge is looked for outside."""
    generator = np.random.default_rng(0)
    places = generator.uniform(1, [14, 9], (6, 3, 2))
    rows, columns = np.mgrid[:10, :15] + 0.5
    away = (columns - places[..., :1, None]) ** 2 + (rows - places[..., 1:, None]) ** 2
    assert np.allclose(peaks(np.exp(-away / 2)), places, atol=0.3)
    corner = np.full((1, 2, 4, 5), -1.0)
    corner[0, 0, 0, 0] = corner[0, 1, 3, 4] = 2.0
    assert np.array_equal(peaks(corner), [[[0.5, 0.5], [4.5, 3.5]]])
    assert np.isfinite(peaks(np.full((1, 1, 4, 5), -1.0))).all()


def test_the_corners_are_those_of_the_triangle() -> None:
    """Fails if a map belongs to another corner, or the triangle is drawn elsewhere: every bright dot lies between the
    corners, the top is the corner furthest from the others, and left is left where nothing is turned."""
    images, maps = triangle_pictures(30, 40, 180.0, 1.0, 0.0, 5)
    corners = peaks(maps)
    for image, (top, left, right) in zip(images, corners):
        assert np.linalg.norm(left - right) < min(np.linalg.norm(top - left), np.linalg.norm(top - right))
        bright = np.abs(image - image[:, :1, :1]).max(0) > 1e-6
        rows, columns = np.nonzero(bright)
        sides = np.array([left - top, right - top]).T
        shares = np.linalg.solve(sides, np.stack([columns + 0.5, rows + 0.5]) - top[:, None])
        assert shares.min() > -0.15
        assert shares.sum(0).max() < 1.15
        area = abs(np.linalg.det(sides)) / 2
        assert bright.sum() == pytest.approx(area, rel=0.15)
    _, maps = triangle_pictures(10, 40, 0.0, 1.0, 0.0, 5)
    top, left, right = peaks(maps).transpose(1, 2, 0)
    assert (left[0] < right[0]).all()
    assert (top[1] < left[1]).all()


def test_answers_and_errors_are_those_of_the_net(look: Look) -> None:
    """Fails if answer or truth is of another sample, or the mean or the share of near ones of other points."""
    parts = parts_for(look.net)
    ((numbers, batch),) = parts.read(parts.index("validation"))
    with torch.no_grad():
        maps = look.model(batch["triangles.image"])
    found = keypoints_of(look.subject, "validation", 2)
    assert np.array_equal(found.numbers, numbers.numpy())
    assert np.allclose(found.maps, maps[:2].numpy(), atol=1e-6)
    highest = maps.flatten(2).argmax(2)
    places = torch.stack([highest % SIDE, highest // SIDE], -1) + 0.5
    assert np.abs(found.answer - places.numpy()).max() <= 1
    truth = batch["triangles.heat"].flatten(2).argmax(2)
    right = torch.stack([truth % SIDE, truth // SIDE], -1) + 0.5
    assert np.abs(found.right - right.numpy()).max() < 0.6
    away = np.hypot(*(found.answer - found.right).transpose(2, 0, 1))
    shown = picture(look, count=3)
    assert shown.note.startswith(f"{away.mean():.2f} dots from the right place")
    assert f"{100 * (away <= 2).mean():.1f} % of the points are at most 2 dots away" in shown.note
    assert shown.labels == tuple(f"{each:.2f} dots" for each in away[:3].mean(1))


def test_rings_and_crosses_are_drawn_where_the_points_are(look: Look) -> None:
    """Fails if a mark is at another place or in the colour of another point."""
    found = keypoints_of(look.subject, "validation", 4)
    shown = picture(look, count=4)
    factor = shown.maps.shape[1] / SIDE
    for at in range(4):
        for point, ink in enumerate((class_inks(3) / 255).astype(np.float32)):
            drawn = np.argwhere((np.abs(shown.maps[at] - ink) < 1e-6).all(-1))[:, ::-1] + 0.5
            for place, reach in ((found.right[at, point], 1 / 20), (found.answer[at, point], 1 / 30)):
                near = np.linalg.norm(drawn - place * factor, axis=1) <= shown.maps.shape[1] * reach + 1.5
                assert near.any() or at  # of the first one at least nothing is drawn over
            ends = np.stack([found.right[at, point], found.answer[at, point]]) * factor
            reach = shown.maps.shape[1] / 20 + 2
            assert (drawn >= ends.min(0) - reach).all()
            assert (drawn <= ends.max(0) + reach).all()


def test_heat_maps_colour_the_picture(look: Look) -> None:
    """Fails if maps below 0 colour, or a map lies beside its place."""
    with torch.no_grad():
        parts = parts_for(look.net)
        ((_, batch),) = parts.read(parts.index("validation"))
        maps = look.model(batch["triangles.image"])[:2].clamp(0, 1).numpy()
    shown = picture(look, count=2, show="heat maps")
    factor = shown.maps.shape[1] // SIDE
    low = float(batch["triangles.image"][:2].min())
    assert low >= 0
    for at in range(2):
        image = batch["triangles.image"][at]
        expected = ((image + image.mean(0)) / 2).permute(1, 2, 0).numpy()
        for values, ink in zip(maps[at], class_inks(3) / 255):
            expected = expected * (1 - values[..., None]) + values[..., None] * ink
        assert np.allclose(shown.maps[at][::factor, ::factor], expected, atol=1e-5)


def test_a_net_without_heat_maps_is_told_what_to_do(look: Look) -> None:
    """Fails if a usual net, copies of pictures or a missing part give a traceback, or pictures are taken for maps."""
    for name in ("lenet_digits", "variational_autoencoder", "segment", "localise"):
        with pytest.raises(NoPicture, match="Keypoints"):
            picture(looked(name))
    with pytest.raises(NoPicture, match="test part"):
        picture(look, part="test")
