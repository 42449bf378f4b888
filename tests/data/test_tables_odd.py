"""Tables that are odd: stray marks, very many columns or classes, cells that are nearly something else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.data.source_looks import schema_of
from app.data.understanding import understand
from nodes.api import NoData
from nodes.api.registry import find
from tests.data.table_files import (
    described,
    guess_of,
    rows,
    same_by_script,
    write,
)


def test_a_quotation_mark_that_nothing_closes_loses_no_rows_in_silence(tmp_path: Path) -> None:
    """Fails if the rows after it are gone without a word, or nothing can be chosen."""
    lines = rows(30).split("\n")
    lines[6] = '6.5,"no end' + lines[6][3:]
    path = write(tmp_path / "t.csv", "\n".join(lines))
    layer = find("Table")
    assert layer is not None
    with pytest.raises(NoData, match=r'Row 7 of t.csv opens a quotation mark \("\) that none closes') as error:
        schema_of(layer, layer.settings({**layer.defaults(), "path": str(path)}))
    ((_, setting, value),) = error.value.choices
    schema = described(path, **{setting: value})
    assert schema.samples == 6
    assert schema.skipped_count >= 24
    assert any("In row 7" in remark for remark in schema.remarks)


def test_two_columns_called_as_targets_are_asked_about(tmp_path: Path) -> None:
    """Fails if the second target becomes a feature in silence, or both cannot be chosen with one click."""
    text = "a,y1,y2\n" + "".join(f"{n * 7 % 11},{n / 3},{n * n}\n" for n in range(30))
    path = write(tmp_path / "t.csv", text)
    guess = guess_of(described(path), "target")
    assert "'y1' could be meant, too" in guess.sentence
    both = dict(guess.choices)["y1 and y2"]
    assert described(path, target=both).fields["target"].names == ("y1", "y2")
    text = "a,label,class\n" + "".join(f"{n * 7 % 11},{'pq'[n % 2]},{'rs'[n % 3 // 2]}\n" for n in range(30))
    guess = guess_of(described(write(tmp_path / "u.csv", text)), "target")
    assert "'class' could be meant, too" in guess.sentence


def test_ten_thousand_classes_are_classes_and_long_texts_are_none(tmp_path: Path) -> None:
    """Fails if many classes make the table something else, or a page of text becomes the name of a class, which no
    drawing can keep."""
    text = "a,b,label\n" + "".join(f"{n % 7},{n * 13 % 101},c{n % 10_000}\n" for n in range(12_000))
    path = write(tmp_path / "t.csv", text)
    assert len(described(path).fields["target"].words) == 10_000
    text = "a,b,y\n" + "".join(f"{n % 7},{n * 13 % 101},{'x' if n % 2 else 'z' * 5000}\n" for n in range(40))
    path = write(tmp_path / "u.csv", text)
    found = next(understand(path))
    assert found.schema is None
    assert "texts of up to 5,000 letters" in found.trouble
    _, setting, value = found.choices[0]
    assert described(path, **{setting: value}).samples == 40


def test_a_wide_table_asks_little_and_says_the_same_once(tmp_path: Path) -> None:
    """Fails if a table of hundreds of columns has as many sentences and questions."""
    names = ",".join(f"c{n}" for n in range(300))
    text = f"{names},y\n" + "".join(
        ",".join(str(row * column % 3) for column in range(300)) + f",{'pq'[row % 2]}\n" for row in range(30)
    )
    schema = described(write(tmp_path / "t.csv", text))
    alike = [remark for remark in schema.remarks if "one value in all rows" in remark]
    assert len(alike) == 1
    assert alike[0].startswith("100 columns have one value in all rows")
    assert len(schema.guesses) < 30
    assert any("could be read otherwise" in remark for remark in schema.remarks)


def test_numbers_beyond_all_counting_are_no_classes(tmp_path: Path) -> None:
    """Fails if a target of 1e38, 2e38, ... is read as classes, some of them without a number."""
    text = "a,target\n" + "".join(f"{n * 7 % 11},{n}e37\n" for n in range(1, 8)) * 6
    assert not described(write(tmp_path / "t.csv", text)).fields["target"].classes


def test_a_few_cells_that_are_no_dates_leave_the_others_dates(tmp_path: Path) -> None:
    """Fails if one wrong day makes a category of each date, or is not named."""
    days = [f"2020-{n % 12 + 1:02d}-{n % 28 + 1:02d}" for n in range(60)]
    for wrong in ("2020-13-45", "unknown"):
        days[30] = wrong
        text = "day,b,y\n" + "".join(f"{day},{n * 3 % 17},{n / 2}\n" for n, day in enumerate(days))
        schema = described(write(tmp_path / "t.csv", text))
        assert schema.fields["features"].names == ("day", "b")
        assert any("A cell of 'day' is no date" in remark and wrong in remark for remark in schema.remarks)
        same_by_script(tmp_path / "t.csv")


def test_numbers_of_phones_are_asked_about(tmp_path: Path) -> None:
    """Fails if +49000000001 is how much of something."""
    text = "phone,b,y\n" + "".join(f"+49{n % 9:09d},{n * 3 % 17},{'pq'[n % 2]}\n" for n in range(60))
    schema = described(write(tmp_path / "t.csv", text))
    assert "begin with +, as numbers of phones do" in guess_of(schema, "roles", "phone").sentence
    assert any(name.startswith("phone: +49") for name in schema.fields["features"].names)


def test_rows_between_two_stray_quotation_marks_are_told(tmp_path: Path) -> None:
    """Fails if they are gone because they became one cell, and nobody is told."""
    text = "a,b,c\n" + "".join(f"{n},{chr(34) * (n in (6, 20))}{n * 3 % 17},{n / 2}\n" for n in range(40))
    schema = described(write(tmp_path / "t.csv", text))
    assert any("Row 8 has 13 lines in one cell that look like rows" in remark for remark in schema.remarks)


def test_without_names_a_first_column_of_few_whole_numbers_is_the_class(tmp_path: Path) -> None:
    """Fails if the last measurement of a table such as wine.data or ECG5000 is predicted, its class is a number, or the
    rings of abalone.data, which stand last, give way to what stands first."""
    values = np.random.default_rng(3).normal(size=(90, 6)).round(4)
    text = "".join(f"{n % 3 + 1},{','.join(map(str, row))}\n" for n, row in enumerate(values))
    told = described(write(tmp_path / "wine.csv", text))
    assert told.aims == ("column 1",)
    assert told.fields["target"].words == ("1", "2", "3")
    assert told.fields["features"].sizes == (6,)
    rings = "".join(f"{n % 3 + 1},{','.join(map(str, row))},{n % 11}\n" for n, row in enumerate(values))
    assert described(write(tmp_path / "abalone.csv", rings)).aims == ("column 8",)


@pytest.mark.parametrize("days", [[f"1/{n}/20" for n in range(22, 30)], [str(1960 + n) for n in range(8)]])
def test_days_and_years_name_columns(tmp_path: Path, days: list[str]) -> None:
    """Fails if the header of the Covid table, or of the World Bank's, becomes a row without names."""
    lines = "".join(f"Land{n},{n}.5,{','.join(str(n * k + k) for k in range(8))}\n" for n in range(40))
    told = described(write(tmp_path / "a.csv", f"Country,Lat,{','.join(days)}\n{lines}"))
    assert [column.name for column in told.columns] == ["Country", "Lat", *days]
    assert told.samples == 40
    plain = "".join(f"w{n},{1960 + n},{1970 + n},{1980 + n}\n" for n in range(40))
    assert described(write(tmp_path / "b.csv", plain)).samples == 40


def test_a_date_is_not_what_is_predicted_where_there_is_a_number(tmp_path: Path) -> None:
    """Fails if the time of an earthquake, which stands last, is predicted."""
    lines = "".join(f"{n / 7:.3f},{n % 9 / 2},2023-01-{1 + n % 28:02d}T12:00:00Z\n" for n in range(60))
    assert described(write(tmp_path / "a.csv", f"lat,mag,time\n{lines}")).aims == ("mag",)


def test_the_rating_is_predicted_and_not_its_time(tmp_path: Path) -> None:
    """Fails if of ratings.csv of MovieLens the time stamp is the target, as the last column."""
    rows = "".join(f"{n % 7},{n % 11},{1 + n % 9 / 2},{964982703 + n}\n" for n in range(60))
    file = tmp_path / "ratings.csv"
    file.write_text("userId,movieId,rating,timestamp\n" + rows)
    (found, *_) = understand(file)
    assert found.schema is not None
    assert found.schema.aims == ("rating",)
