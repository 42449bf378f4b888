"""Wrong labels that were corrected and samples that were left out: in the drawing, never in the student's files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from app.core.commands import CorrectSamples, ForgetCorrections, Refused
from app.core.commands.corrections import corrections_of
from app.core.compile.net import compile_net
from app.core.document import Document
from app.core.graph.model import Project
from app.core.graph.seen import key_of
from app.core.inference import infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from app.data import catalog
from app.data.source_looks import looks
from app.training import batches
from app.training.events import BatchDone, Diagnosed, EpochDone, Event, Failed, Finished
from app.training.loop import train
from app.training.script import print_script
from nodes.api import Each, Feed, Field, File, Int, Layer, Mapped, Schema, source
from nodes.api.corrections import CORRECTIONS, corrected
from tests.support.example_source import among_ours, example_source, rows_net, write_rows
from tests.support.own_data import own_data, own_net
from tests.training.nets import FAST, same_weights
from tests.training.test_script import by_script, by_us

RECIPE = replace(FAST, batch_size=16, test=0.1)
WRONG = {
    "row 1": ("cat", "dog"),
    "row 4": ("dog", "eel"),
    "row 50": ("dog", None),
    "row 103": ("cat", None),
}


@pytest.fixture(autouse=True)
def data() -> Iterator[None]:
    before = torch.get_num_threads()
    catalog._held.clear()
    with among_ours(own_data("plain")):
        yield
    torch.set_num_threads(before)


def corrected_net(samples: dict[str, tuple[str, str | None]] = WRONG) -> Project:
    return CorrectSamples("", "data", samples).apply(own_net("OwnPlain"))


def test_labels_are_changed_and_samples_vanish_from_every_part() -> None:
    """Fails if a corrected class is not what is learned, or a sample that was left out is in any part."""
    plan = compile_net(corrected_net()).plan
    joined = batches.load(plan)
    wanted = torch.arange(103) % 2
    wanted[0], wanted[3] = 1, 2
    assert torch.equal(joined["data.label"], wanted)
    parts = batches.divide(plan, joined, 0.2, 0, 0.2)
    assert sorted(n for part in parts for n in part.tolist()) == [n for n in range(103) if n not in (49, 102)]
    plain = batches.load(compile_net(own_net("OwnPlain")).plan)
    assert torch.equal(plain["data.label"], torch.arange(103) % 2)  # nobody else's data was written into


def test_a_script_corrects_the_same() -> None:
    """Fails if the exported program learns another class, or from a sample that was left out."""
    model, _ = by_us(corrected_net(), RECIPE)
    text = print_script(compile_net(corrected_net()), RECIPE)
    assert "nodes" not in text
    assert same_weights(model, by_script(text))
    many = {f"row {n}": (("cat", "dog")[(n + 1) % 2], "eel") for n in range(2, 40)}
    only = replace(RECIPE, test=0.0)
    model, _ = by_us(corrected_net(many), only)
    assert same_weights(model, by_script(print_script(compile_net(corrected_net(many)), only)))


def test_each_correction_is_a_step_that_can_be_undone() -> None:
    """Fails if a correction cannot be taken back, forgets what was corrected before, or has no name in the menu."""
    document = Document(own_net("OwnPlain"))
    document.do(CorrectSamples("", "data", {"row 1": ("cat", "dog")}))
    document.do(CorrectSamples("", "data", {"row 2": ("dog", None), "row 3": ("cat", None)}))
    assert document.undo_title == "Leave out 2 samples of data"
    entries = corrections_of(document.project.graph.nodes["data"])
    assert entries == (("row 1", "cat", "dog"), ("row 2", "dog"), ("row 3", "cat"))
    document.do(CorrectSamples("", "data", {"row 1": ("cat", "cat")}))
    assert [entry[0] for entry in corrections_of(document.project.graph.nodes["data"])] == ["row 2", "row 3"]
    document.undo()
    assert corrections_of(document.project.graph.nodes["data"]) == entries
    document.do(ForgetCorrections("", "data"))
    assert CORRECTIONS not in document.project.graph.nodes["data"].params
    document.undo()
    document.undo()
    document.undo()
    assert document.project.graph.nodes["data"].params == own_net("OwnPlain").graph.nodes["data"].params
    with pytest.raises(Refused, match="no samples that could be corrected"):
        document.do(CorrectSamples("", "fc1", {"row 1": ("cat", "dog")}))


def test_they_are_in_the_file_of_the_drawing() -> None:
    """Fails if corrections are lost by saving, or stand in drawings that have none."""
    opened = read_text(to_text(corrected_net()).encode(), "a")
    assert opened.complaints == ()
    assert corrections_of(opened.project.graph.nodes["data"]) == corrections_of(corrected_net().graph.nodes["data"])
    assert CORRECTIONS not in to_text(own_net("OwnPlain"))
    assert infer(opened.project).problems == ()


@pytest.mark.parametrize("entry", [3, "row 1", ["row 1"], [["row 1"]], [["row 1", "cat", 3]], [[1, "a", "b"]]])
def test_corrections_of_a_stranger_are_checked(entry: object) -> None:
    """Fails if a drawing from somewhere else can say anything here and end in a traceback."""
    data = json.loads(to_text(corrected_net()))
    for each in data["nodes"]:
        if each["name"] == "data":
            each["params"][CORRECTIONS] = entry
    opened = read_text(json.dumps(data).encode(), "a")
    said = [*opened.complaints, *(problem.sentence for problem in infer(opened.project).problems)]
    assert any(CORRECTIONS in sentence for sentence in said)


def test_the_file_is_not_looked_at_again(tmp_path: Path) -> None:
    """Fails if each of a hundred corrections reads a large file anew."""
    with example_source(tmp_path):
        csv = write_rows(tmp_path / "rows.csv")
        before = rows_net(csv)
        after = CorrectSamples("", "rows", {"sample 3": ("", None)}).apply(before)
        keys = [key_of(project.graph.nodes["rows"]) for project in (before, after)]
        assert keys[0] == keys[1]
        assert [key for key, _ in looks(after)] == keys[:1]
        plain = catalog.load(compile_net(replace(before, schemas=dict(looks(before)))).plan.sources[0])
        changed = catalog.load(compile_net(replace(after, schemas=dict(looks(after)))).plan.sources[0])
        assert changed.fields["x"] is plain.fields["x"]
        assert changed.excluded is not None
        assert changed.excluded.tolist() == [2]


def test_the_counts_are_those_behind_the_corrections() -> None:
    """Fails if the balance of the classes is told as it was before somebody corrected it."""
    schema = Schema({"x": Field((3,)), "label": Field((), "int", ("cat", "dog", "eel"), (52, 51, 0))}, 103)
    told = corrected(schema, corrections_of(corrected_net().graph.nodes["data"]))
    assert told.fields["label"].counts == (50, 50, 1)
    assert told.remarks == ("2 left out by you and 2 with another class by you.",)
    assert told.samples == 103


def test_a_correction_of_nothing_is_told() -> None:
    """Fails if a file that is gone, or a class that is no more, ends a training or is passed over in silence."""
    project = corrected_net({"row 999": ("cat", "dog"), "row 1": ("cat", "fox"), "row 2": ("dog", None)})
    events = list(train(compile_net(project), RECIPE))
    assert isinstance(events[-1], Finished)
    told = [event.sentence for event in events if isinstance(event, Diagnosed) and event.code == "corrections"]
    assert len(told) == 2
    assert "row 999" in told[0]
    assert "fox" in told[1]


def test_classes_that_are_read_one_by_one_are_corrected_too() -> None:
    """Fails if only classes that lie in memory can be corrected."""

    def describe(*, count: int) -> Schema:
        """Made for a test."""
        return Schema({"x": Field((1,)), "label": Field((), "int", 3)}, count)

    def load(*, count: int) -> Feed:
        return Feed(
            {
                "x": torch.arange(float(count))[:, None],
                "label": Each(count, lambda number: torch.tensor(number % 3)),
            }
        )

    layer = source(id="Lazy", name="Lazy", params=[Int("count", 30, low=1)], describe=describe, load=load)
    with among_ours(layer):
        project = CorrectSamples("", "data", {"sample 5": ("1", "0"), "sample 30": ("2", "1")}).apply(own_net("Lazy"))
        labels = batches.load(compile_net(project).plan)["data.label"]
        wanted = torch.arange(30) % 3
        wanted[4], wanted[29] = 0, 1
        assert torch.equal(labels, wanted)


def test_all_left_out_is_a_sentence() -> None:
    """Fails if a drawing in which everything is left out trains on nothing."""
    names = {f"row {n + 1}": (("cat", "dog")[n % 2], None) for n in range(103)}
    (ending,) = train(compile_net(corrected_net(names)), RECIPE)
    assert isinstance(ending, Failed)
    assert "0 samples cannot be divided" in ending.sentence


def stamped() -> Layer:
    """A drawing of numbers in a file of bytes, each its own class by whether it is even."""

    def describe(*, path: str) -> Schema:
        """Made for a test."""
        stamp = str(Path(path).stat().st_mtime_ns)
        return Schema({"x": Field((1,)), "label": Field((), "int", ("a", "b"))}, Path(path).stat().st_size, stamp=stamp)

    def load(*, path: str) -> dict[str, object]:
        values = torch.tensor(list(Path(path).read_bytes()))
        if b"!" in Path(path).read_bytes():
            Path(path).write_bytes(bytes(range(99)))
        return {"x": values[:, None].float(), "label": values % 2}

    layer = source(id="Bytes", name="Bytes", params=[File("path")], describe=describe, load=load, fields=["x", "label"])
    return layer


def test_a_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    """Fails if a file of the same length, but with other samples than were looked at, is trained on without a word; or
    one that is written while it is read."""
    file = tmp_path / "a.bin"
    file.write_bytes(bytes(range(100, 140)))
    with among_ours(stamped()):
        project = own_net("Bytes", classes=2, path=str(file))
        seen = replace(project, schemas=dict(looks(project)))
        net = compile_net(seen)
        held = catalog.load(net.plan.sources[0])
        file.write_bytes(bytes(range(60, 100)))
        (ending,) = train(net, FAST)
        assert isinstance(ending, Failed)
        assert "has changed since it was looked at. Look at it again" in ending.sentence
        again = compile_net(replace(project, schemas=dict(looks(project))))
        fresh = catalog.load(again.plan.sources[0])
        assert fresh is not held
        assert fresh.fields["x"][0].item() == 60.0
        assert isinstance(list(train(again, FAST))[-1], Finished)
        file.write_bytes(b"!" * 40)
        now = compile_net(replace(project, schemas=dict(looks(project))))
        (ending,) = train(now, FAST)
        assert isinstance(ending, Failed)
        assert "has changed since it began to be read" in ending.sentence


def test_other_words_for_the_classes_are_noticed() -> None:
    """Fails if a run is used on data whose class 0 is another one now, though there are as many classes."""
    plan = compile_net(own_net("OwnPlain")).plan
    (known,) = plan.sources
    before = Schema({"label": Field((), "int", ("ant", "dog", "eel"))}, 103)
    with pytest.raises(ValueError, match="has changed since it was looked at"):
        catalog.load(replace(known, seen=before))


def mapped() -> Layer:
    """A map of a file of bytes."""

    def describe(*, path: str) -> Schema:
        """Made for a test."""
        return Schema({"x": Field((1,)), "label": Field((), "int", ("a", "b"))}, Path(path).stat().st_size)

    def load(*, path: str) -> dict[str, object]:
        values = np.memmap(path, dtype=np.uint8, mode="r")
        column = Mapped(values, lambda read: read.float()[:, None])
        return {"x": column, "label": torch.arange(len(values)) % 2}

    return source(id="Map", name="Map", params=[File("path")], describe=describe, load=load, fields=["x", "label"])


@pytest.mark.parametrize("shorter", [False, True])
def test_a_file_that_changes_in_the_middle_of_a_training_ends_it(tmp_path: Path, shorter: bool) -> None:
    """Fails if samples of another file are learned from half way, or a file that is cut takes the program with it."""
    file = tmp_path / "a.bin"
    file.write_bytes(bytes(range(200)) * 500)
    with among_ours(mapped()):
        project = own_net("Map", classes=2, path=str(file))
        net = compile_net(replace(project, schemas=dict(looks(project))))
        events = train(net, replace(FAST, batch_size=50, epochs=9))
        done: list[Event] = []
        for event in events:
            done.append(event)
            if isinstance(event, BatchDone) and event.batch == 3 and event.epoch == 1:
                if shorter:
                    os.truncate(file, 1000)
                else:
                    file.write_bytes(bytes(range(100)) * 1000)
        assert isinstance(done[-1], Failed)
        assert done[-1].node == "data"
        assert done[-1].sentence.startswith(f"{file} has changed since it was looked at. Look at it again")
        assert not any(isinstance(event, EpochDone) for event in done)
