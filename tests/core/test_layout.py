"""Tidy layouts: to the right, without overlaps, straight where they can be."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.graph.layout import arranged, has_no_places
from app.core.graph.model import Graph, Node, Wire
from app.core.storage import templates
from tests.support.counting import calls_in
from tests.support.drawings import block_net, long_net, small_net

SIZE = (184.0, 90.0)


def plain(count: int, pairs: list[tuple[int, int]]) -> Graph:
    """A graph of nodes n0, n1, … with these wires."""
    wires = [Wire(f"n{a}", "output", f"n{b}", f"p{i}") for i, (a, b) in enumerate(pairs)]
    return Graph.of([Node(f"n{i}", "ReLU") for i in range(count)], wires)


def overlaps(places: dict[str, tuple[float, float]]) -> list[tuple[str, str]]:
    return [
        (a, b)
        for (a, (ax, ay)), (b, (bx, by)) in itertools.combinations(places.items(), 2)
        if abs(ax - bx) < SIZE[0] and abs(ay - by) < SIZE[1]
    ]


def crossings(graph: Graph, places: dict[str, tuple[float, float]]) -> int:
    """Pairs of wires between the same two columns that cross."""
    lines = [(*places[w.source], *places[w.target]) for w in graph.wires]
    return sum(
        1
        for (ax, ay, bx, by), (cx, cy, dx, dy) in itertools.combinations(lines, 2)
        if ax == cx and bx == dx and (ay - cy) * (by - dy) < 0
    )


@given(data=st.data())
def test_random_graphs_flow_to_the_right_without_overlaps(data: st.DataObject) -> None:
    """Would fail if two nodes covered each other, a wire ran backwards, or a node got no place."""
    count = data.draw(st.integers(1, 14))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] < p[1])
    graph = plain(count, data.draw(st.lists(pair, max_size=24)) if count > 1 else [])
    places = arranged(graph)
    assert list(places) == list(graph.nodes)
    assert not overlaps(places)
    for wire in graph.wires:
        assert places[wire.source][0] + SIZE[0] < places[wire.target][0]


@given(data=st.data())
def test_loops_are_survived(data: st.DataObject) -> None:
    """Would fail if a drawing with a circle, which can be opened from a file, never came back from tidying."""
    count = data.draw(st.integers(2, 8))
    pair = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    graph = plain(count, data.draw(st.lists(pair, max_size=16)))
    assert not overlaps(arranged(graph))


def test_chain_is_straight() -> None:
    """Would fail if a plain chain wobbled."""
    places = arranged(plain(30, [(i, i + 1) for i in range(29)]))
    assert {y for _, y in places.values()} == {0}


def test_shortcut_does_not_bend_the_main_line() -> None:
    """Would fail if a residual connection pulled its addition out of the row."""
    places = arranged(plain(6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (1, 4)]))
    assert len({places[f"n{i}"][1] for i in range(6)}) == 1


def test_branches_do_not_cross_when_they_need_not() -> None:
    """Would fail if four branches of an inception block were woven through each other."""
    pairs = [(0, i) for i in (1, 2, 3, 4)] + [(1, 8), (2, 7), (3, 6), (4, 5)] + [(i, 9) for i in (5, 6, 7, 8)]
    graph = plain(10, pairs)
    assert crossings(graph, arranged(graph)) == 0


def test_second_start_stands_next_to_what_it_feeds() -> None:
    """Would fail if an input that is used late stood at the far left, with a wire across the whole drawing."""
    places = arranged(plain(6, [(0, 1), (1, 2), (2, 3), (3, 4), (5, 4)]))
    assert places["n5"][0] == places["n3"][0]


def test_ports_at_different_heights_give_straight_wires() -> None:
    """Would fail if the place of a port on its node were not looked at."""
    graph = Graph.of([Node("a", "ReLU"), Node("b", "ReLU")], [Wire("a", "second", "b", "x")])
    places = arranged(graph, offset=lambda name, port, is_output: 66.0 if port == "second" else 44.0)
    assert places["b"][1] - places["a"][1] == 22


@pytest.mark.parametrize("name", templates.names())
def test_templates_tidy_well(name: str) -> None:
    """Would fail if tidying a drawing that ships made it worse: overlaps or wires that run back."""
    graph = templates.load(name).graph
    places = arranged(graph)
    assert not overlaps(places)
    assert all(places[w.source][0] < places[w.target][0] for w in graph.wires)


def test_five_hundred_layers_are_quick() -> None:
    """Would fail if the work grew with the square of the drawing."""
    some, many = long_net(125).graph, long_net(500).graph
    assert calls_in(lambda: arranged(many)) < 6 * calls_in(lambda: arranged(some))


def test_drawings_that_were_never_arranged_are_recognised() -> None:
    """Would fail if a file without places opened as one heap of nodes."""
    assert has_no_places(small_net().graph)
    assert has_no_places(block_net().graph)
    assert not has_no_places(templates.load("lenet_digits").graph)
    assert not has_no_places(Graph.of([Node("a", "ReLU")]))


@given(data=st.data())
def test_folded_drawings_do_not_overlap_either(data: st.DataObject) -> None:
    """Would fail if the rows of a folded drawing ran into each other, or a node were lost at a break."""
    count = data.draw(st.integers(10, 60))
    extra = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda p: p[0] < p[1])
    pairs = [(i, i + 1) for i in range(count - 1)] + data.draw(st.lists(extra, max_size=4))
    places = arranged(plain(count, pairs), fold=True)
    assert len(places) == count
    assert not overlaps(places)


def test_long_chain_is_folded_into_the_form_of_a_screen() -> None:
    """Would fail if a hundred layers in a row had to be looked at as one thin line."""
    places = arranged(plain(100, [(i, i + 1) for i in range(99)]), fold=True)
    width = max(x for x, _ in places.values()) + SIZE[0]
    height = max(y for _, y in places.values()) + SIZE[1]
    assert 1.2 < width / height < 3.2
    rows = {y for _, y in places.values()}
    assert len(rows) < 12


def test_fold_breaks_between_residual_blocks() -> None:
    """Would fail if a row ended inside a shortcut although a better place is near."""
    pairs = [(i, i + 1) for i in range(18)] + [(0, 3), (3, 6), (6, 9), (9, 12), (12, 15), (15, 18)]
    places = arranged(plain(19, pairs), fold=True)
    starts = [int(name[1:]) for name, (x, _) in places.items() if x == 0]
    assert len(starts) > 1
    assert all(start % 3 in (0, 1) for start in starts)
