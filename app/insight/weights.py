"""Weights and biases as numbers: how they spread, their norms, rank and spectrum, and how far they have come."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from app.core.compile.net import CompiledNet
from app.insight.anatomy import LayerPart, own_weights, part
from app.insight.capture import array
from app.insight.filters import why_nothing
from app.insight.numbers import NumberFormat, percent
from app.insight.tiles import NoPicture, Tiles
from app.training.position import At, at_words

BINS = 64
MOST_LINES = 6
MOST_DECOMPOSED = 4096  # rows or columns of a matrix of which singular values are worked out at once


def weight_pictures(
    net: CompiledNet, model: nn.Module, node: str, weight: str, folder: Path | None, against: At | None
) -> tuple[Tiles, ...]:
    """A histogram of each weight and bias of a layer, a table of their norms in its note, and the singular values of
    the main one as a matrix with a row for each output. ``against``: an epoch of the run, or a step within
    one, whose weights stand beside.

    Raises:
        NoPicture: if the layer has no weights, or no such weight, or that epoch was not kept.
    """
    where = part(net, node)
    weights = own_weights(model, where)
    if not weights:
        raise NoPicture(why_nothing(net, model, where))
    if weight and weight not in weights:
        raise NoPicture(f"{node} has no weight {weight}; it has {', '.join(weights)}.")
    chosen = {weight: weights[weight]} if weight else weights
    values = {name: array(value, f"{name} of {node}") for name, value in chosen.items()}
    before: dict[str, np.ndarray] = {}
    if against is not None:
        before = _kept(where, folder, against, values)
    main = _main(values)
    then = "" if against is None else at_words(against)
    pictures = [_histogram(node, values, before, then)]
    if main is not None:
        pictures.append(_spectrum(node, main, values[main], before.get(main), then))
    return tuple(pictures)


def _kept(where: LayerPart, folder: Path | None, at: At, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The weights of a layer at a kept moment of the run."""
    from app.training.checkpoints import BadRun, weights_at

    if folder is None:
        raise NoPicture("Only a run that has ended keeps epochs to compare with. Train, or open a run.")
    try:
        found = weights_at(folder, at)
    except BadRun as reason:
        raise NoPicture(str(reason)) from None
    address = f"{where.address}.0" if where.step.repeat > 1 else where.address
    kept: dict[str, np.ndarray] = {}
    for name, value in values.items():
        old: Tensor | None = found.get(f"{address}.{name}")
        if old is None or tuple(old.shape) != value.shape:
            raise NoPicture(f"{where.path} was another layer in {at_words(at)}, so its weights cannot be compared.")
        kept[name] = array(old, f"{name} of {where.path} in {at_words(at)}")
    return kept


def _main(values: Mapping[str, np.ndarray]) -> str | None:
    """The first weight that is a matrix of more than one row and column."""
    matrices = (name for name, value in values.items() if value.ndim >= 2 and min(as_matrix(value).shape) > 1)
    return next(matrices, None)


def as_matrix(values: np.ndarray) -> np.ndarray:
    """A weight as ``(outputs, everything else)``."""
    return values.reshape(len(values), -1)


def _histogram(node: str, values: Mapping[str, np.ndarray], before: Mapping[str, np.ndarray], then: str) -> Tiles:
    names = list(values)[:MOST_LINES]
    rows: dict[str, np.ndarray] = {}
    for name in names:
        rows[name] = values[name]
        if name in before:
            rows[f"{name}, {then}"] = before[name]
    low = min(float(each.min()) for each in rows.values())
    high = max(float(each.max()) for each in rows.values())
    low, high = (low, high) if low < high else (low - 0.5, high + 0.5)
    edges = np.linspace(low, high, BINS + 1)
    shares = np.stack([np.histogram(each, edges)[0] / each.size for each in rows.values()]).astype(np.float32)
    said = [_said(name, values[name], before.get(name), then) for name in names]
    if len(values) > MOST_LINES:
        said.append(f"Shown are the first {MOST_LINES} of {len(values)}; name a weight to see another.")
    title = f"{node}: how its weights spread"
    return Tiles(
        shares[:, None], 0.0, max(float(shares.max()), 1e-9), "viridis", title, tuple(rows), layout="lines",
        at=(edges[:-1] + edges[1:]) / 2, x_label="value", y_label="share", percent=True, note=" ".join(said),
    )  # fmt: skip


def _said(name: str, values: np.ndarray, before: np.ndarray | None, then: str) -> str:
    """Mean, deviation and norm of a weight, and how far it has come."""
    mean, deviation, norm = (float(each) for each in (values.mean(), values.std(), np.linalg.norm(values)))
    number = NumberFormat((mean, deviation, norm))
    shape = "×".join(map(str, values.shape))
    parts = [f"mean {number.exact(mean)}", f"deviation {number.exact(deviation)}", f"norm {number.exact(norm)}"]
    zeros = float((values == 0).mean())
    if zeros:
        parts.append(f"{percent(zeros)} are exactly 0")
    if before is not None:
        way = float(np.linalg.norm(values - before))
        parts.append(f"{number.exact(way)} away from {then}")
        lengths = norm * float(np.linalg.norm(before))
        if lengths > 0:
            parts.append(f"cosine {float((values * before).sum()) / lengths:.3f}".replace("-", "−"))
    return f"{name} ({shape}): {', '.join(parts)}."


def _spectrum(node: str, name: str, values: np.ndarray, before: np.ndarray | None, then: str) -> Tiles:
    matrix = as_matrix(values)
    if max(matrix.shape) > MOST_DECOMPOSED and min(matrix.shape) > MOST_DECOMPOSED // 4:
        raise NoPicture(
            f"{name} of {node} is {matrix.shape[0]:,}×{matrix.shape[1]:,}, too large for its singular values."
        )
    found = spectrum(matrix)
    rows, labels = [found], [name]
    if before is not None:
        rows.append(spectrum(as_matrix(before)))
        labels.append(f"{name}, {then}")
    lines = np.stack(rows).astype(np.float32)
    rank, effective = rank_of(found, matrix.shape), effective_rank(found)
    energy = np.cumsum(found**2)
    half = int(np.searchsorted(energy, 0.9 * energy[-1])) + 1 if energy[-1] > 0 else 0
    number = NumberFormat([float(found[0])])
    note = (
        f"{name} as {matrix.shape[0]} rows and {matrix.shape[1]} columns: rank {rank} of {len(found)}, effective rank "
        f"{effective:.1f}, spectral norm {number.exact(float(found[0]))}. {half} of {len(found)} hold 90 % of the sum "
        "of squares."
    )
    return Tiles(
        lines[:, None], 0.0, max(float(lines.max()), 1e-9), "viridis", f"{node}: singular values of {name}",
        tuple(labels), layout="lines", at=np.arange(1, len(found) + 1), x_label="number", y_label="singular value",
        note=note,
    )  # fmt: skip


def spectrum(matrix: np.ndarray) -> np.ndarray:
    """The singular values of a matrix, the largest first."""
    small = matrix.astype(np.float64)
    return np.linalg.svd(small, compute_uv=False)


def rank_of(singular: np.ndarray, shape: tuple[int, ...]) -> int:
    """How many singular values are not 0 in single precision, in which the weights are: above ``largest · max(shape) ·
    eps``, as ``torch.linalg.matrix_rank`` has it."""
    return int((singular > singular[0] * max(shape) * np.finfo(np.float32).eps).sum())


def effective_rank(singular: np.ndarray) -> float:
    """The exponential of the entropy of the singular values as shares of their sum (Roy and Vetterli 2007)."""
    total = float(singular.sum())
    if total <= 0:
        return 0.0
    shares = singular[singular > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))
