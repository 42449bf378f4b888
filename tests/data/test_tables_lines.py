"""Tables as loggers, spreadsheets and students write them: with remarks, units, a header twice and a comma too many."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars
import pytest
import torch

from app.core.starting.first_net import drawing_for
from app.data.understanding import understand
from nodes.reading.tables_days import days_of
from tests.data.table_files import described, excel, loaded, same_by_script, table, write

NUMBERS = [(n * 7 % 11 / 4, n * 5 % 13 / 8, "xy"[n % 2]) for n in range(24)]
ROWS = [f"{a},{b},{kind}" for a, b, kind in NUMBERS]


def features(path: Path) -> list[list[float]]:
    feed = loaded(path)
    return feed.at(torch.arange(24), None, ["features"])["features"].tolist()


TRUTH = [[a, b] for a, b, _ in NUMBERS]


@pytest.mark.parametrize(
    "lines",
    [
        ["# measured by Ü. Müller, room 3", "# device: X, rate 50, slow", "a,b,kind", *ROWS],
        ["a,b,kind", *ROWS[:9], "# pause", *ROWS[9:]],
        ["#a,b,kind", *ROWS],
        ["a,b,kind", *(f"{row}," for row in ROWS)],
        ["a,b,kind", "s,°C,-", *ROWS],
        ["a,b,kind", *ROWS[:9], "a,b,kind", *ROWS[9:], "a,b,kind"],
    ],
    ids=["remarks", "remark between", "savetxt", "comma at the end", "units", "header again"],
)
def test_lines_that_are_no_rows_change_no_number(tmp_path: Path, lines: list[str]) -> None:
    """Fails if a remark with commas becomes the header, an empty field at the end shifts the names, units or a second
    header become a sample or a class, or the printed program reads other rows."""
    path = write(tmp_path / "t.csv", "\n".join(lines) + "\n")
    schema = described(path)
    assert (schema.samples, schema.fields["target"].words) == (24, ("x", "y"))
    assert features(path) == TRUTH
    same_by_script(path)


def test_rows_left_out_are_named_with_their_place(tmp_path: Path) -> None:
    """Fails if units or a second header go in silence, or a row below them is called by another number."""
    lines = ["a,b,kind", "s,°C,-", *ROWS[:9], "a,b,kind", *ROWS[9:20], "1,2", *ROWS[20:]]
    schema = described(write(tmp_path / "t.csv", "\n".join(lines)))
    assert {each.name: each.reason for each in schema.skipped} == {
        "row 2": "It has no number where all others have one, but 's', '°C', as units are written.",
        "row 12": "It is the header once more.",
        "row 24": "It has 2 fields, not 3.",
    }
    lines = ["a,b,kind", "s,°C,-", *ROWS[:9], "1,2,", *ROWS[9:]]
    below = described(write(tmp_path / "u.csv", "\n".join(lines))).skipped
    assert [(each.name, each.reason) for each in below if "units" not in each.reason] == [("row 12", "It has no kind.")]
    book = excel(tmp_path / "t.xlsx", {"one": [["a", "b", "kind"], ["s", "m", ""], *map(list, NUMBERS)]})
    assert [each.name for each in described(book).skipped] == ["row 2"]
    assert features(book) == TRUTH
    same_by_script(book)


def test_a_first_row_of_gaps_or_words_is_a_row(tmp_path: Path) -> None:
    """Fails if a first row without numbers is taken for units though it says NA, or has a class as the samples have,
    or though the columns hold words."""
    gaps = ["a,b,kind", "NA,?,x", *ROWS]
    assert described(write(tmp_path / "t.csv", "\n".join(gaps))).samples == 25
    unknown = ["a,b,kind", "unknown,none yet,x", *ROWS]
    assert described(write(tmp_path / "v.csv", "\n".join(unknown))).samples == 25
    words = ["a,b,kind", *(f"{'pq'[n % 2]},{'rs'[n // 2 % 2]},{'xy'[n % 3 // 2]}" for n in range(20))]
    assert described(write(tmp_path / "u.csv", "\n".join(words)), header="yes").samples == 20


def test_rows_that_begin_with_a_number_sign_are_no_remarks(tmp_path: Path) -> None:
    """Fails if the rows of a table without names go in silence because all of them begin with #, or a header behind
    one is lost where words follow it."""
    tagged = described(write(tmp_path / "t.csv", "".join(f"#t{n},{n * 7 % 11},{'xy'[n % 2]}\n" for n in range(30))))
    assert tagged.samples == 30
    words = "#color,shape\n" + "".join(f"{'pqr'[n % 3]},{'st'[n * n % 5 // 2 % 2]}\n" for n in range(30))
    named = described(write(tmp_path / "u.csv", words))
    assert (named.samples, named.fields["target"].classes, named.aims) == (30, ("p", "q", "r"), ("#color",))


def test_a_text_with_a_number_in_its_last_line_is_no_table(tmp_path: Path) -> None:
    """Fails if a few lines with equally many words are cells because the last of them holds numbers; and if words among
    columns of numbers hide these."""
    notes = write(tmp_path / "notes.txt", "Call Anna at 5\nBuy 3 apples 2\nmeet Bob 7 8\nlast one 4 5\n")
    assert next(understand(notes)).layer.id == "TextFile"
    yeast = write(tmp_path / "yeast.data", "".join(f"P{n}_Y  0.{n}  0.{n * 7 % 40} {'xy'[n % 2]}\n" for n in range(40)))
    found = next(understand(yeast))
    assert found.layer.id == "Table"
    assert found.schema is not None
    assert found.schema.samples == 40


@pytest.mark.parametrize("format", ["%Y-%m-%dT%H:%M:%S+01:00", "%Y-%m-%d %H:%M:%S+0100", "%d-%b-%Y", "%d %b %Y"])
def test_hours_with_their_zone_and_names_of_months_are_times(tmp_path: Path, format: str) -> None:
    """Fails if such a column is taken for words and left out, so that nothing is left to learn from."""
    days = "%H" not in format
    moments = [datetime(2024, 3, 1) + (timedelta(days=n) if days else timedelta(hours=n)) for n in range(60)]
    written = [each.strftime(format) for each in moments]
    series = write(tmp_path / "t.csv", "time,load\n" + "".join(f"{t},{n * n % 17}\n" for n, t in enumerate(written)))
    assert next(understand(series)).layer.id == "TimeSeries"
    wide = write(
        tmp_path / "u.csv", "t,b,load\n" + "".join(f"{t},{n % 5},{n * n % 17}\n" for n, t in enumerate(written))
    )
    found = loaded(wide, target="load").at(torch.arange(3), None, ["features"])["features"][:, 0]
    shift = timedelta(0) if days else timedelta(hours=1)
    truth = [(each.replace(tzinfo=UTC) - shift).timestamp() / 86400 for each in moments[:3]]
    assert found.tolist() == pytest.approx(truth, abs=1e-2)
    own = format.replace("+01:00", "%z").replace("+0100", "%z")
    assert days_of(written[1], own) == pytest.approx(truth[1])
    same_by_script(wide, target="load")


def test_a_table_of_targets_alone_proposes_no_net(tmp_path: Path) -> None:
    """Fails if a net is proposed that learns the target from itself, or equal targets are called features."""
    path = write(tmp_path / "t.csv", "price\n" + "".join(f"{n * 7 % 11}.5\n" for n in range(40)))
    schema = described(path)
    with pytest.raises(ValueError, match="nothing but target"):
        drawing_for(table(), {**table().defaults(), "path": str(path)}, schema)


def test_dates_of_three_words_are_no_sentences(tmp_path: Path) -> None:
    """Fails if a short table of dates and numbers is taken for texts with labels."""
    lines = "".join(f"{n + 1:02} Mar 2024,{n * n % 17}\n" for n in range(24))
    assert next(understand(write(tmp_path / "t.csv", "day,load\n" + lines))).layer.id != "Texts"


@pytest.mark.parametrize("name", ["housing.data", "housing.txt", "yeast.data", "auto-mpg.data"])
def test_columns_that_stand_below_each_other_are_a_table(tmp_path: Path, name: str) -> None:
    """Fails if the tables of the UCI archive whose columns are filled up with blanks are refused, read as prose, or
    read otherwise by the printed program."""
    lines = [f" {a:6.2f}   {b:.3f}  {'  ' if n % 3 else ''}{n % 2}" for n, (a, b, _) in enumerate(NUMBERS)]
    if name == "yeast.data":
        lines = [f"ADT{n}_YEAST  {a:.2f}  {b:.3f}  {'CM'[n % 2]}YT" for n, (a, b, _) in enumerate(NUMBERS)]
    if name == "auto-mpg.data":
        lines = [f'{a:.2f}   {b:.3f}  {n % 2}\t"ford torino {n}"' for n, (a, b, _) in enumerate(NUMBERS)]
    path = write(tmp_path / name, "\n".join(lines) + "\n")
    found = next(understand(path))
    assert found.layer.id == "Table"
    settings: dict[str, Any] = {"target": "column 3"}
    if name == "yeast.data":
        settings = {"target": "column 4", "roles": ("column 1=ignore",)}
    if name == "auto-mpg.data":
        settings["roles"] = ("column 4=ignore",)
    feed = loaded(path, **settings)
    assert feed.at(torch.arange(24), None, ["features"])["features"].tolist() == TRUTH
    same_by_script(path, **settings)


def test_prose_is_no_table(tmp_path: Path) -> None:
    """Fails if lines of as many words each, or a few lines with numbers, are taken for columns."""
    verse = "the sun is up again\nand I am here to see\n" * 40
    assert next(understand(write(tmp_path / "verse.txt", verse))).layer.id == "TextFile"
    told = "In 1912 there were 12 of them\nIn 1913 there were 14 of us\n" * 30
    assert next(understand(write(tmp_path / "told.txt", told))).layer.id == "TextFile"


def test_a_header_with_gaps_and_dates_with_a_zone_behind_a_blank(tmp_path: Path) -> None:
    """Fails if v1,v2,,, of the spam collection becomes a text and a class, or a column of hours a column of texts."""
    rows = "".join(
        f'{["ham", "spam"][n % 2]},"{["see you at", "win cash with"][n % 2]} {n}, ok",,,\n' for n in range(40)
    )
    found = next(understand(write(tmp_path / "spam.csv", "v1,v2,,,\n" + rows, "latin-1")))
    assert found.schema is not None
    assert (found.layer.id, found.schema.samples) == ("Texts", 40)
    assert found.schema.fields["label"].words == ("ham", "spam")
    rows = "".join(f"{n * 7 % 11},{n % 5},{'ab'[n % 2]}\n" for n in range(40))
    assert described(write(tmp_path / "gaps.csv", ",,label\n" + rows)).samples == 40
    hours = "".join(f"2006-04-{1 + n // 24:02} {n % 24:02}:00:00.000 +0200,{n % 9}.5,{n % 7}\n" for n in range(60))
    path = write(tmp_path / "weather.csv", "Formatted Date,Temperature,Humidity\n" + hours)
    assert next(understand(path)).layer.id == "Table"
    same_by_script(path)


def test_semicolons_within_the_answers_of_a_form_part_no_columns(tmp_path: Path) -> None:
    """Fails if the export of a form, whose cells hold several answers, is read as two columns without a header."""
    rows = "".join(
        f'2024/03/{1 + n % 28:02},{10 + n % 9},"Mathe;{["Kunst", "Sport"][n % 2]}",{n % 6}\n' for n in range(40)
    )
    schema = described(write(tmp_path / "form.csv", "Zeit,Alter,Welche Fächer? (mehrere),Note\n" + rows))
    assert [each.name for each in schema.columns] == ["Zeit", "Alter", "Welche Fächer? (mehrere)", "Note"]
    rows = "".join(f"{n},{n % 7};{n % 5},{n % 3};{'ab'[n % 2]}\n" for n in range(40))
    assert len(described(write(tmp_path / "german.csv", "Zeit;Weg;Klasse\n" + rows)).columns) == 3


def test_which_columns_are_a_pair_of_texts(tmp_path: Path) -> None:
    """Fails if sentences in two languages beside their number are a table of numbers, or a user and his post a pair."""
    rows = "".join(f"{n}\tThe house number {n} is red\tDas Haus Nummer {n} ist rot\n" for n in range(40))
    assert next(understand(write(tmp_path / "pairs.tsv", "id\ten\tde\n" + rows))).layer.id == "TextPairs"
    posts = "".join(
        f'"{n % 2 * 4}","{1467810369 + n}","Mon Apr 06 22:19:{n % 60:02} PDT 2009","NO_QUERY","user{n}",'
        f'"I am so {["sad", "glad"][n % 2]} today and its number was {n} again, you know"\n'
        for n in range(80)
    )
    found = next(understand(write(tmp_path / "posts.csv", posts)))
    assert found.schema is not None
    assert (found.layer.id, found.schema.fields["label"].words) == ("Texts", ("0", "4"))


@pytest.mark.parametrize(
    "form",
    [
        "epoch {n} loss {loss:.4f}",
        "Epoch {n}: loss={loss:.4f}, acc={acc:.3f}",
        "[2024-05-01 10:{n:02d}] INFO step {n}/60 - val/loss: {loss:.3e} - acc: {acc:.0%}",
    ],
)
def test_a_log_is_a_table_of_the_numbers_behind_its_names(tmp_path: Path, form: str) -> None:
    """Fails if the lines of a training's log are parted by blanks into columns without a name, are pairs of texts, or a
    line between them slips in."""
    lines = [form.format(n=n, loss=2 / (n + 1), acc=n / 60) for n in range(60)]
    lines.insert(30, "checkpoint saved")
    path = write(tmp_path / "log.txt", "\n".join(lines) + "\n")
    found = next(understand(path))
    assert found.layer.id == "Table"
    told = described(path, target="acc" if "acc" in form else "loss")
    names = re.findall(r"([a-zA-Z/]+)[ :=]+\{", form)
    assert [column.name for column in told.columns] == names
    assert told.samples == 60
    assert [each.name for each in told.skipped] == ["row 31"]
    frame = loaded(path, roles=(f"{names[0]}=feature", f"{names[1]}=feature"), target="none").fields["features"]
    assert frame[:, 0].tolist() == list(map(float, range(60)))
    assert frame[:, 1].tolist() == pytest.approx([2 / (n + 1) for n in range(60)], abs=2e-3)
    same_by_script(path, roles=(f"{names[0]}=feature",))


def test_what_stands_between_quotation_marks_parts_the_cells(tmp_path: Path) -> None:
    """Fails if the ; of &amp; in each row of AG News parts its cells, so that marks and commas reach the text."""
    rows = [(str(n % 4 + 1), f"Title {n}", f"Number {n}, he said, is &amp; was good; all agree") for n in range(60)]
    path = write(tmp_path / "ag.csv", "".join(",".join(f'"{cell}"' for cell in row) + "\n" for row in rows))
    frame = polars.read_csv(path, has_header=False, infer_schema=False)
    assert frame.rows() == rows
    found = next(understand(path))
    assert found.layer.id == "Texts"
    assert found.schema is not None
    assert found.schema.fields["label"].counts == (15, 15, 15, 15)
    assert '"' not in found.schema.fields["text"].classes


def test_words_that_stay_the_same_for_long_make_no_log(tmp_path: Path) -> None:
    """Fails if a table by countries, whose first hundreds of rows are all of one, is read as a log: its header and the
    other countries would go, and UK would be the name of a column."""
    rows = [f"{land}\t{1700 + n}\tGDP\t{n * 1.5}" for land in ("UK", "US") for n in range(280)]
    path = write(tmp_path / "data.txt", "\n".join(["land\tyear\tkind\tvalue", *rows]) + "\n")
    told = described(path, target="value")
    assert [column.name for column in told.columns] == ["land", "year", "kind", "value"]
    assert told.samples == 560


@pytest.mark.parametrize("form", ["{n}\t{genres}\t{kind}", "{kind};{n};{quoted}"])
def test_lists_in_cells_part_no_columns(tmp_path: Path, form: str) -> None:
    """Fails if the marks around the commas of ["drama","war"] in each row are taken for those of cells, so that a table
    with tabs or semicolons is parted by commas."""
    lines = [form.format(n="n", genres="genres", quoted="genres", kind="kind")]
    for n in range(60):
        genres = f'["{("drama", "war")[n % 2]}","{("crime", "comedy")[n // 2 % 2]}"]'
        quoted = '"' + genres.replace('"', '""') + '"'
        lines.append(form.format(n=n * 7 % 11 / 4, genres=genres, quoted=quoted, kind="xy"[n % 2]))
    path = write(tmp_path / ("t.tsv" if "\t" in form else "t.csv"), "\n".join(lines) + "\n")
    told = described(path, target="kind")
    assert sorted(column.name for column in told.columns) == ["genres", "kind", "n"]
    assert told.fields["target"].words == ("x", "y")


def test_a_log_is_printed_with_the_encoding_of_all_of_it(tmp_path: Path) -> None:
    """Fails if a program of its own reads a log as UTF-8 whose first letter beyond ASCII comes late, or stops at a byte
    that Windows' letters do not have."""
    lines = [f"INFO epoch {n} loss {1 / (n + 1):.4f} acc {n % 90 / 100}" for n in range(4000)]
    path = tmp_path / "log.txt"
    path.write_bytes("\n".join(lines).encode() + b"\nGr\xfc\xdfe\x81 epoch 4000 loss 0.1 acc 0.5\n")
    assert described(path).samples == 4001
    same_by_script(path)
