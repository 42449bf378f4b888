"""Spreads rows of numbers out over a plane: PCA here, t-SNE and UMAP in a process of their own.

openTSNE and not scikit-learn: it shows the cloud on its way, begins where it is told to, lowers a perplexity that is
too large, and took 0.9 of the time for 5,000 rows of 64 numbers on one core. Both can end the process that they run in
on rows that are all alike; so the spread is measured first, and neither runs in the process of the window.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import numpy as np

from app.insight.tiles import NoPicture

EXACT = 1100  # rows or columns up to which the components are exact
MOST_FEATURES = 100  # beyond, t-SNE and UMAP get as many components
NEEDED = {"tsne": ("openTSNE", "t-SNE"), "umap": ("umap", "UMAP")}
LEAST = {"pca": 2, "tsne": 5, "umap": 10}
WORKER = Path(__file__).with_name("worker.py")


def check_spread(rows: np.ndarray, node: str, method: str) -> None:
    """
    Raises:
        NoPicture: if there are too few rows, or they are all alike.
    """
    if len(rows) < LEAST[method]:
        word = NEEDED[method][1] if method in NEEDED else "PCA"
        raise NoPicture(f"{word} needs at least {LEAST[method]} samples, and there are {len(rows)}.")
    reach = float(np.abs(rows).max())
    if float((rows.max(0) - rows.min(0)).max()) <= 1e-6 * max(reach, 1e-30):
        raise NoPicture(
            f"There is nothing to spread out: {node} gives the same for every sample. The layer is dead, or everything "
            "has collapsed to one answer. Look at an earlier layer, or train again with a smaller learning rate."
        )


def normed(rows: np.ndarray) -> np.ndarray:
    """The rows about their mean, so large that they spread by 1: nothing of what follows depends on the size, and no
    square of them is too large or too small."""
    reach = float(np.abs(rows).max()) or 1.0
    centred = rows.astype(np.float64) / reach
    centred -= centred.mean(0)
    return centred / max(float(centred.std()), 1e-30)


def components(rows: np.ndarray, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The first principal components of rows about their mean: places (n, count), and the share of the variance of
    each. Their signs, which mean nothing, make the largest part of each direction positive. Missing ones are 0."""
    centred = rows - rows.mean(0)
    total = float((centred**2).sum()) or 1.0
    wanted = min(count, *centred.shape)
    if min(centred.shape) <= EXACT:
        tall = centred.shape[0] >= centred.shape[1]
        gram = centred.T @ centred if tall else centred @ centred.T
        values, vectors = np.linalg.eigh(gram)
        values, vectors = values[::-1][:wanted].clip(0), vectors[:, ::-1][:, :wanted]
        sizes = np.sqrt(values)
        directions = vectors if tall else centred.T @ vectors / np.maximum(sizes, 1e-300)
    else:
        from sklearn.utils.extmath import randomized_svd

        _, sizes, across = randomized_svd(centred, wanted, n_oversamples=20, n_iter=10, random_state=seed)
        directions = across.T
    best = np.abs(directions).argmax(0)
    directions = directions * np.where(directions[best, np.arange(wanted)] < 0, -1, 1)
    places = np.zeros((len(rows), count))
    places[:, :wanted] = centred @ directions
    shares = np.zeros(count)
    shares[:wanted] = sizes**2 / total
    return places, shares


def turned(places: np.ndarray, wanted: np.ndarray | None) -> np.ndarray:
    """The places (n, 2), turned and mirrored as a whole so that they lie as near as can be to where they are wanted
    (orthogonal Procrustes): which way round a cloud lies means nothing, and it is not to jump from epoch to epoch."""
    if wanted is None:
        return places
    mean = places.mean(0)
    left, _, right = np.linalg.svd((places - mean).T @ (wanted - wanted.mean(0)))
    return (places - mean) @ (left @ right) + mean


def around(truth: np.ndarray, classes: int) -> np.ndarray | None:
    """A place on a circle for each sample, by its class; None where not two classes are there."""
    if len(np.unique(truth[truth >= 0])) < 2:
        return None
    angle = 2 * np.pi * truth / max(1, classes)
    return np.column_stack([np.cos(angle), np.sin(angle)]) * (truth >= 0)[:, None]


def nearest(rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """For each row the numbers and distances (n, count) of the rows next to it, itself left out."""
    from app.insight.space.values import distances

    numbers, away = np.empty((len(rows), count), np.int64), np.empty((len(rows), count))
    for start, piece in distances(rows, rows):
        piece[np.arange(len(piece)), start + np.arange(len(piece))] = np.inf
        some = np.argpartition(piece, count - 1, axis=1)[:, :count]
        found = np.take_along_axis(piece, some, 1)
        order = found.argsort(1, kind="stable")
        numbers[start : start + len(piece)] = np.take_along_axis(some, order, 1)
        away[start : start + len(piece)] = np.take_along_axis(found, order, 1)
    return numbers, away


def check_installed(method: str) -> None:
    """
    Raises:
        NoPicture: if the package of the method is not installed, with what installs it.
    """
    if method in NEEDED:
        package, word = NEEDED[method]
        if find_spec(package) is None:
            raise NoPicture(
                f"{word} needs packages that are not installed: pip install netloom[space]. PCA needs nothing more."
            )


def spread_out(
    rows: np.ndarray, start: np.ndarray, method: str, perplexity: float, seed: int
) -> Iterator[tuple[int, int, np.ndarray]]:
    """t-SNE or UMAP of ``rows``, which begins at the places ``start`` (n, 2): how many steps of how many are done, and
    where everything lies. Closing it ends the process that works.

    Raises:
        NoPicture: if that process ends without a result.
    """
    rows = normed(rows)
    if rows.shape[1] > MOST_FEATURES:
        rows = components(rows, MOST_FEATURES, seed)[0]
    order = {"method": method, "perplexity": perplexity, "seed": seed}
    arrays = {"rows": rows.astype(np.float32), "start": start.astype(np.float64)}
    if method == "tsne":
        near = int(min(len(rows) - 1, max(1, 3 * perplexity)))
        arrays["numbers"], arrays["away"] = nearest(rows, near)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "rows.npz"
        np.savez(place, order=np.array(json.dumps(order)), **arrays)  # type: ignore[arg-type]
        with open(Path(folder) / "said", "w+b") as said:
            worker = subprocess.Popen(
                [sys.executable, str(WORKER), str(place)], stdout=subprocess.PIPE, stderr=said, stdin=subprocess.DEVNULL
            )
            try:
                assert worker.stdout is not None, "it was asked for"
                last = None
                for last in _heard(worker.stdout, len(rows)):
                    yield last
                if worker.wait() or last is None or last[0] < last[1]:
                    raise NoPicture(
                        f"{NEEDED[method][1]} ended without a result on these values. They may be too much alike: look "
                        "at another layer, or at PCA."
                    )
            finally:
                worker.kill()
                worker.wait()
                if worker.stdout is not None:
                    worker.stdout.close()


def _heard(stream: IO[bytes], count: int) -> Iterator[tuple[int, int, np.ndarray]]:
    """What the process says: a line with two numbers, then places as doubles."""
    while line := stream.readline():
        words = line.split()
        if len(words) != 2 or not all(word.isdigit() for word in words):
            continue  # something that a package prints
        content = stream.read(16 * count)
        if len(content) < 16 * count:
            return
        places = np.frombuffer(content, np.float64).reshape(count, 2)
        if np.isfinite(places).all():
            yield int(words[0]), int(words[1]), places
