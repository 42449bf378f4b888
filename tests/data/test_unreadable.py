"""Samples that cannot be read: left out of their batch in all sources, named once, and never the end of an epoch."""

from __future__ import annotations

import json
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.graph.model import Project
from app.core.graph.recipe import Recipe
from app.core.starting.first_net import drawing_for
from app.core.storage.files import save_project
from app.data import catalog
from app.data.understanding import understand
from app.insight.samples import load_samples, validation_samples
from app.training import batches
from app.training.checkpoints import load_run
from app.training.control import Control
from app.training.events import BatchDone, Cancelled, Diagnosed, EpochDone, Failed, Finished
from app.training.folder import epoch_of, read_metrics
from app.training.loop import train
from app.training.read_ahead import ahead
from app.training.script import print_script
from tests.support.example_source import among_ours
from tests.support.own_data import BAD, READ, broken_data, own_net
from tests.training.nets import FAST, same_weights
from tests.training.test_script import by_script, by_us

RECIPE = replace(FAST, batch_size=8, epochs=3, validation=0.2, seed=1)


@pytest.fixture(autouse=True)
def data() -> Iterator[None]:
    """Samples that are read one by one; none is bad yet."""
    BAD.clear()
    READ.clear()
    catalog._held.clear()
    with among_ours(broken_data()):
        yield
    BAD.clear()


def parts_of(project: Project, recipe: Recipe = RECIPE) -> batches.PartIndices:
    plan = compile_net(project).plan
    return batches.divide(plan, batches.load(plan), recipe.validation, recipe.seed, recipe.test)


def test_an_epoch_goes_on_without_them() -> None:
    """Fails if one bad file ends an epoch, is told more than once, or is told without its name and place."""
    project = own_net("Broken", classes=2)
    parts = parts_of(project)
    BAD.update({int(parts.training[3]), int(parts.training[20]), int(parts.validation[1])})
    events = list(train(compile_net(project), RECIPE))
    assert isinstance(events[-1], Finished)
    told = [event for event in events if isinstance(event, Diagnosed) and event.code == "unreadable"]
    assert sorted(event.sentence.split(" ")[0] for event in told) == sorted(f"cats/{n}.jpg" for n in BAD)
    assert {event.node for event in told} == {"data"}
    epochs = [event for event in events if isinstance(event, EpochDone)]
    assert [event.unreadable for event in epochs] == [2, 2, 2]
    for event in epochs:
        count = sum(b.samples for b in events if isinstance(b, BatchDone) and b.epoch == event.epoch)
        assert count == len(parts.training) - 2


def test_the_weights_are_those_of_plain_torch_without_them() -> None:
    """Fails if a bad sample leaves a hole, another sample in its place, or labels that belong to other samples."""
    project = own_net("Broken", classes=2)
    parts = parts_of(project)
    BAD.update({int(n) for n in parts.training[::7]})
    net = compile_net(project)
    model = net.model(RECIPE.seed)
    list(train(net, RECIPE, model=model))
    plain = nn.Linear(3, 2)
    fresh = net.model(RECIPE.seed).state_dict()
    plain.load_state_dict({name.split(".", 1)[1]: value for name, value in fresh.items()})
    optimizer = torch.optim.SGD(plain.parameters(), lr=RECIPE.lr, momentum=RECIPE.value("momentum"))
    for epoch in range(RECIPE.epochs):
        generator = torch.Generator().manual_seed(RECIPE.seed * 1_000_003 + epoch)
        order = parts.training[torch.randperm(len(parts.training), generator=generator)]
        for piece in order.split(RECIPE.batch_size):
            good = torch.tensor([n for n in piece.tolist() if n not in BAD])
            x = (torch.arange(3.0) + 3 * good[:, None]).sin()
            optimizer.zero_grad()
            nn.functional.cross_entropy(plain(x), good % 2).backward()
            optimizer.step()
    for one, other in zip(model.state_dict().values(), plain.state_dict().values()):
        assert torch.allclose(one, other, atol=1e-6)


def test_a_batch_without_any_is_skipped() -> None:
    """Fails if a batch of nothing but bad samples is a step of numbers that are none, or an error."""
    project = own_net("Broken", classes=2)
    parts = parts_of(project)
    generator = torch.Generator().manual_seed(RECIPE.seed * 1_000_003)
    order = parts.training[torch.randperm(len(parts.training), generator=generator)]
    BAD.update(order[8:16].tolist())
    events = list(train(compile_net(project), RECIPE))
    assert isinstance(events[-1], Finished)
    first = [event.batch for event in events if isinstance(event, BatchDone) and event.epoch == 1]
    assert first == [1, 3, 4, 5, 6]


def test_a_batch_of_which_one_is_left_does_not_stop_a_norm() -> None:
    """Fails if batch norm is given a single sample, at which torch raises, because the others were bad."""
    project = own_net("Broken", ("bn", "BatchNorm1d"), classes=2)
    parts = parts_of(project)
    generator = torch.Generator().manual_seed(RECIPE.seed * 1_000_003)
    order = parts.training[torch.randperm(len(parts.training), generator=generator)]
    BAD.update(order[8:15].tolist())
    assert isinstance(list(train(compile_net(project), RECIPE))[-1], Finished)


@pytest.mark.parametrize("part", ["training", "validation"])
def test_where_none_can_be_read_it_says_so(part: str) -> None:
    """Fails if a part without a readable sample is a loss that is no number, or trains on nothing."""
    project = own_net("Broken", ("scale", "Standardize"), classes=2)
    BAD.update(getattr(parts_of(project), part).tolist())
    *_, ending = train(compile_net(project), RECIPE)
    assert isinstance(ending, Failed)
    assert ending.sentence.startswith("None of the ")
    assert f"{part} samples can be read. cats/" in ending.sentence


def test_the_recipe_can_ask_to_stop() -> None:
    """Fails if somebody who wants to know of a bad sample before anything else is not asked."""
    project = own_net("Broken", classes=2)
    BAD.add(int(parts_of(project).training[9]))
    *_, ending = train(compile_net(project), replace(RECIPE, unreadable="stop"))
    assert isinstance(ending, Failed)
    assert ending.node == "data"
    assert ending.sentence.startswith(f"cats/{min(BAD)}.jpg is cut off.")
    assert ending.fixes


@pytest.mark.parametrize("stop_at", [2, 5, 6])
def test_a_continued_run_is_the_same_to_the_bit(tmp_path: Path, stop_at: int) -> None:
    """Fails if what was found to be bad before the break changes what comes behind it."""
    project = replace(own_net("Broken", ("drop", "Dropout"), classes=2), recipe=RECIPE)
    net = compile_net(project)
    BAD.update({int(n) for n in parts_of(project).training[::6]})
    whole = net.model(RECIPE.seed)
    list(train(net, RECIPE, model=whole))
    control = Control()
    for number, event in enumerate(e for e in train(net, RECIPE, out=tmp_path / "run", control=control)):
        if isinstance(event, BatchDone) and event.batch == stop_at:
            control.stop()
        if isinstance(event, Cancelled):
            assert number
    catalog._held.clear()
    events = list(train(net, RECIPE, resume=tmp_path / "run"))
    assert isinstance(events[-1], Finished)
    assert same_weights(whole, load_run(tmp_path / "run").model)
    entries = read_metrics(tmp_path / "run")
    done = epoch_of(entries[-1])
    assert done is not None
    assert done.unreadable == len(BAD)
    assert "unreadable" not in done.metrics


def test_pictures_are_shown_of_those_that_can_be_read(tmp_path: Path) -> None:
    """Fails if one bad sample keeps a student from looking at all others, or shifts the names of those behind it."""
    project = replace(own_net("Broken", classes=2), recipe=RECIPE)
    net = compile_net(project)
    list(train(net, RECIPE, out=tmp_path / "run"))
    validation = parts_of(project).validation
    BAD.add(int(validation[0]))
    catalog._held.clear()
    shown = load_samples(net, RECIPE)
    assert shown.names == tuple(("cat", "dog")[n % 2] for n in validation[1:].tolist())
    held = validation_samples(load_run(tmp_path / "run"))
    with pytest.raises(ValueError, match="is cut off"):
        held.one(0)
    assert torch.equal(held.one(1)["data.label"], validation[1:2] % 2)


def test_the_command_line_names_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Fails if a training without a window leaves samples out without a word."""
    project = replace(own_net("Broken", classes=2), recipe=RECIPE)
    BAD.add(int(parts_of(project).training[9]))
    save_project(project, tmp_path / "a.netloom")
    assert run(["train", str(tmp_path / "a.netloom"), "--out", str(tmp_path / "run")]) == 0
    said = capsys.readouterr().out
    assert said.count(f"cats/{min(BAD)}.jpg is cut off.") == 1
    lines = (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["unreadable"] for line in lines] == [1, 1, 1]


def test_one_batch_is_read_ahead_and_no_more() -> None:
    """Fails if a slow disk is waited for although the net is busy, or memory fills with batches nobody needs yet."""
    read: list[int] = []
    second = threading.Event()

    def slow(number: int) -> int:
        read.append(number)
        if number == 1:
            second.set()
        return number * 10

    stream = ahead(slow, range(5))
    assert next(stream) == 0
    assert second.wait(10)  # read while nobody asks for it
    assert read == [0, 1]
    assert list(stream) == [10, 20, 30, 40]


def test_an_error_comes_with_its_own_batch() -> None:
    """Fails if a batch that could be read is lost because the one behind it cannot."""

    def read(number: int) -> int:
        if number == 2:
            raise ValueError("two")
        return number

    stream = ahead(read, range(4))
    assert [next(stream), next(stream)] == [0, 1]
    with pytest.raises(ValueError, match="two"):
        next(stream)


def test_no_thread_is_left() -> None:
    """Fails if a training that is stopped, or left in the middle, goes on reading."""
    before = set(threading.enumerate())
    net = compile_net(own_net("Broken", classes=2))
    events = train(net, RECIPE)
    while not isinstance(next(events), BatchDone):
        pass
    events.close()  # type: ignore[attr-defined]
    assert set(threading.enumerate()) <= before


@pytest.mark.parametrize("packed", [False, True])
def test_an_exported_script_leaves_out_the_same_pictures(tmp_path: Path, packed: bool) -> None:
    """Fails if a picture that was cut off ends the program that was exported, or counts in its training, in the
    statistics that a layer takes beforehand, or in its averages."""
    folder = tmp_path / "set"
    for kind in ("a", "b"):
        (folder / kind).mkdir(parents=True)
        for number in range(20):
            values = np.random.default_rng(number + 100 * (kind == "b")).integers(0, 256, (16, 16, 3), np.uint8)
            Image.fromarray(values).save(folder / kind / f"{number}.jpg")
    for name in ("a/3.jpg", "a/11.jpg", "b/0.jpg", "b/19.jpg"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
    path = folder
    if packed:
        path = tmp_path / "set.zip"
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.rglob("*.jpg")):
                archive.write(file, file.relative_to(folder).as_posix())
    found = next(understand(path))
    assert found.schema is not None
    made = drawing_for(found.layer, found.settings, found.schema, "set").project
    recipe = replace(made.recipe, epochs=2, batch_size=8, validation=0.2, test=0.2, seed=3, device="cpu")
    made = replace(made, recipe=recipe)
    ours, epochs = by_us(made, recipe)
    assert sum(epoch.unreadable for epoch in epochs[:1]) > 0
    assert same_weights(by_script(print_script(compile_net(made), recipe)), ours)
