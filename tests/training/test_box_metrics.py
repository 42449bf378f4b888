"""The mean average precision of boxes, next to a plain calculation box by box, and cases counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch
from torch import Tensor

from app.core.compile.measuring import answered, measured, unmeasured
from app.core.graph.model import Graph
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.training.metrics import Averages
from tests.training.nets import compiled

LIMITS = [0.5 + 0.05 * each for each in range(10)]


def printed() -> Averages:
    """The metrics of the template as they are printed."""
    functions = compiled(load("detect")).with_recipe(Recipe(metrics=("map", "map_50"))).functions
    return Averages(functions["metric_sums"], functions["metric_values"])


def numbers(found: Tensor, boxes: Tensor, kinds: Tensor, pieces: tuple[int, ...] = ()) -> tuple[float, float]:
    """mAP at 0.5 to 0.95, and at 0.5."""
    ours = printed()
    for part in torch.arange(len(found)).split(list(pieces) or len(found)):
        ours.add_read({"found": found[part], "true_boxes": boxes[part], "true_kinds": kinds[part]})
    values = ours.numbers("val")
    return values["val_map"], values["val_map_50"]


def share(one: list[float], other: list[float]) -> float:
    sides = [
        min(one[k] + one[k + 2] / 2, other[k] + other[k + 2] / 2)
        - max(one[k] - one[k + 2] / 2, other[k] - other[k + 2] / 2)
        for k in (0, 1)
    ]
    both = max(sides[0], 0.0) * max(sides[1], 0.0)
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def plainly(found: list, boxes: list, kinds: list, limit: float) -> float:
    """Average precision at one limit, the mean over the classes, each box one by one."""
    averages = []
    for kind in sorted({each for row in kinds for each in row} - {0}):
        told = [(row[4], n, row[:4]) for n, rows in enumerate(found) for row in rows if row[5] == kind]
        there = [[box for box, each in zip(boxes[n], kinds[n]) if each == kind] for n in range(len(found))]
        taken: set[tuple[int, int]] = set()
        hits, points = 0, []
        for place, (_, n, box) in enumerate(sorted(told, key=lambda each: -each[0]), start=1):
            free = [(share(box, true), at) for at, true in enumerate(there[n]) if (n, at) not in taken]
            best = max(free, default=(0.0, -1))
            if best[0] >= limit:
                taken.add((n, best[1]))
                hits += 1
            points.append((hits / sum(map(len, there)), hits / place))
        steps = [
            max((exact for reached, exact in points if reached >= k / 100 - 1e-9), default=0.0) for k in range(101)
        ]
        averages.append(sum(steps) / 101)
    return sum(averages) / len(averages)


def scene(seed: int, pictures: int = 30, most: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """True boxes, and answers near them, doubled, of another class, or anywhere."""
    random = np.random.default_rng(seed)
    found, boxes, kinds = np.zeros((pictures, most, 6)), np.zeros((pictures, 4, 4)), np.zeros((pictures, 4), int)
    for n in range(pictures):
        count = int(random.integers(0, 5))
        boxes[n, :count] = np.concatenate(
            [random.uniform(0.2, 0.8, (count, 2)), random.uniform(0.1, 0.4, (count, 2))], 1
        )
        kinds[n, :count] = random.integers(1, 6, count)
        rows = []
        for box, kind in zip(boxes[n, :count], kinds[n, :count]):
            for _ in range(int(random.integers(0, 3))):
                near = box * random.normal(1, 0.08, 4)
                rows.append([*near, random.uniform(0.2, 1), kind if random.random() < 0.8 else random.integers(1, 6)])
        for _ in range(int(random.integers(0, 3))):
            rows.append([*random.uniform(0.2, 0.6, 4), random.uniform(0, 0.7), random.integers(1, 6)])
        rows = sorted(rows, key=lambda each: -each[4])[:most]
        if rows:
            found[n, : len(rows)] = rows
    return torch.tensor(found, dtype=torch.float32), torch.tensor(boxes, dtype=torch.float32), torch.tensor(kinds)


@pytest.mark.parametrize("seed", range(4))
def test_it_is_that_of_a_plain_calculation(seed: int) -> None:
    """Fails if a box hits twice, another limit or class counts, the curve is not made to fall, or it depends on how the
    pictures were cut into batches."""
    found, boxes, kinds = scene(seed)
    lists = found.tolist(), boxes.tolist(), kinds.tolist()
    each = [plainly(*lists, limit) for limit in LIMITS]
    over, at_half = numbers(found, boxes, kinds)
    assert at_half == pytest.approx(each[0], abs=2e-3)
    assert over == pytest.approx(sum(each) / 10, abs=2e-3)
    assert 0.03 < over < at_half < 0.9
    assert numbers(found, boxes, kinds, (1, 20, 9)) == pytest.approx((over, at_half))


def one(*rows: list[float], most: int = 4) -> Tensor:
    return torch.tensor([[*rows, *[[0.0] * len(rows[0])] * (most - len(rows))]])


BOX = [0.5, 0.5, 0.4, 0.4]


def test_cases_by_hand() -> None:
    """Fails if a perfect answer is not 1, a doubled one counts as two hits, a wrong class as a hit, a missed object as
    nothing, or a limit is not where it should be."""
    kinds = torch.tensor([[3, 0, 0, 0]])
    boxes = one(BOX)
    assert numbers(one([*BOX, 0.9, 3.0]), boxes, kinds) == pytest.approx((1.0, 1.0))
    assert numbers(one([*BOX, 0.9, 3.0], [*BOX, 0.8, 3.0]), boxes, kinds) == pytest.approx((1.0, 1.0))
    assert numbers(one([0.1, 0.1, 0.1, 0.1, 0.9, 3.0], [*BOX, 0.8, 3.0]), boxes, kinds) == pytest.approx((0.5, 0.5))
    assert numbers(one([*BOX, 0.9, 2.0]), boxes, kinds) == (0.0, 0.0)
    # Half as high: an overlap of 0.72 is a hit at 0.5, 0.55, 0.6, 0.65 and 0.7.
    assert numbers(one([0.5, 0.5, 0.4, 0.288, 0.9, 3.0]), boxes, kinds) == pytest.approx((0.5, 1.0))
    two = torch.tensor([[3, 3, 0, 0]])
    other = [0.1, 0.1, 0.1, 0.1]
    # One of two is found: recalls up to 0.5, 51 of the 101 points.
    assert numbers(one([*BOX, 0.9, 3.0]), one(BOX, other), two) == pytest.approx((51 / 101, 51 / 101))
    # The mean over classes: one is found, the other not.
    assert numbers(one([*BOX, 0.9, 3.0]), one(BOX, other), torch.tensor([[3, 7, 0, 0]])) == pytest.approx((0.5, 0.5))
    assert math.isnan(numbers(one([*BOX, 0.9, 3.0]), 0 * boxes, 0 * kinds)[0])
    assert numbers(one([0.0] * 6), boxes, kinds) == (0.0, 0.0)


def test_a_drawing_without_boxes_is_told_what_is_missing() -> None:
    """Fails if the metric is measured where nothing is found, or nobody says why it is not."""
    net = compiled(load("lenet_digits")).with_recipe(Recipe(metrics=("map",)))
    assert measured(net.plan) == {}
    assert "mAP at 0.5 to 0.95 cannot be measured here: it needs a detection loss" in unmeasured(net.plan)
    assert answered(compiled(load("detect")).plan) == {"boxes"}


def test_a_detector_whose_loss_trains_some_layers_alone_is_still_trained() -> None:
    """Fails if the printed step reads boxes that it does not compute where losses are served in turn."""
    project = load("detect")
    nodes = dict(project.graph.nodes)
    nodes["loss"] = replace(nodes["loss"], params=MappingProxyType({**nodes["loss"].params, "updates": ("maps",)}))
    net = compiled(replace(project, graph=Graph.of(nodes.values(), project.graph.wires)))
    assert answered(net.plan) == frozenset()
    model, losses = net.model(0), net.losses()
    batch = {
        "scenes.image": torch.rand(4, 1, 48, 48),
        "scenes.boxes": torch.rand(4, 4, 4),
        "scenes.digits": torch.randint(0, 11, (4, 4)),
    }
    values, read = net.functions["training_step"](model, losses, net.functions["make_optimizers"](model), batch)
    assert float(values["loss"]) > 0
    assert read == {}
