"""netloom play: the rewards of games, against the game played by hand, and a film of them; and what cannot play."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from app.cli.main import run
from app.core.compile.net import compile_net
from app.core.storage.files import save_project
from app.training.checkpoints import load_run
from app.training.loop import train
from nodes.modules.cart_pole import CartPole
from nodes.reading import games
from tests.support.games import playing_net

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a net that has learned a little to balance."""
    project = playing_net()
    folder = tmp_path_factory.mktemp("cart") / "run"
    assert [*train(compile_net(project), replace(project.recipe, epochs=1), out=folder)]
    return folder


def told(capsys: Capture, *arguments: str) -> Any:
    assert run(["play", *arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_rewards_are_those_of_the_best_actions(trained: Path, capsys: Capture) -> None:
    """Fails if an action is not the one that the net thinks most of, a game begins otherwise than its seed says, or a
    reward is lost."""
    model = load_run(trained).model
    expected = []
    for seed in (7, 8, 9):
        game = CartPole()
        seen, reward, over = game.reset(seed=seed)[0], 0.0, False
        while not over:
            with torch.no_grad():
                left, right = model(torch.tensor(seen)[None])[0].tolist()
            seen, more, ended, cut, _ = game.step(int(right > left))
            reward, over = reward + more, ended or cut
        expected.append(reward)
    found = told(capsys, str(trained), "--episodes", "3", "--seed", "7")
    assert found["rewards"] == expected
    assert found["lengths"] == expected
    assert found["mean"] == pytest.approx(sum(expected) / 3)
    assert run(["play", str(trained), "--episodes", "3", "--seed", "7"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"game 1: reward {expected[0]:g}, {int(expected[0])} steps"
    assert lines[-1] == f"mean reward of 3 games: {sum(expected) / 3:g}"


def test_a_film_has_a_frame_for_each_step(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    """Fails if steps are missing, the film stands still, or its sentence spoils the JSON."""
    out = tmp_path / "game.gif"
    found = told(capsys, str(trained), "--episodes", "1", "--film", str(out))
    with Image.open(out) as film:
        durations = []
        for frame in range(film.n_frames):
            film.seek(frame)
            durations.append(film.info["duration"])
        assert sum(durations) == pytest.approx(40 * found["lengths"][0])  # GIF makes one frame of two that are alike
        assert film.n_frames > found["lengths"][0] / 2


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("lenet_digits",), 1, "plays no game"),
        (("nowhere",), 1, "There is no file nowhere"),
        (("dqn_gridworld", "--film", "game.png"), 2, ".gif or .mp4"),
        (("dqn_gridworld", "--episodes", "0"), 2, "--episodes must be at least 1"),
        (("dqn_gridworld", "--seed", "-1"), 2, "--seed must be at least 0"),
    ],
)
def test_what_cannot_be_played_is_said(arguments: tuple[str, ...], status: int, words: str, capsys: Capture) -> None:
    """Fails if a wrong word gives a traceback or a game."""
    assert run(["play", *arguments]) == status
    said = capsys.readouterr()
    assert words in said.err
    assert "Traceback" not in said.err
    assert not said.out


@pytest.mark.parametrize(
    ("source", "settings", "words"),
    [
        ("Gymnasium", {"id": "Cartpole-v1"}, "Did you mean CartPole-v1"),
        ("Gymnasium", {"id": "Pendulum-v1"}, "cannot be counted"),
        ("Gymnasium", {"id": "ALE/Pong-v5"}, "Use Atari game"),
        ("Gymnasium", {"id": "no such game"}, "Write an id such as Acrobot-v1"),
        ("Atari", {"game": "brekout"}, "Did you mean breakout"),
    ],
)
def test_games_that_there_are_not_are_answered_with_names_that_come_near(
    source: str, settings: dict[str, Any], words: str, tmp_path: Path, capsys: Capture
) -> None:
    """Fails if a wrong id ends in an error of gymnasium, or no name is offered."""
    pytest.importorskip("ale_py")
    pytest.importorskip("gymnasium")
    save_project(playing_net(source, 2, **settings), tmp_path / "net.netloom")
    assert run(["train", str(tmp_path / "net.netloom"), "--out", str(tmp_path / "run")]) == 1
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(("look", "package"), [(games.gymnasium_schema, "gymnasium"), (games.atari_schema, "ale_py")])
def test_a_package_that_is_not_installed_is_named(look: Any, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if a game without its package ends in an ImportError, or nobody says how to get it."""
    found = importlib.util.find_spec

    def without(name: str, *more: Any) -> Any:
        return None if name == package else found(name, *more)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(ValueError, match=r"not installed. Run: pip install netloom\[play\]"):
        look.__wrapped__("breakout")
