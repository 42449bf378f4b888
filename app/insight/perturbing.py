"""Ways to change pictures so that a net says something else. All pictures are batches ``(n, ...)`` in 0..1.

fgsm    one step of the fast gradient sign method (Goodfellow, Shlens and Szegedy 2015, arXiv:1412.6572)
pgd     projected gradient descent, ten small ones that begin at the picture (Madry et al. 2018, arXiv:1706.06083)
lbfgs   the smallest change that fools the net, searched for by L-BFGS (Szegedy et al. 2014, arXiv:1312.6199)
pixel   as few pixels as are needed, to any value: one, if one is enough (after Su, Vargas and Sakurai 2019)
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

Method = Literal["fgsm", "pgd", "lbfgs", "pixel"]
METHODS: tuple[Method, ...] = ("fgsm", "pgd", "lbfgs", "pixel")
SEARCHES = frozenset({"lbfgs", "pixel"})  # for one picture; epsilon does not bound them
Forward = Callable[[Tensor], Tensor]
# Of projected gradient descent: as many steps, each this share of epsilon, so that it can come back from a wrong way.
PGD_STEPS, PGD_SHARE = 10, 0.25
# Weights of the length of the change against the answer, from strict to lenient; then as many are tried in between.
_STRICT, _LENIENT, _BETWEEN, _ITERATIONS = 100.0, 1e-4, 3, 12
_MARGIN = 0.05  # by how much the new answer has to be ahead
_PIXELS, _TRIED, _BATCH = 5, 256, 64  # at most, pixels that move; of each, so many places are tried, so many at once


def perturbed(
    forward: Forward,
    pictures: Tensor,
    wanted: Tensor,
    epsilon: float,
    method: Method,
    towards: bool,
    seconds: float | None = None,
) -> Tensor:
    """The pictures, moved away from the classes ``wanted`` (n,), or towards them.

    ``forward`` gives class scores ``(n, classes)``. With ``fgsm`` and ``pgd`` no value moves by more than ``epsilon``.
    A search ends after ``seconds`` with the best it has.
    """
    if method == "fgsm":
        return _fgsm(forward, pictures, wanted, epsilon, towards)
    if method == "pgd":
        moved, start = pictures, pictures.detach()
        for _ in range(PGD_STEPS):
            moved = _fgsm(forward, moved, wanted, PGD_SHARE * epsilon, towards).detach()
            moved = torch.minimum(torch.maximum(moved, start - epsilon), start + epsilon).requires_grad_()
        return moved
    end = time.perf_counter() + seconds if seconds is not None else float("inf")
    search = _smallest if method == "lbfgs" else _few_pixels
    return torch.cat(
        [search(forward, one.detach()[None], wanted[i : i + 1], towards, end) for i, one in enumerate(pictures)]
    )


def _fgsm(forward: Forward, pictures: Tensor, wanted: Tensor, epsilon: float, towards: bool) -> Tensor:
    from captum.robust import FGSM

    fgsm = FGSM(forward, loss_func=rivals_ahead, lower_bound=0.0, upper_bound=1.0)
    # captum takes anything below 1e-6 for no gradient at all, and one of a net with small weights may be.
    fgsm.zero_thresh = 0.0
    # Not by captum's PGD: it warns of each step's picture, and warnings cannot be silenced for one thread alone.
    moved: Tensor = fgsm.perturb(
        pictures if pictures.requires_grad else pictures.clone().requires_grad_(),
        epsilon=epsilon,
        target=wanted,
        targeted=towards,
    )
    return moved


def rivals_ahead(scores: Tensor, target: Tensor) -> Tensor:
    """How far the other classes are ahead of the target: ``log Σ exp(others) − target``, for each sample.

    Its gradient points exactly where that of the cross-entropy does, which is (1 − p) times as long and therefore zero
    for a net that is quite sure (p rounded to 1): then no step would be taken against the surest answers.
    """
    own = torch.nn.functional.one_hot(target, scores.shape[1]).bool()
    return scores.masked_fill(own, float("-inf")).logsumexp(1) - scores[own]


def _ahead(scores: Tensor, wanted: Tensor, towards: bool) -> Tensor:
    """How far the answer that is wished for is ahead of the best other one; above 0, the net is fooled."""
    own = torch.nn.functional.one_hot(wanted, scores.shape[1]).bool().expand(len(scores), -1)
    best = scores.masked_fill(own, float("-inf")).amax(1)
    mine = scores.masked_fill(~own, float("-inf")).amax(1)
    return mine - best if towards else best - mine


def _smallest(forward: Forward, picture: Tensor, wanted: Tensor, towards: bool, end: float) -> Tensor:
    """The smallest change by which the answer that is wished for comes out ahead, as far as it was found."""

    def at(weight: float) -> tuple[Tensor, bool]:
        change = torch.zeros_like(picture, requires_grad=True)
        optimizer = torch.optim.LBFGS([change], max_iter=_ITERATIONS, line_search_fn="strong_wolfe")

        def loss() -> Tensor:
            optimizer.zero_grad()
            with torch.enable_grad():
                ahead = _ahead(forward((picture + change).clamp(0, 1)), wanted, towards)
                value = (2 * _MARGIN - ahead).clamp_min(0).sum() + weight * change.square().sum()
            (change.grad,) = torch.autograd.grad(value, change)
            return value.detach()

        optimizer.step(loss)
        made = (picture + change).detach().clamp(0, 1)
        with torch.no_grad():
            return made, bool((_ahead(forward(made), wanted, towards) > 0).all())

    weight, best, last = _STRICT, None, picture
    while weight >= _LENIENT and time.perf_counter() < end:
        last, fooled = at(weight)
        if fooled:
            best = last
            break
        weight /= 10
    if best is None:
        return last
    strict, lenient = weight * 10, weight
    for _ in range(_BETWEEN if weight < _STRICT else 0):
        if time.perf_counter() >= end:
            break
        middle = (strict * lenient) ** 0.5
        made, fooled = at(middle)
        if fooled:
            best, lenient = made, middle
        else:
            strict = middle
    return best


def _few_pixels(forward: Forward, picture: Tensor, wanted: Tensor, towards: bool, end: float) -> Tensor:
    """One pixel after the other is set to the value between black and white, or to the pure colour, that helps most:
    among those places where the gradient promises most."""
    shape = picture.shape
    now = picture.clone()
    channels = shape[1] if picture.dim() == 4 else 1
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * channels).reshape(-1, channels).to(picture)
    moved: set[int] = set()
    for _ in range(_PIXELS):
        seen = now.clone().requires_grad_()
        with torch.enable_grad():
            scores = forward(seen)
            ahead = _ahead(scores, wanted, towards)
            slope = -rivals_ahead(scores, wanted) if towards else rivals_ahead(scores, wanted)
        (gradient,) = torch.autograd.grad(slope.sum(), seen)
        if bool((ahead > 0).all()) or time.perf_counter() >= end:
            break
        flat, way = now.reshape(channels, -1), gradient.reshape(channels, -1)
        # What each place could bring, were the net linear: up to white where it rises, down to black where it falls.
        promise = (way.clamp_min(0) * (1 - flat) - way.clamp_max(0) * flat).sum(0)
        promise[list(moved)] = -1.0
        places = promise.argsort(descending=True, stable=True)[:_TRIED]
        tried = [(int(place), corner) for place in places.tolist() for corner in range(len(corners))]
        best, chosen = float(ahead.detach()), None
        for first in range(0, len(tried), _BATCH):
            group = tried[first : first + _BATCH]
            many = now.reshape(1, channels, -1).repeat(len(group), 1, 1)
            for index, (place, corner) in enumerate(group):
                many[index, :, place] = corners[corner]
            with torch.no_grad():
                found = _ahead(forward(many.reshape(len(group), *shape[1:])), wanted, towards)
            index = int(found.argmax())
            if float(found[index]) > best:
                best, chosen = float(found[index]), group[index]
            if time.perf_counter() >= end:
                break
        if chosen is None:
            break
        place, corner = chosen
        now.reshape(channels, -1)[:, place] = corners[corner]
        moved.add(place)
    return now
