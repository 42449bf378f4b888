"""Order, loops, names and rules."""

from __future__ import annotations

import builtins
import keyword

import networkx as nx
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from app.core.graph import names
from app.core.graph.model import Graph, Node, Wire
from app.core.graph.rules import Reason, why_not
from app.core.graph.topology import downstream, loops, order, to_networkx, upstream, would_loop
from app.core.inference import infer
from nodes.modules.joint import Joint
from tests.support.drawings import small_net


@st.composite
def graphs(draw: st.DrawFn, proper: bool) -> Graph:
    """Random graphs; proper ones have no loops."""
    count = draw(st.integers(1, 12))
    pairs = draw(st.lists(st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)), max_size=30))
    if proper:
        shuffled = draw(st.permutations(range(count)))
        pairs = [(a, b) for a, b in pairs if shuffled[a] < shuffled[b]]
    nodes = [Node(f"n{index}", "Add") for index in range(count)]
    return Graph.of(nodes, [Wire(f"n{a}", "output", f"n{b}", "xs") for a, b in pairs])


@given(graph=graphs(proper=True))
def test_order_is_a_topological_order(graph: Graph) -> None:
    """Fails if a node comes before one it reads from; networkx says which pairs count."""
    place = {name: index for index, name in enumerate(order(graph))}
    assert set(place) == set(graph.nodes)
    assert all(place[a] < place[b] for a, b in to_networkx(graph).edges)
    assert loops(graph) == []


@given(graph=graphs(proper=False))
def test_order_of_a_graph_with_loops_has_every_node_once_and_sound_ones_first(graph: Graph) -> None:
    """Fails if a loop hangs the order, loses nodes, or pushes a sound node behind a broken one."""
    net = to_networkx(graph)
    found = order(graph)
    assert sorted(found) == sorted(graph.nodes)
    in_loops = {n for group in nx.strongly_connected_components(net) if len(group) > 1 for n in group}
    in_loops |= set(nx.nodes_with_selfloops(net))
    assert bool(in_loops) == bool(loops(graph))
    sound = set(graph.nodes) - in_loops - {d for n in in_loops for d in nx.descendants(net, n)}
    assert set(found[: len(sound)]) == sound
    place = {name: index for index, name in enumerate(found)}
    assert all(place[a] < place[b] for a, b in net.edges if b in sound)


@given(graph=graphs(proper=False), data=st.data())
def test_reach_equals_networkx(graph: Graph, data: st.DataObject) -> None:
    """Fails if something below a change would be missed."""
    net = to_networkx(graph)
    name = data.draw(st.sampled_from(list(graph.nodes)))
    other = data.draw(st.sampled_from(list(graph.nodes)))
    assert downstream(graph, [name]) - {name} == nx.descendants(net, name)
    assert upstream(graph, [name]) - {name} == nx.ancestors(net, name)
    assert would_loop(graph, name, other) == (name == other or nx.has_path(net, other, name))


def test_no_name_can_hide_what_a_module_needs() -> None:
    """Fails if torch gives nn.Module a new attribute that a node's name could overwrite."""
    attributes = {name for name in dir(torch.nn.Module()) if not name.startswith("_")}
    assert attributes <= names.RESERVED
    assert all(names.why_illegal(name) for name in attributes | set(keyword.kwlist))


def test_what_several_processes_train_hides_no_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a layer called shared or rank is not found by the steps of a GAN that several processes train."""
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 0)
    monkeypatch.setattr(torch.distributed, "get_world_size", lambda: 1)
    joint = Joint(torch.nn.Module())  # type: ignore[no-untyped-call]
    assert {name for name in dir(joint) if not name.startswith("_")} == set()


@given(st.one_of(st.text(max_size=80), st.sampled_from(dir(builtins) + keyword.kwlist + ["conv1", "x", "_", "é"])))
def test_a_free_name_is_always_legal_and_free(wanted: str) -> None:
    """Fails if repairing a name gives one that is illegal or taken."""
    taken = {"conv1", "conv2", "node"}
    name = names.free_name(wanted, taken)
    assert names.why_illegal(name) is None
    assert name not in taken
    if names.why_illegal(wanted) is None and wanted not in taken:
        assert name == wanted


@pytest.mark.parametrize(
    ("type_", "wanted"),
    [
        ("Conv2d", "conv1"),
        ("MaxPool2d", "maxpool1"),
        ("Linear", "fc1"),
        ("BatchNorm2d", "batchnorm1"),
        ("Conv1d", "conv1"),
        ("ConvTranspose2d", "upconv1"),
        ("AvgPool3d", "avgpool1"),
        ("AdaptiveAvgPool2d", "avgpool1"),
        ("LayerNorm", "layernorm1"),
        ("LocalResponseNorm", "lrn1"),
        ("LocallyConnected2d", "local1"),
        ("Embedding", "embedding1"),
        ("PositionalEncoding", "positions1"),
        ("Sigmoid", "sigmoid1"),
        ("HardThreshold", "step1"),
        ("Add", "add1"),
        ("CrossEntropyLoss", "loss"),
        ("BCEWithLogitsLoss", "loss"),
        ("HalfSquaredError", "loss"),
        ("Digits", "digits"),
        ("Input", "input"),
        ("block:res_unit", "res_unit1"),
        ("block:head", "head1"),
        ("ArraysTogether", "arrays1"),
        ("PicturesWithMasks", "pictures1"),
        ("MadeUpFaces", "made_up_faces1"),
        ("IDX", "idx1"),
    ],
)
def test_default_names_read_well(type_: str, wanted: str) -> None:
    """Fails if a fresh layer gets an ugly or illegal name."""
    assert names.default_name(type_, ()) == wanted
    assert names.default_name(type_, {wanted}) != wanted


@pytest.mark.parametrize(
    ("wire", "reason"),
    [
        (Wire("conv1", "output", "relu1", "x"), Reason.ALREADY),
        (Wire("nobody", "output", "relu1", "x"), Reason.NO_SUCH_NODE),
        (Wire("conv1", "no", "relu1", "x"), Reason.NO_SUCH_PORT),
        (Wire("conv1", "output", "relu1", "no"), Reason.NO_SUCH_PORT),
        (Wire("relu1", "output", "relu1", "x"), Reason.ITSELF),
        (Wire("fc1", "output", "conv1", "x"), Reason.LOOP),
        (Wire("digits", "image", "fc1", "x"), Reason.SHAPE),
        (Wire("digits", "label", "relu1", "x"), Reason.SHAPE),
        (Wire("conv1", "output", "flatten", "x"), None),
    ],
    ids=str,
)
def test_rules_name_the_reason(wire: Wire, reason: Reason | None) -> None:
    """Fails if a wire is refused for the wrong reason, or what does not fit is forbidden instead of explained."""
    project = small_net()
    refusal = why_not(project, "", wire, infer(project).main)
    assert (refusal.reason if refusal else None) is reason
    if refusal is not None:
        assert refusal.sentence.endswith(".")
        assert refusal.allowed == (reason is Reason.SHAPE)
