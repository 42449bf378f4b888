"""Backpropagation, one step at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int, Switch

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    return 2 * (not plan.inputs and bool(plan.outputs))


@view(
    "Backpropagation step by step",
    "One sample on its way through the network: values forward, gradients back, and what the optimizer makes of them.",
    Int("step", "all", low=1, high=100_000, words=("all",), help="Which step of the walk, from 1; all shows its end"),
    Switch("inside", False, label="inside blocks", help="Whether the walk goes through the layers inside blocks, too"),
    about="net",
    sample=True,
    group="How it learns",
    fits=_fits,
)
def backpropagation(look: Look, step: int | str, inside: bool) -> tuple[Tiles, ...]:
    """The numbers that are known at this step, by node, and what happens in words."""
    from app.insight.backpropagation_pictures import pictures
    from app.insight.walk_course import course

    made = course(look.net, look.model, look.batch, blocks=inside, progress=look.subject.progress)
    return pictures(made, step if isinstance(step, int) else None)
