"""Which class is taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import PART, Look, view
from nodes.api.params import Choice

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Confusion matrix",
    "Which class is taken for which: a row for each right class, a column for each chosen one.",
    PART,
    Choice("numbers", "counts", options=("counts", "share"), help="How many, or which share of the row"),
    about="net",
    group="Answers",
)
def confusion(look: Look, part: str, numbers: str) -> Tiles:
    """One map of all classes."""
    from app.insight.judgement_pictures import confusion_map

    return confusion_map(look.subject, part, numbers == "share")
