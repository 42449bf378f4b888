"""A copy of a net that answers the same and quicker: batch norms folded into the convolutions before them, weights held
with their channels last."""

from __future__ import annotations

import copy
from collections import Counter

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph, PlannedStep


def swift(net: CompiledNet, model: nn.Module, asked: str) -> nn.Module:
    """A copy in evaluation mode. ``asked`` is the node whose value is wanted, which is still there: convolutions that
    others than their batch norm read are left as they are. Values differ by rounding alone; no gradients can be asked
    for. Every value stays what it is when others have been worked out from it."""
    copied = copy.deepcopy(model).eval()
    _fold(net.plan.graph, copied, asked, frozenset((output.node, output.port) for output in net.plan.outputs))
    return copied.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _fold(graph: PlannedGraph, root: nn.Module, asked: str, wanted: frozenset[tuple[str, str]], path: str = "") -> None:
    users = Counter(step.attribute for step in graph.steps)
    readers = Counter(ref.node for step in graph.steps for refs in step.inputs.values() for ref in refs)
    readers.update(ref.node for ref in graph.returns)
    readers.update(node for node, _ in wanted)
    steps = {step.name: step for step in graph.steps}
    for step in graph.running:
        if step.inner is not None:
            if step.owns and step.repeat == 1 and users[step.attribute] == 1:
                inside = getattr(root, step.attribute)
                _fold(step.inner, inside, asked, frozenset(), f"{path}{step.name}/")
            continue
        before = _only(step, steps)
        if before is None or f"{path}{before.name}" == asked or readers[before.name] != 1:
            continue
        if users[step.attribute] != 1 or users[before.attribute] != 1:
            continue
        norm, conv = _module(root, step), _module(root, before)
        if isinstance(norm, nn.BatchNorm2d) and type(conv) is nn.Conv2d and norm.running_mean is not None:
            setattr(root, before.attribute, fuse_conv_bn_eval(conv, norm))
            setattr(root, step.attribute, nn.Identity())


def _only(step: PlannedStep, steps: dict[str, PlannedStep]) -> PlannedStep | None:
    """The one step that a step reads."""
    refs = [ref for arrived in step.inputs.values() for ref in arrived]
    return steps.get(refs[0].node) if len(refs) == 1 else None


def _module(root: nn.Module, step: PlannedStep) -> nn.Module | None:
    if step.call is None or not step.call.constructor:
        return None
    return getattr(root, step.attribute, None)
