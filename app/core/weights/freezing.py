"""Freezes the layers of a drawing that got their weights from a file, so that training changes the others alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from app.core.graph.blocks import instances
from app.core.graph.model import Project, block_of
from app.core.graph.topology import upstream
from app.core.weights.matching import COUNTER
from app.core.weights.moving import nodes_along
from nodes.api.registry import find

Place = tuple[str, str]  # graph and node


@dataclass(frozen=True)
class FreezeResult:
    """The drawing with frozen layers; which they are; and which could not be frozen, because another use of their
    block has weights that were not loaded."""

    project: Project
    layers: tuple[Place, ...]
    kept_free: tuple[Place, ...]


def freeze(project: Project, names: Iterable[str], loaded: Collection[str]) -> FreezeResult:
    """``project`` with ``frozen`` set for each layer all of whose weights were loaded.

    ``names`` are all weights of the compiled drawing, the mean and variance of its norms among them: a frozen norm
    calculates with those for good, so they must have come along. A layer inside a block stands there once, for all
    uses.
    """
    weights: dict[Place, list[bool]] = {}
    for name in names:
        place = None if name.endswith(COUNTER) else freezable_at(project, name)
        if place is not None:
            weights.setdefault(place, []).append(name in loaded)
    layers = [place for place, each in weights.items() if all(each)]
    for where, name in layers:
        graph = project.graph_of(where)
        project = project.with_graph(where, graph.with_nodes(graph.nodes[name].with_param("frozen", True)))
    mixed = tuple(place for place, each in weights.items() if any(each) and not all(each))
    return FreezeResult(project, tuple(layers), mixed)


def head_of(project: Project, layers: Sequence[Place], names: Iterable[str]) -> Place | None:
    """The last of ``layers``, where freezing all of them would leave none of the weights ``names`` to learn."""
    return layers[-1] if layers and {freezable_at(project, name) for name in names} <= set(layers) else None


def freezable_up_to(project: Project, where: str, names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The layers up to ``names`` in a graph, those themselves among them, that have weights and can be frozen: by
    graph, those inside of blocks too. A block that is used elsewhere as well is left as it is."""
    graph = project.graph_of(where)
    below = {*upstream(graph, names), *names}
    found: dict[str, tuple[str, ...]] = {}
    _gather(project, where, [name for name in graph.nodes if name in below], found)
    return {place: found[place] for place in found if found[place]}


def _gather(project: Project, where: str, names: Sequence[str], found: dict[str, tuple[str, ...]]) -> None:
    graph = project.graph_of(where)
    layers = []
    for name in names:
        node = graph.nodes[name]
        layer, block = find(node.type), block_of(node.type)
        if layer is not None and "frozen" in layer.common:
            layers.append(name)
        elif block is not None and block in project.blocks and block not in found:
            if all(place == where and other.name in names for place, other in instances(project, block)):
                _gather(project, block, list(project.graph_of(block).nodes), found)
    found[where] = tuple(layers)


def freezable_at(project: Project, key: str) -> Place | None:
    """The layer to which a weight such as ``layer1.0.conv1.weight`` belongs, if it can be frozen."""
    for _, where, node in nodes_along(project, key.split(".")):
        layer = find(node.type)
        if layer is not None:
            return (where, node.name) if layer.param("frozen") is not None else None
    return None
