"""The command play, for a net that plays a board game."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli.main import run

Capture = pytest.CaptureFixture[str]


def test_a_match_is_told(capsys: Capture) -> None:
    """Fails if games are missing, the sums are not those of the games, or the same seed gives others."""
    line = ["play", "alphazero_tictactoe", "--episodes", "4", "--simulations", "2", "--seed", "3"]
    assert run([*line, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["results"]) == told["won"] + told["drawn"] + told["lost"] == 4
    assert told["results"].count(-1) == told["lost"]
    assert (told["against"], told["simulations"]) == ("perfect", 2)
    assert told["won"] == 0
    assert run([*line, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == told
    assert run([*line, "--against", "random"]) == 0
    said = capsys.readouterr().out
    assert said.count("game ") == 4
    assert "against a random player" in said


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["alphazero_tictactoe", "--against", "a friend"], "perfect"),
        (["alphazero_tictactoe", "--film", "a.gif"], "no film of a board game"),
        (["dqn_gridworld", "--against", "random"], "for a board game"),
        (["dqn_gridworld", "--simulations", "5"], "for a board game"),
    ],
)
def test_what_does_not_go_together_is_said(line: list[str], words: str, capsys: Capture, tmp_path: Path) -> None:
    """Fails if an option is passed over, or ends in a traceback."""
    assert run(["play", *[str(tmp_path / word) if word == "a.gif" else word for word in line]]) == 2
    assert words in capsys.readouterr().err
