"""A pole on a cart, to be held upright."""

from __future__ import annotations

from nodes.api import GAMES, Call, Field, Int, Schema, module, source


def describe(*, most: int, games: int, epoch: int) -> Schema:
    """A pole stands on a cart that is pushed to the left or to the right (Barto, Sutton and Anderson 1983). Each step
    in which it stands gives 1; a game ends when it falls, when the cart leaves its track, or after 500 steps. It is
    CartPole-v1 of gymnasium and needs no package. Place and speed of the cart, angle and angular speed of the pole are
    seen. What a net learns from, it plays itself."""
    seen = ("place", "speed", "angle", "angular speed")
    return Schema(
        {
            "state": Field((4,), names=seen),
            "action": Field((), "int", ("left", "right")),
            "reward": Field(()),
            "next_state": Field((4,), names=seen),
            "ended": Field(()),
        },
        noun=("step", "steps"),
    )


def game(*, most: int, games: int, epoch: int) -> Call:
    """One cart with a pole."""
    return module("modules.CartPole", **({"most": most} if most != 500 else {}))


CART_POLE = source(
    id="CartPole",
    name="Cart and pole",
    params=[
        Int("most", 500, low=1, high=1_000_000, label="longest game", card=True, help="Steps after which it is over."),
        *GAMES,
    ],
    describe=describe,
    game=game,
    examples=[{"most": 200, "games": 2}],
    words=["game", "environment", "reinforcement", "gymnasium", "play", "dqn", "balance", "control"],
)
