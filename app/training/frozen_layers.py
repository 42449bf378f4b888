"""Layers that stay with random weights: they are frozen, and nothing has trained them before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import nn

from app.core.checks.problems import FixElsewhere, SeveralFixes
from app.core.compile.net import CompiledNet
from app.core.compile.planned import PlannedGraph
from app.core.graph.model import MAIN
from app.training.events import Diagnosed
from nodes.api import SetParam
from nodes.api.registry import find
from nodes.api.words import listed

_CHOSEN = ("constant_", "given")  # ways to start that leave nothing to chance
_MOST_SHOWN = 4
_MOST_WEIGHTS = 50_000_000  # of a net that is made once more to see which of its weights are those it begins with


def frozen_by_chance(net: CompiledNet, model: nn.Module | None = None) -> list[str]:
    """The paths of frozen layers whose weights are drawn by chance, such as ``fc1`` or ``block1/conv2``, in the order
    of the net. ``model`` may have other weights than the net begins with; those of its layers are left out."""
    found = list(_frozen(net, net.plan.graph, "", ""))
    if not found or model is None:
        return [path for path, _ in found]
    now = model.state_dict()
    if sum(value.numel() for value in now.values()) > _MOST_WEIGHTS:
        return []
    begun = net.model(net.plan.recipe.seed).state_dict()
    return [path for path, attribute in found if _same(begun, now, f"{attribute}.")]


def words_on_frozen(net: CompiledNet, model: nn.Module | None = None) -> Iterator[Diagnosed]:
    """What is said of them before the first step."""
    paths = frozen_by_chance(net, model)
    if not paths:
        return
    one, named = len(paths) == 1, listed(paths, most=_MOST_SHOWN)
    its, them = ("it makes", "it") if one else ("they make", "them")
    yield Diagnosed(
        paths[0],
        f"{named} {'is' if one else 'are'} frozen with random weights, so what {its} of the data stays a matter of "
        f"chance. Begin with the weights of a run or a file, or unfreeze {them}.",
        "frozen_random",
        (SetParam("frozen", False),) if one else (_unfreeze(paths),),
    )


def _unfreeze(paths: Sequence[str]) -> SeveralFixes:
    words = f"Unfreeze {listed(paths, most=_MOST_SHOWN)}"
    return SeveralFixes(tuple(FixElsewhere(path, SetParam("frozen", False)) for path in paths), words)


def _frozen(net: CompiledNet, graph: PlannedGraph, path: str, attribute: str) -> Iterator[tuple[str, str]]:
    """Paths of layers, each with the name of its module. Where a block is repeated, that is of the first."""
    project = net.project
    nodes = project.graph.nodes if project is not None else {}
    if project is not None and graph.where != MAIN:
        nodes = project.blocks[graph.where].graph.nodes
    for step in graph.steps:
        place = f"{attribute}{step.attribute}"
        if step.inner is not None and step.owns:
            inside = f"{place}.0." if step.repeat > 1 else f"{place}."
            yield from _frozen(net, step.inner, f"{path}{step.name}/", inside)
        elif step.owns and step.call is not None and step.call.frozen and step.name in nodes:
            layer = find(nodes[step.name].type)
            drawn = layer is not None and "init" in layer.common  # others begin with 1 and 0, say
            if drawn and not (step.call.fill and step.call.fill[0] in _CHOSEN):
                yield f"{path}{step.name}", place


def _same(one: Mapping[str, torch.Tensor], other: Mapping[str, torch.Tensor], start: str) -> bool:
    """Whether all that begins with these letters is equal, and there is some."""
    names = [name for name in one if name.startswith(start)]
    return bool(names) and all(name in other and torch.equal(one[name], other[name].cpu()) for name in names)
