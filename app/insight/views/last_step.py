"""What the last step of the training did to the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.insight.view import Look, view

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Last step of the training",
    "Old weight, gradient, learning rate and new weight of the step that was taken last.",
    about="net",
    several=True,
    group="How it learns",
)
def last_step(look: Look) -> tuple[Tiles, ...]:
    """One weight of each tensor: that with the largest gradient. While nothing trains, a step on some samples that the
    training does not see."""
    from app.insight.last_step_pictures import pictures, steps_of
    from app.insight.updates import next_step

    updates = look.subject.updates
    last = updates.followed.last if updates is not None else None
    if updates is not None:
        updates.followed.wanted = True
    if last is not None:
        return pictures(steps_of(last), f"Step {last.number:,} of the training")
    fields = look.subject.samples.several()
    count = len(next(iter(fields.values()))) if fields else 0
    return pictures(
        next_step(look.net, look.model, fields), f"What a step on {count} samples would do. Step (F7) shows a real one"
    )
