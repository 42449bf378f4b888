"""Arithmetic as lines of mathematical notation with numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import isinf, isnan

from app.insight.arithmetic.number import Derivation, Number, NumberTerm

MOST = 12  # terms that are written out; of more, the first and the last ones
DIGITS = 4


def short(value: float) -> str:
    """A number with four digits: ``0.7311``, ``−0.0021``, ``1.2e−5``."""
    if isnan(value):
        return "not a number"
    if isinf(value):
        return "−∞" if value < 0 else "∞"
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 1e6 or size < 1e-4:
        mantissa, _, power = f"{value:.{DIGITS - 1}g}".partition("e")
        return f"{mantissa}e{int(power)}".replace("-", "−") if power else mantissa.replace("-", "−")
    if size == int(size):
        return f"{value:.0f}".replace("-", "−")
    text = f"{value:.{DIGITS}g}" if size < 1 else f"{value:.{max(0, DIGITS - len(str(int(size))))}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.replace("-", "−")


def lines(number: Number, most: int | None = MOST) -> list[str]:
    """What made a number, a line each; ``most`` terms of a sum are written out, None for all of them."""
    made = number.made
    found = [f"{number.place.name} = {short(number.value)}", made.rule]
    if made.how == "sum" and made.terms:
        found += _sum(made, most)
    elif made.how == "product":
        found.append(f"{' × '.join(bracketed(term.value) for term in made.terms)} = {short(made.result)}")
        found += _listed(made, most)
    elif made.how == "largest":
        every = [short(term.value) for term in made.terms]
        shown = every if most is None or len(every) <= most else [*every[:most], "…"]
        found.append(f"max({', '.join(shown)}) = {short(made.result)}")
    elif made.how == "moved":
        pass
    elif made.how == "function" and not made.lines and made.terms:
        found.append(f"f({short(made.terms[0].value)}) = {short(made.result)}")
    found += made.lines
    if most is None and made.how in ("function", "largest", "moved"):
        found += [f"  {line}" for line in _listed(made, most)]
    return found


def _sum(made: Derivation, most: int | None) -> Iterator[str]:
    total = sum(term.product for term in made.terms) + sum(term.value for term in made.more)
    factors = {term.factor for term in made.terms}
    share = next(iter(factors))
    alike = len(factors) == 1 and share is not None and all(term.factor_place is None for term in made.terms)
    if alike and len(made.terms) > 1 and not made.more:
        plain = replace(made, terms=tuple(replace(term, factor=None) for term in made.terms))
        yield f"{bracketed(share or 0.0)} × ({' + '.join(_parts(plain, most))}) = {short(total)}"
    elif most is None and len(made.terms) > MOST:
        yield from _each(made)
        yield f"= {short(total)}"
    else:
        yield f"{' + '.join(_parts(made, most))} = {short(total)}"
    if made.share != 1:
        yield f"{bracketed(total)} × {short(made.share)} = {short(made.result)}"


def _parts(made: Derivation, most: int | None) -> Iterator[str]:
    """The terms that count most, in their order, and what the others come to."""
    for term in made.more:
        yield bracketed(term.value)
    terms = made.terms
    if most is None or len(terms) <= most:
        yield from (_written(term) for term in terms)
        return
    chosen = set(sorted(range(len(terms)), key=lambda place: -abs(terms[place].product))[: most - 2])
    yield from (_written(terms[place]) for place in sorted(chosen))
    rest = [term.product for place, term in enumerate(terms) if place not in chosen]
    yield f"… ({len(rest):,} more: {short(sum(rest))})"


def _each(made: Derivation) -> Iterator[str]:
    """A line for each term of a long sum, with the places where its numbers stand."""
    for term in made.more:
        yield f"  {short(term.value)}   {term.name}"
    for term in made.terms:
        weight = f"{term.factor_place.name} × " if term.factor_place is not None else ""
        yield f"+ {_written(term)} = {short(term.product)}   {weight}{term.name or 'a number that stands nowhere'}"


def _listed(made: Derivation, most: int | None) -> Iterator[str]:
    for term in made.terms[:most]:
        if term.name:
            yield f"{term.name} = {short(term.value)}"


def _written(term: NumberTerm) -> str:
    if term.factor is None:
        return bracketed(term.value)
    return f"{bracketed(term.factor)} × {bracketed(term.value)}"


def bracketed(value: float) -> str:
    """A number as it stands between signs: a negative one in brackets."""
    return f"({short(value)})" if value < 0 else short(value)
