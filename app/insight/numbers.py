"""Numbers of one picture, all written in one way: with the same decimals, the same power of ten, or all as per cent."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil, floor, isfinite, log10

DIGITS = 3  # of the largest number in a picture


class NumberFormat:
    """How the numbers of one picture are written.

    Between a thousandth and a million they are plain, with as many decimals as the largest needs for three digits.
    Beyond, all have the same power of ten: ``0.21e−4`` beside ``1.50e−4``. ``step`` is how far marks lie apart that
    must be told from each other, ``reach`` the largest number beside them; ``percent`` says that 1 is 100 %, and
    ``digits`` how many the largest has.
    """

    def __init__(
        self,
        values: Iterable[float],
        *,
        step: float = 0.0,
        reach: float = 0.0,
        percent: bool = False,
        digits: int = DIGITS,
    ) -> None:
        factor = 100.0 if percent else 1.0
        given = [abs(value) * factor for value in values if isfinite(value)]
        reach, step = max([*given, abs(reach) * factor]), step * factor
        self._factor, self._unit = factor, " %" if percent else ""
        place = floor(log10(reach)) if reach > 0 else 0
        self._power = 0 if percent or -3 <= place < 6 else place
        shown = [value / 10.0**self._power for value in given]
        self._decimals = 1 if percent else max(0, digits - 1 - (place - self._power))
        if step > 0:
            self._decimals = max(self._decimals, ceil(-log10(step / 10.0**self._power)) + 1)
        # No zeros at the end that all of them have: 1, 2 and 3 need no decimals.
        while self._decimals and all(_superfluous(value, self._decimals, percent) for value in shown):
            self._decimals -= 1

    def __call__(self, value: float) -> str:
        """``value`` as the picture writes it."""
        return self._written(value, self._decimals)

    def exact(self, value: float) -> str:
        """The same with up to three digits of its own, where somebody asks for one value."""
        scaled = abs(value) * self._factor / 10.0**self._power
        decimals = self._decimals
        if isfinite(scaled) and scaled > 0:
            decimals = min(max(decimals, DIGITS - 1 - floor(log10(scaled))), 12)
        return self._written(value, decimals, short=True)

    def _written(self, value: float, decimals: int, short: bool = False) -> str:
        if not isfinite(value):
            return "not a number" if value != value else f"{'−' if value < 0 else ''}infinite"
        if value == 0:
            return f"0{self._unit}"
        if self._unit and 0 < value < 1:
            least = 10.0**-decimals
            if 100 * value < least / 2:
                return f"<{least:.{decimals}f} %"
            if 100 * value >= 100 - least / 2:
                return f">{100 - least:.{decimals}f} %"
        text = f"{value * self._factor / 10.0**self._power:.{decimals}f}"
        if short and "." in text:
            text = text.rstrip("0").rstrip(".")
        if not text.strip("-0."):
            text = text.lstrip("-")
        ending = f"e{self._power}" if self._power else ""
        return f"{text}{ending}{self._unit}".replace("-", "−")


def _superfluous(value: float, decimals: int, exactly: bool) -> bool:
    """Whether the last of so many decimals is 0; ``exactly``, and not because it was rounded."""
    text = f"{value:.{decimals}f}"
    return text.endswith("0") and not (exactly and abs(float(text) - value) > 1e-9)


def percent(share: float) -> str:
    """A share of 1 as per cent. What is nearly nothing or nearly everything is not rounded to nothing or everything:
    100 % would claim more than was computed."""
    if 0.9995 <= share < 1:
        return "over 99.9 %"
    if 0 < share < 0.0005:
        return "below 0.1 %"
    return f"{100 * share:.1f} %"
