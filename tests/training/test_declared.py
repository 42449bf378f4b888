"""Every declared optimizer, schedule, stop rule and metric: saved and restored, printed, executed, compared with plain
torch, and continued after a break. A new one is tested by being there."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from app.core.graph.recipe import Recipe, rate_curve
from app.core.storage.files import open_project, save_project
from app.training import batches
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.events import BatchDone, EpochDone, Finished
from app.training.loop import train
from app.training.trainer import Trainer
from nodes.api import Choice, Float, Int, Param, Switch, declared
from nodes.api.training import Declared
from tests.support.optimizers import optimizer_for
from tests.training.nets import FAST, compiled, digits_net, linear_net, moody_net, only, same_weights

KINDS = {
    "optimizer": declared.optimizers(),
    "schedule": declared.schedules(),
    "stopping": declared.stop_rules(),
}
ALL = [(kind, id) for kind, things in KINDS.items() for id in things] + [("metrics", id) for id in declared.metrics()]
TINY = digits_net(("flatten", "Flatten"), ("drop1", "Dropout", {"p": 0.5}), ("fc1", "Linear", {"out_features": 10}))
SHORT = replace(FAST, epochs=4, lr=0.01)


def thing(kind: str, id: str) -> Declared:
    return declared.metrics()[id] if kind == "metrics" else KINDS[kind][id]


def other_value(param: Param) -> Any:
    """A value that is not the usual one."""
    match param:
        case Switch():
            return not param.default
        case Choice():
            return next(option for option in param.options if option != param.default)
        case Int():
            return param.default + 1
        case Float():
            return 0.5 * (param.default + min(param.high, param.default + 1.0))
    raise TypeError(f"{param} has no other value here")


def chosen(kind: str, id: str, base: Recipe = SHORT) -> Recipe:
    return base.with_setting(kind, (id,) if kind == "metrics" else id)


def changed(kind: str, id: str, base: Recipe = SHORT) -> Recipe:
    """The recipe with it, all of whose settings are not as usual."""
    recipe = chosen(kind, id, base)
    for param in thing(kind, id).params:
        recipe = recipe.with_setting(f"{id}.{param.name}", other_value(param))
    return recipe


@pytest.mark.parametrize(("kind", "id"), ALL)
def test_settings_are_saved_and_restored(kind: str, id: str, tmp_path: Path) -> None:
    """Fails if a choice or one of its settings is lost in the file of a drawing, or cannot be read back there."""
    recipe = changed(kind, id)
    assert len(recipe.own) == len(thing(kind, id).params)
    save_project(replace(linear_net(), recipe=recipe), tmp_path / "a.netloom")
    opened = open_project(tmp_path / "a.netloom")
    assert not opened.complaints
    assert opened.project.recipe == recipe
    assert Recipe().changed(recipe.as_dict()) == recipe


@pytest.mark.parametrize(("kind", "id"), ALL)
@pytest.mark.parametrize("settings", [chosen, changed], ids=["usual", "other"])
def test_it_trains_a_drawing(kind: str, id: str, settings: Any) -> None:
    """Fails if a printed call is refused by torch, with the usual settings or with others."""
    net = compiled(moody_net())
    recipe = replace(settings(kind, id), epochs=2)
    model = net.model(0)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    events = list(train(net, recipe, model=model))
    assert isinstance(events[-1], Finished), events[-1]
    assert not torch.equal(model.state_dict()["fc1.weight"], before["fc1.weight"])
    if kind == "metrics" and declared.metrics()[id].reads == "classes":
        assert f"val_{id}" in only(events, EpochDone)[-1].metrics


# The same without a line of ours: what torch calls them and which arguments these settings mean.
PLAIN: Mapping[str, Any] = {
    "SGD": lambda p, s: torch.optim.SGD(
        p, 0.01, momentum=s["momentum"], nesterov=s["nesterov"] and s["momentum"] > 0, weight_decay=s["weight_decay"]
    ),
}


class MuonAndAdamW:
    """Two optimizers side by side, each for its own weights."""

    def __init__(self, weights: list[nn.Parameter], s: Mapping[str, Any]) -> None:
        matrices, others = [w for w in weights if w.ndim == 2], [w for w in weights if w.ndim != 2]
        self.both = (
            torch.optim.Muon(matrices, 0.01, **s, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(others, 0.01, weight_decay=s["weight_decay"]),
        )

    def step(self) -> None:
        for each in self.both:
            each.step()


def torchs(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by torch's names: a setting is called as there, but for the two betas, which are one pair."""
    rest = {name: value for name, value in settings.items() if name not in ("beta1", "beta2")}
    return rest if len(rest) == len(settings) else {**rest, "betas": (settings["beta1"], settings["beta2"])}


@pytest.mark.parametrize("id", declared.optimizers())
@pytest.mark.parametrize("settings", [chosen, changed], ids=["usual", "other"])
def test_an_optimizer_is_that_of_torch(id: str, settings: Any) -> None:
    """Fails if a setting does not reach torch, or reaches another argument; and if what it is said to keep for each
    weight, by which memory is estimated, is not what it keeps."""
    recipe = settings("optimizer", id)
    found = recipe.settings_of(declared.optimizers()[id])
    ours, plain = (
        [
            nn.Parameter(torch.linspace(-1, 1, 12).reshape(3, 4)),
            nn.Parameter(torch.linspace(-1, 1, 5)),
            nn.Parameter(torch.linspace(-1, 1, 16).reshape(2, 2, 2, 2)),
        ]
        for _ in range(2)
    )
    made = optimizer_for(recipe, ours)
    by_hand: Any
    if id == "Muon":
        by_hand = MuonAndAdamW(plain, found)
    else:
        assert type(made) is getattr(torch.optim, id)
        by_hand = PLAIN[id](plain, found) if id in PLAIN else type(made)(plain, **{"lr": 0.01, **torchs(found)})
    for step in range(4):
        for weights, optimizer in ((ours, made), (plain, by_hand)):
            for weight in weights:
                weight.grad = None
                (weight * torch.sin(torch.arange(weight.numel()) + step).view_as(weight)).square().sum().backward()
            optimizer.step()
    for one, other in zip(ours, plain, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-6)
    kept = [[v for v in made.state[w].values() if isinstance(v, torch.Tensor) and v.shape == w.shape] for w in ours]
    assert max(map(len, kept)) == declared.optimizers()[id].keeps(found)


def rates_by_hand(recipe: Recipe, batches_: int, losses: list[float]) -> list[float]:
    """The learning rate at the end of each epoch, by formulas."""
    count, lr, s = recipe.epochs, recipe.lr, recipe.settings_of(recipe.schedule_declared)
    if recipe.schedule == "constant":
        return [lr] * count
    if recipe.schedule == "step":
        return [lr * s["gamma"] ** (epoch // s["step_size"]) for epoch in range(count)]
    if recipe.schedule == "cosine":
        return [lr * (1 + torch.cos(torch.tensor(torch.pi * epoch / count)).item()) / 2 for epoch in range(count)]
    if recipe.schedule == "exponential":
        return [lr * s["gamma"] ** epoch for epoch in range(count)]
    if recipe.schedule == "cyclic":
        half, least = s["step_size_up"] * batches_, lr / s["div_factor"]
        told = []
        for step in range(batches_, (count + 1) * batches_, batches_):
            away = abs(step % (2 * half) - half) / half  # from the top of a cycle
            told.append(least + (lr - least) * (1 - away) * (0.5 ** (step // (2 * half)) if s["shrinking"] else 1))
        return told
    if recipe.schedule == "one-cycle":
        weight = nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.SGD([weight], lr)
        cycle = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, lr, epochs=count, steps_per_epoch=batches_, cycle_momentum=False, **s
        )
        told = []
        for step in range(count * batches_):
            optimizer.step()
            cycle.step()
            if (step + 1) % batches_ == 0:
                told.append(cycle.get_last_lr()[0])
        return told
    told, best, bad = [], float("inf"), 0
    for loss in losses:
        told.append(lr)
        best, bad = (loss, 0) if loss < best - 1e-4 else (best, bad + 1)
        if bad > s["patience"]:
            lr, bad = lr * s["factor"], 0
    return told


@pytest.mark.parametrize("id", declared.schedules())
def test_a_schedule_is_as_by_hand(id: str) -> None:
    """Fails if a schedule takes a step too many or too few, after the wrong thing, or looks at another loss."""
    recipe = replace(chosen("schedule", id), epochs=8, lr=0.5)
    short = {
        "step": {"step_size": 2},
        "reduce-on-plateau": {"patience": 0},
        "cyclic": {"step_size_up": 3, "shrinking": True},
    }
    recipe = recipe.changed({f"{id}.{name}": value for name, value in short.get(id, {}).items()})
    events = list(train(compiled(TINY), recipe))
    done = only(events, EpochDone)
    by_hand = rates_by_hand(recipe, only(events, BatchDone)[0].batches, [each.metrics["val_loss"] for each in done])
    told = [each.lr for each in done]
    assert told == pytest.approx(by_hand, rel=1e-4, abs=1e-7)
    assert len(set(told)) > 1 or id == "constant"


def stopped(net: Any, recipe: Recipe, folder: Path, after: int) -> None:
    """A run that is stopped after so many batches."""
    control = Control()
    seen = 0
    for event in train(net, recipe, out=folder, control=control):
        seen += isinstance(event, BatchDone)
        if seen == after:
            control.stop()


# Every optimizer, and every schedule, with several partners.
PAIRS = {*itertools.product(declared.optimizers(), ["cosine", "reduce-on-plateau"])}
PAIRS |= {*itertools.product(["Adam", "SGD", "Muon"], declared.schedules())}


@pytest.mark.parametrize(("optimizer", "schedule"), sorted(PAIRS))
@pytest.mark.parametrize("after", [3, 12], ids=["in an epoch", "between two"])
def test_a_continued_run_is_equal_to_the_bit(optimizer: str, schedule: str, after: int, tmp_path: Path) -> None:
    """Fails if a moment of an optimizer, the place of a schedule or the best weights so far are lost at a stop."""
    net = compiled(TINY)
    recipe = replace(SHORT, optimizer=optimizer, schedule=schedule, stopping="no-better", clip_norm=1.0, epochs=5)
    whole, continued = net.model(0), net.model(0)
    unbroken = list(train(net, recipe, model=whole))
    assert isinstance(unbroken[-1], Finished)
    stopped(net, recipe, tmp_path, after)
    torch.manual_seed(99)
    later = list(train(net, recipe, resume=tmp_path, model=continued))
    assert isinstance(later[-1], Finished), later[-1]
    assert same_weights(whole, continued)
    told = {done.epoch: (dict(done.metrics), done.lr) for done in only(unbroken, EpochDone)}
    assert all(told[done.epoch] == (dict(done.metrics), done.lr) for done in only(later, EpochDone))


@pytest.mark.parametrize("id", declared.schedules())
@pytest.mark.parametrize("warmup", [0, 3])
def test_the_rate_is_drawn_as_it_becomes(id: str, warmup: int) -> None:
    """Fails if the curve that is shown before a training is not that of the training: the declared curve, the warm-up,
    or where the one goes over into the other."""
    recipe = replace(chosen("schedule", id), epochs=12, lr=0.5, warmup=warmup, batch_size=64)
    curve = rate_curve(recipe, 24)
    if curve is None:
        assert declared.schedules()[id].watches
        return
    rates = trainer_rates(recipe, 50)
    assert [epoch for epoch, _ in curve] == [place / 2 for place in range(25)]
    near = 0.5 * 0.04  # two batches of fifty, of the way of an epoch
    assert [rate for _, rate in curve] == pytest.approx([*rates[::25], rates[-1]], abs=near)


def trainer_of(recipe: Recipe, batches_: int) -> Trainer:
    net = compiled(TINY).with_recipe(recipe)
    losses = net.losses()
    assert losses is not None
    return Trainer(net, net.model(0), losses, batches_)


def trainer_rates(recipe: Recipe, batches_: int) -> list[float]:
    """The learning rate of every step; nothing is ever better for a schedule that watches."""
    trainer, found = trainer_of(recipe, batches_), list[float]()
    for step in range(recipe.epochs * batches_):
        found.append(trainer.lr)
        trainer.optimizers["loss"].step()
        trainer.skip(0, 1)
        if step % batches_ == batches_ - 1:
            trainer.after_epoch({"val_loss": 1.0})
    return found


@pytest.mark.parametrize("id", declared.schedules())
def test_a_schedule_begins_behind_the_warm_up(id: str) -> None:
    """Fails if the rate does not rise evenly to where the schedule begins, or if the schedule is not from there on what
    it is in a training that has so many epochs less."""
    recipe = replace(chosen("schedule", id), epochs=7, lr=0.5, warmup=2)
    if id == "reduce-on-plateau":
        recipe = recipe.with_settings(patience=0)
    rates = trainer_rates(recipe, 4)
    alone = trainer_rates(replace(recipe, warmup=0, epochs=5), 4)
    assert rates[:8] == pytest.approx([alone[0] * (step + 1) / 8 for step in range(8)])
    assert rates[8:] == alone


@pytest.mark.parametrize("schedule", declared.schedules())
@pytest.mark.parametrize("after", [3, 8, 17], ids=["in the warm-up", "at its end", "behind it"])
def test_a_run_with_warm_up_is_continued_to_the_bit(schedule: str, after: int, tmp_path: Path) -> None:
    """Fails if the place in the warm-up, or of the schedule behind it, is lost at a stop."""
    net = compiled(TINY)
    recipe = replace(SHORT, schedule=schedule, warmup=2, epochs=5, batch_size=400)
    whole, continued = net.model(0), net.model(0)
    unbroken = only(train(net, recipe, model=whole), EpochDone)
    stopped(net, recipe, tmp_path, after)
    later = list(train(net, recipe, resume=tmp_path, model=continued))
    assert isinstance(later[-1], Finished), later[-1]
    assert same_weights(whole, continued)
    told = {done.epoch: done.lr for done in unbroken}
    assert all(told[done.epoch] == done.lr for done in only(later, EpochDone))


def test_a_warm_up_that_is_taken_away_is_gone(tmp_path: Path) -> None:
    """Fails if a run that goes on with another warm-up keeps the small rate of the old one."""
    net = compiled(TINY)
    recipe = replace(SHORT, schedule="cosine", warmup=3, epochs=5)
    stopped(net, recipe, tmp_path, 8)
    now = replace(recipe, warmup=0)
    done = only(train(net, now, resume=tmp_path), EpochDone)
    whole = only(train(net, now), EpochDone)
    assert [each.lr for each in done] == pytest.approx([each.lr for each in whole[-len(done) :]], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("schedule", ["cosine", "one-cycle"])
def test_more_epochs_make_a_schedule_longer(schedule: str, tmp_path: Path) -> None:
    """Fails if a run that goes on after its last epoch trains with no learning rate, or with a schedule that begins
    anew."""
    net = compiled(TINY)
    recipe = replace(SHORT, schedule=schedule, epochs=3)
    assert isinstance(list(train(net, recipe, out=tmp_path))[-1], Finished)
    longer = replace(recipe, epochs=8)
    done = only(train(net, longer, resume=tmp_path), EpochDone)
    whole = only(train(net, longer), EpochDone)
    assert [each.epoch for each in done] == [4, 5, 6, 7, 8]
    assert [each.lr for each in done] == pytest.approx([each.lr for each in whole[3:]], rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("schedule", declared.schedules())
@pytest.mark.parametrize("warmup", [0, 4])
def test_another_learning_rate_keeps_the_schedule(schedule: str, warmup: int) -> None:
    """Fails if a schedule overwrites what a student has set, or is forgotten from then on."""
    net, recipe = compiled(TINY), replace(SHORT, schedule=schedule, epochs=6, warmup=warmup)
    plain = [done.lr for done in only(train(net, recipe), EpochDone)]
    control, told = Control(), []
    for event in train(net, recipe, control=control):
        if isinstance(event, EpochDone):
            told.append(event.lr)
            if event.epoch == 2:
                control.set_lr(3 * recipe.lr)
    assert told[:2] == plain[:2]
    assert told[2:] == pytest.approx([3 * lr for lr in plain[2:]], rel=1e-6)


@pytest.mark.parametrize("watch", ["loss", "metric"])
def test_early_stopping_keeps_the_best(watch: str, tmp_path: Path) -> None:
    """Fails if it stops too early or too late, looks at another number, or leaves the weights of the last epoch."""
    net = compiled(linear_net())
    recipe = replace(FAST, lr=2.0, epochs=40, stopping="no-better").with_settings(patience=2, watch=watch)
    model = net.model(0)
    events = list(train(net, recipe, out=tmp_path, model=model))
    done, end = only(events, EpochDone), events[-1]
    assert isinstance(end, Finished)
    values = [-each.metrics["val_accuracy"] if watch == "metric" else each.metrics["val_loss"] for each in done]
    best = min(range(len(values)), key=lambda place: values[place])
    assert len(done) == best + 3 < 40
    assert end.reason == "no-better"
    assert end.metrics["epoch"] == best + 1
    fields = batches.load(net.plan)
    _, validation, _ = batches.divide(net.plan, fields, recipe.validation, recipe.seed)
    with torch.no_grad():
        right = model(fields["digits.image"][validation]).argmax(-1) == fields["digits.label"][validation]
    assert right.float().mean().item() == pytest.approx(done[best].metrics["val_accuracy"])
    assert same_weights(load_run(tmp_path).model, model)
    # It stays stopped, and goes on from the last epoch, not from the best, when it is told to wait longer.
    assert [type(each).__name__ for each in train(net, recipe, resume=tmp_path)] == ["Started", "Finished"]
    longer = recipe.with_settings(patience=4)
    whole, continued = net.model(0), net.model(0)
    assert isinstance(list(train(net, longer, model=whole))[-1], Finished)
    assert isinstance(list(train(net, longer, resume=tmp_path, model=continued))[-1], Finished)
    assert same_weights(whole, continued)


@pytest.mark.parametrize(("watch", "goal"), [("metric", 0.85), ("loss", 0.9)])
def test_a_goal_ends_the_training(watch: str, goal: float, tmp_path: Path) -> None:
    """Fails if it ends an epoch too early or too late, takes the loss for something that should rise, or goes on after
    a stop."""
    net = compiled(linear_net())
    recipe = replace(FAST, epochs=40).with_settings(stopping="reached", goal=goal, watch=watch)
    events = list(train(net, recipe, out=tmp_path))
    done, end = only(events, EpochDone), events[-1]
    values = [each.metrics["val_accuracy" if watch == "metric" else "val_loss"] for each in done]
    fine = [value >= goal if watch == "metric" else value <= goal for value in values]
    assert fine == [False] * (len(done) - 1) + [True]
    assert isinstance(end, Finished)
    assert (end.reason, end.epoch) == ("reached", len(done))
    assert [type(each).__name__ for each in train(net, recipe, resume=tmp_path)] == ["Started", "Finished"]
    further = recipe.with_settings(goal=0.9 if watch == "metric" else 0.6)
    whole, continued = net.model(0), net.model(0)
    list(train(net, further, model=whole))
    list(train(net, further, resume=tmp_path, model=continued))
    assert same_weights(whole, continued)


def test_a_time_limit_ends_the_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the time is not counted over a stop, or the time in between is."""
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    net = compiled(linear_net())
    recipe = replace(FAST, epochs=40).with_settings(stopping="time-limit", minutes=5.0)

    def train_for(minutes: float, most: int, **how: Any) -> list[Any]:
        """Each epoch takes so long."""
        told = []
        for event in train(net, recipe, **how):
            told.append(event)
            if isinstance(event, BatchDone) and event.batch == event.batches:
                clock[0] += 60 * minutes
            if isinstance(event, EpochDone) and event.epoch == most:
                how["control"].stop()
        return told

    train_for(1.0, 2, out=tmp_path, control=Control())
    clock[0] = 5.0  # another start of the machine
    later = train_for(1.0, 99, resume=tmp_path, control=Control())
    assert isinstance(later[-1], Finished)
    assert later[-1].reason == "time-limit"
    assert [each.epoch for each in only(later, EpochDone)] == [3, 4, 5]


def test_gradients_are_clipped() -> None:
    """Fails if the norm of all gradients together is not held."""
    net = compiled(linear_net())
    recipe = replace(FAST, lr=1.0, epochs=1, clip_norm=0.01).with_settings(momentum=0.0)
    model, seen = net.model(0), list[float]()
    before = torch.cat([p.detach().flatten() for p in model.parameters()])
    for event in train(net, recipe, model=model):
        if isinstance(event, BatchDone):
            now = torch.cat([p.detach().flatten() for p in model.parameters()])
            seen.append((now - before).norm().item())
            before = now
    assert all(size == pytest.approx(0.01, rel=1e-3) for size in seen)
