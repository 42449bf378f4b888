"""Drawings that learn to play, and a game whose course is written down."""

from __future__ import annotations

from typing import Any

from app.core.graph.model import Graph, Project, Wire
from app.core.graph.recipe import Recipe
from tests.support.drawings import chain, node

SHORT = Recipe(lr=0.003, epochs=2, batch_size=16, device="cpu").changed(
    {"uniform.warm_up": 40, "uniform.every": 8, "uniform.epoch": 160, "uniform.capacity": 200, "hard.every": 7}
)


def playing_net(source: str = "CartPole", actions: int = 2, *, double: bool = False, **settings: Any) -> Project:
    """A net with one hidden layer that learns to play by Q-learning."""
    graph = Graph.of(
        [
            node("game", source, **settings),
            node("flatten", "Flatten") if source != "CartPole" else node("flatten", "Identity"),
            node("fc1", "Linear", out_features=16),
            node("relu1", "ReLU"),
            node("q", "Linear", out_features=actions),
            node("td", "QLearningLoss", gamma=0.9, double=double),
        ],
        [
            *chain("game.state", "flatten", "fc1", "relu1", "q", "td.values"),
            *(Wire("game", port, "td", port) for port in ("action", "reward", "next_state", "ended")),
        ],
    )
    return Project("Plays", graph=graph, recipe=SHORT)


class Written:
    """A game that shows its number and its step, and ends as it is written: ``ends`` says after how many steps each
    game ends, ``cut`` whether it is cut short then."""

    actions = 2

    def __init__(self, ends: list[int], cut: bool = False) -> None:
        self.ends, self.cut = ends, cut
        self.number, self.steps = -1, 0

    def reset(self, seed: int | None = None) -> tuple[list[float], dict[str, Any]]:
        self.number, self.steps = self.number + 1, 0
        return [float(self.number), 0.0], {}

    def step(self, action: int) -> tuple[list[float], float, bool, bool, dict[str, Any]]:
        self.steps += 1
        over = self.steps >= self.ends[self.number % len(self.ends)]
        seen = [float(self.number), float(self.steps)]
        return seen, 10.0 * self.number + self.steps, over and not self.cut, over and self.cut, {}
