"""Order, loops and reach of a graph. The only importer of networkx besides the layout."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING

from app.core.graph.model import Graph

if TYPE_CHECKING:
    import networkx as nx

_SOURCE, _TARGET = attrgetter("source"), attrgetter("target")


def order(graph: Graph) -> tuple[str, ...]:
    """All nodes, each after those it reads from; nodes on a loop, and those behind one, come last as drawn.

    Walks back from each node in drawing order, so that branches stay together and the printed code reads
    branch by branch. The result is kept with the wiring.
    """
    # networkx is not asked here: importing it costs more than a whole first inference. A test compares both.
    key = tuple(graph.nodes)
    kept = graph.wiring.__dict__.get("_order")
    if kept is not None and kept[0] == key:
        found: tuple[str, ...] = kept[1]
        return found
    into = graph.wiring.into
    done: dict[str, None] = {}
    on_path: set[str] = set()
    looping: set[str] = set()
    for start in graph.nodes:
        stack = [(start, False)]
        while stack:
            name, visited = stack.pop()
            if visited:
                on_path.discard(name)
                done.setdefault(name)
                continue
            if name in done or name in on_path:
                if name in on_path:
                    looping.add(name)
                continue
            on_path.add(name)
            stack.append((name, True))
            before = [wire.source for wire in into.get(name, ()) if wire.source in graph.nodes]
            stack.extend((source, False) for source in reversed(before))
    result = tuple(done)
    if looping:
        bad = set(looping) | set(downstream(graph, looping))
        result = tuple(n for n in result if n not in bad) + tuple(n for n in graph.nodes if n in bad)
    graph.wiring.__dict__["_order"] = (key, result)
    return result


def downstream(graph: Graph, names: Iterable[str]) -> set[str]:
    """The nodes that read, directly or not, from any of ``names``; those themselves only if they are on a loop."""
    out_of = graph.wiring.out_of
    return reached(names, lambda name: map(_TARGET, out_of.get(name, ())))


def upstream(graph: Graph, names: Iterable[str]) -> set[str]:
    """The nodes that any of ``names`` reads from, directly or not."""
    into = graph.wiring.into
    return reached(names, lambda name: map(_SOURCE, into.get(name, ())))


def leading_to(graph: Graph, ends: Sequence[str]) -> frozenset[str]:
    """The nodes ``ends`` and those they read from, directly or not. The result is kept with the wiring: this is asked
    after each edit, and most edits leave the wires alone."""
    key = tuple(ends)
    kept = graph.wiring.__dict__.get("_leading")
    if kept is None or kept[0] != key:
        kept = (key, frozenset(upstream(graph, key)) | frozenset(key))
        graph.wiring.__dict__["_leading"] = kept
    found: frozenset[str] = kept[1]
    return found


def reached(starts: Iterable[str], step: Callable[[str], Iterable[str]]) -> set[str]:
    """What ``step`` leads to from any of ``starts``, in one step or in several."""
    seen: set[str] = set()
    todo = list(starts)
    while todo:
        for following in step(todo.pop()):
            if following not in seen:
                seen.add(following)
                todo.append(following)
    return seen


def inner_first(names: Iterable[str], uses: Callable[[str], Iterable[str]]) -> tuple[str, ...]:
    """These names and those they use, each after those that it uses. Where some use each other in a circle, which only
    a damaged file has, one of them comes too early."""
    done: dict[str, None] = {}
    for start in names:
        stack, path = [(start, False)], set[str]()
        while stack:
            name, ready = stack.pop()
            if ready:
                path.discard(name)
                done[name] = None
            elif name not in done and name not in path:
                path.add(name)
                stack.append((name, True))
                stack.extend((each, False) for each in uses(name))
    return tuple(done)


def would_loop(graph: Graph, source: str, target: str) -> bool:
    """Whether a wire from ``source`` to ``target`` would close a loop."""
    return source == target or source in downstream(graph, [target])


def to_networkx(graph: Graph) -> nx.DiGraph[str]:
    """The graph for algorithms of networkx."""
    import networkx as nx

    result: nx.DiGraph[str] = nx.DiGraph()
    result.add_nodes_from(graph.nodes)
    result.add_edges_from((wire.source, wire.target) for wire in graph.wires)
    return result


def loops(graph: Graph) -> list[list[str]]:
    """One loop for each group of nodes that feed each other, as the names along it; empty for a proper drawing."""
    import networkx as nx

    net = to_networkx(graph)
    result = []
    for group in nx.strongly_connected_components(net):
        if len(group) > 1 or any(net.has_edge(name, name) for name in group):
            inside = net.subgraph(group)
            result.append([edge[0] for edge in nx.find_cycle(inside)])
    return result


def circles(graph: Graph) -> list[set[str]]:
    """The groups of nodes that feed each other, each of two or more."""
    import networkx as nx

    return [group for group in nx.strongly_connected_components(to_networkx(graph)) if len(group) > 1]
