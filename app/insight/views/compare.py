"""Two samples, two epochs or two runs side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.insight.view import Look, view
from app.insight.views._moments import STEP, moment
from nodes.api.params import Choice, Int, Text

if TYPE_CHECKING:
    from app.insight.tiles import Tiles


@view(
    "Freeze and compare",
    "Two samples, two epochs or two runs side by side, with the difference in between.",
    Choice("what", "activations", options=("activations", "gradients", "filters"), help="What of the layer to compare"),
    Int(
        "other_sample",
        "auto",
        low=0,
        words=("auto", "same"),
        label="with sample",
        help="The other sample, by its number; auto: the next one, or the same where epochs or runs are compared",
    ),
    Int(
        "other_epoch",
        "same",
        low=0,
        words=("same",),
        label="with epoch",
        help="Another epoch of the run that was kept; 0 is the beginning",
    ),
    STEP,
    Text("other_run", label="with run", most=400, help="The folder of another run, or its name beside this one"),
    Text("layer", label="pinned layer", help="Stays with this layer, whichever is selected. Empty: the selected one"),
    Int("unit", "all", low=0, words=("all",), help="One channel alone, or all of them"),
    sample=True,
    group="Layers",
)
def compare(
    look: Look,
    what: str,
    other_sample: int | str,
    other_epoch: int | str,
    step: int | str,
    other_run: str,
    layer: str,
    unit: int | str,
) -> tuple[Tiles, ...]:
    """This one, the difference, and the other one."""
    from app.insight.compared import compared, other_look

    look = replace(look, node=layer.strip() or look.node)
    epoch = moment(other_epoch, step)
    sample = other_sample if isinstance(other_sample, int) else None
    if other_sample == "auto" and epoch is None and not other_run.strip():
        count = (look.others or look.subject.samples).count
        sample = look.sample + 1 if look.sample + 1 < count or not count else max(look.sample - 1, 0)
    other, here, there = other_look(look, sample, epoch, other_run.strip())
    return compared(look, other, what, unit if isinstance(unit, int) else None, here, there)
