"""What a sweep says of how it ranks its variants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.training.sweeping.ranking_words import better_words, number_words, ranked_by
from app.training.sweeping.results import DIVERGED, DONE, VariantResult, ranked, result_name

NAN = float("nan")


def variant(number: int, state: str = DONE, **metrics: float) -> VariantResult:
    row = VariantResult(number, f"lr=0.{number}", {"lr": number}, "somewhere", state, metrics=metrics)
    return replace(row, metric=result_name(metrics))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([variant(1, val_loss=2.0)], "Ranked by validation loss, lower is better, because no metric is measured."),
        (
            [variant(1, train_loss=2.0, val_loss=1.0, val_accuracy=0.5)],
            "Ranked by validation accuracy, higher is better.",
        ),
        (
            [variant(1, val_loss=1.0, val_mae=0.5, val_r2=0.1)],
            "Ranked by validation mean absolute error, lower is better: of several metrics the first counts. Leave "
            "mean absolute error out to rank by R².",
        ),
        (
            [variant(1, train_loss=1.0, train_accuracy=0.5)],
            "Ranked by accuracy, higher is better, on the training data, because none is held out for validation.",
        ),
        (
            [variant(1, val_loss=1.0, val_auroc=NAN)],
            "Ranked by validation loss, lower is better, because AUROC cannot be told here.",
        ),
        (
            [variant(1, val_loss=1.0, val_f1=0.9), variant(2, val_loss=1.0, val_accuracy=0.1), variant(3, val_f1=0.2)],
            "Ranked by validation F1, higher is better. At the end stands what cannot be compared with the others: "
            "lr=0.2 is judged by validation accuracy.",
        ),
        ([variant(1, DIVERGED, val_loss=1.0), variant(2, val_loss=NAN)], ""),
        ([], ""),
    ],
)
def test_how_they_are_ranked_is_said(rows: list[VariantResult], said: str) -> None:
    """Fails if another number is named than the one that counts, the direction is wrong, or the reason is missing."""
    assert ranked_by(rows) == said


@pytest.mark.parametrize("metrics", [("accuracy", 0.2, 0.9), ("mae", 0.9, 0.2), ("loss", 3.0, 1.0)])
def test_the_direction_is_that_of_the_ranking(metrics: tuple[str, float, float]) -> None:
    """Fails if the words say that higher is better where the lowest is placed first."""
    name, worse, good = metrics
    rows = [variant(1, **{f"val_{name}": worse}), variant(2, **{f"val_{name}": good})]
    assert [row.number for row in ranked(rows)] == [2, 1]
    assert better_words(f"val_{name}") == ("higher" if good > worse else "lower")
    assert f"{number_words(f'val_{name}')}, {better_words(f'val_{name}')} is better" in ranked_by(rows)
