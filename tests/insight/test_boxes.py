"""Boxes over pictures and their overlap, next to plain torch and to counted dots."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch

from app.core.graph.model import Graph
from app.core.storage.templates import load
from app.insight.boxes_picture import boxes_of, edges_of, overlaps
from app.insight.part_predictions import parts_for
from app.insight.plot import class_inks
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.view_runner import views
from tests.insight.test_generative import looked

SIDE = 16


@pytest.fixture(scope="module")
def look() -> Look:
    """The template with fewer, smaller pictures."""
    project = load("localise")
    nodes = dict(project.graph.nodes)
    nodes["shapes"] = replace(
        nodes["shapes"], params=MappingProxyType({"shapes": 1, "pictures": 60, "side": SIDE, "noise": 0.0})
    )
    return looked(replace(project, graph=Graph.of(nodes.values(), project.graph.wires)))


def picture(look: Look, **settings: object) -> Tiles:
    return views()["boxes"].pictures(look, settings)[0]


def counted(first: np.ndarray, second: np.ndarray, steps: int = 400) -> float:
    """The overlap of two boxes as the share of little fields, whose middles are counted."""
    x = (np.arange(-steps, 2 * steps) + 0.5) / steps
    inside = [
        ((x > box[0]) & (x < box[2]))[None, :] & ((x > box[1]) & (x < box[3]))[:, None] for box in (first, second)
    ]
    return float((inside[0] & inside[1]).sum() / max((inside[0] | inside[1]).sum(), 1))


def test_overlap_is_that_of_counted_dots() -> None:
    """Fails if union or intersection is of other sides, boxes beside each other overlap, or a box that is turned round
    has a size."""
    generator = np.random.default_rng(0)
    corners = np.sort(generator.random((40, 2, 2)), 1).reshape(40, 4)
    others = corners + generator.normal(0, 0.15, (40, 4))
    expected = [counted(one, other) for one, other in zip(corners, others)]
    assert np.allclose(overlaps(corners, others), expected, atol=0.03)
    assert min(expected) == 0 < max(expected)
    assert np.allclose(overlaps(corners, corners), 1)
    assert np.array_equal(overlaps(corners[:, [2, 3, 0, 1]], corners), np.zeros(40))
    nothing = np.full((1, 4), 0.5)
    assert np.array_equal(overlaps(nothing, nothing), [0.0])


def test_the_three_ways_to_say_a_box_are_the_same_box() -> None:
    """Fails if a form is read as another one."""
    wanted = [[0.1, 0.2, 0.5, 0.8]]
    assert np.allclose(edges_of(np.array([[0.3, 0.5, 0.4, 0.6]]), "middle and size"), wanted)
    assert np.allclose(edges_of(np.array([[0.1, 0.2, 0.4, 0.6]]), "corner and size"), wanted)
    assert np.allclose(edges_of(np.array(wanted), "corners"), wanted)


def test_the_right_box_is_around_the_shape(look: Look) -> None:
    """Fails if truth is of another sample, or left and top are exchanged: the mask says where the shape is."""
    found = boxes_of(look.subject, "validation", "middle and size")
    from nodes.reading.shape_pictures import shape_pictures

    masks = shape_pictures(60, SIDE, 1, 0.0, 0)[1][found.numbers]
    for mask, (left, top, right, bottom) in zip(masks, np.round(found.right * SIDE).astype(int)):
        assert (mask[top:bottom, left:right] > 0).sum() == (mask > 0).sum()
        assert (mask[top] > 0).any()
        assert (mask[bottom - 1] > 0).any()
        assert (mask[:, left] > 0).any()
        assert (mask[:, right - 1] > 0).any()


def test_answers_and_what_is_said_are_those_of_the_net(look: Look) -> None:
    """Fails if answer, mean or share of right classes are of other samples, or the worst are not the worst."""
    parts = parts_for(look.net)
    ((numbers, batch),) = parts.read(parts.index("validation"))
    with torch.no_grad():
        kind, box = look.model(batch["shapes.image"])
    found = boxes_of(look.subject, "validation", "middle and size")
    assert np.array_equal(found.numbers, numbers.numpy())
    edges = torch.cat([box[:, :2] - box[:, 2:] / 2, box[:, :2] + box[:, 2:] / 2], 1)
    assert np.allclose(found.answer, edges.numpy(), atol=1e-6)
    expected = np.array([counted(one, other) for one, other in zip(found.answer, found.right)])
    assert np.allclose(found.overlaps, expected, atol=0.02)
    shown = picture(look, count=4, order="worst first")
    correct = float((kind.argmax(1) == batch["shapes.label"]).float().mean())
    assert f"IoU {found.overlaps.mean():.3f} in the mean over pictures" in shown.note
    assert f"{100 * correct:.1f} % of the classes are right" in shown.note
    assert [label[-8:] for label in shown.labels] == [f"IoU {each:.2f}" for each in sorted(found.overlaps)[:4]]
    words = ("circle", "square", "triangle")
    for at, label in enumerate(picture(look, count=12).labels):
        right, chosen = words[int(batch["shapes.label"][at])], words[int(kind[at].argmax())]
        assert label.startswith(f"{right} IoU" if right == chosen else f"{right} → {chosen} IoU")


def test_lines_are_drawn_where_the_boxes_are(look: Look) -> None:
    """Fails if a line is on another side, in the colour of the other box, or the picture below is another one."""
    found = boxes_of(look.subject, "validation", "middle and size")
    shown = picture(look, count=3)
    every = parts_for(look.net).samples.at(torch.from_numpy(found.numbers[:3]))
    assert every is not None
    side = shown.maps.shape[1]
    blue, orange = (class_inks(2) / 255).astype(np.float32)
    assert side % SIDE == 0
    for at in range(3):
        for box, ink in ((found.right[at], blue), (found.answer[at], orange)):
            drawn = (np.abs(shown.maps[at] - ink) < 1e-6).all(-1)
            left, top, right, bottom = np.clip(box, 0, 1) * side
            columns, rows = np.flatnonzero(drawn.any(0)), np.flatnonzero(drawn.any(1))
            ends = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
            assert np.allclose(ends, [left, top, right, bottom], atol=2.1)
        image = every["shapes.image"][at]
        dull = ((image + image.mean(0)) / 2).permute(1, 2, 0).numpy().repeat(side // SIDE, 0).repeat(side // SIDE, 1)
        assert (np.abs(shown.maps[at] - dull) < 1e-5).all(-1).mean() > 0.7


def test_a_net_without_boxes_is_told_what_to_do(look: Look) -> None:
    """Fails if a usual net, a missing part or weights that are no numbers give a traceback."""
    for name in ("lenet_digits", "variational_autoencoder", "forecast_lstm"):
        with pytest.raises(NoPicture, match="Localisation"):
            picture(looked(name))
    with pytest.raises(NoPicture, match="test part"):
        picture(look, part="test")
    broken = looked("localise")
    with torch.no_grad():
        next(broken.model.parameters()).fill_(float("nan"))
    with pytest.raises(NoPicture, match="not numbers"):
        picture(broken)
