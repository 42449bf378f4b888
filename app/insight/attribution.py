"""Which places of one picture an answer depends on: every way of asking by its name, one at a time or side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from torch import nn

from app.core.compile.net import CompiledNet
from app.insight.capture import Inputs
from app.insight.explanation import Explanation, explain, with_random_top
from app.insight.tiles import NoPicture, Tiles
from app.insight.where.gradcam import gradcam, last_maps
from app.insight.where.gradients import integrated, saliency, smoothgrad
from app.insight.where.lime import lime
from app.insight.where.method import PlaceMap, tiles
from app.insight.where.occlusion import occlusion
from app.insight.where.rectified import deconvolution, guided

Method = Literal["integrated", "saliency", "smoothgrad", "guided", "deconv", "gradcam", "occlusion", "lime"]


@dataclass(frozen=True)
class _Way:
    title: str
    ask: Callable[[Explanation], PlaceMap]


def usual_window(explained: Explanation) -> int:
    """About a fifth of the smaller side."""
    return max(2, min(explained.picture.shape[2:]) // 5) if explained.picture.dim() == 4 else 1


def _usual_occlusion(explained: Explanation) -> PlaceMap:
    side = usual_window(explained)
    return occlusion(explained, side, max(1, side // 2))


WAYS: dict[str, _Way] = {
    "integrated": _Way("Integrated gradients", integrated),
    "saliency": _Way("Saliency", saliency),
    "smoothgrad": _Way("SmoothGrad", smoothgrad),
    "guided": _Way("Guided backpropagation", guided),
    "deconv": _Way("Deconvolution", deconvolution),
    "gradcam": _Way("Grad-CAM", lambda explained: gradcam(explained, last_maps(explained))),
    "occlusion": _Way("Occlusion", _usual_occlusion),
    "lime": _Way("LIME", lime),
}
METHODS: tuple[Method, ...] = tuple(WAYS)  # type: ignore[arg-type]
QUICK = ("saliency", "smoothgrad", "integrated", "guided", "gradcam")  # those that stand side by side


def attribution(
    net: CompiledNet,
    model: nn.Module,
    inputs: Inputs,
    node: str | None = None,
    channel: int | None = None,
    *,
    method: Method = "integrated",
    sample: int = 0,
    labels: Sequence[str] = (),
    random: int = 0,
) -> Tiles:
    """How much each place of the picture counts for the answer of a node.

    Args:
        node: whose answer is explained; None for the class scores.
        channel: which channel, feature or class; None for the strongest answer to this picture.
        method: one of ``METHODS``.
        random: so many layers, from the last one on, get random weights first.

    Raises:
        NoPicture: if the net reads no picture, or there is no such node or channel, or nothing depends on the picture.
    """
    if method not in WAYS:
        raise NoPicture(f"There is no attribution {method}. There are: {', '.join(METHODS)}.")
    explained = explain(net, model, inputs, node, channel, sample=sample, labels=labels)
    return asked(explained, method, random=random)


def asked(
    explained: Explanation, method: str, ask: Callable[[Explanation], PlaceMap] | None = None, *, random: int = 0
) -> Tiles:
    """The map of one way of asking; ``ask`` is the way with other settings than usual."""
    way = WAYS[method]
    explained = with_random_top(explained, random)
    return tiles(explained, (ask or way.ask)(explained))


def side_by_side(explained: Explanation, *, random: int = 0) -> tuple[Tiles, ...]:
    """Several quick ways of asking for the same answer. One that does not work for this net is left out.

    Raises:
        NoPicture: if none works.
    """
    explained = with_random_top(explained, random)
    found, reasons = [], []
    for method in QUICK:
        try:
            one = tiles(explained, WAYS[method].ask(explained))
            found.append(replace(one, title=f"{WAYS[method].title}: {explained.what}"))
        except NoPicture as reason:
            reasons.append(reason)
    if not found:
        raise reasons[0]
    return tuple(found)
