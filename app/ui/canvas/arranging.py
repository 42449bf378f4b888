"""Tidy places for the nodes of a graph, with the sizes they have on the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.core.graph.framed_layout import FramedLayout, arranged_in_frames
from app.core.graph.layout import arranged, has_no_places
from app.core.graph.model import MAIN, Graph, Project
from app.core.storage.fragment import Fragment
from app.ui.canvas import geometry as g
from app.ui.canvas.figures import NodeFigure
from app.ui.canvas.node_words import NodeLook, look_of


def tidied(graph: Graph, figures: Mapping[str, NodeFigure]) -> FramedLayout:
    """Places for the nodes of a graph on the canvas, and for its frames: what belongs to a frame stays in it."""

    def offset(name: str, port: str, is_output: bool) -> float:
        return figures[name].level_of(port, is_output)

    sizes = {name: (figure.width, figure.height) for name, figure in figures.items()}
    return arranged_in_frames(graph, sizes, (g.GAP_X, g.GAP_Y), offset, fold=True)


def tidy_places(graph: Graph, looks: Mapping[str, NodeLook]) -> dict[str, tuple[float, float]]:
    """A place for every node of ``graph``: layers from left to right, long drawings in rows."""
    heights = {name: g.body_height(look.rows, look.has_foot) for name, look in looks.items()}

    def offset(name: str, port: str, is_output: bool) -> float:
        ports = looks[name].outputs if is_output else looks[name].inputs
        return g.port_y(next((i for i, look in enumerate(ports) if look.name == port), 0))

    sizes = {name: (g.NODE_WIDTH, height) for name, height in heights.items()}
    return arranged(graph, sizes, (g.GAP_X, g.GAP_Y), offset, fold=True)


def with_places(project: Project) -> Project:
    """The project, with places for the nodes of each graph that has none (a file written by hand or by a program)."""
    for where in (MAIN, *project.blocks):
        graph = project.graph_of(where)
        if has_no_places(graph):
            looks = {name: look_of(project, node, None) for name, node in graph.nodes.items()}
            places = tidy_places(graph, looks)
            nodes = (replace(node, position=places[name]) for name, node in graph.nodes.items())
            project = project.with_graph(where, graph.with_nodes(*nodes))
    return project


def placed(piece: Fragment) -> Fragment:
    """A piece of a drawing, with places where it has none."""
    project = Project(graph=Graph.of(piece.nodes, piece.wires, piece.frames), blocks=piece.blocks)
    tidy = with_places(project)
    return replace(piece, nodes=tuple(tidy.graph.nodes.values()), blocks=tidy.blocks)
