"""Drawings with blocks to be unfolded, and what a scene says of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from app.core.document import Document
from app.core.graph.model import MAIN, Block, Graph, Node, Project, Wire
from app.ui.canvas.scene import Scene
from app.ui.canvas.view import CanvasView
from tests.support.drawings import block_net, node
from tests.ui.canvas.hand import in_a_row


def rows() -> Project:
    """The drawing with blocks side by side, the nodes of its block too."""
    project = in_a_row(block_net(1))
    unit = project.blocks["unit"]
    return project.with_block("unit", replace(unit, graph=in_a_row(Project(graph=unit.graph)).graph))


def nested() -> Project:
    """A block with a block in it, twice in the drawing."""
    project = rows()
    graph = Graph.of(
        [
            Node("a", "In", position=(0, 0)),
            Node("one", "block:unit", position=(240, 0)),
            Node("two", "block:unit", position=(480, 0)),
            Node("b", "Out", position=(720, 0)),
        ],
        [Wire("a", "output", "one", "x"), Wire("one", "y", "two", "x"), Wire("two", "y", "b", "x")],
    )
    main = Graph.of(
        [
            node("picture", "Input", shape=(3, 12, 12)),
            Node("left", "block:stage", position=(240, 0)),
            Node("right", "block:stage", position=(480, 0)),
            replace(node("result", "Output"), position=(720, 0)),
        ],
        [Wire("picture", "output", "left", "a"), Wire("left", "b", "right", "a"), Wire("right", "b", "result", "x")],
    )
    return Project("Nested", graph=main, blocks={**project.blocks, "stage": Block(graph)})


def apart(canvas: CanvasView) -> bool:
    """Whether no node lies on another."""
    boxes = [figure.rect for figure in canvas.scene.nodes.values()]
    return not any(one.intersects(other) for one, other in combinations(boxes, 2))


def told(scene: Scene) -> dict[str, object]:
    """Everything a scene says of its nodes and wires, and of what is inside of them."""
    nodes = {
        n: (f.look, f.x, f.y, f.width, f.height, f.node, told(f.inside.scene) if f.inside is not None else None)
        for n, f in scene.nodes.items()
    }
    ports = {n: (f.inside.inputs, f.inside.outputs, f.inside.origin) for n, f in scene.opened.items() if f.inside}
    wires = {w: (f.kind, f.text, f.fits, f.sentence, f.start, f.end) for w, f in scene.wires.items()}
    return {"nodes": nodes, "wires": wires, "ports": ports}


def fresh(document: Document, where: str = MAIN) -> Scene:
    scene = Scene()
    scene.load(document.project, where, document.graph_report(where))
    return scene
