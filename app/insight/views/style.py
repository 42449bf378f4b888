"""A picture painted in the style of another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from app.insight.view import Look, ViewStep, view
from nodes.api.params import File, Float, Int, Text

if TYPE_CHECKING:
    from app.core.compile.plan import Plan


def _fits(plan: Plan) -> int:
    from app.insight.fitting import has_source

    return 2 * (has_source(plan, "SquarePhotos") and not plan.losses)


@view(
    "Style",
    "Paints the chosen picture in the style of another one: the result grows beside both (Gatys et al. 2015).",
    File("style", "", help="The picture whose style is taken: a painting, a texture; empty: the last of the samples"),
    Float("strength", 5.0, help="How much the style counts beside the content", low=0.0, high=1000.0, step=0.5),
    Text("layers", "", label="style from", help="Layers that say what the style is; empty: one of each size", most=400),
    Text("keep", "", label="content from", help="The layer whose values stay; empty: one in the middle", most=100),
    Int("steps", 200, help="How often the picture is changed a little", low=1, high=100_000),
    Int("seed", 0, help="The same seed gives the same picture", low=0, high=2**31 - 1),
    Float("calm", 0.5, label="less grain", help="How much grain is held down (total variation)", low=0.0, high=100.0),
    Float("speed", 0.03, help="How much each step changes", low=0.001, high=1.0, step=0.01),
    about="net",
    sample=True,
    group="What it makes",
    fits=_fits,
)  # fmt: skip
def style(look: Look, **settings: object) -> Iterator[ViewStep]:
    """Content, style and what comes of both, at each step."""
    from app.insight.style_picture import styled

    yield from styled(look, settings)
