"""Faces of an age, drawn with a seed. Printed into scripts, so it needs nothing of ours."""

from __future__ import annotations

from typing import Any


def face_pictures(count: int, side: int, noise: float, seed: int) -> tuple[Any, Any]:
    """``count`` drawn faces: values from 0 to 1, (count, 3, side, side), and their ages in years from 1 to 90, (count,
    1). With age a face grows longer and its eyes smaller, hair turns grey and recedes, wrinkles and spots come; how
    early, differs from face to face. Place, size, skin, hair, light and background say nothing about the age."""
    import numpy

    random = numpy.random.default_rng(seed)
    rows, columns = (numpy.mgrid[:side, :side] + 0.5) / side * 2 - 1
    pictures = numpy.empty((count, 3, side, side), "float32")
    ages = random.uniform(1, 90, count)
    for picture, age in enumerate(ages):
        grown = min(age / 20, 1.0)
        y = (rows - random.uniform(-0.08, 0.08)) / random.uniform(0.9, 1.05)
        x = (columns - random.uniform(-0.12, 0.12)) / random.uniform(0.9, 1.05)
        drawn = numpy.empty((3, side, side))
        drawn[:] = random.uniform(0.1, 0.9, 3)[:, None, None]
        skin = numpy.array([0.95, 0.78, 0.66]) * random.uniform(0.45, 1.0) + random.uniform(-0.03, 0.03, 3)
        grey = 1 / (1 + numpy.exp(-(age - random.normal(52, 5)) / 6))
        hair = random.choice([[0.12, 0.09, 0.07], [0.4, 0.25, 0.12], [0.8, 0.62, 0.3], [0.5, 0.2, 0.1]])
        hair = (1 - grey) * numpy.array(hair) + grey * 0.82
        wide, high = 0.6 - 0.06 * grown, 0.6 + 0.16 * grown
        head = (x / wide) ** 2 + (y / high) ** 2 <= 1
        around = (x / (wide + 0.12)) ** 2 + ((y + 0.1) / high) ** 2 <= 1
        line = -0.28 * high - 0.007 * max(age - random.normal(35, 5), 0.0)  # recedes
        drawn[:, around & (y < 0.1)] = hair[:, None]
        drawn[:, head] = skin[:, None]
        drawn[:, head & (y < line - 0.12 * numpy.cos(3 * x))] = hair[:, None]
        shade = numpy.zeros((side, side))
        for at in range(int(max(0, numpy.round((age - random.normal(22, 4)) / 11)))):  # wrinkles
            deep = 0.08 + 0.16 * max(age - 30, 0) / 60
            if at % 3 == 0:
                shade[head & (abs(y - (line + 0.1 + 0.07 * (at // 3))) < 0.024) & (abs(x) < 0.3)] += deep
            elif at % 3 == 1:
                shade[(abs(y - 0.16 - 0.05 * (at // 3)) < 0.024) & (abs(abs(x) - 0.25) < 0.13)] += deep
            else:
                shade[(abs(abs(x) - 0.2 - 0.3 * (y - 0.2)) < 0.03 + 0.01 * (at // 3)) & (y > 0.2) & (y < 0.5)] += deep
        for _ in range(int(random.poisson(max(age - 50, 0) / 8))):
            spot_y, spot_x = random.uniform(-0.3, 0.5), random.uniform(-0.4, 0.4)
            shade[(y - spot_y) ** 2 + (x - spot_x) ** 2 < 0.04**2] += 0.18
        eye = 0.15 - 0.06 * grown
        for middle in (-0.24, 0.24):
            apart = (x - middle) ** 2 + ((y - 0.08 + 0.12 * grown) * 1.2) ** 2
            drawn[:, apart < eye**2] = 0.95
            drawn[:, apart < (0.6 * eye) ** 2] = random.uniform(0.05, 0.35, 3)[:, None]
        drawn[:, (abs(x) < 0.035) & (y > 0.05) & (y < 0.22)] *= 0.85
        mouth = (abs(y - 0.42 * high / 0.7 - random.uniform(-0.2, 0.4) * x * x) < 0.035) & (abs(x) < 0.2)
        drawn[:, mouth] = numpy.array([0.62, 0.22, 0.22])[:, None]
        drawn *= (1 - shade.clip(0, 0.7)) * (1 + random.uniform(-0.15, 0.15) * x) * random.uniform(0.8, 1.1)
        pictures[picture] = numpy.clip(drawn + noise * random.standard_normal(drawn.shape), 0, 1)
    return pictures, ages.astype("float32")[:, None]
