"""The article before a size or a name is the one that people say."""

from __future__ import annotations

import re

import pytest

from nodes.api import Shape, ShapeError, article, sentence_case, with_article
from nodes.api.registry import find
from nodes.api.words import figure

WRONG = re.compile(r"\b[Aa] (8|11[^\d]|18[^\d])|\b[Aa]n [1-79](?!1|8)")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5×5 kernel", "a"),
        ("8×8 image", "an"),
        ("80×80 image", "an"),
        ("800 steps", "an"),
        ("11×11 kernel", "an"),
        ("18×18 image", "an"),
        ("110×110 image", "a"),
        ("118×3 image", "a"),
        ("180×3 image", "a"),
        ("11,000 steps", "an"),
        ("1,100 steps", "a"),
        ("18000 steps", "an"),
        ("28×28 image", "a"),
        ("Embedding", "an"),
        ("Input", "an"),
        ("Linear", "a"),
        ("LSTM", "an"),
        ("RNN", "an"),
        ("GRU", "a"),
        ("ReLU", "a"),
        ("unit", "a"),
        ("×", "a"),
        ("", "a"),
    ],
)
def test_article(text: str, wanted: str) -> None:
    """Fails if a sentence says "a 8×8 image" or "an 110×110 image"."""
    assert article(text) == wanted
    assert with_article(text) == f"{wanted} {text}"


@pytest.mark.parametrize("layer_id", ["Conv2d", "LocallyConnected2d", "SeparableConv2d", "MaxPool2d", "AvgPool2d"])
@pytest.mark.parametrize("side", [1, 5, 8, 11, 18, 28, 80, 110])
@pytest.mark.parametrize("kernel", [8, 11, 18, 80, 118])
def test_refusals_of_windows_speak_proper_english(layer_id: str, side: int, kernel: int) -> None:
    """Fails if a refusal puts the wrong article before the size of a kernel, a window or an image."""
    layer = find(layer_id)
    assert layer is not None
    try:
        layer.build({"x": [Shape((2, side, side))]}, layer.settings({"kernel_size": kernel}))
    except ShapeError as error:
        assert not WRONG.search(error.sentence), error.sentence
        assert error.sentence[0].isupper()
    else:
        assert kernel <= side


@pytest.mark.parametrize(
    ("text", "said"),
    [("mAP at 0.5", "mAP at 0.5"), ("accuracy", "Accuracy"), ("F1", "F1"), ("in all", "In all"), ("", "")],
)
def test_a_name_with_capitals_of_its_own_stays(text: str, said: str) -> None:
    """Fails if a curve of mAP is called MAP, or a sentence begins with a small letter."""
    assert sentence_case(text) == said


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (0.0, "0"), (-0.0004, "−0.0004"), (0.12345, "0.123"), (-0.0, "0"), (9.999, "10"), (999.7, "1,000"),
        (65470.7659, "65,500"), (-12_345.0, "−12,300"), (999_499.0, "999,000"), (1e6, "1e6"), (6964483584.0, "6.96e9"),
        (1.5e-7, "1.5e−7"), (float("nan"), "nan"), (float("inf"), "inf"),
    ],
)  # fmt: skip
def test_a_number_in_a_sentence_can_be_read(value: float, wanted: str) -> None:
    """Fails if a price is told as 6.55e+04, or nothing has a sign."""
    assert figure(value) == wanted
