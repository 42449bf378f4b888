"""Grad-CAM: which places of a layer's maps carry the answer."""

from __future__ import annotations

import torch
from torch import nn

from app.insight.anatomy import part, probe_name
from app.insight.explanation import Explanation
from app.insight.tiles import NoPicture
from app.insight.where.method import PlaceMap


def last_maps(explained: Explanation) -> str:
    """The last convolution, or else the last layer of the drawing that gives maps larger than one value.

    Raises:
        NoPicture: if there is none.
    """
    steps = explained.net.plan.graph.running
    maps = [
        step for step in steps if any(shape.rank == 3 and min(shape.sizes[1:]) > 1 for shape in step.outputs.values())
    ]
    convolutions = [step for step in maps if step.call is not None and "Conv" in step.call.constructor]
    if not maps:
        raise NoPicture("No layer of this net gives maps, so Grad-CAM has no places to show. Use saliency instead.")
    return (convolutions or maps)[-1].name


def gradcam(explained: Explanation, layer: str) -> PlaceMap:
    """The maps of ``layer``, each weighted with the mean gradient of the answer by it, added up; only what speaks for
    the answer stays (Selvaraju et al. 2017). Enlarged to the size of the picture.

    Raises:
        NoPicture: if the layer gives no maps, or the answer does not depend on it.
    """
    node, name = probe_name(explained.net, explained.node), probe_name(explained.net, layer)
    with explained.undisturbed(), torch.enable_grad():
        picture = explained.picture.detach().clone().requires_grad_()
        values = explained.values(picture, [name, node])
        maps = values[name]
        if maps.dim() != 4 or min(maps.shape[2:]) < 2:
            raise NoPicture(f"{layer} gives no maps with several places. Choose a convolution or a pooling.")
        answer = explained.of(values[node])[0]
        (gradient,) = torch.autograd.grad(answer, maps, allow_unused=True) if answer.requires_grad else (None,)
    if gradient is None:
        part(explained.net, layer)
        raise NoPicture(f"{explained.node} does not depend on {layer}. Choose a layer before it.")
    weights = gradient.mean((2, 3), keepdim=True)
    found = (weights * maps.detach()).sum(1, keepdim=True).relu()
    sides = explained.picture.shape[2:]
    if explained.picture.dim() == 4:
        found = nn.functional.interpolate(found, size=tuple(sides), mode="bilinear", align_corners=False)
    rows, columns = maps.shape[2:]
    says = f"Bright places of the {rows}×{columns} maps of {layer} carry the answer; they are enlarged to the picture."
    return PlaceMap(found[0], False, says, f"where {layer} carries {{what}}")
