"""Two fully connected layers without a function between them are noted, and what only looks like it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.checks.fixes import command_at
from app.core.checks.notes import notes
from app.core.document import Document
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.inference import infer
from tests.core.test_last_function import block
from tests.support.counting import calls_in
from tests.support.drawings import chain, node


def fc(name: str, outputs: int, **more: object) -> Node:
    return replace(node(name, "Linear", out_features=outputs), **more)  # type: ignore[arg-type]


def row(*layers: Node, shape: tuple[int, ...] = (64,), **blocks: Block) -> Project:
    """These layers between an input and an output."""
    wires, last = [], ("x", "output")
    for layer in layers:
        into, out = ("i", "o") if layer.type.startswith("block:") else ("x", "output")
        wires.append(Wire(*last, layer.name, into))
        last = (layer.name, out)
    wires.append(Wire(*last, "y", "x"))
    return Project(
        graph=Graph.of([node("x", "Input", shape=shape), *layers, node("y", "Output")], wires), blocks=blocks
    )


def stacked(project: Project) -> list[str]:
    report = infer(project)
    assert report.problems == ()
    return [note.node for note in notes(project, report) if note.code == "stacked"]


STACKED: dict[str, tuple[Project, list[str]]] = {
    "two": (row(fc("a", 32), fc("b", 10)), ["b"]),
    "three": (row(fc("a", 32), fc("b", 20), fc("c", 10)), ["b", "c"]),
    "through flatten and dropout": (row(fc("a", 32), node("d", "Dropout"), node("f", "Flatten"), fc("b", 10)), ["b"]),
    "through an unsqueeze and back": (
        row(fc("a", 32), node("u", "Unsqueeze", dim=1), node("s", "Squeeze", dim=1), fc("b", 10)), ["b"]),
    "muted function": (row(fc("a", 32), node("r", "ReLU"), fc("b", 10)).with_graph(
        "", row(fc("a", 32), replace(node("r", "ReLU"), muted=True), fc("b", 10)).graph), ["r"]),
    "in a block": (row(Node("u", "block:u"), u=block(fc("a", 32), fc("b", 10))), ["u/b"]),
    "before a block": (row(fc("a", 32), Node("u", "block:u"), u=block(fc("b", 10), node("r", "ReLU"))), ["u/b"]),
    "behind a block": (row(Node("u", "block:u"), fc("b", 10), u=block(node("r", "ReLU"), fc("a", 32))), ["b"]),
    "a repeated block": (row(Node("u", "block:u", repeat=3), u=block(fc("a", 64))), ["u/a"]),
    "repeated": (row(fc("a", 64, repeat=3), node("r", "ReLU")), ["a"]),
    "one step of a sequence": (row(fc("a", 8), node("s", "Select"), fc("b", 4), shape=(5, 8)), ["b"]),
    "every step of a sequence": (row(fc("a", 8), fc("b", 4), shape=(5, 8)), ["b"]),
}  # fmt: skip

FINE: dict[str, Project] = {
    "a function between": row(fc("a", 32), node("r", "ReLU"), fc("b", 10)),
    "a norm between": row(fc("a", 32), node("n", "LayerNorm"), fc("b", 10)),
    "a function in a block between": row(fc("a", 32), Node("u", "block:u"), fc("b", 10), u=block(node("r", "Tanh"))),
    "a bottleneck": row(fc("a", 3), fc("b", 64)),
    "a muted layer": row(fc("a", 32, muted=True), fc("b", 10)),
    "steps of a sequence in one row": row(fc("a", 8), node("f", "Flatten"), fc("b", 4), shape=(5, 8)),
    "the other axis": row(fc("a", 5), node("p", "Permute", dims=(2, 1)), fc("b", 5), shape=(5, 5)),
    "a repeated block with a function": row(
        Node("u", "block:u", repeat=3), u=block(fc("a", 64), node("r", "ReLU"))),
}  # fmt: skip


@pytest.mark.parametrize("what", STACKED)
def test_layers_that_do_no_more_than_one_are_noted(what: str) -> None:
    """Fails if two sums in a row pass in silence, or the note stands elsewhere."""
    project, where = STACKED[what]
    assert stacked(project) == where


@pytest.mark.parametrize("what", FINE)
def test_what_is_more_than_one_layer_is_not_noted(what: str) -> None:
    """Fails if a drawing that is fine is called a mistake."""
    assert stacked(FINE[what]) == []


def test_an_embedding_that_is_read_elsewhere_is_meant() -> None:
    """Fails if a layer whose values are an output of their own is called idle."""
    project = row(fc("a", 32), fc("b", 10))
    graph = project.graph.with_nodes(node("code", "Output"))
    project = project.with_graph("", graph.with_wires([*graph.wires, Wire("a", "output", "code", "x")]))
    assert stacked(project) == []


@pytest.mark.parametrize("what", STACKED)
def test_the_fix_puts_a_function_between(what: str) -> None:
    """Fails if the fix of a note leaves it, breaks the drawing, or cannot be undone."""
    project, _ = STACKED[what]
    for note in [note for note in notes(project, infer(project)) if note.code == "stacked"]:
        document = Document(project)
        command = command_at(project, "", note.node, note.fixes[0])
        assert command is not None
        assert document.do(command) is not None
        assert document.report.problems == ()
        assert note.node not in stacked(document.project)
        document.undo()
        assert document.project == project


def test_notes_of_a_long_drawing_are_one_pass() -> None:
    """Fails if each layer walks the whole way back: 2,000 layers would ask for a million steps."""
    layers = [fc(f"a{index}", 64) if index % 2 else node(f"r{index}", "ReLU") for index in range(2000)]
    project = row(*layers)
    report = infer(project)
    short = row(*layers[:200])
    known = infer(short)
    few, many = calls_in(lambda: notes(short, known)), calls_in(lambda: notes(project, report))
    assert many < 15 * few  # ten times as many layers


def test_wires_are_left_alone_by_the_check() -> None:
    """Fails if asking for notes changes the drawing."""
    project, _ = STACKED["two"]
    before = chain("x", "a", "b", "y")
    notes(project, infer(project))
    assert list(project.graph.wires) == before
