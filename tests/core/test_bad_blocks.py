"""Bad blocks are a sentence each: files and programs can hold what no command makes."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from app.core.commands import (
    AddNodes,
    Command,
    GroupNodes,
    InsertOnWire,
    Refused,
    Rename,
    SetSetting,
)
from app.core.graph.blocks import block_sizes, contains, param_of, value_of
from app.core.graph.model import Block, Exposed, Graph, Node, Project, Wire, block_of
from app.core.inference import infer
from tests.support.drawings import block_net, node


def refusal(project: Project, command_: Command) -> str:
    """The sentence of an edit that must be refused."""
    with pytest.raises(Refused) as refused:
        command_.apply(project)
    sentence = str(refused.value)
    assert sentence.endswith("."), sentence
    assert sentence[0].isupper() or sentence.split()[0] in sentence
    return sentence


def alone(project: Project, nodes: dict[str, str]) -> dict[str, list[str]]:
    """Problems by node, after a healthy part beside them was found alive."""
    graph = Graph.of(
        [*project.graph.nodes.values(), node("healthy", "Input", shape=(5,)), node("fine", "Linear", out_features=2)],
        [*project.graph.wires, Wire("healthy", "output", "fine", "x")],
    )
    report = infer(replace(project, graph=graph)).main
    assert report.nodes["fine"].outputs["output"].sizes == (2,)
    found: dict[str, list[str]] = {}
    for problem in report.problems:
        assert problem.sentence.endswith("."), problem.sentence
        found.setdefault(problem.node, []).append(problem.sentence)
    for name, words in nodes.items():
        assert len(found[name]) == 1, found
        assert words in found[name][0], found
    return found


def test_recursive_blocks_are_one_sentence_each() -> None:
    """Fails if a block inside itself, directly or through another, is followed for ever or breaks the rest."""
    project = block_net(1)
    unit = project.blocks["unit"]
    direct = project.with_graph("unit", unit.graph.with_nodes(Node("again", "block:unit")))
    found = alone(direct, {"first/again": "contains itself (unit → unit)"})
    assert all("/again" in name for name in found)
    other = Block(Graph.of([Node("back", "block:unit")]))
    through = project.with_graph("unit", unit.graph.with_nodes(Node("over", "block:other"))).with_block("other", other)
    alone(through, {"first/over/back": "contains itself (unit → other → unit)"})
    assert contains(through, "other", "unit")
    assert contains(through, "unit", "unit")
    assert block_sizes(through)
    for looped in (direct, through):
        for where in ("", *looped.blocks):
            for each in looped.graph_of(where).nodes.values():
                for name in ("filters", "again", "x"):
                    param_of(looped, each, name)
                    value_of(looped, each, name)


def test_a_circle_is_told_where_nothing_arrives() -> None:
    """Fails if a block inside itself is only said to lack a wire: whoever draws one still has a broken drawing."""
    unit = Block(Graph.of([node("x", "In"), Node("over", "block:other"), node("y", "Out")]))
    other = Block(Graph.of([node("x", "In"), Node("back", "block:unit")]))
    project = Project(graph=Graph.of([Node("one", "block:unit")])).with_block("unit", unit).with_block("other", other)
    found = alone(project, {"one": "Nothing arrives here", "one/over/back": "contains itself (unit → other → unit)"})
    assert len(found) == 2
    healthy = project.with_block("other", Block(Graph.of([node("x", "In"), node("y", "Out")])))
    assert set(alone(healthy, {"one": "Nothing arrives here"})) == {"one"}


def test_a_setting_exposed_in_a_circle_does_not_hang() -> None:
    """Fails if looking for the declaration of such a setting never ends."""
    block = Block(Graph.of([Node("again", "block:unit")]), (Exposed("size", "again", "size"),))
    project = Project(graph=Graph.of([Node("one", "block:unit", {"size": 3})])).with_block("unit", block)
    assert param_of(project, project.graph.nodes["one"], "size") is None
    assert value_of(project, project.graph.nodes["one"], "size") == 3
    alone(project, {})
    with pytest.raises(Refused):
        SetSetting(names=("one",), param="size", value=4).apply(project)


def test_a_block_cannot_be_put_into_itself() -> None:
    """Fails if an edit makes what inference would only complain about afterwards."""
    project = GroupNodes("unit", ("conv", "norm"), "core").apply(block_net())
    assert "inside itself" in refusal(project, AddNodes("unit", (Node("n", "block:unit"),)))
    assert "uses core" in refusal(project, AddNodes("core", (Node("n", "block:unit"),)))
    wire = project.blocks["core"].graph.wires[0]
    assert "uses core" in refusal(project, InsertOnWire("core", Node("n", "block:unit"), wire))
    AddNodes("unit", (Node("n", "block:core"),)).apply(project)


def test_ports_removed_while_in_use_are_one_sentence() -> None:
    """Fails if a file whose wires lead to ports that are gone loses more than those."""
    project = block_net(1)
    graph = project.blocks["unit"].graph.without(["y"])
    gone = project.with_graph(
        "unit", graph.with_nodes(node("out", "Out")).with_wires([*graph.wires, Wire("relu", "output", "out", "x")])
    )
    found = alone(gone, {"second": "starts at first.y, which does not exist"})
    assert set(found) == {"second", "third", "sum1"}
    entry = project.with_graph("unit", project.blocks["unit"].graph.without(["x"]))
    alone(entry, {"first": "no such input"})


def test_shared_nodes_of_another_type_or_shape_are_one_sentence() -> None:
    """Fails if weights are shared between what cannot share, be it layers or instances of blocks."""
    project = block_net(1)

    def shares(name: str, owner: str, base: Project = project) -> Project:
        return base.with_graph("", base.graph.with_nodes(replace(base.graph.nodes[name], shares=owner)))

    alone(shares("second", "sum1"), {"second": "which is an Add and not a block unit"})
    alone(shares("second", "first"), {"second": "settings or input shapes differ"})
    equal = SetSetting(names=("second", "third"), param="filters", value=8).apply(project)
    assert infer(shares("third", "second", equal)).problems == ()
    inside = project.with_graph(
        "unit",
        project.blocks["unit"].graph.with_nodes(replace(project.blocks["unit"].graph.nodes["norm"], shares="conv")),
    )
    alone(inside, {"first/norm": "which is a Conv2d and not a BatchNorm2d"})


def test_repeating_with_a_changing_shape_is_one_sentence() -> None:
    """Fails if a chain whose links do not fit is accepted."""
    project = block_net(1)

    def repeated(base: Project, name: str) -> Project:
        return base.with_graph("", base.graph.with_nodes(replace(base.graph.nodes[name], repeat=2)))

    alone(repeated(project, "first"), {"first": "must have the shape of what it takes"})
    wide = project.with_graph("unit", project.blocks["unit"].graph.with_nodes(node("y2", "Out")))
    wide = wide.with_graph(
        "unit",
        wide.blocks["unit"].graph.with_wires([*wide.blocks["unit"].graph.wires, Wire("norm", "output", "y2", "x")]),
    )
    alone(repeated(wide, "third"), {"third": "one input and one output"})


def nest(levels: int, width: int) -> Project:
    """Blocks in blocks, each holding ``width`` of the next in a row."""
    blocks = {}
    for level in range(levels):
        inner = f"block:b{level + 1}" if level + 1 < levels else "ReLU"
        names = [f"n{number}" for number in range(width)]
        port, out = ("x", "y") if level + 1 < levels else ("x", "output")
        nodes = [Node("x", "In"), *(Node(name, inner) for name in names), Node("y", "Out")]
        wires = [Wire("x", "output", names[0], port)]
        wires += [Wire(a, out, b, port) for a, b in itertools.pairwise(names)]
        wires.append(Wire(names[-1], out, "y", "x"))
        blocks[f"b{level}"] = Block(Graph.of(nodes, wires))
    graph = Graph.of([node("a", "Input", shape=(4,)), Node("all", "block:b0")], [Wire("a", "output", "all", "x")])
    return Project("Nest", graph=graph, blocks=blocks)


def test_blocks_that_unfold_without_end_are_one_sentence() -> None:
    """Fails if a small file can keep the program busy for ever, or overflow Python's stack."""
    assert infer(nest(12, 2)).problems == ()
    alone(nest(30, 2), {"all": "unfolds into"})
    alone(nest(400, 1), {"all": "400 levels deep"})
    many = nest(12, 2)
    crowd = many.with_graph(
        "",
        Graph.of(
            [many.graph.nodes["a"], *(Node(f"i{k}", "block:b0") for k in range(10))],
            [Wire("a", "output", f"i{k}", "x") for k in range(10)],
        ),
    )
    problems = infer(crowd).problems
    assert problems
    assert all("unfolds into" in p.sentence or "together" in p.sentence for p in problems)
    assert infer(crowd).main.nodes["i0"].outputs


def test_repeats_count_as_layers() -> None:
    """Fails if a few blocks that are repeated a thousand times each pass every check, and then compile for ever."""

    def repeated(project: Project, times: int) -> Project:
        for where in ("", *project.blocks):
            graph = project.graph_of(where)
            often = [replace(node, repeat=times) for node in graph.nodes.values() if block_of(node.type) is not None]
            project = project.with_graph(where, graph.with_nodes(*often))
        return project

    assert infer(repeated(nest(3, 1), 10)).problems == ()
    alone(repeated(nest(6, 1), 1000), {"all": "unfolds into more than a billion layers"})
    alone(repeated(nest(2, 1), 1000), {"all": "or repeats"})


def test_settings_exposed_for_nothing_are_one_sentence() -> None:
    """Fails if a block that exposes what it does not have is silent about it, or breaks."""
    project = block_net(1)
    unit = project.blocks["unit"]

    def exposing(*exposed: Exposed) -> Project:
        return project.with_block("unit", replace(unit, exposed=(*unit.exposed, *exposed)))

    alone(exposing(Exposed("a", "nobody", "b")), {"first": "nobody"})
    alone(exposing(Exposed("a", "conv", "colour")), {"first": "colour"})
    nested = GroupNodes("unit", ("conv", "norm"), "core").apply(project)
    bad = nested.with_graph("", nested.graph.with_nodes(nested.graph.nodes["second"].with_param("filters", "many")))
    alone(bad, {"second": "filters"})


def test_rename_inside_a_block_still_follows() -> None:
    """Fails if an instance's setting or wire is lost when a node inside is renamed after grouping."""
    project = GroupNodes("unit", ("conv", "norm"), "core").apply(block_net())
    project = Rename("unit", "core", "heart").apply(project)
    project = Rename("core", "conv", "first_conv").apply(project)
    assert infer(project).problems == ()
    assert value_of(project, project.graph.nodes["second"], "filters") == 6
