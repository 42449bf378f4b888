"""Settings that are changed while a training is on: each counts from the batch on that is told, stands in the run, and
is part of what is continued."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.core.graph.recipe import Recipe
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.events import BatchDone, Changed, Diagnosed, EpochDone, Finished
from app.training.folder import CHANGES, read_changes
from app.training.loop import train
from nodes.api import declared
from tests.training.nets import FAST, compiled, moody_net, only, same_weights

SHORT = replace(FAST, epochs=4, batch_size=128)  # twelve batches in an epoch
CHANGED: Mapping[str, Mapping[str, float]] = {
    "rate": {"lr": 0.01},
    "decay": {"weight_decay": 0.1},
    "momentum": {"momentum": 0.2},
    "batches": {"batch_size": 200},
    "parts": {"accumulate": 2},
    "clipping": {"clip_norm": 0.1},
    "dropping": {"drop1.p": 0.1},
    "several": {"lr": 0.02, "weight_decay": 0.01, "drop1.p": 0.9, "batch_size": 64},
}


def changing(
    recipe: Recipe, changes: Mapping[str, float], after: int, stop: int = 0, **how: Any
) -> tuple[nn.Module, list[Any]]:
    """A training in which settings change behind so many batches, and which stops behind so many."""
    net = compiled(moody_net())
    model, control, told, seen = net.model(0), Control(), [], 0
    for event in train(net, recipe, model=model, control=control, **how):
        told.append(event)
        if isinstance(event, BatchDone):
            seen += 1
            if seen == after:
                for name, value in changes.items():
                    control.change(name, value)
            if seen == stop:
                control.stop()
    return model, told


@pytest.mark.parametrize("case", CHANGED)
@pytest.mark.parametrize("stop", [17, 26], ids=["at once", "an epoch later"])
def test_what_was_changed_is_continued_to_the_bit(case: str, stop: int, tmp_path: Path) -> None:
    """Fails if a run forgets at a stop what was changed before, or that a change still waits for the next epoch."""
    changes = CHANGED[case]
    whole, unbroken = changing(SHORT, changes, 16)
    assert isinstance(unbroken[-1], Finished)
    changing(SHORT, changes, 16, stop, out=tmp_path)
    waits = (stop < 25 and "batch_size" in changes) or (stop < 25 and "accumulate" in changes)
    kept = load_run(tmp_path).net
    continued, later = kept.model(0), []
    control = Control()
    if waits:  # what waited for the end of the epoch is asked for again
        for name in ("batch_size", "accumulate"):
            if name in changes:
                control.change(name, changes[name])
    torch.manual_seed(99)
    later = list(train(kept, kept.plan.recipe, resume=tmp_path, model=continued, control=control))
    assert isinstance(later[-1], Finished), later[-1]
    assert same_weights(whole, continued)
    told = {done.epoch: dict(done.metrics) for done in only(unbroken, EpochDone)}
    assert all(told[done.epoch] == dict(done.metrics) for done in only(later, EpochDone))


@pytest.mark.parametrize("case", CHANGED)
def test_each_change_is_told_and_kept(case: str, tmp_path: Path) -> None:
    """Fails if a change has no mark, stands at another batch than it counts from, or is missing in the run's folder."""
    _, events = changing(SHORT, CHANGED[case], 16, out=tmp_path)
    told = only(events, Changed)
    full = {"weight_decay": "SGD.weight_decay", "momentum": "SGD.momentum"}
    assert {each.setting for each in told} == {full.get(name, name) for name in CHANGED[case]}
    for each in told:
        between = each.setting in ("batch_size", "accumulate")
        assert (each.epoch, each.batch) == ((3, 1) if between else (2, 5))
        following = next(e for e in events[events.index(each) :] if isinstance(e, BatchDone))
        assert (following.epoch, following.batch) == (each.epoch, each.batch)
        assert each.before != each.value
    assert read_changes(tmp_path) == tuple(told)
    list(train(compiled(moody_net()), SHORT, out=tmp_path))
    assert not (tmp_path / CHANGES).exists()


@pytest.mark.parametrize("id", declared.optimizers())
@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_a_changed_decay_is_that_of_a_run_continued_with_it(id: str, schedule: str, tmp_path: Path) -> None:
    """Fails if another weight decay does not reach the optimizer, or moments or the schedule are lost with it."""
    recipe = replace(SHORT, optimizer=id, schedule=schedule, lr=0.01, warmup=1)
    live, _ = changing(recipe, {"weight_decay": 0.2}, 16)
    net = compiled(moody_net())
    changing(recipe, {}, 0, 16, out=tmp_path)
    model = net.model(0)
    list(train(net, recipe.with_settings(weight_decay=0.2), resume=tmp_path, model=model))
    assert same_weights(live, model)
    without, _ = changing(recipe, {}, 0)
    assert not same_weights(live, without)


def test_a_changed_drop_rate_drops_so_many() -> None:
    """Fails if the layer goes on to drop as before."""
    model, _ = changing(SHORT, {"drop1.p": 0.25}, 5)
    assert model.get_submodule("drop1").p == 0.25


def test_other_batches_begin_with_the_next_epoch() -> None:
    """Fails if samples are seen twice or not at all in the epoch of the change, or a warm-up begins anew."""
    _, events = changing(replace(SHORT, schedule="cosine"), {"batch_size": 300}, 14)
    seen: dict[int, list[int]] = {}
    for each in only(events, BatchDone):
        seen.setdefault(each.epoch, []).append(each.samples)
    assert all(sum(counts) == sum(seen[1]) for counts in seen.values())
    assert [max(counts) for counts in seen.values()] == [128, 128, 300, 300]
    plain = only(train(compiled(moody_net()), replace(SHORT, schedule="cosine")), EpochDone)
    assert [each.lr for each in only(events, EpochDone)] == pytest.approx([each.lr for each in plain], abs=1e-9)


@pytest.mark.parametrize(
    ("name", "value"),
    [("seed", 3), ("validation", 0.5), ("fc1.p", 0.5), ("nothing", 1), ("weight_decay", -1.0), ("Adam.beta1", 0.5)],
)
def test_what_cannot_change_is_said(name: str, value: float) -> None:
    """Fails if a wish that cannot be met ends the training, or is forgotten in silence."""
    model, events = changing(SHORT, {name: value}, 3)
    (finding,) = [each for each in only(events, Diagnosed) if each.code == "change"]
    assert finding.sentence
    assert isinstance(events[-1], Finished)
    assert same_weights(model, changing(SHORT, {}, 0)[0])
