"""The layer before an input whose setting decides what arrives there: past what only orders or picks values, past muted
layers, and inside blocks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.core.commands import SetSetting
from app.core.graph.blocks import exposed_as, param_of
from app.core.graph.model import Project, Wire
from app.core.inference import Report, infer
from app.core.unfolded import Level, Output, producers
from nodes.api.registry import find

_SAME_SHAPE = ("activation", "normalization", "regularization")
_FARTHEST = 30  # layers that are passed on the way back


def upstream_setting(
    project: Project, report: Report, where: str, name: str, port: str, param: str, value: Any
) -> SetSetting | None:
    """The edit that gives the nearest layer before ``port`` that has the setting this value, where its value stands: in
    the layer, or in the block that exposes it. None if there is no such layer, or it would not change what arrives.
    """
    level = Level(project, report.of(where), where)
    if name not in level.report.nodes:
        return None
    wire = next((each for each in level.graph.into(name) if each.target_port == port), None)
    if wire is None:
        return None
    at, plain = (level, wire), True
    for _ in range(_FARTHEST):
        output = _only(*at)
        if output is None:
            return None
        if param_of(project, output.node, param) is not None:
            command = _setting(output, param, value)
            inside = output.level is not level
            return command if (plain and not inside) or _helps(project, report, where, wire, command) else None
        layer = find(output.node.type)
        arriving = output.arriving()
        if layer is None or len(arriving) != 1:
            return None
        plain = plain and layer.category in _SAME_SHAPE
        at = output.level, arriving[0]
    return None


def _only(level: Level, wire: Wire) -> Output | None:
    """What gives the values: a node of the same graph where it is a block whose setting is meant, else a layer."""
    found = list(producers(level, wire))
    return found[0] if len(found) == 1 else None


def _setting(output: Output, param: str, value: Any) -> SetSetting:
    """The edit, in the outermost block on the way that gives the setting a value of its own."""
    level, command = output.level, SetSetting(output.level.where, (output.node.name,), param, value)
    while level.outer is not None:
        entry = exposed_as(level.project, command.where, command.names[0], command.param)
        if entry is None or entry.name not in level.outer.graph.nodes[level.instance].params:
            break
        command = replace(command, where=level.outer.where, names=(level.instance,), param=entry.name)
        level = level.outer
    return command


def _helps(project: Project, report: Report, where: str, wire: Wire, command: SetSetting) -> bool:
    """Whether another number arrives over the wire then, the wanted one, and nothing else suffers."""
    after = infer(command.apply(project))
    before, now = report.of(where).shape(wire), after.of(where).shape(wire)
    return (
        now is not None and now != before and command.value in now.sizes and len(after.problems) <= len(report.problems)
    )
