"""Settings that are marked to vary belong to the drawing: edited, saved, renamed and undone with it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.commands import ChangeType, EditAll, GroupNodes, Refused, RemoveNodes, Rename, RenameBlock, UnpackBlock
from app.core.document import Document
from app.core.graph.model import Project
from app.core.storage import templates
from app.core.storage.files import UnreadableDrawing, open_project, read_text, save_project
from app.core.storage.format import to_text
from app.core.storage.migrations import migrated
from app.core.variants.drawings import with_values
from app.core.variants.marks import MarkSetting, UnmarkSetting, marked


def document(*marks: str) -> Document:
    made = Document(templates.load("lenet_digits"))
    for each in marks:
        made.do(MarkSetting(text=each))
    return made


def test_marks_are_saved_and_opened(tmp_path: Path) -> None:
    """Every kind of values. Fails if one is lost or means something else after opening."""
    marks = (
        "conv1.out_channels=4,8",
        "relu1.type=ReLU,Tanh",
        "lr=0.0001~0.1/4",
        "seed=0..7",
        "conv2.kernel_size=3x3,5x3",
    )
    made = document(*marks)
    save_project(made.project, tmp_path / "a.netloom")
    opened = open_project(tmp_path / "a.netloom")
    assert not opened.complaints
    assert opened.project.varied == made.project.varied == marks
    assert [each.points() for each in marked(opened.project)] == [each.points() for each in marked(made.project)]


def test_what_varies_nothing_is_written_as_before_and_older_programs_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if drawings without marks could no longer be opened by older programs, or such a program would lose marks
    without a word."""
    plain = json.loads(to_text(templates.load("lenet_digits")))
    assert "varied" not in plain
    assert plain["version"] == 1
    assert migrated(plain, 1, 3) == plain
    text = to_text(document("lr=0.1,0.2").project)
    monkeypatch.setattr("app.core.storage.files.VERSION", 2)
    with pytest.raises(UnreadableDrawing, match="newer Netloom"):
        read_text(text.encode(), "a.netloom")


@pytest.mark.parametrize(
    ("entry", "said"),
    [("no list", "not a list"), ([5], "needs a name"), (["lr=1..0"], "range"), ([None, "lr=2"], "name")],
)
def test_marks_of_a_stranger_are_said(entry: object, said: str) -> None:
    """Fails if a file with nonsense there ends in a traceback, or is taken without a word."""
    data = json.loads(to_text(templates.load("moons"))) | {"version": 3, "varied": entry}
    opened = read_text(json.dumps(data).encode(), "a.netloom")
    assert any(said in each for each in opened.complaints)
    twice = data | {"varied": ["lr=0.1,0.2", "lr=0.3,0.4"]}
    opened = read_text(json.dumps(twice).encode(), "a.netloom")
    assert opened.project.varied == ("lr=0.1,0.2",)
    assert "varies twice" in " ".join(opened.complaints)


def test_a_mark_is_changed_taken_away_and_undone() -> None:
    """Fails if the second mark of a setting stands beside the first, or undo does not bring back what was."""
    made = document("lr=0.1,0.2", "conv1.out_channels=4,8", "lr=0.3,0.4")
    assert made.project.varied == ("lr=0.3,0.4", "conv1.out_channels=4,8")
    made.do(UnmarkSetting(name="lr"))
    assert made.project.varied == ("conv1.out_channels=4,8",)
    assert made.undo_title == "Vary learning rate no more"
    made.undo()
    made.undo()
    assert made.project.varied == ("lr=0.1,0.2", "conv1.out_channels=4,8")


@pytest.mark.parametrize("text", ["fc9.out_features=1,2", "conv1.out_channels=-1,2", "speed=1,2", "lr", "lr=7..2"])
def test_what_cannot_vary_is_refused(text: str) -> None:
    """Fails if a mark that no sweep could train comes into the drawing."""
    made = document()
    with pytest.raises(Refused, match=r"\.$"):
        made.do(MarkSetting(text=text))
    assert made.project.varied == ()


def test_marks_follow_renames_and_go_with_their_layer() -> None:
    """Fails if a renamed layer loses its mark, another one gets it, or a mark stays without its layer or setting."""
    made = document("conv1.out_channels=4,8", "relu1.type=ReLU,Tanh", "lr=0.1,0.2")
    both = (Rename(old="conv1", new="spare"), Rename(old="conv2", new="conv1"))
    made.do(EditAll(commands=both))
    assert made.project.varied[0] == "spare.out_channels=4,8"
    made.do(RemoveNodes(names=("relu1",)))
    assert made.project.varied == ("spare.out_channels=4,8", "lr=0.1,0.2")
    made.do(ChangeType("", "spare", "Dropout"))
    assert made.project.varied == ("lr=0.1,0.2",)
    while made.undo_title and "Vary" not in made.undo_title:
        made.undo()
    assert made.project.varied == ("conv1.out_channels=4,8", "relu1.type=ReLU,Tanh", "lr=0.1,0.2")


def test_marks_inside_blocks_follow_both_names() -> None:
    """Fails if the rename of an instance, of a layer in its block, or of the block loses the mark."""
    made = document()
    made.do(GroupNodes(names=("fc1", "relu3"), block="head"))
    instance = next(node.name for node in made.project.graph.nodes.values() if node.type == "block:head")
    made.do(MarkSetting(text=f"{instance}/fc1.out_features=10,20"))
    made.do(Rename(old=instance, new="top"))
    made.do(RenameBlock(old="head", new="crown"))
    made.do(Rename(where="crown", old="fc1", new="dense"))
    assert made.project.varied == ("top/dense.out_features=10,20",)
    small = with_values(made.project, {"top/dense.out_features": 10})
    assert small.blocks["crown"].graph.nodes["dense"].params["out_features"] == 10


def test_marks_go_into_a_block_and_out_of_it_with_their_layer() -> None:
    """Fails if making a block of a marked layer, or unpacking it, loses the mark."""
    made = document("fc1.out_features=10,20")
    made.do(GroupNodes(names=("fc1", "relu3"), block="head"))
    instance = next(node.name for node in made.project.graph.nodes.values() if node.type == "block:head")
    assert made.project.varied == (f"{instance}/fc1.out_features=10,20",)
    made.do(UnpackBlock(name=instance))
    assert made.project.varied == ("fc1.out_features=10,20",)


def test_another_drawing_is_another_value() -> None:
    """Fails if a mark alone would not count as a change that asks for saving."""
    assert replace(Project(), varied=("lr=0.1,0.2",)) != Project()
    made = document()
    assert not made.dirty
    made.do(MarkSetting(text="lr=0.1,0.2"))
    assert made.dirty
