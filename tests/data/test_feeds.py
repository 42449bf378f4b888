"""Where batches come from: memory, a map of a file, a file for each sample; and that no more is read than asked for."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.model import Graph, Project, Wire
from app.core.storage.files import save_project
from app.data import catalog
from app.insight.samples import MOST_SAMPLES, load_samples
from app.training import batches
from app.training.checkpoints import load_run
from app.training.events import BatchDone, Failed, Finished
from app.training.loop import train
from app.training.refusal import CannotTrain
from app.training.script import print_script
from nodes.api import Each, Feed, Field, Int, Mapped, Schema, Script, source
from tests.insight.test_views import look
from tests.support import parted_source
from tests.support.drawings import chain, node
from tests.support.example_source import among_ours
from tests.training.nets import FAST, same_weights
from tests.training.test_script import by_script

COUNT = 3000
CPU = torch.device("cpu")


class Watched:
    """An array that remembers how much of it was asked for at once."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values
        self.most = 0

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, index: np.ndarray) -> np.ndarray:
        self.most = max(self.most, len(index))
        return self.values[index]


class Folder:
    """As many files as samples: gives one at a time, and remembers how many are still held by somebody."""

    def __init__(self) -> None:
        self.alive = self.most = self.read = 0
        self.broken: dict[int, Exception] = {}
        self.lock = threading.RLock()

    def __call__(self, number: int) -> np.ndarray:
        if number in self.broken:
            raise self.broken[number]
        made = np.full((1, 4, 4), number % 7, dtype=np.float32)
        with self.lock:
            self.alive += 1
            self.most = max(self.most, self.alive)
            self.read += 1
        weakref.finalize(made, self.gone)
        return made

    def gone(self) -> None:
        """One of the samples is held by nobody any more."""
        with self.lock:
            self.alive -= 1


@pytest.fixture(autouse=True)
def threads_as_before() -> Iterator[None]:
    """A script chooses how many threads torch uses, for its whole process."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def large(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """A source of pictures that are read one by one, numbers in a map of a file, and labels in memory."""
    numbers = np.lib.format.open_memmap(tmp_path / "numbers.npy", "w+", np.uint8, (COUNT, 3))
    numbers[:] = np.arange(COUNT)[:, None] % 200
    numbers.flush()
    kept: dict[str, Any] = {"folder": Folder(), "parts": None}
    catalog._held.clear()  # what another test has loaded
    kept["map"] = Watched(np.load(tmp_path / "numbers.npy", mmap_mode="r"))

    def describe(*, count: int) -> Schema:
        """Made for a test."""
        fields = {"image": Field((1, 4, 4)), "numbers": Field((3,)), "label": Field((), "int", ("a", "b"))}
        return Schema(fields, count)

    def load(*, count: int) -> Feed:
        return Feed(
            {
                "image": Each(count, kept["folder"]),
                "numbers": Mapped(kept["map"], lambda values: values.float() / 200),
                "label": torch.arange(count) % 2,
            },
            kept["parts"],
        )

    params = [Int("count", COUNT, low=1)]
    with among_ours(source(id="Large", name="Large", params=params, describe=describe, load=load)):
        yield kept


def large_net() -> Project:
    """A net that reads pictures and numbers."""
    graph = Graph.of(
        [
            node("large", "Large"),
            node("flatten", "Flatten"),
            node("both", "Concat"),
            node("fc1", "Linear", out_features=2),
            node("loss", "CrossEntropyLoss"),
        ],
        [
            *chain("large.image", "flatten", "both.xs"),
            *chain("large.numbers", "both.xs"),
            *chain("both", "fc1", "loss.prediction"),
            Wire("large", "label", "loss", "target"),
        ],
    )
    return Project("Large", graph=graph)


def net_of() -> CompiledNet:
    return compile_net(large_net())


def test_batches_are_those_samples_in_that_order(large: dict[str, Any]) -> None:
    """Fails if samples are mixed up between threads, or a map is read at other places than was asked for."""
    samples = batches.DeviceData(batches.load(net_of().plan), CPU)
    index = torch.tensor([5, 2999, 5, 0, 201])
    batch = samples.at(index)
    assert batch["large.image"][:, 0, 0, 0].tolist() == [number % 7 for number in index.tolist()]
    assert torch.equal(batch["large.numbers"], (index % 200).float()[:, None].expand(-1, 3) / 200)
    assert torch.equal(batch["large.label"], index % 2)


def test_no_more_than_a_few_batches_are_ever_read_at_once(large: dict[str, Any], tmp_path: Path) -> None:
    """Fails if training, the check, pictures, attribution or inspect read all of a large data set."""
    project = replace(large_net(), recipe=replace(FAST, batch_size=50, epochs=1))
    net = compile_net(project)
    *_, ending = train(net, project.recipe, out=tmp_path / "run")
    assert isinstance(ending, Finished)
    assert large["folder"].read >= COUNT
    assert large["map"].most <= 4 * 50
    assert large["folder"].most <= 2 * 4 * 50
    large["folder"].read = 0
    run = load_run(tmp_path / "run")
    look(run, "activations", "fc1", {"sample": 500})
    look(run, "attribution", None, {"sample": 3})
    assert large["folder"].read <= 4
    large["folder"].read = 0
    shown = load_samples(net, project.recipe)
    assert shown.count == MOST_SAMPLES
    assert shown.names[0] in ("a", "b")
    assert large["folder"].read == MOST_SAMPLES
    gc.collect()


def test_a_field_that_nobody_reads_is_not_read(large: dict[str, Any]) -> None:
    """Fails if training opens a file for each sample of a field that leads nowhere."""
    project = large_net()
    wires = [wire for wire in project.graph.wires if "flatten" not in (wire.source, wire.target)]
    net = compile_net(project.with_graph("", project.graph.with_wires(wires).without(["flatten"])))
    assert isinstance(list(train(net, FAST))[-1], Finished)
    assert large["folder"].read == 0


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ValueError("cat_7.jpg ends in the middle."), "cat_7.jpg ends in the middle."),
        (ValueError("not a picture"), "A sample cannot be read: not a picture."),
        (FileNotFoundError(2, "No such file", "cat.jpg"), "cat.jpg cannot be read: No such file."),
    ],
)
def test_a_bad_file_in_the_middle_of_an_epoch_is_a_sentence(
    large: dict[str, Any], error: Exception, sentence: str
) -> None:
    """Fails if one broken file of thousands ends in a traceback, or in words about torch."""
    net = net_of()
    learn, _, _ = batches.divide(net.plan, batches.load(net.plan), 0.2, 0)
    large["folder"].broken = {int(learn[-1]): error}
    events = list(train(net, replace(FAST, batch_size=50)))
    assert any(isinstance(event, BatchDone) for event in events)
    assert isinstance(events[-1], Failed)
    assert (events[-1].node, events[-1].sentence) == ("large", sentence)


def test_a_sample_of_another_size_is_a_sentence(large: dict[str, Any]) -> None:
    """Fails if one picture of other sizes ends in the words of torch.stack, or trains as if it fitted."""
    folder = large["folder"]
    large["folder"] = lambda number: np.zeros((1, 4, 5), np.float32) if number == 7 else folder(number)
    events = list(train(net_of(), replace(FAST, validation=0.0)))
    assert isinstance(events[-1], Failed)
    assert events[-1].sentence.startswith("Sample 7")


def test_the_parts_that_data_brings_are_kept_apart(large: dict[str, Any]) -> None:
    """Fails if the test part is trained on, or the validation part is not what is checked."""
    plan = net_of().plan
    train_part, check_part, test_part = torch.arange(0, 2000), torch.arange(2000, 2600), torch.arange(2600, 3000)
    large["parts"] = {"train": train_part, "test": test_part}
    learn, validation, _ = batches.divide(plan, batches.load(plan), 0.25, 3)
    assert len(validation) == 500
    assert sorted([*learn.tolist(), *validation.tolist()]) == train_part.tolist()
    catalog._held.clear()
    large["parts"] = {"validation": check_part, "test": test_part}
    learn, validation, _ = batches.divide(plan, batches.load(plan), 0.25, 3)
    assert torch.equal(validation, check_part)
    assert torch.equal(learn, train_part)
    learn, validation, _ = batches.divide(plan, batches.load(plan), 0.0, 3)
    assert not len(validation)
    assert torch.equal(learn, train_part)


def test_arrays_of_other_types_become_what_a_net_calculates_with() -> None:
    """Fails if numbers of another precision or byte order reach the net as they are, and end in torch's words."""

    def describe(*, count: int) -> Schema:
        """Made for a test."""
        return Schema({"x": Field((2,)), "label": Field((), "int", 3)}, count)

    def load(*, count: int) -> dict[str, Any]:
        return {"x": np.ones((count, 2), ">f8"), "label": (np.arange(count) % 3).astype(np.uint8)}

    with among_ours(source(id="Odd", name="Odd", params=[Int("count", 9, low=1)], describe=describe, load=load)):
        graph = Graph.of(
            [node("odd", "Odd"), node("fc1", "Linear", out_features=3), node("loss", "CrossEntropyLoss")],
            [*chain("odd.x", "fc1", "loss.prediction"), Wire("odd", "label", "loss", "target")],
        )
        net = compile_net(Project("Odd", graph=graph))
        batch: dict[str, Tensor] = batches.DeviceData(batches.load(net.plan), CPU).at(torch.arange(3))
        assert (batch["odd.x"].dtype, batch["odd.label"].dtype) == (torch.float32, torch.int64)
        assert isinstance(list(train(net, FAST))[-1], Finished)


def test_data_without_a_single_sample_is_a_sentence(large: dict[str, Any]) -> None:
    """Fails if an empty part ends in torch's words."""
    large["parts"] = {"train": torch.arange(0)}
    plan = net_of().plan
    with pytest.raises(CannotTrain, match="0 samples cannot be divided"):
        batches.divide(plan, batches.load(plan), 0.2, 0)


def test_the_drawing_of_such_data_can_be_saved(large: dict[str, Any], tmp_path: Path) -> None:
    """Fails if a source of any kind cannot be kept in a file."""
    save_project(large_net(), tmp_path / "a.netloom")


PARTS = {
    "all": {"train": range(0, 300), "validation": range(300, 360), "test": range(360, 400)},
    "no validation": {"train": range(0, 360), "test": range(360, 400)},
    "no training": {"validation": range(300, 360), "test": range(0, 40)},
    "test alone": {"test": range(0, 40)},
}


@pytest.mark.parametrize("alone", [False, True], ids=["with labels", "one field"])
@pytest.mark.parametrize("validation", [0.0, 0.25])
@pytest.mark.parametrize("parts", PARTS.values(), ids=PARTS)
def test_a_program_of_its_own_keeps_the_same_parts_apart(
    parts: dict[str, range], validation: float, alone: bool
) -> None:
    """Fails if an exported script trains on samples that we hold out, or on the test part."""
    given = {name: list(places) for name, places in parts.items()}

    def describe(*, first: int) -> Schema:
        """Made for a test."""
        counts = {name: len(places) for name, places in parts.items()}
        return Schema({"x": Field((3,)), "label": Field((), "int", 2)}, 400, counts)

    def script(*, first: int) -> Script:
        lines = ("numbers = torch.arange(1200.0).reshape(400, 3).sin()", f"apart = {given}")
        return Script(lines, {"x": "numbers", "label": "torch.arange(400) % 2"}, parts="apart")

    def load(*, first: int) -> tuple[dict[str, Tensor], dict[str, list[int]]]:
        numbers = torch.arange(1200.0).reshape(400, 3).sin()
        return {"x": numbers, "label": torch.arange(400) % 2}, given

    params = [Int("first", 0)]
    with among_ours(source(id="Parted", name="Parted", params=params, describe=describe, load=load, script=script)):
        catalog._held.clear()
        loss, target = ("MSELoss", "x") if alone else ("CrossEntropyLoss", "label")
        graph = Graph.of(
            [node("parted", "Parted"), node("fc1", "Linear", out_features=3 if alone else 2), node("loss", loss)],
            [*chain("parted.x", "fc1", "loss.prediction"), Wire("parted", target, "loss", "target")],
        )
        net = compile_net(Project("Parted", graph=graph))
        recipe = replace(FAST, batch_size=32, validation=validation)
        model = net.model(0)
        assert isinstance(list(train(net, recipe, model=model))[-1], Finished)
        assert same_weights(model, by_script(print_script(net, recipe)))


def test_load_is_printed_with_its_parts(tmp_path: Path) -> None:
    """Fails if a load that gives fields and parts cannot be printed as it stands."""
    with among_ours(parted_source.PARTED):
        graph = Graph.of(
            [node("data", "PartedByLoad"), node("fc1", "Linear", out_features=2), node("loss", "CrossEntropyLoss")],
            [*chain("data.x", "fc1", "loss.prediction"), Wire("data", "label", "loss", "target")],
        )
        net = compile_net(Project("Parted", graph=graph))
        recipe = replace(FAST, batch_size=32)
        model = net.model(0)
        assert isinstance(list(train(net, recipe, model=model))[-1], Finished)
        text = print_script(net, recipe)
        assert "data_data, data_parts = load_parted_by_load(count=100)" in text
        assert same_weights(model, by_script(text))
