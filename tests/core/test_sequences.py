"""Long random sequences of edits of every kind, on a document without a window.

``--hypothesis-profile=long`` runs many more of them than every test run does.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core import commands
from app.core.commands import (
    AddNodes,
    Command,
    Connect,
    Disconnect,
    InsertOnWire,
    Refused,
    SetBlockNote,
    SetNodeField,
    SetTitle,
)
from app.core.commands.base import SettingCommand
from app.core.commands.corrections import CorrectSamples, ForgetCorrections
from app.core.compile.plan import NotReady, make_plan
from app.core.compile.source import print_source
from app.core.document import Change, Document
from app.core.graph.model import MAIN, Graph, Project, Wire, block_of
from app.core.graph.names import why_illegal
from app.core.graph.ports import input_ports
from app.core.graph.rules import why_not
from app.core.inference import Report, infer
from app.core.storage.files import read_text
from app.core.storage.format import to_text
from tests.support import edits
from tests.support.drawings import node
from tests.support.edits import STARTS, any_edit

EXAMPLES = max(settings.default.max_examples // 2, 1)  # type: ignore[union-attr]


def test_every_kind_of_edit_is_tried() -> None:
    """Fails if somebody adds an edit that the sequences below never make."""
    modules = [import_module(f"{commands.__name__}.{each.name}") for each in iter_modules(commands.__path__)]
    known = {
        each
        for module in modules
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Command) and each.__module__ == module.__name__ and each not in (Command, SettingCommand)
    }
    used = {each for _, each in inspect.getmembers(edits, inspect.isclass) if issubclass(each, Command)}
    apart = {CorrectSamples, ForgetCorrections}  # need samples: tests/data/test_corrections.py
    assert known - apart <= used


class Shown:
    """What a view knows that only hears the facts of each change."""

    def __init__(self, document: Document) -> None:
        self.graphs: dict[str, Graph] = {}
        self.start(document.project)
        document.subscribe(self.follow)

    def start(self, project: Project) -> None:
        self.graphs = {where: project.graph_of(where) for where in (MAIN, *project.blocks)}

    def follow(self, change: Change) -> None:
        self.graphs = {change.renamed_blocks.get(where, where): graph for where, graph in self.graphs.items()}
        for where, facts in change.diffs.items():
            after = change.after.graph_of(where) if where == MAIN or where in change.after.blocks else Graph()
            before = self.graphs.get(where, Graph())
            nodes = {name: each for name, each in before.nodes.items() if name not in facts.gone}
            for name in (*facts.come, *facts.changed, *facts.moved):
                nodes[name] = after.nodes[name]
            wires = [wire for wire in before.wires if wire not in facts.wires_removed] + list(facts.wires_added)
            frames = {name: each for name, each in before.frames.items() if name not in facts.frames}
            frames |= {name: after.frames[name] for name in facts.frames if name in after.frames}
            self.graphs[where] = Graph.of(nodes.values(), wires, frames.values())
        for where in [where for where in self.graphs if where != MAIN and where not in change.after.blocks]:
            assert not self.graphs.pop(where).nodes

    def check(self, project: Project) -> None:
        for where in (MAIN, *project.blocks):
            shown, graph = self.graphs.get(where, Graph()), project.graph_of(where)
            assert dict(shown.nodes) == dict(graph.nodes)
            assert set(shown.wires) == set(graph.wires)
            assert dict(shown.frames) == dict(graph.frames)


def check_report(report: Report, project: Project) -> None:
    """The report that was carried from edit to edit equals one made from nothing."""
    fresh = infer(project)
    assert report.main == fresh.main
    assert dict(report.blocks) == dict(fresh.blocks)
    assert report.problems == fresh.problems
    assert list(report.main.nodes) == list(fresh.main.nodes)


def check_sound(drawing: Project) -> None:
    """What no edit may break, however foolish: names, wires between nodes that exist, one wire at a single input."""
    for where in (MAIN, *drawing.blocks):
        graph = drawing.graph_of(where)
        for name, each in graph.nodes.items():
            assert each.name == name
            assert why_illegal(name) is None
            block = block_of(each.type)
            assert block is None or block in drawing.blocks
            assert each.shares is None or each.shares != ""
        for wire in graph.wires:
            assert wire.source in graph.nodes
            assert wire.target in graph.nodes
        for name, each in graph.nodes.items():
            many = {port.name for port in input_ports(drawing, each) if port.variadic}
            single = [wire.target_port for wire in graph.into(name) if wire.target_port not in many]
            assert len(set(single)) == len(single)
        assert all(frame.name == name for name, frame in graph.frames.items())


def plain(drawing: Project) -> Mapping[str, object]:
    """A drawing as values that compare by what they mean, with the order of nodes and wires."""
    return {
        "project": drawing,
        "order": [[*drawing.graph_of(where).nodes] for where in (MAIN, *drawing.blocks)],
    }


@given(data=st.data())
@settings(max_examples=EXAMPLES)
def test_any_sequence_of_edits(data: st.DataObject) -> None:
    """Fails if an edit escapes undo, leaves a half-done drawing or a wrong report, or cannot be saved and read."""
    document = Document(data.draw(st.sampled_from(STARTS))())
    start, shown, passed = document.project, Shown(document), [document.project]
    for _ in range(data.draw(st.integers(1, 25))):
        step = data.draw(st.sampled_from(["edit"] * 6 + ["undo", "redo", "seal"]))
        before = document.project
        if step == "edit":
            command = data.draw(any_edit(document.project, document.report))
            try:
                document.do(command)
                assert command.step_title
            except Refused as refused:
                assert document.project is before
                assert str(refused).endswith(".")
                continue
        elif step == "seal":
            document.seal()
            continue
        else:
            document.undo() if step == "undo" else document.redo()
        passed.append(document.project)
        check_report(document.report, document.project)
        check_sound(document.project)
        shown.check(document.project)
    check_file(document.project)
    check_code(document)
    while document.redo():
        pass
    last, way = document.project, [document.project]
    while document.undo():
        way.append(document.project)
        assert any(document.project is each for each in passed)
    assert plain(document.project) == plain(start)
    assert not document.dirty
    check_report(document.report, document.project)
    back = [document.project]
    while document.redo():
        back.append(document.project)
        check_report(document.report, document.project)
    assert document.project is last
    assert all(one is other for one, other in zip(reversed(way), back, strict=True))
    shown.check(document.project)


def check_file(drawing: Project) -> None:
    """Nothing is lost between the window and the file."""
    opened = read_text(to_text(drawing).encode(), "drawing")
    assert opened.complaints == ()
    again = opened.project
    assert plain(again) == plain(drawing)
    assert infer(again).problems == infer(drawing).problems


def check_code(document: Document) -> None:
    """A drawing without problems prints code that Python reads; one with problems says that it is not ready."""
    try:
        source = print_source(make_plan(document.project, document.report))
    except NotReady as reason:
        assert reason.problems
        return
    compile(source.text, "drawing", "exec")


# -- what the sequences have found -------------------------------------------------------------------------------------


def test_a_wire_is_the_same_after_the_file() -> None:
    """Fails if the order of wires at a variadic port changed when a drawing is saved and read."""
    drawing = STARTS[2]()
    again = read_text(to_text(drawing).encode(), "drawing").project
    assert again.blocks["stage"].graph.into("sum1") == (
        Wire("two", "y", "sum1", "xs"),
        Wire("one", "y", "sum1", "xs"),
    )


def test_a_block_is_shown_as_the_first_instance_that_is_fed_sees_it() -> None:
    """Fails if a block goes on showing the shapes of an instance that now waits."""
    document = Document(STARTS[1]())
    document.do(SetNodeField(names=("picture",), field_name="bypassed", value=True))
    assert document.graph_report("unit").nodes["conv"].waiting
    document.undo()
    document.do(Disconnect(wires=document.graph().into("first")))
    assert document.graph_report("unit").nodes["x"].outputs == {}


def test_a_muted_or_repeated_input_of_a_block_is_said() -> None:
    """Fails if the printed code, or a training, ends in an error instead of a sentence."""
    for field, value in (("bypassed", True), ("repeat", 2)):
        document = Document(STARTS[1]())
        document.do(SetNodeField("unit", ("x",), field, value))
        problem = document.report.problems[0]
        assert problem.node == "first/x"
        assert problem.code in ("mute", "repeat")


def test_a_wire_from_a_loss_is_explained() -> None:
    """Fails if it is drawn without a word, and the printed code then ends in an error."""
    document = Document(STARTS[0]())
    wire = Wire("loss", "loss", "end", "x")
    document.do(AddNodes(nodes=(node("end", "Output"),)))
    refusal = why_not(document.project, MAIN, wire, document.report.main)
    assert refusal is not None
    assert refusal.allowed
    document.do(Connect(wires=(wire,)))
    (problem,) = document.report.problems
    assert problem.sentence.startswith("loss is a loss")
    assert problem.wire == wire


def test_half_letters_do_not_keep_a_drawing_from_being_saved() -> None:
    """Fails if words pasted from elsewhere make saving impossible."""
    half = "a\ud800b"
    document = Document(STARTS[1]())
    document.do(SetTitle(text=half, about=half))
    document.do(SetNodeField(names=("sum1",), field_name="note", value=half))
    document.do(SetBlockNote("unit", half))
    check_file(document.project)
    assert document.project.title == "a?b"
    view = replace(document.project, view={"place": half})
    assert read_text(to_text(view).encode(), "drawing").project.view == {"place": half}
    opened = read_text(b'{"format": "netloom", "version": 1, "title": "a\\ud800b", "nodes": []}', "drawing")
    assert opened.project.title == "a?b"


def test_inserting_a_node_that_is_wired_leaves_one_wire_at_its_input() -> None:
    """Fails if two wires end at one input, or a node can be put on its own wire."""
    document = Document(STARTS[2]())
    graph = document.graph()
    document.do(InsertOnWire(node=graph.nodes["fc2"], wire=Wire("flatten", "output", "fc1", "x")))
    assert len(document.graph().into("fc2")) == 1
    with pytest.raises(Refused, match="end of this wire"):
        document.do(InsertOnWire(node=graph.nodes["fc2"], wire=Wire("flatten", "output", "fc2", "x")))
