"""The words of a note, without the canvas around them."""

from __future__ import annotations

import pytest

from app.ui.canvas.frames.words import NoteText


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("# Why **two** convolutions? See [LeNet](https://example.org)\n\nmore", "Why two convolutions? See LeNet"),
        ("\n\n- `relu` first\n- then pool", "relu first"),
        ("![a cat](cat.png) here", "[picture: a cat] here"),
        ("plain", "plain"),
    ],
)
def test_a_note_seen_from_afar_shows_words(text: str, first: str) -> None:
    """Fails if marks of Markdown stand in the one line that a small note shows."""
    assert NoteText(text, 200.0).first_line() == first
