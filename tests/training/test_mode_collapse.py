"""A generator that makes the same of all noise is named, a healthy one is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
import torch
from torch import Tensor

from app.core.compile.net import compile_net
from app.core.storage.templates import load
from app.training.events import EpochDone
from app.training.mode_collapse import BEGUN, EPOCHS, ModeCollapseWatch, spread_ratio
from tests.support.gan import gan


def course(ratios: Sequence[float], epochs: int, batches: int = 100) -> list[int]:
    """The epochs after which something is said, of a pair in the plane whose samples are spread so next to the data."""
    net = compile_net(load("gan_points"))
    recipe = net.plan.recipe.changed({"epochs": epochs})
    spread = ModeCollapseWatch(net.plan, recipe, batches)
    torch.manual_seed(0)
    points = torch.randn(64, 2)
    said = []
    for epoch, ratio in enumerate(ratios, start=1):

        def look(nodes: Sequence[str], ratio: float = ratio) -> tuple[Mapping[str, Tensor], Mapping[str, Tensor]]:
            assert list(nodes) == ["generator"]
            return {"generator": 3.0 + ratio * points}, {"points.point": points}

        found = spread.after_epoch(EpochDone(epoch, epochs, {"train_loss": 1.0}, 1.0, 1.0, 0.001), look)
        if found is not None:
            assert (found.code, found.node) == ("mode_collapse", "generator")
            said.append(epoch)
    return said


def test_only_what_stays_narrow_is_named_and_once() -> None:
    """Fails if one narrow epoch is enough, a pair that has just begun is named, or the same is told again."""
    assert course([0.05] * 20, 20) == [max(EPOCHS, 20 // BEGUN)]
    assert course([0.05] * 20, 50) == [50 // BEGUN]
    assert course([0.05, 0.05, 0.05, 0.05, 0.9] * 4, 20) == []
    assert course([0.9] * 10 + [0.1] * 5, 20) == [15]
    assert course([0.05] * 10, 10, batches=20) == [], "200 steps are too few to tell"
    assert course([0.5] * 20, 20) == []


def test_the_spread_is_that_of_numpy() -> None:
    """Fails if a shift of all samples counts as spread, or a picture's dots count one by one."""
    torch.manual_seed(0)
    made, real = torch.rand(30, 1, 4, 4), 2 * torch.rand(50, 1, 4, 4) + 7
    own, wanted = (each.flatten(1).numpy().astype("float64") for each in (made, real))
    expected = (own.var(0, ddof=1).sum() / wanted.var(0, ddof=1).sum()) ** 0.5
    assert spread_ratio(made, real) == pytest.approx(expected)
    assert spread_ratio(made, torch.ones(50, 16)) is None
    assert spread_ratio(torch.full((30, 16), torch.nan), real) is None
    assert spread_ratio(None, real) is None


def test_a_net_without_a_source_of_noise_is_left_alone() -> None:
    """Fails if a pair whose noise is no source, or a net with one loss, ends the training with an error."""
    for project in (gan(), load("mlp_digits")):
        net = compile_net(project)
        spread = ModeCollapseWatch(net.plan, net.plan.recipe, 10)
        done = EpochDone(1, 1, {"train_loss": 1.0}, 1.0, 1.0, 0.001)
        assert spread.after_epoch(done, lambda nodes: pytest.fail("nothing is to be looked at")) is None
