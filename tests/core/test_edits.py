"""Edits, undo and redo, and what listeners are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.commands import (
    AddNodes,
    Connect,
    EditAll,
    InsertOnWire,
    MoveNodes,
    Refused,
    RemoveAndJoin,
    RemoveNodes,
    Rename,
    SetNodeField,
    SetRecipe,
    SetSetting,
)
from app.core.document import Change, Document
from app.core.graph.graph_diff import diff
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from tests.support.drawings import block_net, chain, command, node, small_net


@given(data=st.data())
@settings(max_examples=40)
def test_undo_all_gives_the_beginning_and_redo_all_the_end(data: st.DataObject) -> None:
    """Fails if any edit escapes undo, or if a refused edit leaves something behind."""
    document = Document(small_net())
    start = document.project
    for _ in range(data.draw(st.integers(1, 25))):
        before = document.project
        try:
            document.do(data.draw(command(document.project)))
        except Refused as refused:
            assert document.project is before
            assert str(refused).endswith(".")
    end = document.project
    while document.undo():
        pass
    assert document.project == start
    assert not document.dirty
    while document.redo():
        pass
    assert document.project == end


@given(data=st.data())
@settings(max_examples=40)
def test_inference_from_an_earlier_report_equals_a_fresh_one(data: st.DataObject) -> None:
    """Fails if recomputing only what lies below an edit forgets something."""
    document = Document(small_net())
    for _ in range(data.draw(st.integers(1, 20))):
        try:
            document.do(data.draw(command(document.project)))
        except Refused:
            continue
        fresh = infer(document.project)
        assert document.report.main == fresh.main


@given(data=st.data())
@settings(max_examples=40)
def test_facts_lead_from_one_drawing_to_the_next(data: st.DataObject) -> None:
    """Fails if a view that follows the facts would differ from the document."""
    document = Document(small_net())
    shown_nodes = dict(document.graph().nodes)
    shown_wires = set(document.graph().wires)

    def follow(change: Change) -> None:
        facts = change.diffs.get("")
        if facts is None:
            return
        after = change.after.graph
        for name in facts.gone:
            del shown_nodes[name]
        for name in (*facts.come, *facts.changed, *facts.moved):
            shown_nodes[name] = after.nodes[name]
        shown_wires.difference_update(facts.wires_removed)
        shown_wires.update(facts.wires_added)

    document.subscribe(follow)
    for _ in range(data.draw(st.integers(1, 20))):
        try:
            document.do(data.draw(command(document.project)))
        except Refused:
            continue
        if data.draw(st.booleans()):
            document.undo()
    assert shown_nodes == dict(document.graph().nodes)
    assert shown_wires == set(document.graph().wires)


def test_typing_in_one_field_is_one_step_until_sealed() -> None:
    """Fails if every keystroke becomes a step, or if two visits to a field become one."""
    document = Document(small_net())
    for value in (1, 12, 128):
        document.do(SetSetting(names=("conv1",), param="out_channels", value=value))
    document.seal()
    document.do(SetSetting(names=("conv1",), param="out_channels", value=7))
    assert document.undo_title == "Set filters of conv1"
    document.undo()
    assert document.graph().nodes["conv1"].params["out_channels"] == 128
    document.undo()
    assert document.graph().nodes["conv1"].params["out_channels"] == 4
    assert document.undo_title is None


def test_moves_of_the_same_nodes_merge_and_tidying_does_not() -> None:
    """Fails if dragging leaves a hundred steps, or if tidying swallows a drag."""
    document = Document(small_net())
    document.do(MoveNodes(positions={"conv1": (1, 1)}))
    document.do(MoveNodes(positions={"conv1": (2, 2)}))
    document.do(MoveNodes(positions={"conv1": (9, 9)}, verb="Tidy"))
    document.undo()
    assert document.graph().nodes["conv1"].position == (2, 2)
    document.undo()
    assert document.graph().nodes["conv1"].position == (0, 0)


def test_an_edit_that_changes_nothing_is_no_step() -> None:
    """Fails if undo has to be pressed twice for nothing."""
    document = Document(small_net())
    assert document.do(SetSetting(names=("conv1",), param="out_channels", value=4)) is None
    assert document.undo_title is None
    assert not document.dirty


def test_a_new_wire_takes_the_place_of_the_old_one_at_a_single_input() -> None:
    """Fails if two wires end at one input."""
    document = Document(small_net())
    document.do(Connect(wires=(Wire("conv1", "output", "flatten", "x"),)))
    assert document.graph().into("flatten") == (Wire("conv1", "output", "flatten", "x"),)


def test_removing_and_joining_closes_the_gap() -> None:
    """Fails if the neighbours are left apart."""
    document = Document(small_net())
    document.do(RemoveAndJoin(names=("conv1", "relu1")))
    assert document.graph().into("flatten") == (Wire("digits", "image", "flatten", "x"),)


def test_inserting_on_a_wire_makes_room_and_can_be_undone() -> None:
    """Fails if the wire does not run through the new layer, or layers behind it stay under it."""
    document = Document(small_net())
    wire = Wire("relu1", "output", "flatten", "x")
    document.do(InsertOnWire(node=node("pool1", "MaxPool2d"), wire=wire, make_room=200))
    graph = document.graph()
    assert graph.into("pool1") == (Wire("relu1", "output", "pool1", "x"),)
    assert graph.into("flatten") == (Wire("pool1", "output", "flatten", "x"),)
    assert graph.nodes["fc1"].position == (200, 0)
    assert graph.nodes["conv1"].position == (0, 0)
    document.undo()
    assert document.graph().into("flatten") == (wire,)


def test_room_on_a_wire_is_made_in_its_row_only() -> None:
    """Fails if the next row of a drawing in rows leaves its columns when a layer is inserted above it."""
    places = {"a": (0.0, 0.0), "b": (240.0, 0.0), "c": (480.0, 0.0), "d": (0.0, 200.0), "e": (240.0, 200.0)}
    graph = Graph.of([replace(node(n, "ReLU"), position=at) for n, at in places.items()], chain(*places))
    document = Document(Project(graph=graph))
    document.do(InsertOnWire(node=node("new", "ReLU"), wire=Wire("a", "output", "b", "x"), make_room=200))
    after = {name: document.project.graph.nodes[name].position for name in places}
    assert after == places | {"b": (440.0, 0.0), "c": (680.0, 0.0)}


def test_a_rename_reaches_wires_shares_exposed_settings_and_ports() -> None:
    """Fails if anything still points to the old name."""
    document = Document(block_net())
    document.do(SetNodeField(names=("second",), field_name="shares", value="third"))
    document.do(Rename(old="third", new="last"))
    assert document.graph().nodes["second"].shares == "last"
    assert Wire("last", "y", "sum1", "xs") in document.graph().wires
    document.do(Rename(where="unit", old="conv", new="filterbank"))
    assert document.project.blocks["unit"].exposed[0].node == "filterbank"
    document.do(Rename(where="unit", old="y", new="answer"))
    assert Wire("first", "answer", "second", "x") in document.graph().wires


def test_order_at_a_variadic_port_survives_a_rename() -> None:
    """Fails if renaming a layer swaps the halves of a concatenation."""
    document = Document(block_net())
    before = [wire.source for wire in document.graph().into("sum1")]
    document.do(Rename(old="third", new="z"))
    assert [wire.source for wire in document.graph().into("sum1")] == [{"third": "z"}.get(n, n) for n in before]


@pytest.mark.parametrize(
    "bad",
    [
        AddNodes(nodes=(node("self", "ReLU"),)),
        AddNodes(nodes=(node("conv1", "ReLU"),)),
        AddNodes(nodes=(node("import os", "ReLU"),)),
        Rename(old="conv1", new="relu1"),
        Rename(old="nobody", new="x"),
        Rename(old="conv1", new="lambda"),
        RemoveNodes(names=("nobody",)),
        Connect(wires=(Wire("fc1", "output", "conv1", "x"),)),
        Connect(wires=(Wire("conv1", "output", "conv1", "x"),)),
        Connect(wires=(Wire("conv1", "nothing", "relu1", "x"),)),
        SetSetting(names=("conv1",), param="out_channels", value=0),
        SetSetting(names=("conv1",), param="nothing", value=0),
        SetNodeField(names=("conv1",), field_name="repeat", value=0),
        SetNodeField(names=("conv1",), field_name="name", value="x"),
        SetRecipe(setting="lr", value=-1.0),
        SetRecipe(where="nowhere", setting="nothing", value=1),
        MoveNodes(where="nowhere", positions={}),
        EditAll(commands=(MoveNodes(positions={"conv1": (5, 5)}), RemoveNodes(names=("nobody",)))),
    ],
    ids=lambda bad: type(bad).__name__,
)
def test_a_refused_edit_is_a_sentence_and_changes_nothing(bad: AddNodes) -> None:
    """Fails if an impossible edit gets through, half or whole, or is refused without a sentence."""
    document = Document(small_net())
    before = document.project
    with pytest.raises(Refused) as refused:
        document.do(bad)
    assert str(refused.value).endswith(".")
    assert document.project is before
    assert document.undo_title is None


def test_diff_of_equal_graphs_is_nothing() -> None:
    """Fails if a view would be redrawn for nothing."""
    graph = small_net().graph
    assert not diff(graph, Graph(dict(graph.nodes), graph.wiring))
