"""A copy that stands still for a while."""

from __future__ import annotations

from nodes.api import Call, Int, module, target


@target(
    id="hard",
    name="Hard copy",
    params=[
        Int(
            "every",
            500,
            low=1,
            high=10_000_000,
            label="copied every",
            help="Batches after which the weights are copied again.",
        )
    ],
)
def hard(*, every: int) -> Call:
    """A copy of the net says what the next state is worth. Its weights stand still and are copied again after so many
    batches, so that what is learned from does not move with every step (Mnih et al. 2015)."""
    return module("modules.HardTarget", every=every)
