"""What the mouse is told when it rests on something: short rich texts."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QPointF

from app.core.graph.frames import contents
from app.core.graph.model import block_of
from app.ui import theme
from app.ui.canvas.figures import NodeFigure, WireFigure
from app.ui.canvas.frames.figures import FrameFigure
from app.ui.canvas.frames.words import may_open
from app.ui.canvas.geometry import as_rect
from app.ui.canvas.scene import PortAt, Scene
from app.ui.inspector.facts import shape_words
from nodes.api.registry import CATEGORIES, find

_KIND_WORDS = {
    "image": "an image (channels × height × width)",
    "vector": "a list of numbers",
    "sequence": "a sequence (time × features)",
    "tokens": "text as whole numbers",
    "label": "a class label",
    "number": "one number",
    "volume": "a block of numbers",
}


def _page(*parts: str) -> str:
    """Rich text that wraps at a readable width."""
    return f"<qt><div style='max-width:340px'>{'<br>'.join(part for part in parts if part)}</div></qt>"


def _sentences(figure: NodeFigure) -> str:
    lines = [f"<b>{escape(line)}</b>" for line in figure.look.problems]
    lines += [f"{entry.label}: <b>{escape(entry.problem.sentence)}</b>" for entry in figure.said]
    return "<br>".join(lines)


def of_node(figure: NodeFigure) -> str:
    """Help, settings, shapes, weights and problems of a node."""
    node, look, report = figure.node, figure.look, figure.report
    layer = find(node.type)
    if layer is not None:
        family = CATEGORIES.get(layer.category, layer.category)
        head = f"<b>{escape(node.name)}</b> &nbsp; {escape(layer.name)} ({escape(layer.id)}) · {escape(family)}"
        about = escape(layer.help.split("\n\n")[0].replace("\n", " "))
    else:
        head = f"<b>{escape(node.name)}</b> &nbsp; {escape(block_of(node.type) or node.type)}"
        about = "A block: a drawing inside the drawing. Double-click to go inside." if block_of(node.type) else ""
    shapes: list[str] = []
    for port, arrived in report.inputs.items() if report is not None else ():
        shapes.extend(f"{escape(port)} ← {escape(shape_words(shape))}" for shape in arrived)
    for port, shape in report.outputs.items() if report is not None else ():
        shapes.append(f"{escape(port)} → {escape(shape_words(shape))}")
    numbers = ""
    if report is not None and (report.parameters or report.multiply_adds):
        numbers = f"{report.parameters:,} parameters · {report.multiply_adds:,} multiply-adds per sample"
    states = []
    if look.bypassed:
        states.append("Muted: data passes through unchanged (M).")
    if look.repeat > 1:
        states.append(f"Repeated {look.repeat} times in a row.")
    if look.shares is not None:
        states.append(f"Uses the weights of {escape(look.shares)}.")
    if look.waiting:
        states.append("Waits for a layer before it.")
    if look.varied:
        states.append(
            f"<b>Varies in a sweep</b>: {escape('; '.join(look.varied))}. The Sweep panel trains the variants."
        )
    settings = f"Settings: {escape(look.card)}" if look.card else ""
    note = f"<i>{escape(node.note)}</i>" if node.note else ""
    return _page(head, _sentences(figure), about, settings, *shapes, numbers, *states, note)


def of_badge(figure: NodeFigure) -> str:
    """The sentences behind a problem badge."""
    helps = figure.look.problems or any(entry.problem.fixes for entry in figure.said)
    hint = "Click for what would help." if helps else ""
    return _page(f"<b>{escape(figure.name)}</b>", _sentences(figure), hint)


def of_port(scene: Scene, port: PortAt, hint: str = "Drag to draw a wire.") -> str:
    """Name and shape of a port, and what can be done with it."""
    figure = scene.nodes[port.node]
    report = figure.report
    direction = "output" if port.is_output else "input"
    words = ""
    if report is not None:
        arrived = report.inputs.get(port.port, ())
        shapes = (report.outputs.get(port.port),) if port.is_output else arrived
        words = ", ".join(shape_words(shape) for shape in shapes if shape is not None)
    look = next((p for p in (*figure.look.inputs, *figure.look.outputs) if p.name == port.port), None)
    more = "Takes several wires." if look is not None and look.variadic else ""
    return _page(f"<b>{escape(port.node)}.{escape(port.port)}</b> ({direction})", escape(words), more, hint)


def of_frame(scene: Scene, figure: FrameFigure, point: QPointF) -> str:
    """What a frame or note is, and what can be done with it; over a link in a note where it leads."""
    frame = figure.frame
    if frame.is_note:
        address = figure.link_at(point, theme.current().name)
        hint = "<br>Right-click to open it." if may_open(address) else ""
        leads = f"Leads to {escape(address)}{hint}" if address else ""
        return _page(leads, "A note. Double-click to change its words, drag to move it.")
    inside, _ = contents((figure.name,), scene.frames.frames, {n: as_rect(f.rect) for n, f in scene.nodes.items()})
    layers = "1 layer" if len(inside) == 1 else f"{len(inside)} layers"
    return _page(
        f"<b>{escape(frame.title)}</b>",
        f"A frame with {layers}. Drag its title or border to move it with what stands in it; "
        "double-click the title to change it.",
    )


def of_wire(scene: Scene, figure: WireFigure) -> str:
    """What a wire carries, and why it does not fit if it does not."""
    shape = scene.report.shape(figure.wire)
    carries = f"{shape}: {_KIND_WORDS[shape.kind]}" if shape is not None else "The shape is not known yet."
    sentence = f"<b>{escape(figure.sentence)}</b><br>Click for what would help." if figure.sentence else ""
    wire = figure.wire
    ends = f"<b>{escape(wire.source)}.{escape(wire.source_port)} → {escape(wire.target)}.{escape(wire.target_port)}</b>"
    return _page(ends, sentence, escape(carries))
