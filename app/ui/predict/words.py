"""What a net says of a sample, in a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.numbers import percent
from app.ui.predict.bars import number_words, seen_word
from nodes.api import cut

if TYPE_CHECKING:
    from app.training.prediction import Prediction


def headline(prediction: Prediction) -> str:
    """The answer, without the name of the sample."""
    if prediction.trouble:
        return "cannot be read"
    if prediction.classes:
        word, share = prediction.classes[0]
        return f"{cut(seen_word(word), 40)}, {percent(share)}"
    if prediction.steps:
        return cut(" ".join(seen_word(word) for _, word, _ in prediction.steps), 200)
    return ", ".join(f"{name} {number_words(number)}" for name, number in prediction.numbers[:3])


def caption_words(caption: str) -> str:
    """How far the net is trained, as a sentence."""
    if caption.startswith(("trained", "not", "in")):
        return f"The network is {caption}."
    if caption.startswith("weights"):
        return f"The network has {caption}."
    return f"{caption}." if caption else ""
