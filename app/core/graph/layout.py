"""Arranges a graph in layers from left to right, with few crossings and straight main lines.

The method of Sugiyama, Tagawa and Toda (1981): layers by the longest way from a start, order inside a layer by the
mean place of the neighbours, heights by the median of the neighbours as far as the order allows (isotonic regression).
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from operator import attrgetter

from app.core.graph.model import Graph
from app.core.graph.topology import order, reached

Place = tuple[float, float]
PortOffset = Callable[[str, str, bool], float]  # (node, port, is output) -> how far below the node's top it is
_SIZE = (184.0, 90.0)
_LANE = 22.0  # height that a passing wire takes
_SWEEPS = 10
_UNFOLDED = 9  # so many columns are read on a laptop without folding
_SCREEN = 2.0  # width to height of a folded drawing
_BETWEEN_ROWS = 96.0
_MOST_CUT = 4  # more values than this are not carried from the end of one row to the start of the next
_MOST_LANES = 20_000  # beyond this, wires across many layers keep no room of their own
# How much a link pulls: along a passing wire most, between a node and a passing wire next to nothing, or shortcuts
# would bend the main line.
_PULL_LANE, _PULL_NODES, _PULL_MIXED = 8.0, 2.0, 0.001


def _level(_node: str, _port: str, _is_output: bool) -> float:
    return 0.0


@dataclass(eq=False)
class _Spot:
    """A place in a layer: a node, or where a wire passes (``name`` None)."""

    name: str | None
    layer: int
    height: float
    before: list[tuple[_Spot, float, float]] = field(default_factory=list)  # neighbour, its offset - mine, pull
    after: list[tuple[_Spot, float, float]] = field(default_factory=list)
    rank: float = 0.0
    y: float = 0.0


def arranged(
    graph: Graph,
    sizes: Mapping[str, tuple[float, float]] | None = None,
    gap: tuple[float, float] = (64.0, 40.0),
    offset: PortOffset = _level,
    fold: bool = False,
) -> dict[str, Place]:
    """A place for every node. ``sizes`` are widths and heights; ``offset`` says where ports are, so that wires
    between them can be straight. Parts without wires between them stand below each other. With ``fold`` a long
    part is broken into rows, like text, so that it can be read on a screen."""
    sizes = sizes or {}
    places: dict[str, Place] = {}
    top = 0.0
    for part in _parts(graph):
        found, height = _arrange_part(graph, part, sizes, gap, offset, fold)
        places.update({name: (round(x), round(y + top)) for name, (x, y) in found.items()})
        top += height + 2 * gap[1]
    return {name: places[name] for name in graph.nodes}


def has_no_places(graph: Graph) -> bool:
    """Whether the nodes were never arranged: several of them stand at one and the same place."""
    return len(graph.nodes) > 1 and len({node.position for node in graph.nodes.values()}) == 1


def _parts(graph: Graph) -> list[set[str]]:
    """The connected parts, those with wires first."""

    def beside(name: str) -> Iterator[str]:
        ends = chain(map(attrgetter("source"), graph.into(name)), map(attrgetter("target"), graph.out_of(name)))
        return (each for each in ends if each in graph.nodes)

    seen: set[str] = set()
    parts = []
    for start in graph.nodes:
        if start not in seen:
            part = reached([start], beside) | {start}
            seen |= part
            parts.append(part)
    return sorted(parts, key=lambda part: len(part) == 1)


def _arrange_part(
    graph: Graph,
    inside: set[str],
    sizes: Mapping[str, tuple[float, float]],
    gap: tuple[float, float],
    offset: PortOffset,
    fold: bool,
) -> tuple[dict[str, Place], float]:
    """Places within one part, its top left corner at the origin, and its height."""
    links = _links(graph, inside)
    layer_of = _layers([name for name in order(graph) if name in inside], links)
    layers = _spots(layer_of, links, sizes, offset)
    _reduce_crossings(layers)
    _set_heights(layers, gap[1])
    places: dict[str, Place] = {}
    y = 0.0
    for first, last in _rows(layers, sizes, gap) if fold else [(0, len(layers))]:
        row, height = _placed(layers[first:last], sizes, gap[0])
        places.update({name: (x, y + down) for name, (x, down) in row.items()})
        passing = sum(1 for spot in layers[last] if spot.before) if last < len(layers) else 0
        y += height + _BETWEEN_ROWS + _LANE * passing
    bottom = max(y + sizes.get(name, _SIZE)[1] for name, (_, y) in places.items())
    return places, bottom


def _placed(
    layers: Sequence[Sequence[_Spot]], sizes: Mapping[str, tuple[float, float]], gap: float
) -> tuple[dict[str, Place], float]:
    """The places of some layers in a row, the top left corner at the origin, and the row's height."""
    x = 0.0
    places: dict[str, Place] = {}
    for layer in layers:
        width = max((sizes.get(spot.name, _SIZE)[0] for spot in layer if spot.name is not None), default=0.0)
        for spot in layer:
            if spot.name is not None:
                places[spot.name] = (x, spot.y)
        x += width + gap
    top = min((y for _, y in places.values()), default=0.0)
    bottom = max((y + sizes.get(name, _SIZE)[1] for name, (_, y) in places.items()), default=0.0)
    return {name: (x, y - top) for name, (x, y) in places.items()}, bottom - top


def _rows(
    layers: Sequence[Sequence[_Spot]], sizes: Mapping[str, tuple[float, float]], gap: tuple[float, float]
) -> list[tuple[int, int]]:
    """Where a long part is broken: as many rows as give it the form of a screen, cut where few wires cross."""
    count = len(layers)
    along = _columns(layers, sizes, gap[0])
    columns = along[-1]
    if count < 2 or columns <= _UNFOLDED:
        return [(0, count)]
    places, height = _placed(layers, sizes, gap[0])
    width = max(x + sizes.get(name, _SIZE)[0] for name, (x, _) in places.items())
    rows = max(1, round((width / (_SCREEN * (height + _BETWEEN_ROWS))) ** 0.5))
    rows = min(rows, int(columns) // 4, count)
    fewest = 2 if columns <= count else 1  # layers in a row; one may be as wide as many
    cuts = [0]
    for row in range(1, rows):
        ideal = row * columns / rows
        reach = round(0.4 * columns / rows)
        first, last = cuts[-1] + fewest, count - 1
        nearby = [cut for cut in range(first, last + 1) if abs(along[cut] - round(ideal)) <= reach]
        if nearby:
            # One value less to carry over is worth a row that is two columns shorter or longer.
            cuts.append(min(nearby, key=lambda cut: len(_crossing(layers, cut)) + 0.45 * abs(along[cut] - ideal)))
    if any(len(_crossing(layers, cut)) > _MOST_CUT for cut in cuts[1:]):
        return [(0, count)]
    return list(pairwise((*cuts, count)))


def _columns(layers: Sequence[Sequence[_Spot]], sizes: Mapping[str, tuple[float, float]], gap: float) -> list[float]:
    """How far along each layer begins, and the last one ends, in columns of usual width."""
    along = [0.0]
    for layer in layers:
        width = max((sizes.get(spot.name, _SIZE)[0] for spot in layer if spot.name is not None), default=0.0)
        along.append(along[-1] + (width + gap) / (_SIZE[0] + gap))
    return along


def _crossing(layers: Sequence[Sequence[_Spot]], cut: int) -> set[int]:
    """The spots whose values are carried across a break before layer ``cut``."""
    return {id(other) for spot in layers[cut] for other, _, _ in spot.before}


@dataclass(frozen=True, slots=True)
class _Link:
    source: str
    target: str
    source_port: str
    target_port: str


def _links(graph: Graph, inside: set[str]) -> list[_Link]:
    """The wires of a part, each pair of ports once, without those that run backwards on a loop."""
    place = {name: index for index, name in enumerate(order(graph))}
    found: dict[Hashable, _Link] = {}
    for wire in graph.wires:
        if wire.source in inside and wire.target in inside and place[wire.source] < place[wire.target]:
            key = (wire.source, wire.source_port, wire.target, wire.target_port)
            found[key] = _Link(wire.source, wire.target, wire.source_port, wire.target_port)
    return list(found.values())


def _layers(names: Sequence[str], links: Iterable[_Link]) -> dict[str, int]:
    """The layer of each node: as far left as its inputs allow; a start stands just before what it feeds."""
    before: dict[str, list[str]] = {name: [] for name in names}
    after: dict[str, list[str]] = {name: [] for name in names}
    for link in links:
        before[link.target].append(link.source)
        after[link.source].append(link.target)
    layer: dict[str, int] = {}
    for name in names:
        layer[name] = max((layer[source] + 1 for source in before[name]), default=0)
    for name in reversed(names):
        if not before[name] and after[name]:
            layer[name] = min(layer[target] for target in after[name]) - 1
    return layer


def _spots(
    layer_of: Mapping[str, int],
    links: Sequence[_Link],
    sizes: Mapping[str, tuple[float, float]],
    offset: PortOffset,
) -> list[list[_Spot]]:
    """The layers with a spot for each node and for each wire that passes."""
    spots = {name: _Spot(name, layer, sizes.get(name, _SIZE)[1]) for name, layer in layer_of.items()}
    layers: list[list[_Spot]] = [[] for _ in range(max(layer_of.values(), default=0) + 1)]
    for spot in spots.values():
        layers[spot.layer].append(spot)
    lanes = 0
    for link in links:
        source, target = spots[link.source], spots[link.target]
        steps = target.layer - source.layer - 1
        out, into = offset(link.source, link.source_port, True), offset(link.target, link.target_port, False)
        if steps == 0 or lanes + steps > _MOST_LANES:
            _join(source, target, out, into, _PULL_NODES)
            continue
        lanes += steps
        previous, shift, pull = source, out, _PULL_MIXED
        for layer in range(source.layer + 1, target.layer):
            lane = _Spot(None, layer, _LANE)
            layers[layer].append(lane)
            _join(previous, lane, shift, 0.0, pull)
            previous, shift, pull = lane, 0.0, _PULL_LANE
        _join(previous, target, 0.0, into, _PULL_MIXED)
    return layers


def _join(source: _Spot, target: _Spot, out: float, into: float, pull: float) -> None:
    source.after.append((target, into - out, pull))
    target.before.append((source, out - into, pull))


def _reduce_crossings(layers: list[list[_Spot]]) -> None:
    """Order each layer by the mean rank of its neighbours, to and fro, and keep the best order seen."""
    for layer in layers:
        _number(layer)
    best, fewest = [list(layer) for layer in layers], _crossings(layers)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        forwards = sweep % 2 == 0
        for layer in layers[1:] if forwards else layers[-2::-1]:
            layer.sort(key=lambda spot, forwards=forwards: _mean(spot, forwards))  # type: ignore[misc]
            _number(layer)
        found = _crossings(layers)
        if found < fewest:
            best, fewest = [list(layer) for layer in layers], found
    for layer, kept in zip(layers, best, strict=True):
        layer[:] = kept
        _number(layer)


def _number(layer: Sequence[_Spot]) -> None:
    for rank, spot in enumerate(layer):
        spot.rank = rank


def _tilt(shift: float) -> float:
    """What the height of a port adds to the rank of its node: less than the step to the next, however high it is."""
    return max(-0.45, min(0.45, shift * 1e-4))


def _mean(spot: _Spot, forwards: bool) -> float:
    near = spot.before if forwards else spot.after
    if not near:
        return spot.rank
    # A port further down counts a little: two wires from one node keep the order of its ports.
    return sum(other.rank + _tilt(shift) for other, shift, _ in near) / len(near)


def _crossings(layers: Sequence[Sequence[_Spot]]) -> int:
    """How many pairs of links cross between neighbouring layers, by counting inversions."""
    total = 0
    for layer in layers[1:]:
        ends = sorted(
            (other.rank + _tilt(shift), spot.rank - _tilt(shift)) for spot in layer for other, shift, _ in spot.before
        )
        before: list[float] = []  # the ends of the links so far, in order
        for _, end in ends:
            total += len(before) - bisect_right(before, end)
            insort(before, end)
    return total


def _set_heights(layers: Sequence[Sequence[_Spot]], gap: float) -> None:
    """Give each spot its height: where its neighbours are, as far as the order and the gaps allow."""
    for layer in layers:
        y = 0.0
        for spot in layer:
            spot.y = y
            y += spot.height + gap
    for sweep in range(_SWEEPS):
        forwards = sweep % 2 == 0
        for layer in layers if forwards else reversed(layers):
            wishes = [_wish(spot, forwards) for spot in layer]
            _settle(layer, wishes, gap)
    for layer in layers:  # the last word goes with the flow: main lines run straight on from where they start
        _settle(layer, [_wish(spot, True) for spot in layer], gap)


def _wish(spot: _Spot, forwards: bool) -> tuple[float, float]:
    """Where the spot would like to be (the weighted median of its neighbours) and how strongly."""
    near = (spot.before or spot.after) if forwards else (spot.after or spot.before)
    if not near:
        return spot.y, 0.1
    wishes = sorted((other.y + shift, pull) for other, shift, pull in near)
    total = sum(pull for _, pull in wishes)
    passed = 0.0
    for index, (y, pull) in enumerate(wishes):
        passed += pull
        if passed == total / 2 and index + 1 < len(wishes):
            return (y + wishes[index + 1][0]) / 2, total
        if passed > total / 2:
            return y, total
    return wishes[-1][0], total


def _settle(layer: Sequence[_Spot], wishes: Sequence[tuple[float, float]], gap: float) -> None:
    """The heights closest to the wishes (weighted least squares) that keep order and gaps: pool adjacent violators."""
    blocks: list[list[float]] = []  # mean wish, weight, number of spots
    starts = []
    start = 0.0
    for spot, (wish, pull) in zip(layer, wishes, strict=True):
        starts.append(start)
        blocks.append([wish - start, pull, 1.0])
        lane = spot.name is None
        start += spot.height + (gap * 0.5 if lane else gap)
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            mean, weight, count = blocks.pop()
            above = blocks[-1]
            above[0] = (above[0] * above[1] + mean * weight) / (above[1] + weight)
            above[1] += weight
            above[2] += count
    index = 0
    for mean, _, count in blocks:
        for _ in range(int(count)):
            layer[index].y = mean + starts[index]
            index += 1
