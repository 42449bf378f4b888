"""A drawn generator and its judge train in turn, each with its own optimizer, as by hand."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from app.core.compile.objectives import objectives, samples_of_step
from app.core.compile.plan import NotReady
from app.core.graph.model import Graph, Project
from app.core.storage.files import open_project, save_project
from app.training import batches
from app.training.control import Control
from app.training.events import BatchDone, Diagnosed, EpochDone, Failed, Finished
from app.training.loop import train
from app.training.refusal import CannotTrain
from app.training.script import print_script
from app.training.trainer import Trainer
from tests.support.gan import GENERATOR_LR, JUDGE_LR, gan, in_turns, step_by_hand
from tests.training.nets import compiled, only, same_weights, two_heads


def with_params(project: Project, **params: Mapping[str, Any]) -> Project:
    """The drawing with other settings of some nodes."""
    graph = project.graph
    nodes = [replace(each, params={**each.params, **params.get(each.name, {})}) for each in graph.nodes.values()]
    return replace(project, graph=Graph.of(nodes, project.graph.wires))


def trainer_of(project: Project) -> Trainer:
    net = compiled(project)
    losses = net.losses()
    assert losses is not None
    return Trainer(net, net.model(0), losses, 1)


@pytest.mark.parametrize("layer", ["Linear", "SpectralLinear"])
def test_each_step_is_that_of_the_pair_by_hand(layer: str) -> None:
    """Fails if the judge's loss changes the generator, an optimizer gets the settings of the other, or the two see
    digits made from different noise or by old weights; also with a judge whose weights are divided in each forward."""
    project = gan()
    judge = project.blocks["judge"]
    nodes = [replace(each, type=layer) if each.type == "Linear" else each for each in judge.graph.nodes.values()]
    told = replace(judge, graph=Graph.of(nodes, judge.graph.wires))
    trainer = trainer_of(replace(project, blocks={**project.blocks, "judge": told}))
    other = copy.deepcopy(trainer.model)
    by_hand = step_by_hand(other)
    image = batches.load(trainer.net.plan)["digits.image"]
    for number in range(6):
        batch = {"digits.image": image[32 * number : 32 * number + 32]}
        torch.manual_seed(number)
        values, _ = trainer.step(batch)
        torch.manual_seed(number)
        judged, fooled = by_hand(batch)
        torch.testing.assert_close(values["judge_real"] + values["judge_made"], judged)
        torch.testing.assert_close(values["fool"], fooled)
    for name, value in other.state_dict().items():
        torch.testing.assert_close(trainer.model.state_dict()[name], value)


class Counting(nn.Module):
    """Counts how often a module computes, and whether gradients are wanted then."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.calls: list[bool] = []

    def forward(self, *values: Tensor) -> Tensor:
        self.calls.append(torch.is_grad_enabled())
        out: Tensor = self.inner(*values)
        return out


def test_a_step_computes_what_a_person_would() -> None:
    """Fails if the generator is computed twice, or the judge more often than the three times it has to."""
    trainer = trainer_of(gan())
    counted = {name: Counting(getattr(trainer.model, name)) for name in ("generator", "judge", "noise")}
    for name, module in counted.items():
        setattr(trainer.model, name, module)
    trainer.step({"digits.image": torch.rand(8, 1, 8, 8)})
    assert {name: module.calls for name, module in counted.items()} == {
        "generator": [True],
        "judge": [True, True, True],
        "noise": [False],
    }


def test_weights_of_the_other_side_get_no_gradient() -> None:
    """Fails if going back through the judge also works out gradients of its weights, which nobody reads."""
    trainer = trainer_of(gan())
    worked_out: list[str] = []
    for name, weight in trainer.model.named_parameters():
        weight.register_post_accumulate_grad_hook(lambda _, name=name: worked_out.append(name))
    trainer.step({"digits.image": torch.rand(8, 1, 8, 8)})
    assert sorted(worked_out) == sorted(name for name, _ in trainer.model.named_parameters())


@pytest.mark.parametrize("order", [("classes", "loss"), ("loss", "classes")])
def test_a_value_whose_weights_have_changed_is_made_anew(order: tuple[str, str]) -> None:
    """Fails if an objective goes on with what old weights have made, or goes back through a history that another has
    used up."""
    project = with_params(two_heads(), loss={"updates": ("back", "code")}, classes={"updates": ("scores", "code")})
    nodes = sorted(project.graph.nodes.values(), key=lambda each: order.index(each.name) if each.name in order else -1)
    trainer = trainer_of(replace(project, graph=Graph.of(nodes, project.graph.wires)))
    assert [each.losses[0] for each in objectives(trainer.net.plan)] == list(order)
    other = copy.deepcopy(trainer.model)
    batch = {"digits.image": torch.rand(16, 1, 8, 8), "digits.label": torch.arange(16) % 10}
    flat = batch["digits.image"].flatten(1)

    def loss(name: str) -> Tensor:
        if name == "loss":
            return nn.functional.mse_loss(other.back(other.code(flat)), flat)  # type: ignore[operator]
        return nn.functional.cross_entropy(other.scores(other.code(flat)), batch["digits.label"])  # type: ignore[operator]

    parts = {"loss": ("back", "code"), "classes": ("scores", "code")}
    weights = {n: [p for part in parts[n] for p in getattr(other, part).parameters()] for n in order}
    optimizers = {name: torch.optim.Adam(weights[name], lr=trainer.recipe.lr) for name in order}
    for _ in range(3):
        trainer.step(batch)
        for name in order:
            optimizers[name].zero_grad()
            loss(name).backward()
            optimizers[name].step()
    for name, value in other.state_dict().items():
        torch.testing.assert_close(trainer.model.state_dict()[name], value)


def test_a_drawn_pair_trains_and_is_told_loss_by_loss(tmp_path: Path) -> None:
    """Fails if the pair is lost in a file, does not train, or its losses cannot be told apart."""
    save_project(gan(), tmp_path / "gan.netloom")
    project = open_project(tmp_path / "gan.netloom").project
    assert project.graph.nodes["judge_real"].params["optimizer_settings"] == ("beta1=0.5",)
    net = compiled(project)
    model = net.model(0)
    events = list(train(net, replace(project.recipe, epochs=5, batch_size=64), model=model))
    assert isinstance(events[-1], Finished), events[-1]
    names = {"judge_real", "judge_made", "fool"}
    assert not only(events, Diagnosed), "that one of two opponents does not win is no reason for concern"
    assert all(event.losses.keys() == names for event in only(events, BatchDone))
    for done in only(events, EpochDone):
        assert done.metrics.keys() == {"train_loss", *(f"train_loss.{name}" for name in names)}
        assert done.train_loss == pytest.approx(sum(done.metrics[f"train_loss.{name}"] for name in names))


def test_each_side_has_its_own_learning_rate() -> None:
    """Fails if a change of the recipe's rate while training reaches a loss that has its own."""
    trainer = trainer_of(gan())
    rates = {name: each.param_groups[0]["lr"] for name, each in trainer.optimizers.items()}
    assert rates == {"judge": JUDGE_LR, "generator": GENERATOR_LR}
    assert type(trainer.optimizers["generator"]) is torch.optim.RMSprop
    trainer.set_lr(0.01)
    rates = {name: each.param_groups[0]["lr"] for name, each in trainer.optimizers.items()}
    assert rates == {"judge": JUDGE_LR, "generator": 0.01}


def test_a_stopped_pair_goes_on_exactly(tmp_path: Path) -> None:
    """Fails if the optimizers of the two sides are exchanged or forgotten at a stop, with a schedule on both."""
    net = compiled(gan())
    recipe = replace(gan().recipe, epochs=2, schedule="cosine")
    whole, continued = net.model(0), net.model(0)
    list(train(net, recipe, model=whole))
    control = Control()
    for event in train(net, recipe, out=tmp_path, control=control):
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 5):
            control.stop()
    assert isinstance(list(train(net, recipe, resume=tmp_path, model=continued))[-1], Finished)
    assert same_weights(whole, continued)


def test_losses_of_one_side_that_disagree_are_refused() -> None:
    """Fails if one of two learning rates for the same layers wins without a word."""
    project = with_params(gan(), judge_made={"lr": 0.1})
    (failed,) = train(compiled(project), project.recipe)
    assert isinstance(failed, Failed)
    assert failed.node == "judge_made"
    assert "one optimizer serves them all" in failed.sentence


def test_a_setting_that_its_optimizer_lacks_is_refused() -> None:
    """Fails if a setting of another optimizer is taken without a word and changes nothing, here or in a script."""
    own = {"optimizer_settings": ("momentum=0.5",)}
    project = with_params(gan(), judge_made=own, judge_real={"optimizer_settings": ()})
    net = compiled(project)
    (failed,) = train(net, project.recipe)
    assert isinstance(failed, Failed)
    assert failed.node in ("judge_real", "judge_made")
    assert "has no setting momentum" in failed.sentence
    with pytest.raises(CannotTrain, match="has no setting momentum"):
        print_script(net, project.recipe)


def test_a_setting_that_nothing_has_is_a_problem_of_the_drawing() -> None:
    """Fails if a slip of the pen is found only when the training begins."""
    with pytest.raises(NotReady, match="there is no setting 'beta'"):
        compiled(with_params(gan(), judge_made={"optimizer_settings": ("beta=0.5",)}))


@pytest.mark.parametrize("turns", [(5, 1), (1, 3), (3, 2)])
def test_steps_of_a_turn_are_those_by_hand(turns: tuple[int, int]) -> None:
    """Fails if one side takes more or fewer steps than its losses say, two steps see the same samples, or the other
    side learns in between."""
    judging, making = turns
    trainer = trainer_of(in_turns(judging, making))
    size = trainer.recipe.batch_size
    assert samples_of_step(trainer.net.plan, trainer.recipe) == size * max(turns)
    other = copy.deepcopy(trainer.model)
    generator, judge = other.generator, other.judge
    optimizers = [
        torch.optim.Adam(judge.parameters(), lr=JUDGE_LR, betas=(0.5, 0.999), fused=True),  # type: ignore[operator]
        torch.optim.RMSprop(generator.parameters(), lr=GENERATOR_LR, foreach=True),  # type: ignore[operator]
    ]
    bce = nn.functional.binary_cross_entropy_with_logits
    image = batches.load(trainer.net.plan)["digits.image"]
    for number in range(2):
        batch = image[size * max(turns) * number : size * max(turns) * (number + 1)]
        torch.manual_seed(number)
        values, _ = trainer.step({"digits.image": batch})
        torch.manual_seed(number)
        for real in batch.flatten(1).split(size)[-judging:]:
            made = generator(torch.randn(len(real), 64))  # type: ignore[operator]
            yes, no = torch.ones(len(real)), torch.zeros(len(real))
            judged = bce(judge(real)[:, 0], yes) + bce(judge(made.detach())[:, 0], no)  # type: ignore[operator]
            optimizers[0].zero_grad()
            judged.backward()
            optimizers[0].step()
        for real in batch.flatten(1).split(size)[-making:]:
            fooled = bce(judge(generator(torch.randn(len(real), 64)))[:, 0], torch.ones(len(real)))  # type: ignore[operator]
            optimizers[1].zero_grad()
            fooled.backward()
            optimizers[1].step()
        torch.testing.assert_close(values["judge_real"] + values["judge_made"], judged.detach())
        torch.testing.assert_close(values["fool"], fooled.detach())
    for name, value in other.state_dict().items():
        torch.testing.assert_close(trainer.model.state_dict()[name], value)


def test_a_run_in_turns_goes_on_exactly(tmp_path: Path) -> None:
    """Fails if a run that stops between two turns goes on with other samples, or with the judge's steps begun anew."""
    net = compiled(in_turns(5, 1))
    recipe = replace(gan().recipe, epochs=2, schedule="one-cycle", average=0.9)
    whole, continued = net.model(0), net.model(0)
    told = only(list(train(net, recipe, model=whole)), BatchDone)
    assert told[0].batches == -(-1797 // (5 * recipe.batch_size)), "an epoch has as many turns as there are samples for"
    assert told[0].samples == 5 * recipe.batch_size
    control = Control()
    for event in train(net, recipe, out=tmp_path, control=control):
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (2, 5):
            control.stop()
    assert isinstance(list(train(net, recipe, resume=tmp_path, model=continued))[-1], Finished)
    assert same_weights(whole, continued)


def test_losses_of_one_side_that_disagree_on_their_steps_are_refused() -> None:
    """Fails if one of two numbers of steps for the same layers wins without a word."""
    project = with_params(gan(), judge_made={"steps": 5}, judge_real={"steps": 2})
    (failed,) = train(compiled(project), project.recipe)
    assert isinstance(failed, Failed)
    assert "It asks for steps" in failed.sentence


def test_who_trains_alone_has_no_turns() -> None:
    """Fails if a net with one loss gets larger batches because somebody once set steps there."""
    net = compiled(with_params(two_heads(), loss={"steps": 4}, classes={"steps": 4}))
    assert samples_of_step(net.plan, net.plan.recipe) == net.plan.recipe.batch_size
