"""The climb: the picture is changed in small steps, each of which raises the objective."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from app.core import heap
from app.core.compile.net import CompiledNet
from app.core.compile.plan import PlanInput
from app.insight.anatomy import classes, part, picture_input, probe_name
from app.insight.capture import array, device_of
from app.insight.dream import objective as parts
from app.insight.dream.objective import DreamObjective
from app.insight.dream.parametrisation import Kind, Parametrisation, noise, parametrised
from app.insight.dream.transforms import in_turn, usual
from app.insight.tiles import NoPicture

# How many shaken copies of the picture each step asks the net about; their mean says where to go.
COPIES = 8
# Starts that are tried until one excites the unit at all: brightness, and how much noise there is.
_STARTS = ((0.5, 0.01), (0.5, 0.1), (0.5, 0.3), (0.25, 0.3), (0.75, 0.3), (0.1, 0.5), (0.5, 1.0))
# What the picture loses for grain and for brightness, in shares of the pull of the objective. With these the dreams of
# LeNet on digits keep their dark ground and clear strokes; the score ends about a tenth lower than without.
_ROUGHNESS, _INK = 0.1, 0.15


@dataclass(frozen=True, eq=False)
class DreamStep:
    """The picture after ``step`` of ``steps``; step 0 is the start.

    ``score`` is what the unit answers to this very picture: the class score, the mean of the strongest quarter of a
    map, or the mean square of a whole layer. ``image`` is ``(h, w)`` or ``(h, w, 3)`` float32 in 0..1.
    """

    step: int
    steps: int
    score: float
    image: np.ndarray


def dream(
    net: CompiledNet,
    model: nn.Module,
    node: str,
    channel: int | None = None,
    image: np.ndarray | None = None,
    *,
    steps: int = 128,
    seed: int = 0,
    kind: Kind = "frequencies",
    speed: float = 0.05,
    calm: float = 1.0,
    shake: bool = True,
) -> Iterator[DreamStep]:
    """Pictures that excite a node more and more; ``steps + 1`` of them, the start among them.

    The model is copied when the first picture is asked for, so a training run that goes on changes nothing here and is
    not disturbed. The same seed gives the same pictures. Stop by not asking for more.

    Args:
        node: whose answer is raised: any layer that reads the picture, also inside a block.
        channel: which channel, feature or class, from 0; None raises the whole layer, as DeepDream did in 2015.
        image: where to begin, as ``images.load_image`` gives it: ``(channels, h, w)`` in 0..1 and in the net's size;
            None begins with faint noise.
        kind: which numbers the picture is made of.
        speed: length of a step. calm: how strongly grain and needless brightness are held down, 0 for not at all.
        shake: whether the picture is shifted, turned and scaled a little before the net sees it.

    Raises:
        NoPicture: (when the first picture is asked for) if there is no such node or channel, or if nothing says how to
            raise it.
    """
    with heap.kept():
        climb = _Climb(net, model, node, channel, image is None, seed, calm, shake)
        written = climb.begin(image, kind)
        optimizer = torch.optim.Adam([written.numbers], lr=speed)
        for step in range(steps + 1):
            if step:
                written.numbers.grad = -climb.direction(written)
                optimizer.step()
            yield DreamStep(step, steps, climb.score(written), climb.shown(written))


class _Climb:
    """What stays the same from step to step."""

    def __init__(
        self,
        net: CompiledNet,
        model: nn.Module,
        node: str,
        channel: int | None,
        from_noise: bool,
        seed: int,
        calm: float,
        shake: bool,
    ) -> None:
        part(net, node)  # says why, if it is none that a picture could excite
        self.net = net
        self.node = probe_name(net, node)
        self.channel = channel
        self.entry: PlanInput = picture_input(net)
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        for module in self.model.modules():
            if isinstance(module, nn.RNNBase):
                module.flatten_parameters()  # a copy has its weights apart, of which a GPU warns at each call
        self.device = device_of(self.model)
        self.generator = torch.Generator().manual_seed(seed)
        sizes = self.entry.shape.sizes
        is_image = len(sizes) == 3
        self.transform = usual(*sizes[1:]) if shake and is_image else in_turn(())
        self.goal = self._goal()
        self.climbed = self.goal
        scores = classes(net)
        if channel is not None and scores is not None and node == scores.node:
            self.climbed = self.goal + -1.0 * parts.rivals(node, channel)
        self.penalty: DreamObjective | None = calm * _ROUGHNESS * parts.roughness() if calm and is_image else None
        if self.penalty and from_noise and sizes[0] == 1:
            # A picture of one channel is taken for light strokes on a dark ground, as all our data of that kind is.
            self.penalty = self.penalty + calm * _INK * parts.ink()
        self.pulls: list[float] = []

    def _goal(self) -> DreamObjective:
        """What the score shows: the answer of the unit alone."""
        if self.channel is None:
            return parts.layer(self.node)
        empty = torch.zeros(1, *self.entry.shape.sizes, device=self.device)
        count = parts.channel_count(self._values(empty)[self.node])
        if not 0 <= self.channel < count:
            raise NoPicture(
                f"{self.node} has no channel {self.channel}; it has {count}, numbered from 0 to {count - 1}."
            )
        return parts.unit(self.node, self.channel)

    def begin(self, image: np.ndarray | None, kind: Kind) -> Parametrisation:
        """The start, written down: the image given, or the first noise that excites the unit at all.

        Raises:
            NoPicture: if no start does.
        """
        sizes = self.entry.shape.sizes
        if image is not None:
            given = torch.as_tensor(np.asarray(image, np.float32))
            if tuple(given.shape) != sizes:
                raise NoPicture(f"The net reads a picture {sizes}, but the one to begin with is {tuple(given.shape)}.")
            starts = [given, *((given + noise(sizes, 0, much, self.generator)).clamp(0, 1) for _, much in _STARTS)]
        else:
            starts = [noise(sizes, level, much, self.generator) for level, much in _STARTS]
        for start in starts:
            written = parametrised(kind, start.to(self.device))
            gradient = self._gradient(written.picture().detach())
            if bool(gradient.abs().max() > 0):
                return written
        raise NoPicture(self._why_dead())

    def _why_dead(self) -> str:
        what = self.node if self.channel is None else f"{self.node}, channel {self.channel},"
        return (
            f"{what} answers the same to every picture that was tried, so nothing says how to excite it: it is dead. "
            "Choose another channel or a layer before it, or train again with a smaller learning rate."
        )

    def direction(self, written: Parametrisation) -> Tensor:
        """Which way the numbers should go: up the objective, held back by the penalties, of length one."""
        picture = written.picture()
        seen = picture.detach()
        gradient = self._gradient(seen)
        # The pull of a unit depends on its weights, and fades when it is fully excited. Penalties are shares of the
        # mean pull so far, so that they are neither drowned at first nor all that is left in the end.
        self.pulls.append(float(gradient.square().mean().sqrt()) * gradient.numel())
        pull = sum(self.pulls) / len(self.pulls)
        if self.penalty is not None:
            seen = seen.requires_grad_()
            (held,) = torch.autograd.grad(self.penalty({}, seen).sum(), seen)
            gradient = gradient - pull * held
        (result,) = torch.autograd.grad(picture, written.numbers, gradient)
        return result / (result.square().mean().sqrt() + 1e-20)

    def _gradient(self, picture: Tensor) -> Tensor:
        """How the objective rises with each value of the picture, over shaken copies.

        Raises:
            NoPicture: if the node does not depend on the picture, or its weights are no numbers any more.
        """
        seen = picture.clone().requires_grad_()
        copies = self.transform(seen.expand(COPIES, *seen.shape[1:]), self.generator)
        score = self.climbed(self._values(copies, grad=True), copies).mean()
        if not score.requires_grad:
            raise NoPicture(f"{self.node} does not depend on {self.entry.variable}. Choose a layer that reads it.")
        (gradient,) = torch.autograd.grad(score, seen, allow_unused=True)
        if gradient is None:
            raise NoPicture(f"{self.node} does not depend on {self.entry.variable}. Choose a layer that reads it.")
        if not bool(torch.isfinite(gradient).all()):
            raise NoPicture(
                f"{self.node} gives values that are infinite or not numbers. "
                "Training has run away: use a smaller learning rate and train again."
            )
        return gradient

    def score(self, written: Parametrisation) -> float:
        """What the unit answers to the picture itself, unshaken."""
        with torch.no_grad():
            picture = written.picture()
            return float(self.goal(self._values(picture), picture).mean())

    def shown(self, written: Parametrisation) -> np.ndarray:
        """The picture as the window draws it."""
        with torch.no_grad():
            pixels = array(written.picture()[0], "The dream")
        return as_shown(pixels)

    def _values(self, pictures: Tensor, grad: bool = False) -> Mapping[str, Tensor]:
        """Values of the node; further inputs of the net are zero."""
        given = []
        for entry in self.net.plan.inputs:
            kind = torch.float32 if entry.shape.dtype == "float" else torch.int64
            empty = (len(pictures), *entry.shape.sizes)
            given.append(pictures if entry is self.entry else torch.zeros(empty, dtype=kind, device=self.device))
        try:
            return self.net.capture(self.model, given, [self.node], grad=grad)
        except KeyError as missing:
            raise NoPicture(str(missing.args[0])) from None


def as_shown(pixels: np.ndarray) -> np.ndarray:
    """A sample of the net's input as ``(h, w)`` or ``(h, w, 3)``; many channels become their mean, a list one row."""
    if pixels.ndim == 1:
        return pixels[None]
    if pixels.ndim == 3:
        return np.moveaxis(pixels, 0, -1) if pixels.shape[0] == 3 else pixels.mean(axis=0)
    return pixels
