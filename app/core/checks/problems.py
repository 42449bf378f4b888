"""What can be wrong with a drawing: problems with their sentences, and the fixes that they offer."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from app.core.graph.blocks import param_of
from app.core.graph.model import BLOCK_PREFIX, EMPTY, Block, Graph, Node, Project, Wire, block_of
from app.core.graph.ports import is_known
from app.core.graph.topology import loops
from nodes.api import BadSetting, Fix, Layer, Param, SetParam, UseInstead, cut, listed, quoted
from nodes.api.registry import find


@dataclass(frozen=True, slots=True)
class ResetParam:
    """Fix: give a setting its default value, or drop it if the layer does not have it."""

    param: str


@dataclass(frozen=True, slots=True)
class RemoveNode:
    """Fix: remove the node."""


@dataclass(frozen=True, slots=True)
class TakeOut:
    """Fix: remove the node and join what feeds it to what it feeds."""


@dataclass(frozen=True, slots=True)
class RemoveWire:
    """Fix: remove one wire."""

    wire: Wire


@dataclass(frozen=True, slots=True)
class SetNode:
    """Fix: change ``repeat``, ``shares`` or ``bypassed`` of the node."""

    field: str
    value: Any


@dataclass(frozen=True, slots=True)
class Rewire:
    """Fix: draw a wire between other ports."""

    wire: Wire
    instead: Wire


@dataclass(frozen=True, slots=True)
class SwapWires:
    """Fix: let two wires that end at the node change places there."""

    wire: Wire
    other: Wire


@dataclass(frozen=True, slots=True)
class RenameTo:
    """Fix: give the node another name."""

    name: str


@dataclass(frozen=True, slots=True)
class WireInto:
    """Fix: draw a wire to an input, from the nearest layer whose output fits it. ``instead`` takes those away that
    arrive there now; without it the fix is for an input at which nothing arrives."""

    port: str
    instead: bool = False


@dataclass(frozen=True, slots=True)
class FeedInput:
    """Fix: lead data to an input, from the source that the drawing has or from a new one, through a layer that makes
    it fit where one is needed. ``instead`` takes away what arrives there now."""

    port: str
    instead: bool = False


@dataclass(frozen=True, slots=True)
class PutData:
    """Fix: put a source of data in the place of an Input, with a layer behind it that gives the Input's shape where the
    net needs it."""


@dataclass(frozen=True, slots=True)
class PutLoss:
    """Fix: put a loss behind the node ``behind``, with the label of the data as its target."""

    behind: str
    type: str = "CrossEntropyLoss"


@dataclass(frozen=True, slots=True)
class HideExposed:
    """Fix: no longer expose a setting that stands for none, of the block that the node is made of."""

    node: str
    param: str


@dataclass(frozen=True, slots=True)
class SetTraining:
    """Fix: change a setting of the training, wherever the problem is."""

    setting: str
    value: Any


@dataclass(frozen=True, slots=True)
class SetOwnRate:
    """Fix: give losses of the drawing another learning rate of their own, wherever the problem is."""

    losses: tuple[str, ...]
    value: float


@dataclass(frozen=True, slots=True)
class FixElsewhere:
    """Fix: do ``fix`` at another node than the one that the problem is about."""

    node: str
    fix: Fix


@dataclass(frozen=True, slots=True)
class SeveralFixes:
    """Fix: do several as one step, wherever the problem is. ``words`` are those of the button."""

    fixes: tuple[FixElsewhere, ...]
    words: str


@dataclass(frozen=True, slots=True)
class AddOutput:
    """Fix: give the block that the node is made of an output, fed by what leads to nothing in it."""


@dataclass(frozen=True, slots=True)
class FindFile:
    """Fix: choose the file that a setting names. Which one, only the student can say: the window asks, and puts
    ``path`` in."""

    param: str
    path: str = ""


AnyFix = (
    Fix
    | FindFile
    | ResetParam
    | RemoveNode
    | TakeOut
    | RemoveWire
    | SetNode
    | SetTraining
    | SetOwnRate
    | Rewire
    | SwapWires
    | RenameTo
    | WireInto
    | FeedInput
    | PutData
    | PutLoss
    | HideExposed
    | AddOutput
    | FixElsewhere
    | SeveralFixes
)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that keeps the drawing from running.

    ``node`` is a path: ``conv2``, or ``block1/conv2`` inside an instance of a block. ``code`` is a stable word for
    the kind of problem: shape, setting, unwired, unknown, loop, wire, shares, repeat, mute, block, ports.
    ``wire`` is the one that cannot be, and ``port`` of the node is where what does not fit arrives, if that is known.
    """

    node: str
    sentence: str
    code: str
    fixes: tuple[AnyFix, ...] = ()
    wire: Wire | None = None
    port: str = ""

    def __str__(self) -> str:
        placed = not self.node or re.match(rf"{re.escape(self.node)}(?![\w/])", self.sentence)  # it names it itself
        return self.sentence if placed else f"{self.node}: {self.sentence}"


NOTHING_DRAWN = Problem("", "The drawing has no layers yet. Add an input and a layer, and wire them.", "empty")


def looping(graph: Graph, names: Sequence[str]) -> Mapping[str, Problem]:
    """Problems for the nodes on loops. Cheap for proper drawings: a wire that runs backwards is looked for first."""
    if graph.wiring.__dict__.get("_proper") is names:  # the order is kept with the wiring, and so is the answer
        return EMPTY
    place = {name: index for index, name in enumerate(names)}
    backwards = any(place.get(w.source, -1) >= place.get(w.target, len(place)) for w in graph.wires)
    if not backwards:
        graph.wiring.__dict__["_proper"] = names
        return EMPTY
    found: dict[str, Problem] = {}
    for loop in loops(graph):
        chain = " → ".join([*loop, loop[0]] if len(loop) <= 12 else [*loop[:6], "…", *loop[-6:], loop[0]])
        last = next(w for w in reversed(graph.wires) if w.source in loop and w.target in loop)
        for name in loop:
            sentence = f"It feeds itself: {chain}. Remove the wire from {last.source} to {last.target}."
            found[name] = Problem(name, sentence, "loop", (RemoveWire(last),), last)
    return found


def unknown(node: Node, sentence: str, instead: Sequence[UseInstead] = ()) -> Problem:
    if instead:
        names = " or ".join(fix.type.removeprefix(BLOCK_PREFIX) for fix in instead)
        sentence = f"{sentence} Did you mean {names}?" if "Use " not in sentence else sentence
    elif "Use " not in sentence:
        sentence = f"{sentence} Remove it or put another layer in its place."
    return Problem(node.name, sentence, "unknown", (*instead, RemoveNode()))


def bad_wire(node: Node, wire: Wire, sentence: str, ends: Sequence[Wire] = ()) -> Problem:
    """A wire that cannot be as it is. ``ends`` are wires between ports that exist, the likeliest first."""
    fixes: tuple[AnyFix, ...] = (*(Rewire(wire, end) for end in ends), RemoveWire(wire))
    return Problem(node.name, sentence, "wire", fixes, wire)


def why_no_source(source: Node | None) -> str:
    """Why no wire may start at a node; empty if one may."""
    layer = find(source.type) if source is not None else None
    if source is None or layer is None or layer.role != "loss":
        return ""
    return f"{source.name} is a loss: the training reads it, and no layer can."


def nearest_names(name: str, options: Sequence[str]) -> list[str]:
    """At most two of the options: those that are spelt alike first, then the others in their order."""
    alike = get_close_matches(name, options, n=2, cutoff=0.5)
    return [*alike, *(each for each in options if each not in alike)][:2]


def unwired(node: Node, ports: Sequence[str], several: bool) -> Problem:
    """Nothing arrives at ``ports``; ``several`` says that the node has more than one input."""
    if not several:
        wired: tuple[AnyFix, ...] = (WireInto(ports[0]), FeedInput(ports[0]), RemoveNode())
        return Problem(node.name, "Nothing arrives here. Wire a layer into it.", "unwired", wired)
    inputs = " and ".join(ports)
    fixes: tuple[AnyFix, ...] = (
        *(WireInto(port) for port in ports),
        *(FeedInput(port) for port in ports),
        RemoveNode(),
    )
    return Problem(node.name, f"Nothing arrives at {inputs}. Draw a wire to {inputs}.", "unwired", fixes)


def same_value(node: Node, wires: Sequence[Wire]) -> Problem | None:
    """A loss that compares a value with itself; None for one that does not."""
    if len(wires) < 2 or len({(wire.source, wire.source_port) for wire in wires}) > 1:
        return None
    ports = " and ".join(wire.target_port for wire in wires)
    last = wires[-1]
    sentence = (
        f"{last.source} arrives at {ports}, so the loss compares it with itself and there is nothing to learn. "
        f"Wire something else to {last.target_port}."
    )
    return Problem(node.name, sentence, "shape", (WireInto(last.target_port, instead=True),), port=last.target_port)


def bad_setting(node: Node, layer: Layer, sentence: str) -> Problem:
    fixes: list[AnyFix] = []
    for name, value in node.params.items():
        param = layer.param(name)
        try:
            if param is not None:
                param.check(value)
                continue
        except BadSetting:
            pass
        nearest = _nearest(param, value) if param is not None else None
        if nearest is not None and nearest != param.default:  # type: ignore[union-attr]
            fixes.append(SetParam(name, nearest))
        fixes.append(ResetParam(name))
    return Problem(node.name, sentence, "setting", tuple(fixes))


def _nearest(param: Param, value: Any) -> Any:
    """The limit that a number has passed, if that is all that is wrong with it."""
    low, high = getattr(param, "low", None), getattr(param, "high", None)
    sides = value if isinstance(value, (tuple, list)) else (value,)
    if low is None or high is None or not sides or any(type(side) not in (int, float) for side in sides):
        return None
    moved = tuple(min(max(side, low), high) for side in sides)
    try:
        return param.check(moved if isinstance(value, (tuple, list)) else moved[0])
    except BadSetting:
        return None


def bad_exposed(project: Project, node: Node, block: Block) -> Problem | None:
    """What is wrong with the settings that an instance gives to its block, or with those that the block exposes."""
    known = dict.fromkeys(exposed.name for exposed in block.exposed)
    for name in node.params:
        if name not in known:
            has = listed(known) or "none"
            return Problem(
                node.name,
                f"The block has no setting {quoted(name)} (it has: {has}). Remove it.",
                "setting",
                (ResetParam(name),),
            )
    for exposed in block.exposed:
        inner = block.graph.nodes.get(exposed.node)
        param = param_of(project, inner, exposed.param) if inner is not None else None
        stale = ""
        if inner is None:
            stale = f"belongs to {cut(exposed.node)}, which the block does not have"
        elif param is None and is_known(project, inner):
            stale = f"stands for {cut(exposed.param)} of {exposed.node}, which that layer does not have"
        if stale:
            sentence = f"The setting {cut(exposed.name)} {stale}. Remove the setting from the block."
            return Problem(node.name, sentence, "block", (HideExposed(exposed.node, exposed.param),))
        if param is not None and exposed.name in node.params:
            try:
                param.check(node.params[exposed.name])
            except BadSetting as bad:
                return Problem(node.name, f"{exposed.name}: {bad}", "setting", (ResetParam(exposed.name),))
    return None


def circular(project: Project, node: Node) -> tuple[Problem, ...]:
    """The problem of an instance whose block contains itself, at the node that closes the circle; empty if none does.

    Inference meets it by itself where it goes inside. Where nothing arrives it does not.
    """
    start = block_of(node.type)
    if start is None or start not in project.blocks:
        return ()
    todo: list[tuple[str, tuple[str, ...], tuple[str, ...]]] = [(start, (node.name,), (start,))]
    seen: set[str] = set()
    while todo:
        block, path, chain = todo.pop()
        if block in seen:
            continue
        seen.add(block)
        for inner in project.blocks[block].graph.nodes.values():
            used = block_of(inner.type)
            if used in chain:
                way = listed((*chain[chain.index(used) :], used), " → ")
                sentence = f"The block {used} contains itself ({way}). Remove this node."
                return (Problem("/".join((*path, inner.name)), sentence, "block", (RemoveNode(),)),)
            if used is not None and used in project.blocks:
                todo.append((used, (*path, inner.name), (*chain, used)))
    return ()
