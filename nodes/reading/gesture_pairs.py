"""Gestures as a picture of the hand and its motion, drawn with a seed. Printed into scripts, so it needs nothing of
ours."""

from __future__ import annotations

from typing import Any


def gesture_pairs(count: int, side: int, steps: int, missing: float, noise: float, seed: int) -> tuple[Any, Any, Any]:
    """``count`` gestures: a picture of the hand with values from 0 to 1, (count, 1, side, side); how it moves, three
    accelerations at each step, (count, steps, 3); and which of nine gestures it is, (count,): three hands (open,
    finger, fist) times three motions (push, wave, circle). In a share ``missing`` of them one of both sensors fails, at
    random: it gives zeros."""
    import numpy

    random = numpy.random.default_rng(seed)
    rows, columns = (numpy.mgrid[:side, :side] + 0.5) / side * 2 - 1
    time = numpy.arange(steps) / steps
    pictures = numpy.zeros((count, 1, side, side), "float32")
    motions = numpy.zeros((count, steps, 3), "float32")
    labels = random.integers(9, size=count)
    for at, label in enumerate(labels):
        hand, motion = divmod(int(label), 3)
        fails = random.uniform() < missing
        blind = fails and random.uniform() < 0.5
        if not blind:
            turn, size = random.uniform(-0.5, 0.5), random.uniform(0.8, 1.15)
            y, x = (rows - random.uniform(0, 0.35)) / size, (columns - random.uniform(-0.2, 0.2)) / size
            x, y = x * numpy.cos(turn) - y * numpy.sin(turn), x * numpy.sin(turn) + y * numpy.cos(turn)
            inside = x**2 + y**2 < 0.36**2
            for angle in {0: (-1.2, -0.45, -0.1, 0.25, 0.6), 1: (-0.1,), 2: (-1.2,)}[hand]:
                along = x * numpy.sin(angle) - y * numpy.cos(angle)
                across = x * numpy.cos(angle) + y * numpy.sin(angle)
                inside |= (abs(across) < 0.09) & (along > 0) & (along < (0.5 if angle == -1.2 else 0.85))
            light = random.uniform(0.5, 1)
            drawn = random.uniform(0, 0.35) + inside * (light - 0.3) + noise * random.standard_normal(inside.shape)
            pictures[at, 0] = numpy.clip(drawn, 0, 1)
        if not (fails and not blind):
            often, start, far = random.uniform(1.5, 3), random.uniform(0, 2 * numpy.pi), random.uniform(0.6, 1.4)
            turns = 2 * numpy.pi * often * time + start
            moved = numpy.zeros((steps, 3))
            if motion == 0:
                middle, width = random.uniform(0.3, 0.7), random.uniform(0.07, 0.13)
                near = (time - middle) / width
                moved[:, 2] = -1.6 * near * numpy.exp(-(near**2) / 2)
            else:
                moved[:, 0] = numpy.sin(turns)
                moved[:, 1] = random.choice([-1, 1]) * numpy.cos(turns) if motion == 2 else 0.2 * numpy.sin(2 * turns)
            lean = random.normal(0, 0.3, 3) + numpy.outer(time, random.normal(0, 0.3, 3))
            motions[at] = far * moved + lean + 4 * noise * random.standard_normal((steps, 3))
    return pictures, motions, labels.astype("int64")
