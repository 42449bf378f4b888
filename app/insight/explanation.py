"""An answer that is to be explained: of which node and channel, for which picture, and how it follows from that."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput, PlannedGraph
from app.core.graph.topology import reached
from app.insight.activations import shown_picture
from app.insight.anatomy import classes, learning_layers, picture_input, probe_name
from app.insight.capture import Inputs, arguments, undisturbed
from app.insight.dream.objective import channel_count, channel_of
from app.insight.inference_copy import swift
from app.insight.numbers import NumberFormat, percent
from app.insight.shares import shares
from app.insight.tiles import NoPicture
from app.insight.where.nearby import LocalOcclusion

AT_ONCE = 8  # pictures that go through the net together; with larger batches large nets leave the caches
RANDOM_SEED = 4711  # of the weights that take the place of trained ones


@dataclass(frozen=True, eq=False)
class Explanation:
    """One answer and its picture.

    Attributes:
        net, model: whose answer.
        given: the model's arguments, a batch of one each; ``place`` is that of the picture among them.
        entry: the input that is the picture.
        node, channel: whose answer, and which channel, feature or class of it.
        what: ``class 3``, ``channel 12``.
        said: the answer in words, with its share where there is one.
        shown: the picture as it is drawn.
        words: what has been done to the net, such as layers that were made random.
    """

    net: CompiledNet
    model: nn.Module
    given: tuple[Tensor, ...]
    place: int
    entry: PlanInput
    node: str
    channel: int
    what: str
    said: str
    shown: np.ndarray | None
    words: str = ""

    @property
    def picture(self) -> Tensor:
        """The picture as a batch of one."""
        return self.given[self.place]

    def values(self, pictures: Tensor, nodes: Sequence[str]) -> dict[str, Tensor]:
        """What nodes answer to these pictures, everything else being as it is; gradients can be asked for."""
        return self.net.capture(self.model, self._arguments(pictures), nodes, grad=True)

    def answer(self, pictures: Tensor) -> Tensor:
        """The answer to each of these pictures ``(n,)``, in the mean over its places; gradients can be asked for."""
        name = probe_name(self.net, self.node)
        return self.of(self.values(pictures, [name])[name])

    def of(self, value: Tensor) -> Tensor:
        """The answer in the values of the node ``(n, ...)``: ``(n,)``."""
        return channel_of(value, self.channel).mean(1)

    def plain_answers(self, pictures: Tensor) -> Tensor:
        """``answer`` without gradients, a few pictures at once; of colour pictures by a copy of the net that is
        quicker."""
        name, found = probe_name(self.net, self.node), []
        model = self._swift if pictures.dim() == 4 and pictures.shape[1] > 1 else self.model
        for some in pictures.split(AT_ONCE):
            arguments_ = self._arguments(some)
            if some.dim() == 4 and some.shape[1] > 1:
                arguments_[self.place] = some.contiguous(memory_format=torch.channels_last)
            found.append(self.of(self.net.capture(model, arguments_, [name], no_further=True)[name]))
        return torch.cat(found)

    def nearby(self, window: int) -> LocalOcclusion | None:
        """What answers to this picture where a window of so many pixels is another, of a copy of the net that is
        quicker; None where that is no quicker than the whole."""
        picture = self.picture.contiguous(memory_format=torch.channels_last)
        found = LocalOcclusion(
            self.net,
            self._swift,
            self._arguments(picture),
            self.place,
            self.node,
            window,
        )
        return found if found.worth_it else None

    @cached_property
    def _swift(self) -> nn.Module:
        return swift(self.net, self.model, self.node)

    def gradient(self, pictures: Tensor) -> Tensor:
        """The gradient of the answer by each of these pictures, of their shape."""
        pictures = pictures.detach().clone().requires_grad_()
        with torch.enable_grad():
            (found,) = torch.autograd.grad(self.answer(pictures).sum(), pictures)
        return found

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Evaluation mode inside; mode and random numbers are as before afterwards."""
        with undisturbed(self.model):
            yield

    def _arguments(self, pictures: Tensor) -> list[Tensor]:
        others = [one.expand(len(pictures), *one.shape[1:]) for one in self.given]
        others[self.place] = pictures
        return others


def explain(
    net: CompiledNet,
    model: nn.Module,
    inputs: Inputs,
    node: str | None = None,
    channel: int | None = None,
    *,
    sample: int = 0,
    labels: Sequence[str] = (),
) -> Explanation:
    """The answer of ``node`` (None: the class scores) to one picture; ``channel`` None is the strongest.

    Raises:
        NoPicture: if the net reads no picture, or there is no such node or channel, or nothing depends on the picture.
    """
    given = arguments(net, model, inputs, sample)
    entry = picture_input(net)
    place = net.plan.inputs.index(entry)
    scores = classes(net)
    if node is None:
        if scores is None:
            raise NoPicture("This net gives no class scores. Name the layer whose answer is to be explained.")
        node = scores.node
    name = probe_name(net, node)
    draft = Explanation(net, model, given, place, entry, node, 0, "", "", shown_picture(net, given))
    with undisturbed(model):
        picture = draft.picture.clone().requires_grad_()
        value = draft.values(picture, [name])[name]
        if not value.requires_grad:
            raise NoPicture(f"{node} does not depend on {entry.variable}. Choose a layer that reads it.")
        value = value.detach()
    channel = _channel(node, value, channel)
    answered = float(channel_of(value, channel).mean(1)[0])
    named = scores is not None and node == scores.node
    what = f"class {labels[channel] if channel < len(labels) else channel}" if named else f"channel {channel}"
    said = NumberFormat([answered])(answered)
    read = shares(net, node, value[0]) if named and value.dim() == 2 else None
    if read is not None and read[0].words:
        said += f", {percent(read[1][channel])} by {read[0].words}"
    elif read is not None:
        said = percent(read[1][channel])
    return replace(draft, channel=channel, what=what, said=said)


def with_random_top(explained: Explanation, count: int) -> Explanation:
    """The same question to a copy of the net in which the last ``count`` layers with weights that make the answer have
    random ones, as in the check of Adebayo et al. (2018): a map that stays as it was does not show what the net has
    learned.

    Raises:
        NoPicture: if the answer is made by fewer layers with weights.
    """
    made_by = _made_by(explained.net.plan.graph, explained.node.split("/")[0])
    layers = [name for name in learning_layers(explained.net, explained.model) if name in made_by]
    if count > len(layers):
        are = "is 1 layer" if len(layers) == 1 else f"are {len(layers)} layers"
        raise NoPicture(f"There {are} with weights up to {explained.node}, so not {count} of them can be made random.")
    if not count:
        return explained
    random, fresh = copy.deepcopy(explained.model), explained.net.model(RANDOM_SEED)
    kept = random.state_dict()
    new = fresh.state_dict()
    for layer in layers[-count:]:
        for name in kept:
            if name.split(".")[0] == layer:
                kept[name] = new[name].to(kept[name])
    random.load_state_dict(kept)
    words = f"With random weights in {', '.join(layers[-count:])}."
    return replace(explained, model=random, words=words)


def _made_by(graph: PlannedGraph, node: str) -> set[str]:
    """The node and all steps whose values it is made of."""
    reads = {step.name: [ref.node for refs in step.inputs.values() for ref in refs] for step in graph.steps}
    return {node, *reached([node], lambda name: reads.get(name, ()))}


def _channel(node: str, answer: Tensor, channel: int | None) -> int:
    count = channel_count(answer)
    if channel is None:
        return int(torch.stack([channel_of(answer, index).mean(1)[0] for index in range(count)]).argmax())
    if not 0 <= channel < count:
        raise NoPicture(f"{node} has no channel {channel}; it has {count}, numbered from 0 to {count - 1}.")
    return channel
