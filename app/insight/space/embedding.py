"""Clouds of samples: where a layer puts them, spread out over a plane."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from app.insight.anatomy import classes
from app.insight.colours import coloured
from app.insight.generative import code_of, compared_pictures
from app.insight.plot import GREY, Plot, class_inks, legend_of, plotted, span
from app.insight.space.spreading import (
    NEEDED,
    around,
    check_installed,
    check_spread,
    components,
    normed,
    spread_out,
    turned,
)
from app.insight.space.values import LayerValues, values_of_layer
from app.insight.tiles import NoPicture, Tiles
from app.insight.view import PART_WORDS, Subject, ViewStep

RIGHT, WRONG = GREY, (213, 94, 0)


def embedding_of(
    subject: Subject, node: str, method: str, colour: str, part: str, samples: int, perplexity: float, seed: int,
    pictured: bool,
) -> Iterator[ViewStep]:  # fmt: skip
    """PCA at once, then what t-SNE or UMAP make of it.

    Raises:
        NoPicture: if there is no data, nothing to spread out, or a package is missing.
    """
    check_installed(method)
    found = values_of_layer(subject, node or _code(subject), part, samples)
    check_spread(found.values, found.node, method)
    rows = normed(found.values)
    where, shares = components(rows, 2, seed)
    wanted = _wanted(found)
    where = turned(where, wanted) if method != "pca" else _upright(where, wanted)
    ways = [
        f"{word} component, {100 * share:.0f} % of the variance" for word, share in zip(("first", "second"), shares)
    ]
    first = _picture(found, where, "PCA", colour, part, ("", "") if method != "pca" else (ways[0], ways[1]), pictured)
    if method == "pca":
        yield ViewStep(1, 1, (first,))
        return
    yield ViewStep(0, 1, (first,))
    word = NEEDED[method][1]
    for done, total, places in spread_out(rows, where, method, perplexity, seed):
        made = turned(places, wanted)
        yield ViewStep(done, total, (_picture(found, made, word, colour, part, ("", ""), pictured),))


def _code(subject: Subject) -> str:
    """The layer whose numbers a net draws pictures of, which is where it puts what it has seen; empty where a net tells
    classes or draws none."""
    if classes(subject.net) is not None or not compared_pictures(subject.net, subject.model):
        return ""
    try:
        return code_of(subject.net).name
    except NoPicture:
        return ""


def _upright(places: np.ndarray, wanted: np.ndarray | None) -> np.ndarray:
    """Components keep their axes; only their signs are chosen, nearest to what is wanted."""
    if wanted is None:
        return places
    signs = np.sign(((places - places.mean(0)) * (wanted - wanted.mean(0))).sum(0))
    return places * np.where(signs < 0, -1, 1)


def _wanted(found: LayerValues) -> np.ndarray | None:
    """Which way round the cloud is to lie, whatever the weights are: by class, or as the inputs themselves lie."""
    answers = found.answers
    if answers.kind == "classes" and answers.single:
        by_class = around(answers.truth, int(answers.truth.max()) + 1)
        if by_class is not None:
            return by_class
    if found.inputs is not None and float(found.inputs.std()) > 0:
        return components(normed(found.inputs), 2)[0]
    return None


def _picture(
    found: LayerValues, places: np.ndarray, word: str, colour: str, part: str, ways: tuple[str, str], pictured: bool
) -> Tiles:
    inks, legend, marked, said = _inks(found, colour)
    count = len(places)
    plot = Plot(
        span(places[:, 0]), span(places[:, 1]), *ways, places.astype(np.float32), inks, legend, marked, "wrong",
        equal=True, node=found.source, numbers=found.answers.numbers, names=found.names, said=_said(found), part=part,
        thumbnails=found.thumbnails, pictured=pictured and found.thumbnails is not None,
    )  # fmt: skip
    of = f" of {found.answers.whole:,}" if count < found.answers.whole else ""
    note = f"{count:,}{of} {PART_WORDS[part]} samples, {found.values.shape[1]:,} numbers each. {said}"
    return plotted(plot, f"{found.node}: {word}", note.strip())


def _inks(
    found: LayerValues, colour: str
) -> tuple[np.ndarray, tuple[tuple[str, tuple[int, int, int]], ...], np.ndarray, str]:
    """The colour of each sample, what colours mean, which have a ring, and a sentence."""
    answers, count = found.answers, len(found.values)
    of_classes = answers.kind == "classes" and answers.single
    wrong = (answers.predicted != answers.truth) & (answers.truth >= 0) if of_classes else np.zeros(count, dtype=bool)
    if of_classes and colour in ("class", "answer"):
        places = (answers.truth if colour == "class" else answers.predicted).astype(int)
        inks = class_inks(max(len(answers.words), int(places.max()) + 1))
        words = answers.words or tuple(map(str, range(len(inks))))
        chosen = np.where((places >= 0)[:, None], inks[places.clip(0)], np.array(GREY, np.uint8))
        return chosen.astype(np.uint8), legend_of(words, inks), wrong, ""
    if of_classes and colour == "error":
        inks = np.array([RIGHT, WRONG], np.uint8)
        legend = legend_of((f"right: {int((~wrong).sum()):,}", f"wrong: {int(wrong.sum()):,}"), inks)
        return inks[wrong.astype(int)], legend, np.zeros(count, dtype=bool), ""
    if found.labels is not None and colour == "class":
        places, words = found.labels
        inks = class_inks(max(len(words), int(places.max()) + 1))
        return inks[places].astype(np.uint8), legend_of(words, inks), wrong, ""
    losses = answers.losses
    if colour != "class" and len(losses) == count and bool(np.isfinite(losses).any()):
        scale = np.log10(np.maximum(np.nan_to_num(losses, nan=np.nanmin(losses), posinf=np.nanmax(losses)), 1e-12))
        return *_shaded(scale), "Colour: the loss, dark where it is small."
    truth = answers.truth
    if answers.kind == "numbers" and answers.single and len(truth) == count and bool(np.isfinite(truth).all()):
        return *_shaded(truth), f"Colour: what is right, from {truth.min():.3g} (dark) to {truth.max():.3g} (bright)."
    return np.full((count, 3), GREY, np.uint8), (), np.zeros(count, dtype=bool), ""


def _shaded(
    values: np.ndarray,
) -> tuple[np.ndarray, tuple[tuple[str, tuple[int, int, int]], ...], np.ndarray]:
    low, high = float(values.min()), float(values.max())
    return coloured(values, low, high if high > low else low + 1, "viridis"), (), np.zeros(len(values), dtype=bool)


def _said(found: LayerValues) -> tuple[str, ...]:
    """What is known of each sample, in words."""
    answers = found.answers
    if answers.kind != "classes" or not answers.single or not answers.words:
        return ()
    words = answers.words

    def word(place: int) -> str:
        return words[place] if 0 <= place < len(words) else "no class"

    return tuple(
        word(right) if right == chosen else f"{word(right)}, taken for {word(chosen)}"
        for right, chosen in zip(answers.truth.astype(int).tolist(), answers.predicted.astype(int).tolist())
    )
