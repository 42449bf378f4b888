"""Files that change, shrink or go away while a net is trained with them, or before it is trained on."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.cli.main import run
from app.core.compile.net import CompiledNet, compile_net
from app.core.graph.recipe import Recipe
from app.core.storage.files import open_project
from app.data import catalog
from app.data.source_looks import looked_at
from app.training import sample_reader
from app.training.checkpoints import load_run, load_state
from app.training.early_ends import keeping
from app.training.events import BatchDone, Diagnosed, EpochDone, Event, Failed, Finished, Started
from app.training.loop import train
from nodes.reading import cache
from tests.training.nets import same_weights


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path_factory.mktemp("cache")
    monkeypatch.setattr(cache, "folder", lambda: place)
    catalog._held.clear()


def pictures(folder: Path, count: int = 120) -> None:
    for number in range(count):
        path = folder / ("dark", "light")[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = np.random.default_rng(number).integers(0, 128, (8, 8), dtype=np.uint8) + 120 * (number % 2)
        Image.fromarray(values.astype(np.uint8)).save(path)


def arrays(folder: Path, count: int = 600) -> None:
    folder.mkdir()
    np.save(folder / "x.npy", np.random.default_rng(0).integers(0, 255, (count, 8, 8), dtype=np.uint8))
    np.save(folder / "y.npy", np.arange(count) % 3)


def idx(folder: Path, count: int = 600) -> None:
    folder.mkdir()
    values = np.random.default_rng(0).integers(0, 255, (count, 8, 8), dtype=np.uint8)
    sizes = np.array([count, 8, 8], ">u4").tobytes()
    (folder / "train-images-idx3-ubyte").write_bytes(b"\0\0\x08\x03" + sizes + values.tobytes())
    labels = (np.arange(count) % 3).astype(np.uint8)
    (folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01" + sizes[:4] + labels.tobytes())


def begun(data: Path) -> tuple[CompiledNet, Recipe]:
    """A net for this data as it is proposed."""
    drawing = data.with_name(data.name + ".netloom")
    assert run(["start", str(data), "-o", str(drawing)]) == 0
    catalog._held.clear()
    project = looked_at(open_project(drawing).project)
    recipe = replace(project.recipe, epochs=2, batch_size=16)
    return compile_net(replace(project, recipe=recipe)), recipe


def trained(
    net: CompiledNet, recipe: Recipe, folder: Path, change: Callable[[], object], after: int = 3
) -> list[Event]:
    """All events of a training in which something happens behind so many batches, or before the first."""
    events: list[Event] = []
    for event in train(net, recipe, out=folder):
        events.append(event)
        if isinstance(event, Started) and not after:
            change()
        if isinstance(event, BatchDone) and (event.epoch, event.batch) == (1, after):
            change()
    return events


@pytest.mark.parametrize(("write", "name"), [(arrays, "x.npy"), (idx, "train-images-idx3-ubyte")])
def test_a_mapped_file_of_a_folder_that_shrinks_ends_the_training_and_not_the_program(
    tmp_path: Path, write: Callable[[Path], None], name: str
) -> None:
    """Fails, by ending this process, if a map is read behind the end of its file."""
    write(tmp_path / "data")
    net, recipe = begun(tmp_path / "data")
    file = tmp_path / "data" / name
    *_, last = trained(net, recipe, tmp_path / "run", lambda: os.truncate(file, 4000))
    assert isinstance(last, Failed)
    assert str(file) in last.sentence
    assert "has changed" in last.sentence


def test_a_folder_that_goes_away_is_one_sentence_and_the_run_goes_on_when_it_is_back(tmp_path: Path) -> None:
    """Fails if each of its pictures is named, or the steps of the epoch that was begun are lost or done twice."""
    data, away = tmp_path / "data", tmp_path / "away"
    pictures(data)
    net, recipe = begun(data)
    whole, continued = net.model(recipe.seed), net.model(recipe.seed)
    assert isinstance(list(train(net, recipe, model=whole))[-1], Finished)
    for file in cache.folder().iterdir():  # what was decoded would be trained on without the files
        file.unlink()
    catalog._held.clear()
    held = [catalog.load(source) for source in net.plan.sources]  # as a window does: nothing is remembered as damaged
    events = trained(net, recipe, tmp_path / "run", lambda: data.rename(away))
    assert isinstance(events[-1], Failed)
    assert events[-1].sentence.startswith(f"{data} is not there any more.")
    assert not [event for event in events if isinstance(event, Diagnosed) and event.code == "unreadable"]
    steps = sum(isinstance(event, BatchDone) for event in events)
    assert load_state(tmp_path / "run").position.batch == steps >= 3
    away.rename(data)
    *_, last = train(net, recipe, resume=tmp_path / "run", model=continued)
    assert isinstance(last, Finished)
    assert same_weights(whole, continued)
    assert held


def test_whoever_goes_away_while_the_last_losses_are_told_loses_nothing() -> None:
    """Fails if the position is not kept then; on a GPU losses wait to be told together."""
    saved: list[bool] = []
    told = keeping(iter([BatchDone(1, 1, 2, 0.5, 8, {}), BatchDone(1, 2, 2, 0.5, 8, {})]), saved.append)
    next(told)
    told.close()  # type: ignore[attr-defined]
    assert saved == [True]


def test_of_many_pictures_that_cannot_be_read_the_first_are_named_and_all_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if thousands of sentences fill the window, or the count is that of those that were named."""
    data = tmp_path / "data"
    pictures(data, 240)
    monkeypatch.setattr(sample_reader, "MOST_NAMED", 5)
    net, recipe = begun(data)
    events = trained(net, recipe, tmp_path / "run", lambda: shutil.rmtree(data / "dark"), after=0)
    told = [event.sentence for event in events if isinstance(event, Diagnosed) and event.code == "unreadable"]
    assert len(told) == 5
    assert told[-1].endswith("those to come are counted and not named.")
    lost = [event.unreadable for event in events if isinstance(event, EpochDone)]
    assert lost[-1] > 5
    assert isinstance(events[-1], Finished)


def test_a_run_is_told_that_its_table_has_become_shorter(tmp_path: Path) -> None:
    """Fails if it goes on without a word with other rows held out than before."""
    table = tmp_path / "table.csv"
    rows = [f"{number % 7},{number % 5},{('up', 'down')[number % 2]}\n" for number in range(300)]
    table.write_text("a,b,kind\n" + "".join(rows))
    net, recipe = begun(table)
    assert isinstance(list(train(net, recipe, out=tmp_path / "run"))[-1], Finished)
    same = list(train(net, replace(recipe, epochs=3), resume=tmp_path / "run"))
    table.write_text("a,b,kind\n" + "".join(rows[:200]))
    net, recipe = begun(table)
    events = list(train(net, replace(recipe, epochs=4), resume=tmp_path / "run"))
    assert isinstance(events[-1], Finished)
    told = [[event.sentence for event in each if isinstance(event, Diagnosed)] for each in (same, events)]
    assert not [sentence for sentence in told[0] if "anew" in sentence]
    assert any("200 rows now and had 300 rows" in sentence for sentence in told[1])
    assert load_run(tmp_path / "run").epoch == 4


def test_a_run_is_not_continued_with_words_that_have_other_numbers(tmp_path: Path) -> None:
    """Fails if each word is taken for another one, because one more text has changed their order."""
    data = tmp_path / "texts"
    for number in range(60):
        path = data / ("good", "bad")[number % 2] / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"this is {('very fine', 'quite awful')[number % 2]} indeed")
    net, recipe = begun(data)
    assert isinstance(list(train(net, recipe, out=tmp_path / "run"))[-1], Finished)
    (data / "bad" / "more.txt").write_text("quite awful quite awful")
    net, recipe = begun(data)
    *_, last = train(net, replace(recipe, epochs=3), resume=tmp_path / "run")
    assert isinstance(last, Failed)
    assert "the numbers of text stand for something else" in last.sentence
    assert "start a new run" in last.sentence
