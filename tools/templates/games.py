"""Nets that learn to play."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.core.graph.model import Project
from app.data.source_looks import looked_at
from tools.templates.sketch import COLUMN, End, Sketch

FIELDS = ("action", "reward", "next_state", "ended")


def _learned(sketch: Sketch, values: End, game: str, **settings: Any) -> None:
    """The loss of Q-learning behind what the net says each action is worth."""
    sketch.add("q_learning", "QLearningLoss", values, *(f"{game}.{name}" for name in FIELDS), **settings)


def dqn_cartpole() -> Project:
    """A pole on a cart, from four numbers."""
    sketch = Sketch()
    sketch.add("cartpole", "CartPole")
    x = sketch.add("relu1", "ReLU", sketch.add("fc1", "Linear", "cartpole.state", out_features=128))
    x = sketch.add("relu2", "ReLU", sketch.add("fc2", "Linear", x, out_features=128))
    q = sketch.add("q", "Linear", x, out_features=2)
    _learned(sketch, q, "cartpole", double=True)
    sketch.in_rows(4)
    return sketch.project(
        "Deep Q-learning: cart and pole",
        "Learns to keep a pole upright on a cart by playing (Mnih et al. 2015; double Q-learning, van Hasselt et "
        "al. 2016), and ends once the games of an epoch bring 490 of 500 steps on average. Of the seeds 0 to 2 two "
        "then hold it for 500 steps in each of 20 games, the first for 282 on average. Look inside, Play, shows "
        "the game with what each action is worth; netloom play RUN tells the reward of a game.",
        epochs=60,
        seed=1,
        lr=0.001,
        batch_size=64,
        schedule="cosine",
        stopping="reached",
        validation=0.0,
        metrics=("reward", "episode_length", "epsilon"),
        target="soft",
        own=(
            ("epsilon-greedy.end", 0.02),
            ("reached.goal", 490.0),
            ("reached.watch", "metric"),
            ("uniform.capacity", 50_000),
        ),
    )


def dqn_gridworld() -> Project:
    """A way through a made-up world of squares."""
    sketch = Sketch()
    sketch.add("grid", "GridWorld")
    x = sketch.add("flatten", "Flatten", "grid.state")
    x = sketch.add("relu1", "ReLU", sketch.add("fc1", "Linear", x, out_features=64))
    q = sketch.add("q", "Linear", x, out_features=4)
    _learned(sketch, q, "grid", gamma=0.95)
    sketch.in_rows(4)
    return sketch.project(
        "Deep Q-learning: grid world",
        "Finds the goal in a made-up world of squares with walls and a pit (Mnih et al. 2015). Look inside, Play, "
        "shows what each action is worth on every square as arrows.",
        epochs=15,
        lr=0.001,
        batch_size=32,
        validation=0.0,
        metrics=("reward", "episode_length", "epsilon"),
        own=(("hard.every", 200), ("uniform.every", 8)),
    )


def dqn_atari() -> Project:
    """The net of the paper, from four pictures to a value for each of the four actions of Breakout."""
    sketch = Sketch()
    sketch.add("atari", "Atari", game="breakout")
    x = sketch.add("conv1", "Conv2d", "atari.state", out_channels=32, kernel_size=(8, 8), stride=(4, 4), padding=(0, 0))
    x = sketch.add("relu1", "ReLU", x)
    x = sketch.add("conv2", "Conv2d", x, out_channels=64, kernel_size=(4, 4), stride=(2, 2), padding=(0, 0))
    x = sketch.add("relu2", "ReLU", x)
    x = sketch.add("conv3", "Conv2d", x, out_channels=64, kernel_size=(3, 3), stride=(1, 1), padding=(0, 0))
    x = sketch.add("flatten", "Flatten", sketch.add("relu3", "ReLU", x))
    x = sketch.add("relu4", "ReLU", sketch.add("fc1", "Linear", x, out_features=512))
    q = sketch.add("q", "Linear", x, out_features=4)
    _learned(sketch, q, "atari", clip=True)
    sketch.in_rows(5)
    project = sketch.project(
        "Deep Q-learning: Atari",
        "The net that learned to play 49 games (Mnih et al. 2015), here Breakout; ale-py brings it and others: pip "
        "install netloom[play]. Two cores play some ten thousand steps in five minutes, where the paper played fifty "
        "million, so it does not play well before it has trained for days.",
        epochs=5,
        lr=0.0001,
        batch_size=32,
        validation=0.0,
        metrics=("reward", "episode_length", "epsilon"),
        replay="frames",
        own=(
            ("epsilon-greedy.end", 0.1),
            ("epsilon-greedy.steps", 1_000_000),
            ("frames.capacity", 10_000),
            ("hard.every", 2_500),
        ),
    )
    return looked_at(project)


def alphazero_tictactoe() -> Project:
    """A policy and a value for every board, from one trunk."""
    sketch = Sketch()
    sketch.add("board", "BoardGame")
    x = sketch.add("conv1", "Conv2d", "board.state", out_channels=32, kernel_size=3, padding="same")
    x = sketch.add("conv2", "Conv2d", sketch.add("relu1", "ReLU", x), out_channels=32, kernel_size=3, padding="same")
    x = sketch.add("flatten", "Flatten", sketch.add("relu2", "ReLU", x))
    trunk = sketch.add("relu3", "ReLU", sketch.add("fc", "Linear", x, out_features=64))
    policy = sketch.add("policy", "Linear", trunk, out_features=9)
    value = sketch.add("value", "Tanh", sketch.add("score", "Linear", trunk, out_features=1))
    sketch.add("visited", "CrossEntropyLoss", policy, "board.visits")
    sketch.add("ended", "MSELoss", value, "board.outcome")
    rows = "board conv1 relu1 conv2 relu2", "flatten fc relu3 policy visited", "- - score value ended"
    for row, names in enumerate(rows):
        for column, name in enumerate(names.split()):
            if name != "-":
                sketch.nodes[name] = replace(sketch.nodes[name], position=(COLUMN * column, 220.0 * row))
    return sketch.project(
        "AlphaZero: tic-tac-toe",
        "Learns tic-tac-toe from games against itself alone: a net says which move looks good and how it will end, and "
        "a tree search in front of each move is what it learns from (Silver et al. 2017). Look inside, Against the "
        "net: play it, and see its search. With 128 looks ahead in front of each move three seeds drew 50 of 50 games "
        "against a perfect player; with 64 one of them lost 2, and untrained it loses 21. For Connect Four set 6 rows, "
        "7 columns, 4 in a row, falling, and the policy to 7 outputs; that takes far longer.",
        epochs=40,
        lr=0.002,
        batch_size=64,
        validation=0.0,
        metrics=("unbeaten", "draws", "episode_length"),
    )
