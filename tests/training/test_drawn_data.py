"""Batches that are drawn anew or augmented: in training only, the same with the same seed, and where a run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from app.training import batches
from app.training.events import BatchDone, EpochDone, Failed, Finished
from app.training.loop import train
from app.training.script import print_script
from tests.support.drawings import chain, node
from tests.training.data_nets import noise_alone, points, shifted, straightened
from tests.training.nets import FAST, only, same_weights
from tests.training.test_script import by_script, by_us

CPU = torch.device("cpu")
DRAWINGS = {"shifted": shifted(), "straightened": straightened(), "noise": noise_alone(), "points": points()}


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """A script chooses how many threads torch uses, for its whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("project", DRAWINGS.values(), ids=DRAWINGS)
@pytest.mark.parametrize("validation", [0.0, 0.2])
def test_the_script_gives_the_same_weights(project: Project, validation: float) -> None:
    """Fails if a program of its own draws, shifts or divides the samples otherwise than we do, to the last bit."""
    recipe = replace(FAST, validation=validation, batch_size=100)
    model, _ = by_us(project, recipe)
    assert same_weights(model, by_script(print_script(compile_net(project), recipe)))


@pytest.mark.parametrize("project", DRAWINGS.values(), ids=DRAWINGS)
def test_a_continued_run_draws_what_it_would_have_drawn(project: Project, tmp_path: Path) -> None:
    """Fails if a run that was stopped in the middle of an epoch goes on with other noise or other shifts."""
    net, recipe = compile_net(project), replace(FAST, batch_size=64)
    whole, first, second = net.model(0), net.model(0), net.model(0)
    assert isinstance(list(train(net, recipe, model=whole))[-1], Finished)
    begun = train(net, recipe, out=tmp_path / "run", model=first)
    for event in begun:
        if isinstance(event, BatchDone) and event.batch == 2 and event.epoch == 2:
            break
    begun.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert not same_weights(whole, first)
    assert isinstance(list(train(net, recipe, resume=tmp_path / "run", model=second))[-1], Finished)
    assert same_weights(whole, second)


def test_another_seed_draws_others() -> None:
    """Fails if the seed of the recipe does not reach the noise or the shifts."""
    for project in (shifted(), noise_alone()):
        samples = batches.DeviceData(batches.load(compile_net(project).plan), CPU)
        one, same, other = (samples.at(torch.arange(20), seed) for seed in (1, 1, 2))
        key = next(key for key in one if key != "digits.label" and key != "digits.image")
        assert torch.equal(one[key], same[key])
        assert not torch.equal(one[key], other[key])


def test_augmentations_act_in_training_alone() -> None:
    """Fails if the check or a picture sees shifted digits, if training sees them unshifted, or if a target that is
    wired to the data itself is shifted along."""
    samples = batches.DeviceData(batches.load(compile_net(straightened()).plan), CPU)
    index = torch.arange(50)
    checked, trained = samples.at(index), samples.at(index, 7)
    assert torch.equal(checked["shift2.output"], checked["digits.image"])
    assert torch.equal(trained["digits.image"], checked["digits.image"])
    assert not torch.equal(trained["shift1.output"], trained["digits.image"])
    assert not torch.equal(trained["shift2.output"], trained["shift1.output"])


def test_shifts_move_whole_pictures_by_as_much_as_was_said() -> None:
    """Fails if rows wrap around, pixels are mixed, or the shift is larger than its setting: worked out by slicing."""
    samples = batches.DeviceData(batches.load(compile_net(shifted()).plan), CPU)
    batch = samples.at(torch.arange(300), 3)
    seen = set()
    for before, after in zip(batch["digits.image"], batch["shift1.output"], strict=True):
        wide = torch.nn.functional.pad(before, (1, 1, 2, 2))
        moves = [(down, right) for down in (-2, -1, 0, 1, 2) for right in (-1, 0, 1)]
        fitting = [m for m in moves if torch.equal(after, wide[:, 2 - m[0] : 10 - m[0], 1 - m[1] : 9 - m[1]])]
        assert fitting
        seen.add(fitting[0])
    assert len(seen) == 15


def test_an_augmentation_is_no_part_of_the_exported_model() -> None:
    """Fails if the class of the model knows of the augmentation, or calls its picture by another name than before."""
    source, training = compile_net(shifted()).source.text.split("def make_optimizers")
    assert 'batch["shift1.output"]' in training, "a step reads what the augmentation makes of the picture"
    assert "shift" not in source.replace('"""Shifted, drawn', "").replace("class Shifted", "")
    assert "def forward(self, image):" in source
    both = compile_net(straightened()).source.text
    assert "def forward(self, image, shift2, noise):" in both or "shift2" in both


def test_a_muted_augmentation_hands_on_what_arrives() -> None:
    """Fails if muting an augmentation leaves its shifts in the training, or breaks the drawing."""
    bypassed = shifted()
    bypassed = bypassed.with_graph(
        "", bypassed.graph.with_nodes(replace(bypassed.graph.nodes["shift1"], bypassed=True))
    )
    plan = compile_net(bypassed).plan
    assert plan.augmentations == ()
    assert [entry.node for entry in plan.inputs] == ["digits"]


def test_the_source_can_be_looked_at_behind_an_augmentation() -> None:
    """Fails if the data shows nothing once an augmentation stands behind it."""
    net = compile_net(straightened())
    batch = batches.DeviceData(batches.load(net.plan), CPU).at(torch.arange(3))
    values = net.capture(net.model(0), net.inputs_from(batch), ["digits", "shift1", "shift2"])
    assert all(torch.equal(values[name], batch["digits.image"]) for name in ("digits", "shift1", "shift2"))


def test_an_augmentation_inside_the_net_is_told() -> None:
    """Fails if a shift behind a layer trains as if it were not there, or ends in torch's words."""
    project = shifted()
    wires = [wire for wire in project.graph.wires if "shift1" not in (wire.source, wire.target)]
    wires = [wire for wire in wires if wire.target not in ("conv1", "flatten")]
    wires += [*chain("digits.image", "conv1", "shift1", "flatten")]
    graph = project.graph.with_wires(wires)
    (problem,) = infer(project.with_graph("", graph)).problems
    assert problem.node == "shift1"
    assert "conv1 is a layer of the net" in problem.sentence


def test_the_check_sees_the_same_noise_after_each_epoch() -> None:
    """Fails if validation losses of two epochs with the same weights differ, because other noise was drawn."""
    project = noise_alone()
    events = list(train(compile_net(project), replace(FAST, lr=1e-12)))
    first, second = only(events, EpochDone)
    assert first.val_loss == pytest.approx(second.val_loss, rel=1e-6)


@pytest.mark.parametrize("shape", ["blobs", "moons", "circles", "XOR", "spiral"])
def test_points_can_be_learned(shape: str) -> None:
    """Fails if the points of a shape do not belong to their classes."""
    recipe = replace(FAST, optimizer="Adam", lr=0.02, epochs=300 if shape == "spiral" else 150, batch_size=64)
    _, done = by_us(points(shape, hidden=48), recipe)
    assert done[-1].train_accuracy is not None
    assert done[-1].train_accuracy > 0.93


def test_a_line_does_not_part_what_needs_a_hidden_layer() -> None:
    """Fails if moons, circles, XOR or a spiral are so drawn that a single layer learns them, and so teach nothing."""
    for shape, most in (("moons", 0.95), ("circles", 0.75), ("XOR", 0.75), ("spiral", 0.8)):
        project = points(shape)
        graph = project.graph.without(["tanh1", "fc1"])
        graph = graph.with_wires([*graph.wires, Wire("points", "point", "fc2", "x")])
        _, done = by_us(project.with_graph("", graph), replace(FAST, optimizer="Adam", lr=0.05, epochs=40))
        assert done[-1].train_accuracy is not None
        assert done[-1].train_accuracy < most


def test_sources_without_a_length_go_with_any_other() -> None:
    """Fails if noise is refused beside digits, or two data sets of different length are read side by side."""
    data = batches.load(compile_net(straightened()).plan)
    assert data.length == 1797
    project = straightened()
    nodes = project.graph.with_nodes(node("points", "TeachingPoints", samples=50))
    wires = [wire for wire in nodes.wires if wire.source != "noise1"] + chain("points.point", "both.xs")
    (failed,) = train(compile_net(project.with_graph("", nodes.with_wires(wires))), FAST)
    assert isinstance(failed, Failed)
    assert "digits has 1,797 samples and points has 50" in failed.sentence


def test_too_much_noise_is_a_sentence() -> None:
    """Fails if noise of absurd sizes ends in the words of torch's allocator."""
    graph = noise_alone().graph
    huge = {"noise1": node("noise1", "Noise", shape=(1_000_000, 1_000_000)), "fc2": node("fc2", "Linear")}
    huge["fc2"] = node("fc2", "Linear", out_features=1_000_000)
    project = noise_alone().with_graph("", graph.with_nodes(*huge.values()))
    data = batches.load(compile_net(project).plan)
    with pytest.raises(RuntimeError, match="memory"):
        batches.DeviceData(data, CPU).at(torch.arange(256))


def test_an_architecture_may_have_an_augmentation() -> None:
    """Fails if an augmentation behind an Input renames the input of the model, or keeps the drawing from compiling."""
    graph = shifted().graph
    nodes = [node("picture", "Input", shape=(1, 8, 8)), graph.nodes["shift1"], node("conv1", "Conv2d", out_channels=2)]
    source = compile_net(Project("Bare", graph=Graph.of(nodes, chain("picture", "shift1", "conv1")))).source.text
    assert "def forward(self, picture):" in source
