"""Where a gradient vanishes on its way back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.core.compile.planned import PlannedGraph
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    return 2 * (_saturating(plan.graph) >= 5)


def _saturating(graph: PlannedGraph) -> int:
    """How many layers that saturate stand one after the other; side by side none is in the way of another."""
    depths: dict[str, int] = {}
    for step in graph.steps:
        before = max((depths.get(ref.node, 0) for refs in step.inputs.values() for ref in refs), default=0)
        own = step.call is not None and step.call.constructor in ("nn.Sigmoid", "nn.Tanh")
        depths[step.name] = before + (step.repeat * _saturating(step.inner) if step.inner is not None else own)
    return max(depths.values(), default=0)


@view(
    "Gradient from layer to layer",
    "How much of the gradient of each loss reaches the first layer: where it vanishes, and where it explodes.",
    Int(
        "starts",
        "now",
        help="The weights as they are now, or the mean over so many fresh random starts",
        words=("now",),
        low=1,
        high=100,
    ),
    about="net",
    several=True,
    group="How it learns",
    fits=_fits,
)
def gradient_flow(look: Look, starts: int | str) -> tuple[Tiles, ...]:
    """Bars, one for each loss, and a map of losses and layers."""
    from app.insight.gradient_flow import flow_tiles, flows, spread_words

    fresh = isinstance(starts, int)
    models = [look.net.model(seed) for seed in range(starts)] if isinstance(starts, int) else [look.model]
    found = flows(look.net, models, look.subject.samples.several())
    return flow_tiles(found, spread_words(found) if fresh else "With the weights as they are now.")
