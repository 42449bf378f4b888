"""A pole on a cart, to be held upright."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nodes.api import GAMES, Call, Field, Int, Schema, module, source

if TYPE_CHECKING:
    from numpy import ndarray

    from nodes.api.sources import Worth
    from nodes.modules.cart_pole import CartPole


def describe(*, most: int, games: int) -> Schema:
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


def game(*, most: int, games: int) -> Call:
    """One cart with a pole."""
    return module("modules.CartPole", **({"most": most} if most != 500 else {}))


def paint(game: CartPole, worth: Worth) -> ndarray:
    """The cart on its track, from the place where it may go no further to the left to that on the right."""
    import numpy
    from PIL import Image, ImageDraw

    scale, floor = 2, 190 * 2  # drawn twice as large, so that slanted lines become smooth
    picture = Image.new("RGB", (400 * scale, 240 * scale), (255, 255, 255))
    pen = ImageDraw.Draw(picture)
    place, _, angle, _ = game.state
    middle = (200 + 180 * place / game.most_place) * scale
    pen.line([(0, floor), (400 * scale, floor)], (150, 154, 162), 2 * scale)
    for end in (20 * scale, 380 * scale):
        pen.line([(end, floor - 8 * scale), (end, floor + 8 * scale)], (150, 154, 162), 2 * scale)
    top = floor - 40 * scale
    pen.rectangle([middle - 30 * scale, top, middle + 30 * scale, top + 28 * scale], (60, 66, 78))
    for wheel in (middle - 18 * scale, middle + 18 * scale):
        pen.ellipse([wheel - 8 * scale, floor - 14 * scale, wheel + 8 * scale, floor + 2 * scale], (28, 30, 36))
    tip = middle + 110 * scale * math.sin(angle), top - 110 * scale * math.cos(angle)
    pen.line([(middle, top), tip], (213, 94, 0), 8 * scale)
    pen.ellipse([middle - 5 * scale, top - 5 * scale, middle + 5 * scale, top + 5 * scale], (0, 114, 178))
    return numpy.asarray(picture.resize((400, 240), Image.Resampling.BOX))


CART_POLE = source(
    id="CartPole",
    name="Cart and pole",
    params=[
        Int("most", 500, low=1, high=1_000_000, label="longest game", card=True, help="Steps after which it is over."),
        GAMES,
    ],
    describe=describe,
    game=game,
    paint=paint,
    examples=[{"most": 200, "games": 2}],
    words=["game", "environment", "reinforcement", "gymnasium", "play", "dqn", "balance", "control"],
)
