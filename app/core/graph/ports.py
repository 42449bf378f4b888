"""The ports of a node, be it a layer or an instance of a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.core.graph.model import Block, Node, Project, block_of
from nodes.api import Port
from nodes.api.registry import find


def input_ports(project: Project, node: Node) -> tuple[Port, ...]:
    """The input ports of a node, layer or block instance; none for an unknown type."""
    block_name = block_of(node.type)
    if block_name is None:
        layer = find(node.type)
        return layer.inputs if layer is not None else ()
    block = project.blocks.get(block_name)
    if block is None:
        return ()
    # What comes back from the last step begins with zeros where nothing is wired.
    return tuple(Port(name, optional=_comes_back(block.graph.nodes[name])) for name in ports_of(block, "In"))


def _comes_back(node: Node) -> bool:
    return node.params.get("over_time") == "from the last step"


def output_ports(project: Project, node: Node) -> tuple[str, ...]:
    """The output ports of a node, layer or block instance; none for an unknown type."""
    block_name = block_of(node.type)
    if block_name is None:
        layer = find(node.type)
        if layer is None:
            return ()
        # Repeated layers stand in a row: only the first output leads on.
        return layer.outputs[:1] if node.repeat > 1 else layer.outputs
    block = project.blocks.get(block_name)
    return tuple(ports_of(block, "Out")) if block is not None else ()


def passing(project: Project, node: Node, arriving: Sequence[str]) -> dict[str, str]:
    """For each output of a muted node the input whose value it gives: the first output the first input of
    ``arriving`` (those with a wire), every other one the input of its own number, if a wire ends there."""
    inputs, outputs = [port.name for port in input_ports(project, node)], output_ports(project, node)
    first = [name for name in inputs if name in arriving][:1]
    found = dict(zip(outputs[:1], first))
    return found | {output: name for output, name in zip(outputs[1:], inputs[1:]) if name in arriving}


def is_known(project: Project, node: Node) -> bool:
    """Whether anybody can say which ports the node has."""
    block_name = block_of(node.type)
    return find(node.type) is not None if block_name is None else block_name in project.blocks


def ports_of(block: Block, port_type: str) -> Iterator[str]:
    """The names of a block's In or Out nodes, in drawing order."""
    return (name for name, node in block.graph.nodes.items() if node.type == port_type)
