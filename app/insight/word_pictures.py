"""Word vectors and counts of words, as pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.insight.labelled_tiles import MOST_TABLE
from app.insight.tiles import Tiles, rising_scale
from app.insight.word_vectors import CooccurrenceCounts, WordVectors, analogy, flat, nearest
from nodes.api import cut
from nodes.api.words import per_cent

_LETTERS = 16


def counts_pictures(found: CooccurrenceCounts) -> tuple[Tiles, ...]:
    """The table of counts, and its singular values as bars."""
    values = found.table.astype(np.float32)[None]
    scale = (0.0, max(1.0, float(values.max())))
    title = f"How often words stand beside each other, window {found.window}"
    note = f"{len(found.words)} different words; the largest count is {int(values.max())}."
    if len(found.words) <= MOST_TABLE:
        words = tuple(cut(word, _LETTERS) for word in found.words)
        table = Tiles(values, *scale, "viridis", title, (*words, *words), layout="table", note=note, learned=False)
    else:
        table = Tiles(values, *scale, "viridis", title, x_label="word", y_label="word", note=note, learned=False)
    _, singular = found.decomposed()
    squares = singular**2
    share = float(squares[:2].sum() / squares.sum()) if squares.sum() else 1.0
    bars = Tiles(
        singular[:64].astype(np.float32).reshape(1, 1, -1),
        *rising_scale(np.append(singular[:64], 0.0)),
        "viridis",
        "Singular values",
        tuple(str(number) for number in range(1, min(len(singular), 64) + 1)),
        layout="bars",
        x_label="number",
        note=f"The first two hold {per_cent(share)} of the squares of all counts: with two numbers for each word, the "
        f"mean squared error of a count is {float(squares[2:].sum()) / found.table.size:.3g} at least.",
        learned=False,
    )
    return table, bars


def map_picture(found: WordVectors, most: int, mark: Sequence[str]) -> Tiles:
    """Words as points in a plane; those to mark are always among them.

    Raises:
        NoPicture: if a word to mark is not known.
    """
    marked = list(dict.fromkeys(found.place(word) for word in mark))
    shown = sorted({*range(min(most, len(found.words))), *marked})
    places, how = flat(found)
    points = places[shown].astype(np.float32)[None]
    fewer = f" The first {len(shown):,} of {len(found.words):,} words." if len(shown) < len(found.words) else ""
    return Tiles(
        points,
        *rising_scale(points),
        "viridis",
        f"Map of {len(shown):,} words",
        tuple(found.words[place] for place in shown),
        layout="points",
        note=f"{how}{fewer} By the {found.said}.",
        strong=tuple(shown.index(place) for place in marked),
        learned=bool(found.node),
    )


def nearest_picture(found: WordVectors, word: str, count: int) -> Tiles:
    """The nearest words as bars.

    Raises:
        NoPicture: as ``nearest``.
    """
    word = found.words[found.place(word or found.words[0])]
    best = nearest(found, word, count)
    note = f"1 is the same direction, 0 a right angle. By the {found.said}."
    return _bars(best, f"Nearest to {word}", "cosine", note, bool(found.node))


def analogy_pictures(found: WordVectors, words: Sequence[str], count: int) -> tuple[Tiles, ...]:
    """The answers as bars, and the words of the question with the best answer in a plane.

    Raises:
        NoPicture: as ``analogy``.
    """
    best = analogy(found, words, count)
    named = [found.words[found.place(word)] for word in words]
    a, b, c = named
    note = f"Score: ({b} − {a} + {c}) · word, divided by the length of the sum. Left out: {a}, {b}, {c}."
    bars = _bars(
        best, f"{a} is to {b} as {c} is to {best[0][0]}", "score", f"{note} By the {found.said}.", bool(found.node)
    )
    shown = [*dict.fromkeys([*named, best[0][0]])]
    some = WordVectors(tuple(shown), found.vectors[[found.place(word) for word in shown]], found.said, found.node)
    places, how = flat(some)
    points = places.astype(np.float32)[None]
    plane = Tiles(
        points,
        *rising_scale(points),
        "viridis",
        "The four words in a plane",
        tuple(shown),
        layout="points",
        note=how,
        strong=(len(shown) - 1,),
        learned=bool(found.node),
    )
    return bars, plane


def _bars(best: Sequence[tuple[str, float]], title: str, what: str, note: str, learned: bool) -> Tiles:
    values = np.array([score for _, score in best], np.float32)
    return Tiles(
        values.reshape(1, 1, -1),
        *rising_scale(np.append(values, 0.0)),
        "viridis",
        title,
        tuple(word for word, _ in best),
        layout="bars",
        x_label=what,
        note=note,
        learned=learned,
    )
