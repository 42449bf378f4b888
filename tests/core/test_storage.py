"""Files: what is saved comes back, and what is broken is named."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.commands import GroupNodes, Refused, SetSetting
from app.core.document import Document
from app.core.graph.model import Graph, Node, Project
from app.core.graph.names import why_illegal
from app.core.graph.recipe import Recipe
from app.core.inference import infer
from app.core.storage import files, fragment
from app.core.storage.files import UnreadableDrawing, open_project, read_text, save_project
from app.core.storage.format import to_text
from app.core.storage.templates import load, names, open_file_or_template
from tests.support.drawings import block_net, command, small_net


def data_of(project: Project) -> dict[str, object]:
    parsed: dict[str, object] = json.loads(to_text(project))
    return parsed


def read(data: object) -> files.OpenedProject:
    return read_text(json.dumps(data).encode(), "test.netloom")


@pytest.mark.parametrize("project", [small_net(), block_net(), Project(), load("lenet_digits")], ids=lambda p: p.title)
def test_what_is_saved_comes_back(project: Project, tmp_path: Path) -> None:
    """Fails if anything of a drawing is lost in a file, blocks, recipe and view included."""
    first = next(iter(project.graph.nodes), None)
    if first is not None:
        changed = replace(project.graph.nodes[first], note="Merk dir: größer →", position=(3.5, -7.25))
        project = replace(project, graph=project.graph.with_nodes(changed))
    project = replace(project, recipe=Recipe(optimizer="SGD", lr=0.1, epochs=3), view={"zoom": 1.5}, about="“x”")
    path = tmp_path / "a.netloom"
    save_project(project, path)
    opened = open_project(path)
    assert opened.complaints == ()
    assert opened.project == project
    assert to_text(opened.project) == path.read_text(encoding="utf-8")


@given(data=st.data())
@settings(max_examples=30)
def test_any_edited_drawing_survives_a_file(data: st.DataObject) -> None:
    """Fails if some edit makes a drawing that cannot be saved."""
    document = Document(small_net())
    for _ in range(data.draw(st.integers(0, 12))):
        try:
            document.do(data.draw(command(document.project)))
        except Refused:
            continue
    opened = read_text(to_text(document.project).encode(), "test")
    assert opened.complaints == ()
    assert opened.project == document.project


def test_one_node_per_line() -> None:
    """Fails if a change of one layer would show as a change of the whole file."""
    before = to_text(small_net()).splitlines()
    project = small_net()
    node = project.graph.nodes["conv1"].with_param("out_channels", 5)
    after = to_text(replace(project, graph=project.graph.with_nodes(node))).splitlines()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"\x89PNG\r\n\x1a\n\x00\xff", "not text"),
        ('{"format": "netloom"}'.encode("utf-16"), "Save it there as UTF-8"),
        (b"hello", "not a Netloom drawing"),
        (b"[]", "not a Netloom drawing"),
        (b"null", "not a Netloom drawing"),
        (b"{}", "not a Netloom drawing"),
        (b'{"format": "other", "version": 1}', "not a Netloom drawing"),
        (b'{"format": "netloom", "version": "1"}', "version"),
        (b'{"format": "netloom", "version": true}', "version"),
        (b'{"format": "netloom"}', "version"),
        (b'{"format": "netloom", "version": 99}', "newer Netloom"),
        (b"[" * 100_000, "test.netloom"),
        (b'{"format": "netloom", "version": ' + b"9" * 10_000 + b"}", "version"),
        (b'{"format": "netloom", "version": ' + b"9" * 999 + b"}", "a huge number"),
    ],
)
def test_what_is_no_drawing_is_refused_in_a_sentence(content: bytes, words: str) -> None:
    """Fails if a foreign or newer file raises something else, or is opened as an empty drawing."""
    with pytest.raises(UnreadableDrawing, match=words) as error:
        read_text(content, "test.netloom")
    assert str(error.value).endswith(".")
    assert "test.netloom" in str(error.value)


def test_missing_files_folders_and_huge_files(tmp_path: Path) -> None:
    """Fails if a path that cannot be read gives a traceback."""
    with pytest.raises(UnreadableDrawing, match="no file"):
        open_project(tmp_path / "none.netloom")
    with pytest.raises(UnreadableDrawing, match="folder"):
        open_project(tmp_path)
    huge = tmp_path / "huge.netloom"
    with huge.open("wb") as file:
        file.truncate(files.MOST_BYTES + 1)
    with pytest.raises(UnreadableDrawing, match="larger"):
        open_project(huge)
    with pytest.raises(UnreadableDrawing):
        open_project(Path("a\0b"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes in the file system")
def test_pipes_and_devices_are_neither_read_nor_replaced(tmp_path: Path) -> None:
    """Fails if a pipe is waited for, /dev/zero is read until memory is full, or a device is replaced by a file."""
    pipe = tmp_path / "pipe.netloom"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero")):
        with pytest.raises(UnreadableDrawing, match="pipe"):
            open_project(path)
    with pytest.raises(OSError, match="pipe"):
        save_project(small_net(), pipe)
    assert pipe.is_fifo()


def test_a_number_of_thousands_of_digits_costs_only_its_setting() -> None:
    """Fails if one number that Python refuses to read loses the whole drawing."""
    text = to_text(small_net())
    assert '"batch_size": 32' in text
    opened = read_text(text.replace('"batch_size": 32', '"batch_size": ' + "9" * 10_000).encode(), "test.netloom")
    assert opened.project.graph == small_net().graph
    assert len(opened.complaints) == 1
    assert "batch_size" in opened.complaints[0]


def test_a_name_that_is_too_long_for_a_file(tmp_path: Path) -> None:
    """Fails if the system's refusal of such a name comes through, or the sentence is as long as the name."""
    with pytest.raises(UnreadableDrawing, match="no file") as error:
        open_file_or_template("x" * 5000)
    assert len(str(error.value)) < 1000


@given(cut=st.floats(0.0, 1.0))
def test_a_truncated_file_opens_as_far_as_it_goes(cut: float) -> None:
    """Fails if a file cut off anywhere raises anything but a sentence, or is opened without saying what is missing."""
    project = load("lenet_digits")
    raw = to_text(project).encode()
    raw = raw[: int(cut * (len(raw) - 3))]
    try:
        opened = read_text(raw, "test.netloom")
    except UnreadableDrawing:
        return
    assert opened.complaints
    kept = opened.project.graph.nodes
    assert all(kept[name] == project.graph.nodes[name] for name in kept)
    infer(opened.project)


def test_most_of_a_truncated_file_is_saved() -> None:
    """Fails if a missing last line loses the layers before it."""
    raw = to_text(load("lenet_digits")).encode()
    opened = read_text(raw[:-40], "test.netloom")
    assert len(opened.project.graph.nodes) == 14
    assert len(opened.project.graph.wires) == 13
    assert "damaged or cut off at line" in opened.complaints[0]


@given(
    at=st.floats(0.0, 1.0), junk=st.sampled_from(["}", "]", '"', ",", "\\", "\x00", "{", "NaN", "-", "'", "é", "1e999"])
)
def test_a_damaged_file_never_raises_anything_else(at: float, junk: str) -> None:
    """Fails if one wrong character anywhere leads to a traceback, in reading, inference or saving again."""
    text = to_text(block_net())
    place = int(at * len(text))
    try:
        opened = read_text((text[:place] + junk + text[place + 1 :]).encode(), "test.netloom")
    except UnreadableDrawing as error:
        assert str(error).endswith(".")
        return
    infer(opened.project)
    read_text(to_text(opened.project).encode(), "again")


@pytest.mark.parametrize("place", ['"epochs":', '"filters":', '"view":{"zoom":'])
def test_numbers_without_end_can_still_be_saved_again(place: str) -> None:
    """Fails if 1e999, which JSON allows, gets in and then makes saving impossible."""
    text = to_text(replace(block_net(), view={"zoom": 2})).replace(" ", "")
    assert place in text
    start = text.index(place) + len(place)
    end = start + re.search(r"[,}]", text[start:]).start()  # type: ignore[union-attr]
    opened = read_text((text[:start] + "1e999" + text[end:]).encode(), "test.netloom")
    assert opened.complaints
    to_text(opened.project)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.data())
@settings(max_examples=150)
def test_any_value_in_any_place_is_a_complaint_and_never_an_error(data: st.DataObject) -> None:
    """Fails if some value of a wrong kind gets into the drawing unchecked."""
    content = data_of(block_net())
    path: list[object] = []
    place: object = content
    while isinstance(place, (dict, list)) and place and (not path or data.draw(st.integers(0, 3))):
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        path.append(key)
        parent, place = place, place[key]  # type: ignore[index]
    parent[path[-1]] = data.draw(json_values)  # type: ignore[index, possibly-undefined]
    try:
        opened = read(content)
    except UnreadableDrawing as error:
        assert str(error).endswith(".")
        return
    report = infer(opened.project)
    assert all(problem.sentence.endswith(".") for problem in report.problems)
    assert all(complaint.endswith((".", "…")) for complaint in opened.complaints), opened.complaints
    for graph in (opened.project.graph, *(block.graph for block in opened.project.blocks.values())):
        assert all(why_illegal(name) is None and node.name == name for name, node in graph.nodes.items())
    again = read_text(to_text(opened.project).encode(), "again")
    assert again.project == opened.project


def edited(**changes: object) -> files.OpenedProject:
    """The small net with entries of its second node (conv1) changed."""
    content = data_of(small_net())
    content["nodes"][1].update(changes)  # type: ignore[index]
    return read(content)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "import os"}, "cannot be a name"),
        ({"name": "relu1"}, "Two layers are named relu1"),
        ({"name": 7}, "cannot be a name"),
        ({"name": "forward"}, "meaning of its own"),
        ({"type": 3}, "needs a name and a type"),
        ({"params": 3}, "settings are not an object"),
        ({"params": {"out_channels": None}}, "neither number"),
        ({"at": ["x", 1]}, "not two numbers"),
        ({"at": [1e400, 1]}, "not two numbers"),
        ({"repeat": -3}, "repeat must be"),
        ({"muted": "yes"}, "muted cannot be"),
        ({"shares": 5}, "shares cannot be"),
        ({"exec": "import os"}, "not known"),
    ],
)
def test_what_had_to_be_changed_is_listed_with_its_place(changes: dict[str, object], words: str) -> None:
    """Fails if a repair is silent."""
    opened = edited(**changes)
    assert any(words in complaint for complaint in opened.complaints), opened.complaints


def test_wires_follow_a_name_that_had_to_be_changed() -> None:
    """Fails if repairing a name tears the layer out of the drawing."""
    content = json.loads(to_text(small_net()).replace('"conv1', '"conv 1'))
    opened = read(content)
    assert len(opened.complaints) == 1
    assert opened.project.graph.into("conv_1")
    assert infer(opened.project).problems == ()


def test_wrong_settings_stay_in_the_drawing_and_are_problems() -> None:
    """Fails if a wrong setting is silently replaced, or stops the rest from opening."""
    opened = edited(params={"out_channels": "many", "no_such": 1})
    assert opened.complaints == ()
    assert opened.project.graph.nodes["conv1"].params["out_channels"] == "many"
    problem = infer(opened.project).problems[0]
    assert (problem.node, problem.code) == ("conv1", "setting")


def test_keys_that_stand_twice_are_said() -> None:
    """Fails if the second of two equal keys silently wins."""
    text = to_text(small_net()).replace('"title": "Small",', '"title": "Small", "title": "Other",')
    opened = read_text(text.encode(), "test")
    assert opened.project.title == "Small"
    assert "stands twice" in opened.complaints[0]


SMUGGLED = "__import__('pathlib').Path('{0}').touch()"


@pytest.mark.parametrize(
    "place",
    [
        "name",
        "type",
        "param",
        "param name",
        "title",
        "note",
        "shares",
        "wire",
        "block",
        "exposed",
        "recipe",
        "view",
        "port",
    ],
)
def test_code_in_a_file_is_never_run(place: str, tmp_path: Path) -> None:
    """Fails if text from a file is ever evaluated, on opening, checking, printing or running."""
    owned = tmp_path / "owned"
    code = SMUGGLED.format(owned)
    content = data_of(block_net())
    nodes: list[dict[str, object]] = content["nodes"]  # type: ignore[assignment]
    if place in ("name", "type", "note", "shares"):
        nodes[1][place] = code
    elif place == "param":
        nodes[0]["params"] = {"shape": code}
    elif place == "param name":
        nodes[0]["params"] = {code: 1}
    elif place == "title":
        content["title"] = f'"""\n{code}\n"""'
    elif place == "wire":
        content["wires"][0] = {"from": f"{code}.output", "to": f"first.{code}"}  # type: ignore[index]
    elif place == "port":
        content["wires"][0] = {"from": f"picture.{code}", "to": f"first.{code}"}  # type: ignore[index]
    elif place == "block":
        content["blocks"][code] = content["blocks"]["unit"]  # type: ignore[index]
        nodes[1]["type"] = f"block:{code}"
    elif place == "exposed":
        content["blocks"]["unit"]["exposed"] = [{"name": code, "node": code, "param": code}]  # type: ignore[index]
    else:
        content[place] = {code: code}
    from app.core.compile.net import compile_net
    from app.core.compile.plan import NotReady

    opened = read(content)
    try:
        compile_net(opened.project).model()
    except NotReady as error:
        assert str(error)
    assert not owned.exists()


def test_saving_is_atomic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a crash while writing leaves half a file, or parts lying about."""
    path = tmp_path / "a.netloom"
    save_project(small_net(), path)
    old = path.read_bytes()

    def crash(*_: object) -> None:
        raise OSError("the power is gone")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, crash)
            with pytest.raises(OSError, match="power"):
                save_project(block_net(), path)
        assert path.read_bytes() == old
        assert [entry.name for entry in tmp_path.iterdir()] == ["a.netloom"]


@pytest.mark.parametrize("letter", ["x", "é", "語"])
def test_a_name_may_be_as_long_as_the_disk_takes(letter: str, tmp_path: Path) -> None:
    """Fails if the file that is written first has a longer name than the drawing, and so cannot be made."""
    path = tmp_path / (letter * (246 // len(letter.encode())) + ".netloom")
    save_project(small_net(), path)
    assert open_project(path).project == small_net()
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_crash_in_the_middle_of_writing_leaves_the_old_file(tmp_path: Path) -> None:
    """Fails if the process dies (no exception handling at all) and the drawing is gone."""
    path = tmp_path / "a.netloom"
    save_project(small_net(), path)
    old = path.read_bytes()
    child = os.fork()
    if child == 0:
        os.fsync = lambda _: os._exit(9)  # type: ignore[assignment]
        save_project(block_net(), path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 9
    assert path.read_bytes() == old


def test_an_original_with_complaints_is_kept_when_the_repaired_drawing_is_saved(tmp_path: Path) -> None:
    """Fails if saving a repaired drawing loses what could not be opened."""
    path = tmp_path / "a.netloom"
    damaged = to_text(load("lenet_digits")).encode()[:-40]
    path.write_bytes(damaged)
    document = Document.open(path)
    assert document.complaints
    document.do(SetSetting(names=("conv1",), param="out_channels", value=7))
    document.save()
    assert (tmp_path / "a.netloom.original").read_bytes() == damaged
    assert Document.open(path).complaints == ()


def test_a_file_that_cannot_be_opened_leaves_the_open_drawing(tmp_path: Path) -> None:
    """Fails if a failed open loses what was on the canvas."""
    document = Document(small_net())
    before = document.project
    with pytest.raises(UnreadableDrawing):
        document.load(tmp_path / "none.netloom")
    assert document.project is before


def test_fragments_carry_layers_between_windows() -> None:
    """Fails if copying loses settings or inner wires, or pasting takes a name twice."""
    project = small_net()
    text = fragment.to_text(project, "", ["conv1", "relu1"])
    read_ = fragment.from_text(text)
    nodes, wires = read_.nodes, read_.wires
    assert read_.blocks == {}
    assert [node.name for node in nodes] == ["conv1", "relu1"]
    assert nodes[0].params == project.graph.nodes["conv1"].params
    fresh, fresh_wires = fragment.renamed(nodes, wires, project.graph.nodes, (40, 40))
    assert [node.name for node in fresh] == ["conv2", "relu2"]
    assert [(w.source, w.target) for w in fresh_wires] == [("conv2", "relu2")]
    for foreign in ("", "hello", "{}", "[1]", '{"format": "netloom-fragment", "nodes": []}'):
        with pytest.raises(UnreadableDrawing):
            fragment.from_text(foreign)


def test_fragments_carry_the_blocks_of_their_layers() -> None:
    """Fails if a pasted instance lacks its block, or takes another one of the same name."""
    project = GroupNodes("unit", ("conv", "norm"), "core").apply(block_net())
    piece = fragment.from_text(fragment.to_text(project, "", ["first", "second"]))
    assert piece.blocks == project.blocks
    assert fragment.fitted(piece, project).blocks == {}
    fresh = fragment.fitted(piece, Project())
    assert (fresh.nodes, dict(fresh.blocks)) == (piece.nodes, dict(piece.blocks))
    core = project.blocks["core"]
    other = project.with_block("core", replace(core, graph=core.graph.without(["norm"])))
    moved = fragment.fitted(piece, other)
    assert list(moved.blocks) == ["unit2", "core2"]
    assert moved.nodes[0].type == "block:unit2"
    assert moved.blocks["unit2"].graph.nodes["core"].type == "block:core2"
    assert fragment.from_text(fragment.to_text(project, "core", ["conv"])).blocks == {}


@pytest.mark.parametrize("name", names())
def test_templates_are_in_the_form_that_saving_gives(name: str, tmp_path: Path) -> None:
    """Fails if a template was edited by hand into something that changes on its first save."""
    from app.core.storage.templates import folder

    project = load(name)
    assert to_text(project) == (folder() / f"{name}.netloom").read_text(encoding="utf-8")
    assert infer(project).problems == ()
    assert project.about.endswith(".")
    assert isinstance(project.graph, Graph)
    assert all(isinstance(node, Node) for node in project.graph.nodes.values())


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("at", [0, 1, 7, 12])
@pytest.mark.parametrize("base", [False, True])
def test_the_marks_of_a_merge_are_told_as_such(tmp_path: Path, ends: str, at: int, base: bool) -> None:
    """Would fail if a file that git could not merge were called damaged, or opened up to the first mark."""
    rows = to_text(load("lenet_digits")).split("\n")
    theirs = ["||||||| 1234abc", rows[at]] if base else []
    rows[at : at + 1] = ["<<<<<<< HEAD", rows[at], *theirs, "=======", rows[at], ">>>>>>> " + "long" * 30]
    path = tmp_path / "merged.netloom"
    path.write_bytes(ends.join(rows).encode())
    with pytest.raises(UnreadableDrawing) as reason:
        open_project(path)
    said = str(reason.value)
    assert "merge in git" in said
    assert f"line {at + 1}:" in said
    assert len(said) < 400


def test_marks_inside_of_words_are_no_merge(tmp_path: Path) -> None:
    """Would fail if a note about merging could not be opened."""
    project = replace(load("lenet_digits"), about="<<<<<<< HEAD\n=======\n>>>>>>> other")
    path = tmp_path / "note.netloom"
    save_project(project, path)
    assert open_project(path).project.about == project.about


NEAR = [("lenet_digit", "mean lenet_digits"), ("dqn_cartpol", "mean dqn_cartpole"), ("zzz", "There are lenet_digits, ")]


@pytest.mark.parametrize(("what", "said"), NEAR)
def test_an_unknown_template_is_answered_by_near_names(what: str, said: str) -> None:
    """Fails if somebody who types the begin of a name is told another net, or all names where one comes near."""
    with pytest.raises(UnreadableDrawing, match="no template of that name") as caught:
        open_file_or_template(what)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 400
