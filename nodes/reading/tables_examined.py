"""What is known of a column of a table, and what is asked about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from nodes.api.schema import Guess
from nodes.api.words import quoted
from nodes.reading.tables_dates import EARLIER_KINDS, NUMBERED
from nodes.reading.tables_units import WITHOUT

KINDS = (
    "number", "category", "ordered category", "text", "date", "date, month first", WITHOUT, *EARLIER_KINDS.values(),
)  # fmt: skip
ROLES = ("feature", "target", "ignore", "group", "text", "image path", "part")
MOST_WORDS = 50  # of a category among the features; each is a column of its own
# Each turns the cells of a number into what can be read, step after step: a pattern and what stands in its place.
PLAIN: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class ExaminedColumn:
    """One column. ``name`` is what it is called; ``kind`` one of KINDS, ``role`` one of ROLES.

    ``typed`` says that the file itself gives numbers. ``steps`` make its cells readable as numbers, ``format`` reads
    its dates. ``words`` are those of a category in their order, ``counts`` how often each stands there; ``merged`` are
    other spellings of them. ``missing`` counts the cells without a value. ``mean`` is that of its numbers, None where
    there are none; ``digits`` says that each is written in digits alone. ``fill`` is what a missing number becomes,
    None where its row is left out, and ``marked`` whether another feature says that it was missing. A ``label``
    is a target that is 0 or 1, beside others.
    """

    name: str
    kind: str
    role: str = "feature"
    typed: bool = False
    steps: tuple[tuple[str, str], ...] = PLAIN
    format: str = ""
    words: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    merged: Mapping[str, str] = field(default_factory=dict, hash=False)
    missing: int = 0
    distinct: int = 0
    mean: float | None = None
    digits: bool = False
    fill: float | None = 0.0
    marked: bool = False
    label: bool = False
    remarks: tuple[str, ...] = ()
    asks: tuple[Guess, ...] = ()


_READ = {
    "number": "as a number",
    "category": "as a category",
    "ordered category": "as an ordered category",
    "text": "as text, so it is left out",
    "date": "with the day first",
    "date, month first": "with the month first",
    WITHOUT: "as a missing value",
}
_AND_IS_READ = " and is read "


def _how_read(kind: str, format: str) -> str:
    return "as a date" if kind == "date" and format in NUMBERED else _READ[kind]


def asked_again(column: ExaminedColumn, told: str, asks: Sequence[Guess]) -> tuple[Guess, ...]:
    """The questions about the kind of a column, of which one was answered: it can be answered otherwise."""
    made = []
    for ask in asks:
        value = f"{column.name}={told}"
        if ask.setting == "kinds" and any(value == each for _, each in ask.choices):
            why = ask.sentence.partition(_AND_IS_READ)[0]
            made.append(replace(ask, sentence=f"{why}{_AND_IS_READ}{_how_read(told, column.format)}.", chosen=value))
    return tuple(made)


def ask(column: ExaminedColumn, why: str, kinds: Sequence[str]) -> ExaminedColumn:
    """A column about whose kind the student is asked, and why. What is chosen is ``kinds`` of the settings."""
    choices = tuple(("left out, as text" if kind == "text" else kind, f"{column.name}={kind}") for kind in kinds)
    said = f"{why}{_AND_IS_READ}{_how_read(column.kind, column.format)}."
    return replace(column, asks=(Guess("kinds", said, choices, f"{column.name}={column.kind}"),))


def as_code(column: ExaminedColumn, said: str) -> ExaminedColumn:
    few = column.distinct <= MOST_WORDS
    made = replace(column, role="feature" if few else "ignore")
    does = "read as a category" if few else f"left out, because it has {column.distinct:,} different ones"
    choices = (
        ("a category", f"{column.name}=feature"),
        ("left out", f"{column.name}=ignore"),
    )
    guess = Guess("roles", f"{said}; {does}.", choices, f"{column.name}={made.role}")
    return replace(made, asks=(guess,))


def left_out(column: ExaminedColumn, said: str) -> ExaminedColumn:
    choices = (
        ("left out", f"{column.name}=ignore"),
        ("a feature", f"{column.name}=feature"),
        ("a group", f"{column.name}=group"),
    )
    guess = Guess("roles", f"{said}.", choices, f"{column.name}=ignore")
    return replace(column, role="ignore", asks=(guess,))


def names_again(column: ExaminedColumn, rows: int) -> ExaminedColumn:
    """A column of numbers that name something several times, such as a customer: larger ones are not more."""
    choices = (
        ("a feature", f"{column.name}=feature"),
        ("a group", f"{column.name}=group"),
        ("left out", f"{column.name}=ignore"),
    )
    said = (
        f"{quoted(column.name, 40)} is called as numbers are that name something, {column.distinct:,} in {rows:,} rows"
    )
    guess = Guess("roles", f"{said}; it is a feature, a number.", choices, choices[0][1])
    return replace(column, asks=(guess,))
