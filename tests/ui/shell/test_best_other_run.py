"""What the strip over the canvas says of the other runs: the best of them by the metric that they are told in."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from app.core.graph.model import Project
from app.training.outcome import outcome
from app.ui.training import runs_desk


def run_of(**metrics: float) -> Any:
    """A run whose last epoch gave these numbers."""
    epoch = SimpleNamespace(epoch=1, val_loss=0.5, metrics={"val_loss": 0.5, **metrics})
    about = SimpleNamespace(files=(), ending="done", process=None, best=1, of=lambda path: True)
    return SimpleNamespace(epochs=[epoch], epoch=1, about=about, when=datetime(2026, 1, 2, 3, 4))


@pytest.mark.parametrize(
    ("own", "others", "best"),
    [
        ({"val_cer": 0.3}, [{"val_cer": 0.4}, {"val_cer": 0.02}], 1),  # less is better
        ({"val_cer": 0.3}, [{"val_cer": 0.4}], None),
        ({"val_accuracy": 0.5}, [{"val_accuracy": 0.4}, {"val_accuracy": 0.9}], 1),
        ({"val_accuracy": 0.5}, [{"val_cer": 0.01}, {}], None),  # told in something else
        ({}, [{}, {}], None),
    ],
)
def test_the_best_other_run_is_told_by_its_metric(
    own: dict[str, float], others: list[dict[str, float]], best: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a metric with a name of several words is a mistake of the program, the worst is called the best, or
    numbers of different metrics are compared."""
    monkeypatch.setattr(runs_desk, "in_short", lambda past, project: "in short")
    runs = [run_of(**each) for each in others]
    before: Any = SimpleNamespace(past=run_of(**own), others=runs, changed=(), moves={}, project=Project())
    told = runs_desk.sentence(before, None)
    assert f"There are {len(runs)} other runs" in told or "There is 1 other run" in told
    assert (f", the best {outcome(runs[best])}." in told) if best is not None else "the best" not in told
