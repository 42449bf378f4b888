"""How well a count of triples knows what comes next: what a net that writes has to beat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

MOST_WORDS = 300  # different ones: the table of triples has as many entries as their third power


def bits_of_triples(learned: Tensor, validation: Tensor, classes: int) -> float:
    """Bits per step that a 3-gram model needs for what comes next in windows (n, steps + 1), whose last ``steps`` are
    to be told. It has counted singles, pairs and triples in the windows ``learned`` (m, steps + 1), and mixes them as
    Witten and Bell (1991) do: the more different things came behind a context, the less the context alone is trusted.

    The first step has one letter before it, as it has for the net.
    """
    train, test = learned.cpu().numpy(), validation.cpu().numpy()
    singles = np.bincount(train.reshape(-1), minlength=classes).astype(np.float64)
    pairs = np.zeros((classes, classes))
    np.add.at(pairs, (train[:, :-1].reshape(-1), train[:, 1:].reshape(-1)), 1.0)
    triples = np.zeros((classes, classes, classes), np.float32)
    np.add.at(triples, (train[:, :-2].reshape(-1), train[:, 1:-1].reshape(-1), train[:, 2:].reshape(-1)), 1.0)
    one = _mixed(singles, np.full(classes, 1.0 / classes))
    two = _mixed(pairs, one)
    first = two[test[:, 0], test[:, 1]]
    before, last, now = (test[:, :-2].reshape(-1), test[:, 1:-1].reshape(-1), test[:, 2:].reshape(-1))
    seen = triples[before, last]
    kinds, total = (triples > 0).sum(-1)[before, last], triples.sum(-1, dtype=np.float64)[before, last]
    count = np.take_along_axis(seen, now[:, None], 1)[:, 0]
    later = np.where(total > 0, (count + kinds * two[last, now]) / np.maximum(total + kinds, 1.0), two[last, now])
    return float(-np.log2(np.concatenate([first, later])).mean())


def _mixed(counts: np.ndarray, less: np.ndarray) -> np.ndarray:
    """Probabilities from counts along the last axis, mixed with those that know ``less``."""
    total, kinds = counts.sum(-1, keepdims=True), (counts > 0).sum(-1, keepdims=True)
    mixed: np.ndarray = np.where(total > 0, (counts + kinds * less) / np.maximum(total + kinds, 1.0), less)
    return mixed
