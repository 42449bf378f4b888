"""Triplets that are found in a batch, next to loops over single samples; pairs of the people that check."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from torch import Tensor

from app.core.graph.model import Graph, Project
from app.core.storage.templates import load
from app.insight.pairs_picture import comparison_of, pairs_of
from app.insight.part_predictions import parts_for
from app.insight.view import Look
from app.insight.view_runner import views
from nodes.api import Shape, ShapeError
from nodes.api.registry import find
from nodes.modules.batch_triplet_loss import BatchTripletLoss
from nodes.sources.made_up_people import load as people
from tests.insight.test_generative import looked


def by_hand(codes: Tensor, labels: Tensor, margin: float, mining: str) -> float:
    """The mean over the triplets, one by one."""
    count = len(codes)
    d = [[float((codes[a] - codes[b]).norm()) for b in range(count)] for a in range(count)]
    found = []
    for a in range(count):
        positives = [p for p in range(count) if p != a and labels[p] == labels[a]]
        negatives = [n for n in range(count) if labels[n] != labels[a]]
        if not positives or not negatives:
            continue
        if mining == "hard":
            found.append(max(d[a][p] for p in positives) - min(d[a][n] for n in negatives) + margin)
        for p in positives if mining == "semi-hard" else []:
            behind = [d[a][n] for n in negatives if d[a][n] > d[a][p]]
            found.append(d[a][p] - (min(behind) if behind else max(d[a][n] for n in negatives)) + margin)
        for p in positives if mining == "all" else []:
            found += [each for n in negatives if (each := d[a][p] - d[a][n] + margin) > 0]
    return sum(max(each, 0.0) for each in found) / max(len(found), 1)


@pytest.mark.parametrize("mining", ["semi-hard", "hard", "all"])
@pytest.mark.parametrize("margin", [0.2, 1.0])
def test_the_triplets_are_those_of_a_loop(mining: str, margin: float) -> None:
    """Fails if a sample is its own positive, another negative is chosen, or samples that are alone of their label
    count."""
    for seed in range(3):
        generator = torch.Generator().manual_seed(seed)
        codes, labels = torch.randn(14, 3, generator=generator), torch.randint(0, 5, (14,), generator=generator)
        labels[0] = 9  # alone
        loss = BatchTripletLoss(margin, mining)(codes, labels)
        assert float(loss) == pytest.approx(by_hand(codes, labels, margin, mining), abs=1e-4)


@pytest.mark.parametrize("mining", ["semi-hard", "hard", "all"])
def test_batches_without_triplets_change_nothing(mining: str) -> None:
    """Fails if a batch of one person, of all different ones, or of one sample gives a loss or a gradient that is no
    number."""
    for labels in ([1, 1, 1], [1, 2, 3], [4]):
        codes = torch.randn(len(labels), 2, requires_grad=True)
        loss = BatchTripletLoss(1.0, mining)(codes, torch.tensor(labels))
        loss.backward()
        assert float(loss.detach()) == 0
        assert codes.grad is not None
        assert float(codes.grad.abs().sum()) == 0
    same = torch.zeros(4, 2, requires_grad=True)  # all codes are one point
    BatchTripletLoss(1.0, mining)(same, torch.tensor([0, 0, 1, 1])).backward()
    assert same.grad is not None
    assert bool(same.grad.isfinite().all())


def test_what_is_no_list_or_no_label_is_told() -> None:
    """Fails if pictures are compared dot by dot, or numbers taken for labels, without a word."""
    layer = find("BatchTripletLoss")
    assert layer is not None
    for codes, target in (((3, 4, 4), Shape((), "int")), ((8,), Shape((1,))), ((8,), Shape((4,), "int"))):
        with pytest.raises(ShapeError):
            layer.build({"codes": [Shape(codes)], "target": [target]}, layer.settings({}))


def small() -> Project:
    project = load("triplet")
    nodes = dict(project.graph.nodes)
    nodes["people"] = replace(nodes["people"], params=MappingProxyType({"people": 20, "each": 4, "side": 16}))
    return replace(project, graph=Graph.of(nodes.values(), project.graph.wires))


@pytest.fixture(scope="module")
def look() -> Look:
    return looked(small())


@pytest.mark.parametrize("part", ["validation", "test"])
def test_pairs_are_of_the_people_that_check(look: Look, part: str) -> None:
    """Fails if a distance is not that of the codes of two pictures, a pair of two people is called alike, a pair of one
    is missing, or there are not as many of both."""
    seen = pairs_of(look.subject, comparison_of(look.net), part)
    parts = parts_for(look.net)
    ((numbers, batch),) = parts.read(parts.index(part))
    with torch.no_grad():
        codes = look.model(batch["people.image"])
    row = {int(number): at for at, number in enumerate(numbers)}
    assert seen.others is not None
    first, second = ([row[int(each)] for each in side] for side in (seen.numbers, seen.others))
    assert np.allclose(seen.distances, (codes[first] - codes[second]).norm(dim=1).numpy(), atol=1e-4)
    persons = batch["people.person"]
    assert np.array_equal(seen.alike, (persons[first] == persons[second]).numpy())
    assert not (seen.numbers == seen.others).any()
    assert int(seen.alike.sum()) == int((~seen.alike).sum()) == 5 * 6  # of five people 4 · 3 / 2 pairs each
    pairs = {frozenset(pair) for pair, same in zip(zip(first, second), seen.alike) if same}
    assert len(pairs) == 5 * 6
    histogram, curve, shown = views()["pairs"].pictures(look, {"part": part, "count": 3})
    area = roc_auc_score(seen.alike, -seen.distances)
    assert histogram.note.startswith(f"AUC {area:.4f}")
    assert curve.plot is not None
    images = batch["people.image"].permute(0, 2, 3, 1).numpy()
    for at in range(3):
        left, right = (
            next(n for n, each in enumerate(images) if np.allclose(each, shown.maps[2 * at + k])) for k in (0, 1)
        )
        assert (persons[left] == persons[right]) == (shown.labels[2 * at] == "alike")


def test_nobody_is_in_two_parts_and_pictures_of_one_are_alike() -> None:
    """Fails if a net is checked with people that it has learned, or who somebody is cannot be seen."""
    fields, parts = people(people=20, each=6, side=24, noise=0.0, seed=0)
    persons = [set(fields["person"][numbers].tolist()) for numbers in parts.values()]
    assert sum(map(len, persons)) == len(set.union(*persons)) == 30
    tone = fields["image"][:, :, 8:18, 8:16].mean((2, 3))  # of the face, with little background
    tone = tone / tone.sum(1, keepdim=True)
    apart = torch.cdist(tone, tone)
    same = fields["person"][:, None] == fields["person"]
    off = ~torch.eye(len(apart), dtype=torch.bool)
    assert apart[same & off].mean() < 0.7 * apart[~same].mean()
