"""What a node says on the canvas, in words and numbers. No Qt and no pixels here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from app.core.graph.loops import runs_over_time
from app.core.graph.model import Node, Project, block_of
from app.core.graph.ports import input_ports, output_ports
from app.core.inference import NodeReport
from nodes.api import BadSetting, Layer, ShapeError
from nodes.api.registry import find

UNKNOWN = NodeReport()


@dataclass(frozen=True, slots=True)
class PortLook:
    """One port. ``label`` stands beside it, ``kind`` colours it (None: the shape is not known)."""

    name: str
    label: str = ""
    kind: str | None = None
    variadic: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class NodeLook:
    """One node as it is drawn. ``foot`` is the line below the ports, ``card`` the settings that matter."""

    title: str
    type_word: str
    category: str
    card: str
    foot: str
    has_foot: bool
    inputs: tuple[PortLook, ...]
    outputs: tuple[PortLook, ...]
    bypassed: bool = False
    repeat: int = 1
    shares: str | None = None
    problems: tuple[str, ...] = ()
    waiting: bool = False
    expandable: bool = False  # a block that can be expanded in its place
    frozen: bool = False
    varied: tuple[str, ...] = ()  # settings that are marked to vary in a sweep, with their values

    @property
    def pale(self) -> bool:
        """Whether its head is drawn in less colour: it does not take part, or does not learn."""
        return self.bypassed or self.frozen

    @property
    def rows(self) -> int:
        """Lines with ports."""
        return max(len(self.inputs), len(self.outputs), 1)

    @property
    def card_in_row(self) -> bool:
        """Whether the first line has room for the card, because no input writes its name there."""
        return not any(port.label for port in self.inputs)


def brief_count(number: int) -> str:
    """A count that fits on a node: ``156``, ``48.1 k``, ``2.36 M``."""
    if number < 10_000:
        return f"{number:,}"
    for size, word in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size * 0.9995:
            return f"{number / size:.3g} {word}" if number < size * 999.5 else f"{number / size:.0f} {word}"
    return f"{number:,}"


def plural(count: int, word: str) -> str:
    """``1 layer``, ``5 layers``."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


@cache
def _trains(layer: Layer) -> bool:
    """Whether the layer has weights at all; its first example says so.

    The line for them is kept free even while the number is not known, so that nodes do not jump.
    """
    if layer.role == "source":
        return False
    for example in layer.examples:
        try:
            return layer.build(layer.wired(example), layer.settings(example.params)).weight_count > 0
        except (ShapeError, BadSetting):
            continue
    return False


def card_of(project: Project, node: Node) -> str:
    """The settings that matter, in one short line."""
    block_name = block_of(node.type)
    if block_name is not None:
        block = project.blocks.get(block_name)
        inside = [n for n in block.graph.nodes.values() if n.type not in ("In", "Out")] if block else []
        again = "↻ each step · " if block and runs_over_time(block) else ""
        return again + plural(len(inside), "layer") if block else ""
    layer = find(node.type)
    if layer is None:
        return ""
    try:
        return layer.card(layer.settings(node.params))
    except BadSetting:
        return ""


def varied_words(project: Project, where: str, node: str) -> tuple[str, ...]:
    """What is marked to vary of a node of the graph ``where``, in words: "features: 16, 32"."""
    if not project.varied:
        return ()
    from app.core.variants.drawings import spoken  # most drawings have none
    from app.core.variants.marks import varied_at

    return tuple(
        f"{spoken(project, each.name).removeprefix(f'{node} ')}: {str(each).partition('=')[2].replace(',', ', ')}"
        for each in varied_at(project, where, node)
    )


def look_of(project: Project, node: Node, report: NodeReport | None, where: str | None = None) -> NodeLook:
    """How ``node`` is drawn while ``report`` is what is known of it. ``where`` is the graph that it stands in; without
    one it is only measured, or being put there."""
    report = report or UNKNOWN
    block_name = block_of(node.type)
    layer = find(node.type) if block_name is None else None
    ports_in, ports_out = input_ports(project, node), output_ports(project, node)
    named = len(ports_in) > 1
    inputs = []
    for port in ports_in:
        arrived = report.inputs.get(port.name)
        kind = arrived[0].kind if arrived else None
        inputs.append(PortLook(port.name, port.name if named else "", kind, port.variadic, port.optional))
    outputs = []
    is_loss = layer is not None and layer.role == "loss"
    for name in ports_out:
        shape = report.outputs.get(name)
        text = str(shape) if shape is not None else ""
        if is_loss or (len(ports_out) > 1 and text in ("", name)):
            text = name
        elif len(ports_out) > 1:
            text = f"{name}  {text}"
        outputs.append(PortLook(name, text, shape.kind if shape is not None else None))
    card = card_of(project, node)
    trains = (layer is not None and _trains(layer)) or block_name is not None
    foot = ""
    if node.shares is not None:
        foot = f"weights of {node.shares}"
    elif report.parameters:
        foot = "1 parameter" if report.parameters == 1 else f"{brief_count(report.parameters)} parameters"
    look = NodeLook(
        title=node.name,
        type_word=block_name if block_name is not None else node.type,
        category="block" if block_name is not None else layer.category if layer is not None else "unknown",
        card=card,
        foot=foot,
        has_foot=trains or bool(foot) or (named and bool(card)),
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        bypassed=node.bypassed,
        repeat=node.repeat,
        shares=node.shares,
        problems=tuple(problem.sentence for problem in report.problems),
        waiting=report.waiting,
        expandable=block_name in project.blocks,
        frozen=bool(node.params.get("frozen", False)),
        varied=varied_words(project, where, node.name) if where is not None else (),
    )
    return look
