"""Tables in text files: how they are written, what is guessed, what is said of them, and what comes out of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch

from app.core.checks.problems import Problem
from app.core.graph.model import Graph, Project, Wire
from app.core.inference import infer
from app.core.storage.files import open_project, save_project
from app.data.source_looks import looked_at
from app.data.understanding import candidates, understand
from tests.data.table_files import (
    COLOURS,
    described,
    guess_of,
    loaded,
    plain,
    refusal,
    rows,
    same_by_script,
    write,
)
from tests.support.drawings import chain, node


def test_numbers_and_words_become_features_and_a_class(tmp_path: Path) -> None:
    """Fails if a feature, its name, a class, its count or the order of rows is wrong."""
    path = plain(tmp_path)
    schema = described(path)
    assert schema.samples == 40
    assert schema.fields["features"].names == ("size", "colour: blue", "colour: green", "colour: red")
    assert schema.fields["target"].words == ("cat", "dog")
    feed = loaded(path)
    lines = path.read_text().splitlines()[1:]
    cells = [line.split(",") for line in lines]
    by_hand = torch.tensor([[float(a), *(float(b == colour) for colour in COLOURS)] for a, b, _ in cells])
    assert torch.equal(feed.fields["features"], by_hand)
    labels = torch.tensor([("cat", "dog").index(c) for _, _, c in cells])
    assert torch.equal(feed.fields["target"], labels)
    assert schema.fields["target"].counts == (int((labels == 0).sum()), int((labels == 1).sum()))
    assert feed.name_of(0) == "row 2"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_and_line_end_gives_the_same(tmp_path: Path, encoding: str, end: str) -> None:
    """Fails if a byte order mark becomes part of a name, umlauts break, or a kind of line end loses rows."""
    text = "größe,ort,wert\n" + "".join(f"{at},Köln{at % 2},{at * 0.25}\n" for at in range(1, 30, 3))
    schema = described(write(tmp_path / "a.csv", text.replace("\n", end), encoding))
    assert schema.fields["features"].names == ("größe", "ort: Köln0", "ort: Köln1")
    assert schema.samples == 10
    same_by_script(tmp_path / "a.csv")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
def test_separators_are_found(tmp_path: Path, separator: str) -> None:
    """Fails if cells are torn, or a whole row is one cell."""
    text = "a,b,c\n" + "".join(f"{at % 7},{at % 5}.5,{at}.25\n" for at in range(20))
    schema = described(write(tmp_path / "a.csv", text.replace(",", separator)))
    assert schema.fields["features"].names == ("a", "b")
    assert schema.fields["target"].names == ("c",)


def test_decimal_commas_and_marks_of_thousands(tmp_path: Path) -> None:
    """Fails if 1.234,5 becomes text or 1.234, or "1,234" in an English file 1.234."""
    german = write(tmp_path / "de.csv", "a;b;y\n" + "".join(f"1.{at:03d},5;{at},25;{at}\n" for at in range(20)))
    assert loaded(german).fields["features"][7].tolist() == [1007.5, 7.25]
    english = write(tmp_path / "en.csv", "a,b,y\n" + "".join(f'"1,{at:03d}",{at}.25,{at % 6}.5\n' for at in range(20)))
    assert loaded(english).fields["features"][7].tolist() == [1007.0, 7.25]
    assert any("marks of thousands" in each for each in described(english).remarks)
    priced = write(
        tmp_path / "p.csv", "price,share,y\n" + "".join(f'"${at},000.50",{at}%,{at % 6}.5\n' for at in range(1, 30))
    )
    assert loaded(priced).fields["features"][6].tolist() == [7000.5, 7.0]
    for path in (german, english, priced):
        same_by_script(path)


def test_quoted_cells_hold_separators_quotes_and_line_ends(tmp_path: Path) -> None:
    """Fails if a cell of several lines ends its row, or the row's number is that of a line."""
    text = "a,word,y\n" + "".join(f'{at},"x, ""{at % 2}""\nz",{at % 4}.5\n' for at in range(20))
    path = write(tmp_path / "a.csv", text)
    assert described(path).fields["features"].names[-1] == 'word: x, "1"\nz'
    assert loaded(path).name_of(3) == "row 5"
    same_by_script(path)


def test_without_a_header_the_columns_are_numbered(tmp_path: Path) -> None:
    """Fails if the first row of data is lost as a header, or asking for the other way does nothing."""
    path = write(tmp_path / "a.csv", "".join(f"{at % 7},{at % 5}.5,{at}.25\n" for at in range(20)))
    schema = described(path)
    assert schema.samples == 20
    assert schema.fields["features"].names == ("column 1", "column 2")
    assert described(path, header="yes").samples == 19
    words = write(tmp_path / "b.csv", "red,cat\nblue,dog\nred,dog\nblue,cat\n")
    asked = guess_of(described(words), "header")
    assert asked.chosen == "no"
    assert described(words, header="yes").samples == 3
    years = write(tmp_path / "c.csv", "2019,2020,2021\n" + "".join(f"{at},{at * 2},{at * 3 % 11}\n" for at in range(9)))
    assert guess_of(described(years), "header").chosen == "no"


def test_titles_above_the_header_and_r_row_names(tmp_path: Path) -> None:
    """Fails if a title makes everything text, or a header without a name for the row names is one column off."""
    titled = write(tmp_path / "a.csv", "Measured in May\n\n" + plain(tmp_path).read_text())
    schema = described(titled)
    assert schema.samples == 40
    assert any("above the header" in remark for remark in schema.remarks)
    assert loaded(titled).name_of(0) == "row 4"
    same_by_script(titled)
    named = write(tmp_path / "b.csv", "a,b\n" + "".join(f"r{at},{at}.5,{at % 5}.5\n" for at in range(30)))
    assert described(named).fields["features"].names == ("a",)
    same_by_script(named)


def test_missing_cells_in_every_spelling(tmp_path: Path) -> None:
    """Fails if NA, ?, - or an empty cell makes a column text, or its mean is not that of the others."""
    cells = ["1", "NA", "?", "-", "", '""', " 4 ", "nan", "n/a", "7"]
    path = write(
        tmp_path / "a.csv", "a,b,y\n" + "".join(f"{cell},{at}.5,{at % 3}.5\n" for at, cell in enumerate(cells))
    )
    values = loaded(path).fields["features"]
    assert values[:, 0].tolist() == [1, 4, 4, 4, 4, 4, 4, 4, 4, 7]
    (remark,) = (each for each in described(path).remarks if "Missing" in each)
    assert "a 7" in remark
    assert "all rows, also those for validation" in remark
    same_by_script(path)


def test_what_becomes_of_missing_cells_can_be_chosen(tmp_path: Path) -> None:
    """Fails if a way to fill gives other values than computed by hand, or a row that is left out is not named."""
    text = "a,c,y\n1,red,0.5\n3,,1.5\n,red,2.5\n1,blue,3.5\n6,red,4.5\n2,blue,0.25\n"
    path = write(tmp_path / "a.csv", text)
    value = loaded(path).fields["features"]
    assert described(path).fields["features"].names == ("a", "c: blue", "c: red", "c: missing")
    assert value[2, 0] == pytest.approx(13 / 5)
    assert value[1, 1:].tolist() == [0, 0, 1]
    value = loaded(path, missing="mean").fields["features"]
    assert value[1, 1:].tolist() == [0, 1]
    assert loaded(path, missing="most frequent").fields["features"][2, 0] == 1
    schema = described(path, missing="own category")
    assert schema.fields["features"].names == ("a", "a: missing", "c: blue", "c: red", "c: missing")
    assert loaded(path, missing="own category").fields["features"][2].tolist()[1:3] == [1, 0]
    left = described(path, missing="leave the row out")
    assert left.samples == 4
    assert [(each.name, each.reason) for each in left.skipped] == [("row 3", "It has no c."), ("row 4", "It has no a.")]
    assert loaded(path, missing="leave the row out").name_of(1) == "row 5"
    for missing in ("auto", "mean", "most frequent", "own category", "leave the row out"):
        assert guess_of(described(path), "missing").chosen == "auto"
        same_by_script(path, missing=missing)


def test_rows_without_a_target_are_left_out_by_name(tmp_path: Path) -> None:
    """Fails if a missing target becomes a class or a number, or vanishes in silence."""
    path = write(
        tmp_path / "a.csv",
        "a,b,y\n" + "".join(f"{at},{at % 3},{'' if at == 4 else at % 4}.5\n".replace(",.5", ",") for at in range(20)),
    )
    schema = described(path)
    assert schema.samples == 19
    assert [each.name for each in schema.skipped] == ["row 6"]
    same_by_script(path)


def test_a_row_that_is_too_short_or_too_long_is_named(tmp_path: Path) -> None:
    """Fails if short rows are filled in silence, long rows raise without their number, or there is no choice."""
    path = write(
        tmp_path / "a.csv",
        "a,b,c,y\n" + "".join(f"{at},{at % 4},3.5,{at}.5\n" for at in range(5)) + "1,2,3\n1,2,3,4,5\n9,1,1,9.5\n",
    )
    schema = described(path)
    assert schema.samples == 6
    assert [(each.name, each.reason) for each in schema.skipped] == [
        ("row 7", "It has 3 fields, not 4."),
        ("row 8", "It has 5 fields, not 4."),
    ]
    asked = guess_of(schema, "uneven")
    assert "Row 7 of a.csv has 3 fields, where others have 4" in asked.sentence
    assert {value for _, value in asked.choices} == {"skip", "fill", "stop"}
    assert "Row 7 of a.csv has 3 fields" in refusal(path, uneven="stop")
    assert described(path, uneven="fill").skipped[0].reason == "It has no y."
    assert loaded(path).name_of(5) == "row 9"
    same_by_script(path)
    same_by_script(path, uneven="fill")


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    """Fails if a blank line, or one at the end, becomes a row of missing cells."""
    path = write(tmp_path / "a.csv", "a,b\n1,2.5\n\n3,4.5\n   \n5,6.5\n\n\n")
    assert described(path).samples == 3
    assert loaded(path).fields["target"][:, 0].tolist() == [2.5, 4.5, 6.5]
    assert loaded(path).name_of(1) == "row 4"
    same_by_script(path)


def test_later_rows_decide_as_much_as_the_first(tmp_path: Path) -> None:
    """Fails if a kind is decided by the first 100 rows: a later fraction, word, or a column empty so far."""
    text = "whole,late,mixed,y\n"
    text += "".join(f"{at},,{at},{at % 9}.5\n" for at in range(150)) + "2.5,7,3,1.5\n" + "4,9,word,2.5\n"
    path = write(tmp_path / "a.csv", text)
    schema = described(path, roles=("late=feature", "whole=feature", "mixed=feature"))
    assert schema.fields["features"].names == ("whole", "late", "mixed")
    assert loaded(path).fields["features"][150].tolist() == [2.5, 7.0, 3.0]
    assert any("'word' in row 153" in remark for remark in schema.remarks)


def test_numbers_that_nobody_can_calculate_with_are_named(tmp_path: Path) -> None:
    """Fails if inf, nan or 1e400 reaches the net, or goes missing without a word."""
    path = write(
        tmp_path / "a.csv",
        "a,y\n" + "".join(f"{at}.5,{at}.25\n" for at in range(10)) + "inf,1\n1e400,2\n-Inf,2.5\n+3,4\nnan,5\n1e39,3\n",
    )
    feed = loaded(path)
    assert bool(feed.fields["features"].isfinite().all())
    assert feed.fields["features"][13, 0] == 3
    (remark,) = (each for each in described(path).remarks if "no number" in each)
    assert remark.startswith("4 cells of 'a'")
    assert "'inf' in row 12" in remark
    same_by_script(path)


def test_zip_codes_ratings_and_ids_are_asked_about(tmp_path: Path) -> None:
    """Fails if one of them is taken for something without a question, or the answer does nothing."""
    text = "id,zip,rating,size,label\n"
    text += "".join(f"{at + 1},0{1230 + at % 4},{at * 3 % 5 + 1},{at}.5,{'ab'[at * 7 % 5 < 2]}\n" for at in range(40))
    path = write(tmp_path / "a.csv", text)
    schema = described(path)
    assert schema.fields["features"].names == (
        "zip: 01230", "zip: 01231", "zip: 01232", "zip: 01233", "rating", "size",
    )  # fmt: skip
    assert guess_of(schema, "roles", "'id'").chosen == ("id=ignore",)
    assert guess_of(schema, "roles", "'zip'").chosen == ("zip=feature",)
    rating = guess_of(schema, "kinds", "'rating'")
    assert rating.chosen == ("rating=number",)
    assert [value for _, value in rating.choices] == [
        ("rating=number",),
        ("rating=category",),
        ("rating=ordered category",),
    ]
    other = described(path, kinds=("rating=category",), roles=("id=feature", "zip=ignore"))
    assert other.fields["features"].names == ("id", *(f"rating: {at}" for at in range(1, 6)), "size")
    same_by_script(path, kinds=("rating=category",), roles=("id=feature", "zip=ignore"))
    same_by_script(path, kinds=("rating=ordered category", "zip=number"))


def test_an_answer_keeps_the_answers_before_it(tmp_path: Path) -> None:
    """Fails if answering the second question takes back the first."""
    path = write(tmp_path / "a.csv", "r,s,y\n" + "".join(f"{at % 5 + 1},{at * 3 % 4 + 1},{at}.5\n" for at in range(40)))
    schema = described(path, kinds=("r=category",))
    asked = guess_of(schema, "kinds", "'s'")
    assert asked.choices[1][1] == ("r=category", "s=category")
    assert described(path, kinds=asked.choices[1][1]).fields["features"].sizes == (9,)


def test_ratings_to_be_predicted_are_numbers_until_told(tmp_path: Path) -> None:
    """Fails if ratings are guessed as classes, or the other way is not offered."""
    path = write(
        tmp_path / "a.csv", "a,b,rating\n" + "".join(f"{at}.5,{at % 3}.5,{at * 7 % 5 + 1}\n" for at in range(60))
    )
    schema = described(path)
    assert schema.fields["target"].words == ()
    asked = guess_of(schema, "kinds", "'rating'")
    assert asked.chosen == ("rating=number",)
    classes = described(path, kinds=asked.choices[1][1])
    assert classes.fields["target"].words == ("1", "2", "3", "4", "5")
    same_by_script(path, kinds=asked.choices[1][1])
    named = write(tmp_path / "b.csv", "a,b,label\n" + "".join(f"{at}.5,{at % 3}.5,{at * 7 % 11}\n" for at in range(60)))
    assert described(named).fields["target"].words == tuple(str(at) for at in range(11)), "10 comes after 9"
    same_by_script(named)


def test_two_targets_are_numbers_side_by_side(tmp_path: Path) -> None:
    """Fails if two targets are refused, or one of words among them is a traceback."""
    path = plain(tmp_path)
    text = "x,y,z,w\n" + "".join(f"{at % 7}.5,{at}.25,{at * 2}.5,{'ab'[at % 2]}\n" for at in range(20))
    path = write(tmp_path / "two.csv", text)
    schema = described(path, target="y, z")
    assert schema.fields["target"].names == ("y", "z")
    assert loaded(path, target="y, z").fields["target"][3].tolist() == [3.25, 6.5]
    assert "Several targets have to be numbers, but 'w' holds words" in refusal(path, target="y,w")
    assert "has no column 'gone'. It has: x, y, z, w." in refusal(path, target="gone")
    assert "has no column 'gone'" in refusal(path, roles=("gone=ignore",))
    same_by_script(path, target="y, z")


def test_without_a_target_the_drawing_says_so(tmp_path: Path) -> None:
    """Fails if a wire from an output that the data does not have is a traceback, or blames another layer."""
    path = plain(tmp_path)
    assert set(described(path, target="none").fields) == {"features"}
    nodes = [
        node("rows", "Table", path=str(path), target="none"),
        node("fc", "Linear", out_features=2),
        node("loss", "CrossEntropyLoss"),
    ]
    label = Wire("rows", "target", "loss", "target")
    graph = Graph.of(nodes, [*chain("rows.features", "fc", "loss.prediction"), label])
    problems: list[Problem] = list(infer(looked_at(Project("p", graph=graph))).problems)
    assert any("has no target" in each.sentence for each in problems), [each.sentence for each in problems]


def test_labels_that_differ_in_capitals_and_blanks_are_one(tmp_path: Path) -> None:
    """Fails if `cat` and `Cat ` are two classes in silence, or cannot be two when asked."""
    text = "a,b,label\n" + "".join(f"{at}.5,{at % 4}.5,{('cat', 'Cat ', 'dog', 'cat')[at % 4]}\n" for at in range(40))
    path = write(tmp_path / "a.csv", text)
    schema = described(path)
    assert schema.fields["target"].words == ("cat", "dog")
    assert schema.fields["target"].counts == (30, 10)
    assert guess_of(schema, "spelling").chosen == "auto"
    assert any("'cat' and 'Cat', read as one word" in remark for remark in schema.remarks)
    assert described(path, spelling="as written").fields["target"].words == ("Cat", "cat", "dog")
    same_by_script(path)
    same_by_script(path, spelling="as written")


def test_what_is_odd_is_said(tmp_path: Path) -> None:
    """Fails if a constant or empty column, a class of one, a label among the features, doubled rows or doubled names go
    without a word."""
    text = "one,none,copy,x,x,label\n"
    text += (
        "".join(f"7,,{'ab'[at % 2]}{'ab'[at % 2]},{at % 5}.5,{at % 3},{'ab'[at % 2]}\n" for at in range(60))
        + "7,,cc,0.5,1,c\n"
    )
    schema = described(write(tmp_path / "a.csv", text))
    assert schema.fields["features"].names == ("copy: aa", "copy: bb", "copy: cc", "x", "x (2)")
    said = " | ".join(schema.remarks)
    assert "'one' has one value in all rows" in said
    assert "'none' is empty" in said
    assert "The class 'c' has one sample" in said
    assert "'copy' alone tells 'label'" in said
    assert "called 'x'" in said
    assert "more than once" in said


def test_dates_are_days_and_an_unclear_order_is_asked(tmp_path: Path) -> None:
    """Fails if a date becomes a word, or 03/04 is read one way without a question."""
    iso = write(tmp_path / "a.csv", "when,y\n" + "".join(f"1970-01-{at + 1:02d},{at}.5\n" for at in range(20)))
    assert loaded(iso).fields["features"][:, 0].tolist() == list(range(20))
    timed = write(tmp_path / "b.csv", "when,y\n" + "".join(f"1970-01-02 {at:02d}:00:00,{at}.5\n" for at in range(20)))
    assert loaded(timed).fields["features"][12, 0] == 1.5
    unclear = write(tmp_path / "c.csv", "when,y\n" + "".join(f"0{at % 9 + 1}/02/1970,{at}.5\n" for at in range(20)))
    asked = guess_of(described(unclear), "kinds", "day first")
    assert loaded(unclear).fields["features"][1, 0] == 32
    assert loaded(unclear, kinds=asked.choices[1][1]).fields["features"][1, 0] == 32
    assert loaded(unclear, kinds=asked.choices[1][1]).fields["features"][2, 0] == 60
    american = write(tmp_path / "d.csv", "when,y\n" + "".join(f"01/{at + 1:02d}/1970,{at}.5\n" for at in range(20)))
    assert loaded(american).fields["features"][:, 0].tolist() == list(range(20))
    for path in (iso, timed, unclear, american):
        same_by_script(path)


def test_an_ordered_category_is_one_number(tmp_path: Path) -> None:
    """Fails if low, medium, high are in the order of letters."""
    path = write(
        tmp_path / "a.csv", "s,y\n" + "".join(f"{('low', 'medium', 'high')[at % 3]},{at}.5\n" for at in range(12))
    )
    assert loaded(path, kinds=("s=ordered category",)).fields["features"][:3, 0].tolist() == [0, 1, 2]
    same_by_script(path, kinds=("s=ordered category",))


def test_names_of_features_stay_in_the_drawing(tmp_path: Path) -> None:
    """Fails if a drawing whose file is gone no longer knows what its features are called."""
    path = plain(tmp_path)
    project = looked_at(Project("p", graph=Graph.of([node("rows", "Table", path=str(path))], [])))
    save_project(project, tmp_path / "a.netloom")
    opened = open_project(tmp_path / "a.netloom")
    assert opened.complaints == ()
    assert opened.project.schemas
    for seen in opened.project.schemas.values():
        assert seen.schema is not None
        assert seen.schema.fields["features"].names == described(path).fields["features"].names


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"a,b\n", "no rows"),
        (b"\x00\x01\x02\xff" * 50, "bytes"),
        (b'a,b\n1,"2\n3,4\n' + b"x" * 140_000, "quotation mark"),
        (b"a,b\n" + b",\n" * 9, "nothing to learn"),
        (b"a,b\n1,2\n", "nothing to learn"),
    ],
)
def test_a_file_that_is_no_table_is_a_sentence(tmp_path: Path, content: bytes, word: str) -> None:
    """Fails if it is a traceback, or the sentence has no reason."""
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert word in refusal(path)


def test_a_path_that_is_gone_or_a_folder_is_a_sentence(tmp_path: Path) -> None:
    """Fails if either is a traceback."""
    assert "There is no file" in refusal(tmp_path / "gone.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "is a folder" in refusal(tmp_path / "folder.csv")


def test_a_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    """Fails if what was kept of a file stands for another one of the same name."""
    path = plain(tmp_path)
    before = described(path)
    path.write_text("size,colour,label\n" + rows(30))
    os.utime(path, ns=(1, 1))
    assert described(path).samples == 30
    assert described(path).stamp != before.stamp


def test_dropped_files_are_recognised_by_what_is_in_them(tmp_path: Path) -> None:
    """Fails if a table is no table, or prose and bytes are one."""
    assert next(understand(plain(tmp_path))).layer.id == "Table"
    text = write(tmp_path / "table.txt", "a\tb\n1\t2\n3\t4\n")
    assert "Table" in [each.layer.id for each in candidates(text)]
    prose = write(tmp_path / "prose.txt", "Once upon a time there was\na king, who had a daughter.\nShe was kind\n")
    assert "Table" not in [each.layer.id for each in candidates(prose)]
    noise = tmp_path / "noise.dat"
    noise.write_bytes(bytes(range(256)))
    assert "Table" not in [each.layer.id for each in candidates(noise)]
