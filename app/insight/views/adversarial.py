"""A sample changed so little that an eye hardly sees it, and what the net says of it then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Choice, File, Float, Int

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
        slider=True,
    ),
    Choice(
        "method",
        "fgsm",
        help="fgsm: one step of the fast gradient sign method; pgd: projected gradient descent, many small steps; "
        "lbfgs: the smallest change that is found, whatever epsilon says; pixel: one pixel, or a few",
        options=("fgsm", "pgd", "lbfgs", "pixel"),
    ),
    Int(
        "channel", "answer", label="away from", help="The class that is made less likely, counted from 0",
        words=("answer",),
    ),
    Int(
        "target", "none", label="towards", help="The class that is made likely instead, counted from 0",
        words=("none",),
    ),
    Choice(
        "start", "sample", label="begin with", help="The sample, or noise that is to look like the class to go towards",
        options=("sample", "noise"),
    ),
    File("other", "", label="other run", help="A run that is shown the changed picture as well: is it fooled, too?"),
    about="net",
    sample=True,
    imports=("captum.robust",),
    group="Answers",
)  # fmt: skip
def adversarial(
    look: Look, epsilon: float, method: str, channel: int | str, target: int | str, start: str, other: str
) -> tuple[Tiles, ...]:
    """The pictures, then the classes before and after, then what another run says."""
    from app.insight.adversarial import attack, told_by
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
        start=start,  # type: ignore[arg-type]
        seconds=look.subject.seconds,
    )
    shown = made.tiles(look.classes), *made.bars(look.classes)
    return (*shown, told_by(look.net, made, other, look.classes)) if other else shown
