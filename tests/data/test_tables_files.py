"""Tables in files that know their types, tables too large to look at as a whole, and what is drawn from tables."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import polars
import pytest
import torch

from app.data.understanding import candidates, understand
from nodes.api import NoData, Unreadable
from nodes.reading import tables, tables_encoded, tables_feed, tables_frame
from tests.data.table_files import described, excel, guess_of, loaded, refusal, same_by_script, table, write


def test_excel_gives_what_stands_in_its_cells(tmp_path: Path) -> None:
    """Fails if a title makes everything text, a word after many numbers goes missing in silence, TRUE becomes 1, or the
    other sheets are not offered."""
    rows: list[list[Any]] = [["Measured in May"], [None], ["name", "x", "ok", "y"]]
    rows += [[f"n{at}", at + 0.5 if at != 7 else "NA", at % 2 == 0, ["a", "b"][at * 7 % 5 < 2]] for at in range(30)]
    path = excel(tmp_path / "a.xlsx", {"one": rows, "two": [["p", "q"], [1, 2.5], [3, 4.5], [2, 0.5]]})
    schema = described(path)
    assert schema.samples == 30
    assert schema.fields["features"].names == ("x", "ok: false", "ok: true")
    feed = loaded(path)
    assert feed.fields["features"][2].tolist() == [2.5, 0, 1]
    assert feed.name_of(0) == "row 4"
    asked = guess_of(schema, "sheet")
    assert [value for _, value in asked.choices] == ["one", "two"]
    assert described(path, sheet="two").fields["features"].names == ("p",)
    assert "has no sheet 'three'. It has: one, two." in refusal(path, sheet="three")
    same_by_script(path)
    same_by_script(path, sheet="two")


def test_a_sheet_of_notes_before_the_table_is_passed_over(tmp_path: Path) -> None:
    """Fails if a book that begins with a sheet of notes is refused, or the notes cannot be asked for any more."""
    rows: list[list[Any]] = [["x", "y"], *([at + 0.5, "ab"[at * 7 % 5 < 2]] for at in range(20))]
    path = excel(tmp_path / "a.xlsx", {"About": [["Measured in May"], ["See the next sheet"]], "Data": rows})
    assert described(path).samples == 20
    assert loaded(path).fields["features"][:3].flatten().tolist() == [0.5, 1.5, 2.5]
    assert guess_of(described(path), "sheet").chosen == "Data"
    assert "About" in [value for _, value in guess_of(described(path), "sheet").choices]
    same_by_script(path)


def test_excel_says_of_a_late_word_where_it_stands(tmp_path: Path) -> None:
    """Fails if text behind row 1,000 becomes an empty cell without a word."""
    rows: list[list[Any]] = [["x", "y"]] + [[at, at % 7 + 0.5] for at in range(1100)] + [["late", 1.5]]
    schema = described(excel(tmp_path / "a.xlsx", {"one": rows}), roles=("x=feature",))
    assert any("'late' in row 1,102" in remark for remark in schema.remarks)


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    """Fails if numbers, truth values, dates or categories change on the way, or a list goes without a word."""
    count = 40
    polars.DataFrame(
        {
            "whole": [at % 9 for at in range(count)],
            "part": [None if at == 3 else at / 4 for at in range(count)],
            "yes": [at % 3 == 0 for at in range(count)],
            "day": [date(1970, 1, at % 20 + 1) for at in range(count)],
            "at": [datetime(1970, 1, 2, at % 24) for at in range(count)],
            "kind": polars.Series(["a" if at % 2 else "b" for at in range(count)], dtype=polars.Categorical),
            "many": [[at] for at in range(count)],
            "y": [at * 1.5 for at in range(count)],
        }
    ).write_parquet(tmp_path / "a.parquet")
    path = tmp_path / "a.parquet"
    schema = described(path)
    names = ("whole", "part", "yes: false", "yes: true", "day", "at", "kind: a", "kind: b")
    assert schema.fields["features"].names == names
    assert [each.name for each in schema.skipped] == ["column many"]
    assert loaded(path).fields["features"][6].tolist() == [6, 1.5, 0, 1, 6, 1.25, 0, 1]
    same_by_script(path)
    path.write_bytes(path.read_bytes()[:400])
    assert "cut off" in refusal(path)


def test_json_lines_and_arrays_of_objects(tmp_path: Path) -> None:
    """Fails if a key that first comes late is dropped, NaN raises, or a broken line is not named."""
    entries: list[dict[str, Any]] = [{"a": at, "w": f"w{at % 2}", "y": at / 2} for at in range(150)]
    entries += [{"a": 1, "w": "w0", "late": float("nan"), "y": 1.0}, {"a": 2, "late": 5, "w": None, "y": 2.0}]
    entries += [{"a": 2, "late": 7.5, "w": True, "y": 2.0}]
    lines = write(tmp_path / "a.jsonl", "".join(json.dumps(entry) + "\n" for entry in entries) + "{broken\n\n")
    array = write(tmp_path / "b.json", json.dumps({"version": 1, "rows": entries}))
    for path in (lines, array):
        schema = described(path, roles=("a=feature",))
        assert schema.fields["features"].names == ("a", "w: true", "w: w0", "w: w1", "w: missing", "late")
        assert loaded(path, roles=("a=feature",)).fields["features"][152].tolist() == [2, 1, 0, 0, 0, 7.5]
        same_by_script(path, roles=("a=feature",))
    assert [each.name for each in described(lines).skipped] == ["row 154"]
    assert "is no table" in refusal(write(tmp_path / "c.json", "[1, 2, 3]"))


def test_the_surest_source_of_a_table_is_the_table(tmp_path: Path) -> None:
    """Fails if a dropped Parquet, JSON or Excel file is not recognised, or a zip archive is taken for Excel."""
    polars.DataFrame({"a": [1, 2], "b": [3.5, 4.5]}).write_parquet(tmp_path / "noname")
    excel(tmp_path / "b.xlsx", {"one": [["a", "b"], [1, 2.5], [2, 3.5]]})
    write(tmp_path / "c.jsonl", '{"a": 1, "b": 2.5}\n{"a": 2, "b": 3.5}\n')
    for name in ("b.xlsx", "c.jsonl"):
        assert next(understand(tmp_path / name)).layer.id == "Table"
    (tmp_path / "a.zip").write_bytes((tmp_path / "b.xlsx").read_bytes())
    assert "Table" not in [each.layer.id for each in candidates(tmp_path / "a.zip")]


def large(path: Path, rows: int = 4000, tail: str = "") -> Path:
    """A file that counts as large in these tests."""
    text = ""
    for at in range(rows):
        gap = "" if at % 9 == 4 else f"{at % 5}.5"
        text += f"{at % 13},{at % 7}.25,{('red', 'blue')[at % 2]},{gap},{'ab'[at * 7 % 5 < 2]}\n"
    return write(path, "whole,part,colour,gap,label\n" + text + tail)


@pytest.fixture
def small_looks() -> Any:
    """Files count as large from 20 kB on, and are looked at in blocks of 600 bytes."""
    with patch.multiple(tables_frame, WHOLE=20_000, BLOCK=600):
        tables.forget()
        yield
    tables.forget()


@pytest.mark.usefixtures("small_looks")
def test_a_large_file_gives_the_same_as_when_every_row_was_looked_at(tmp_path: Path) -> None:
    """Fails if a sample of the rows leads to other numbers, rows or names than all of them, apart from the means."""
    path = large(tmp_path / "a.csv")
    schema, whole = described(path), described(path, look="every row")
    assert guess_of(schema, "look").chosen == "auto"
    assert "of 4,000 rows" in guess_of(schema, "look").sentence
    assert schema.samples == whole.samples == 4000
    assert schema.fields["features"].names == whole.fields["features"].names
    ours, theirs = loaded(path), loaded(path, look="every row")
    assert torch.equal(ours.fields["target"], theirs.fields["target"])
    full = torch.tensor([at % 9 != 4 for at in range(4000)])
    assert torch.equal(ours.fields["features"][full], theirs.fields["features"][full])
    assert ours.name_of(3999) == theirs.name_of(3999) == "row 4,001"
    same_by_script(path)
    with patch.object(tables_feed, "MOST_IN_ONE_PIECE", 100):
        coded = loaded(path)
        index = torch.arange(0, 4000, 7)
        assert torch.equal(coded.at(index, None, ["features"])["features"], ours.fields["features"][index])


@pytest.mark.usefixtures("small_looks")
@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("1,2.25,red,1.5,unknown\n", "Row 3,102 of a.csv has the class 'unknown'"),
        ("1,2.25,red,1.5,\n", "Row 3,102 of a.csv has no label"),
        ("1,words,red,1.5,a\n", "'words' in row 3,102 of 'part' is no number"),
        ("1,inf,red,1.5,a\n", "'inf' in row 3,102 of 'part' is no number"),
        ("1,2.25,red,1.5\n", "Row 3,102 of a.csv has too few fields"),
        ("1,2.25,red,1.5,a,b\n", "rows that are not as those in its sample"),
        ("\n", "blank row"),
    ],
)
def test_what_a_sample_did_not_meet_is_refused_with_its_row(tmp_path: Path, row: str, word: str) -> None:
    """Fails if a row that is unlike the sample is trained on, or left out, in silence; looking at all must help."""
    lines = large(tmp_path / "a.csv").read_text().splitlines(keepends=True)
    lines[3101:3101] = [row]
    path = write(tmp_path / "a.csv", "".join(lines))
    for bytes_at_once in (tables_feed.MOST_IN_ONE_PIECE, 100):
        with patch.object(tables_feed, "MOST_IN_ONE_PIECE", bytes_at_once), pytest.raises(NoData) as reason:
            loaded(path)
        assert word in str(reason.value)
        assert "every row" in str(reason.value)
    assert loaded(path, look="every row").length in (4000, 4001)


@pytest.mark.usefixtures("small_looks")
@pytest.mark.parametrize("missing", ["auto", "own category"])
@pytest.mark.parametrize("look", ["auto", "every row"])
@pytest.mark.parametrize("late", ["", "1e30", "1e39", "nan"])
def test_very_many_rows_have_the_same_features_as_few(tmp_path: Path, missing: str, look: str, late: str) -> None:
    """Fails if features that are put side by side a few rows at a time land in other places, if gaps, marks of gaps,
    days or thousands are lost on the way, or one number too large for a sum of squares spoils its column."""
    lines = ["plain;day;gap;words;much;huge;label"]
    for at in range(2500):
        gap = "" if at % 3 == 1 else f"{at % 11}.5"
        day = f"2020-0{at % 7 + 1}-1{at % 9}"
        word, much, label = ("a", "b c", "d")[at % 5 % 3], f"1,{at % 900 + 100}", f"{at * 7 % 5 // 2}x"
        lines.append(f"{at * 7 % 50 / 4};{day};{gap};{word};{much};{at % 40}e20;{label}")
    if late:
        lines[1500] = f"{late};" + lines[1500].partition(";")[2]
    path = write(tmp_path / "a.csv", "\n".join(lines) + "\n")
    whole = loaded(path, missing=missing, look=look).fields["features"]
    with patch.multiple(tables_feed, MOST_IN_ONE_PIECE=100), patch.object(tables_encoded, "AT_ONCE", 700):
        coded = loaded(path, missing=missing, look=look)
    index = torch.randperm(2500)
    assert torch.equal(coded.at(index, None, ["features"])["features"], whole[index])
    names = described(path, missing=missing, look=look).fields["features"].names
    assert ("gap: missing" in names) == (missing == "own category")
    assert whole.isfinite().all()


@pytest.mark.usefixtures("small_looks")
def test_where_rows_have_to_be_left_out_every_row_is_looked_at(tmp_path: Path) -> None:
    """Fails if a large file with gaps in its target cannot be used, or its gaps are counted in a sample."""
    path = large(tmp_path / "a.csv")
    gaps = sum(at % 9 == 4 for at in range(4000))
    assert described(path, missing="leave the row out").samples == 4000 - gaps
    assert described(path, target="gap").samples == 4000 - gaps
    assert loaded(path, target="gap").length == 4000 - gaps


def middle(path: Path, change: Any, rows: int = 4000) -> Path:
    """A large file in whose row 3,102, of which the sample knows nothing, and the next two cells are changed."""
    lines = large(path, rows).read_text().splitlines(keepends=True)
    for at in (3101, 3102, 3103):
        lines[at] = ",".join(change(at, lines[at].rstrip("\n").split(","))) + "\n"
    return write(path, "".join(lines))


@pytest.mark.usefixtures("small_looks")
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda at, row: [row[0], row[1], "green" if at < 3103 else "black", *row[3:]],
            "3 rows have 'green', 'black' in 'colour' (the first is row 3,102), which the sample did not have",
        ),
        (
            lambda at, row: [row[0], row[1], "" if at == 3102 else row[2], *row[3:]],
            "1 cell of 'colour' is missing (the first in row 3,103), though none in the sample was, and become",
        ),
        (lambda at, row: [row[0], "", *row[2:]], "3 cells of 'part' are missing (the first in row 3,102)"),
    ],
    ids=["words", "gap in words", "gap in numbers"],
)
def test_what_a_sample_did_not_meet_among_the_features_is_said(tmp_path: Path, change: Any, said: str) -> None:
    """Fails if a category that is not in the sample counts as none in silence, or a gap is filled so."""
    path = middle(tmp_path / "a.csv", change)
    feed = loaded(path)
    assert len(feed.remarks) == 1
    assert said in feed.remarks[0]
    assert "Set look to every row" in feed.remarks[0]
    assert loaded(large(tmp_path / "b.csv")).remarks == ()
    assert loaded(path, look="every row").remarks == ()
    same_by_script(path)


def parted(path: Path, odd: str = "") -> Path:
    """A large file with parts, patients and classes; the test is 1,000 rows in the middle."""
    lines = ["patient,a,split,label\n"]
    for at in range(4000):
        part = "test" if 1500 <= at < 2500 else ("val" if at % 10 == 3 else "train")
        lines.append(
            f"{'pP'[at % 2]}{at // 8},{at % 7}.25,{odd if odd and at in (2000, 2002) else part},{'ab'[at % 2]}\n"
        )
    return write(path, "".join(lines))


@pytest.mark.usefixtures("small_looks")
def test_parts_groups_and_classes_of_a_large_file_are_those_of_every_row(tmp_path: Path) -> None:
    """Fails if the parts that a large table brings are forgotten, or their sizes and classes told from a sample."""
    path = parted(tmp_path / "a.csv")
    schema, whole = described(path), described(path, look="every row")
    assert schema.parts == whole.parts
    assert dict(schema.parts) == {"train": 2700, "validation": 300, "test": 1000}
    assert schema.fields["target"].counts == whole.fields["target"].counts == (2000, 2000)
    assert schema.groups == whole.groups == "patient"
    ours, theirs = loaded(path), loaded(path, look="every row")
    assert ours.parts.keys() == theirs.parts.keys()
    assert all(torch.equal(ours.parts[name], theirs.parts[name]) for name in ours.parts)
    assert ours.parts["test"].tolist() == list(range(1500, 2500))
    assert len(ours.groups.unique()) == len(theirs.groups.unique()) == 500
    same_by_script(path)


@pytest.mark.usefixtures("small_looks")
def test_a_part_that_the_sample_did_not_meet_is_said(tmp_path: Path) -> None:
    """Fails if rows of a large file that are in no part, or in a part of their own, are learned from in silence."""
    schema = described(parted(tmp_path / "a.csv", "spare"))
    assert dict(schema.parts) == {"train": 2702, "validation": 300, "test": 998}
    assert any("2 rows say 'spare' in 'split'" in remark for remark in schema.remarks)
    assert described(parted(tmp_path / "b.csv", "dev")).parts["validation"] == 302


@pytest.mark.usefixtures("small_looks")
def test_line_breaks_in_cells_of_a_large_file_are_no_rows(tmp_path: Path) -> None:
    """Fails if the rows of a large file are counted by its lines."""
    text = "word,a,y\n" + "".join(f'"{at % 2}\nx",{at % 13},{at % 5}.5\n' for at in range(4000))
    path = write(tmp_path / "a.csv", text)
    assert described(path).samples == 4000
    assert loaded(path).length == 4000


def truth(**settings: Any) -> Any:
    layer = table("TruthTable")
    assert layer.source is not None
    checked = layer.settings({**layer.defaults(), **settings})
    return layer.source.describe(**checked), layer.source.load(**checked)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "wanted"), [("AND", [0, 0, 0, 1]), ("OR", [0, 1, 1, 1]), ("XOR", [0, 1, 1, 0]), ("NAND", [1, 1, 1, 0])]
)
def test_truth_tables_are_those_of_logic(name: str, wanted: list[int]) -> None:
    """Fails if a row is wrong."""
    schema, values = truth(table=name)
    assert values["input"].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert values["output"][:, 0].tolist() == values["label"].tolist() == wanted
    assert schema.fields["label"].words == ("0", "1")


def test_typed_rows(tmp_path: Path) -> None:
    """Fails if commas, words, an arrow of one letter or several answers are not read, or no contradiction is said."""
    schema, values = truth(table="own rows", rows="0, yes → 0 1; 1 0.5 -> 1 1; 1 0.5 -> 0 1;")
    assert values["input"].tolist() == [[0, 1], [1, 0.5], [1, 0.5]]
    assert values["output"].tolist() == [[0, 1], [1, 1], [0, 1]]
    assert values["label"].tolist() == [0, 1, 0]
    assert any("two answers" in remark for remark in schema.remarks)


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ("", "No row is typed"),
        ("0 1 1", "Row 1 has no arrow"),
        ("0 1 -> 1; 0 -> 1", "Row 2 has 1 numbers before"),
        ("0 1 -> 1; 0 1 -> 1 1", "Row 2 has 2 numbers behind"),
        ("0 x -> 1", "Row 1 has 'x', which is no number"),
        ("0 1 ->", "Row 1 has no number on one side"),
        ("nan 1 -> 1", "too large"),
    ],
)
def test_a_typed_row_that_is_wrong_is_a_sentence(rows: str, word: str) -> None:
    """Fails if it is a traceback, or does not say which row."""
    with pytest.raises(NoData) as reason:
        truth(table="own rows", rows=rows)
    assert word in str(reason.value)


def pictures_named(tmp_path: Path) -> Path:
    """A data set of the Neural Network Console: pictures of 4×6 dots, and what is on them."""
    import numpy
    from PIL import Image

    (tmp_path / "training").mkdir()
    lines = ["x:image,y:label"]
    for at in range(12):
        dots = numpy.full((4, 6), at * 20, dtype=numpy.uint8)
        Image.fromarray(dots).save(tmp_path / "training" / f"{at}.png")
        lines.append(f"./training/{at}.png,{at % 3}")
    return write(tmp_path / "set.csv", "\n".join([*lines, "./training/gone.png,1"]) + "\n")


def test_the_header_of_the_console_names_pictures_and_classes(tmp_path: Path) -> None:
    """Fails if x:image is no picture, y:label no class, or a picture that is gone is not named."""
    path = pictures_named(tmp_path)
    schema = described(path)
    assert schema.fields["image"].sizes == (1, 4, 6)
    assert schema.fields["target"].words == ("0", "1", "2")
    assert "features" not in schema.fields
    assert [(each.name, each.reason) for each in schema.skipped] == [("row 14", "Its picture is not there.")]
    values = loaded(path).at(torch.tensor([3, 5]), None, ["image", "target"])
    assert values["image"][:, 0, 0, 0].tolist() == pytest.approx([60 / 255, 100 / 255])
    assert values["target"].tolist() == [0, 2]
    assert described(path, size=(8, 8)).fields["image"].sizes == (1, 8, 8)
    same_by_script(path)
    same_by_script(path, size=(8, 8))


def test_files_that_are_no_pictures_are_no_words(tmp_path: Path) -> None:
    """Fails if the name of each file of numbers becomes a feature of its own, or is left out in silence."""
    text = "x:matrix,x__1:a,y:label\n" + "".join(f"./data/{at}.csv,{at % 5}.5,{at % 2}\n" for at in range(20))
    schema = described(write(tmp_path / "a.csv", text))
    assert schema.fields["features"].names == ("x__1:a",)
    said = "'x:matrix' names files that are no pictures, such as './data/0.csv', and is left out"
    assert said in schema.remarks
    same_by_script(tmp_path / "a.csv")


@pytest.mark.parametrize(("shape", "sizes"), [((3, 5), (1, 3, 5)), ((1, 7), (7,)), ((6, 1), (6,))])
def test_the_header_of_the_console_names_matrices(
    tmp_path: Path, shape: tuple[int, int], sizes: tuple[int, ...]
) -> None:
    """Fails if the numbers of the files that x:matrix names are not what goes in, or one that is gone, has another
    size or other words is no longer named."""
    (tmp_path / "data").mkdir()
    random = np.random.default_rng(1)
    known = random.normal(size=(20, *shape)).astype(np.float32)
    for at, each in enumerate(known):
        np.savetxt(tmp_path / "data" / f"{at}.csv", each, delimiter=",", fmt="%.9g")
    text = "x:matrix,y:label\n" + "".join(f"./data/{at}.csv,{at % 3}\n" for at in range(20))
    path = write(tmp_path / "a.csv", text)
    schema = described(path)
    assert schema.fields["image"].sizes == sizes
    assert schema.fields["target"].words == ("0", "1", "2")
    feed = loaded(path)
    values = feed.at(torch.arange(20), None, ["image"])["image"]
    assert torch.equal(values, torch.from_numpy(known.reshape(20, *sizes)))
    same_by_script(path)
    del feed
    (tmp_path / "data" / "4.csv").unlink()
    np.savetxt(tmp_path / "data" / "5.csv", np.zeros((2, 2)), delimiter=",")
    (tmp_path / "data" / "6.csv").write_text("a,b\n1,2\n")
    tables.forget()
    later = described(path)
    assert [each.sentence for each in later.skipped] == ["Its file of numbers is not there."]
    with pytest.raises(Unreadable) as told:
        loaded(path).at(torch.arange(19), None, ["image"])
    assert told.value.samples == {
        4: f"./data/5.csv has 2×2 numbers, and the others {shape[0]}×{shape[1]}.",
        5: "./data/6.csv holds something else than numbers in equal rows. Correct it.",
    }


def test_the_header_of_the_console_names_numbers_that_belong_together(tmp_path: Path) -> None:
    """Fails if x__0 and x__1 are not the features, or y__0 and y__1 not the targets."""
    text = "x__0:width,x__1:height,y__0,y__1\n" + "".join(
        f"{at}.5,{at % 5},{at % 2},{1 - at % 2}\n" for at in range(20)
    )
    path = write(tmp_path / "a.csv", text)
    schema = described(path)
    assert schema.fields["features"].names == ("x__0:width", "x__1:height")
    assert schema.fields["target"].names == ("y__0", "y__1")
    same_by_script(path)
    assert "features" in described(write(tmp_path / "b.csv", text.replace("y__", "z__"))).fields


def test_a_column_that_is_left_out_says_what_it_holds(tmp_path: Path) -> None:
    """Fails if a column of bytes, or one without any value, is called a list."""
    frame = polars.DataFrame(
        {"a": range(20), "raw": [b"x"] * 20, "none": [None] * 20, "both": [[1, 2]] * 20, "y": ["p", "q"] * 10}
    )
    frame.write_parquet(tmp_path / "t.parquet")
    schema = described(tmp_path / "t.parquet")
    assert {each.name: each.reason for each in schema.skipped} == {
        "column raw": "It holds bytes.",
        "column both": "It holds lists or further columns.",
    }
    assert any("'none' is empty" in remark for remark in schema.remarks)


@pytest.mark.parametrize("content", [b"PK\3\4garbage", b"\xd0\xcf\x11\xe0" + b"x" * 600])
def test_a_damaged_excel_file_is_a_plain_sentence(tmp_path: Path, content: bytes) -> None:
    """Fails if the words of the library reach the student."""
    path = tmp_path / "t.xlsx"
    path.write_bytes(content)
    said = refusal(path)
    assert said.startswith("t.xlsx is damaged, locked or no Excel file (")
    assert "calamine" not in said
    assert said.endswith("Save it again, or save its sheet as CSV.")


@pytest.mark.parametrize("first", ["dot", "object"])
def test_a_name_with_a_dot_beside_an_object_keeps_both(tmp_path: Path, first: str) -> None:
    """Fails if {"a.b": 1, "a": {"b": 2}} loses one of its columns, or which is which depends on their order."""
    lines = []
    for n in range(40):
        parts: list[tuple[str, Any]] = [("a.b", n % 9 + 0.5), ("a", {"b": n % 7 + 0.25})]
        lines.append(json.dumps(dict(parts if first == "dot" else parts[::-1]) | {"y": n / 8}))
    path = write(tmp_path / "a.jsonl", "\n".join(lines))
    told = described(path, target="y")
    assert sorted(column.name for column in told.columns) == ["a.b", "a.b (2)", "y"]
    read = loaded(path, target="y").fields["features"]
    at = told.fields["features"].names.index("a.b")
    assert read[:, at].tolist() == [n % 9 + 0.5 for n in range(40)]
    assert read[:, 1 - at].tolist() == [n % 7 + 0.25 for n in range(40)]
    same_by_script(path, target="y")


def test_tables_in_every_way_that_json_has(tmp_path: Path) -> None:
    """Fails if objects in objects are lost, or what ``DataFrame.to_json`` writes by columns or by rows is no table."""
    rows = [{"a": n * 7 % 11 / 4, "b": n * 5 % 13, "kind": "xy"[n % 2]} for n in range(30)]
    told = {
        "nested.jsonl": "".join(
            json.dumps({"id": {"no": {"a": r["a"]}}, "b": r["b"], "kind": r["kind"]}) + "\n" for r in rows
        ),
        "columns.json": json.dumps({name: {str(n): row[name] for n, row in enumerate(rows)} for name in rows[0]}),
        "lists.json": json.dumps({name: [row[name] for row in rows] for name in rows[0]}),
        "index.json": json.dumps({str(n): row for n, row in enumerate(rows)}),
        "split.json": json.dumps({"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}),
        "wrapped.json": json.dumps({"meta": {"by": "me"}, "rows": rows}),
    }
    for name, text in told.items():
        path = write(tmp_path / name, text)
        schema = described(path)
        assert (schema.samples, schema.fields["target"].words) == (30, ("x", "y")), name
        values = loaded(path).at(torch.arange(30), None, ["features"])["features"]
        assert values.tolist() == [[row["a"], row["b"]] for row in rows], name
        same_by_script(path)
    assert described(tmp_path / "nested.jsonl").columns[0].name == "id.no.a"
    talk = write(tmp_path / "talk.jsonl", 2 * (json.dumps({"messages": [{"role": "user"}]}) + "\n"))
    assert "There are lists in 'messages'" in refusal(talk)
