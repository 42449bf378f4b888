"""Frames and notes without a window: the value, the edits, files, the clipboard, blocks."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.commands import (
    AddFrames,
    Command,
    GroupNodes,
    InsertOnWire,
    MoveNodes,
    PlaceFrames,
    Refused,
    RemoveFrames,
    RemoveNodes,
    Rename,
    SetFrameColor,
    SetFrameText,
    UnpackBlock,
)
from app.core.compile.plan import make_plan
from app.core.compile.source import print_source
from app.core.document import Document
from app.core.graph.frames import (
    COLORS,
    LARGEST,
    LONGEST_TEXT,
    LONGEST_TITLE,
    MOST_FRAMES,
    NODE_SIZE,
    SMALLEST,
    Frame,
    around,
    contents,
    framing,
    holds,
    inside,
    widened,
)
from app.core.graph.graph_diff import diff
from app.core.graph.model import Block, Graph, Node, Project, Wire, rects
from app.core.storage import fragment
from app.core.storage.files import OpenedProject, UnreadableDrawing, open_project, read_text, save_project
from app.core.storage.format import to_text
from app.core.storage.migrations import migrated
from tests.support.drawings import frame_command, small_net

FRAME = Frame("frame1", "Encoder", False, "green", (-40.0, -90.0), (700.0, 300.0))
NOTE = Frame("note1", "# Why\n\nBecause **so**.", True, "yellow", (10.0, 220.5), (260.0, 140.0))


def framed(*frames: Frame) -> Project:
    project = small_net()
    return replace(project, graph=project.graph.with_frames(*frames))


def reopened(project: Project) -> OpenedProject:
    return read_text(to_text(project).encode(), "test.netloom")


def in_a_row(count: int = 4) -> Project:
    """r0 → r1 → …, side by side."""
    nodes = [Node(f"r{i}", "ReLU", position=(i * 240.0, 0.0)) for i in range(count)]
    wires = [Wire(f"r{i}", "output", f"r{i + 1}", "x") for i in range(count - 1)]
    return Project(graph=Graph.of(nodes, wires))


def around_nodes(project: Project, name: str, *names: str) -> Frame:
    content = around(rects([project.graph.nodes[each] for each in names]).values())
    assert content is not None
    return Frame(name, name).at(framing(content))


# -- files -------------------------------------------------------------------------------------------------------------


def test_frames_come_back_from_a_file(tmp_path: Path) -> None:
    """Fails if anything of a frame or note is lost in a file, in the main graph or in a block."""
    project = framed(FRAME, NOTE)
    inner = Graph.of([Node("inp", "In"), Node("out", "Out")], [Wire("inp", "output", "out", "x")], [NOTE, FRAME])
    project = project.with_block("unit", Block(inner))
    save_project(project, tmp_path / "a.netloom")
    opened = open_project(tmp_path / "a.netloom")
    assert opened.complaints == ()
    assert opened.project == project
    assert list(opened.project.blocks["unit"].graph.frames) == ["note1", "frame1"]


@given(data=st.data())
def test_any_frames_survive_a_file(data: st.DataObject) -> None:
    """Fails if some edit makes a frame that is saved and read as another."""
    document = Document(small_net())
    for _ in range(data.draw(st.integers(0, 12))):
        try:
            document.do(data.draw(frame_command(document.project)))
        except Refused:
            continue
    opened = reopened(document.project)
    assert opened.complaints == ()
    assert opened.project == document.project


@given(text=st.text(max_size=80), is_note=st.booleans())
def test_any_words_can_be_saved(text: str, is_note: bool) -> None:
    """Fails if some letters, such as halves of letters, make a drawing that cannot be saved."""
    document = Document(framed(FRAME, NOTE))
    document.do(SetFrameText(name="note1" if is_note else "frame1", text=text + "\ud800\x00\r\n"))
    assert reopened(document.project).project == document.project


def test_one_frame_stands_on_one_line() -> None:
    """Fails if a change of one frame would show as a change of the whole file."""
    before = to_text(framed(FRAME, NOTE)).splitlines()
    after = to_text(framed(replace(FRAME, color="red"), NOTE)).splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1
    assert any(line.startswith('{"name": "frame1", "kind": "frame", "text": "Encoder",') for line in before)


def test_what_has_no_frames_is_written_as_before() -> None:
    """Fails if a program of before frames could no longer open drawings that have none."""
    data = json.loads(to_text(small_net()))
    assert data["version"] == 1
    assert "frames" not in data
    assert migrated(data, 1, 2) == data


def test_older_programs_say_that_they_are_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a program that knows no frames would open such a drawing and lose them silently."""
    in_block = small_net().with_block("unit", Block(Graph.of([], [], [NOTE])))
    for project in (framed(NOTE), in_block):
        text = to_text(project)
        assert json.loads(text)["version"] == 2
        monkeypatch.setattr("app.core.storage.files.VERSION", 1)  # what such a program knows
        with pytest.raises(UnreadableDrawing, match="newer Netloom"):
            read_text(text.encode(), "a.netloom")
        monkeypatch.undo()


BROKEN: list[tuple[object, str]] = [
    ("no list", "not a list"),
    ([5], "left out"),
    ([{"name": "a", "kind": "window"}], "frame or note"),
    ([{"name": "a", "kind": ["note"]}], "frame or note"),
    ([{"name": "a", "text": 5}], "text"),
    ([{"name": "a", "kind": "note", "text": "x" * (LONGEST_TEXT + 1)}], "20,000"),
    ([{"name": "a", "text": "x" * (LONGEST_TITLE + 1)}], "200"),
    ([{"name": "a", "text": "two\nlines"}], "cannot be shown"),
    ([{"name": "a", "color": "javascript:1"}], "colour"),
    ([{"name": "a", "color": ["red"]}], "colour"),
    ([{"name": "a", "at": "here"}], "place"),
    ([{"name": "a", "at": [float("nan"), 0]}], "place"),
    ([{"name": "a", "at": [1e300, 0]}], "place"),
    ([{"name": "a", "at": [10**400, 0]}], "place"),
    ([{"name": "a", "size": [float("inf"), 5]}], "size"),
    ([{"name": "a", "size": [True, 5]}], "size"),
    ([{"name": "a", "size": [1, 2]}], "too small"),
    ([{"name": "a", "size": [1e8, 1e8]}], "too large"),
    ([{"name": "a", "size": [-5, 100]}], "too small"),
    ([{"name": "class"}], "name of its own"),
    ([{"name": "a"}, {"name": "a"}], "name of its own"),
    ([{"name": {"a": 1}}], "name of its own"),
    ([{}], "name of its own"),
    ([{"name": "a", "onclick": "x"}], "onclick"),
]


@pytest.mark.parametrize(("frames", "words"), BROKEN, ids=[str(i) for i in range(len(BROKEN))])
def test_broken_frames_are_mended_and_named(frames: object, words: str) -> None:
    """Fails if a bad frame ends in a traceback, is taken as it is, or is changed without a word."""
    data = json.loads(to_text(small_net())) | {"frames": frames, "version": 2}
    opened = read_text(json.dumps(data).encode(), "test.netloom")
    assert any(words in complaint for complaint in opened.complaints), opened.complaints
    assert set(opened.project.graph.nodes) == set(small_net().graph.nodes)
    for name, frame in opened.project.graph.frames.items():
        assert frame.name == name
        assert frame.color in COLORS
        assert all(least <= side <= LARGEST for side, least in zip(frame.size, SMALLEST, strict=True))
    again = reopened(opened.project)
    assert again.complaints == ()
    assert again.project == opened.project


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ENTRY = st.dictionaries(st.sampled_from(["name", "kind", "text", "color", "at", "size", "x"]), JSON, max_size=6)


@given(frames=st.lists(ENTRY | JSON, max_size=5))
def test_nothing_in_a_file_breaks_the_reader(frames: list[object]) -> None:
    """Fails if some entry of a stranger ends in a traceback or in a frame that cannot be saved again."""
    data = json.loads(to_text(small_net())) | {"frames": frames, "version": 2}
    opened = read_text(json.dumps(data).encode(), "test.netloom")
    assert reopened(opened.project).project == opened.project


def test_a_file_with_too_many_frames_opens_all_the_same() -> None:
    """Fails if a file of a hundred thousand frames hangs the program, or loses some of them without a word."""
    data = json.loads(to_text(Project())) | {"frames": [{"kind": "note"}] * 100_000, "version": 2}
    opened = read_text(json.dumps(data).encode(), "test.netloom")
    assert len(opened.project.graph.frames) == MOST_FRAMES
    assert "100,000 frames" in opened.complaints[0]
    with pytest.raises(Refused, match="at most"):
        Document(opened.project).do(AddFrames(frames=(replace(NOTE, name="one_more"),)))


# -- clipboard ---------------------------------------------------------------------------------------------------------


def test_the_clipboard_carries_the_frames_that_are_selected() -> None:
    """Fails if a frame that was not selected is copied, or one that was is not."""
    project = framed(FRAME, NOTE)
    piece = fragment.from_text(fragment.to_text(project, "", ["conv1"], ["note1"]))
    assert [frame.name for frame in piece.frames] == ["note1"]
    assert piece.frames[0] == NOTE
    assert fragment.from_text(fragment.to_text(project, "", [], ["frame1"])).frames == (FRAME,)
    assert fragment.fitted(piece, project).frames == piece.frames


def test_the_clipboard_carries_the_frames_in_blocks() -> None:
    """Fails if a block that is pasted into another drawing loses its notes."""
    project = in_a_row()
    document = Document(replace(project, graph=project.graph.with_frames(around_nodes(project, "f", "r1", "r2"))))
    document.do(GroupNodes(names=("r1", "r2")))
    (instance,) = (name for name in document.graph().nodes if not name.startswith("r"))
    piece = fragment.from_text(fragment.to_text(document.project, "", [instance]))
    assert [list(block.graph.frames) for block in piece.blocks.values()] == [["f"]]


def test_an_empty_clipboard_says_so() -> None:
    """Fails if nothing at all counts as a fragment."""
    with pytest.raises(UnreadableDrawing):
        fragment.from_text(fragment.to_text(framed(FRAME), "", []))


# -- edits -------------------------------------------------------------------------------------------------------------


def test_frames_mean_nothing_to_the_network() -> None:
    """Fails if an edit of frames makes a report new, changes the printed program, or compares as another network."""
    document = Document(framed(FRAME))
    program, report = print_source(make_plan(document.project)).text, document.report
    for edit in (
        AddFrames(frames=(NOTE,)),
        PlaceFrames(rects={"frame1": (0.0, 0.0, 500.0, 400.0)}),
        SetFrameText(name="note1", text="Other"),
        SetFrameColor(names=("frame1", "note1"), color="red"),
        MoveNodes(frames={"note1": (5.0, 6.0)}),
        RemoveFrames(names=("frame1",)),
    ):
        change = document.do(edit)
        assert change is not None
        assert change.reported == frozenset()
        assert change.diffs[""].frames
        facts = change.diffs[""]
        assert (facts.changed, facts.moved, facts.rewired) == ((), (), False)
    assert print_source(make_plan(document.project)).text == program
    assert all(document.report.main.nodes[name] is each for name, each in report.main.nodes.items())


def test_every_step_has_a_title_and_is_taken_back() -> None:
    """Fails if an edit of frames has no words in the undo menu, or undo leaves something of it."""
    document = Document(framed(FRAME))
    first = document.project
    steps: list[tuple[Command, str]] = [
        (AddFrames(frames=(NOTE,)), "Add a note"),
        (AddFrames(frames=(replace(NOTE, name="a"), replace(FRAME, name="b")), verb="Paste"), "Paste 2 frames"),
        (PlaceFrames(rects={"frame1": (0.0, 0.0, 500.0, 400.0)}), "Resize a frame"),
        (SetFrameText(name="note1", text="Other"), "Change the words"),
        (SetFrameColor(names=("frame1", "note1"), color="red"), "Colour 2 frames red"),
        (MoveNodes(positions={"conv1": (1.0, 2.0)}, frames={"note1": (5.0, 6.0)}), "Move conv1"),
        (MoveNodes(frames={"note1": (7.0, 6.0)}), "Move a frame"),
        (RemoveFrames(names=("frame1",)), "Remove a frame"),
    ]
    for edit, title in steps:
        document.do(edit)
        assert document.undo_title == title
    last = document.project
    while document.undo():
        pass
    assert document.project == first
    while document.redo():
        pass
    assert document.project == last


def test_moves_of_the_same_frames_merge() -> None:
    """Fails if dragging by keys fills the undo menu, or moves of different frames become one step."""
    document = Document(framed(FRAME, NOTE))
    for x in range(5):
        document.do(MoveNodes(positions={"conv1": (x, 0.0)}, frames={"frame1": (x, 1.0)}))
    document.do(MoveNodes(frames={"note1": (1.0, 1.0)}))
    document.undo()
    document.undo()
    assert document.project == framed(FRAME, NOTE)


@pytest.mark.parametrize(
    "edit",
    [
        RemoveFrames(names=("nobody",)),
        PlaceFrames(rects={"nobody": (0.0, 0.0, 100.0, 100.0)}),
        PlaceFrames(rects={"frame1": (float("nan"), 0.0, 100.0, 100.0)}),
        MoveNodes(frames={"frame1": (float("inf"), 0.0)}),
        SetFrameText(name="nobody", text="x"),
        SetFrameText(name="note1", text="x" * (LONGEST_TEXT + 1)),
        SetFrameColor(names=("frame1",), color="mauve"),
        AddFrames(frames=(FRAME,)),
        AddFrames(frames=(replace(FRAME, name="class"),)),
        AddFrames(frames=(replace(FRAME, name="a", color="mauve"),)),
        AddFrames(frames=(replace(FRAME, name="a"), replace(FRAME, name="a"))),
    ],
    ids=lambda edit: edit.step_title,
)
def test_what_cannot_be_done_is_refused_in_a_sentence(edit: Command) -> None:
    """Fails if a bad edit is carried out, or ends in a traceback."""
    document = Document(framed(FRAME, NOTE))
    with pytest.raises(Refused) as refused:
        document.do(edit)
    assert str(refused.value).endswith(".")
    assert document.project == framed(FRAME, NOTE)


def test_frames_keep_a_size_that_can_be_grasped() -> None:
    """Fails if a frame can be made so small that it is lost, or so large that it is everywhere."""
    document = Document(framed(FRAME))
    document.do(PlaceFrames(rects={"frame1": (0.0, 0.0, -5.0, 1e9 - 1)}))
    assert document.graph().frames["frame1"].size == (SMALLEST[0], LARGEST)


@pytest.mark.parametrize(
    "edit",
    [
        Rename(old="conv1", new="other"),
        RemoveNodes(names=("conv1",)),
        MoveNodes(positions={"conv1": (9.0, 9.0)}),
    ],
    ids=lambda edit: edit.step_title,
)
def test_edits_of_layers_keep_the_frames(edit: Command) -> None:
    """Fails if an edit that makes a graph anew forgets to take the frames along."""
    document = Document(framed(FRAME, NOTE))
    document.do(edit)
    assert document.graph().frames == {"frame1": FRAME, "note1": NOTE}


def test_facts_name_the_frames_that_differ() -> None:
    """Fails if a view would not hear of a frame that came, went or changed, or heard of one that did not."""
    before = Graph.of([], [], [FRAME, NOTE])
    after = Graph.of([], [], [replace(FRAME, color="red"), replace(NOTE, name="note2"), replace(NOTE, name="same")])
    before = before.with_frames(replace(NOTE, name="same"))
    assert set(diff(before, after).frames) == {"frame1", "note1", "note2"}
    assert not diff(before, before.with_frames())


# -- what stands where -------------------------------------------------------------------------------------------------


def test_a_frame_carries_what_has_its_middle_in_it() -> None:
    """Fails if a frame takes a node along that only touches it, or leaves an inner frame or note behind."""
    frames = {
        each.name: each
        for each in (
            FRAME,
            replace(NOTE, position=(0.0, 0.0), size=(100.0, 100.0)),
            replace(NOTE, name="half", position=(600.0, 0.0)),
            replace(FRAME, name="inner", position=(0.0, 0.0), size=(300.0, 120.0)),
        )
    }
    nodes = {"in": (0.0, 0.0, 184.0, 90.0), "edge": (600.0, 0.0, 184.0, 90.0), "mid": (560.0, 0.0, 184.0, 90.0)}
    assert contents(["frame1"], frames, nodes) == (("in", "mid"), ("frame1", "note1", "inner"))
    assert contents(["note1"], frames, nodes) == ((), ("note1",))


def test_a_frame_goes_into_a_block_with_its_layers_and_comes_back() -> None:
    """Fails if the frame of grouped layers stays behind, a frame of others goes too, or unpacking loses it."""
    project = in_a_row(6)
    mine, both = around_nodes(project, "mine", "r2", "r3"), around_nodes(project, "both", "r1", "r2", "r3", "r4")
    other = around_nodes(project, "other", "r5")
    note = Frame("n", "x", True, position=(500.0, 20.0), size=(100.0, 50.0))
    project = replace(project, graph=project.graph.with_frames(mine, both, other, note))
    document = Document(project)
    document.do(GroupNodes(names=("r2", "r3")))
    (block,) = document.project.blocks
    assert set(document.graph().frames) == {"both", "other"}
    assert set(document.graph(block).frames) == {"mine", "n"}
    (instance,) = (name for name in document.graph().nodes if not name.startswith("r"))
    document.do(UnpackBlock(name=instance))
    frames = document.graph().frames
    assert set(frames) == {"both", "other", "mine", "n"}
    for name in ("r2", "r3"):
        rect = rects([document.graph().nodes[name]])[name]
        assert holds(frames["mine"], rect)
        assert holds(frames["both"], rect)
    assert inside(frames["mine"].rect, frames["both"].rect)


def test_a_block_that_is_repeated_brings_its_frame_with_every_copy() -> None:
    """Fails if copies of a frame had one name, or stood on each other."""
    inner = in_a_row(2)
    nodes = [Node("inp", "In", position=(-240.0, 0.0)), *inner.graph.nodes.values(), Node("out", "Out")]
    wires = [Wire("inp", "output", "r0", "x"), *inner.graph.wires, Wire("r1", "output", "out", "x")]
    block = Block(Graph.of(nodes, wires, [around_nodes(inner, "f", "r0", "r1")]))
    project = Project(graph=Graph.of([Node("unit1", "block:unit", repeat=3)])).with_block("unit", block)
    document = Document(project)
    document.do(UnpackBlock(name="unit1"))
    graph = document.graph()
    assert len(graph.frames) == 3
    assert len({frame.position for frame in graph.frames.values()}) == 3
    held = [contents([name], graph.frames, rects(graph.nodes.values()))[0] for name in graph.frames]
    assert sorted(map(len, held)) == [2, 2, 2]


def test_frames_follow_when_a_layer_makes_room() -> None:
    """Fails if a layer that is inserted into a frame pushes the others out of it."""
    project = in_a_row(4)
    frame, behind = around_nodes(project, "f", "r0", "r1"), around_nodes(project, "g", "r3")
    document = Document(replace(project, graph=project.graph.with_frames(frame, behind)))
    wire = Wire("r0", "output", "r1", "x")
    document.do(InsertOnWire(node=Node("new", "Tanh", position=(240.0, 0.0)), wire=wire, make_room=240.0))
    graph = document.graph()
    assert all(holds(graph.frames["f"], rects(graph.nodes.values())[name]) for name in ("r0", "new", "r1"))
    assert graph.frames["g"].position == (behind.position[0] + 240.0, behind.position[1])


def test_a_frame_grows_no_larger_than_a_file_may_say() -> None:
    """Fails if room made in a very wide frame widens it beyond what is read back, so that the file has a complaint."""
    frame = Frame("frame1", size=(LARGEST - 10.0, 400.0))
    places = {"one": (10.0, 100.0, *NODE_SIZE), "two": (400.0, 100.0, *NODE_SIZE)}
    (wider,) = widened({"frame1": frame}, places, {"two"}, 220.0)
    assert wider.size == (LARGEST, 400.0)
