"""A picture changed so little that an eye hardly sees it, and so well that the net may be fooled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.activations import MOST_BARS, in_unit_range
from app.insight.anatomy import classes, picture_input
from app.insight.capture import Inputs, arguments, array, undisturbed
from app.insight.dream.ascent import as_shown
from app.insight.numbers import percent
from app.insight.shares import Shares, shares_of
from app.insight.tiles import NoPicture, Tiles

Method = Literal["fgsm", "pgd"]
METHODS: tuple[Method, ...] = ("fgsm", "pgd")
EPSILON = 0.1
# Of projected gradient descent: as many steps, each this share of epsilon, so that it can come back from a wrong way.
PGD_STEPS, PGD_SHARE = 10, 0.25


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

    @property
    def fooled(self) -> bool:
        """Whether the net now says something else."""
        return self.said_after != self.said_before

    def tiles(self, labels: Sequence[str] = ()) -> Tiles:
        """Before, the change, and after, side by side."""

        def word(said: int, probability: float) -> str:
            return f"{_named(labels, said)} ({percent(probability)})"

        change = as_shown(self.after - self.before)
        magnified = 0.5 + 0.5 * change / self.epsilon if self.epsilon else np.full_like(change, 0.5)
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
            note=f"No value moved by more than {self.epsilon:g}: grey in the middle is none, white {self.epsilon:g} "
            f"more, black {self.epsilon:g} less.{made}",
        )

    def bars(self, labels: Sequence[str] = ()) -> tuple[Tiles, Tiles]:
        """What the net says of each class, before and after, on one scale from 0 to 100 %."""

        def of(when: str, shares: tuple[float, ...]) -> Tiles:
            words = tuple(_named(labels, index) for index in range(len(shares)))[:MOST_BARS]
            values = np.asarray(shares[:MOST_BARS], np.float32).reshape(1, 1, -1)
            best = int(np.argmax(shares))
            note = f"Highest is {_named(labels, best)}, {percent(shares[best])}."
            return Tiles(
                values, 0.0, 1.0, "viridis", f"Classes {when}", words, layout="bars", x_label="class", note=note,
                percent=True,
            )  # fmt: skip

        return of("before", self.all_before), of("after", self.all_after)


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
) -> Attack:
    """A picture that no value of which is moved by more than ``epsilon`` or leaves 0..1, made by captum.

    ``fgsm`` is one step of the fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572),
    ``pgd`` projected gradient descent (Madry et al. 2018, arXiv:1706.06083), ten small ones that begin at the picture.
    The change makes ``label`` less likely, what the net says now if that is None; or ``target`` more likely.

    Raises:
        NoPicture: if the net gives no class scores or reads no picture, or for a class, size or method that does not
            exist.
    """
    if method not in METHODS:
        raise NoPicture(f"There is no method {method!r}. Choose from {', '.join(METHODS)}.")
    if label is not None and target is not None:
        raise NoPicture("Name the class that the change works against, or the one that it works for, but not both.")
    scores = classes(net)
    if scores is None:
        raise NoPicture("This net gives no class scores, so there is no answer that could be turned.")
    if not 0 < epsilon <= 1:
        raise NoPicture(f"The change must be above 0 and at most 1, but it is {epsilon:g}.")
    how = shares_of(net, scores.node) or Shares("softmax")
    entry = picture_input(net)
    place = net.plan.inputs.index(entry)
    given = arguments(net, model, inputs, sample)

    def forward(picture: Tensor) -> Tensor:
        others = list(given)
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
            changed = _perturbed(forward, picture, wanted, epsilon, method, towards=target is not None)
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
    )


def _perturbed(
    forward: Callable[[Tensor], Tensor], picture: Tensor, wanted: int, epsilon: float, method: Method, towards: bool
) -> Tensor:
    """The picture, moved away from the class ``wanted`` or towards it."""
    from captum.robust import FGSM

    target = torch.tensor([wanted], device=picture.device)
    fgsm = FGSM(forward, loss_func=_rivals_ahead, lower_bound=0.0, upper_bound=1.0)
    # captum takes anything below 1e-6 for no gradient at all, and one of a net with small weights may be.
    fgsm.zero_thresh = 0.0
    if method == "fgsm":
        return fgsm.perturb(picture, epsilon=epsilon, target=target, targeted=towards)
    # Not by captum's PGD: it warns of each step's picture, and warnings cannot be silenced for one thread alone.
    moved, start = picture, picture.detach()
    for _ in range(PGD_STEPS):
        moved = fgsm.perturb(moved, epsilon=PGD_SHARE * epsilon, target=target, targeted=towards).detach()
        moved = torch.minimum(torch.maximum(moved, start - epsilon), start + epsilon).requires_grad_()
    return moved


def _rivals_ahead(scores: Tensor, target: Tensor) -> Tensor:
    """How far the other classes are ahead of the target: ``log Σ exp(others) − target``.

    Its gradient points exactly where that of the cross-entropy does, which is (1 − p) times as long and therefore zero
    for a net that is quite sure (p rounded to 1): then no step would be taken against the surest answers.
    """
    own = torch.nn.functional.one_hot(target, scores.shape[1]).bool()
    return scores.masked_fill(own, float("-inf")).logsumexp(1) - scores[own]
