"""Truth tables: the smallest data there is, chosen or typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nodes.api import Choice, Field, NoData, Schema, Script, Text, cut, quoted, source

if TYPE_CHECKING:
    from torch import Tensor

TABLES = {
    "AND": "0 0 -> 0; 0 1 -> 0; 1 0 -> 0; 1 1 -> 1",
    "OR": "0 0 -> 0; 0 1 -> 1; 1 0 -> 1; 1 1 -> 1",
    "XOR": "0 0 -> 0; 0 1 -> 1; 1 0 -> 1; 1 1 -> 0",
    "NAND": "0 0 -> 1; 0 1 -> 1; 1 0 -> 1; 1 1 -> 0",
    # Good weather, a friend who comes along, a stop nearby: whoever likes the music goes if two of three are true.
    "concert": "0 0 0 -> 0; 0 0 1 -> 0; 0 1 0 -> 0; 0 1 1 -> 1; 1 0 0 -> 0; 1 0 1 -> 1; 1 1 0 -> 1; 1 1 1 -> 1",
}
OWN = "own rows"
MOST_ROWS = 4096


def describe(*, table: str, rows: str) -> Schema:
    """A truth table: each row says what comes out for what goes in. AND and OR need one neuron, XOR a hidden layer;
    concert asks whether to go: good weather, a friend who comes along, a stop nearby. Own rows are typed."""
    entering, leaving = _rows(table, rows)
    words = _words(leaving)
    counts = [0] * len(words)
    for row in leaving:
        counts[words.index(_word(row))] += 1
    remarks = []
    seen: dict[tuple[float, ...], tuple[float, ...]] = {}
    for inputs, outputs in zip(entering, leaving):
        if seen.setdefault(inputs, outputs) != outputs:
            remarks.append(f"{_word(inputs)} stands there with two answers, so no net can learn both.")
    return Schema(
        {
            "input": Field((len(entering[0]),)),
            "output": Field((len(leaving[0]),)),
            "label": Field((), "int", words, tuple(counts)),
        },
        samples=len(entering),
        noun=("row", "rows"),
        complete=True,
        remarks=tuple(remarks[:5]),
    )


def load(*, table: str, rows: str) -> dict[str, Tensor]:
    """What goes in (n, inputs), what comes out (n, outputs), and which of the different answers that is (n,)."""
    import torch

    entering, leaving = _rows(table, rows)
    words = _words(leaving)
    return {
        "input": torch.tensor(entering),
        "output": torch.tensor(leaving),
        "label": torch.tensor([words.index(_word(row)) for row in leaving]),
    }


def script(*, table: str, rows: str) -> Script:
    """The rows as they stand."""
    entering, leaving = _rows(table, rows)
    words = _words(leaving)
    labels = [words.index(_word(row)) for row in leaving]
    return Script(
        lines=(
            f"entering = torch.tensor({[list(row) for row in entering]})",
            f"leaving = torch.tensor({[list(row) for row in leaving]})",
        ),
        fields={"input": "entering", "output": "leaving", "label": f"torch.tensor({labels})"},
    )


def _rows(table: str, rows: str) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """What goes in and what comes out, row by row.

    Raises:
        NoData: if a row cannot be read, with its number and an example.
    """
    entering, leaving = [], []
    # Lines are what a student thinks of; the field has one, so a semicolon ends a row.
    texts = [text.strip() for text in (rows if table == OWN else TABLES[table]).split(";")]
    texts = [text for text in texts if text]
    if not texts:
        raise NoData("No row is typed yet. Type rows such as 0 1 -> 1, with semicolons between them.")
    if len(texts) > MOST_ROWS:
        raise NoData(f"There are {len(texts):,} rows; at most {MOST_ROWS:,} can be typed. Use a table in a file.")
    for number, text in enumerate(texts, start=1):
        before, arrow, after = text.replace("→", "->").partition("->")
        if not arrow:
            raise NoData(f"Row {number} has no arrow: {quoted(text, 30)}. Write it such as 0 1 -> 1.")
        entering.append(_numbers(before, number))
        leaving.append(_numbers(after, number))
        for side, found in (("before", entering), ("behind", leaving)):
            if len(found[-1]) != len(found[0]):
                raise NoData(
                    f"Row {number} has {len(found[-1])} numbers {side} its arrow, and row 1 has {len(found[0])}. "
                    "All rows need equally many."
                )
    return entering, leaving


def _numbers(text: str, row: int) -> tuple[float, ...]:
    words = {"true": "1", "false": "0", "yes": "1", "no": "0"}
    found = []
    for part in text.replace(",", " ").split():
        try:
            value = float(words.get(part.lower(), part))
        except ValueError:
            raise NoData(f"Row {row} has {quoted(cut(part, 30), 30)}, which is no number. Write 0, 1 or 0.5.") from None
        if not abs(value) < 1e30:
            raise NoData(f"Row {row} has {quoted(part, 30)}, too large to calculate with. Write 0, 1 or 0.5.")
        found.append(value)
    if not found:
        raise NoData(f"Row {row} has no number on one side of its arrow. Write it such as 0 1 -> 1.")
    return tuple(found)


def _word(row: tuple[float, ...]) -> str:
    return " ".join(f"{value:g}" for value in row)


def _words(leaving: list[tuple[float, ...]]) -> tuple[str, ...]:
    """The different answers, as words, by size."""
    return tuple(dict.fromkeys(_word(row) for row in sorted(leaving)))


TRUTH_TABLE = source(
    id="TruthTable",
    name="Truth table",
    params=[
        Choice("table", "XOR", options=(*TABLES, OWN), card=True, help="One of these, or own rows as they are typed."),
        Text(
            "rows",
            TABLES["XOR"],
            most=20_000,
            help="Own rows with semicolons between them: numbers, an arrow, and what comes out, such as 0 1 -> 1.",
        ),
    ],
    fields=["input", "output", "label"],
    describe=describe,
    load=load,
    script=script,
    examples=[
        *({"table": name} for name in TABLES),
        {"table": OWN, "rows": "0 0 -> 0 1; 0.5 1 -> 1 1; 1, 1 → 0 0"},
    ],
    words=["and", "or", "xor", "nand", "concert", "logic", "perceptron", "neuron", "data"],
)
