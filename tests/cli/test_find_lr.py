"""The command find-lr."""

from __future__ import annotations

import json

import pytest

from app.cli.main import run

Capture = pytest.CaptureFixture[str]


def test_it_tells_curve_and_suggestion(capsys: Capture) -> None:
    """Fails if no rate is suggested, the points are not told, or the next step is not."""
    assert run(["find-lr", "mlp_digits"]) == 0
    text = capsys.readouterr().out
    assert "The loss falls fastest at a learning rate of about" in text
    assert "netloom train mlp_digits --lr" in text
    assert run(["find-lr", "mlp_digits", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert f"{told['lr']:g}" in text
    assert [each["lr"] for each in told["points"]] == sorted(each["lr"] for each in told["points"])


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        (["find-lr", "nothing_of_that_name"], 1, "no file"),
        (["find-lr", "mlp_digits", "--set", "lr=-1"], 2, "lr must be"),
        (["find-lr", "perceptron"], 1, "no loss"),
    ],
)
def test_what_cannot_be_searched_is_said(line: list[str], status: int, said: str, capsys: Capture) -> None:
    """Fails if a wrong line ends in a traceback, or in silence."""
    assert run(line) == status
    assert said in capsys.readouterr().err
