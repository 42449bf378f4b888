"""What a net makes behind a sound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Float, Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import token_inputs

    return 2 * any(each.port == "sound" for each in token_inputs(plan))


@view(
    "Continued sound",
    "What the net makes behind the end of a sample, value by value, to be played or saved as WAV.",
    Int("length", 600, low=10, high=100_000, help="How many values it makes; fewer while a training waits"),
    Float("temperature", 0.3, low=0.0, high=5.0, step=0.1, help="0 takes the likeliest value, 1 draws as learned"),
    Int("seed", 0, low=0, high=2**31 - 1, help="The same number makes the same sound"),
    about="net",
    sample=True,
    group="What it makes",
    fits=_fits,
)
def continued(look: Look, length: int, temperature: float, seed: int) -> tuple[Tiles, ...]:
    """A line behind the sample, and the spectrogram of both."""
    from app.insight.sound_pictures import continued_pictures

    return continued_pictures(look, length, temperature, seed)
