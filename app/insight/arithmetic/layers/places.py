"""Where something lies in an image, and what is read there."""

from __future__ import annotations

from functools import cached_property
from math import exp
from typing import Any

import numpy as np

from app.insight.arithmetic.layer_call import LayerCall, Stages
from app.insight.arithmetic.notation import bracketed, short
from app.insight.arithmetic.number import Derivation
from app.insight.arithmetic.operations import LinearStage, SoftmaxStage, Worked
from app.insight.arithmetic.registry import arithmetic
from app.insight.arithmetic.stage import Index, Stage, swapped

LEAST = 1e-6  # what a centre of mass is divided by at least
NARROWEST = 0.5  # the least deviation of a filter, in pixels


class _Total(Stage):
    """The sum of each channel, (channels)."""

    def __init__(self, x: Stage) -> None:
        self._x = x

    @cached_property
    def values(self) -> np.ndarray:
        return np.maximum(self._x.values.sum((1, 2)), LEAST)

    def made(self, index: Index) -> Derivation:
        (channel,) = index
        _, height, width = self._x.shape
        terms = tuple(self._x.term((channel, row, column)) for row in range(height) for column in range(width))
        result = max(sum(term.value for term in terms), LEAST)
        if result == LEAST:
            return Derivation(
                "function", f"All values of the channel, added up; at least {short(LEAST)}.", result, terms
            )
        return Derivation("sum", "All values of the channel, added up.", result, terms, window=(1, height, width))


class _Centre(Stage):
    """x and y of each channel's centre, from −1 to 1: (2 · channels)."""

    def __init__(self, x: Stage, total: Stage, values: np.ndarray) -> None:
        self._x, self._total, self._values = x, total, values

    @cached_property
    def values(self) -> np.ndarray:
        return self._values

    def made(self, index: Index) -> Derivation:
        channel, axis = divmod(index[0], 2)
        _, height, width = self._x.shape
        side = height if axis else width
        places = [(at + 0.5) * 2 / side - 1 for at in range(side)]
        terms = tuple(
            self._x.term((channel, row, column), places[row if axis else column])
            for row in range(height)
            for column in range(width)
        )
        total = self._total.term((channel,))
        share = 1 / total.value
        what = "row, from −1 at the top" if axis else "column, from −1 at the left"
        rule = f"Each value times where it stands ({what} to 1), added up, and divided by {total.name} = "
        result = share * sum(term.product for term in terms)
        return Derivation("sum", f"{rule}{short(total.value)}.", result, terms, share=share, window=(1, height, width))


@arithmetic("CentreOfMass")
def centre_of_mass(at: LayerCall) -> Stages:
    """The mean of all places, each with the value that stands there."""
    total = _Total(at.x).named(at.node, "total")
    return {"output": _Centre(at.x, total, at.output["output"]), "total": total}


def _filters(at: LayerCall, where: Stage, reach: Stage, axis: int, side: int, size: int, name: str) -> Stages:
    """The Gaussian filters along one axis: where their middles lie, how far each pixel is from them, and the shares
    that come of it."""

    def apart(reach: float) -> float:
        return reach / size

    middle = Worked(
        (size,),
        lambda index: (where.term((axis,)), reach.term(())),
        "Where the filter has its middle, in pixels: the middle of the window, and the step from filter to filter.",
        lambda index, middle, reach: (middle + 1) / 2 * side + (index[0] - (size - 1) / 2) * apart(reach),
        lambda index, middle, reach: (
            f"({short(middle)} + 1) / 2 × {side} + {bracketed(index[0] - (size - 1) / 2)} × {short(apart(reach))}"
        ),
    ).named(at.node, f"middle of the {name}")

    def far(index: Index, middle: float, reach: float) -> float:
        return -0.5 * ((index[1] + 0.5 - middle) / max(apart(reach) / 2, NARROWEST)) ** 2

    exponent = Worked(
        (size, side),
        lambda index: (middle.term((index[0],)), reach.term(())),
        "The exponent of the bell curve: how far the pixel is from the middle of the filter, in deviations, squared.",
        far,
        lambda index, middle, reach: (
            f"−½ × (({short(index[1] + 0.5)} − {bracketed(middle)}) / {short(max(apart(reach) / 2, NARROWEST))})²"
        ),
    ).named(at.node, f"exponent of the {name}")
    shares = SoftmaxStage(exponent).named(at.node, f"filter of the {name}")
    return {f"middle of the {name}": middle, f"exponent of the {name}": exponent, f"filter of the {name}": shares}


@arithmetic("Glimpse")
def glimpse(at: LayerCall) -> Stages:
    """Rows · image · columnsᵀ, where rows and columns are bell curves around the place that is told."""
    module: Any = at.module
    x, where = at.arrived["x"][0], at.arrived["where"][0]
    _, height, width = x.shape
    size, share, longer = int(module.size), float(module.share), max(height, width)
    reach = Worked(
        (),
        lambda index: (where.term((2,)),),
        "How wide the window is, in pixels: its share of the longer side, times e to the power of the third number.",
        lambda index, z: share * longer * exp(z),
        lambda index, z: f"{short(share)} × {longer} × exp({short(z)})",
    ).named(at.node, "width of the window")
    rows = _filters(at, where, reach, 1, height, size, "rows")
    columns = _filters(at, where, reach, 0, width, size, "columns")
    rule = "Each value of the column times the share that the filter of this row has of its pixel, added up."
    down = LinearStage(swapped(x, 1, 2), rows["filter of the rows"], rule=rule)
    read = swapped(down, 1, 2).named(at.node, "rows read")
    rule = "Each value that the row read times the share that the filter of this column has of its pixel, added up."
    output = LinearStage(read, columns["filter of the columns"], rule=rule)

    def of(index: Index) -> Any:
        return (where.term((index[0],)),) if index[0] < 2 else (reach.term(()),)

    def window(index: Index, value: float) -> float:
        return (value + 1) / 2 if index[0] < 2 else value / (width if index[0] == 2 else height)

    def said(index: Index, value: float) -> str:
        if index[0] < 2:
            return f"({short(value)} + 1) / 2"
        return f"{short(value)} / {width if index[0] == 2 else height}"

    told = Worked((4,), of, "Middle, width and height of the window as shares of the image.", window, said)
    inner = {"rows read": read, "width of the window": reach, **rows, **columns}
    return {"output": output, "window": told, **inner}
