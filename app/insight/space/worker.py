"""Runs t-SNE or UMAP as a program of its own: ``worker.py ROWS.npz``. Imports nothing of Netloom.

Writes to the standard output, again and again, a line ``done total`` and then the places of all rows as doubles.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from contextlib import suppress
from typing import BinaryIO

import numpy as np

EARLY, LATE = 250, 500  # steps, as openTSNE has them by default
EACH = 10  # steps between two looks at the clock
PAUSE = 0.08  # seconds between two pictures


def tell(out: BinaryIO, done: int, total: int, places: np.ndarray) -> None:
    """Say where everything lies now."""
    out.write(f"{done} {total}\n".encode() + np.ascontiguousarray(places, np.float64).tobytes())
    out.flush()


def tsne(given: dict[str, np.ndarray], perplexity: float, seed: int, out: BinaryIO) -> None:
    """t-SNE (van der Maaten and Hinton 2008) from given neighbours, with what openTSNE does by default."""
    from openTSNE import TSNEEmbedding, affinity, initialization, nearest_neighbors

    rows = given["rows"]
    neighbours = nearest_neighbors.PrecomputedNeighbors(given["numbers"], given["away"])
    near = affinity.PerplexityBasedNN(perplexity=perplexity, knn_index=neighbours, n_jobs=1)
    start = given["start"]
    if float(start[:, 1].std()) < 1e-9 * max(float(start[:, 0].std()), 1e-300):  # on a line, nothing could pass
        start = start + np.random.default_rng(seed).normal(size=start.shape) * 1e-3 * start[:, 0].std()
    cloud = TSNEEmbedding(initialization.rescale(start), near, n_jobs=1, random_state=seed,
                          negative_gradient_method="bh" if len(rows) < 1500 else "fft")  # fmt: skip
    done, told = 0, 0.0
    for steps, settings in ((EARLY, {"exaggeration": 12, "momentum": 0.5}), (LATE, {"momentum": 0.8})):
        for _ in range(steps // EACH):
            cloud.optimize(n_iter=EACH, inplace=True, **settings)
            done += EACH
            if time.monotonic() - told > PAUSE or done == EARLY + LATE:
                tell(out, done, EARLY + LATE, np.asarray(cloud))
                told = time.monotonic()


def umap(given: dict[str, np.ndarray], neighbours: float, seed: int, out: BinaryIO) -> None:
    """UMAP (McInnes et al. 2018), which says nothing on its way."""
    from umap import UMAP

    _keep_compiled()
    rows, start = given["rows"], given["start"]
    size = max(float(np.abs(start).max()), 1e-300)
    near = int(max(2, min(neighbours, len(rows) - 1)))
    begin = (10 * start / size + np.random.default_rng(seed).normal(size=start.shape) * 1e-4).astype(np.float32)
    made = UMAP(n_neighbors=near, random_state=seed, init=begin, n_jobs=1).fit_transform(rows)
    tell(out, 1, 1, made)


def _keep_compiled() -> None:
    """Let numba keep what it compiles for UMAP, as it does for others that ask for it: beside the package, or in the
    user's cache. To compile it takes ten seconds; of some hundred samples the rest takes less than one."""
    for name, module in list(sys.modules.items()):
        for each in list(vars(module).values()) if name.partition(".")[0] == "umap" else ():
            caching = getattr(type(each), "enable_caching", None)  # of a function that numba compiles
            if caching is not None:
                with suppress(RuntimeError):  # nowhere can be written
                    caching(each)


def main() -> None:
    """Do what the file says."""
    warnings.simplefilter("ignore")
    with np.load(sys.argv[1]) as found:
        given = {name: found[name] for name in found.files}
    order = json.loads(str(given.pop("order")))
    out = sys.stdout.buffer
    sys.stdout = sys.stderr  # what packages print is not for whoever reads the places
    {"tsne": tsne, "umap": umap}[order["method"]](given, float(order["perplexity"]), int(order["seed"]), out)


if __name__ == "__main__":
    main()
