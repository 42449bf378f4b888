"""What pieces of the sample add to an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._asking import CHANNEL, RANDOM, explained_by
from nodes.api.params import Int

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "LIME",
    "A simple model of the net around this sample: how much each piece of the picture adds to the answer.",
    CHANNEL,
    Int("pieces", 40, help="About how many pieces the picture is cut into", low=2, high=2000),
    Int("samples", 300, help="How many pictures with covered pieces are tried", low=10, high=100_000),
    Int("seed", 0, help="The same seed covers the same pieces", low=0, high=2**31 - 1),
    RANDOM,
    about="scores",
    sample=True,
    imports=("captum.attr",),
    group="Where it looks",
)
def lime(look: Look, channel: int | str, pieces: int, samples: int, seed: int, random: int) -> Tiles:
    """One map in the size of the sample."""
    from app.insight.attribution import asked
    from app.insight.where.lime import lime as fitted

    explained = explained_by(look, channel, look.node)
    return asked(explained, "lime", lambda each: fitted(each, pieces, samples, seed), random=random)
