"""A picture that grows until a layer answers to it most."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from app.insight.view import Look, ViewStep, view
from nodes.api.params import File, Int


@view(
    "Dream",
    "A picture that excites a layer, or one channel or class of it, more and more.",
    Int(
        "channel",
        "all",
        help="A channel, feature or class, counted from 0; all together if none is named",
        words=("all",),
    ),
    Int("steps", 128, help="How often the picture is changed a little", low=1, high=100_000),
    Int("seed", 0, help="The same seed gives the same dream", low=0, high=2**31 - 1),
    File("image", "", label="begin with", help="A picture to begin with; noise if there is none"),
)
def dream(look: Look, channel: int | str, steps: int, seed: int, image: str) -> Iterator[ViewStep]:
    """The picture at each step; the score is what the unit answers to it."""
    from app.insight.anatomy import classes
    from app.insight.dream import dream as climb
    from app.insight.images import load_for
    from app.insight.tiles import Tiles

    one = channel if isinstance(channel, int) else None
    scores, words = classes(look.net), look.classes
    of_class = scores is not None and scores.node == look.node and one is not None and one < len(words)
    what = f"class {words[one or 0]}" if of_class else f"channel {one}"
    unit = look.node if one is None else f"{look.node}, {what}"
    begun = Path(image).name if image else "noise"
    start = load_for(look.net, image) if image else None
    first: float | None = None
    for step in climb(look.net, look.model, look.node, one, start, steps=steps, seed=seed):
        first = step.score if first is None else first
        maps = step.image[None]
        note = f"Begun with {begun}. Score {first:.2f} at the start, {step.score:.2f} after {step.step} steps."
        colours = "rgb" if maps.ndim == 4 else "gray"
        tiles = Tiles(maps, 0.0, 1.0, colours, f"What excites {unit}", note=note)  # type: ignore[arg-type]
        yield ViewStep(step.step, step.steps, (tiles,), step.score)
