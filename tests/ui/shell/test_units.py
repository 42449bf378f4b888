"""What the status bar calls that of which it tells the work."""

from __future__ import annotations

import pytest

from app.core.document import Document
from app.core.storage.templates import load
from app.ui.status import _unit_of


@pytest.mark.parametrize(
    ("template", "unit"),
    [
        ("lenet_digits", "image"),
        ("segment", "image"),
        ("colorize", "image"),
        ("dqn_gridworld", "step"),
        ("dqn_cartpole", "step"),
        ("alphazero_tictactoe", "step"),
        ("char_lstm", "sample"),
        ("caption", "sample"),
        ("forecast_lstm", "sample"),
    ],
)
def test_the_work_is_told_of_what_one_pass_answers(template: str, unit: str) -> None:
    """Fails if the work of a game or of a text is said to be that of an image."""
    assert _unit_of(Document(load(template)).report.main) == unit
