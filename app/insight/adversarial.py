"""A picture changed so little that an eye hardly sees it, and so well that the net may be fooled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.activations import in_unit_range
from app.insight.anatomy import classes, picture_input
from app.insight.capture import Inputs, arguments, array, undisturbed
from app.insight.dream.ascent import as_shown
from app.insight.numbers import percent
from app.insight.perturbing import METHODS, SEARCHES, Method, perturbed
from app.insight.shares import ProbabilityForm, shares_of
from app.insight.tiles import NoPicture, Tiles

EPSILON = 0.1
Start = Literal["sample", "noise"]
_MOST_CLASSES, _SHOWN_CLASSES = 24, 12  # of more classes, only those that are the likeliest before or after


@dataclass(frozen=True, eq=False)
class Attack:
    """One picture before and after the change, as the net reads it (``(channels, h, w)``), with what the net said.

    ``label`` is the class that the change works against, or with ``towards`` the one it works for; probabilities are
    those of the class said. ``made`` names the function that makes them of the scores; empty where the net gives
    probabilities itself. ``all_before`` and ``all_after`` are those of every class, ``(classes,)``.
    """

    before: np.ndarray
    after: np.ndarray
    label: int
    said_before: int
    said_after: int
    probability_before: float
    probability_after: float
    epsilon: float
    made: str = "softmax"
    towards: bool = False
    all_before: tuple[float, ...] = ()
    all_after: tuple[float, ...] = ()
    method: Method = "fgsm"

    @property
    def moved(self) -> float:
        """How far the value that moved most did."""
        return float(np.abs(self.after - self.before).max())

    @property
    def fooled(self) -> bool:
        """Whether the net now says something else."""
        return self.said_after != self.said_before

    def tiles(self, labels: Sequence[str] = ()) -> Tiles:
        """Before, the change, and after, side by side."""

        def word(said: int, probability: float) -> str:
            return f"{_named(labels, said)} ({percent(probability)})"

        change = as_shown(self.after - self.before)
        reach = self.moved if self.method in SEARCHES else self.epsilon
        magnified = 0.5 + 0.5 * change / reach if reach else np.full_like(change, 0.5)
        before, after = in_unit_range(as_shown(self.before)), in_unit_range(as_shown(self.after))
        made = f" Per cent by {self.made} of the scores." if self.made else ""
        maps = np.stack([before, np.clip(magnified, 0, 1), after]).astype(np.float32)
        title = f"{'Fooled: now' if self.fooled else 'Not fooled: still'} {_named(labels, self.said_after)}"
        if self.towards and self.said_after != self.label:
            title += f", not {_named(labels, self.label)}"
        return Tiles(
            maps,
            0.0,
            1.0,
            "rgb" if maps.ndim == 4 else "gray",
            title,
            (
                f"before: {word(self.said_before, self.probability_before)}",
                "the change, magnified",
                f"after: {word(self.said_after, self.probability_after)}",
            ),
            columns=3,
            note=f"{self._how_far(reach)}: grey in the middle is none, white {reach:.3g} "
            f"more, black {reach:.3g} less.{made}",
        )

    def _how_far(self, reach: float) -> str:
        change = self.after - self.before
        match self.method:
            case "pixel":
                places = int((np.abs(change).reshape(len(change), -1).max(0) > 0).sum())
                return f"{places} of {change[0].size:,} pixels moved, by up to {reach:.3g}"
            case "lbfgs":
                size = float(np.sqrt((change.astype(np.float64) ** 2).sum()))
                return (
                    f"The smallest change that was found, of length {size:.3g}; no value moved by more than {reach:.3g}"
                )
        return f"No value moved by more than {self.epsilon:g}"

    def bars(self, labels: Sequence[str] = ()) -> tuple[Tiles, Tiles]:
        """What the net says of each class, before and after, on one scale from 0 to 100 %."""

        def of(when: str, shares: tuple[float, ...]) -> Tiles:
            chosen = self._likeliest()
            words = tuple(_named(labels, index) for index in chosen)
            values = np.asarray([shares[index] for index in chosen], np.float32).reshape(1, 1, -1)
            best = int(np.argmax(shares))
            note = f"Highest is {_named(labels, best)}, {percent(shares[best])}."
            if len(chosen) < len(shares):
                note += f" Shown are {len(chosen)} of {len(shares):,} classes, the likeliest before or after."
            return Tiles(
                values, 0.0, 1.0, "viridis", f"Classes {when}", words, layout="bars", x_label="class", note=note,
                percent=True,
            )  # fmt: skip

        return of("before", self.all_before), of("after", self.all_after)

    def _likeliest(self) -> list[int]:
        """The classes to show: all, or of very many the likeliest ones, the same before and after."""
        count = len(self.all_before)
        if count <= _MOST_CLASSES:
            return list(range(count))
        strongest = np.maximum(self.all_before, self.all_after)
        chosen = {int(index) for index in np.argsort(-strongest, kind="stable")[:_SHOWN_CLASSES]}
        return sorted(chosen, key=lambda index: -self.all_before[index])


def _named(labels: Sequence[str], said: int) -> str:
    return labels[said] if said < len(labels) else str(said)


def attack(
    net: CompiledNet,
    model: nn.Module,
    inputs: Inputs,
    *,
    label: int | None = None,
    target: int | None = None,
    epsilon: float = EPSILON,
    method: Method = "fgsm",
    sample: int = 0,
    start: Start = "sample",
    seconds: float | None = None,
) -> Attack:
    """A picture that was changed by one of the methods in ``perturbing``, which stays in 0..1.

    The change makes ``label`` less likely, what the net says now if that is None; or ``target`` more likely. It begins
    with the sample, or with ``noise`` in its place, which then needs a target. ``seconds`` is how long a search may
    take, where somebody waits for it.

    Raises:
        NoPicture: if the net gives no class scores or reads no picture, or for a class, size or method that does not
            exist.
    """
    if method not in METHODS:
        raise NoPicture(f"There is no method {method!r}. Choose from {', '.join(METHODS)}.")
    if start == "noise" and target is None:
        raise NoPicture("To make noise look like something to the net, name what: set the class to go towards.")
    if label is not None and target is not None:
        raise NoPicture("Name the class that the change works against, or the one that it works for, but not both.")
    scores = classes(net)
    if scores is None:
        raise NoPicture("This net gives no class scores, so there is no answer that could be turned.")
    if not 0 < epsilon <= 1:
        raise NoPicture(f"The change must be above 0 and at most 1, but it is {epsilon:g}.")
    how = shares_of(net, scores.node) or ProbabilityForm("softmax")
    entry = picture_input(net)
    place = net.plan.inputs.index(entry)
    given = list(arguments(net, model, inputs, sample))
    if start == "noise":
        drawn = torch.rand(given[place].shape, generator=torch.Generator().manual_seed(sample))
        given[place] = (0.3 + 0.4 * drawn).to(given[place])

    def forward(picture: Tensor) -> Tensor:
        others = [each.expand(len(picture), *each.shape[1:]) for each in given]
        others[place] = picture
        return net.outputs(model(*others))[scores.key]

    with undisturbed(model, gradients=True):
        with torch.no_grad():
            before = how.of(forward(given[place]))[0]
        array(before, "The answer of the net")  # says so if it is not numbers
        asked = target if target is not None else label
        wanted = int(before.argmax()) if asked is None else asked
        if not 0 <= wanted < scores.count:
            raise NoPicture(
                f"There is no class {wanted}; there are {scores.count}, numbered from 0 to {scores.count - 1}."
            )
        picture = given[place].clone().requires_grad_()
        with torch.enable_grad():
            asked_for = torch.tensor([wanted], device=picture.device)
            changed = perturbed(forward, picture, asked_for, epsilon, method, target is not None, seconds)
        with torch.no_grad():
            after = how.of(forward(changed.detach()))[0]
    said_before, said_after = int(before.argmax()), int(after.argmax())
    return Attack(
        array(given[place][0], "The picture"),
        array(changed[0], "The changed picture"),
        wanted,
        said_before,
        said_after,
        float(before[said_before]),
        float(after[said_after]),
        epsilon,
        how.words,
        target is not None,
        tuple(before.double().tolist()),
        tuple(after.double().tolist()),
        method,
    )


def told_by(net: CompiledNet, made: Attack, path: str, labels: Sequence[str] = ()) -> Tiles:
    """What another run says of the picture that was made against this one, as bars.

    Raises:
        NoPicture: if that run cannot be used, or be shown this picture alone.
    """
    from app.insight.robustness import beside

    run = beside(net, path)
    scores = classes(run.net)
    assert scores is not None
    if len(run.net.plan.inputs) > 1:
        raise NoPicture("The other run reads more than the picture, so it cannot be asked about it alone.")
    how = shares_of(run.net, scores.node) or ProbabilityForm("softmax")
    both = torch.from_numpy(np.stack([made.before, made.after]))
    with undisturbed(run.model), torch.no_grad():
        before, after = how.of(run.net.outputs(run.model(both))[scores.key])
    array(after, "The answer of the other run")
    its = replace(
        made,
        said_before=int(before.argmax()),
        said_after=int(after.argmax()),
        all_before=tuple(before.double().tolist()),
        all_after=tuple(after.double().tolist()),
    )
    name = Path(run.folder).name
    fooled = "is fooled, too" if its.fooled else "is not fooled"
    said = f"It said {_named(labels, its.said_before)} before. {its.bars(labels)[1].note}"
    return replace(its.bars(labels)[1], title=f"{name} {fooled}", note=said)
