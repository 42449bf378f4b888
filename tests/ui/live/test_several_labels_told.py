"""The bars of Predict where several labels can be true at once."""

from __future__ import annotations

from typing import Any

from app.training.prediction import Prediction
from app.ui.predict.bars import Bars
from app.ui.predict.words import headline, show_answer

NAMES = ("label_a", "label_b", "label_c")


def told(qtbot: Any, several: bool, *shares: float) -> tuple[set[str], str]:
    """The labels whose bars stand out, and the headline."""
    classes = tuple(sorted(zip(NAMES, shares, strict=True), key=lambda each: -each[1]))
    prediction = Prediction("sample 1", classes=classes, several=several)
    bars = Bars()
    qtbot.addWidget(bars)
    show_answer(bars, prediction, NAMES)
    return {NAMES[at] for at in bars.strong}, headline(prediction)


def test_the_bars_that_stand_out_are_the_answer(qtbot: Any) -> None:
    """Fails if a label that the net does not give stands out because it is the likeliest, one of two that it gives
    does not, or the headline reads as if the sample had no labels."""
    assert told(qtbot, True, 0.455, 0.07, 0.08) == (set(), "none of the labels")
    assert told(qtbot, True, 0.6, 0.07, 0.9)[0] == {"label_a", "label_c"}
    assert told(qtbot, False, 0.455, 0.27, 0.275)[0] == {"label_a"}
