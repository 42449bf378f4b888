"""The layer before an input whose setting decides what arrives there: past what only orders or picks values, past muted
layers, and inside blocks."""

from __future__ import annotations

from typing import Any

from app.core.commands import SetSetting
from app.core.commands.settings import where_it_stands
from app.core.expanded import GraphLevel, sole_producer
from app.core.graph.blocks import param_of
from app.core.graph.model import Project, Wire
from app.core.inference import Report, infer
from nodes.api.registry import find

_SAME_SHAPE = ("activation", "normalization", "regularization")
_FARTHEST = 30  # layers that are passed on the way back


def upstream_setting(
    project: Project, report: Report, where: str, name: str, port: str, param: str, value: Any
) -> SetSetting | None:
    """The edit that gives the nearest layer before ``port`` that has the setting this value, where its value stands: in
    the layer, or in the block that exposes it. None if there is no such layer, or it would not change what arrives.
    """
    level = GraphLevel(project, report.of(where), where)
    if name not in level.report.nodes:
        return None
    wire = level.graph.wire_at(name, port)
    if wire is None:
        return None
    at, plain = (level, wire), True
    for _ in range(_FARTHEST):
        output = sole_producer(*at)
        if output is None:
            return None
        if param_of(project, output.node, param) is not None:
            edit = SetSetting(output.level.where, (output.node.name,), param, value)
            command = where_it_stands(project, edit, output.level.instances())
            inside = output.level is not level
            return command if (plain and not inside) or _helps(project, report, where, wire, command) else None
        layer = find(output.node.type)
        arriving = output.arriving()
        if layer is None or len(arriving) != 1:
            return None
        plain = plain and layer.category in _SAME_SHAPE
        at = output.level, arriving[0]
    return None


def _helps(project: Project, report: Report, where: str, wire: Wire, command: SetSetting) -> bool:
    """Whether another number arrives over the wire then, the wanted one, and nothing else suffers."""
    after = infer(command.apply(project))
    before, now = report.of(where).shape(wire), after.of(where).shape(wire)
    return (
        now is not None and now != before and command.value in now.sizes and len(after.problems) <= len(report.problems)
    )
