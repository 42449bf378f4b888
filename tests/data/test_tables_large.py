"""Large tables, of which a sample says how all rows are read: numbers must come out as of any other reader."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas
import polars as pl
import pytest
import torch

from nodes.reading import tables, tables_count, tables_feed, tables_frame, tables_large
from nodes.reading.tables_columns import cleaned, looked_into
from nodes.reading.tables_count import begin_counting
from nodes.reading.tables_examined import ExaminedColumn
from nodes.reading.tables_frame import TableReading, read_text
from nodes.reading.tables_large import Spread, TypesOfColumns, spreads_of
from tests.data.table_files import described, loaded, write

FAR = 3101  # a row in none of the blocks that are looked at


@pytest.fixture(autouse=True)
def small_looks() -> Any:
    """Files count as large from 20 kB on, and are looked at in blocks of 600 bytes."""
    with patch.multiple(tables_frame, WHOLE=20_000, BLOCK=600):
        tables.forget()
        yield
    tables.forget()


def lines_of(separator: str, comma: bool) -> list[str]:
    """A header and 4,000 rows of a whole number, a fraction with gaps, a word and a class."""
    made = [separator.join(("whole", "part", "colour", "label"))]
    for at in range(4000):
        part = "" if at % 9 == 4 else f"{at % 37 - 11}.{at % 8}5"
        cells = (str(at % 1300 - 600), part.replace(".", ",") if comma else part, ("red", "blue")[at % 2])
        made.append(separator.join((*cells, "ab"[at * 7 % 5 < 2])))
    return made


@pytest.mark.parametrize("cell", ["3.5", "4.0", "1e5", "+7", "-0", "99999999999999999999"])
@pytest.mark.parametrize("bytes_at_once", [tables_feed.MOST_IN_ONE_PIECE, 100])
def test_a_number_of_another_form_among_digits_is_read_as_it_stands(
    tmp_path: Path, cell: str, bytes_at_once: int
) -> None:
    """Fails if a column that holds digits alone in the sample loses or refuses a fraction that comes later."""
    lines = lines_of(",", False)
    lines[FAR] = ",".join((cell, *lines[FAR].split(",")[1:]))
    path = write(tmp_path / "a.csv", "\n".join(lines) + "\n")
    sampled = read_text(path, TableReading()).frame["whole"].to_list()
    assert cell not in sampled or cell in ("-0", "+7")
    with patch.object(tables_feed, "MOST_IN_ONE_PIECE", bytes_at_once):
        found = loaded(path).at(torch.arange(4000), None, ["features"])["features"]
    wanted = pandas.read_csv(path)["whole"].astype(float).to_numpy().astype(np.float32)
    assert np.array_equal(found[:, 0].numpy(), wanted)


@pytest.mark.parametrize("cell", ["", "2,5", "1.234,5", "1.234", "12.345.678", "-,5"])
def test_decimal_commas_of_a_large_file_are_those_of_pandas(tmp_path: Path, cell: str) -> None:
    """Fails if a fraction with a comma, or a full stop between thousands that the sample did not have, becomes another
    number: polars itself reads 1.234 as less than two there."""
    lines = lines_of(";", True)
    whole, _, *others = lines[FAR].split(";")
    lines[FAR] = ";".join((whole, cell, *others))
    path = write(tmp_path / "a.csv", "\n".join(lines) + "\n")
    assert not any("." in (each or "") for each in read_text(path, TableReading()).frame["part"])
    found = loaded(path).fields["features"].numpy()
    read = pandas.read_csv(path, sep=";", decimal=",", thousands=".")["part"].to_numpy()
    known = ~np.isnan(read)
    assert np.array_equal(found[known, 1], read[known].astype(np.float32))
    assert len(np.unique(found[~known, 1])) == 1


def test_decimal_commas_are_not_rewritten_cell_by_cell(tmp_path: Path) -> None:
    """Fails if a large file with decimal commas is read as text first, which takes five times as long."""
    path = write(tmp_path / "a.csv", "\n".join(lines_of(";", True)) + "\n")
    seen: list[Any] = []
    real = tables_large.read_large

    def read(*given: Any) -> Any:
        seen.append(real(*given))
        return seen[-1]

    with patch.object(tables_feed, "read_large", read):
        loaded(path)
    assert [seen[0].frame.schema[name] for name in ("whole", "part")] == [pl.Float32, pl.Float32]


def test_rows_are_counted_once_and_where_they_cannot_be_each_is_looked_at(tmp_path: Path) -> None:
    """Fails if the number of rows is asked for again and again, or if an error of those who count ends the look."""
    path = write(tmp_path / "a.csv", "\n".join(lines_of(",", False)) + "\n")
    rows = read_text(path, TableReading())
    assert (rows.total, rows.total, rows.whole) == (4000, 4000, False)
    real = tables_frame.begin_counting

    def failing(*given: Any) -> Any:
        counted = real(*given)

        def fails() -> None:
            assert counted() == 4001

        return fails

    with patch.object(tables_frame, "begin_counting", failing):
        schema = described(path)
    assert schema.samples == 4000
    assert not any(guess.setting == "look" for guess in schema.guesses)


def test_blanks_that_stand_in_the_sample_alone_or_not_at_all_leave_the_same_words(tmp_path: Path) -> None:
    """Fails if a file whose sample has no blanks keeps those that come later as parts of words."""
    lines = lines_of(",", False)
    whole, part, colour, label = lines[FAR].split(",")
    lines[FAR] = f"{whole},{part}, {colour} ,{label}"
    path = write(tmp_path / "a.csv", "\n".join(lines) + "\n")
    assert read_text(path, TableReading()).bare
    feed = loaded(path)
    assert not feed.remarks
    colours = [line.split(",")[2].strip() for line in lines[1:]]
    wanted = np.array([[colour == word for word in ("blue", "red")] for colour in colours], np.float32)
    assert np.array_equal(feed.fields["features"][:, 2:4].numpy(), wanted)


@pytest.mark.parametrize("word", ["NA", "-", "None"])
def test_words_for_nothing_are_gaps_also_without_blanks(tmp_path: Path, word: str) -> None:
    """Fails if a file without blanks is read without its words for missing cells."""
    lines = [line.replace(",,", f",{word},") for line in lines_of(",", False)]
    path = write(tmp_path / "a.csv", "\n".join(lines) + "\n")
    assert read_text(path, TableReading()).bare
    found = loaded(path).fields["features"][:, 1]
    gaps = torch.tensor([line.split(",")[1] == word for line in lines[1:]])
    assert int(gaps.sum()) > 400
    assert len(found[gaps].unique()) == 1
    wanted = torch.tensor([float(line.split(",")[1]) for line in lines[1:] if line.split(",")[1] != word])
    assert torch.equal(found[~gaps], wanted)


@pytest.mark.parametrize("fill", [-40.0, 0.25, 90.0])
@pytest.mark.parametrize("gaps", [1, 400])
def test_filled_gaps_change_a_spread_as_they_change_the_numbers(fill: float, gaps: int) -> None:
    """Fails if lowest, highest, mean or deviation of a filled column are not those of its numbers."""
    random = np.random.default_rng(gaps)
    numbers = random.normal(30, 7, 1000).astype(np.float32)
    whole = np.concatenate([numbers, np.full(gaps, fill, np.float32)])
    (spread,) = spreads_of([pl.Series("a", [*numbers.tolist(), *[None] * gaps], pl.Float32)])
    made = spread.filled(1000 + gaps, gaps, fill)
    exact = whole.astype(np.float64)
    assert (made.low, made.high) == (exact.min(), exact.max())
    assert made.mean == pytest.approx(exact.mean(), rel=1e-12)
    assert made.std == pytest.approx(exact.std(), rel=1e-6)
    assert math.isnan(Spread(0, math.inf, math.nan, math.nan).filled(9, 3, 1.0).mean)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["red", "blue", "green"], "category"),
        (["inf", "-inf", "infinity"], "number"),  # without a digit, and numbers all the same
        (["a.png", "b.jpg", "c.PNG"], "text"),
        (["2020-01-02", "2021-03-04", "2022-05-06"], "date"),
        (["001", "020", "300"], "category"),
    ],
)
def test_a_column_of_few_words_is_what_its_words_say(cells: list[str], kind: str) -> None:
    """Fails if words that are counted first are taken for a category, whatever they are."""
    frame = cleaned(pl.DataFrame({"x": pl.Series(cells * 20), "y": pl.Series(["1.5", "2"] * 30)}))
    column: ExaminedColumn = looked_into(frame, False, {}, lambda row: row)[0]
    assert column.kind == kind
    assert (column.role == "image path") == (kind == "text")


def test_rows_and_cells_that_reach_over_the_pieces_of_a_file_are_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fails if a row at the end of a piece is lost or cut, if a quoted cell of many lines, longer than a piece, is
    taken for rows, or if polars no longer hears how large a piece is."""
    lines = lines_of(",", False)
    long = "red\n" * 2_000
    lines[FAR] = f'17,2.5,"{long}",a'
    path = write(tmp_path / "a.csv", "\n".join(lines) + "\n")
    rows = read_text(path, TableReading())
    assert rows.total == 4000  # nobody reads the environment while it is changed
    read = {}
    for piece in (8 * 2**20, 3_000):
        monkeypatch.setenv("POLARS_CSV_CHUNK_SIZE", str(piece))
        read[piece] = tables_large.read_large(rows, path, TypesOfColumns(["whole", "part"])).frame
    small, whole = read[3_000], read[8 * 2**20]
    assert small.equals(whole)
    assert small["whole"].n_chunks() > whole["whole"].n_chunks()
    known = pandas.read_csv(path)
    assert small["whole"].to_list() == known["whole"].tolist()
    assert small["colour"].to_list() == known["colour"].tolist()
    assert small["colour"][FAR - 1] == long


def test_a_count_that_nobody_asks_for_is_stopped_and_ends_no_program(tmp_path: Path) -> None:
    """Fails if the query that counts rows is let go of while it runs, at which polars ends the process: where another
    file is counted, or where the program ends; or if the same rows are counted twice."""
    path = write(tmp_path / "a.csv", "1,2,3\n" * 3_000_000)
    program = f"""
from pathlib import Path
from nodes.reading.tables_count import begin_counting
path = Path({str(path)!r})
for separator in ";|":
    begin_counting(path, separator)
kept = begin_counting(path, ",")
print(kept(), kept(), begin_counting(path, ",") is kept)
begin_counting(path, ";")
"""
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "3000000 3000000 True"), done.stderr


def test_a_file_that_goes_while_it_is_counted_has_no_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails if the count of a file that was removed meanwhile ends in a traceback of polars, instead of in None, after
    which the file is read as a whole and said to be gone."""
    path = write(tmp_path / "a.csv", "1,2,3\n" * 10)

    class Gone:
        def cancel(self) -> None:
            pass

        def fetch_blocking(self) -> None:
            raise FileNotFoundError(path)

    monkeypatch.setattr(pl.LazyFrame, "collect", lambda *_, **__: Gone())
    counted = begin_counting(path, ",")
    assert counted() is None
    begin_counting(path, ";")  # one that nobody asks for
    tables_count.forget()
