"""The loss over a plane through the weights, and the way of the training on it.

Random directions are filter-normalised, so that pictures of different nets compare (Li et al. 2018, "Visualizing the
Loss Landscape of Neural Nets"); those of the path are the principal components of what the kept epochs are away from
the weights that are looked at (there, section 7).
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from app.core.compile.modes import evaluating
from app.core.compile.net import CompiledNet
from app.insight.capture import device_of
from app.insight.part_predictions import parts_for
from app.insight.plot import Plot, PlotLine, on_ground
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.time.epochs import KeptNets
from app.insight.view import PART_WORDS, Subject, ViewStep
from app.training.checkpoints import BadRun
from app.training.position import At, way_words
from app.training.refusal import CannotTrain
from app.training.snapshots import kept_points
from nodes.api import NoData

MOST_STEPS = 97  # along each direction
MOST_BYTES = 400_000_000  # of the weights of all epochs that are held together
MARGIN = 0.25  # about the path
LITTLE = 0.05  # share of the way of the training, below which a plane does not show it
INK = (213, 94, 0)
RAN_AWAY = (
    "The loss is no number anywhere on this plane. Training has run away: use a smaller learning rate, and train again."
)
Direction = list[Tensor]


@dataclass(frozen=True, eq=False)
class TrainingPath:
    """Where the kept moments lie on the plane: ``places`` (n, 2), and the share of their distance, squared, that the
    plane shows."""

    epochs: tuple[At, ...]
    places: np.ndarray
    share: float


def weights_of(model: nn.Module) -> list[Tensor]:
    """What the training changes."""
    return [value.detach() for value in model.parameters()]


def random_direction(weights: Sequence[Tensor], generator: torch.Generator) -> Direction:
    """A direction of which each filter, or row of a matrix, is as long as that of the weights. Biases and the scales of
    norms stay as they are."""
    found: Direction = []
    for value in weights:
        if value.dim() < 2:
            found.append(torch.zeros_like(value))
            continue
        drawn = torch.randn(value.shape, generator=generator).to(value)
        rows, own = drawn.flatten(1), value.flatten(1)
        rows *= own.norm(dim=1, keepdim=True) / (rows.norm(dim=1, keepdim=True) + 1e-10)
        found.append(rows.reshape(value.shape))
    return found


def inner(one: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    """The inner product of two directions, in double precision."""
    return float(sum((a.double() * b.double()).sum() for a, b in zip(one, other)))


def principal(away: Sequence[Direction]) -> tuple[list[Direction], float]:
    """The first two principal components, each of length 1, of directions that are taken from one point; fewer where
    they span less. And the share of their squared length that these show."""
    gram = np.array([[inner(a, b) for b in away] for a in away])
    values, vectors = np.linalg.eigh(gram)
    order = values.argsort()[::-1][:2]
    total = max(float(np.trace(gram)), 1e-300)
    found, shown = [], 0.0
    for at in order:
        if values[at] <= 1e-9 * total:
            continue
        shares = vectors[:, at] / values[at] ** 0.5
        shares *= 1 if shares[np.abs(shares).argmax()] > 0 else -1  # the sign means nothing; always the same one
        found.append([sum(float(share) * part for share, part in zip(shares, parts)) for parts in zip(*away)])
        shown += float(values[at])
    return found, shown / total


def projected(away: Sequence[Direction], directions: Sequence[Direction]) -> tuple[np.ndarray, float]:
    """Where these are on the plane, by least squares (n, 2), and the share of their squared length that it shows."""
    gram = np.array([[inner(a, b) for b in directions] for a in directions])
    places, shown, total = [], 0.0, 0.0
    for each in away:
        at = np.linalg.lstsq(gram, np.array([inner(each, d) for d in directions]), rcond=None)[0]
        places.append(at)
        shown += float(at @ gram @ at)
        total += inner(each, each)
    return np.array(places).reshape(-1, 2), shown / total if total else 0.0


def kept_ways(subject: Subject) -> tuple[tuple[At, ...], list[Direction]]:
    """The kept moments of a run, and what each is away from the weights that are looked at."""
    if subject.folder is None:
        return (), []
    now = weights_of(subject.model)
    epochs = [each.at for each in kept_points(subject.folder)]
    most = max(2, MOST_BYTES // max(1, sum(value.nbytes for value in now)))
    while len(epochs) > most:
        epochs = [epochs[0], *epochs[1:-1:2], epochs[-1]] if len(epochs) > 3 else epochs[-2:]
    found: list[Direction] = []
    there: list[At] = []
    for epoch in epochs:
        try:
            then = KeptNets().subject(subject, subject.folder, epoch)
        except BadRun:
            continue
        if then.net is subject.net:  # else it was another net, and lies on no plane of this one
            found.append([a.to(b) - b for a, b in zip(weights_of(then.model), now)])
            there.append(epoch)
    return tuple(there), found


def batch_of(net: CompiledNet, part: str, count: int, device: torch.device) -> tuple[Mapping[str, Tensor], int]:
    """So many samples of a part as one batch, and how many they are."""
    try:
        parts = parts_for(net)
        pieces = [batch for _, batch in parts.read(parts.mixed(part)[:count])]
    except (CannotTrain, NoData) as reason:
        raise NoPicture(str(reason)) from None
    if not pieces:
        raise NoPicture(f"No sample of the {part} part can be read.")
    batch = {key: torch.cat([piece[key] for piece in pieces]).to(device) for key in pieces[0]}
    return batch, len(next(iter(batch.values())))


class LossPlane:
    """The loss at places of a plane through the weights of a model, which is copied."""

    def __init__(self, subject: Subject, part: str, samples: int, directions: Sequence[Direction]) -> None:
        losses = subject.net.losses()
        if losses is None:
            raise NoPicture("This drawing has no loss, so there is no surface of it. Add a loss.")
        self._net = subject.net
        self._model = copy.deepcopy(subject.model).eval()
        device = device_of(self._model)
        self._losses = losses.to(device)
        batch, self.count = batch_of(subject.net, part, samples, device)
        self._batch = subject.net.looking_ahead(self._model, batch)
        self._given = subject.net.inputs_from(self._batch)
        self._from = [value.clone() for value in weights_of(self._model)]
        self._directions = directions

    def loss(self, across: float, up: float) -> float:
        """The mean loss there; infinite where it is no number."""
        one, other = self._directions
        with torch.no_grad(), evaluating(self._model):
            for value, start, a, b in zip(self._model.parameters(), self._from, one, other):
                value.copy_(start + across * a + up * b)
            found = self._net.loss_values(self._losses, self._model(*self._given), self._batch)
            loss = float(sum(value.double() for value in found.values()))
        return loss if np.isfinite(loss) else np.inf


def landscape(
    subject: Subject, kind: str, part: str, samples: int, steps: int, reach: float, seed: int
) -> Iterator[ViewStep]:
    """The surface, coarse at first, then finer.

    Args:
        kind: ``random`` or ``path``, which directions.
        reach: of random directions, how far the plane goes: 1 is as far as the weights are long.

    Raises:
        NoPicture: if there is no loss, no data, or nothing that could be changed.
    """
    weights = weights_of(subject.model)
    if not weights:
        raise NoPicture("Nothing in this net learns, so its loss is the same everywhere.")
    if not all(bool(value.isfinite().all()) for value in weights):
        raise NoPicture(RAN_AWAY)
    generator = torch.Generator().manual_seed(seed)
    epochs, away = kept_ways(subject)
    moved = [each for each in away if inner(each, each) > 0]
    said = ""
    if kind == "path":
        if not moved:
            raise NoPicture(
                "The path needs epochs that were kept and differ, and this has none. Train with snapshots above 0, or "
                "choose random directions."
            )
        directions, share = principal(moved)
        if len(directions) < 2:  # all epochs lie on one line
            other = random_direction(weights, generator)
            along = inner(other, directions[0])
            other = [a - along * b for a, b in zip(other, directions[0])]
            size = inner(other, other) ** 0.5 or 1.0
            directions = [directions[0], [part_of / size for part_of in other]]
            said = "All epochs lie on one line; the other direction is random. "
        labels = "first component of the path", "second component of the path"
    else:
        directions = [random_direction(weights, generator) for _ in range(2)]
        labels = "first random direction", "second random direction"
        if not any(inner(each, each) for each in directions):
            raise NoPicture("Every weight is 0 or a bias, so a filter-normalised direction has no length.")
    places, share = projected(away, directions) if away else (np.empty((0, 2)), 0.0)
    ends = _ends(places, directions, kind, reach, weights)
    plane = LossPlane(subject, part, samples, directions)
    way = TrainingPath(epochs, places, share) if len(moved) and len(epochs) else None
    note = f"{said}Mean loss of {plane.count:,} {PART_WORDS[part]} samples."
    known: dict[tuple[float, float], float] = {}
    sizes = _sizes(steps)
    total, done = sum(size * size for size in sizes), 0
    last: Tiles | None = None
    for size in sizes:
        xs, ys = (np.linspace(low, high, size) for low, high in ends)
        found = np.empty((size, size))
        for row, y in enumerate(ys[::-1]):
            for column, x in enumerate(xs):
                at = (round(float(x), 9), round(float(y), 9))
                if at not in known:
                    known[at] = plane.loss(float(x), float(y))
                found[row, column] = known[at]
            done += size
            if row == size - 1:
                last = _picture(found, xs, ys, labels, note, way, kind)
            if last is not None:
                yield ViewStep(done, total, (last,))


def _sizes(steps: int) -> list[int]:
    """How fine the pictures are on the way: each has the places of the one before."""
    sizes = [max(3, steps | 1)]
    while sizes[0] > 9 and (sizes[0] - 1) % 4 == 0:
        sizes.insert(0, (sizes[0] - 1) // 2 + 1)
    return sizes


def _ends(
    places: np.ndarray, directions: Sequence[Direction], kind: str, reach: float, weights: Sequence[Tensor]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """From where to where the plane goes."""
    if kind != "path":
        return (-reach, reach), (-reach, reach)
    around = np.concatenate([places, [[0.0, 0.0]]])
    low, high = around.min(0), around.max(0)
    size = max(float((high - low).max()), 1e-6)
    # A path that is flat in its second component gets some height all the same.
    wide = np.maximum(high - low, 0.4 * size)
    middle = (low + high) / 2
    ends = [(float(m - w * (0.5 + MARGIN)), float(m + w * (0.5 + MARGIN))) for m, w in zip(middle, wide)]
    return ends[0], ends[1]


def _picture(
    found: np.ndarray,
    xs: np.ndarray,
    ys: np.ndarray,
    labels: tuple[str, str],
    note: str,
    way: TrainingPath | None,
    kind: str,
) -> Tiles:
    if not np.isfinite(found).any():
        raise NoPicture(RAN_AWAY)
    if not np.isfinite(found).all():
        found = np.where(np.isfinite(found), found, found[np.isfinite(found)].max())
        note += " Where it is no number, the largest other value stands."
    title = "Loss surface"
    if found.min() > 0 and found.max() > 10 * found.min():
        found, title = np.log10(found), "Loss surface, as log10 of the loss"
    half = (xs[1] - xs[0]) / 2, (ys[1] - ys[0]) / 2
    lines: tuple[PlotLine, ...] = ()
    if way is not None:
        path = np.concatenate([way.places, [[0.0, 0.0]]]) if np.abs(way.places[-1]).max() > 1e-9 else way.places
        lines = (PlotLine(way_words(way.epochs[0], way.epochs[-1]), path, INK, dots=True),)
        note += f" The plane shows {100 * way.share:.0f} % of the way of the training (of its squared length)."
        if kind == "random" and way.share < LITTLE:
            note += " Two random directions hardly show it: with directions along the path it is seen."
    low, high = rising_scale(found)
    plot = Plot(
        (float(xs[0] - half[0]), float(xs[-1] + half[0])), (float(ys[0] - half[1]), float(ys[-1] + half[1])),
        *labels, lines=lines, ground=True, equal=False,
    )  # fmt: skip
    what = "" if kind == "path" else " 1 is as far as each filter is long; 0, 0 are the weights that are looked at."
    return on_ground(plot, found, low, high, "viridis", title, note + what)
