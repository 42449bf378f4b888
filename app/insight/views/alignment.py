"""Which step of a sound a net takes for which letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_loss

    return 3 * has_loss(plan, "CTCLoss")


@view(
    "Alignment",
    "What a net with a CTC loss hears and spells: the spectrogram, how likely each letter is at each step, and the "
    "letters at their peaks.",
    Int("beam", 8, low=1, high=100, help="How many texts the search for the likeliest keeps at each step"),
    about="net",
    sample=True,
    group="Answers",
    fits=_fits,
)
def alignment(look: Look, beam: int) -> tuple[Tiles, ...]:
    """The spectrogram, the probabilities over time with the letters, and all of them as a map."""
    from app.insight.alignment import alignment_pictures

    return alignment_pictures(look, beam)
