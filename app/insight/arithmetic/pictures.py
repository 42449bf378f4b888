"""The arithmetic of a number as pictures: what went in, what it was multiplied by, and the products."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from app.insight.arithmetic.cells import Cells
from app.insight.arithmetic.notation import short
from app.insight.arithmetic.number import Derivation, Number, NumberPlace, NumberTerm
from app.insight.tiles import Tiles, rising_scale, signed_scale

MOST_MAPS = 64
MOST_BARS = 64
MOST_NAMED = 16


def pictures(number: Number) -> tuple[Tiles, ...]:
    """The number's window with kernel and products, or its terms as bars. Each cell knows where its number stands."""
    made = number.made
    if not made.terms:
        return (_bars(number, "the number", [NumberTerm(number.value, number.place, number.place.name)], _value, True),)
    whats = [("what went in", _value)]
    if any(term.factor is not None for term in made.terms) and not _alike(made):
        whats += [("times the weights", _factor), ("products", _product)]
    if made.window is not None and made.window[1] * made.window[2] > 1:
        chosen, note = _maps(number)
        return tuple(_grid(number, title, chosen, what, note, what is _value) for title, what in whats)
    terms = sorted(range(len(made.terms)), key=lambda place: -abs(made.terms[place].product))[:MOST_BARS]
    kept = [made.terms[place] for place in sorted(terms)]
    return tuple(_bars(number, title, kept, what, what is _value) for title, what in whats)


def _alike(made: Derivation) -> bool:
    """Whether all terms have the same factor, as in a mean, which stands nowhere: bars of it would say nothing."""
    return len({term.factor for term in made.terms}) == 1 and all(term.factor_place is None for term in made.terms)


def _value(term: NumberTerm) -> tuple[float, NumberPlace | None]:
    return term.value, term.place


def _factor(term: NumberTerm) -> tuple[float, NumberPlace | None]:
    return (1.0 if term.factor is None else term.factor), term.factor_place


def _product(term: NumberTerm) -> tuple[float, NumberPlace | None]:
    return term.product, term.place


_What = Callable[[NumberTerm], tuple[float, NumberPlace | None]]


def _maps(number: Number) -> tuple[list[int], str]:
    """The maps of the window that are shown: all, or those whose products count most."""
    assert number.made.window is not None
    maps = number.made.window[0]
    if maps <= MOST_MAPS:
        return list(range(maps)), ""
    products = np.abs([term.product for term in number.made.terms]).reshape(maps, -1).sum(1)
    chosen = sorted(int(each) for each in np.argsort(-products)[:MOST_MAPS])
    return chosen, f"Shown are the {MOST_MAPS} of {maps} channels that count most."


def _grid(number: Number, title: str, chosen: Sequence[int], what: _What, note: str, first: bool) -> Tiles:
    made = number.made
    assert made.window is not None
    maps, height, width = made.window
    size = height * width
    terms = [term for each in chosen for term in made.terms[each * size : (each + 1) * size]]
    found = [what(term) for term in terms]
    values = _finite([value for value, _ in found]).reshape(len(chosen), height, width)
    signed = bool(values.min() < 0)
    low, high = signed_scale(values) if signed else rising_scale(values)
    labels = tuple(str(each) for each in chosen) if maps > 1 else ()
    return Tiles(
        values,
        low,
        high,
        "diverging" if signed else "viridis",
        title,
        labels,
        note=note if first else "",
        cells=Cells(listed=[place for _, place in found]),
        number=number if first else None,
    )


def _bars(number: Number, title: str, terms: Sequence[NumberTerm], what: _What, first: bool) -> Tiles:
    found = [what(term) for term in terms]
    values = _finite([value for value, _ in found])
    signed = bool(values.min() < 0)
    low, high = signed_scale(values) if signed else rising_scale(np.append(values, 0.0))
    left_out = ""
    if len(terms) < len(number.made.terms):
        left_out = f"Shown are the {len(terms)} of {len(number.made.terms):,} whose products count most."
    return Tiles(
        values.reshape(1, 1, -1),
        low,
        high,
        "diverging" if signed else "viridis",
        title,
        _names(terms) if len(terms) <= MOST_NAMED else _numbers(terms),
        layout="bars",
        note=left_out if first else "",
        cells=Cells(listed=[place for _, place in found]),
        number=number if first else None,
    )


def _names(terms: Sequence[NumberTerm]) -> tuple[str, ...]:
    """Where the terms stand: by index alone, where all stand in one value."""
    homes = {(term.place.node, term.place.what) for term in terms if term.place is not None}
    if len(homes) == 1 and len(terms) > 1:
        return _numbers(terms)
    return tuple(term.name or short(term.value) for term in terms)


def _numbers(terms: Sequence[NumberTerm]) -> tuple[str, ...]:
    """Their indices, without what all of them share."""
    indices = [term.place.index if term.place is not None else () for term in terms]
    depth = max((len(index) for index in indices), default=0)
    differ = [axis for axis in range(depth) if len({index[axis : axis + 1] for index in indices}) > 1]
    return tuple(
        ", ".join(str(index[axis]) for axis in differ if axis < len(index)) or str(place)
        for place, index in enumerate(indices)
    )


def _finite(values: Sequence[float]) -> np.ndarray:
    """For a picture: what is infinite or no number stands as 0, and the notation says what it is."""
    return np.nan_to_num(np.asarray(values, np.float32), nan=0.0, posinf=0.0, neginf=0.0)
