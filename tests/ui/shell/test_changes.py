"""The words for what would be lost."""

from __future__ import annotations

from dataclasses import replace

from app.core.commands import AddFrames, AddNodes, Disconnect, MoveNodes, RemoveNodes, Rename, SetRecipe, SetSetting
from app.core.graph.frames import Frame
from app.core.graph.model import MAIN, Block, Node
from app.core.storage import templates
from app.core.variants.marks import MarkSetting
from app.ui.changes import what_changed
from tests.support.drawings import small_net


def test_each_kind_of_change_has_its_word() -> None:
    """Fails if a change is not named, so that the question would be silent about it."""
    before = templates.load("lenet_digits")
    after = AddNodes(nodes=(Node("extra", "ReLU"),)).apply(before)
    after = RemoveNodes(names=("loss",)).apply(after)
    after = SetSetting(names=("conv1",), param="out_channels", value=9).apply(after)
    after = MoveNodes(positions={"fc1": (7.0, 8.0)}).apply(after)
    after = SetRecipe(setting="epochs", value=3).apply(after)
    after = Disconnect(wires=(next(w for w in after.graph.wires if w.target == "fc2"),)).apply(after)
    after = replace(after, title="Other").with_block("twice", Block())
    assert what_changed(before, after) == (
        "added extra",
        "removed loss",
        "changed conv1",
        "1 wire",
        "the place of fc1",
        "added block twice",
        "training settings",
        "title and description",
    )


def test_many_layers_are_counted() -> None:
    """Fails if the question grows taller than the screen."""
    before = templates.load("lenet_digits")
    nodes = tuple(Node(f"r{number}", "ReLU") for number in range(50))
    assert what_changed(before, AddNodes(nodes=nodes).apply(before)) == ("added r0, r1, r2 and 47 more layers",)


def test_nothing_changed() -> None:
    """Fails if equal drawings seem to differ."""
    project = templates.load("lenet_digits")
    assert what_changed(project, project) == ()


def test_frames_and_notes_are_named() -> None:
    """Fails if a note that took an hour to write could be lost without being mentioned."""
    before = templates.load("lenet_digits")
    note = Frame("note1", "# Why\n\nBecause.", True)
    one = AddFrames(frames=(note,)).apply(before)
    assert what_changed(before, one) == ("the note “Why”",)
    several = AddFrames(frames=(Frame("frame1", "Encoder"),)).apply(one)
    assert what_changed(before, several) == ("2 frames and notes",)
    assert what_changed(one, several) == ("the frame “Encoder”",)


def test_a_renamed_layer_is_not_one_that_went_and_one_that_came() -> None:
    """Fails if a new name is told as a loss, or a layer in the place of another one as a new name."""
    project = small_net()
    (conv, *_) = [name for name, each in project.graph.nodes.items() if each.type == "Conv2d"]
    assert what_changed(project, Rename(MAIN, conv, "edges").apply(project)) == (f"renamed {conv} to edges",)
    both = Rename(MAIN, conv, "edges").apply(SetSetting(MAIN, (conv,), "out_channels", 3).apply(project))
    assert what_changed(project, both)[:2] == ("added edges", f"removed {conv}")


def test_what_varies_is_named() -> None:
    """Fails if a drawing that was kept is said to have "changes" alone where only what a sweep varies is another."""
    project = templates.load("mlp_digits")
    assert what_changed(project, MarkSetting(text="lr=0.1,0.01").apply(project)) == ("what varies in a sweep",)
