"""What a net with a CTC loss hears and spells: the spectrogram, and at each step how likely each letter is."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from app.insight.calls import first_with
from app.insight.capture import arguments, array, undisturbed, values_of
from app.insight.numbers import percent
from app.insight.tiles import NoPicture, Tiles, rising_scale
from app.insight.view import Look
from app.training.writing.spelling import Speller, likeliest, searched, speller_of
from app.training.writing.translating import edits
from nodes.api import NoData, cut

MOST_LETTERS = 40  # rows of the map
MOST_LINES = 12
LEAST = 0.05  # what a letter must reach somewhere to have a row
SPECTROGRAM = "LogMelSpectrogram"


def alignment_pictures(look: Look, beam: int) -> tuple[Tiles, ...]:
    """Pictures of the chosen sample: its spectrogram where the net makes or reads one, lines with the letters at their
    peaks, and a map of letters and steps.

    Raises:
        NoPicture: if the net has no CTC loss, or its answers are no numbers.
    """
    try:
        speller = speller_of(look.net.plan)
    except NoData as reason:
        raise NoPicture(str(reason)) from None
    given = arguments(look.net, look.model, look.batch)
    with undisturbed(look.model), torch.no_grad():
        told = look.net.outputs(look.model(*given))[speller.where.steps.key][0]
    scores = array(told, "What the net says").astype(np.float64)
    chances = np.exp(scores)
    greedy = likeliest(scores, speller.blank)
    title = f"It hears: {cut(speller.said(greedy.letters), 80) or 'nothing'}"
    heard = [*_spectrogram(look, given)]
    lines = _lines(speller, chances, greedy.letters, greedy.steps, title, _said(look, speller, scores, beam))
    return (*heard, lines, _map(speller, chances))


def _said(look: Look, speller: Speller, scores: np.ndarray, beam: int) -> str:
    """How that compares with what was said, and what a search finds."""
    greedy = likeliest(scores, speller.blank)
    best = searched(scores, speller.blank, beam)[0]
    other = "the same" if best.letters == greedy.letters else speller.said(best.letters) or "nothing"
    told = f"A beam of {beam} finds {other} (probability {percent(best.probability)}). "
    truth = look.batch.get(speller.where.letters.key)
    if truth is None:
        return told
    letters = tuple(number for number in truth[0].tolist() if number != speller.blank)
    wrong = edits(greedy.letters, letters)
    if not wrong:
        return f"That is what was said. {told}"
    return f"Said was: {speller.said(letters)}; {wrong} of {len(letters)} letters to be changed. {told}"


def _spectrogram(look: Look, given: tuple[Tensor, ...]) -> list[Tiles]:
    """What the net's own layer makes of the wave, low pitches at the bottom; of a net that reads spectrograms, that."""
    node = first_with(look.net.plan.graph, lambda text: SPECTROGRAM in text)
    if node is not None:
        value = array(values_of(look.net, look.model, given, [node])[node][0], node)[0]
        title = f"{node}: loudness of {len(value)} bands of pitches over {value.shape[1]} moments"
    else:
        entry = next((each for each in look.net.plan.inputs if each.shape.kind == "sequence"), None)
        if entry is None or entry.shape.sizes[0] == 1:
            return []
        value = array(look.batch[f"{entry.node}.{entry.port}"][0], entry.variable).T
        title = f"{entry.variable}: {len(value)} features over {value.shape[1]} steps"
    low, high = rising_scale(value)
    if node is not None:  # silence that is nothing at all would leave no colours for what is heard
        low = max(low, high - 14.0)
    shown = np.ascontiguousarray(np.maximum(value, low)[None, ::-1])
    return [Tiles(shown, low, high, "viridis", title, x_label="moment", y_label="band, the lowest below")]


def _lines(
    speller: Speller, chances: np.ndarray, letters: tuple[int, ...], steps: tuple[int, ...], title: str, note: str
) -> Tiles:
    rows = [speller.blank, *dict.fromkeys(letters)][:MOST_LINES]
    peaks = tuple(
        (float(step), float(chances[step, letter]), speller.shown(letter)) for step, letter in zip(steps, letters)
    )
    return Tiles(
        chances[:, rows].T[:, None].astype(np.float32), 0.0, 1.0, "viridis", title,
        tuple(speller.shown(row) for row in rows), layout="lines", x_label="step", y_label="probability",
        peaks=peaks, percent=True, note=f"{note}Nothing is the blank, which stands between letters and in silence.",
    )  # fmt: skip


def _map(speller: Speller, chances: np.ndarray) -> Tiles:
    """Letters that come up as rows, in their order, the blank first."""
    rows = [n for n in range(chances.shape[1]) if n == speller.blank or chances[:, n].max() >= LEAST]
    left_out = f" Shown are the first {MOST_LETTERS} of {len(rows)} letters." if len(rows) > MOST_LETTERS else ""
    rows = rows[:MOST_LETTERS]
    named = ", ".join(f"{place} {speller.shown(row)}" for place, row in enumerate(rows))
    return Tiles(
        chances[:, rows].T[None].astype(np.float32), 0.0, 1.0, "viridis",
        f"How likely each letter is at each of {len(chances)} steps", x_label="step", y_label="letter", percent=True,
        note=f"Rows: {named}.{left_out}",
    )  # fmt: skip
