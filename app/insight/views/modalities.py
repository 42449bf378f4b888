"""What each sense adds to the answers of a net that reads several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view

if TYPE_CHECKING:
    from app.core.compile.plan import Plan
    from app.insight.tiles import Tiles


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_call

    return 3 * has_call(plan, "ModalityDropout")


@view(
    "What each sense adds",
    "Of a net that joins several senses, such as a picture and a motion: how many answers are right with all of them, "
    "and with each alone, the others left out as by Modality dropout.",
    PART,
    about="net",
    group="Answers",
    fits=_fits,
)
def modalities(look: Look, part: str) -> tuple[Tiles, ...]:
    """Bars of the accuracies, and a table by class."""
    from app.insight.modalities_picture import modalities_tiles

    return modalities_tiles(look.subject, part)
