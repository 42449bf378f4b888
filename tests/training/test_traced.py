"""Traced steps train exactly as printed steps do: to the bit, with the same random numbers, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from app.core.storage import templates
from app.training import traced, tracing, trainer
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.events import BatchDone, Diagnosed, EpochDone, Event, Failed, Finished
from app.training.loop import train
from app.training.traced import COMPARED, UNTRACED, TracedStep
from nodes.api import Example, Layer, declared
from tests.nodes.alone import drawing, samples
from tests.support.brief import brief
from tests.support.drawings import chain, node
from tests.support.gan import gan, in_turns
from tests.support.layer_examples import layer_examples
from tests.training.nets import (
    FAST,
    autoencoder,
    compiled,
    digits_net,
    moody_net,
    only,
    same_weights,
    trainable,
    two_heads,
)
from tests.training.test_resume import numbers, stop_by_closing

BEFORE = UNTRACED + 1 + COMPARED  # steps of a shape until the list of calls counts
SMALL = replace(FAST, batch_size=128, epochs=1)  # twelve batches, the last of them smaller


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[TracedStep]:
    """All that are made from now on. Steps are traced, however few there are."""
    made: list[TracedStep] = []

    class Noted(TracedStep):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(traced, "WORTH", 0)
    monkeypatch.setattr(traced, "SLOW", float("inf"))
    monkeypatch.setattr(trainer, "TracedStep", Noted)
    return made


def as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No step is traced from now on."""
    monkeypatch.setattr(traced, "WORTH", float("inf"))


def trained(net: CompiledNet, recipe: Recipe, **how: Any) -> tuple[nn.Module, list[Event], Tensor]:
    model = net.model(recipe.seed)
    events = list(train(net, recipe, model=model, **how))
    assert isinstance(events[-1], Finished), events[-1]
    return model, events, torch.get_rng_state()


def both(net: CompiledNet, recipe: Recipe, steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch, **how: Any) -> int:
    """Train with traced steps and with printed ones, and compare all that can be seen. Gives how many were traced."""
    model, events, random = trained(net, recipe, **how)
    count = sum(each.quick for each in steps)
    as_printed(monkeypatch)
    other, wanted, wanted_random = trained(net, recipe, **how)
    assert sum(each.quick for each in steps) == count
    assert same_weights(model, other)
    assert torch.equal(random, wanted_random)
    assert [e.losses for e in only(events, BatchDone)] == [e.losses for e in only(wanted, BatchDone)]
    told = [[(dict(e.metrics), e.lr) for e in only(each, EpochDone)] for each in (events, wanted)]
    assert told[0] == told[1]
    return count


# Values decide what these compute: OneHot and CTCLoss ask how large they are.
UNTRACEABLE = {"OneHot", "CTCLoss"}


@pytest.mark.parametrize("name", trainable())
def test_templates(name: str, steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a step of a template differs in a bit when it is traced, if dropout draws other numbers, or if one of
    them is left out in silence. One that packs sequences by their lengths works otherwise for each batch, so it cannot
    be traced and must give the same bits without."""
    project = templates.load(name)
    net = compile_net(project)
    recipe = replace(brief(project, 200_000_000, 0.5), batch_size=5)
    packs = "pack_padded_sequence(" in net.source.text
    untraceable = packs or any(each.type in UNTRACEABLE for each in project.graph.nodes.values())
    assert (both(net, recipe, steps, monkeypatch) > 0) is not untraceable


RECIPES: Mapping[str, Recipe] = {
    **{f"optimizer {id}": replace(SMALL, optimizer=id, lr=0.01) for id in declared.optimizers()},
    "schedule": replace(SMALL, schedule="cosine", warmup=1, epochs=2),
    "mean of the weights": replace(SMALL, average=0.9),
    "accumulated": replace(SMALL, batch_size=40, accumulate=3),
    "clipped": replace(SMALL, clip_norm=0.5, clip_value=0.1),
    "penalty": replace(SMALL, l1=0.001),
    "all at once": replace(SMALL, l1=0.001, clip_norm=0.5, batch_size=50, accumulate=2, average=0.9),
    "adversarial": replace(SMALL, adversarial=0.1),
    "mixed": replace(SMALL, precision="mixed"),
    "metrics": replace(SMALL, metrics=tuple(id for id in declared.metrics() if id in ("accuracy", "f1", "recall"))),
}


@pytest.mark.parametrize("name", RECIPES)
def test_recipes(name: str, steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if what a recipe does to a step is lost, or done twice, where gradients do not come from autograd."""
    assert both(compiled(moody_net()), RECIPES[name], steps, monkeypatch) > 0


def frozen() -> Project:
    return digits_net(
        ("conv1", "Conv2d", {"out_channels": 3, "kernel_size": (3, 3), "frozen": True}),
        ("bn1", "BatchNorm2d", {"frozen": True}),
        ("bn2", "BatchNorm2d"),
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 10}),
    )


def shared() -> Project:
    """One layer twice, and a sum: gradients that are one tensor for two."""
    made = [node("digits", "Digits"), node("flatten", "Flatten"), node("fc1", "Linear", out_features=64)]
    made += [node("add", "Add"), node("out", "Linear", out_features=10), node("loss", "CrossEntropyLoss")]
    made.append(replace(node("again", "Linear", out_features=64), shares="fc1"))
    wires = [*chain("digits.image", "flatten", "fc1", "again", "add.xs"), *chain("fc1", "add.xs")]
    wires += [*chain("add", "out", "loss.prediction"), Wire("digits", "label", "loss", "target")]
    return Project("Shared", graph=Graph.of(made, wires))


NETS: Mapping[str, Callable[[], Project]] = {
    "autoencoder": autoencoder,
    "two losses": two_heads,
    "gan": gan,
    "gan in turns": lambda: in_turns(3, 2),
    "frozen": frozen,
    "shared": shared,
    "recurrent": lambda: digits_net(
        ("flatten", "Flatten"),
        ("rows", "Reshape", {"shape": (8, 8)}),
        ("lstm", "LSTM", {"hidden_size": 6, "num_layers": 2, "dropout": 0.3}),
        ("all", "Flatten"),
        ("fc1", "Linear", {"out_features": 10}),
    ),
    "attention": lambda: digits_net(
        ("rows", "Reshape", {"shape": (8, 8)}),
        ("enc", "TransformerEncoderLayer", {"nhead": 2, "dim_feedforward": 16}),
        ("flatten", "Flatten"),
        ("fc1", "Linear", {"out_features": 10}),
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_nets(name: str, steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if several losses and objectives, frozen or shared layers, or random numbers between recurrent layers come
    out otherwise."""
    recipe = replace(SMALL, batch_size=40) if "turns" in name else SMALL  # of which a step takes several
    assert both(compiled(NETS[name]()), recipe, steps, monkeypatch) > 0


class Scaled(nn.Module):
    """So that every net has something to learn before its first layer, and something behind the last."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1.5))

    def forward(self, values: Any) -> Tensor:
        whole = torch.stack([(each.float() * self.scale).square().mean() for each in values])
        return whole.sum()


def step_of(model: Any, losses: Any, optimizers: Any, batch: Any) -> Any:
    optimizers["loss"].zero_grad()
    given = [x * losses.scale if x.is_floating_point() else x for x in batch.values()]
    returned = model(*given)
    loss = losses(returned if isinstance(returned, tuple) else (returned,))
    loss.backward()
    optimizers["loss"].step()
    return {"loss": loss.detach()}, {}


@pytest.mark.parametrize(("layer", "example"), list(layer_examples()))
def test_layers(layer: Layer, example: Example, steps: list[TracedStep]) -> None:
    """Fails if a layer that is traced computes or draws otherwise than in a step as it is printed, or is no longer
    traced."""
    inputs = layer.wired(example)
    net = compile_net(drawing(layer, inputs, layer.settings(example.params)))
    seen = []
    for quick in (False, True):
        torch.manual_seed(1)
        model, loss = net.model(0).train(), Scaled()
        optimizers = {"loss": torch.optim.SGD([*model.parameters(), loss.scale], 0.01)}
        step = TracedStep(step_of, model, loss, optimizers, 100)
        told = []
        for _ in range(BEFORE + 2):
            batch = {str(place): value for place, value in enumerate(samples(inputs, 4, "cpu"))}
            values, _ = step(batch) if quick else step_of(model, loss, optimizers, batch)
            told.append(values["loss"])
        seen.append([*told, *model.state_dict().values(), loss.scale.detach(), torch.get_rng_state()])
    assert all(map(equal, *seen))
    packed = layer.category == "recurrent" and "keep" in inputs  # how long each sequence is decides the shapes
    assert step.quick == (0 if packed or layer.id in UNTRACEABLE else 2)


def equal(one: Tensor, other: Tensor) -> bool:
    return one.dtype == other.dtype and one.detach().numpy().tobytes() == other.detach().numpy().tobytes()


# What is left out


def step_with(forward: Callable[[nn.Linear, Tensor], Tensor], steps: int = 12) -> tuple[TracedStep, list[float]]:
    """So many steps of a net by hand, whose first layer is given; and the losses."""
    torch.manual_seed(0)
    model = nn.Linear(4, 3)
    optimizers = {"loss": torch.optim.SGD(model.parameters(), 0.1)}

    def printed(model: Any, losses: Any, optimizers: Any, batch: Any) -> Any:
        optimizers["loss"].zero_grad()
        loss = forward(model, batch["x"]).square().mean()
        loss.backward()
        optimizers["loss"].step()
        return {"loss": loss.detach()}, {}

    step = TracedStep(printed, model, nn.Module(), optimizers, 1000)
    generator = torch.Generator().manual_seed(1)
    given = [torch.randn(5, 4, generator=generator) for _ in range(steps)]
    return step, [step({"x": x})[0]["loss"].item() for x in given]


def counted() -> Callable[[nn.Linear, Tensor], Tensor]:
    """What it computes depends on how often it was called, which no call of torch shows."""
    calls: list[int] = []

    def forward(model: nn.Linear, x: Tensor) -> Tensor:
        calls.append(1)
        out: Tensor = model(x) * len(calls)
        return out

    return forward


def decides(model: nn.Linear, x: Tensor) -> Tensor:
    y: Tensor = model(x)
    return y if y.sum() > 0 else -2 * y


def picks(model: nn.Linear, x: Tensor) -> Tensor:
    y: Tensor = model(x)
    return y[y > y.min()]


@pytest.mark.parametrize("make", [lambda: decides, lambda: picks, counted], ids=["decides", "picks", "counted"])
def test_what_cannot_be_a_list_of_calls_is_left_out(
    make: Any, steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a step whose course depends on values, or on what no call shows, goes on as it was recorded."""
    step, losses = step_with(make())
    assert step.quick == 0
    monkeypatch.setattr(traced, "SLOW", 0.0)
    assert losses == step_with(make())[1]


def test_what_can_is_not(steps: list[TracedStep]) -> None:
    """Fails if the test above passes because nothing is ever traced."""
    assert step_with(lambda model, x: model(x))[0].quick == 12 - BEFORE


def test_a_training_of_a_moment_is_not_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a step is recorded although too few follow that could win the time back."""
    monkeypatch.setattr(traced.TracedStep, "_recorded", lambda *_: pytest.fail("a step was recorded"))
    list(train(compiled(moody_net()), replace(SMALL, epochs=3)))


def test_large_steps_are_not_traced(steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if memory is taken for the records of steps that gain nothing."""
    monkeypatch.setattr(traced, "SLOW", 0.0)
    assert step_with(lambda model, x: model(x))[0].quick == 0


def test_too_much_to_keep_is_given_up(steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a step keeps all its values where they fill the memory, or comes out wrong after it was given up."""
    monkeypatch.setattr(tracing, "MOST_BYTES", 100)
    step, losses = step_with(lambda model, x: model(x))
    assert step.quick == 0
    monkeypatch.undo()
    assert losses == step_with(lambda model, x: model(x))[1]


# What goes on beside it


def test_an_error_names_the_node(steps: list[TracedStep]) -> None:
    """Fails if an error in a traced step is told without the layer in which it was raised."""
    graph = Graph.of(
        [
            node("words", "Input", shape=(3,), dtype="int", classes=5),
            node("embed1", "Embedding", num_embeddings=5, embedding_dim=4),
            node("y", "Output"),
        ],
        chain("words", "embed1", "y"),
    )
    net = compile_net(Project("Words", graph=graph))
    model = net.model(0)
    optimizers = {"loss": torch.optim.SGD(model.parameters(), 0.1)}

    def printed(model: Any, losses: Any, optimizers: Any, batch: Any) -> Any:
        optimizers["loss"].zero_grad()
        loss = model(batch["x"]).mean()
        loss.backward()
        optimizers["loss"].step()
        return {"loss": loss.detach()}, {}

    step = TracedStep(printed, model, nn.Module(), optimizers, 100)
    for _ in range(BEFORE + 2):
        step({"x": torch.randint(5, (4, 3))})
    assert step.quick == 2
    with pytest.raises(IndexError) as raised:
        step({"x": torch.full((4, 3), 7)})
    assert net.explain(raised.value)[0] == "embed1"
    assert step.quick == 3


def test_a_loss_that_is_no_number_is_explained(steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a training that is ruined in a traced step ends with another finding."""
    net, recipe = compiled(autoencoder()), replace(SMALL, lr=3.0, epochs=9)
    ends = []
    for _ in range(2):
        ends.append([event for event in train(net, recipe) if isinstance(event, Failed | Diagnosed)])
        as_printed(monkeypatch)
    assert steps[0].quick > 0
    assert isinstance(ends[0][-1], Failed)
    assert [(e.node, e.sentence) for e in ends[0]] == [(e.node, e.sentence) for e in ends[1]]


CHANGES: Mapping[str, Mapping[str, float]] = {
    "rate": {"lr": 0.01},
    "dropout": {"drop1.p": 0.1},
    "batches": {"batch_size": 100},
    "clipping": {"clip_norm": 0.1},
}


@pytest.mark.parametrize("case", CHANGES)
def test_changes_on_the_way(case: str, steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a setting that is changed while a training is on does not count, because it stands in the list."""
    seen = []
    for _ in range(2):
        net, control, done = compiled(moody_net()), Control(), 0
        model = net.model(0)
        for event in train(net, replace(SMALL, epochs=3), model=model, control=control):
            done += isinstance(event, BatchDone)
            if isinstance(event, BatchDone) and done == 9:
                for name, value in CHANGES[case].items():
                    control.change(name, value)
        seen.append((model, sum(each.quick for each in steps)))
        as_printed(monkeypatch)
    assert same_weights(seen[0][0], seen[1][0])
    assert seen[0][1] == seen[1][1] > 10


@pytest.mark.parametrize("first", [True, False], ids=["traced first", "printed first"])
@pytest.mark.parametrize("after", [4, 8, 15])
def test_a_run_goes_on_in_the_other_way(
    first: bool, after: int, steps: list[TracedStep], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Fails if a run whose steps were traced ends with other weights when it is continued untraced, or the reverse."""
    net, recipe = compiled(moody_net()), replace(SMALL, epochs=3)
    for number, quick in enumerate((first, not first)):
        monkeypatch.setattr(traced, "WORTH", 0 if quick else float("inf"))
        if number == 0:
            stop_by_closing(net, recipe, tmp_path / "broken", after)
        else:
            assert isinstance(list(train(net, recipe, resume=tmp_path / "broken"))[-1], Finished)
    assert sum(each.quick for each in steps) > 0 or after < BEFORE
    as_printed(monkeypatch)
    list(train(net, recipe, out=tmp_path / "whole"))
    runs = [load_run(tmp_path / name) for name in ("broken", "whole")]
    assert same_weights(runs[0].model, runs[1].model)
    assert numbers(runs[0].metrics) == numbers(runs[1].metrics)


def test_gradients_stand_where_they_did(steps: list[TracedStep]) -> None:
    """Fails if whoever looks at a gradient between two steps sees none, or an old one."""
    step, _ = step_with(lambda model, x: model(x))
    assert step.quick > 0
    by_hand = nn.Linear(4, 3)
    by_hand.load_state_dict({name: value.clone() for name, value in step._model.state_dict().items()})
    x = torch.randn(5, 4)
    step({"x": x})
    by_hand(x).square().mean().backward()
    for one, other in zip(step._model.parameters(), by_hand.parameters(), strict=True):
        assert one.grad is not None
        assert other.grad is not None
        assert equal(one.grad, other.grad)


@pytest.mark.parametrize("window", [(2, 2, 0), (3, 1, 1)])
@pytest.mark.parametrize("last", [True, False])
def test_a_gradient_through_a_pooling_is_the_same_however_it_is_laid_out(
    window: tuple[int, int, int], last: bool
) -> None:
    """Fails if laying it out anew moves a number, or another one of several largest values is given it."""
    size, stride, padding = ([each] * 2 for each in window)
    layout = torch.channels_last if last else torch.contiguous_format
    images = torch.randint(0, 3, (4, 6, 8, 8)).float().contiguous(memory_format=layout)  # the largest are many
    images.requires_grad_()
    pooled, places = torch.ops.aten.max_pool2d_with_indices(images, size, stride, padding)
    gradient = torch.randn(pooled.shape)
    pooled.backward(gradient)
    assert images.grad is not None
    callee = tracing._Callee(tracing.POOL_BACKWARD).call(True)
    found = callee(gradient, images.detach(), size, stride, padding, [1, 1], False, places)
    assert equal(found, images.grad)
    assert found.stride() == images.grad.stride()
