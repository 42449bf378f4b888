"""How narrow words can be written, and that they are whole in a picture on paper."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from app.insight import pictures, text
from app.insight.breaking import narrowest, unbroken
from app.insight.text import text_width, wrapped
from app.insight.tiles import Tiles


@pytest.mark.parametrize("lines", [1, 2, 3])
@pytest.mark.parametrize("word", ["a", "one two", "bicubic 22.5\u00a0dB, 0.734", "a long label that has six words", ""])
def test_the_least_width_is_that_of_the_best_places_to_break(word: str, lines: int) -> None:
    """Fails if a break is missed, so that columns are too wide, or a width is told that does not do."""
    parts = word.split(" ")
    widths = []
    for count in range(min(lines, len(parts))):
        for cuts in combinations(range(1, len(parts)), count):
            edges = [0, *cuts, len(parts)]
            widths.append(max(len(" ".join(parts[a:b])) for a, b in pairwise(edges)))
    assert narrowest([word], lines, len) == min(widths)


def test_a_space_that_does_not_break_holds_its_words_together() -> None:
    """Fails if a number stands at the end of a line and its unit at the beginning of the next one."""
    assert wrapped("  bicubic 22.5\u00a0dB, 0.734 ", 20, text_width("22.5 dB,", 20)) == [
        "bicubic",
        "22.5\u00a0dB,",
        "0.734",
    ]
    assert wrapped("", 20, 100) == []
    assert unbroken("turn left 26.0 % of 5 dB") == "turn left 26.0\u00a0% of 5\u00a0dB"
    assert narrowest(["turn left 26.0 %"], 3, len) == len("26.0 %")


@pytest.mark.parametrize("width", [640, 960, 1600])
@pytest.mark.parametrize("size", [8, 32, 64])
def test_words_below_maps_are_whole(width: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if what says which picture is which, and how good it is, ends with dots or is left out."""
    shown: list[str] = []
    draw = text.draw_text

    def noting(image: object, x: float, y: float, words: str, *more: object) -> None:
        shown.append(words)
        draw(image, x, y, words, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(pictures, "draw_text", noting)
    said = ("in", "bicubic 22.5\u00a0dB, 0.734", "answer 44.7\u00a0dB, 0.974", "truth", "difference")
    values = np.zeros((30, size, size, 3), np.float32)
    pictures.render(Tiles(values, 0.0, 1.0, "rgb", "copies", said * 6, columns=5), width=width)
    whole = " ".join(shown)
    assert whole.count("difference") == 6
    assert whole.count("0.734") == 6
    assert "..." not in whole
