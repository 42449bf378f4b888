"""Distances of pairs and the ROC curve, next to plain torch and scikit-learn."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score, roc_curve
from torch import nn

from app.core.graph.model import Graph, Project
from app.core.storage.templates import load
from app.insight.pairs_picture import best_threshold, comparison_of, pairs_of, roc_of
from app.insight.part_predictions import parts_for
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import Look
from app.insight.view_runner import views
from nodes.reading.digit_pairs import digit_pairs
from tests.insight.test_generative import looked
from tests.support.drawings import chain, node


def few(unseen: str = "8 and 9", loss: str = "ContrastiveLoss", **settings: object) -> Look:
    """The template with fewer pairs and this loss."""
    project = load("siamese")
    nodes = dict(project.graph.nodes)
    nodes["pairs"] = replace(nodes["pairs"], params=MappingProxyType({"pairs": 240, "unseen": unseen}))
    nodes["loss"] = node("loss", loss, **settings)
    return looked(replace(project, graph=Graph.of(nodes.values(), project.graph.wires)))


def codes(look: Look, x: torch.Tensor) -> torch.Tensor:
    """What a branch makes of pictures, layer by layer."""
    m = {name.rpartition(".")[2]: each for name, each in look.model.named_modules() if not name.startswith("other")}
    with torch.no_grad():
        for number in (1, 2):
            x = nn.functional.max_pool2d(m[f"conv{number}"](x).relu(), 2)
        made: torch.Tensor = m["fc2"](m["fc1"](x.flatten(1)).relu())
    return made


def pictures(look: Look, **settings: object) -> tuple[Tiles, ...]:
    return views()["pairs"].pictures(look, settings)


@pytest.mark.parametrize("part", ["validation", "test"])
def test_distances_are_those_of_both_branches(part: str) -> None:
    """Fails if the branches have different weights, or distances are of other samples or another part."""
    look = few()
    ((_, batch),) = parts_for(look.net).read(parts_for(look.net).index(part))
    expected = (codes(look, batch["pairs.first"]) - codes(look, batch["pairs.second"])).square().sum(1).sqrt().numpy()
    seen = pairs_of(look.subject, comparison_of(look.net), part)
    assert np.allclose(seen.distances, expected, atol=1e-5)
    assert np.array_equal(seen.alike, batch["pairs.same"].numpy() == 1)
    area = roc_auc_score(batch["pairs.same"].numpy(), -seen.distances)
    histogram, curve, _ = pictures(look, part=part)
    assert histogram.note.startswith(f"AUC {area:.4f}. At the threshold ")
    assert f"40 {part} samples" in curve.note
    assert curve.plot is not None
    false, true, _ = roc_curve(seen.alike, -seen.distances.astype(np.float64), drop_intermediate=False)
    assert np.allclose(curve.plot.lines[0].points, np.stack([false, true], 1), atol=1e-6)


def test_cosine_loss_is_measured_by_the_angle() -> None:
    """Fails if every loss is taken for one of straight distances."""
    look = few(loss="CosineEmbeddingLoss")
    seen = pairs_of(look.subject, comparison_of(look.net), "validation")
    ((_, batch),) = parts_for(look.net).read(parts_for(look.net).index("validation"))
    a, b = (codes(look, batch[f"pairs.{name}"]) for name in ("first", "second"))
    assert np.allclose(seen.distances, (1 - (a * b).sum(1) / (a.norm(dim=1) * b.norm(dim=1))).numpy(), atol=1e-5)
    assert pictures(look)[0].plot.x_label == "1 − cosine"  # type: ignore[union-attr]


def test_a_triplet_is_two_pairs() -> None:
    """Fails if anchor and negative are taken for alike, or the norm of the loss is not that of the distance."""
    nodes = [
        node("digits", "Digits"),
        node("flatten", "Flatten"),
        node("fc", "Linear", out_features=3),
        node("far", "Negate"),
        node("turned", "Linear", out_features=3),
        node("loss", "TripletMarginLoss", p=1.0),
    ]
    wires = [*chain("digits.image", "flatten", "fc", "loss.anchor"), *chain("fc", "far", "loss.negative")]
    wires += [*chain("flatten", "turned", "loss.positive")]
    look = looked(Project("Triplets", graph=Graph.of(nodes, wires)))
    seen = pairs_of(look.subject, comparison_of(look.net), "validation")
    x = torch.cat(
        [batch["digits.image"] for _, batch in parts_for(look.net).read(parts_for(look.net).index("validation"))]
    )
    m: dict[str, nn.Module] = dict(look.model.named_modules())
    with torch.no_grad():
        anchor, positive = m["fc"](x.flatten(1)), m["turned"](x.flatten(1))
    near, far = (anchor - positive).abs().sum(1).numpy(), (2 * anchor).abs().sum(1).numpy()
    assert len(seen.distances) == 2 * len(x)
    assert np.allclose(np.sort(seen.distances[seen.alike]), np.sort(near), atol=1e-4)
    assert np.allclose(np.sort(seen.distances[~seen.alike]), np.sort(far), atol=1e-4)


def test_area_and_threshold_of_numbers_with_ties() -> None:
    """Fails if equal distances are put in an order, which makes the area larger or smaller than scikit-learn's, or
    another threshold tells more pairs right."""
    generator = np.random.default_rng(0)
    for _ in range(30):
        count = int(generator.integers(4, 60))
        alike = generator.random(count) < 0.4
        alike[:2] = True, False
        distances = np.round(generator.random(count) * 2 + 0.3 * ~alike, 1).astype(np.float32)
        assert roc_of(distances, alike).area == pytest.approx(roc_auc_score(alike, -distances))
        chosen = best_threshold(distances, alike)
        right = ((distances <= chosen) == alike).mean()
        every = [*np.unique(distances).tolist(), -1.0]
        assert right == pytest.approx(max(((distances <= each + 1e-4) == alike).mean() for each in every))
    with pytest.raises(NoPicture, match="Use more pairs"):
        roc_of(distances, np.ones(count, bool))


def test_a_threshold_of_ones_own_decides() -> None:
    """Fails if the setting is not what is counted with, or the narrowest pairs are those of another threshold."""
    look = few()
    seen = pairs_of(look.subject, comparison_of(look.net), "validation")
    chosen = float(np.quantile(seen.distances, 0.7))
    histogram, curve, shown = pictures(look, threshold=chosen, count=3)
    taken = seen.distances <= chosen
    assert f"{100 * (taken == seen.alike).mean():.1f} % are told right" in histogram.note
    assert "chosen on" not in histogram.note
    assert curve.plot is not None
    assert np.allclose(curve.plot.points, [[taken[~seen.alike].mean(), taken[seen.alike].mean()]])
    narrow = np.argsort(np.abs(seen.distances - chosen), kind="stable")[:3]
    every = parts_for(look.net).samples.at(torch.from_numpy(seen.numbers[narrow]))
    assert every is not None
    assert np.array_equal(shown.maps[0::2], every["pairs.first"][:, 0].numpy())
    assert np.array_equal(shown.maps[1::2], every["pairs.second"][:, 0].numpy())
    for at, place in enumerate(narrow):
        assert shown.labels[2 * at] == ("alike" if seen.alike[place] else "different")
        assert shown.labels[2 * at + 1].endswith("right" if taken[place] == seen.alike[place] else "wrong")


def test_a_net_without_pairs_is_told_what_to_do() -> None:
    """Fails if a usual net or a part that is not there gives a traceback."""
    with pytest.raises(NoPicture, match="Alike or not"):
        pictures(looked("lenet_digits"))
    with pytest.raises(NoPicture, match="test part"):
        pictures(few(unseen="none"), part="test")
    look = few()
    with torch.no_grad():
        next(look.model.parameters()).fill_(float("nan"))
    with pytest.raises(NoPicture, match="not numbers"):
        pictures(look)


def test_no_picture_is_in_two_parts_and_the_test_has_new_digits() -> None:
    """Fails if a net is checked with pictures that it has learned, a pair is of one picture twice, a pair that is
    called alike is not, or half of the pairs are not alike."""
    labels = np.random.default_rng(1).integers(0, 10, 500)
    counts = {"train": 3000, "validation": 800, "test": 800}
    first, second, same = digit_pairs(labels, counts, [8, 9], 7)
    assert np.array_equal(labels[first] == labels[second], same == 1)
    assert not (first == second).any()
    ends = np.cumsum([0, *counts.values()])
    used = [set(first[a:b]) | set(second[a:b]) for a, b in pairwise(ends)]
    assert sum(map(len, used)) == len(set.union(*used))
    assert set(labels[list(used[2])]) == {8, 9}
    assert set(labels[list(used[0])]) == set(labels[list(used[1])]) == set(range(8))
    assert [int(same[a:b].sum()) for a, b in pairwise(ends)] == [1500, 400, 400]
