"""A source as a program of its own would have it, for tests of what happens to dropped data: rows of numbers in a file
with the ending ``.rows``, with guesses, remarks and skipped rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nodes.api import Choice, Field, File, Guess, Layer, NoData, Recognised, Schema, Skipped, source
from tests.support.example_source import among_ours


def describe(*, path: str, last: str) -> Schema:
    """Rows of numbers, split by blanks. The last one is a class, or a number to predict."""
    rows, skipped = _rows(path)
    if not rows:
        raise NoData(f"{Path(path).name} holds no row of numbers. Choose another file.")
    whole = all(row[-1] == int(row[-1]) for row in rows)
    chosen = last if last != "auto" else "class" if whole else "number"
    read = Field((len(rows[0]) - 1,))
    if chosen == "class":
        numbers = sorted({int(row[-1]) for row in rows})
        counts = tuple(sum(1 for row in rows if int(row[-1]) == number) for number in numbers)
        learned = Field((), "int", tuple(f"kind {number}" for number in numbers), counts)
    else:
        learned = Field((1,))
    remarks = ("Two rows are the same.",) if len({tuple(row) for row in rows}) < len(rows) else ()
    return Schema(
        {"x": read, "label": learned},
        len(rows),
        noun=("row", "rows"),
        guesses=(
            Guess(
                "last", f"The last column is read as a {chosen}.", (("class", "class"), ("number", "number")), chosen
            ),
        ),
        remarks=remarks,
        skipped=tuple(skipped),
        stamp=str(Path(path).stat().st_size),
    )


def load(*, path: str, last: str) -> dict[str, Any]:
    """The rows that can be read."""
    import torch

    rows, _ = _rows(path)
    learned = describe(path=path, last=last).fields["label"]
    values = torch.tensor([row[-1] for row in rows])
    kinds = sorted({int(row[-1]) for row in rows})
    label = torch.tensor([kinds.index(int(row[-1])) for row in rows]) if learned.dtype == "int" else values[:, None]
    return {"x": torch.tensor([row[:-1] for row in rows]), "label": label}


def _rows(path: str) -> tuple[list[list[float]], list[Skipped]]:
    rows: list[list[float]] = []
    skipped = []
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        try:
            rows.append([float(word) for word in line.split()])
        except ValueError:
            skipped.append(Skipped(f"row {number}", "It holds a word."))
    return rows, skipped


def recognise(path: Path) -> Recognised | None:
    """A file with the ending ``.rows``."""
    return Recognised({"path": str(path)}, 0.9) if path.suffix == ".rows" and path.is_file() else None


@contextmanager
def rows_source() -> Iterator[Layer]:
    """The source in the palette as long as the block runs."""
    layer = source(
        id="Rows",
        name="Rows",
        params=[
            File("path", endings=(".rows",), card=True, help="The file."),
            Choice("last", "auto", options=("auto", "class", "number"), help="What the last column is."),
        ],
        fields=["x", "label"],
        describe=describe,
        load=load,
        recognise=recognise,
    )
    with among_ours(layer):
        yield layer


def write_rows(path: Path, rows: int = 60, columns: int = 4, classes: int = 3, words: int = 0) -> Path:
    """A file of numbers whose last column is a class; ``words`` rows at its end are none."""
    lines = [
        " ".join(
            [
                *(f"{(7 * row + 3 * column) % 10 / 10 + row % classes:g}" for column in range(columns)),
                f"{row % classes}",
            ]
        )
        for row in range(rows)
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, *["a word"] * words]) + "\n")
    return path
