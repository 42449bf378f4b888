"""The last step of a training as a table: old weight, gradient, learning rate, new weight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from app.insight.tiles import NoPicture, Tiles, signed_scale
from app.insight.updates import WeightStep, update_lines
from app.training.last_step import LastStep

MOST_ROWS = 8  # tensors, those with the largest gradients


def pictures(steps: Iterable[WeightStep], title: str) -> tuple[Tiles, ...]:
    """Of each of the tensors with the largest gradients the weight that has it, and in words what became of it.

    Raises:
        NoPicture: if there are none.
    """
    steps = sorted(steps, key=lambda step: -float(np.abs(step.gradient).max()))
    if not steps:
        raise NoPicture("No weight of this network is trained, so no step changes anything.")
    shown = steps[:MOST_ROWS]
    rows, names = [], []
    for step in shown:
        at = tuple(int(each) for each in np.unravel_index(int(np.abs(step.gradient).argmax()), step.gradient.shape))
        rows.append([float(step.old[at]), float(step.gradient[at]), step.rate, float(step.new[at])])
        names.append(f"{step.name}{list(at)}" if at else step.name)
    table = np.asarray(rows, np.float32).T
    low, high = signed_scale(table)
    left_out = f"Shown are {len(shown)} of {len(steps)} weights." if len(shown) < len(steps) else ""
    text = [line for step in shown for line in update_lines(step)]
    tiles = Tiles(
        table[None],
        low,
        high,
        "diverging",
        title,
        ("old weight", "gradient", "learning rate", "new weight", *names),
        layout="table",
        note=left_out,
        text=tuple(text),
    )
    return (tiles,)


def steps_of(last: LastStep) -> Iterator[WeightStep]:
    """The weights of a step that was taken down."""
    for name, gradient in last.gradients.items():
        if name in last.rates:
            old, new = (each[name].double().cpu().numpy() for each in (last.old, last.new))
            made = gradient.double().cpu().numpy()
            yield WeightStep(name, old, made, last.rates[name], new, last.optimizers[name])
