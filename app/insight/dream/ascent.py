"""The climb: pictures are changed in small steps, each of which raises the objective."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from app.core import heap
from app.core.compile.net import CompiledNet
from app.core.compile.uncompiled import led_back
from app.insight.anatomy import part
from app.insight.capture import array
from app.insight.dream import objective as parts
from app.insight.dream.goal import DreamGoals, guide_of
from app.insight.dream.objective import DreamObjective
from app.insight.dream.parametrisation import Kind, Parametrisation, noise, parametrised
from app.insight.dream.reading import DreamNet
from app.insight.dream.transforms import blurred, in_turn, resized, usual
from app.insight.tiles import NoPicture

# How many shaken copies of the picture each step asks the net about; their mean says where to go. Of pictures that are
# larger than SMALL, which cost more and hold less by accident, one.
COPIES, SMALL = 8, 64 * 64
# Starts that are tried until one excites the unit at all: brightness, and how much noise there is.
_STARTS = ((0.5, 0.01), (0.5, 0.1), (0.5, 0.3), (0.25, 0.3), (0.75, 0.3), (0.1, 0.5), (0.5, 1.0))
# What the picture loses for grain and for brightness, in shares of the pull of the objective. With these the dreams of
# LeNet on digits keep their dark ground and clear strokes; the score ends about a tenth lower than without.
_ROUGHNESS, _INK = 0.1, 0.15
_ALIKE = 2.0  # what several pictures lose for being alike, in sizes of the score at the beginning
_WAKING = 64  # steps that are spent on waking a unit that answers to no start
SMALLEST = 4  # pixels of a side, of the first octave


@dataclass(frozen=True, eq=False)
class DreamStep:
    """The pictures after ``step`` of ``steps``; step 0 is the start.

    ``score`` is what the unit answers: the class score, the mean of the strongest quarter of a map, the mean square of
    a whole layer, or the sum that was asked for; the mean over several pictures. It is the answer to the very pictures;
    of large ones only at the first and the last step, and between them that to the shaken copies that the step was
    made from, which costs nothing. ``images`` are ``(n, h, w)`` or ``(n, h, w, 3)``
    float32 in 0..1; they grow from octave to octave.
    """

    step: int
    steps: int
    score: float
    images: np.ndarray
    octave: int = 1
    octaves: int = 1
    note: str = ""

    @property
    def image(self) -> np.ndarray:
        """The first picture."""
        first: np.ndarray = self.images[0]
        return first


@dataclass(frozen=True)
class DreamSettings:
    """How a dream is made.

    Attributes:
        steps: how many, over all octaves.
        seed: the same seed gives the same pictures.
        octaves: sizes the picture grows through, each ``growth`` times as large as the one before; the last is its own.
        size: height and width; None for what the net reads.
        kind: which numbers the picture is made of.
        speed: length of a step.
        calm: how strongly grain (total variation) and needless brightness are held down, 0 for not at all.
        plain: how strongly values far from grey are held down (L2).
        blur: how far each step is smoothed, in pixels.
        shake: whether the picture is shaken before the net sees it: shifted by up to ``shift`` pixels (None: a
            sixteenth of its side), turned by up to ``turn`` degrees, and up to ``stretch`` larger or smaller.
        pictures: what an objective calls by these names, as ``image`` is given; all others are files.
        count: how many pictures. Several of one unit are made to differ, ``differ`` times as strongly as usual.
    """

    steps: int = 128
    seed: int = 0
    octaves: int = 1
    growth: float = 1.4
    size: tuple[int, int] | None = None
    kind: Kind = "frequencies"
    speed: float = 0.05
    calm: float = 1.0
    plain: float = 0.0
    blur: float = 0.0
    shake: bool = True
    shift: int | None = None
    turn: float = 8.0
    stretch: float = 0.08
    count: int = 1
    differ: float = 1.0
    pictures: Mapping[str, np.ndarray] = field(default_factory=dict)


def dream(
    net: CompiledNet,
    model: nn.Module,
    node: str,
    channel: int | Sequence[int] | None = None,
    image: np.ndarray | None = None,
    *,
    objective: str = "",
    words: Sequence[str] = (),
    how: DreamSettings | None = None,
    **changes: Any,
) -> Iterator[DreamStep]:
    """Pictures that excite a node more and more; ``steps + 1`` of them, the start among them.

    The model is copied when the first picture is asked for, so a training run that goes on changes nothing here and is
    not disturbed. The same seed gives the same pictures. Stop by not asking for more.

    Args:
        node: whose answer is raised: any layer that reads the picture, also inside a block.
        channel: which channel, feature or class, from 0; several for a picture of each; None raises the whole layer, as
            DeepDream did in 2015.
        image: where to begin, as ``images.load_image`` gives it: ``(channels, h, w)`` in 0..1, of the dream's size;
            None begins with faint noise.
        objective: a sum of terms in place of node and channel (``grammar.py``). words: the words for the classes.
        how: how the dream is made; ``changes`` are fields of it.

    Raises:
        NoPicture: (when the first picture is asked for) if there is no such node or channel, or if nothing says how to
            raise it.
    """
    how = replace(how or DreamSettings(), **changes)
    with heap.kept():
        yield from AscentSetup(net, model, node, channel, image, objective, words, how).steps()


class AscentSetup:
    """What stays the same from step to step."""

    def __init__(
        self,
        net: CompiledNet,
        model: nn.Module,
        node: str,
        channel: int | Sequence[int] | None,
        image: np.ndarray | None,
        objective: str,
        words: Sequence[str],
        how: DreamSettings,
    ) -> None:
        if not objective:
            part(net, node)  # says why, if it is none that a picture could excite, before anything is copied
        self.how, self.node = how, objective.strip() or node
        self.reading = DreamNet(net, model)
        self.sizes = self.reading.sizes
        self.is_image = len(self.sizes) == 3
        self.generator = torch.Generator().manual_seed(how.seed)
        self.start = self._given(image) if image is not None else None
        if how.octaves > 1 and not self.is_image:
            raise NoPicture("Octaves are sizes of a picture, and this net reads a list of numbers. Use 1.")
        if how.size is not None and not self.is_image:
            raise NoPicture("The net reads a list of numbers, which has no size to choose. Leave size as it is.")
        self.full = how.size or (self.sizes[-2], self.sizes[-1]) if self.is_image else (1, self.sizes[-1])
        channels: list[int | None] = list(channel) if isinstance(channel, Sequence) else [channel]
        self.pictures = len(channels) if len(channels) > 1 else how.count
        blank = torch.zeros(1, self.sizes[0], *self.full) if self.is_image else torch.zeros(1, *self.sizes)

        def values(nodes: Sequence[str]) -> dict[str, Tensor]:
            with torch.no_grad():
                if self.is_image:
                    self.reading.made_for(*self.full, nodes)
                return dict(self.reading.values(blank.to(self.reading.device), nodes))

        reader = guide_of(net, self.reading.model, self._read, how.pictures)
        goals = DreamGoals(net, values, words, reader)
        self.goal = goals.of_terms(objective) if objective.strip() else goals.of_node(node, channels)
        self.climbed = self.goal.climbed
        waking = self.goal.waking.nodes if self.goal.waking is not None else frozenset()
        self.reading.settle(self.goal.nodes | waking)
        self.differing: DreamObjective | None = None
        if len(channels) == 1 and self.pictures > 1 and how.differ:
            self.differing = parts.sameness(min(self.goal.climbed.nodes), self.pictures)
        self.penalty = self.penalties(image is None)
        self.note = self.goal.note
        self.pulls: list[Tensor] = []
        self.scale: float | None = None
        self.last_score = 0.0

    def _read(self, _: nn.Module, pixels: Tensor, nodes: Sequence[str]) -> Mapping[str, Tensor]:
        """What nodes find in another picture, which may have a size of its own."""
        if self.is_image:
            self.reading.made_for(pixels.shape[-2], pixels.shape[-1], nodes)
        return self.reading.values(pixels, nodes)

    def penalties(self, from_noise: bool) -> DreamObjective | None:
        """What the pictures lose for, or None."""
        how = self.how
        held: list[DreamObjective] = []
        if how.calm and self.is_image:
            held.append(how.calm * _ROUGHNESS * parts.roughness())
            if from_noise and self.sizes[0] == 1:
                # A picture of one channel is taken for light strokes on a dark ground, as all our data of that kind is.
                held.append(how.calm * _INK * parts.ink())
        if how.plain:
            held.append(how.plain * parts.loudness())
        if not held:
            return None
        total = held[0]
        for each in held[1:]:
            total = total + each
        return total

    def _given(self, image: np.ndarray) -> Tensor:
        given = torch.as_tensor(np.asarray(image, np.float32))
        wanted = (self.sizes[0], *self.how.size) if self.how.size is not None and self.is_image else self.sizes
        one = tuple(given.shape[1:] if given.dim() == len(wanted) + 1 else given.shape)
        if one != wanted:
            raise NoPicture(f"The net reads a picture {wanted}, but the one to begin with is {one}.")
        return given

    # The way

    def steps(self) -> Iterator[DreamStep]:
        """Every step of every octave."""
        how, done = self.how, 0
        sides = self._octaves()
        start: Tensor | None = None
        before: tuple[Tensor, Tensor] | None = None  # the picture of the last octave, and where it had begun
        for number, (height, width) in enumerate(sides, 1):
            self._at(height, width)
            if before is None:
                written = self._begin(height, width)
            else:
                last, base = before
                grown = resized(last, height, width)
                if start is not None:  # what a photo loses when it is small comes back
                    grown = self._based(start, height, width) + resized(last - base, height, width)
                written = parametrised(how.kind, grown.clamp(0, 1))
            picture = written.picture()
            begun = picture.detach()
            start = self.start if self.start is not None else None
            base = self._based(start, height, width) if start is not None else begun
            optimizer = torch.optim.Adam([written.numbers], lr=how.speed)
            if number == 1:
                yield self._step(0, picture, 1, len(sides), self.score(picture))
            share = how.steps * number // len(sides) - how.steps * (number - 1) // len(sides)
            for _ in range(share):
                written.numbers.grad = -self.direction(written, picture)
                optimizer.step()
                picture = written.picture()
                done += 1
                exact = done == how.steps or self.copies > 1
                score = self.score(picture) if exact else self.last_score
                yield self._step(done, picture, number, len(sides), score)
            before = picture.detach(), base

    def _step(self, done: int, pictures: Tensor, octave: int, octaves: int, score: float) -> DreamStep:
        return DreamStep(done, self.how.steps, score, self.shown(pictures), octave, octaves, self.note)

    def _octaves(self) -> list[tuple[int, int]]:
        """The sizes, from small to large."""
        how, (height, width) = self.how, self.full
        sizes = [
            tuple(max(min(side, SMALLEST), round(side / how.growth**back)) for side in (height, width))
            for back in range(min(how.octaves, how.steps) - 1, -1, -1)
        ]
        return [(int(tall), int(wide)) for tall, wide in dict.fromkeys(sizes)]

    def _at(self, height: int, width: int) -> None:
        """From now on pictures have this size."""
        how = self.how
        self.reading.made_for(height, width, sorted(self.goal.nodes))
        shakes = usual(height, width, how.shift, how.turn, how.stretch) if self.is_image else in_turn(())
        self.transform = shakes if how.shake else in_turn(())
        self.copies = COPIES if height * width <= SMALL and how.shake else 1
        self.pulls = []

    def _based(self, start: Tensor, height: int, width: int) -> Tensor:
        whole = start if start.dim() == len(self.sizes) + 1 else start[None]
        whole = whole.to(self.reading.device)
        whole = resized(whole, height, width) if self.is_image else whole
        return whole.expand(self.pictures, *whole.shape[1:]) if len(whole) == 1 else whole

    def _begin(self, height: int, width: int) -> Parametrisation:
        """The start, written down: the picture given, or for each picture the first noise that excites its unit at all.

        Raises:
            NoPicture: if no start does.
        """
        sizes = (self.sizes[0], height, width) if self.is_image else self.sizes
        starts = (self._noises(sizes, level, much) for level, much in _STARTS)
        if self.start is not None:
            given = self._based(self.start, height, width).cpu()
            around = ((given + self._noises(sizes, 0, much)).clamp(0, 1) for _, much in _STARTS)
            starts = (each for group in ([given], around) for each in group)
        chosen: Tensor | None = None
        first: Tensor | None = None
        awake = torch.zeros(self.pictures, dtype=torch.bool)
        for start in starts:
            first = start if first is None else first
            written = parametrised(self.how.kind, start.to(self.reading.device))
            gradient = self.gradient(written.picture().detach(), self.climbed)
            moved = gradient.abs().flatten(1).amax(1).cpu() > 0
            if chosen is None:
                chosen = start.clone()
            fresh = moved & ~awake
            chosen[fresh] = start[fresh]
            awake |= moved
            if bool(awake.all()):
                return parametrised(self.how.kind, chosen.to(self.reading.device))
        assert chosen is not None
        assert first is not None
        woken = self._woken(parametrised(self.how.kind, first.to(self.reading.device))) if not awake.any() else None
        if woken is not None:
            return woken
        if awake.any():
            asleep = int((~awake).sum())
            self.note = f"{self.note} {asleep} of {len(awake)} answer to nothing that was tried: dead.".strip()
            return parametrised(self.how.kind, chosen.to(self.reading.device))
        raise NoPicture(self._why_dead())

    def _noises(self, sizes: tuple[int, ...], level: float, much: float) -> Tensor:
        return torch.stack([noise(sizes, level, much, self.generator) for _ in range(self.pictures)])

    def _woken(self, written: Parametrisation) -> Parametrisation | None:
        """A unit that answers to no start, led there by what it would be without its activation; None if that does not
        help: then it is dead."""
        waking = self.goal.waking
        if waking is None:
            return None
        optimizer = torch.optim.Adam([written.numbers], lr=2 * self.how.speed)
        for _ in range(_WAKING):
            picture = written.picture()
            gradient = self.gradient(picture.detach(), waking)
            way = _through(written, picture, gradient)
            written.numbers.grad = -_of_length_one(way)
            optimizer.step()
            if bool(self.gradient(written.picture().detach(), self.climbed).abs().max() > 0):
                said = "It was silent for every start, so the climb began with the value before the ReLU."
                self.note = f"{self.note} {said}".strip()
                return parametrised(self.how.kind, written.picture().detach())
        return None

    def _why_dead(self) -> str:
        return (
            f"{self.goal.what} answers the same to every picture that was tried, so nothing says how to excite it: it "
            "is dead. Choose another channel or a layer before it, or train again with a smaller learning rate."
        )

    def direction(self, written: Parametrisation, picture: Tensor) -> Tensor:
        """Which way the numbers behind ``picture`` should go: up the objective, held back by the penalties, of length
        one."""
        seen = picture.detach()
        gradient = blurred(self.gradient(seen, self.climbed, tell=True), self.how.blur)
        if self.penalty is not None:
            # The pull of a unit depends on its weights, and fades when it is fully excited. Penalties are shares of the
            # mean pull so far, so that they are neither drowned at first nor all that is left in the end.
            self.pulls.append(gradient.square().flatten(1).mean(1).sqrt() * gradient[0].numel())
            pull = sum(self.pulls[1:], self.pulls[0]) / len(self.pulls)
            seen = seen.requires_grad_()
            (held,) = torch.autograd.grad(self.penalty({}, seen).sum(), seen)
            gradient = gradient - pull.reshape(-1, *[1] * (held.dim() - 1)) * held
        return _of_length_one(_through(written, picture, gradient))

    def gradient(self, pictures: Tensor, climbed: DreamObjective, tell: bool = False) -> Tensor:
        """How the objective rises with each value of each picture, over shaken copies.

        Raises:
            NoPicture: if the node does not depend on the picture, or its weights are no numbers any more.
        """
        seen = pictures.clone().requires_grad_()
        copies = self.transform(seen.repeat_interleave(self.copies, 0), self.generator)
        values = self.reading.values(copies, sorted(self.goal.nodes | climbed.nodes), grad=True)
        score = climbed(values, copies).sum() / self.copies
        if self.differing is not None:
            if self.scale is None:
                self.scale = max(abs(float(score.detach())) / self.pictures, 1e-3)
            score = score - _ALIKE * self.how.differ * self.scale * self.differing(values, copies).sum() / self.copies
        if not score.requires_grad:
            raise NoPicture(f"{self.node} does not depend on {self.reading.name}. Choose a layer that reads it.")
        (gradient,) = torch.autograd.grad(score, seen, allow_unused=True)
        if gradient is None:
            raise NoPicture(f"{self.node} does not depend on {self.reading.name}. Choose a layer that reads it.")
        if not bool(torch.isfinite(gradient).all()):
            raise NoPicture(
                f"{self.node} gives values that are infinite or not numbers. "
                "Training has run away: use a smaller learning rate and train again."
            )
        if tell:
            self.last_score = float(self.goal.shown({name: v.detach() for name, v in values.items()}, copies).mean())
        return gradient

    def score(self, pictures: Tensor) -> float:
        """What the unit answers to the pictures themselves, unshaken."""
        with torch.no_grad():
            pictures = pictures.detach()
            return float(self.goal.shown(self.reading.values(pictures, sorted(self.goal.shown.nodes)), pictures).mean())

    def shown(self, pictures: Tensor) -> np.ndarray:
        """The pictures as the window draws them."""
        return np.stack([as_shown(one) for one in array(pictures, "The dream")])


def _through(written: Parametrisation, picture: Tensor, gradient: Tensor) -> Tensor:
    """How what rises with ``picture`` as ``gradient`` says rises with the numbers behind it."""
    (found,) = led_back((picture,), (written.numbers,), (gradient,))
    assert found is not None, "a picture is made of its numbers"
    return found


def _of_length_one(numbers: Tensor) -> Tensor:
    """The numbers of each picture with a mean square of one."""
    size = numbers.square().flatten(1).mean(1).sqrt() + 1e-20
    return numbers / size.reshape(-1, *[1] * (numbers.dim() - 1))


def as_shown(pixels: np.ndarray) -> np.ndarray:
    """A sample of the net's input as ``(h, w)`` or ``(h, w, 3)``; many channels become their mean, a list one row."""
    if pixels.ndim == 1:
        return pixels[None]
    if pixels.ndim == 3:
        return np.moveaxis(pixels, 0, -1) if pixels.shape[0] == 3 else pixels.mean(axis=0)
    return pixels
