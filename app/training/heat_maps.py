"""Heat maps: one for each point that a net looks for in a picture, highest where it is."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from app.core.compile.plan import Ref
from app.training.net_inputs import NetInputs

PEAKED = 0.1  # most dots of a heat map are lower than this share of its peak
MOST_MAPS = 64


def peaks(maps: np.ndarray) -> np.ndarray:
    """Where heat maps (n, points, height, width) are highest, (n, points, 2) from the left and the top, the middle of
    the first dot at 0.5: the centre of mass of the highest dot and its neighbours, values below 0 as 0."""
    count, points, rows, columns = maps.shape
    flat = maps.reshape(count * points, rows, columns).astype(np.float64)
    row, column = np.unravel_index(flat.reshape(len(flat), -1).argmax(1), (rows, columns))
    around = np.pad(flat.clip(0), ((0, 0), (1, 1), (1, 1)))
    each, steps = np.arange(len(flat))[:, None, None], np.arange(3)
    near = around[each, row[:, None, None] + steps[:, None], column[:, None, None] + steps]
    mass = near.sum((1, 2))
    safe = np.where(mass > 0, mass, 1)
    x = column + 0.5 + (near.sum(1) * (steps - 1)).sum(1) / safe
    y = row + 0.5 + (near.sum(2) * (steps - 1)).sum(1) / safe
    return np.stack([x, y], -1).reshape(count, points, 2)


def point_names(reads: NetInputs, answers: Tensor) -> tuple[str, ...]:
    """What the points are called whose heat maps are the answers (n, points, height, width) of a net; none where these
    are something else, such as pictures."""
    plan = reads.plan
    if not reads.pictures or answers.dim() != 4 or answers.shape[1] > MOST_MAPS:
        return ()
    for loss in plan.losses:
        answer, truth = loss.operands.get("prediction"), loss.operands.get("target")
        if answer is None or truth is None or answer.key != plan.outputs[0].key:
            continue
        origin = plan.origin(Ref(truth.node, truth.port))
        given = reads.own.fields.get(truth.port) if truth.node == reads.own.node else None
        if given is None or origin.port in reads.fields or given.dtype != "float":
            continue
        if tuple(given.sizes) == tuple(answers.shape[1:]):
            told = reads.trained.settled.get("points", ()) if reads.trained is not None else ()
            count = given.sizes[0]
            if len(told) == count:
                return tuple(told)
            return tuple(f"point {each}" for each in range(1, count + 1)) if _peaked(answers) else ()
    return ()


def _peaked(answers: Tensor) -> bool:
    """Whether most maps are low at most places."""
    flat = answers.flatten(2)
    low = (flat <= PEAKED * flat.amax(2, keepdim=True)).double().mean(2)
    return bool((low > 0.5).double().mean() > 0.5)
