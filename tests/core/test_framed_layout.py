"""Tidy layouts with frames: own nodes inside, others outside, and as few crossings as without."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.graph.framed_layout import FramedLayout, arranged_in_frames
from app.core.graph.frames import (
    Frame,
    Rect,
    around,
    encloses,
    framing,
    holds,
    home_of_frames,
    home_of_nodes,
    inside,
    overlap,
)
from app.core.graph.layout import arranged
from app.core.graph.model import Graph, Node, Wire
from app.core.storage import templates
from tests.support.counting import calls_in

SIZE = (184.0, 90.0)
GAP = (52.0, 40.0)


def level(_node: str, _port: str, _is_output: bool) -> float:
    return 45.0


def tidied(graph: Graph, fold: bool = False) -> tuple[Graph, FramedLayout]:
    """The graph with everything where the layout puts it."""
    found = arranged_in_frames(graph, dict.fromkeys(graph.nodes, SIZE), GAP, level, fold)
    nodes = [replace(node, position=found.nodes[name]) for name, node in graph.nodes.items()]
    frames = [frame.at(found.frames[name]) for name, frame in graph.frames.items()]
    return Graph.of(nodes, graph.wires, frames), found


def rects(graph: Graph) -> dict[str, Rect]:
    return {name: (*node.position, *SIZE) for name, node in graph.nodes.items()}


def is_sound(before: Graph, after: Graph) -> None:
    """Own nodes inside, others outside, nothing on anything else."""
    homes, old, new = home_of_nodes(before.frames, rects(before)), rects(before), rects(after)
    for (one, a), (other, b) in itertools.combinations(new.items(), 2):
        assert not overlap(a, b), f"{one} covers {other}"
    assert home_of_nodes(after.frames, new) == homes
    held = {name: any(home == name for home in homes.values()) for name in before.frames}
    outer = home_of_frames(before.frames)
    full = {name: any(holds(frame, rect) for rect in old.values()) for name, frame in before.frames.items()}
    for name, frame in after.frames.items():
        for node, rect in new.items():
            if homes[node] == name:
                assert inside(rect, frame.rect), f"{node} is not in {name}"
            elif not any(homes[node] == inner.name for inner in after.frames.values() if encloses(frame, inner)):
                assert not overlap(rect, frame.rect), f"{node} has come into {name}"
    for first, second in itertools.combinations(after.frames.values(), 2):
        apart = not overlap(first.rect, second.rect)
        nested = encloses(first, second) or encloses(second, first)
        home = outer[first.name]
        as_before = home is not None and home == outer[second.name] and not full[home]  # an empty one goes as a whole
        assert apart or nested or as_before, f"{first.name} and {second.name} overlap"
        if encloses(before.frames[first.name], before.frames[second.name]) and held[second.name]:
            assert encloses(first, second) or not held[first.name]
    assert old.keys() == new.keys()


def placed(count: int, pairs: list[tuple[int, int]], frames: list[Frame]) -> Graph:
    nodes = [Node(f"n{i}", "ReLU", position=((i % 6) * 240.0, i // 6 * 140.0)) for i in range(count)]
    wires = [Wire(f"n{a}", "output", f"n{b}", f"p{i}") for i, (a, b) in enumerate(pairs)]
    return Graph.of(nodes, wires, frames)


def round_nodes(graph: Graph, name: str, members: list[int]) -> Graph:
    """The graph with a frame round some nodes."""
    content = around([(*graph.nodes[f"n{i}"].position, *SIZE) for i in members])
    assert content is not None
    return graph.with_frames(Frame(name, name).at(framing(content)))


boxes = st.tuples(st.integers(-200, 1200), st.integers(-200, 500), st.integers(80, 1500), st.integers(60, 700))


@given(data=st.data())
def test_frames_hold_their_own_and_nobody_else(data: st.DataObject) -> None:
    """Would fail if tidying let a foreign node into a frame, lost one, or let frames or notes cover something."""
    count = data.draw(st.integers(1, 14))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] < p[1])
    pairs = data.draw(st.lists(pair, max_size=20)) if count > 1 else []
    found = data.draw(st.lists(st.tuples(boxes, st.booleans()), max_size=5))
    frames = [
        Frame(f"f{i}", "x", is_note, position=(x, y), size=(w, h)) for i, ((x, y, w, h), is_note) in enumerate(found)
    ]
    before = placed(count, pairs, frames)
    after, arrangement = tidied(before, data.draw(st.booleans()))
    assert arrangement.frames.keys() == before.frames.keys()
    is_sound(before, after)


def test_a_drawing_without_frames_is_tidied_as_ever() -> None:
    """Would fail if frames had changed what those who use none are used to."""
    graph = templates.load("resnet_mini").graph if "resnet_mini" in templates.names() else placed(9, [(0, 1)], [])
    found = arranged_in_frames(graph, {}, GAP, level, True)
    assert found.nodes == arranged(graph, {}, GAP, level, True)
    assert found.frames == {}


def test_a_chain_with_frames_stays_straight() -> None:
    """Would fail if the ports of a frame were not where its nodes have theirs."""
    graph = placed(9, [(i, i + 1) for i in range(8)], [])
    graph = round_nodes(round_nodes(graph, "a", [1, 2]), "b", [3, 4, 5])
    after, _ = tidied(graph)
    assert len({node.position[1] for node in after.nodes.values()}) == 1
    xs = [after.nodes[f"n{i}"].position[0] for i in range(9)]
    assert xs == sorted(xs)


def test_wires_out_of_a_frame_do_not_cross_when_they_need_not() -> None:
    """Would fail if the order inside a frame took no notice of where its wires come from and lead to."""
    # Two ways run side by side through a frame, drawn there in the wrong order.
    nodes = [
        Node(f"n{i}", "ReLU", position=p) for i, p in enumerate([(0, 0), (240, 200), (240, 0), (700, 0), (900, 0)])
    ]
    wires = [
        Wire("n0", "a", "n1", "x"),
        Wire("n0", "b", "n2", "x"),
        Wire("n1", "o", "n3", "a"),
        Wire("n2", "o", "n3", "b"),
    ]
    graph = round_nodes(Graph.of(nodes, wires), "f", [1, 2])

    def port(_node: str, port: str, _is_output: bool) -> float:
        return {"a": 40.0, "b": 62.0}.get(port, 40.0)

    found = arranged_in_frames(graph, dict.fromkeys(graph.nodes, SIZE), GAP, port)
    assert found.nodes["n1"][1] < found.nodes["n2"][1]


def test_a_frame_that_is_left_and_entered_again() -> None:
    """Would fail if the circle that such a frame makes threw the rest of the drawing into disorder."""
    graph = placed(8, [(i, i + 1) for i in range(7)], [])
    graph = graph.with_nodes(*(replace(graph.nodes[f"n{i}"], position=(i * 240.0, 500.0)) for i in (6, 7)))
    graph = graph.with_nodes(replace(graph.nodes["n3"], position=(240.0, 130.0)))
    graph = round_nodes(graph, "f", [1, 3])
    after, _ = tidied(graph)
    is_sound(graph, after)
    xs = [after.nodes[f"n{i}"].position[0] for i in (0, 1, 4, 5, 6, 7)]
    assert xs == sorted(xs)


def test_notes_stay_beside_what_they_stood_next_to() -> None:
    """Would fail if a note were left behind, or came to lie on a layer."""
    graph = placed(
        6, [(i, i + 1) for i in range(5)], [Frame("note1", "x", True, position=(960, -160), size=(200, 120))]
    )
    after, found = tidied(graph)
    x, y = after.nodes["n4"].position
    assert abs(found.frames["note1"][0] - x) < 100
    assert found.frames["note1"][1] + 120 <= y
    is_sound(graph, after)


def test_an_inner_frame_is_arranged_within_the_outer_one() -> None:
    """Would fail if only one level of frames were respected."""
    graph = placed(6, [(i, i + 1) for i in range(5)], [])
    graph = round_nodes(graph, "inner", [2, 3])
    content = around([graph.frames["inner"].rect, (*graph.nodes["n1"].position, *SIZE)])
    assert content is not None
    graph = graph.with_frames(Frame("outer", "outer").at(framing(content)))
    after, _ = tidied(graph)
    assert encloses(after.frames["outer"], after.frames["inner"])
    assert holds(after.frames["outer"], rects(after)["n1"])
    is_sound(graph, after)


def test_a_thousand_frames_in_each_other() -> None:
    """Would fail if a file could bring tidying down with frames in frames, or let it take very long."""
    graph = placed(2, [(0, 1)], [])
    frames = [
        Frame(f"f{i}", "", position=(-i - 1.0, -i - 1.0), size=(600.0 + 2 * i, 300.0 + 2 * i)) for i in range(1100)
    ]
    after, _ = tidied(graph.with_frames(*frames))
    assert len(after.frames) == 1100
    few, more = graph.with_frames(*frames[:150]), graph.with_frames(*frames[:300])
    assert calls_in(lambda: tidied(more)) < 5 * calls_in(lambda: tidied(few))


@pytest.mark.parametrize("name", templates.names())
def test_templates_with_frames_flow_to_the_right(name: str) -> None:
    """Would fail if a frame round some neighbours made wires run backwards in a drawing that ships."""
    graph = templates.load(name).graph
    named = {each: f"n{i}" for i, each in enumerate(graph.nodes)}
    nodes = [replace(node, name=named[node.name], shares=None) for node in graph.nodes.values()]
    wires = [replace(wire, source=named[wire.source], target=named[wire.target]) for wire in graph.wires]
    plain = Graph.of(nodes, wires)
    middle = len(nodes) // 2
    framed = round_nodes(plain, "f", [middle - 1, middle])
    after, _ = tidied(framed)
    is_sound(framed, after)


def test_an_inner_frame_that_is_left_and_entered_again() -> None:
    """Would fail if a wire that leads out of both frames and back ended the tidying with an error."""
    graph = placed(4, [(0, 1), (1, 2), (2, 3)], [])
    graph = graph.with_nodes(replace(graph.nodes["n1"], position=(240.0, 500.0)))
    graph = round_nodes(graph, "inner", [0, 2])
    graph = graph.with_frames(Frame("outer", "outer").at(framing(framing(graph.frames["inner"].rect))))
    after, _ = tidied(graph)
    assert encloses(after.frames["outer"], after.frames["inner"])
    is_sound(graph, after)
