"""What the insight functions return: numbers as small maps, with the scale they are to be read on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from app.insight.arithmetic.cells import Cells
from app.insight.arithmetic.number import Number
from app.insight.numbers import NumberFormat

if TYPE_CHECKING:
    from app.data.sound import Sound
    from app.insight.plot import Plot

ColormapName = Literal["diverging", "viridis", "gray", "rgb"]


class NoPicture(ValueError):
    """There is nothing to show here. The message is a sentence that says why and what to do instead."""


@dataclass(frozen=True, eq=False)
class Tiles:
    """Maps that share one scale, and the words a reader needs.

    Attributes:
        maps: ``(n, h, w)`` float32, or ``(n, h, w, 3)`` in 0..1 for colour. Always finite.
        low, high: the values at the two ends of the scale, ``low < high``. For ``rgb``, what 0 and 1 stand for.
        colormap: ``diverging`` (blue, white at zero, red) for signed numbers such as weights, ``viridis`` for
            strengths, ``gray`` for pictures, ``rgb`` for maps that are colours already.
        labels: one word for each map; for bars one for each value. Empty where there is nothing to tell apart.
        columns: how many maps stand side by side, where the arrangement means something; None to choose freely.
        layout: ``bars`` draws a list of numbers (``maps`` is then ``(1, 1, n)``) as bars from zero; ``lines`` draws
            each row of the maps (``(n, 1, points)`` or ``(1, n, points)``) as a line, with its label in a legend; a
            value that is no number leaves a gap. ``points`` is a map of n places in a plane, ``(1, n, 2)``, each with
            its label; ``table`` a few numbers to be read, ``(1, rows, columns)``, with the words of the rows and then
            those of the columns as labels. ``plot`` draws ``plot``, with the map below it where it has a ground.
        brush: the first map is the sample, and what is painted on it is a setting of the view.
        square: of such a map, how many pixels each side of what can be painted has: 1, or that of a board's squares.
        at: of lines, where their points lie on the axis below: ``(points,)``; counted from 0 if not given.
        peaks: of lines, words that stand above a place: where on the axis below, the value, the word.
        strong: the numbers of points or lines that matter most.
        x_label, y_label: what the columns and rows are: of the arrangement if ``columns`` is given, else of each map.
        note: a sentence below the picture, such as why it is blank or what has been left out.
        whole: how many there are in all, where the maps are only the first of them: ``(n,)``, or with ``columns`` how
            many columns and rows.
        left_out: the sentence in ``note`` that says so; not to be said by somebody who says what fits into a panel.
        percent: the values are shares of 1, to be written as per cent.
        shares: of bars, what each value is as per cent, where that is another number; ``shares_from`` says how it was
            worked out.
        cells: where the numbers of the maps stand in the net, where that is known.
        number: the number whose arithmetic this is.
        sound: what can be heard of it.
        text: lines that tell what is seen, beside the picture; a view that has some can be saved as text.
        at_work: the node that the picture tells of, where it goes from one to the next.
        step: which of how many steps it shows, counted from 1, where it is one of a walk.
        reached: of a walk, the nodes whose values are known at this step, and those whose gradients are.
        source: the picture that was shown to the net, ``(h, w)`` or ``(h, w, 3)`` in 0..1, drawn beside the maps.
        learned: whether weights have a part in it; of what is only counted nobody says how far the net is trained.
    """

    maps: np.ndarray
    low: float
    high: float
    colormap: ColormapName
    title: str
    labels: tuple[str, ...] = ()
    columns: int | None = None
    layout: Literal["grid", "bars", "lines", "points", "table", "plot"] = "grid"
    x_label: str = ""
    y_label: str = ""
    note: str = ""
    whole: tuple[int, ...] = ()
    left_out: str = ""
    percent: bool = False
    shares: tuple[float, ...] = ()
    shares_from: str = ""
    source: np.ndarray | None = None
    source_label: str = "input"
    at: np.ndarray | None = None
    brush: bool = False
    square: int = 1
    peaks: tuple[tuple[float, float, str], ...] = ()
    strong: tuple[int, ...] = ()
    plot: Plot | None = None
    cells: Cells | None = None
    number: Number | None = None
    sound: Sound | None = None
    text: tuple[str, ...] = ()
    at_work: str = ""
    step: tuple[int, int] = (0, 0)
    reached: tuple[frozenset[str], frozenset[str]] | None = None
    learned: bool = True

    def __post_init__(self) -> None:
        if self.maps.ndim not in (3, 4) or not self.maps.size:
            raise ValueError(f"Tiles need maps (n, h, w) or (n, h, w, 3), not {self.maps.shape}.")
        if not self.low < self.high:
            raise ValueError(f"The scale must rise, but it goes from {self.low:g} to {self.high:g}.")

    @property
    def plotted(self) -> bool:
        """Whether it is drawn as points, lines or a table, which need no scale of colours."""
        return self.layout in ("points", "lines", "table")

    @property
    def count(self) -> int:
        """How many maps there are."""
        return int(self.maps.shape[0])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of each map."""
        return int(self.maps.shape[1]), int(self.maps.shape[2])


def held(tiles: Tiles, low: float, high: float) -> Tiles:
    """The same maps on a scale that was chosen before: values beyond it get the colour of its end, and ``note`` says so
    first. Pictures, whose scale is always the same, stay as they are.

    Raises:
        ValueError: if the scale does not rise.
    """
    if tiles.colormap == "rgb" and tiles.low == 0:
        return replace(tiles, note=f"Scale held. {tiles.note}".strip())
    maps = tiles.maps
    if tiles.colormap == "rgb":  # these are colours already: back to values, and to colours of the other scale
        maps = (tiles.low + maps * (tiles.high - tiles.low) - low) / (high - low)
        least, most = tiles.low, tiles.high
    else:
        least, most = float(maps.min()), float(maps.max())
    said = "Scale held."
    if least < low - 1e-6 * (high - low) or most > high + 1e-6 * (high - low):
        number = NumberFormat((low, high, least, most), percent=tiles.percent)
        said = f"Scale held; the values now reach from {number(least)} to {number(most)}."
    return replace(tiles, maps=maps, low=low, high=high, note=f"{said} {tiles.note}".strip())


def finite(values: np.ndarray, what: str) -> np.ndarray:
    """``values`` as float32.

    Raises:
        NoPicture: if some are not numbers, which happens after a training run that ran away.
    """
    result = np.asarray(values, np.float32)
    # The ends are no numbers if any value is none, and are found several times as fast as each value is asked.
    if result.size and not (np.isfinite(result.min()) and np.isfinite(result.max())):
        raise NoPicture(
            f"{what} contains values that are infinite or not numbers, so there is nothing to show. "
            "Training has run away: use a smaller learning rate and train again."
        )
    return result


def signed_scale(values: np.ndarray) -> tuple[float, float]:
    """The ends of a scale with zero in its middle; −1 to 1 if every value is zero."""
    reach = float(np.abs(values).max(initial=0.0))
    return (-reach, reach) if reach > 0 else (-1.0, 1.0)


def rising_scale(values: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest value; a scale around it where all values are equal.

    A scale that almost begins at zero begins there, because then its dark end means "nothing found".
    """
    low, high = float(values.min()), float(values.max())
    if 0 < low <= 0.1 * high:
        low = 0.0
    if high - low <= 1e-6 * max(abs(low), abs(high)):
        around = max(0.5, 0.5 * abs(low))
        return (0.0, 1.0) if low == 0 else (low - around, low + around)
    return low, high
