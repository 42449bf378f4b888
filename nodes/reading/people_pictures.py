"""Several pictures of each of some people, drawn with a seed. Printed into scripts, so it needs nothing of ours."""

from __future__ import annotations

from typing import Any


def people_pictures(people: int, each: int, side: int, noise: float, seed: int) -> tuple[Any, Any]:
    """``each`` pictures of ``people`` drawn people, in the order of the people: values from 0 to 1, (people · each, 3,
    side, side), and who it is, (people · each,). Head, hair, skin, eyes, brows, mouth, beard and glasses are those of a
    person; place, size, turn, light, background and a smile are others in each picture."""
    import numpy

    random = numpy.random.default_rng(seed)
    rows, columns = (numpy.mgrid[:side, :side] + 0.5) / side * 2 - 1
    pictures = numpy.empty((people * each, 3, side, side), "float32")
    for person in range(people):
        skin = numpy.array([0.95, 0.78, 0.66]) * random.uniform(0.45, 1.0) + random.uniform(-0.05, 0.05, 3)
        hair = numpy.array([0.8, 0.62, 0.45]) * random.uniform(0.1, 1.05) + random.uniform(0, 0.12, 3)
        iris, lips = random.uniform(0.05, 0.6, 3), numpy.array([random.uniform(0.45, 0.8), 0.25, 0.3])
        wide, high, line = random.uniform(0.44, 0.66), random.uniform(0.62, 0.82), random.uniform(-0.6, -0.2)
        long, apart, level = random.uniform(-0.1, 0.7), random.uniform(0.17, 0.3), random.uniform(-0.14, 0.04)
        eye, mouth, low = random.uniform(0.07, 0.13), random.uniform(0.12, 0.27), random.uniform(0.36, 0.5)
        nose, brow = random.uniform(0.02, 0.08), random.uniform(0.02, 0.05)
        beard, glasses = random.uniform() < 0.3, random.uniform() < 0.3
        for at in range(person * each, (person + 1) * each):
            turn, size = random.uniform(-0.15, 0.15), random.uniform(0.85, 1.1)
            y = (rows - random.uniform(-0.12, 0.12)) / size
            x = (columns - random.uniform(-0.15, 0.15)) / size
            x, y = x * numpy.cos(turn) - y * numpy.sin(turn), x * numpy.sin(turn) + y * numpy.cos(turn)
            drawn = numpy.empty((3, side, side))
            drawn[:] = random.uniform(0.1, 0.9, 3)[:, None, None]
            head = (x / wide) ** 2 + (y / high) ** 2 <= 1
            drawn[:, ((x / (wide + 0.13)) ** 2 + ((y + 0.08) / high) ** 2 <= 1) & (y < long)] = hair[:, None]
            drawn[:, head] = skin[:, None]
            drawn[:, head & (y < line)] = hair[:, None]
            if beard:
                drawn[:, head & (y > low - 0.12) & (abs(y - low) > 0.05)] = hair[:, None]
            for middle in (-apart, apart):
                away = (x - middle) ** 2 + ((y - level) * 1.3) ** 2
                drawn[:, away < eye**2] = 0.95
                drawn[:, away < (0.6 * eye) ** 2] = iris[:, None]
                drawn[:, (abs(y - level + 1.6 * eye) < brow) & (abs(x - middle) < 1.4 * eye)] = 0.7 * hair[:, None]
                if glasses:
                    drawn[:, abs(away**0.5 - 1.5 * eye) < 0.03] = 0.1
            drawn[:, (abs(x) < nose) & (y > level + 0.1) & (y < level + 0.28)] *= 0.8
            smile = random.uniform(-0.3, 0.8)
            drawn[:, (abs(y - low + smile * (x**2 - 0.02)) < 0.04) & (abs(x) < mouth)] = lips[:, None]
            drawn *= (1 + random.uniform(-0.25, 0.25) * x) * random.uniform(0.75, 1.15)
            pictures[at] = numpy.clip(drawn + noise * random.standard_normal(drawn.shape), 0, 1)
    return pictures, numpy.arange(people).repeat(each)
