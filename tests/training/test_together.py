"""Trainings that take their steps as one: each comes to what it comes to by itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage.templates import load
from app.core.variants.drawings import with_values
from app.training.checkpoints import load_run, weights_at
from app.training.control import Control
from app.training.events import BatchDone, Cancelled, EpochDone, Event, Failed, Finished
from app.training.folder import read_metrics
from app.training.loop import Standing, train
from app.training.position import TrainingPosition
from app.training.snapshots import kept_epochs, kept_points
from app.training.together.dropping import RandomStreams
from app.training.together.fitness import key_of, why_alone
from app.training.together.group import Group
from app.training.together.standing import standing
from app.training.together.step import ShapedStep
from app.training.together.tracing import traced
from tests.training.nets import autoencoder, digits_net, linear_net, moody_net, two_heads

QUICK = {"epochs": 2, "batch_size": 200, "device": "cpu"}
Made = tuple[Standing, Tensor]


def dropping() -> Project:
    """Two dropouts, and batch norm, whose averages a step changes. No bias before it: its gradient is rounding alone,
    which Adam makes a step of."""
    return digits_net(
        ("flatten", "Flatten"),
        ("drop1", "Dropout", {"p": 0.1}),
        ("fc1", "Linear", {"out_features": 20, "bias": False}),
        ("bn1", "BatchNorm1d"),
        ("relu1", "ReLU"),
        ("drop2", "Dropout", {"p": 0.4}),
        ("fc2", "Linear", {"out_features": 10}),
    )


def recurrent() -> Project:
    """The rows of a digit as a sequence."""
    return digits_net(
        ("rows", "Reshape", {"shape": (8, 8)}),
        ("lstm", "LSTM", {"hidden_size": 4}),
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 10}),
    )


def stood(project: Project, settings: dict[str, Any], double: bool, out: Path | None = None) -> Made:
    """A training at its beginning, with torch's random state of it."""
    values = {**QUICK, **settings}
    project = with_values(project, values)
    run = standing(compile_net(project), project.recipe, out, Control())
    if double:
        run.model.double()
        run.trainer.losses.double()
        fields = run.samples._fields
        run.samples._fields = {n: v.double() if v.is_floating_point() else v for n, v in fields.items()}
    return run, torch.get_rng_state()


def compare(project: Project, settings: Sequence[dict[str, Any]], double: bool) -> tuple[float, float]:
    """How far weights and numbers of epochs are from those of the same trainings one after the other."""
    joint = [stood(project, each, double) for each in settings]
    assert len({repr(key_of(run)) for run, _ in joint}) == 1
    events = list(Group([run for run, _ in joint], [state for _, state in joint], Control()).events())
    apart = number = 0.0
    for place, each in enumerate(settings):
        run, state = stood(project, each, double)
        torch.set_rng_state(state)
        own = [e for e in run.events() if isinstance(e, EpochDone | Finished)]
        told = [e for who, e in events if who == place and isinstance(e, EpochDone | Finished)]
        assert [type(e) for e in told] == [type(e) for e in own]
        assert [e.epoch for e in told] == [e.epoch for e in own]
        for mine, theirs in zip(told, own):
            if isinstance(mine, EpochDone) and isinstance(theirs, EpochDone):
                assert mine.metrics.keys() == theirs.metrics.keys()
                assert mine.lr == theirs.lr
                number = max(number, *(abs(mine.metrics[name] - theirs.metrics[name]) for name in mine.metrics))
        for name, value in run.model.state_dict().items():
            other = joint[place][0].model.state_dict()[name]
            apart = max(apart, float((value.double() - other.double()).abs().max()))
        start = compile_net(project).model(run.recipe.seed).state_dict()
        assert any(not torch.equal(start[n].double(), v.double()) for n, v in run.model.state_dict().items())
    return apart, number


RATES = [{"lr": 0.003, "seed": 0}, {"lr": 0.02, "seed": 0}, {"lr": 0.003, "seed": 5}]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "SGD", "momentum": 0.9, "nesterov": True, "clip_norm": 0.3, "l1": 0.001},
        {"optimizer": "AdamW", "weight_decay": 0.1, "schedule": "one-cycle"},
        {"optimizer": "NAdam", "clip_value": 0.01, "average": 0.9},
        {"optimizer": "RMSprop", "schedule": "reduce-on-plateau", "patience": 0, "warmup": 1, "epochs": 3},
        {"optimizer": "Adagrad", "schedule": "cosine"},
        {"optimizer": "Adadelta", "schedule": "cyclic"},
        {"stopping": "no-better", "metrics": "accuracy,f1", "validation": 0.3},
    ],
    ids=lambda settings: "-".join(map(str, settings.values())) or "plain",
)
def test_in_double_precision_all_is_the_same(settings: dict[str, Any]) -> None:
    """Dropout by its own random numbers, batch norm, clipping by member, schedules and stop rules. Fails if one of them
    is shared between trainings, drawn in another order, or left out."""
    apart, number = compare(dropping(), [{**settings, **each} for each in RATES], double=True)
    assert apart < 1e-10
    assert number < 1e-10


@pytest.mark.parametrize("project", [linear_net(), autoencoder(), two_heads()], ids=["linear", "numbers", "two losses"])
def test_other_losses_are_the_same(project: Project) -> None:
    """Fails if only the first loss is made small, or a loss on numbers is averaged over the trainings."""
    apart, number = compare(project, RATES, double=True)
    assert apart < 1e-10
    assert number < 1e-10


def test_in_single_precision_the_first_steps_are_the_same() -> None:
    """Fails if more than rounding differs: after ten steps of Adam, weights agree to 1e-5."""
    apart, number = compare(load("mlp_digits"), [{**each, "epochs": 1, "batch_size": 144} for each in RATES], False)
    assert apart < 1e-5
    assert number < 1e-5


def test_what_varies_in_numbers_of_layers_goes_together() -> None:
    """Dropout rates of 0 and 1 draw nothing. Fails if a rate is that of another training."""
    rates = [{"drop1.p": 0.0}, {"drop1.p": 0.5}, {"drop2.p": 0.9, "optimizer": "SGD"}]
    apart, _ = compare(dropping(), rates, double=True)
    assert apart < 1e-10


def test_folds_learn_from_and_are_checked_on_samples_of_their_own() -> None:
    """Fails if the folds of a cross-validation, which have as many samples each, are all given those of the first."""
    folds = [{"folds": 3, "fold": each} for each in (1, 2, 3)]
    apart, number = compare(dropping(), folds, double=True)
    assert apart < 1e-10
    assert number < 1e-10


def test_a_diverged_one_does_not_hurt_the_others() -> None:
    """Fails if a training without a finite loss is told as finished, ends the others, or reaches their weights."""
    project = autoencoder()
    settings = [{"optimizer": "SGD", "lr": lr, "epochs": 12, "batch_size": 32} for lr in (0.01, 10.0, 0.02)]
    joint = [stood(project, each, False) for each in settings]
    events = list(Group([run for run, _ in joint], [state for _, state in joint], Control()).events())
    endings = {who: event for who, event in events if isinstance(event, Finished | Failed)}
    assert [type(endings[who]) for who in range(3)] == [Finished, Failed, Finished]
    failed = endings[1]
    assert isinstance(failed, Failed)
    assert failed.useless
    assert "diverged" in failed.sentence
    run, state = stood(project, settings[2], False)
    torch.set_rng_state(state)
    list(run.events())
    for name, value in run.model.state_dict().items():
        assert torch.allclose(value, joint[2][0].model.state_dict()[name], atol=1e-4)


def test_a_stopped_group_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """Stopped in the middle of an epoch, one goes on by itself and the others together. Fails if a checkpoint lacks
    moments, random state or sums, or has those of another training."""
    settings = [{"lr": 0.01, "epochs": 3, "average": 0.5}, {"lr": 0.002, "epochs": 3}, {"lr": 0.005, "epochs": 3}]
    whole = [stood(dropping(), each, False)[0] for each in settings]
    for run in whole:
        torch.manual_seed(run.recipe.seed)
        list(run.events())
    control = Control()
    joint = [stood(dropping(), each, False, tmp_path / str(place)) for place, each in enumerate(settings)]
    seen = 0
    for _, event in Group([run for run, _ in joint], [state for _, state in joint], control, True).events():
        seen += isinstance(event, BatchDone)
        if seen == 3 * 13:  # eight batches are an epoch
            control.stop()
        last = event
    assert isinstance(last, Cancelled)
    alone = standing(whole[0].net, whole[0].recipe, tmp_path / "0", Control(), resume=True)
    assert alone.position.batch
    list(train(whole[0].net, whole[0].recipe, resume=tmp_path / "0"))
    again = []
    for place in (1, 2):
        run = standing(whole[place].net, whole[place].recipe, tmp_path / str(place), Control(), resume=True)
        again.append((run, torch.get_rng_state()))
    list(Group([run for run, _ in again], [state for _, state in again], Control()).events())
    for place, run in enumerate(whole):
        found = load_run(tmp_path / str(place)).model.state_dict()
        for name, value in run.model.state_dict().items():
            assert torch.allclose(value, found[name], atol=2e-5), name


@pytest.mark.parametrize(
    "how",
    [{}, {"stopping": "no-better", "patience": 1, "optimizer": "SGD"}, {"average": 0.5, "schedule": "cosine"}],
    ids=["plain", "stop rule", "average"],
)
def test_epochs_are_kept_as_of_a_training_by_itself(how: dict[str, Any], tmp_path: Path) -> None:
    """Fails if the best or one of the last epochs cannot be gone back to, another one is kept as the best, or a branch
    from it comes to other weights: then weights, optimizer, schedule or random state are not those of its end."""
    rates = [0.003, 0.3]
    every = [{"epochs": 6, "lr": lr, "keep": 2, "snapshots": 0, **how} for lr in rates]
    joint = [stood(dropping(), each, False, tmp_path / f"joint{place}") for place, each in enumerate(every)]
    list(Group([run for run, _ in joint], [state for _, state in joint], Control()).events())
    for place, each in enumerate(every):
        project, folder, alone = with_values(dropping(), {**QUICK, **each}), tmp_path / f"joint{place}", tmp_path / "a"
        net = compile_net(project)
        kept = {point.epoch: point for point in kept_epochs(folder)}
        losses = {entry["epoch"]: entry["val_loss"] for entry in read_metrics(folder)}
        last = max(losses)
        assert kept.keys() == {min(losses, key=lambda epoch: losses[epoch]), last - 1, last}
        assert all(point.whole for point in kept.values())
        list(train(net, project.recipe, out=alone / str(place)))
        for epoch in kept:
            if epoch <= 2:  # rounding grows
                near(weights_at(alone / str(place), epoch), weights_at(folder, epoch))
        branch = tmp_path / f"branch{place}"
        list(train(net, project.recipe, out=branch, resume=folder, at=last - 1))
        near(weights_at(folder, last), weights_at(branch, last))


def test_snapshots_are_those_of_a_training_by_itself(tmp_path: Path) -> None:
    """Fails if the film of a variant has other moments than that of a training by itself, at another epoch, with the
    weights of another one, or before the mean is taken."""
    every = [{"epochs": 9, "lr": lr, "keep": 1, "snapshots": 4, "average": 0.5} for lr in (0.003, 0.01)]
    joint = [stood(dropping(), each, False, tmp_path / f"joint{place}") for place, each in enumerate(every)]
    list(Group([run for run, _ in joint], [state for _, state in joint], Control()).events())
    for place, each in enumerate(every):
        project, alone = with_values(dropping(), {**QUICK, **each}), tmp_path / f"alone{place}"
        list(train(compile_net(project), project.recipe, out=alone))
        moments = {point.epoch for point in kept_epochs(alone)}
        assert {0, 4, 8, 9} <= moments
        assert {point.epoch for point in kept_epochs(tmp_path / f"joint{place}")} == moments
        for epoch in (0, 4):  # rounding grows
            near(weights_at(alone, epoch), weights_at(tmp_path / f"joint{place}", epoch))
        weights = [weights_at(tmp_path / f"joint{place}", epoch) for epoch in (4, 8, 9)]
        name = next(iter(weights[0]))
        assert not any(torch.equal(one[name], other[name]) for one, other in pairwise(weights))


def test_moments_within_long_epochs_are_those_of_a_training_by_itself(tmp_path: Path) -> None:
    """Fails if the first steps of variants with long epochs cannot be looked at, or are those of another step."""
    every = [{"epochs": 1, "lr": lr, "batch_size": 2, "optimizer": "SGD"} for lr in (0.01, 0.02)]
    joint = [stood(dropping(), each, False, tmp_path / f"joint{place}") for place, each in enumerate(every)]
    list(Group([run for run, _ in joint], [state for _, state in joint], Control()).events())
    for place, each in enumerate(every):
        project, alone = with_values(dropping(), {**QUICK, **each}), tmp_path / f"alone{place}"
        list(train(compile_net(project), project.recipe, out=alone))
        moments = [point.at for point in kept_points(alone)]
        assert TrainingPosition(0, 5) in moments
        assert [point.at for point in kept_points(tmp_path / f"joint{place}")] == moments
        begun = weights_at(alone, 0)
        for at in (TrainingPosition(0, 1), TrainingPosition(0, 5)):  # rounding grows
            one, other = weights_at(alone, at), weights_at(tmp_path / f"joint{place}", at)
            near(one, other)
            assert not torch.allclose(one["fc2.weight"], begun["fc2.weight"], atol=1e-4)
            begun = one


def near(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> None:
    for name, value in one.items():
        torch.testing.assert_close(other[name], value, rtol=1e-4, atol=1e-5)


def test_early_stops_leave_the_others_in_training(tmp_path: Path) -> None:
    """Most of a group ends after its first epoch, so that the rest is gathered anew. Fails if the numbers of those
    that go on are mixed up then."""
    settings: list[dict[str, Any]] = [{"lr": 0.01, "epochs": 1}] * 3 + [{"lr": 0.01, "epochs": 4, "seed": 3}]
    apart, number = compare(dropping(), settings, double=True)
    assert apart < 1e-10
    assert number < 1e-10


@pytest.mark.parametrize(
    ("project", "settings", "words"),
    [
        (moody_net(), {}, "convolutions"),
        (recurrent(), {}, "recurrent"),
        (linear_net(), {"optimizer": "Muon"}, "matrices"),
        (linear_net(), {"adversarial": 0.1}, "harder"),
        (linear_net(), {"accumulate": 2}, "added up"),
        (with_values(dropping(), {"drop1.type": "AlphaDropout"}), {}, "random numbers"),
    ],
)
def test_what_cannot_share_its_steps_says_why(project: Project, settings: dict[str, Any], words: str) -> None:
    """Fails if such a net is computed with others, where it would come to other numbers or be slower."""
    recipe: Recipe = project.recipe.with_settings(device="cpu", **settings)
    assert words in why_alone(compile_net(replace(project, recipe=recipe)), recipe)


def test_events_are_those_of_a_training() -> None:
    """Fails if a batch is missing, or its loss is that of another training."""
    joint = [stood(linear_net(), each, True) for each in RATES[:2]]
    told = list(Group([run for run, _ in joint], [state for _, state in joint], Control(), every_batch=True).events())
    for place, each in enumerate(RATES[:2]):
        run, state = stood(linear_net(), each, True)
        torch.set_rng_state(state)
        own: list[Event] = [event for event in run.events() if isinstance(event, BatchDone)]
        found = [event for who, event in told if who == place and isinstance(event, BatchDone)]
        assert len(found) == len(own)
        for mine, theirs in zip(found, own):
            assert isinstance(theirs, BatchDone)
            assert (mine.epoch, mine.batch, mine.samples) == (theirs.epoch, theirs.batch, theirs.samples)
            assert mine.loss == pytest.approx(theirs.loss, abs=1e-10)


def test_scores_however_large_keep_their_loss() -> None:
    """The flat list of calls has a log-softmax of its own. Fails if it overflows where torch's does not, or if its
    gradient is another."""
    scores = torch.tensor([[3e4, -3e4, 1.0], [0.0, 0.0, 0.0], [-5e3, -5e3, -5e3 + 1], [90.0, 89.0, -90.0]])

    def both(x: Tensor) -> list[Tensor]:
        def loss(row: Tensor) -> Tensor:
            return torch.nn.functional.cross_entropy(row[None], torch.tensor([1]))

        gradient, value = torch.func.vmap(torch.func.grad_and_value(loss))(x)
        return [gradient, value]

    flat = traced(both, [scores])
    assert flat is not None
    for mine, theirs in zip(flat(scores), both(scores), strict=True):
        assert mine.isfinite().all()
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)
    other = scores.flip(0) / 7  # the list is for all values of this shape
    for mine, theirs in zip(flat(other), both(other), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-6)


def test_what_is_turned_and_turned_back_is_left_out_and_the_rest_stays() -> None:
    """Fails if a transpose is left out that another does not undo, or a constant is taken for another."""
    x = torch.arange(24.0).view(2, 3, 4)

    def turned(x: Tensor) -> list[Tensor]:
        there = x.transpose(1, 2)
        whole = torch.where(x > 5, x, 0.0) + torch.where(x > 7, 1.0, x)
        return [there.transpose(1, 2) * 1, there.transpose(0, 1).contiguous(), there.transpose(2, 1) + 1, whole]

    flat = traced(turned, [x])
    assert flat is not None
    for given in (x, -x, x * 3):
        for mine, theirs in zip(flat(given), turned(given), strict=True):
            assert torch.equal(mine, theirs)


@pytest.mark.parametrize("ignored", [False, True])
def test_what_is_always_the_same_is_computed_once_and_nothing_else(ignored: bool) -> None:
    """Fails if a label that is to be ignored counts, if weights that have changed since are not seen, or if a step asks
    each time for labels to be ignored that the data does not have."""
    torch.manual_seed(0)
    weights, x = torch.randn(3, 5, 4), torch.randn(3, 6, 4)
    labels = torch.randint(0, 5, (3, 6))

    def both(weights: Tensor, x: Tensor, labels: Tensor) -> list[Tensor]:
        def loss(weight: Tensor, x: Tensor, label: Tensor) -> Tensor:
            return torch.nn.functional.cross_entropy(x @ weight.t(), label)

        gradient, value = torch.func.vmap(torch.func.grad_and_value(loss))(weights, x, labels)
        return [gradient, value]

    flat = traced(both, [weights, x, labels], 1, lambda place, number: not ignored and (place, number) == (2, -100))
    plain = traced(both, [weights, x, labels])
    assert flat is not None
    assert plain is not None
    for step in range(3):
        weights.mul_(-1.5)  # in place, as an optimizer does
        given = x + step, labels.roll(step, 1)
        if ignored:
            given[1][:, step] = -100
        for mine, theirs, exact in zip(flat(weights, *given), both(weights, *given), plain(weights, *given)):
            torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-6)
            assert torch.equal(mine, exact)
    asked, calls = ([node.op for node in each.__self__.graph.nodes].count("call_function") for each in (plain, flat))  # type: ignore[attr-defined]
    assert calls < asked - 5 * (not ignored)


def test_a_group_knows_which_labels_its_data_has() -> None:
    """Fails if labels are taken for absent that are there."""
    run, state = stood(load("mlp_digits"), {"seed": 0}, False)
    group = Group([run], [state], Control())
    assert group._absent("digits.label", -100)
    assert not group._absent("digits.label", 3)
    assert not group._absent("nothing.of.it", -100)


@pytest.mark.parametrize("rates", [[[0.2], [0.2], [0.2]], [[0.2], [0.5], [0.2]], [[0.0], [1.0], [0.3]]])
@pytest.mark.parametrize("seeds", [(0, 0, 0), (0, 1, 0), (0, 1, 2)])
def test_dropouts_are_those_of_each_training_by_itself(seeds: Sequence[int], rates: Sequence[Sequence[float]]) -> None:
    """Fails if one that is drawn for several is spread to the wrong ones, or divided by the share of another."""
    states, alone = [], []
    x = torch.ones(5, 7)
    for seed, (rate,) in zip(seeds, rates, strict=True):
        torch.manual_seed(seed)
        states.append(torch.get_rng_state())
        alone.append([torch.dropout(x, rate, True) for _ in range(3)])
    streams = RandomStreams(states, rates)
    masks = [torch.empty(3, 5, 7)]
    for step in range(3):
        streams.draw(masks, [(x.shape, x.stride(), 0)])
        for number, drawn in enumerate(alone):
            assert torch.equal(masks[0][number], drawn[step])


def test_a_step_that_will_be_taken_often_is_traced_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the form that the check of the gradients has made does not know how often it will be used, so that the
    first epochs go untraced."""
    uses: list[int] = []
    monkeypatch.setattr(ShapedStep, "_trace", lambda self, arguments: uses.append(self._uses))
    runs = [stood(load("mlp_digits"), {"seed": seed, "epochs": 40, "batch_size": 200}, False) for seed in (0, 1)]
    events = Group([run for run, _ in runs], [state for _, state in runs], Control()).events()
    for _, event in events:
        if isinstance(event, EpochDone) and event.epoch == 2:
            break
    events.close()  # type: ignore[attr-defined]
    assert uses == [1] * 3  # the step, that of the last batch, and the validation


def test_averages_that_fade_to_nothing_become_zero() -> None:
    """Fails if a weight whose input is always zero leaves Adam an average below all normal numbers, with which each
    step takes longer, or if the thread goes on taking such numbers for zero afterwards."""
    tiny = torch.finfo(torch.float32).tiny
    runs = [stood(load("mlp_digits"), {"seed": seed, "epochs": 3}, False) for seed in (0, 1)]
    group = Group([run for run, _ in runs], [state for _, state in runs], Control())
    averages: list[Tensor] = []
    for number, event in group.events():
        if isinstance(event, EpochDone) and event.epoch == 1 and number == 1:
            averages += [each["exp_avg"] for one in group._optimizers for each in one._own.state.values()]
            for each in averages:
                each.fill_(1.5 * tiny)  # it becomes smaller in each step whose gradient is zero
    small = [((each != 0) & (each.abs() < tiny)).any() for each in averages]
    assert len(small) == 2
    assert not any(small)
    assert any((each == 0).any() for each in averages)
    assert torch.tensor(tiny) / 4 != 0
