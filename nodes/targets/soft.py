"""A copy that follows slowly."""

from __future__ import annotations

from nodes.api import Call, Float, module, target


@target(
    id="soft",
    name="Soft copy",
    params=[
        Float(
            "tau",
            0.005,
            low=0.0,
            high=1.0,
            step=0.001,
            open_low=True,
            help="How far the copy goes towards the net with each batch: 0.01 is a hundredth of the way.",
        )
    ],
)
def soft(*, tau: float) -> Call:
    """A copy of the net says what the next state is worth. With each batch its weights go a small part of the way to
    those of the net (Lillicrap et al. 2015)."""
    return module("modules.SoftTarget", tau=tau)
