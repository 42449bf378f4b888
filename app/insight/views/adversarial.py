"""A sample changed so little that an eye hardly sees it, and what the net says of it then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, Float, Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Adversarial example",
    "A sample changed a little, so that the net says something else: before, the change, after, and the classes.",
    Float(
        "epsilon",
        0.1,
        help="How far a pixel may change, 1 from black to white",
        low=0.0,
        high=1.0,
        step=0.01,
        open_low=True,
    ),
    Choice(
        "method",
        "fgsm",
        help="fgsm: one step of the fast gradient sign method; pgd: projected gradient descent, many small steps",
        options=("fgsm", "pgd"),
    ),
    Int(
        "channel", "answer", label="away from", help="The class that is made less likely, counted from 0",
        words=("answer",),
    ),
    Int(
        "target", "none", label="towards", help="The class that is made likely instead, counted from 0",
        words=("none",),
    ),
    about="net",
    sample=True,
    imports=("captum.robust",),
)  # fmt: skip
def adversarial(look: Look, epsilon: float, method: str, channel: int | str, target: int | str) -> tuple[Tiles, ...]:
    """The pictures, then the classes before and after."""
    from app.insight.adversarial import attack
    from app.insight.anatomy import classes
    from app.insight.tiles import NoPicture

    scores = classes(look.net)
    if look.node and scores is not None and look.node != scores.node:
        raise NoPicture(f"Only class scores can be turned, and {look.node} does not give them. Use {scores.node}.")
    made = attack(
        look.net,
        look.model,
        look.batch,
        label=channel if isinstance(channel, int) else None,
        target=target if isinstance(target, int) else None,
        epsilon=epsilon,
        method=method,  # type: ignore[arg-type]
    )
    return made.tiles(look.classes), *made.bars(look.classes)
