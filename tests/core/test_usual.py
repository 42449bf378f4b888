"""What usually comes next."""

from __future__ import annotations

import pytest

from app.core import suggestions
from nodes.api.registry import CATEGORIES, layers
from tools import suggestion_counts


def first(type_id: str, kind: str | None, count: int, scores: bool = False) -> list[str]:
    found = suggestions.after(type_id, kind, scores)
    return sorted(found, key=lambda other: -found[other])[:count]


def test_counts_are_those_of_the_templates() -> None:
    """Fails if templates have changed since: python -m tools.suggestion_counts writes the table anew."""
    assert suggestion_counts.TARGET.read_text(encoding="utf-8") == suggestion_counts.text()
    assert suggestions.counted() == suggestion_counts.count()


def test_every_name_of_the_tables_is_a_layer() -> None:
    """Fails if the table offers what does not exist, because a layer was renamed."""
    tables = (suggestions._AFTER_FAMILY, suggestions._AFTER_KIND, suggestions._CHANGING)
    named = {name for table in tables for words in table.values() for name in words.split()}
    named |= (
        {name for first, counts in suggestions.counted().items() for name in (first, *counts)}
        | {name for layer in layers().values() for name in layer.followed_by}
        | set(suggestions._SCORES.split())
    )
    assert named <= set(layers())
    assert set(suggestions._AFTER_FAMILY) <= set(CATEGORIES)
    assert set(suggestions._AFTER_FAMILY) == set(suggestions._FAMILY_WORDS)
    assert set(suggestions._AFTER_KIND) == set(suggestions._KIND_WORDS)


@pytest.mark.parametrize(
    ("type_id", "kind", "expected"),
    [
        ("Conv2d", "image", {"ReLU", "BatchNorm2d", "MaxPool2d"}),
        ("ReLU", "image", {"MaxPool2d", "Conv2d"}),
        ("Flatten", "vector", {"Linear"}),
        ("Embedding", "sequence", {"LSTM", "GRU", "PositionalEncoding"}),
        ("Digits", "image", {"Conv2d", "Flatten"}),
        ("Input", "tokens", {"Embedding", "OneHot"}),
        ("Linear", "vector", {"ReLU"}),
        ("block:any", "image", {"Conv2d"}),
    ],
)
def test_what_textbooks_do_comes_first(type_id: str, kind: str, expected: set[str]) -> None:
    """Fails if a student is offered something odd after a usual layer."""
    assert expected <= set(first(type_id, kind, len(expected) + 3))


def test_after_an_activation_come_pooling_convolution_linear_and_dropout() -> None:
    """Fails if one of the four ways on is missing among what is usual."""
    assert {"MaxPool2d", "Conv2d", "Linear", "Dropout"} <= set(first("ReLU", "image", 9))


def test_after_scores_for_each_class_comes_the_loss() -> None:
    """Fails if the last layer is followed by an activation that spoils the scores."""
    assert first("Linear", "vector", 3, scores=True) == ["CrossEntropyLoss", "Softmax", "Output"]
    assert first("Linear", "vector", 1) == ["ReLU"]


def test_before_is_the_other_way_round() -> None:
    """Fails if a wire pulled out of an input offers nothing that leads to it."""
    found = suggestions.before("Linear")
    assert {"Flatten", "ReLU", "Dropout"} <= set(found)
    assert max(suggestions.before("LSTM"), key=lambda name: suggestions.before("LSTM")[name]) in (
        "Embedding",
        "OneHot",
        "Input",
    )
    assert "CrossEntropyLoss" not in found


def test_reasons_are_words() -> None:
    """Fails if a reason names a category by its folder, or is empty."""
    assert suggestions.why("Conv2d", "image") == "usual after a convolution"
    assert suggestions.why("Digits", "image") == "usual for an image"
    assert suggestions.why("Flatten") == "usual after Flatten"
    assert suggestions.why("block:x") == "usual here"
