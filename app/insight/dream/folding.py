"""Batch norms worked into the convolutions before them: in evaluation both are linear, and one step is quicker."""

from __future__ import annotations

from collections.abc import Collection

from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_weights
from torch.nn.utils.parametrize import is_parametrized

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlannedGraph, PlannedStep
from app.insight.anatomy import only_input


def fold(net: CompiledNet, model: nn.Module, kept: Collection[str]) -> int:
    """Change ``model``, a copy that nobody else uses, so that it answers the same (to rounding) in fewer steps. Gives
    how many batch norms are no longer there.

    Of nodes in ``kept`` (paths) the values stay what they were. Those of other convolutions become what their batch
    norm made of them.
    """
    return _fold(net.plan.graph, model, "", kept)


def _fold(graph: PlannedGraph, module: nn.Module, path: str, kept: Collection[str]) -> int:
    count = 0
    steps = {step.name: step for step in graph.running}
    for step in graph.running:
        if not _alone(graph, step):
            continue
        if step.inner is not None:
            count += _fold(step.inner, module.get_submodule(step.attribute), f"{path}{step.name}/", kept)
            continue
        ref = only_input(step)
        before = steps.get(ref.node) if ref is not None else None
        if before is None or before.inner is not None or not _alone(graph, before) or f"{path}{before.name}" in kept:
            continue
        if _readers(graph, before) == 1:
            count += _one(module, before.attribute, step.attribute)
    return count


def _alone(graph: PlannedGraph, step: PlannedStep) -> bool:
    """Whether its module is run once, and by nobody else."""
    users = sum(each.attribute == step.attribute for each in graph.steps)
    return step.owns and step.repeat == 1 and not step.loop and users == 1


def _readers(graph: PlannedGraph, step: PlannedStep) -> int:
    refs = [ref for each in graph.running for arrived in each.inputs.values() for ref in arrived]
    return sum(ref.node == step.name for ref in (*refs, *graph.returns))


def _one(module: nn.Module, convolution: str, norm: str) -> int:
    conv, bn = getattr(module, convolution, None), getattr(module, norm, None)
    if type(conv) is not nn.Conv2d or type(bn) is not nn.BatchNorm2d or is_parametrized(conv):
        return 0
    if bn.running_mean is None or bn.running_var is None:
        return 0
    conv.weight, conv.bias = fuse_conv_bn_weights(
        conv.weight, conv.bias, bn.running_mean, bn.running_var, bn.eps, bn.weight, bn.bias
    )
    conv.requires_grad_(False)
    setattr(module, norm, nn.Identity())
    return 1
