"""Which places of one picture a layer's answer depends on, computed by captum (Kokhlikyan et al. 2020).

Importing captum takes longer than everything else here together (1.5 s), so it waits for the first use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.activations import shown_picture
from app.insight.anatomy import classes, picture_input, probe_name
from app.insight.capture import Inputs, arguments, array, undisturbed
from app.insight.dream.objective import channel_count, channel_of
from app.insight.numbers import NumberFormat, percent
from app.insight.shares import shares
from app.insight.tiles import NoPicture, Tiles, rising_scale, signed_scale

Method = Literal["integrated", "saliency"]
METHODS: tuple[Method, ...] = ("integrated", "saliency")
# Points on the way from black to the picture. On LeNet the sum misses the exact one by less than 1 % with 64.
STEPS = 64


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
) -> Tiles:
    """How much each place of the picture speaks for (red) or against (blue) the answer of a node.

    Args:
        node: whose answer is explained; None for the class scores.
        channel: which channel, feature or class; None for the strongest answer to this picture.
        method: ``integrated`` gradients (Sundararajan, Taly and Yan 2017): gradients summed on the way from a black
            picture to this one; they share out exactly what the answer gained on the way. ``saliency`` (Simonyan,
            Vedaldi and Zisserman 2014): the size of the gradient at the picture itself.

    Raises:
        NoPicture: if the net reads no picture, or there is no such node or channel, or nothing depends on the picture.
    """
    from captum.attr import IntegratedGradients, Saliency

    if method not in METHODS:
        raise NoPicture(f"There is no attribution {method}. There are: {', '.join(METHODS)}.")
    given = arguments(net, model, inputs, sample)
    entry = picture_input(net)
    place = net.plan.inputs.index(entry)
    scores = classes(net)
    if node is None:
        if scores is None:
            raise NoPicture("This net gives no class scores. Name the layer whose answer is to be explained.")
        node = scores.node
    name = probe_name(net, node)

    def value(pictures: Tensor) -> Tensor:
        others = [one.expand(len(pictures), *one.shape[1:]) for one in given]
        others[place] = pictures
        return net.capture(model, others, [name], grad=True)[name]

    with undisturbed(model):
        answer = value(given[place]).detach()
        channel = _channel(node, answer, channel)
        answered = float(_mean(channel)(answer)[0])
        picture = given[place].clone().requires_grad_()

        def forward(pictures: Tensor) -> Tensor:
            return _mean(channel)(value(pictures))

        if not forward(picture).requires_grad:
            raise NoPicture(f"{node} does not depend on {entry.variable}. Choose a layer that reads it.")
        if method == "saliency":
            found = Saliency(forward).attribute(picture, abs=True)
        else:
            found = IntegratedGradients(forward).attribute(picture, n_steps=STEPS, internal_batch_size=STEPS)
    parts = array(found[0], f"The attribution of {node}")
    # Colours of one place belong together: what they say is added up, of sizes the largest counts.
    if parts.ndim == 3:
        parts = parts.max(axis=0, keepdims=True) if method == "saliency" else parts.sum(axis=0, keepdims=True)
    else:
        parts = parts.reshape(1, -1, parts.shape[-1])
    named = scores is not None and node == scores.node
    what = f"class {labels[channel] if channel < len(labels) else channel}" if named else f"channel {channel}"
    said = NumberFormat([answered])(answered)
    read = shares(net, node, answer[0]) if named and answer.dim() == 2 else None
    if read is not None and read[0].words:
        said += f", {percent(read[1][channel])} by {read[0].words}"
    elif read is not None:
        said = percent(read[1][channel])
    return _tiles(parts, node, what, method, said, shown_picture(net, given))


def _mean(channel: int) -> Callable[[Tensor], Tensor]:
    return lambda value: channel_of(value, channel).mean(1)


def _channel(node: str, answer: Tensor, channel: int | None) -> int:
    count = channel_count(answer)
    if channel is None:
        means = torch.stack([_mean(index)(answer)[0] for index in range(count)])
        return int(means.argmax())
    if not 0 <= channel < count:
        raise NoPicture(f"{node} has no channel {channel}; it has {count}, numbered from 0 to {count - 1}.")
    return channel


def _tiles(parts: np.ndarray, node: str, what: str, method: Method, answered: str, shown: np.ndarray | None) -> Tiles:
    note = "" if parts.any() else f"Nothing in this picture changes {what} of {node}: every value is 0. "
    if method == "saliency":
        low, high = rising_scale(np.append(parts, 0.0))
        note += f"Bright places change the answer ({answered}) most when they change a little."
        return Tiles(parts, low, high, "viridis", f"{node}: where {what} is sensitive", note=note, source=shown)
    low, high = signed_scale(parts)
    note += f"Red places speak for {what}, blue ones against it. The answer is {answered}."
    return Tiles(parts, low, high, "diverging", f"{node}: what speaks for {what}", note=note, source=shown)
