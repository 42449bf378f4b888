"""How many different whole numbers an input takes, and the noise that is drawn for it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from app.core.compile.net import compile_net
from app.core.graph.model import Block, Graph, Node, Project, Wire
from app.core.graph.recipe import Recipe
from app.insight.samples import load_samples
from app.insight.vocabulary import vocabulary
from tests.support.drawings import chain, node

WORDS = node("words", "Input", shape=(6, 50), dtype="int")


def behind(*layers: Node, blocks: dict[str, Block] | None = None) -> Project:
    """Words, these layers in a row, and an output."""
    names = ("words", *(each.name for each in layers), "end")
    wires = []
    for wire in chain(*names):
        source = next((each for each in layers if each.name == wire.source), None)
        port = "y" if source is not None and source.type.startswith("block:") else "output"
        wires.append(replace(wire, source_port=port))
    return Project(graph=Graph.of([WORDS, *layers, node("end", "Output")], wires), blocks=blocks or {})


def block(*layers: Node) -> Block:
    """A block of these layers in a row."""
    names = ("x", *(each.name for each in layers), "y")
    wires = [replace(wire, source_port="y" if _is_block(layers, wire.source) else "output") for wire in chain(*names)]
    return Block(Graph.of([node("x", "In"), *layers, node("y", "Out")], wires))


def _is_block(layers: tuple[Node, ...], name: str) -> bool:
    return any(each.name == name and each.type.startswith("block:") for each in layers)


def known(count: int, name: str = "known") -> Node:
    """An embedding of so many words."""
    return node(name, "Embedding", num_embeddings=count, embedding_dim=3)


def two_readers() -> Project:
    """One input that two tables read, of which the smaller one sets the limit."""
    nodes = [WORDS, known(40, "first"), known(25, "second"), node("end", "Output"), node("other", "Output")]
    return Project(graph=Graph.of(nodes, [*chain("words", "first", "end"), *chain("words", "second", "other")]))


def side_by_side() -> Project:
    """A block with two inputs, each with a table of its own, and one input of the net for each."""
    ports = [node("a", "In"), node("b", "In"), known(31, "left"), known(17, "right"), node("sum", "Add")]
    wires = [*chain("a", "left"), *chain("b", "right"), Wire("left", "output", "sum", "xs")]
    wires += [Wire("right", "output", "sum", "xs"), *chain("sum", "y")]
    inner = Block(Graph.of([*ports, node("y", "Out")], wires))
    nodes = [
        WORDS,
        node("other", "Input", shape=(6, 50), dtype="int"),
        Node("both", "block:pair"),
        node("end", "Output"),
    ]
    outer = [Wire("words", "output", "both", "a"), Wire("other", "output", "both", "b"), Wire("both", "y", "end", "x")]
    return Project(graph=Graph.of(nodes, outer), blocks={"pair": inner})


MUTED = replace(node("slice1", "Slice"), muted=True)
CASES = {
    "directly": (behind(known(30)), {"words": 30}),
    "behind others": (behind(node("row", "Reshape", shape=(300,)), node("slice1", "Slice"), known(30)), {"words": 30}),
    "behind a permutation": (behind(node("turn", "Permute", dims=(2, 1)), known(30)), {"words": 30}),
    "behind a selection": (behind(node("one", "Select", index=2), known(30)), {"words": 30}),
    "behind a muted layer": (behind(MUTED, known(30)), {"words": 30}),
    "as one-hot code": (behind(node("code", "OneHot", num_classes=12)), {"words": 12}),
    "code behind others": (behind(node("one", "Select"), node("code", "OneHot", num_classes=12)), {"words": 12}),
    "in a block": (behind(Node("part", "block:unit"), blocks={"unit": block(known(30))}), {"words": 30}),
    "in a block, moved there": (
        behind(Node("part", "block:unit"), blocks={"unit": block(node("cut", "Slice", stop=3), known(30))}),
        {"words": 30},
    ),
    "behind a block": (
        behind(Node("part", "block:unit"), known(30), blocks={"unit": block(node("cut", "Slice", stop=3))}),
        {"words": 30},
    ),
    "in a block of a block": (
        behind(
            Node("part", "block:outer"),
            blocks={"outer": block(Node("in1", "block:unit")), "unit": block(known(30))},
        ),
        {"words": 30},
    ),
    "two readers": (two_readers(), {"words": 25}),
    "two inputs of a block": (side_by_side(), {"words": 31, "other": 17}),
}


@pytest.mark.parametrize("case", CASES)
def test_noise_takes_every_word_the_net_knows_and_no_other(case: str) -> None:
    """Fails if noise is the first two words only, or one that a layer has no row for: torch itself says what it takes.
    Wherever the table stands, the largest number works and the next one is refused."""
    project, limits = CASES[case]
    net = compile_net(project)
    assert {entry.node: vocabulary(net, entry) for entry in net.plan.inputs} == limits
    samples = load_samples(net, Recipe())
    model = net.model(seed=0)
    highest = [torch.full((1, *entry.shape.sizes), limits[entry.node] - 1) for entry in net.plan.inputs]
    model(*highest)
    for place, entry in enumerate(net.plan.inputs):
        beyond = [*highest]
        beyond[place] = highest[place] + 1
        with pytest.raises((IndexError, RuntimeError)):
            model(*beyond)
        drawn = samples.fields[f"{entry.node}.output"]
        assert set(drawn.unique().tolist()) == set(range(limits[entry.node])), "8 × 300 words hold each of them"
    model(*net.inputs_from(samples.fields))


def test_what_the_input_says_itself_counts() -> None:
    """Fails if words come in that the drawing says there are none of."""
    project = behind(known(30))
    words = node("words", "Input", shape=(6, 50), dtype="int", classes=7)
    graph = Graph.of(
        [words, *(each for name, each in project.graph.nodes.items() if name != "words")], project.graph.wires
    )
    tokens = load_samples(compile_net(Project(graph=graph)), Recipe()).fields["words.output"]
    assert set(tokens.unique().tolist()) == set(range(7))


def test_numbers_without_a_table_have_no_limit() -> None:
    """Fails if a limit is made up where a whole number only counts, as an age, or where no words come in."""
    net = compile_net(behind(node("age", "ToFloat")))
    assert vocabulary(net, net.plan.inputs[0]) is None
    picture = [node("picture", "Input", shape=(3,)), node("fc1", "Linear"), node("end", "Output")]
    net = compile_net(Project(graph=Graph.of(picture, chain("picture", "fc1", "end"))))
    assert vocabulary(net, net.plan.inputs[0]) is None
