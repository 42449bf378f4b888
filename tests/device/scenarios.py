"""What the program does on a device beside the CPU. Run as ``python -m tests.device.scenarios NAME``: each scenario
ends with an error where something does not work."""

from __future__ import annotations

import math
import sys
import tempfile
import warnings
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from app.cli.main import run
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.storage.files import save_project
from app.core.storage.templates import load
from app.insight.activations import activations
from app.insight.adversarial import attack
from app.insight.attribution import METHODS, attribution
from app.insight.dream.ascent import dream
from app.insight.filters import filters
from app.insight.tiles import NoPicture
from app.training import batches
from app.training.control import Control
from app.training.events import BatchDone, Cancelled, EpochDone, Finished, Probed, Started
from app.training.loop import train
from app.training.script import print_script
from nodes.api.registry import layers
from tests.device.elsewhere import DEVICE, NAME, Elsewhere
from tests.nodes.alone import drawing, samples
from tests.training.data_nets import noise_alone, shifted, straightened
from tests.training.nets import FAST, autoencoder, digits_net, moody_net, only, same_weights, two_heads

ON_GPU = replace(FAST, device="cuda")
MOST_WEIGHTS = 10_000_000  # more than this takes seconds, and shows nothing that fewer do not


def recurrent() -> Project:
    """The rows of a digit as steps of a sequence, with dropout between the layers that read them."""
    return digits_net(
        ("rows", "Squeeze", {"dim": 1}),
        ("lstm1", "LSTM", {"hidden_size": 8, "last_step_only": True, "num_layers": 2, "dropout": 0.3}),
        ("fc1", "Linear", {"out_features": 10}),
    )


def standardized() -> Project:
    """A layer that measures the training data."""
    return digits_net(("standard", "Standardize"), ("flatten", "Flatten"), ("fc1", "Linear", {"out_features": 10}))


def every_layer() -> None:
    """Each layer computes there and is differentiated, with the same numbers as on the CPU."""
    for layer in layers().values():
        for example in layer.examples if layer.role == "layer" else ():
            inputs, chosen = layer.wired(example), layer.settings(example.params)
            if layer.build(inputs, chosen).weight_count > MOST_WEIGHTS:
                continue
            net = compile_net(drawing(layer, inputs, chosen))
            batch = samples(inputs, 3, "cpu")
            torch.manual_seed(0)
            wanted = net.outputs(net.model(seed=0).train()(*batch))
            model = net.model(seed=0).train().to(DEVICE)
            torch.manual_seed(0)
            given = [value.to(DEVICE).requires_grad_(value.is_floating_point()) for value in batch]
            found = net.outputs(model(*given))
            for name, value in found.items():
                assert value.device == DEVICE, f"{layer.id} leaves {name} on the CPU"
                close = torch.allclose(value.detach().cpu(), wanted[name], rtol=1e-5, atol=1e-5, equal_nan=True)
                assert close, f"{layer.id} gives another {name} there"
            slopes = [value.sum() for value in found.values() if value.requires_grad]
            if slopes:
                torch.stack(slopes).sum().backward()


def every_loss() -> None:
    """Each loss computes there and is differentiated."""
    for layer in layers().values():
        for example in layer.examples if layer.role == "loss" else ():
            inputs, chosen = layer.wired(example), layer.settings(example.params)
            net = compile_net(drawing(layer, inputs, chosen))
            losses = net.losses()
            assert losses is not None
            batch: dict[str, Tensor] = {}
            for count, value in enumerate(samples(inputs, 3, "cpu"), start=1):
                numbers = value.is_floating_point()
                there = (value.sigmoid() if numbers else value).to(DEVICE)
                batch[f"in{count}.output"] = there.requires_grad_(numbers)
            ahead = [each for each in net.plan.losses[0].operands.values() if each.ahead]  # worth of next states
            batch |= {f"{each.key} ahead": torch.rand(3).to(DEVICE) for each in ahead}
            if layer.id == "GradientPenalty":  # a score of these points that is no plane
                batch["in1.output"] = batch["in2.output"].square().flatten(1).sum(1).reshape(batch["in1.output"].shape)
            result = net.loss_values(losses.to(DEVICE), (), batch)["it"]
            assert result.device == DEVICE, layer.id
            result.backward()


def training() -> None:
    """Each kind of drawing trains there; a run that was broken off ends as if it had not been."""
    adam, sgd = replace(ON_GPU, optimizer="Adam", lr=0.002), replace(ON_GPU, optimizer="SGD", lr=0.05)
    for project, recipe in (
        (moody_net(), adam),
        (moody_net(), sgd),
        (autoencoder(), adam),
        (two_heads(), sgd),
        (standardized(), adam),
        (recurrent(), sgd),
    ):
        _broken_off(compile_net(project), recipe)


def _broken_off(net: CompiledNet, recipe: Recipe) -> None:
    whole = net.model(recipe.seed)
    events = list(train(net, recipe, model=whole))
    assert only(events, Started)[0].device == NAME
    assert isinstance(events[-1], Finished), events[-1]
    assert all(math.isfinite(event.train_loss) for event in only(events, EpochDone))
    assert all(weights.device == DEVICE for weights in whole.parameters())
    with tempfile.TemporaryDirectory() as folder:
        control = Control()
        part = []
        for event in train(net, recipe, out=Path(folder), control=control):
            part.append(event)
            if len(only(part, BatchDone)) == 3:
                control.stop()
        assert isinstance(part[-1], Cancelled), part[-1]
        rest = net.model(recipe.seed)
        events = list(train(net, recipe, resume=Path(folder), model=rest))
        assert isinstance(events[-1], Finished), events[-1]
        assert same_weights(whole.cpu(), rest.cpu())
        # What a GPU has trained goes on without one.
        events = list(train(net, replace(recipe, device="cpu", epochs=1), resume=Path(folder)))
        assert only(events, Started)[0].device == "cpu", events


def data_in_main_memory() -> None:
    """Data that does not fit onto the device travels batch by batch, to the same result."""
    net = compile_net(moody_net())
    model = net.model(0)
    list(train(net, ON_GPU, model=model))
    torch.cuda.mem_get_info = lambda device=None: (1000, 1000)
    other = net.model(0)
    events = list(train(net, ON_GPU, model=other))
    assert isinstance(events[-1], Finished), events[-1]
    assert batches.DeviceData(batches.load(net.plan), DEVICE).home == torch.device("cpu")
    assert same_weights(model.cpu(), other.cpu())


def looking() -> None:
    """All pictures of a net that lies there, recurrent layers among them, also in the middle of a training."""
    for project, node in ((moody_net(), "conv1"), (recurrent(), "lstm1")):
        net = compile_net(project)
        model = net.model(0)
        control = Control()
        seen: list[Any] = []

        def look(view: Any, node: str = node) -> str:
            _pictures(view.net, view.model, view.batch, node)
            return "seen"

        for event in train(net, ON_GPU, model=model, control=control):
            if isinstance(event, Started):
                control.ask(look)
            if isinstance(event, Probed):
                assert event.picture == "seen", event
                seen.append(event)
        assert seen
        some = batches.DeviceData(batches.load(net.plan), DEVICE)
        _pictures(net, model, some.at(torch.arange(8).to(some.home)), node)


def _pictures(net: CompiledNet, model: torch.nn.Module, batch: Any, node: str) -> None:
    batch = {name: value[:8] for name, value in batch.items()}
    modes = [module.training for module in model.modules()]
    activations(net, model, batch, node)
    filters(net, model, node)
    for method in METHODS:
        try:
            attribution(net, model, batch, method=method)
        except NoPicture as reason:  # without pictures, maps or a ReLU some ways are none
            assert "Use saliency" in str(reason)
    attack(net, model, batch)
    for kind in ("pixels", "frequencies"):
        steps = list(islice(dream(net, model, "fc1", 3, steps=2, kind=kind), 3))
        assert len(steps) == 3
        assert steps[-1].score > steps[0].score
    assert [module.training for module in model.modules()] == modes


def printed_script() -> None:
    """The training script that a student takes along trains there too."""
    for project in (moody_net(), recurrent()):
        text = print_script(compile_net(project), ON_GPU)
        assert 'torch.device("cuda")' in text
        names: dict[str, Any] = {"__name__": "script"}
        exec(text.replace('torch.device("cuda")', f'torch.device("{NAME}")'), names)
        model = names["train"]()
        assert all(isinstance(weights.data, Elsewhere) for weights in model.parameters())


def command() -> None:
    """The command line trains there, goes on, and looks at the run."""
    with tempfile.TemporaryDirectory() as folder:
        save_project(load("lenet_digits"), Path(folder) / "net.netloom")
        out = str(Path(folder) / "run")
        common = ["--device", "cuda", "--epochs"]
        assert run(["train", str(Path(folder) / "net.netloom"), *common, "1", "--out", out]) == 0
        assert run(["train", "--resume", out, *common, "2"]) == 0
        picture = str(Path(folder) / "picture.png")
        assert run(["inspect", out, "--view", "filters", "--node", "conv1", "--out", picture]) == 0


def drawn_and_augmented() -> None:
    """What is drawn anew or augmented is the same there as on the CPU, and a training with it goes through."""
    for project in (shifted(), straightened(), noise_alone()):
        net = compile_net(project)
        data = batches.load(net.plan)
        here, there = batches.DeviceData(data, torch.device("cpu")), batches.DeviceData(data, DEVICE)
        index = torch.arange(40, 60)
        for seed in (None, 5):
            ours, theirs = here.at(index, seed), there.at(index.to(there.home), seed)
            assert ours.keys() == theirs.keys()
            assert all(torch.equal(theirs[name].cpu(), values) for name, values in ours.items())
        *_, ending = train(net, ON_GPU)
        assert isinstance(ending, Finished), ending


SCENARIOS = (
    every_layer,
    every_loss,
    training,
    data_in_main_memory,
    drawn_and_augmented,
    looking,
    printed_script,
    command,
)

if __name__ == "__main__":
    warnings.simplefilter("ignore")  # torch calls this way to make a device experimental
    torch.set_num_threads(1)
    known = {scenario.__name__: scenario for scenario in SCENARIOS}
    for name in sys.argv[1:]:
        known[name]()
