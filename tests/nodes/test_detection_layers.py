"""Boxes of a grid, non-maximum suppression and the loss of a detector, next to loops over single numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from nodes.api import Shape, ShapeError
from nodes.api.registry import find
from nodes.modules.box_grid import BoxGrid
from nodes.modules.detection_loss import DetectionLoss
from nodes.modules.non_maximum_suppression import NonMaximumSuppression


def share(one: list[float], other: list[float]) -> float:
    """Intersection over union of two boxes of middle, width and height."""
    wide = min(one[0] + one[2] / 2, other[0] + other[2] / 2) - max(one[0] - one[2] / 2, other[0] - other[2] / 2)
    high = min(one[1] + one[3] / 2, other[1] + other[3] / 2) - max(one[1] - one[3] / 2, other[1] - other[3] / 2)
    both = max(wide, 0.0) * max(high, 0.0)
    return both / (one[2] * one[3] + other[2] * other[3] - both)


def test_a_grid_reads_its_channels_as_boxes_of_cells() -> None:
    """Fails if rows and columns, or the five numbers of a box and of the next one, are exchanged."""
    maps = torch.randn(2, 13, 3, 4, generator=torch.Generator().manual_seed(0))
    boxes, sure, scores = BoxGrid(2)(maps)
    for n, row, column, box in np.ndindex(2, 3, 4, 2):
        a, b, c, d, e = (1 / (1 + math.exp(-float(maps[n, 5 * box + k, row, column]))) for k in range(5))
        assert boxes[n, row, column, box].tolist() == pytest.approx([(column + a) / 4, (row + b) / 3, c, d], abs=1e-6)
        assert float(sure[n, row, column, box]) == pytest.approx(e, abs=1e-6)
    assert torch.equal(scores, maps[:, 10:].permute(0, 2, 3, 1))


def crowd(seed: int, rows: int = 3, columns: int = 4, each: int = 2, classes: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Boxes of which many lie on each other."""
    generator = torch.Generator().manual_seed(seed)
    middles = torch.rand(5, rows, columns, each, 2, generator=generator) * 0.5 + 0.25
    sizes = torch.rand(5, rows, columns, each, 2, generator=generator) * 0.3 + 0.2
    sure = torch.rand(5, rows, columns, each, generator=generator)
    return torch.cat([middles, sizes], -1), sure, 3 * torch.randn(5, rows, columns, classes, generator=generator)


def suppressed(boxes: Tensor, sure: Tensor, scores: Tensor, least: float, overlap: float) -> list[list[float]]:
    """What is left in one picture, box by box as one would write it."""
    found = []
    for row, column, box in np.ndindex(*sure.shape):
        powers = [math.exp(float(value)) for value in scores[row, column]]
        kind = max(range(len(powers)), key=lambda at: powers[at])
        score = float(sure[row, column, box]) * powers[kind] / sum(powers)
        if score > least:
            found.append([*boxes[row, column, box].tolist(), score, kind + 1.0])
    left: list[list[float]] = []
    for one in sorted(found, key=lambda each: -each[4]):
        if not any(other[5] == one[5] and share(one[:4], other[:4]) > overlap for other in left):
            left.append(one)
    return left


@pytest.mark.parametrize(("least", "overlap", "most"), [(0.05, 0.3, 40), (0.3, 0.6, 40), (0.0, 0.0, 24), (0.1, 1.0, 6)])
def test_suppression_is_that_of_a_loop(least: float, overlap: float, most: int) -> None:
    """Fails if a box that is left out still covers others, classes cover one another, or rows are in another order."""
    counts = []
    for seed in range(4):
        given = crowd(seed)
        made = NonMaximumSuppression(least, overlap, most)(*given)
        assert made.shape == (5, most, 6)
        for at in range(5):
            wanted = suppressed(*(each[at] for each in given), least, overlap)
            counts.append(len(wanted))
            rows = [*wanted, *[[0.0] * 6] * most][:most]
            assert np.allclose(made[at].numpy(), rows, atol=1e-5)
    assert max(counts) < 24 or overlap == 1
    assert min(counts) > 0


def test_a_chain_of_boxes_loses_every_other_one() -> None:
    """Fails if a box that was suppressed suppresses the next one: of a, b, c where only neighbours overlap, c stays."""
    boxes = torch.tensor([[0.3, 0.5, 0.2, 0.2], [0.4, 0.5, 0.2, 0.2], [0.5, 0.5, 0.2, 0.2]]).reshape(1, 1, 3, 1, 4)
    sure = torch.tensor([0.9, 0.8, 0.7]).reshape(1, 1, 3, 1)
    found = NonMaximumSuppression(0.1, 0.3, 5)(boxes, sure, torch.zeros(1, 1, 3, 1))[0]
    assert found[:, 4].tolist() == pytest.approx([0.9, 0.7, 0, 0, 0])
    assert found[:, 0].tolist() == pytest.approx([0.3, 0.5, 0, 0, 0])


def test_no_gradient_goes_through_the_suppression() -> None:
    """Fails if weights are moved by what is only to be looked at."""
    boxes, sure, scores = (each.requires_grad_() for each in crowd(0))
    assert not NonMaximumSuppression(0.1, 0.4, 9)(boxes, sure, scores).requires_grad


def by_hand(given: tuple[Tensor, Tensor, Tensor], true: Tensor, kinds: Tensor, place: float, empty: float) -> float:
    boxes, sure, scores = given
    rows, columns = sure.shape[1:3]
    total = 0.0
    for n in range(len(sure)):
        wanted: dict[tuple[int, int, int], float] = {}
        for box, kind in zip(true[n].tolist(), kinds[n].tolist()):
            if not kind:
                continue
            column, row = int(box[0] * columns), int(box[1] * rows)
            shares = [share(each, box) for each in boxes[n, row, column].tolist()]
            best = max(range(len(shares)), key=lambda at: shares[at])
            told = boxes[n, row, column, best].tolist()
            apart = (columns * (told[0] - box[0])) ** 2 + (rows * (told[1] - box[1])) ** 2
            apart += sum((math.sqrt(told[k]) - math.sqrt(box[k])) ** 2 for k in (2, 3))
            powers = [math.exp(each) for each in scores[n, row, column].tolist()]
            total += place * apart - math.log(powers[kind - 1] / sum(powers))
            wanted[row, column, best] = max(shares[best], wanted.get((row, column, best), 0.0))
        for cell in np.ndindex(*sure.shape[1:]):
            here = float(sure[n][cell])
            total += (here - wanted[cell]) ** 2 if cell in wanted else empty * here**2
    return total / len(sure)


@pytest.mark.parametrize(("place", "empty"), [(5.0, 0.5), (1.0, 2.0), (0.0, 0.0)])
def test_the_loss_is_the_sum_over_cells(place: float, empty: float) -> None:
    """Fails if an empty place of the truth counts, an object belongs to another cell or box, or a weight to another
    part; two objects in one cell and one at the very edge are among them."""
    given = crowd(3)
    generator = torch.Generator().manual_seed(8)
    true = torch.cat(
        [torch.rand(5, 4, 2, generator=generator) * 0.99, torch.rand(5, 4, 2, generator=generator) / 2 + 0.05], -1
    )
    kinds = torch.randint(0, 4, (5, 4), generator=generator)
    true[0, 1] = true[0, 0]
    kinds[0, :2] = torch.tensor([1, 2])
    true[kinds == 0] = 0
    kinds[1], true[1] = 0, 0  # a picture without anything
    loss = DetectionLoss(place, empty)(*given, true, kinds)
    assert float(loss) == pytest.approx(by_hand(given, true, kinds, place, empty), rel=1e-5)


def test_the_loss_falls_towards_a_right_answer() -> None:
    """Fails if a gradient points the wrong way, or is no number where a picture has nothing."""
    maps = torch.zeros(3, 13, 3, 4, requires_grad=True)
    true = torch.tensor([[[0.3, 0.6, 0.2, 0.4]], [[0.9, 0.1, 0.1, 0.1]], [[0.0, 0.0, 0.0, 0.0]]])
    kinds = torch.tensor([[1], [3], [0]])
    optimizer, loss = torch.optim.Adam([maps], 0.1), DetectionLoss(5.0, 0.5)
    for _ in range(200):
        optimizer.zero_grad()
        value = loss(*BoxGrid(2)(maps), true, kinds)
        value.backward()
        optimizer.step()
    found = NonMaximumSuppression(0.5, 0.45, 4)(*BoxGrid(2)(maps))
    assert found[0, 0, :4].tolist() == pytest.approx([0.3, 0.6, 0.2, 0.4], abs=0.02)
    assert found[:, :, 5].tolist() == [[1, 0, 0, 0], [3, 0, 0, 0], [0, 0, 0, 0]]


def test_what_does_not_belong_together_is_told() -> None:
    """Fails if a grid with too few channels, pieces of two grids, or other classes than those of the data pass, or the
    number that would fit is another one."""
    grid, suppression, loss = find("BoxGrid"), find("NonMaximumSuppression"), find("DetectionLoss")
    assert grid is not None
    assert suppression is not None
    assert loss is not None
    with pytest.raises(ShapeError, match="10 channels and one more"):
        grid.build({"x": [Shape((10, 6, 6))]}, grid.settings({}))
    parts = {"boxes": [Shape((6, 6, 2, 4))], "sure": [Shape((6, 6, 2))], "scores": [Shape((6, 6, 9))]}
    with pytest.raises(ShapeError, match="the same grid"):
        suppression.build({**parts, "sure": [Shape((5, 6, 2))]}, suppression.settings({}))
    with pytest.raises(ShapeError, match="output boxes of Boxes of a grid"):
        suppression.build({**parts, "boxes": [Shape((6, 6))]}, suppression.settings({}))
    truth = {"true_boxes": [Shape((4, 4))], "true_kinds": [Shape((4,), "int", 11)]}
    with pytest.raises(ShapeError, match=r"10 classes and one for nothing.* 20 channels"):
        loss.build({**parts, **truth}, loss.settings({}))
    with pytest.raises(ShapeError, match="4 true boxes"):
        loss.build({**parts, **truth, "true_kinds": [Shape((3,), "int", 10)]}, loss.settings({}))
