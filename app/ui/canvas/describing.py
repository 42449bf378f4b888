"""What a screen reader says of the canvas: what is there, and what is selected."""

from __future__ import annotations

from collections.abc import Sequence

from app.core.graph.model import Wire
from app.ui.canvas.expanded_block import spot_of
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.node_words import NodeLook
from app.ui.canvas.painter import Highlight
from app.ui.canvas.scene import Scene

_MOST_NAMED = 3


def of_canvas(scene: Scene, highlight: Highlight) -> str:
    """The drawing in numbers, and what is selected in words."""
    words = f"{len(scene.nodes)} layers, {len(scene.wires)} wires."
    selected = tuple(highlight.selected)
    for name in selected[:_MOST_NAMED]:
        words += f" {of_figure(scene.nodes[name])}"
    if len(selected) > _MOST_NAMED:
        words += f" {len(selected)} layers selected."
    spot = spot_of(scene, highlight.inside) if highlight.inside else None
    if spot is not None:
        words += f" Inside {' of '.join(reversed(spot.path[:-1]))}: {of_node(spot.figure.look)}"
    wires = [wire for wire in highlight.wires if wire in scene.wires]
    for wire in wires[:_MOST_NAMED]:
        words += f" {of_wire(scene, wire)}"
    if len(wires) > _MOST_NAMED:
        words += f" {len(wires)} wires selected."
    return words


def of_figure(figure: NodeFigure) -> str:
    """What is said of a node, and what else the list of problems has of it."""
    said = "".join(f" {entry.label}: {entry.problem.sentence}" for entry in figure.said)
    return of_node(figure.look) + said


def of_node(look: NodeLook) -> str:
    """Name, type, what it gives and what is wrong."""
    outputs = ", ".join(port.label for port in look.outputs if port.label)
    words = f"{look.title}, {look.type_word}{f', gives {outputs}' if outputs else ''}."
    return words + "".join(f" Problem: {sentence}" for sentence in look.problems)


def of_wire(scene: Scene, wire: Wire) -> str:
    """Where a wire leads, what it carries and why it does not fit, if it does not."""
    shape = scene.report.shape(wire)
    figure = scene.wires.get(wire)
    words = f"Wire from {_end(scene, wire.source, wire.source_port, True)}"
    words += f" to {_end(scene, wire.target, wire.target_port, False)}"
    words += f", carries {shape}." if shape is not None else "."
    return f"{words} Problem: {figure.sentence}" if figure is not None and figure.sentence else words


def _end(scene: Scene, node: str, port: str, is_output: bool) -> str:
    """A node, with its port if it has several of that kind."""
    look = scene.nodes[node].look
    ports: Sequence[object] = look.outputs if is_output else look.inputs
    return f"{port} of {node}" if len(ports) > 1 else node
