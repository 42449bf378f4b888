"""What a detector finds, drawn over pictures, next to plain torch and matches that are counted one by one."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch

from app.core.graph.model import Graph
from app.core.storage.templates import load
from app.insight.detections_picture import found_in, matched
from app.insight.part_predictions import parts_for
from app.insight.plot import class_inks
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.view_runner import views
from nodes.reading.digit_scenes import digit_scenes
from nodes.sources import digits
from tests.insight.test_generative import looked

SIDE = 24


def small() -> Look:
    """The template with fewer, smaller pictures."""
    project = load("detect")
    nodes = dict(project.graph.nodes)
    nodes["scenes"] = replace(
        nodes["scenes"], params=MappingProxyType({"pictures": 60, "side": SIDE, "digits": 3, "noise": 0.0})
    )
    return looked(replace(project, graph=Graph.of(nodes.values(), project.graph.wires)))


@pytest.fixture(scope="module")
def look() -> Look:
    return small()


def picture(look: Look, **settings: object) -> Tiles:
    return views()["detections"].pictures(look, settings)[0]


def test_the_true_boxes_lie_around_the_ink() -> None:
    """Fails if a box is of another digit, left and top are exchanged, digits lie on each other, or a digit is in two
    parts."""
    known = digits.load(size="8×8")
    images, labels = known["image"][:, 0].numpy(), known["label"].numpy()
    counts = {"train": 60, "validation": 20, "test": 20}
    pictures, boxes, kinds = digit_scenes(images, labels, counts, 32, 3, 0.0, 5)
    for made, places, names in zip(pictures[:, 0], boxes * 32, kinds):
        ground = float(np.median(made))
        inside = np.zeros(made.shape, int)
        for x, y, wide, high in places[names > 0]:
            left, top = round(float(x - wide / 2)), round(float(y - high / 2))
            box = made[top : top + round(float(high)), left : left + round(float(wide))]
            inside[top : top + round(float(high)), left : left + round(float(wide))] += 1
            assert all(side.max() > ground + 0.05 for side in (box[0], box[-1], box[:, 0], box[:, -1]))
        assert inside.max() == 1
        assert np.allclose(made[inside == 0], ground)
        assert not places[names == 0].any()
    assert set(np.unique(kinds)) <= set(range(11))
    assert (kinds > 0).any(1).all()
    assert len(np.unique(kinds)) == 11


def test_every_part_has_digits_of_its_own() -> None:
    """Fails if a net is checked with digits that it has learned: each digit here has a brightness of its own."""
    images = np.zeros((50, 8, 8), "float32")
    images[:, 2:6, 3:5] = (np.arange(50) / 100 + 0.5)[:, None, None]
    counts = {"train": 200, "validation": 60, "test": 60}

    def shades(seed: int) -> list[set[int]]:
        found, _, kinds = digit_scenes(images, np.arange(50), counts, 24, 2, 0.0, seed)
        assert len(found) == 320
        return [{*kinds[a:b].ravel().tolist()} - {0} for a, b in ((0, 200), (200, 260), (260, 320))]

    train, validation, test = shades(1)
    assert not train & validation
    assert not train & test
    assert not validation & test
    assert len(train | validation | test) > 40


def test_boxes_and_what_is_said_are_those_of_the_net(look: Look) -> None:
    """Fails if boxes are of other samples, the score does not decide, or hits are counted wrongly."""
    parts = parts_for(look.net)
    ((numbers, batch),) = parts.read(parts.index("validation"))
    with torch.no_grad():
        *_, made = look.model(batch["scenes.image"])
    found = found_in(look.subject, "validation")
    assert np.array_equal(found.numbers, numbers.numpy())
    middle, size = made[..., :2], made[..., 2:4]
    assert np.allclose(found.answer[..., :4], torch.cat([middle - size / 2, middle + size / 2], -1).numpy(), atol=1e-6)
    assert np.array_equal(found.answer[..., 4:], made[..., 4:].numpy())
    assert np.array_equal(found.right[..., 4], batch["scenes.digits"].numpy())
    least = float(made[..., 4].flatten().sort(descending=True).values[25])
    told = made[..., 4] >= least
    shown = picture(look, count=4, score=least)
    hits = 0
    for at in range(len(made)):
        taken: set[int] = set()
        for box in made[at][told[at]]:
            shares = []
            for place, (true, kind) in enumerate(zip(batch["scenes.boxes"][at], batch["scenes.digits"][at])):
                if place not in taken and int(kind) == int(box[5]):
                    low = torch.maximum(box[:2] - box[2:4] / 2, true[:2] - true[2:] / 2)
                    high = torch.minimum(box[:2] + box[2:4] / 2, true[:2] + true[2:] / 2)
                    both = float((high - low).clamp(min=0).prod())
                    shares.append((both / (float(box[2] * box[3]) + float(true[2] * true[3]) - both), place))
            if max(shares, default=(0, 0))[0] >= 0.5:
                hits += 1
                taken.add(max(shares)[1])
    there = int((batch["scenes.digits"] > 0).sum())
    assert f"{hits:,} of {there:,} are found" in shown.note
    assert f"{int(told.sum()) - hits:,} of {int(told.sum()):,} boxes are false" in shown.note
    assert shown.labels[0].split(" found")[0].endswith(f"of {int((batch['scenes.digits'][0] > 0).sum())}")


def test_a_right_box_is_found_once() -> None:
    """Fails if two boxes hit one thing, a hit needs no class, or the surer box does not choose first."""
    right = np.array([[0.1, 0.1, 0.5, 0.5, 3], [0.6, 0.6, 0.9, 0.9, 2], [0, 0, 0, 0, 0]], float)
    answer = np.array(
        [
            [0.1, 0.1, 0.5, 0.45, 0.9, 3],
            [0.1, 0.1, 0.5, 0.5, 0.8, 3],
            [0.6, 0.6, 0.9, 0.9, 0.7, 3],
            [0.6, 0.6, 0.9, 0.72, 0.6, 2],
        ],
        float,
    )
    hits, taken = matched(answer, right)
    assert hits.tolist() == [True, False, False, False]
    assert taken.tolist() == [True, False, False]


def test_lines_are_drawn_where_the_boxes_are(look: Look) -> None:
    """Fails if true boxes are drawn elsewhere, or nothing is drawn for what is found."""
    found = found_in(look.subject, "validation")
    shown = picture(look, count=3, score=1.0)
    blue, orange = (class_inks(2) / 255).astype(np.float32)
    side = shown.maps.shape[1]
    for at in range(3):
        drawn = (np.abs(shown.maps[at] - blue) < 0.01).all(-1)
        boxes = found.right[at][found.right[at][:, 4] > 0] * side
        columns, rows = np.flatnonzero(drawn.any(0)), np.flatnonzero(drawn.any(1))
        ends = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
        assert np.allclose(ends, [*boxes[:, :2].min(0), *boxes[:, 2:4].max(0)], atol=2.1)
        assert not (np.abs(shown.maps[at] - orange) < 0.01).all(-1).any()
    everything = picture(look, count=3, score=0.0)
    assert ((np.abs(everything.maps - orange) < 0.01).all(-1)).sum() > 300


def test_the_worst_come_first(look: Look) -> None:
    """Fails if the order is not that of the mistakes."""

    def mistakes(label: str) -> int:
        found, _, rest = label.partition(" of ")
        return int(rest.split()[0]) - int(found) + int(rest.split(", ")[1].split()[0] if ", " in rest else 0)

    wrong = [mistakes(each) for each in picture(look, count=10, order="worst first", score=0.1).labels]
    assert wrong == sorted(wrong, reverse=True)
    assert wrong[0] > 0


def test_a_net_that_finds_nothing_is_told_what_to_do(look: Look) -> None:
    """Fails if a usual net, a missing part or weights that are no numbers give a traceback."""
    for name in ("lenet_digits", "localise", "forecast_lstm"):
        with pytest.raises(NoPicture, match="Detection is one"):
            picture(looked(name))
    broken = small()
    with torch.no_grad():
        next(broken.model.parameters()).fill_(float("nan"))
    with pytest.raises(NoPicture, match="not numbers"):
        picture(broken)
